"""The pictures that stand with a record in public: what is told of them, and where their renditions are."""

from __future__ import annotations

from typing import Any

from app.media.families import PICTURE
from app.media.images import WIDTHS
from app.media.pyramids import CLOSELY_SEEN
from app.media.tiles import image_id
from app.publication.licences import rights_uri
from app.publication.links import image_path
from app.publication.media import Shown
from app.publication.renditions import render_sizes, render_sources
from app.publication.schema import Workshop

# Looked at from its middle, it is shown wider than any other picture.
_PANORAMA = "panorama"


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
    is_wide = medium.medium_type == _PANORAMA
    renditions = [one for one in shown.file.renditions if is_wide or (one.width or 0) <= max(WIDTHS)]
    sizes = render_sizes(renditions)
    return {
        "code": medium.code,
        "medium_type": medium.medium_type,
        "role": shown.role,
        "role_label": workshop.label("media_roles", shown.role, language),
        **render_sources(renditions),
        "sizes": sizes,
        "service": _service(shown, sizes[-1]),
        "placeholder": shown.file.placeholder,
        "title": title,
        "alt": workshop.text(medium.alt, language) or title,
        "caption": workshop.text(medium.caption, language),
        "creator": medium.creator,
        "rights_holder": medium.rights_holder,
        "licence": medium.licence,
        "licence_label": workshop.label("licences", medium.licence, language),
        "rights": rights_uri(medium.licence),
    }


def _service(shown: Shown, largest: dict[str, Any]) -> dict[str, Any]:
    """Say what the image service has: every detail of what is to be looked at closely, else the largest rendition."""
    pyramid = shown.file.pyramid
    found = {"id": image_path(image_id(shown.file.sha256)), "width": largest["width"], "height": largest["height"]}
    if shown.medium.medium_type in CLOSELY_SEEN and pyramid is not None and pyramid.made_at is not None:
        return found | {"width": pyramid.width, "height": pyramid.height, "tile_px": pyramid.tile_px}
    return found | {"tile_px": None}
