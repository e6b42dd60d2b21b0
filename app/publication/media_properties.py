"""The properties in which every record shows its media, and a decision what is scanned of it."""

from __future__ import annotations

from typing import Any

from app.publication.papers import render_documents
from app.publication.pictures import render_images
from app.publication.recordings import render_recordings
from app.publication.schema import Property, Workshop

MEDIA_PROPERTIES = (
    Property("images", "array", "Pictures: `url`, `srcset`, `alt`, `creator`, `licence` …", items="object"),
    Property(
        "documents",
        "array",
        "Papers: `title`, `sha256`, `page_count`, `pages` with `url`, `srcset`, `alt` of each, `signatures` …",
        items="object",
    ),
    Property(
        "recordings",
        "array",
        "Sound and film: `kind`, `title`, `duration_s`, `sources`, `poster`, `transcript`, `captions` …",
        items="object",
    ),
)


def render_media(workshop: Workshop, record_id: int, language: str) -> dict[str, Any]:
    """Give the media that the public may see of a record, by its key; for each property a list."""
    return {
        "images": render_images(workshop, record_id, language),
        "documents": render_documents(workshop, record_id, language),
        "recordings": render_recordings(workshop, record_id, language),
    }
