"""Letters on maps: by the type that comes with the service, in millimetres of paper."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageDraw, ImageFont

from app.config import ROOT

# Pixels for a millimetre of paper, about 305 to the inch: a millimetre of the drawing is one of the print.
PX_PER_MM = 12
INK = "#111111"
_FONTS = ROOT / "static" / "vendor" / "be-vietnam-pro"


def mm(length: float) -> int:
    """Give a length on paper in pixels."""
    return round(length * PX_PER_MM)


@lru_cache
def _font(height_px: int, *, is_bold: bool) -> ImageFont.FreeTypeFont:
    weight = "700Bold" if is_bold else "400Regular"
    return ImageFont.truetype(str(_FONTS / weight / f"BeVietnamPro_{weight}.ttf"), height_px)


def write(
    draw: ImageDraw.ImageDraw,
    place: tuple[float, float],
    text: str,
    size_mm: float,
    *,
    fill: str = INK,
    is_bold: bool = False,
    anchor: str = "la",
    most: int = 0,
) -> None:
    """Write a line, smaller where it would be longer than `most` pixels, with white about its letters."""
    size = mm(size_mm)
    while most and size > mm(1.4) and _font(size, is_bold=is_bold).getlength(text) > most:
        size -= 1
    font = _font(size, is_bold=is_bold)
    draw.text(place, text, font=font, fill=fill, anchor=anchor, stroke_width=4, stroke_fill="white")


def write_upright(draw: ImageDraw.ImageDraw, place: tuple[float, float], text: str, size_mm: float) -> None:
    """Write a line from below to above about a place."""
    font = _font(mm(size_mm), is_bold=False)
    width, height = int(font.getlength(text)) + 6, mm(size_mm * 1.4)
    flat = Image.new("L", (width, height))
    ImageDraw.Draw(flat).text((width / 2, height / 2), text, font=font, fill=255, anchor="mm")
    turned = flat.rotate(90, expand=True)
    corner = (round(place[0] - turned.width / 2), round(place[1] - turned.height / 2))
    draw.bitmap(corner, turned, fill=INK)
