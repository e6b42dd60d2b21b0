"""The pictures that stand with a record in public: what is told of them, and where their renditions are."""

from __future__ import annotations

from typing import Any

from app.media.families import PICTURE
from app.publication.media import Shown
from app.publication.renditions import render_sources
from app.publication.schema import Workshop


def render_images(workshop: Workshop, record_id: int, language: str) -> list[dict[str, Any]]:
    """Give a record's pictures for a language."""
    return [
        _render(workshop, shown, language)
        for shown in workshop.media.get(record_id, ())
        if shown.file.media_type in PICTURE.media_types
    ]


def _render(workshop: Workshop, shown: Shown, language: str) -> dict[str, Any]:
    medium = shown.medium
    title = workshop.text(medium.title, language)
    return {
        "code": medium.code,
        "role": shown.role,
        "role_label": workshop.label("media_roles", shown.role, language),
        **render_sources(shown.file.renditions),
        "placeholder": shown.file.placeholder,
        "title": title,
        "alt": workshop.text(medium.alt, language) or title,
        "caption": workshop.text(medium.caption, language),
        "creator": medium.creator,
        "rights_holder": medium.rights_holder,
        "licence": medium.licence,
        "licence_label": workshop.label("licences", medium.licence, language),
    }
