"""Sound and film: decoded, and written anew as every browser plays them, with nothing that they say of themselves."""

from __future__ import annotations

import contextlib
import datetime as dt
import re
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.clock import VIETNAM
from app.core.errors import InvalidInput
from app.core.sealed import Bounds
from app.media.asking import too_much
from app.media.facts import FileFacts, RenderedFile, RenderedPage
from app.media.ffmpeg import ANSWER_BYTES, MEMORY_BYTES, NOWHERE, STREAMS, container_of, look, run, seconds_of
from app.media.images import render_image

MP3, MP4 = "audio/mpeg", "video/mp4"
# What is made for playing.
PLAYED = frozenset({MP3, MP4})
_SOUNDS = {
    "mp3": MP3,
    "mov": "audio/mp4",
    "matroska": "audio/webm",
    "ogg": "audio/ogg",
    "flac": "audio/flac",
    "wav": "audio/wav",
}
_FILMS = {"mov": MP4, "matroska": "video/webm", "ogg": "video/ogg"}
SOUND_TYPES, FILM_TYPES = frozenset(_SOUNDS.values()), frozenset(_FILMS.values())

# What the public gets of a film: 720p, lying or upright, at no more than 30 frames a second.
_LONG_PX, _SHORT_PX = 1280, 720
_TO_FILM = (
    *("-c:v", "libx264", "-preset", "veryfast", "-crf", "24", "-pix_fmt", "yuv420p", "-fpsmax", "30", "-threads", "2"),
    *("-c:a", "aac", "-b:a", "128k", "-ac", "2", "-movflags", "+faststart", "-f", "mp4"),
)
# At a constant rate: a browser finds any second in it.
_TO_SOUND = ("-c:a", "libmp3lame", "-b:a", "128k", "-ar", "44100", "-ac", "2", "-id3v2_version", "0", "-f", "mp3")
# Nothing that a file says of itself is written along.
_BARE = ("-map_metadata", "-1", "-map_chapters", "-1", "-dn", "-sn", "-fflags", "+bitexact", "-flags", "+bitexact")
_STARTS = {MP3: re.compile(rb"\xff[\xe2-\xff]"), MP4: re.compile(rb"....ftyp", re.DOTALL)}
_PROGRESS = ("-progress", "pipe:1", "-stats_period", "5")

# Of what is decoded so much may be faulty: cameras end in the middle of a frame.
_MOST_ERRORS = ("-max_error_rate", "0.02")
# What a file says of its length and what is in it may differ by so much: a tenth, or some seconds.
_PART, _SECONDS = 0.9, 2.0
_POSTER_BYTES, _LARGEST_BYTES = 40_000_000, 2_000_000_000
_LOOKING = Bounds(MEMORY_BYTES, cpu_s=120, wall_s=240.0, answer_bytes=ANSWER_BYTES)
# A second of film takes at most so many of a processor's, and of the clock's.
_CPU_A_SECOND, _WALL_A_SECOND = 12, 24
_TOO_LONG = "“%(file)s” is longer than %(most)s minutes. Upload it in parts."
_SHORT = "“%(file)s” ends before its end: it is incomplete. Copy it once more, and upload that."

_PLACE = re.compile(r"([+-]\d{1,2}\.\d+)([+-]\d{1,3}\.\d+)")
_APPLE = "com.apple.quicktime."
# Cameras that do not know the day say that it is 1904 or 1970.
_FIRST_YEAR = 1990


def begins_recording(head: bytes) -> bool:
    """Tell whether a file begins as one of the containers of sound and film that are taken."""
    return container_of(head) is not None


def inspect_recording(path: Path, name: str, *, settings: Settings) -> FileFacts:
    """Decode a recording whose owner calls it `name`, and tell what it is.

    It is read from end to end; its sound is decoded wholly, of film the frames that stand for themselves, for the
    others are when it is rendered. Raises `InvalidInput` with a sentence that says what to do when it is none of the
    containers and codecs that are taken, damaged or incomplete, longer than `media_max_minutes`, or beyond 4K.
    """
    facts = _measure(path, name, settings)
    skipping = ("-skip_frame", "nokey") if facts.width else ()
    run(path, name, (*STREAMS, *NOWHERE), _LOOKING, before=(*_MOST_ERRORS, *_PROGRESS, *skipping))
    return facts


def _measure(path: Path, name: str, settings: Settings) -> FileFacts:
    """Tell what a recording is by its beginning and by what lies in it, of which no more is decoded."""
    seen, most_s = look(path, name), 60 * settings.media_max_minutes
    too_long = InvalidInput(_TOO_LONG, field="file", file=name, most=settings.media_max_minutes)
    if seen.claimed_s > most_s:
        raise too_long
    copying = (*STREAMS, "-c", "copy", "-t", str(most_s + 1), *NOWHERE)
    # A file that breaks off is told by its container, before anything is decoded.
    seconds = seconds_of(run(path, name, copying, _LOOKING, before=("-xerror", *_PROGRESS)))
    if seconds > most_s:
        raise too_long
    if seconds < _PART * seen.claimed_s - _SECONDS:
        raise InvalidInput(_SHORT, field="file", file=name)
    width, height = seen.size or (None, None)
    types = _FILMS if seen.size else _SOUNDS
    if seen.container not in types:
        raise too_much(name)
    return FileFacts(
        types[seen.container], width=width, height=height, duration_s=round(seconds, 2), **_offer(seen.said)
    )


def render_recording(path: Path, name: str, *, settings: Settings) -> Iterator[RenderedPage]:
    """Write sound anew as MP3, film as MP4 (H.264, AAC) with pictures of a frame from its first tenth.

    Raises what `inspect_recording` raises.
    """
    # It was decoded when it came in, and what is written now is decoded whole.
    facts = _measure(path, name, settings)
    seconds = facts.duration_s or 0.0
    if facts.width is None or facts.height is None:
        with _written(path, name, ("-map", "0:a:0", *_TO_SOUND), seconds, MP3) as out:
            yield RenderedPage(1, None, (RenderedFile(MP3, None, None, out),))
        return
    try:
        poster = _poster(path, name, seconds / 10, settings)
    except InvalidInput:
        # Its pictures may end long before its sound.
        poster = _poster(path, name, 0, settings)
    width, height = _fit(facts.width, facts.height)
    how = (*STREAMS, "-vf", f"scale={width}:{height},setsar=1", *_TO_FILM)
    with _written(path, name, how, seconds, MP4) as out:
        yield RenderedPage(1, poster.placeholder, (*poster.files, RenderedFile(MP4, width, height, out)))


@contextlib.contextmanager
def _written(path: Path, name: str, how: Sequence[str], seconds: float, media_type: str) -> Iterator[Path]:
    """Give a recording as FFmpeg has written it, a file that is gone afterwards."""
    bounds = Bounds(
        MEMORY_BYTES,
        cpu_s=120 + _CPU_A_SECOND * int(seconds),
        wall_s=240.0 + _WALL_A_SECOND * seconds,
        answer_bytes=ANSWER_BYTES + 1000 * int(seconds),
        file_bytes=_LARGEST_BYTES,
    )
    with tempfile.NamedTemporaryFile(prefix="disan-recording-") as file:
        out = Path(file.name)
        run(path, name, (*how, *_BARE, f"file:{out}"), bounds, before=(*_MOST_ERRORS, *_PROGRESS))
        # Whatever got hold of the program, the public is given nothing but sound and film.
        with out.open("rb") as written:
            is_right = _STARTS[media_type].match(written.read(12))
        if not is_right:
            raise too_much(name)
        yield out


def _poster(path: Path, name: str, at_s: float, settings: Settings) -> RenderedPage:
    """Give the pictures of the frame at a second of a film."""
    frame = ("-map", "0:V:0", "-frames:v", "1", "-c:v", "png", "-f", "image2pipe", "pipe:1")
    bounds = Bounds(MEMORY_BYTES, cpu_s=60, wall_s=120.0, answer_bytes=_POSTER_BYTES)
    picture = run(path, name, frame, bounds, before=("-ss", f"{at_s:.2f}"))
    with tempfile.NamedTemporaryFile(prefix="disan-poster-") as file:
        file.write(picture)
        file.flush()
        (page,) = render_image(Path(file.name), name, settings=settings)
    return page


def _fit(width: int, height: int) -> tuple[int, int]:
    """Give the size of a film as the public gets it: never larger than it is, and even, as H.264 has it."""
    long, short = max(width, height), min(width, height)
    factor = min(1.0, _LONG_PX / long, _SHORT_PX / short)
    return max(2, 2 * round(width * factor / 2)), max(2, 2 * round(height * factor / 2))


def _offer(said: dict[str, str]) -> dict[str, Any]:
    """Give what a camera wrote: when (local time), where (ISO 6709, degrees), by which device."""
    found: dict[str, Any] = {}
    # What cannot be read is not offered. Telephones of Apple know their zone, the others write UTC.
    with contextlib.suppress(ValueError, OverflowError):
        taken = dt.datetime.fromisoformat(said.get(f"{_APPLE}creationdate") or said.get("creation_time") or "")
        taken = taken if f"{_APPLE}creationdate" in said else taken.astimezone(VIETNAM)
        if taken.year >= _FIRST_YEAR:
            found["taken"] = taken.replace(tzinfo=None, microsecond=0).isoformat()
    place = _PLACE.match(said.get(f"{_APPLE}location.ISO6709") or said.get("location") or "")
    if place and abs(float(place[1])) <= 90 and abs(float(place[2])) <= 180 and float(place[1]):
        found |= {"lat": float(place[1]), "lon": float(place[2])}
    camera = " ".join(said.get(f"{_APPLE}{key}", "")[:60] for key in ("make", "model")).strip()
    return found | {"camera": camera}
