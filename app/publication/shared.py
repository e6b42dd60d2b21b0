"""What every record shows alike: which are public, pages and slugs, names, sources, doubts, relations, units."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa

from app.core.localized import LocalizedText, pick
from app.core.text import slugify
from app.heritage.models import LocationPolicy, Site
from app.heritage.policies import binding_policy
from app.places.models import Unit
from app.publication.links import PAGES, page_path
from app.publication.media_properties import MEDIA_PROPERTIES
from app.publication.schema import Property, Workshop
from app.records.models import Record, Relation, Visibility


def public_keys(kind: str) -> sa.Select[int]:
    """Select the keys of a kind's public records, in order."""
    return (
        sa.select(Record.id)
        .where(Record.kind == kind, Record.visibility == Visibility.PUBLIC, Record.deleted_at.is_(None))
        .order_by(Record.id)
    )


def record_slug(workshop: Workshop, name: LocalizedText, code: str, language: str) -> str:
    """Give a record's slug in a language: its folded name and its code, of which only the code decides."""
    return f"{slugify(workshop.text(name, language) or '')}-{code.lower()}".lstrip("-")


def record_pages(workshop: Workshop, page: str, name: LocalizedText, code: str) -> dict[str, str]:
    """Give the path of a record's page by language."""
    return {
        language: page_path(page, language, record_slug(workshop, name, code, language))
        for language in workshop.settings.languages
    }


def render_name(workshop: Workshop, name: LocalizedText, code: str, language: str) -> dict[str, str]:
    """Give `name` in a language, or the next one there is, and `name_lang`, the language it is in."""
    text, found = pick(name, language, workshop.settings.languages) or (code, language)
    return {"name": text, "name_lang": found}


def render_description(
    workshop: Workshop, text: LocalizedText, language: str, *, is_text_open: bool
) -> dict[str, str | None]:
    """Give `description` and `description_lang`; nothing where free text may not be shown."""
    found = pick(text, language, workshop.settings.languages) if is_text_open else None
    return {"description": found[0] if found else None, "description_lang": found[1] if found else None}


def full_unit_name(workshop: Workshop, unit: Unit, language: str) -> str:
    """Name a unit and those above it: “Xã Thu Bồn, thành phố Đà Nẵng”, “Thu Bồn commune, Đà Nẵng city”."""
    first, *above = (workshop.text(one.name, language) or one.code for one in workshop.gazetteer.ancestry(unit.id))
    # Within a line Vietnamese writes a unit's kind small (Decree 30/2020/NĐ-CP, annex II).
    return ", ".join([first, *(name[:1].lower() + name[1:] if language == "vi" else name for name in above)])


def render_sources(record: Record) -> list[dict[str, Any]]:
    """Give a record's sources: `citation`, `page`, `url`."""
    return [{"citation": source.citation, "page": source.page, "url": source.url} for source in record.sources]


def open_doubts(record: Record) -> list[str]:
    """Give the tags of the doubts that nobody has resolved; a resolved one is for the officers only."""
    return [doubt.tag for doubt in record.doubts if doubt.is_open]


def render_doubts(workshop: Workshop, record: Record, language: str, *, is_text_open: bool) -> list[dict[str, Any]]:
    """Give what is still uncertain about a record: `tag`, `label`, and `note` where free text may be shown."""
    return [
        {
            "tag": doubt.tag,
            "label": workshop.label("doubts", doubt.tag, language),
            "note": doubt.note if is_text_open else None,
        }
        for doubt in record.doubts
        if doubt.is_open
    ]


def shown_relations(record: Record, policy: LocationPolicy) -> list[Relation]:
    """Give the relations that may be told: to public records with a page, and no site that tells more of the place."""
    return [
        one
        for one in record.relations
        if one.target.is_public
        and one.target.kind in PAGES
        and (policy == LocationPolicy.EXACT or (isinstance(one.target, Site) and binding_policy(one.target) == policy))
    ]


def render_relations(
    workshop: Workshop, relations: Iterable[Relation], language: str, *, is_text_open: bool
) -> list[dict[str, Any]]:
    """Give relations: `relation`, `relation_label`, `code`, `name`, `url`, and `note` where free text may be shown."""
    found = []
    for one in relations:
        # Every kind with a page has a name by language.
        name: LocalizedText = getattr(one.target, "name", {})
        pages = record_pages(workshop, PAGES[one.target.kind], name, one.target.code)
        found.append(
            {
                "relation": one.relation,
                "relation_label": workshop.label("relation_types", one.relation, language),
                "code": one.target.code,
                "name": workshop.text(name, language) or one.target.code,
                "url": pages[language],
                "note": one.note if is_text_open else None,
            }
        )
    return found


# What every named record is called.
NAME_PROPERTIES = (
    Property(
        "name",
        "string",
        "The name, in the language asked for or the next one there is.",
        is_queryable=True,
        is_localized=True,
    ),
    Property("name_lang", "string", "The language `name` is in."),
)
# The properties that every record shows at its end.
CLOSING_PROPERTIES = (
    Property("relations", "array", "What it has to do with: `relation`, `code`, `name`, `url` …", items="object"),
    Property("doubts", "array", "What is uncertain: `tag`, `label`, `note`.", items="object", is_queryable=True),
    Property("tags", "array", "Subjects.", is_queryable=True),
    Property("sources", "array", "Where it comes from: `citation`, `page`, `url`.", items="object"),
    *MEDIA_PROPERTIES,
    Property("licence", "string", "SPDX id of the record's licence."),
    Property("attribution", "string", "Whom to credit."),
    Property("url", "string", "Path of its page.", format="uri-reference"),
    Property("languages", "array", "Languages the name is given in."),
    Property(
        "modified_at", "string", "When this feature last changed in public.", format="date-time", is_queryable=True
    ),
)
# The properties of what is recognised or inscribed.
LISTING_PROPERTIES = (
    Property("recognitions", "array", "What it is recognised as, by decisions that are public.", scheme="recognitions"),
    Property("recognition", "string", "One of these.", scheme="recognitions", is_queryable=True, is_filter_only=True),
    Property("recognition_labels", "array", "The names of `recognitions`."),
    Property("inscriptions", "array", "The lists it is inscribed on.", scheme="inscriptions"),
    Property("inscription", "string", "One of these.", scheme="inscriptions", is_queryable=True, is_filter_only=True),
    Property("inscription_labels", "array", "The names of `inscriptions`."),
    Property(
        "decisions",
        "array",
        "The decisions about it by date, undated ones last, each with `images` and `documents`: its scans.",
        items="object",
    ),
)
