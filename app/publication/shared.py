"""What every record shows alike: its sources and its doubts."""

from __future__ import annotations

from typing import Any

from app.publication.schema import Workshop
from app.records.models import Record


def render_sources(record: Record) -> list[dict[str, Any]]:
    """Give a record's sources: `citation`, `page`, `url`."""
    return [{"citation": source.citation, "page": source.page, "url": source.url} for source in record.sources]


def render_doubts(workshop: Workshop, record: Record, language: str, *, is_text_open: bool) -> list[dict[str, Any]]:
    """Give what is uncertain about a record: `tag`, `label`, and `note` where free text may be shown."""
    return [
        {
            "tag": doubt.tag,
            "label": workshop.label("doubts", doubt.tag, language),
            "note": doubt.note if is_text_open else None,
        }
        for doubt in record.doubts
    ]
