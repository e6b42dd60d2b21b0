"""Captions of films (WebVTT): taken apart into times and plain text, and written anew with nothing else in them."""

from __future__ import annotations

import html
import re
from typing import NamedTuple

from app.core.errors import InvalidInput

# Both languages' characters count; a film of half an hour has a tenth of it.
LONGEST = 100_000
_MOST_CUES = 5000
# WebVTT has a point before the thousandths, SRT a comma.
_TIME = r"(?:(\d{1,2}):)?([0-5]?\d):([0-5]\d)[.,](\d{3})"
_TIMES = re.compile(rf"{_TIME}[ \t]+-->[ \t]+{_TIME}(?:[ \t].*)?")
_TAG = re.compile(r"</?[A-Za-z0-9][^<>]*>")
# Blocks that are not shown, or that are how it is shown.
_NOT_SHOWN = ("WEBVTT", "NOTE", "STYLE", "REGION")


class Cue(NamedTuple):
    """What is shown from a moment to another, in milliseconds from the beginning."""

    start: int
    end: int
    text: str


def tidy_captions(given: str) -> str:
    """Write captions in WebVTT (W3C, section 4.1) or SRT anew as WebVTT: times and plain text, nothing else.

    Styles, regions, notes, positions and marks within the text are left out. Raises `InvalidInput` with the block that
    is wrong: it has no times, ends before it begins, begins before the one above it, or there are too many.
    """
    blocks = [
        block for block in re.split(r"\n[ \t]*\n", re.sub(r"\r\n?", "\n", given).strip("\ufeff \n")) if block.strip()
    ]
    cues: list[Cue] = []
    for block in blocks:
        if block.startswith(_NOT_SHOWN) and "-->" not in block:
            continue
        cue = _read(block)
        if cue.end <= cue.start or (cues and cue.start < cues[-1].start):
            raise _wrong(block)
        cues.append(cue)
    if not cues or len(cues) > _MOST_CUES:
        raise InvalidInput("Write captions as WebVTT or SRT, from one to %(most)s of them.", most=_MOST_CUES)
    shown = [f"{_stamp(cue.start)} --> {_stamp(cue.end)}\n{html.escape(cue.text, quote=False)}\n" for cue in cues]
    written = "\n".join(["WEBVTT\n", *shown])
    if len(written) > LONGEST:
        raise InvalidInput("These captions are longer than %(most)s characters.", most=LONGEST)
    return written


def _read(block: str) -> Cue:
    lines = block.strip("\n").split("\n")
    # A first line without times is the cue's name, or the file's head.
    at = next((number for number, line in enumerate(lines[:3]) if "-->" in line), None)
    times = _TIMES.fullmatch(lines[at].strip()) if at is not None else None
    if at is None or times is None:
        raise _wrong(block)
    text = "\n".join(line for line in (_plain(line) for line in lines[at + 1 :]) if line)
    if not text:
        raise _wrong(block)
    return Cue(_moment(times.groups()[:4]), _moment(times.groups()[4:]), text)


def _plain(line: str) -> str:
    """Give the text of a line, without marks and on one line; an arrow would begin another cue."""
    return " ".join(html.unescape(_TAG.sub("", line)).replace("-->", "→").split())


def _moment(parts: tuple[str | None, ...]) -> int:
    hours, minutes, seconds, thousandths = (int(part or 0) for part in parts)
    return ((hours * 60 + minutes) * 60 + seconds) * 1000 + thousandths


def _stamp(moment: int) -> str:
    seconds, thousandths = divmod(moment, 1000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{thousandths:03}"


def _wrong(block: str) -> InvalidInput:
    return InvalidInput(
        "These captions cannot be read: “%(block)s”. Each has a line of times, 00:01.000 --> 00:04.000, then its text; "
        "each begins after the one above it.",
        block=" ".join(block.split())[:80],
    )
