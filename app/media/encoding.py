"""How the sealed readers write what is shown: renditions of a picture or a page in several widths and formats."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from typing import Any

from PIL import AvifImagePlugin, Image, JpegImagePlugin, WebPImagePlugin  # noqa: F401 (loaded before sealing)

DAMAGED = "“%(file)s” is damaged or incomplete. Open it on your computer, save it anew, and upload that."
SAVED_AS: dict[str, dict[str, Any]] = {
    "image/avif": {"format": "AVIF", "quality": 58, "speed": 8, "max_threads": 1},
    "image/webp": {"format": "WEBP", "quality": 78, "method": 4},
    "image/jpeg": {"format": "JPEG", "quality": 80, "optimize": True, "progressive": True},
}
_PLACEHOLDER_PX = 16
# What a tall picture is bound to: WebP holds no side of more than 16,383 pixels.
TALLEST_PX = 8192


def encode(shown: Image.Image, widths: Sequence[int], bodies: list[bytes]) -> dict[str, Any]:
    """Write a picture (RGB) in each width and format, the widest first; the bytes are put into `bodies`.

    Gives `placeholder`, and as `renditions` their `media_type`, `width`, `height` and `bytes`. None is larger than the
    picture itself.
    """
    rows = []
    for size in _sizes(shown, widths):
        if size != shown.size:
            shown = shown.resize(size, Image.Resampling.LANCZOS)
        for media_type, how in SAVED_AS.items():
            out = io.BytesIO()
            shown.save(out, **how)
            bodies.append(out.getvalue())
            rows.append({"media_type": media_type, "width": size[0], "height": size[1], "bytes": len(bodies[-1])})
    return {"placeholder": _placeholder(shown), "renditions": rows}


def _sizes(shown: Image.Image, widths: Sequence[int]) -> list[tuple[int, int]]:
    """Give the sizes of a picture's renditions, the widest first; none is larger than the picture, none too tall."""
    ratio = shown.height / shown.width
    found = {min(width, shown.width, max(1, int(TALLEST_PX / ratio))) for width in widths}
    return [
        (width, shown.height if width == shown.width else max(1, round(width * ratio)))
        for width in sorted(found, reverse=True)
    ]


def _placeholder(image: Image.Image) -> str:
    """Give the picture a few pixels wide as a `data:` address: what is seen until it has come."""
    height = max(1, min(4 * _PLACEHOLDER_PX, round(_PLACEHOLDER_PX * image.height / image.width)))
    small = image.resize((_PLACEHOLDER_PX, height))
    out = io.BytesIO()
    small.save(out, format="WEBP", quality=40, method=6)
    return "data:image/webp;base64," + base64.b64encode(out.getvalue()).decode()
