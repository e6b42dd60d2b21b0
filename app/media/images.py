"""Pictures, read and rendered in a sealed process: what they are is decided by decoding, never by their name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.sealed import Bounds
from app.media.asking import ask_reader, too_much
from app.media.facts import FileFacts, RenderedFile, RenderedPage

# What the public gets, in pixels; a picture that is narrower is not made wider.
WIDTHS = (320, 640, 960, 1440, 2048)
# A picture twice as wide as high may be a panorama all around: of 360 degrees, a screen shows a quarter.
PANORAMA_PX = 4096

_MAGIC = {
    "image/avif": re.compile(rb"....ftypavif", re.DOTALL),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
}
_PLACEHOLDER = re.compile(r"data:image/webp;base64,[A-Za-z0-9+/]{20,2000}={0,2}")

_READER = "app.media.image_reader"
# Beside what the interpreter and its libraries map, a pixel takes some bytes, in its own mode and in sRGB.
_BASE_BYTES = 700_000_000
_BYTES_A_PIXEL = 12
_ANSWER_BYTES = 40_000_000


def inspect_image(path: Path, name: str, *, settings: Settings) -> FileFacts:
    """Decode a picture whose owner calls it `name`, and tell what it is.

    Raises `InvalidInput` with a sentence that says what to do when it is none of JPEG, PNG, TIFF, WebP, AVIF and HEIC,
    is damaged or incomplete, holds several pictures, or has more pixels than `media_max_megapixels`.
    """
    head, _ = _ask(path, name, {}, settings)
    return FileFacts(**head)


def render_image(
    path: Path, name: str, *, settings: Settings, widths: Sequence[int] = WIDTHS
) -> Iterator[RenderedPage]:
    """Make renditions of a picture, each width in AVIF, WebP and JPEG, the widest first, as its only page.

    Raises what `inspect_image` raises.
    """
    head, rest = _ask(path, name, {"widths": list(widths), "panorama_px": PANORAMA_PX}, settings)
    yield cut_pictures(head, rest, name, page=1)


def cut_pictures(head: Mapping[str, Any], rest: bytes, name: str, *, page: int) -> RenderedPage:
    """Cut the answer of a reader that rendered a page into its pictures; raises `InvalidInput` for anything else.

    Whatever got hold of the process that decodes, the public is given nothing but pictures.
    """
    found, start = [], 0
    for row in head["renditions"]:
        end = start + int(row["bytes"])
        data, media_type = rest[start:end], str(row["media_type"])
        if not _MAGIC[media_type].match(data):
            raise too_much(name)
        found.append(RenderedFile(media_type, int(row["width"]), int(row["height"]), data))
        start = end
    if start != len(rest) or not _PLACEHOLDER.fullmatch(head["placeholder"]):
        raise too_much(name)
    return RenderedPage(page, head["placeholder"], tuple(found))


def _ask(path: Path, name: str, asked: dict[str, Any], settings: Settings) -> tuple[dict[str, Any], bytes]:
    pixels = settings.media_max_megapixels * 1_000_000
    bounds = Bounds(_BASE_BYTES + _BYTES_A_PIXEL * pixels, 60, 120.0, _ANSWER_BYTES)
    return ask_reader(_READER, path, name, {**asked, "pixels": pixels}, bounds)
