"""Requests of the image service as they stand in addresses: told apart into what is no request and what is one."""

from __future__ import annotations

import re
from typing import NamedTuple

from app.core.errors import InvalidInput

# Whole numbers that a picture's side can have, and the others that the Image API knows (Image API 3, chapter 4).
_PIXELS = r"(\d{1,9})"
_NUMBER = r"\d{1,9}(?:\.\d{1,9})?"
_REGION = re.compile(
    rf"full|square|{_PIXELS},{_PIXELS},{_PIXELS},{_PIXELS}|pct:{_NUMBER},{_NUMBER},{_NUMBER},{_NUMBER}"
)
_SIZE = re.compile(rf"\^?(?:max|{_PIXELS},{_PIXELS}|!\d{{1,9}},\d{{1,9}}|\d{{1,9}},|,\d{{1,9}}|pct:{_NUMBER})")
_ROTATION = re.compile(r"!?(?:[0-2]?\d{1,2}|3[0-5]\d|360)(?:\.\d{1,9})?")
_FILE = re.compile(r"(default|color|gray|bitonal)\.(jpg|png|tif|gif|jp2|pdf|webp)")


class Asked(NamedTuple):
    """What a request asks for, in pixels: a region (left, top, width, height), None for all, in a size, None for `max`.

    Unless `is_plain` it asks for more than a picture cut and scaled: to be turned, or in another colour or format.
    """

    region: tuple[int, int, int, int] | None
    size: tuple[int, int] | None
    is_plain: bool


def read_request(region: str, size: str, rotation: str, file: str) -> Asked:
    """Read the four parts of a request for a picture; raises `InvalidInput` for what the Image API does not know."""
    found = _match(_REGION, "region", region), _match(_SIZE, "size", size)
    _match(_ROTATION, "rotation", rotation)
    _match(_FILE, "quality.format", file)
    part, scaled = (tuple(int(number) for number in one.groups() if number is not None) for one in found)
    if (part and 0 in part[2:]) or (scaled and 0 in scaled):
        raise InvalidInput("%(field)s: a picture has a side of one pixel at least.", field="size", value=size)
    is_plain = (part or region == "full") and (scaled or size == "max") and not size.startswith("^")
    return Asked(
        (part[0], part[1], part[2], part[3]) if part else None,
        (scaled[0], scaled[1]) if scaled else None,
        bool(is_plain) and (rotation, file) == ("0", "default.jpg"),
    )


def _match(pattern: re.Pattern[str], name: str, text: str) -> re.Match[str]:
    found = pattern.fullmatch(text)
    if found is None:
        raise InvalidInput("%(field)s: the Image API has no “%(value)s”.", field=name, value=text[:60])
    return found
