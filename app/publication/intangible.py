"""The public collection `intangible`: what is told of an intangible element, redacted and rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.localized import pick
from app.core.text import document_tokens
from app.heritage.models import (
    DecisionItem,
    IntangibleElement,
    LocationPolicy,
    Party,
    PracticePlace,
    Practitioner,
    Site,
)
from app.heritage.policies import binding_policy
from app.heritage.status import Standing
from app.places.gazetteer import KnownUnit
from app.publication.custody import party_name
from app.publication.links import item_links
from app.publication.media_properties import render_media
from app.publication.redaction import published_place, unit_place
from app.publication.schema import Collection, Place, Projection, Property, Rendering, Workshop
from app.publication.shared import (
    CLOSING_PROPERTIES,
    LISTING_PROPERTIES,
    NAME_PROPERTIES,
    full_unit_name,
    open_doubts,
    public_keys,
    record_pages,
    record_slug,
    render_doubts,
    render_relations,
    render_sources,
    shown_relations,
)
from app.publication.standing import decision_texts, listing_properties, listing_values, public_standing
from app.publication.touched import Touched
from app.records.models import Relation


@dataclass(frozen=True, slots=True)
class _Facts:
    """An element with all that is derived from it once; `places` are those that may be told."""

    element: IntangibleElement
    standing: Standing
    places: list[PracticePlace]
    units: list[KnownUnit]
    place: Place | None


def _affected(touched: Touched) -> set[int]:
    """Find the elements among the records, practised at a site of theirs or by them, decided on, or related to them."""
    found = touched.keys(PracticePlace.element_id, PracticePlace.site_id, touched.sites_below)
    found |= touched.keys(Practitioner.element_id, Practitioner.party_id, touched.ids)
    candidates = touched.ids | touched.decided | touched.related
    return found | touched.keys(IntangibleElement.id, IntangibleElement.id, candidates)


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(IntangibleElement)
        .where(IntangibleElement.id.in_(ids))
        .options(
            selectinload(IntangibleElement.sources),
            selectinload(IntangibleElement.doubts),
            selectinload(IntangibleElement.other_names),
            selectinload(IntangibleElement.relations).selectinload(Relation.target),
            selectinload(IntangibleElement.decision_items).selectinload(DecisionItem.decision),
            selectinload(IntangibleElement.practitioners).selectinload(Practitioner.party).selectinload(Party.consents),
            selectinload(IntangibleElement.places).options(
                selectinload(PracticePlace.unit),
                selectinload(PracticePlace.site).options(
                    selectinload(Site.locations), selectinload(Site.current_unit), selectinload(Site.addresses)
                ),
            ),
        )
    )
    for element in workshop.session.scalars(query):
        if element.is_public:
            yield element.id, _projection(workshop, element)


def _projection(workshop: Workshop, element: IntangibleElement) -> Projection:
    # The words of a place at an internal site may be its name.
    told = [place for place in element.places if place.site is None or place.site.is_public]
    standing = public_standing(element)
    facts = _Facts(element, standing, told, _units(workshop, told), _first_place(told))
    values = listing_values(standing)
    values += [("within", unit.public_id) for unit in facts.units]
    values += [("doubts", tag) for tag in open_doubts(element)]
    values += [("tags", tag) for tag in element.tags]
    values += [("domain", element.domain)] if element.domain else []
    values += [("domain_as_recorded", code) for code in element.domains_as_recorded]
    values += [("site", place.site.code) for place in told if place.site]
    return Projection(
        code=element.code,
        weight=0 if standing.inscriptions else 1,
        place=facts.place,
        values=tuple(sorted(set(values))),
        renderings={language: _render(workshop, facts, language) for language in workshop.settings.languages},
    )


def _is_exact(place: PracticePlace) -> bool:
    """Whether all of a place may be told: it is no site, or one whose place is open."""
    return place.site is None or binding_policy(place.site) == LocationPolicy.EXACT


def _units(workshop: Workshop, places: Iterable[PracticePlace]) -> list[KnownUnit]:
    """Give the units, old and new, in which an element is practised; those of a restricted site stay out."""
    found: dict[int, KnownUnit] = {}
    for place in places:
        if not _is_exact(place):
            continue
        for unit, is_former in ((place.unit, True), (place.site.current_unit if place.site else None, False)):
            if unit is None:
                continue
            past = [unit.id] if is_former and not unit.is_in_force else []
            holding = workshop.gazetteer.containing(past, None if past else unit.id)
            found.update({one.id: one for one in holding})
    return sorted(found.values(), key=lambda unit: unit.public_id)


def _first_place(places: Iterable[PracticePlace]) -> Place | None:
    """Give the point of the first site or unit that has one and may be told."""
    for place in places:
        if not _is_exact(place):
            continue
        found = published_place(place.site, LocationPolicy.EXACT) if place.site else unit_place(place.unit)
        if found:
            return found
    return None


def _render(workshop: Workshop, facts: _Facts, language: str) -> Rendering:
    element, settings = facts.element, workshop.settings
    name, name_language = pick(element.name, language, settings.languages) or (element.code, language)
    pages = record_pages(workshop, "intangible", element.name, element.code)
    described = pick(element.description, language, settings.languages)
    properties: dict[str, Any] = {
        "code": element.code,
        "name": name,
        "name_lang": name_language,
        "other_names": [
            {"text": other.text, "language": other.language, "note": other.note} for other in element.other_names
        ],
        **_domain(workshop, element, language),
        "community": workshop.text(element.community, language),
        "practitioners": [_practitioner(workshop, one, language) for one in element.practitioners],
        "places": [_place(workshop, place, language) for place in facts.places],
        "schedule": workshop.text(element.schedule, language),
        "description": described[0] if described else None,
        "description_lang": described[1] if described else None,
        "significance": workshop.text(element.significance, language),
        "transmission": element.transmission,
        "transmission_label": workshop.label("transmission_states", element.transmission, language),
        "safeguarding": workshop.text(element.safeguarding, language),
        **listing_properties(workshop, facts.standing, language, is_text_open=True),
        "location_precision_m": facts.place.precision_m if facts.place else None,
        "relations": render_relations(
            workshop, shown_relations(element, LocationPolicy.EXACT), language, is_text_open=True
        ),
        "doubts": render_doubts(workshop, element, language, is_text_open=True),
        "tags": element.tags,
        "sources": render_sources(element),
        **render_media(workshop, element.id, language),
        "licence": element.licence or settings.licence,
        "attribution": settings.attribution,
        "url": pages[language],
        "languages": [code for code in settings.languages if code in element.name],
    }
    tokens = _tokens(facts, properties)
    slug = record_slug(workshop, element.name, element.code, language)
    return Rendering(slug, properties, item_links("intangible", element.code, pages), tokens)


def _domain(workshop: Workshop, element: IntangibleElement, language: str) -> dict[str, Any]:
    recorded = element.domains_as_recorded
    return {
        "domain": element.domain,
        "domain_label": workshop.label("intangible_domains_2024", element.domain, language),
        "is_domain_reviewed": element.is_domain_reviewed,
        "domains_as_recorded": recorded,
        "domain_as_recorded_labels": [workshop.label("intangible_domains", code, language) for code in recorded],
    }


def _practitioner(workshop: Workshop, one: Practitioner, language: str) -> dict[str, Any]:
    """Give a practitioner by title and role; by name only an organisation, or a person who consented."""
    is_there = one.party.deleted_at is None
    return {
        "kind": one.party.party_kind,
        "kind_label": workshop.label("party_kinds", one.party.party_kind, language),
        "name": party_name(workshop, one.party, language) if is_there else None,
        "role": workshop.text(one.party.role, language) if is_there and one.party.is_public else None,
        "title": one.title,
        "title_label": workshop.label("artisan_titles", one.title, language),
        "since": one.since,
    }


def _place(workshop: Workshop, place: PracticePlace, language: str) -> dict[str, Any]:
    """Give a place of practice; of a restricted site nothing but its name, which is public."""
    is_exact, site = _is_exact(place), place.site
    unit = place.unit if is_exact else None
    return {
        "text": place.text if is_exact else None,
        "unit": unit.public_id if unit else None,
        "unit_name": full_unit_name(workshop, unit, language) if unit else None,
        "site": site.code if site else None,
        "site_name": (workshop.text(site.name, language) or site.code) if site else None,
        "site_url": record_pages(workshop, "sites", site.name, site.code)[language] if site else None,
        "note": place.note if is_exact else None,
    }


def _tokens(facts: _Facts, shown: dict[str, Any]) -> list[str]:
    element = facts.element
    names = [*element.name.values(), *(other.text for other in element.other_names)]
    places = [name for unit in facts.units for name in (*unit.name.values(), *unit.other_names)]
    places += [row[name] for row in shown["places"] for name in ("text", "site_name") if row[name]]
    told = ("domain_label", "community", "schedule", "description", "significance", "safeguarding")
    texts = [element.code, *(shown[name] or "" for name in told)]
    labels = (*shown["domain_as_recorded_labels"], *shown["inscription_labels"], *shown["recognition_labels"])
    texts += [label or "" for label in labels]
    return document_tokens(names, places, texts + decision_texts(facts.standing, is_text_open=True))


_PROPERTIES = (
    Property("code", "string", "The element's code, which is the feature's id.", is_queryable=True),
    *NAME_PROPERTIES,
    Property("other_names", "array", "Other names: `text`, `language`, `note`.", items="object"),
    Property(
        "domain",
        "string",
        "Domain under Law 45/2024/QH15, art. 10; null while nobody has decided it.",
        scheme="intangible_domains_2024",
        is_queryable=True,
    ),
    Property("domain_label", "string", "The name of `domain`."),
    Property("is_domain_reviewed", "boolean", "Whether an officer has confirmed `domain`.", is_queryable=True),
    Property(
        "domains_as_recorded", "array", "Those of the former seven domains on record.", scheme="intangible_domains"
    ),
    Property(
        "domain_as_recorded",
        "string",
        "One of these.",
        scheme="intangible_domains",
        is_queryable=True,
        is_filter_only=True,
    ),
    Property("domain_as_recorded_labels", "array", "The names of `domains_as_recorded`."),
    Property("community", "string", "Whose heritage it is."),
    Property("practitioners", "array", "Who practises it: `kind`, `name`, `title`, `since` …", items="object"),
    Property("places", "array", "Where it is practised: `text`, `unit`, `site`, `note` …", items="object"),
    Property("within", "string", "A unit, old or new, it is practised in.", is_queryable=True, is_filter_only=True),
    Property("site", "string", "A site it is practised at.", is_queryable=True, is_filter_only=True),
    Property("schedule", "string", "When it is practised."),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("significance", "string", "Why it matters."),
    Property(
        "transmission", "string", "How it stands with handing it on.", scheme="transmission_states", is_queryable=True
    ),
    Property("transmission_label", "string", "The name of `transmission`."),
    Property("safeguarding", "string", "What is done to keep it alive."),
    *LISTING_PROPERTIES,
    Property(
        "location_precision_m", "integer", "Within how many metres of the point it is practised.", is_queryable=True
    ),
    *CLOSING_PROPERTIES,
)

INTANGIBLE = Collection(
    name="intangible",
    kind="intangible",
    title={"vi": "Di sản văn hóa phi vật thể", "en": "Intangible heritage"},
    description={
        "vi": "Lễ hội, nghề thủ công, nghệ thuật trình diễn và các loại hình phi vật thể khác.",
        "en": "Festivals, crafts, performing arts and other intangible elements.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=lambda: public_keys("intangible"),
    project=_project,
    affected=_affected,
    page="intangible",
)
