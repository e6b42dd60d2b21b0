"""The pictures that stand with links to records in messages and social networks: drawn once, 1,200 by 630 pixels."""

from __future__ import annotations

import hashlib
import io
import tempfile
import threading
import unicodedata
from collections.abc import Mapping
from dataclasses import astuple, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from PIL import Image, ImageDraw, ImageFont, ImageOps

from app.config import ROOT
from app.web.art import choose_art

WIDTH, HEIGHT = 1200, 630
MEDIA_TYPE = "image/jpeg"
# Of the drawing; a change of it makes all cards anew.
_EDITION = 1
_FONTS = ROOT / "static" / "vendor" / "be-vietnam-pro"
_LACQUER, _GILT, _WALL = "#2a1a14", "#f3dcae", "#e9b84f"
# The colours of `art.css` by day.
_TONES = {
    "brick": "#96412a",
    "indigo": "#263c74",
    "ochre": "#96650e",
    "moss": "#3c6a50",
    "earth": "#6b5140",
    "water": "#1d6370",
    "plum": "#7c3559",
}
_MARGIN, _EAVE, _PICTURE = 56, 14, 560
# A card is some 90 kB, and nobody need keep those that are no longer asked for: some 20,000, in 256 folders.
_MOST_IN_A_FOLDER = 80
_QUALITY = 82
# One is drawn at a time in a process: it takes a tenth of a second, and readers of pages are not to wait for more.
_DRAWING = threading.Lock()


@dataclass(frozen=True, slots=True)
class Card:
    """What a card shows: the name, the rank or type, the place, whose register it is, the picture's file and credit."""

    name: str
    line: str
    place: str
    owner: str
    picture: str
    credit: str
    tone: str

    @property
    def digest(self) -> str:
        """Tell this card from any other, and from what it was before."""
        text = "\x1f".join(map(str, (_EDITION, *astuple(self))))
        return hashlib.sha256(text.encode()).hexdigest()[:24]


def card_of(item: Mapping[str, Any], owner: str) -> Card:
    """Choose from a published item's properties what its card shows."""
    art = choose_art(item)
    cover = cover_of(item)
    line = str(item.get("rank_label") or "") if item.get("rank") not in (None, "inventoried") else ""
    return Card(
        name=_clean(item["name"]),
        line=_clean(line or (art.title if art else "")),
        place=_clean(str(item.get("unit_name") or item.get("place") or "")),
        owner=_clean(owner),
        picture=_rendition(cover) if cover else "",
        credit=_clean(" · ".join(part for part in (cover["creator"], cover["licence_label"]) if part)) if cover else "",
        tone=art.tone if art else "earth",
    )


def cover_of(item: Mapping[str, Any]) -> dict[str, Any] | None:
    """Give the picture that stands for an item; None where none is public."""
    images = item.get("images") or []
    return images[0] if images else None


def _rendition(image: Mapping[str, Any]) -> str:
    """Give the name of the smallest rendition that fills the picture's side of the card, else of the largest."""
    # What was published by an earlier release, and not made anew since, has one size.
    sizes = sorted(image.get("sizes") or [image], key=lambda size: int(size["width"]))
    wide = [size for size in sizes if size["width"] >= _PICTURE and size["height"] >= HEIGHT // 2]
    return str((wide or sizes[-1:])[0]["url"]).rpartition("/")[2]


def _clean(text: str) -> str:
    """Compose letters with their marks, for which the font has drawings."""
    return " ".join(unicodedata.normalize("NFC", text).split())


def find_card(folder: Path, card: Card) -> bytes | None:
    """Give a card that was drawn before."""
    try:
        return _path(folder, card).read_bytes()
    except FileNotFoundError:
        return None


def make_card(folder: Path, card: Card, picture: bytes | None) -> bytes:
    """Draw a card, with the bytes of its picture's rendition, and keep it."""
    with _DRAWING:
        data = find_card(folder, card) or _draw(card, picture)
    path = _path(folder, card)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=path.parent, delete=False) as file:
        file.write(data)
    Path(file.name).replace(path)
    _make_room(path.parent)
    return data


def _path(folder: Path, card: Card) -> Path:
    return folder / "cards" / card.digest[:2] / f"{card.digest}.jpg"


def _make_room(folder: Path) -> None:
    kept = sorted(folder.iterdir(), key=_written_at)
    for path in kept[:-_MOST_IN_A_FOLDER]:
        path.unlink(missing_ok=True)


def _written_at(path: Path) -> float:
    """Tell when a file was written; what somebody else has moved or removed meanwhile counts as the oldest."""
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def _draw(card: Card, picture: bytes | None) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), _LACQUER if picture else _TONES.get(card.tone, _LACQUER))
    draw = ImageDraw.Draw(image)
    right = WIDTH - _MARGIN
    if picture:
        with Image.open(io.BytesIO(picture)) as opened:
            image.paste(ImageOps.fit(opened.convert("RGB"), (_PICTURE, HEIGHT), Image.Resampling.LANCZOS), (0, 0))
        left = _PICTURE + _MARGIN
    else:
        left = 2 * _MARGIN
        _draw_wall(draw)
    draw.rectangle((0, HEIGHT - _EAVE, WIDTH, HEIGHT), fill=_WALL)
    bottom = HEIGHT - _EAVE - _MARGIN
    for text, size in ((card.owner, 26), (card.credit if picture else "", 20)):
        if text:
            shown = _wrap(text, _font("400Regular", size), right - left, 1)[0]
            bottom -= int(size * 1.5)
            draw.text((left, bottom), shown, font=_font("400Regular", size), fill=_GILT)
    _draw_words(draw, card, (left, _MARGIN, right, bottom))
    body = io.BytesIO()
    image.save(body, "JPEG", quality=_QUALITY, optimize=True, progressive=True)
    return body.getvalue()


def _draw_wall(draw: ImageDraw.ImageDraw) -> None:
    """Draw courses of bricks along the left edge, in the ink of the page's roof."""
    for row, top in enumerate(range(0, HEIGHT - _EAVE, 42)):
        start = 0 if row % 2 else -28
        for left in range(start, _MARGIN + 28, 56):
            draw.rectangle((left, top, min(left + 52, _MARGIN), top + 38), fill=_LACQUER)


def _draw_words(draw: ImageDraw.ImageDraw, card: Card, box: tuple[int, int, int, int]) -> None:
    """Write rank, name and place from the top, the name as large as it may be in four lines."""
    left, top, right, bottom = box
    small = _font("400Regular", 32)
    if card.line:
        for text in _wrap(card.line, small, right - left, 2):
            draw.text((left, top), text, font=small, fill=_WALL if card.picture else _GILT)
            top += 44
        top += 12
    room = bottom - top - (60 if card.place else 0)
    size, lines = 36, [""]
    for size in (100, 84, 68, 60, 52, 44, 36):
        lines = _wrap(card.name, _font("700Bold", size), right - left, 4)
        if not lines[-1].endswith("…") and len(lines) * size * 1.3 <= room:
            break
    bold = _font("700Bold", size)
    for text in lines:
        draw.text((left, top), text, font=bold, fill="#ffffff")
        top += int(size * 1.3)
    if card.place:
        draw.text((left, top + 12), _wrap(card.place, small, right - left, 1)[0], font=small, fill=_GILT)


def _wrap(text: str, font: ImageFont.FreeTypeFont, width: int, most: int) -> list[str]:
    """Break a text between words into lines that fit, at least one; what is too long ends in an ellipsis."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    kept = lines[:most]
    is_cut = len(lines) > most
    while kept[-1] and (is_cut or font.getlength(kept[-1]) > width):
        kept[-1] = kept[-1].removesuffix("…")[:-1].rstrip() + "…"
        is_cut = False
        if font.getlength(kept[-1]) <= width:
            break
    return kept


@lru_cache
def _font(weight: str, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(str(_FONTS / weight / f"BeVietnamPro_{weight}.ttf"), size)
