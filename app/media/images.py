"""Pictures, read and rendered in a sealed process: what they are is decided by decoding, never by their name."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core import sealed
from app.core.errors import InvalidInput

# What the public gets, in pixels; a picture that is narrower is not made wider.
WIDTHS = (320, 640, 960, 1440, 2048)

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
# In one process of the server; more would only take each other's memory.
_AT_ONCE = threading.BoundedSemaphore(2)


@dataclass(frozen=True, slots=True)
class ImageFacts:
    """What a picture is: pixels as it is to be seen; and what the camera says: when (local, ISO 8601), where (WGS 84).

    What a camera says is for officers only, as an offer; no rendition holds it.
    """

    media_type: str
    width: int
    height: int
    taken: str | None
    lon: float | None
    lat: float | None
    camera: str


@dataclass(frozen=True, slots=True)
class RenderedImage:
    """A rendition of a picture: sRGB, and nothing in it but pixels."""

    media_type: str
    width: int
    height: int
    data: bytes


def inspect_image(path: Path, name: str, *, settings: Settings) -> ImageFacts:
    """Decode a picture whose owner calls it `name`, and tell what it is.

    Raises `InvalidInput` with a sentence that says what to do when it is none of JPEG, PNG, TIFF, WebP, AVIF and HEIC,
    is damaged or incomplete, holds several pictures, or has more pixels than `media_max_megapixels`.
    """
    head, _ = _ask(path, name, {}, settings)
    return ImageFacts(**head)


def render_image(
    path: Path, name: str, *, settings: Settings, widths: Sequence[int] = WIDTHS
) -> tuple[str, list[RenderedImage]]:
    """Make renditions of a picture, each width in AVIF, WebP and JPEG, the widest first, and a placeholder (`data:`).

    Raises what `inspect_image` raises.
    """
    head, rest = _ask(path, name, {"widths": list(widths)}, settings)
    found, start = [], 0
    for row in head["renditions"]:
        end = start + int(row["bytes"])
        data, media_type = rest[start:end], str(row["media_type"])
        # Whatever got hold of the process that decodes, the public is given nothing but pictures.
        if not _MAGIC[media_type].match(data):
            raise InvalidInput(_TOO_MUCH, field="file", file=name)
        found.append(RenderedImage(media_type, int(row["width"]), int(row["height"]), data))
        start = end
    if start != len(rest) or not _PLACEHOLDER.fullmatch(head["placeholder"]):
        raise InvalidInput(_TOO_MUCH, field="file", file=name)
    return head["placeholder"], found


def _ask(path: Path, name: str, asked: dict[str, Any], settings: Settings) -> tuple[dict[str, Any], bytes]:
    """Let the sealed process do its work; gives the head of its answer and the bytes behind it."""
    pixels = settings.media_max_megapixels * 1_000_000
    bounds = sealed.Bounds(_BASE_BYTES + _BYTES_A_PIXEL * pixels, 60, 120.0, _ANSWER_BYTES)
    try:
        with _AT_ONCE:
            said = sealed.ask(_READER, path, name, {**asked, "pixels": pixels}, bounds)
    except sealed.Ended as ended:
        message = _TOO_LONG if ended.is_late else _TOO_MUCH
        raise InvalidInput(message, field="file", file=name) from ended
    first, _, rest = said.partition(b"\n")
    head: dict[str, Any] = json.loads(first)
    if "refused" in head:
        raise InvalidInput(head["refused"], field="file", **{"file": name, **head["params"]})
    return head, rest


_TOO_LONG = "Decoding “%(file)s” takes too long. Make it smaller, and upload that."
_TOO_MUCH = "“%(file)s” cannot be decoded: it is damaged, or takes too much memory. Save it anew, and upload that."
