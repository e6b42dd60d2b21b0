"""What is known of a file once it was decoded, and what is made of it for showing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What a file is, each where it has such a thing, and what it says of itself.

    `width` and `height` are pixels as it is to be seen, `duration_s` seconds. `taken` (local time, ISO 8601), `lon`,
    `lat` (WGS 84) and `camera` are for officers only, as an offer; nothing that the public gets holds them. By
    `turned_deg`, clockwise, the camera says that the picture is to be turned, and so it is shown.
    """

    media_type: str
    width: int | None = None
    height: int | None = None
    page_count: int | None = None
    duration_s: float | None = None
    taken: str | None = None
    lon: float | None = None
    lat: float | None = None
    camera: str = ""
    turned_deg: int | None = None


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A rendition, with nothing in it but what is seen or heard; `width` and `height` in pixels, where it is seen.

    What is too large to be held is a file, which is there only until the next page is asked for.
    """

    media_type: str
    width: int | None
    height: int | None
    data: bytes | Path


@dataclass(frozen=True, slots=True)
class RenderedPage:
    """The renditions of one page, the first is 1, of what has no pages the only one; the placeholder is a `data:`."""

    number: int
    placeholder: str | None
    files: tuple[RenderedFile, ...]
