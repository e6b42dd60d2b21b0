"""What every record shows alike: which are public, its pages and slug, its sources and doubts, where units lie."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from app.core.localized import LocalizedText, pick
from app.core.text import slugify
from app.places.models import Unit
from app.publication.links import page_path
from app.publication.schema import Workshop
from app.records.models import Record, Visibility


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
    first, *above = (workshop.text(one.name, language) or one.code for one in workshop.gazetteer.ancestry(unit))
    # Within a line Vietnamese writes a unit's kind small (Decree 30/2020/NĐ-CP, annex II).
    return ", ".join([first, *(name[:1].lower() + name[1:] if language == "vi" else name for name in above)])


def render_sources(record: Record) -> list[dict[str, Any]]:
    """Give a record's sources: `citation`, `page`, `url`."""
    return [{"citation": source.citation, "page": source.page, "url": source.url} for source in record.sources]


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
