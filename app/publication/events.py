"""The public collection `events`: festivals and other events, when they are held and where."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.batches import batches
from app.core.dates import format_edtf
from app.core.text import document_tokens
from app.heritage.models import Site
from app.publication.event_rules import render_occurrences, render_rules, rule_label
from app.publication.links import item_links
from app.publication.schema import Collection, Projection, Property, Rendering, Workshop
from app.publication.shared import (
    NAME_PROPERTIES,
    public_keys,
    record_pages,
    record_slug,
    render_description,
    render_name,
)
from app.publication.tied import (
    PLACE_PROPERTIES,
    RECORD_PROPERTIES,
    SITE_LINK,
    Tie,
    attribution,
    place_names,
    place_properties,
    place_values,
    record_properties,
    render_other_names,
    site_properties,
)
from app.publication.touched import Touched
from app.records.models import Record
from app.tourism.models import Event


def _affected(touched: Touched) -> set[int]:
    """Find the events among the records, those at a site that one of them touches, and those that name one of them."""
    at_sites = touched.keys(Event.id, Event.site_id, touched.sites)
    organised = touched.keys(Event.id, Event.organiser_id, touched.ids)
    return touched.keys(Event.id, Event.id, touched.ids) | at_sites | organised | _practices(touched)


def _practices(touched: Touched) -> set[int]:
    """Find the events that are practices of intangible elements among the records."""
    found: set[int] = set()
    for chunk in batches(sorted(touched.ids)):
        elements = sa.select(Record.code).where(Record.id.in_(chunk), Record.kind == "intangible")
        found.update(touched.session.scalars(sa.select(Event.id).where(Event.intangible.in_(elements))))
    return found


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Event)
        .where(Event.id.in_(ids))
        .options(
            selectinload(Event.sources),
            selectinload(Event.doubts),
            selectinload(Event.other_names),
            selectinload(Event.rules),
            selectinload(Event.locations),
            selectinload(Event.occurrences),
            selectinload(Event.unit),
            selectinload(Event.organiser_party),
            selectinload(Event.site).options(selectinload(Site.locations), selectinload(Site.current_unit)),
        )
    )
    events = workshop.session.scalars(query).all()
    named = {event.intangible for event in events if event.intangible}
    elements = public_keys("intangible").with_only_columns(Record.code).where(Record.code.in_(named)).order_by(None)
    intangible = set(workshop.session.scalars(elements)) if named else set()
    for event in events:
        if event.is_public:
            yield event.id, _projection(workshop, event, event.intangible if event.intangible in intangible else None)


def _projection(workshop: Workshop, event: Event, intangible: str | None) -> Projection:
    tie = Tie(event.site, event.unit, event.locations)
    rule = event.followed_rule
    values = place_values(workshop, tie)
    values += [("tags", tag) for tag in (event.tags if tie.is_text_open else ())]
    values += [("category", event.category)] if event.category else []
    values += [("intangible", intangible)] if intangible else []
    for one in event.occurrences:
        values += [("starts_on", one.starts_on.isoformat()), ("ends_on", one.ends_on.isoformat())]
    values += [("calendar", rule.calendar), ("recurrence", rule.recurrence)] if rule else []
    return Projection(
        code=event.code,
        weight=0,
        place=tie.place,
        values=tuple(sorted(set(values))),
        renderings={
            language: _render(workshop, event, tie, intangible, language) for language in workshop.settings.languages
        },
        spans=tuple((one.starts_on, one.ends_on) for one in event.occurrences),
    )


def _render(workshop: Workshop, event: Event, tie: Tie, intangible: str | None, language: str) -> Rendering:
    is_open = tie.is_text_open
    rule = event.followed_rule or next(iter(event.rules), None)
    pages = record_pages(workshop, "events", event.name, event.code)
    party = event.organiser_party if event.organiser_party and event.organiser_party.is_public else None
    properties: dict[str, Any] = {
        "code": event.code,
        **render_name(workshop, event.name, event.code, language),
        "other_names": render_other_names(event.other_names, is_text_open=is_open),
        "category": event.category,
        "category_label": workshop.label("event_categories", event.category, language),
        **render_description(workshop, event.description, language, is_text_open=is_open),
        "rule_label": rule_label(rule, language) if rule else None,
        "calendar": rule.calendar if rule else None,
        "recurrence": rule.recurrence if rule else None,
        "rules": render_rules(event, language, is_text_open=is_open),
        "occurrences": render_occurrences(event, language),
        "date_note": event.date_note if is_open else None,
        "time_start": event.time_start,
        "time_end": event.time_end,
        "time_note": event.time_note if is_open else None,
        "last_known": event.last_known,
        "last_known_label": format_edtf(event.last_known, language) if event.last_known else None,
        "status_note": event.status_note if is_open else None,
        "place": workshop.text(event.place, language) if is_open else None,
        "venue": workshop.text(event.site_name, language) if is_open else None,
        **site_properties(workshop, tie, language),
        "intangible": intangible,
        "organiser": event.organiser if is_open else None,
        "organiser_party": party.code if party else None,
        **place_properties(workshop, tie, language),
        **record_properties(workshop, event, tie, language, credit=attribution(workshop, tie), url=pages[language]),
        "languages": [code for code in workshop.settings.languages if code in event.name],
    }
    names = [*event.name.values(), *(other.text for other in event.other_names)]
    texts = [event.code, properties["category_label"] or ""]
    if is_open:
        texts += [properties["description"] or "", *event.place.values(), *event.site_name.values()]
    tokens = document_tokens(names, place_names(workshop, tie), texts)
    slug = record_slug(workshop, event.name, event.code, language)
    return Rendering(slug, properties, item_links("events", event.code, pages), tokens)


_PROPERTIES = (
    Property("code", "string", "The event's code, which is the feature's id.", is_queryable=True),
    *NAME_PROPERTIES,
    Property("other_names", "array", "Other names: `text`, `language`, `note`.", items="object"),
    Property("category", "string", "What sort of event it is.", scheme="event_categories", is_queryable=True),
    Property("category_label", "string", "The name of `category`."),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("rule_label", "string", "When it is held, in words."),
    Property("calendar", "string", "gregorian or lunar (Vietnam's, UTC+7).", is_queryable=True),
    Property(
        "recurrence",
        "string",
        "yearly, monthly, every_n_years, once; yearly_variable and irregular have no fixed days.",
        is_queryable=True,
    ),
    Property(
        "rules",
        "array",
        "What each source says of the days: `label`, `calendar`, `month`, `day`, `main_day`, `duration_days`, "
        "`leap_month_policy`, `source`; the one with `is_followed` gives the occurrences.",
        items="object",
    ),
    Property(
        "occurrences",
        "array",
        "When it is held, from last year to five years ahead: `starts_on`, `ends_on`, `main_on`, `lunar`, "
        "`lunar_label`; dates by the followed rule, not announced by the organiser.",
        items="object",
    ),
    Property(
        "starts_on",
        "string",
        "The first day of an occurrence.",
        format="date",
        is_queryable=True,
        is_filter_only=True,
    ),
    Property(
        "ends_on", "string", "The last day of an occurrence.", format="date", is_queryable=True, is_filter_only=True
    ),
    Property("date_note", "string", "What else is known of the days."),
    Property("time_start", "string", "When it begins on a day, local time."),
    Property("time_end", "string", "When it ends on a day, local time."),
    Property("time_note", "string", "What else is known of the times."),
    Property("last_known", "string", "When it is last known to have taken place, EDTF.", format="edtf"),
    Property("last_known_label", "string", "`last_known` in words."),
    Property("status_note", "string", "Whether it is still held, as far as is known."),
    Property("place", "string", "Where it is held, in words."),
    Property("venue", "string", "The venue as the sources name it."),
    *SITE_LINK,
    Property("intangible", "string", "Code of the intangible element it is a practice of.", is_queryable=True),
    Property("organiser", "string", "Who holds it, in words."),
    Property("organiser_party", "string", "Code of the organiser's record.", is_queryable=True),
    *PLACE_PROPERTIES,
    *RECORD_PROPERTIES,
    Property("languages", "array", "Languages the name is given in."),
)

EVENTS = Collection(
    name="events",
    kind="event",
    title={"vi": "Sự kiện", "en": "Events"},
    description={
        "vi": "Lễ hội và sự kiện theo âm lịch hoặc dương lịch, kèm các ngày diễn ra đã tính sẵn.",
        "en": "Festivals and other events by the lunar or the Gregorian calendar, with their days worked out.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=lambda: public_keys("event"),
    project=_project,
    affected=_affected,
    page="events",
    span=("starts_on", "ends_on"),
)
