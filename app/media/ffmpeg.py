"""FFmpeg, a program beside ours: which files it is let read, by which of its readers, and how it is run sealed off."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from imageio_ffmpeg import get_ffmpeg_exe

from app.core.sealed import Bounds
from app.media.asking import ask_program

# Streams of film, without the pictures on covers, and of sound: the first of each.
STREAMS = ("-map", "0:V:0?", "-map", "0:a:0?")
NOWHERE = ("-f", "null", "-")
MEMORY_BYTES, ANSWER_BYTES = 3_000_000_000, 2_000_000

# How a file may begin, and the one reader that it is then shown to: none that would look for other files, as those of
# play lists do.
_DEMUXERS = (
    (re.compile(rb"....ftyp(?!hei|hev|mif1|msf1|avi|jxl)|....(?:moov|mdat|wide)", re.DOTALL), "mov"),
    (re.compile(rb"\x1aE\xdf\xa3"), "matroska"),
    (re.compile(rb"RIFF....WAVE", re.DOTALL), "wav"),
    (re.compile(rb"fLaC"), "flac"),
    (re.compile(rb"OggS"), "ogg"),
    (re.compile(rb"ID3|\xff[\xf2\xf3\xfa\xfb]"), "mp3"),
)
_HEAD_BYTES = 64
_DECODERS = (
    "h264,hevc,libdav1d,av1,libvpx,libvpx-vp9,vp8,vp9,mpeg4,mjpeg,theora,aac,mp3,mp3float,opus,libopus,vorbis,"
    "libvorbis,flac,alac,amrnb,amrwb,pcm_u8,pcm_s16le,pcm_s24le,pcm_s32le,pcm_f32le,pcm_s16be,pcm_s24be"
)
# A frame of 4K, as cameras write it.
_MOST_PIXELS = 4096 * 2304
_LOOKING = Bounds(MEMORY_BYTES, cpu_s=60, wall_s=120.0, answer_bytes=ANSWER_BYTES)
_UNREADABLE = (
    "“%(file)s” cannot be played: it is damaged, or no sound or film of those that are taken. Save it as MP3, WAV or "
    "FLAC, or as MP4 of at most 4K, and upload that."
)

_CLAIMED = re.compile(rb"^  Duration: (\d{1,9}):(\d\d):(\d\d\.\d+)", re.MULTILINE)
_SIZE = re.compile(rb"^#dimensions \d: (\d{1,5})x(\d{1,5})$", re.MULTILINE)
_SQUARE = re.compile(rb"^#sar \d: (\d{1,6})/(\d{1,6})$", re.MULTILINE)
_OUT = re.compile(rb"^out_time_us=(\d{1,15})$", re.MULTILINE)
# What the file says stands before what its streams say, which is further in.
_SAID = re.compile(
    rb"^ {4,6}(creation_time|location|com\.apple\.quicktime\.[a-zA-Z.0-9]+) *: (\S.{0,80})$", re.MULTILINE
)


class Look(NamedTuple):
    """What the beginning of a file tells: its container, pixels as they are seen (None for sound), claimed seconds.

    `said` is what it says of itself, by the names that the container has for it.
    """

    container: str
    size: tuple[int, int] | None
    claimed_s: float
    said: dict[str, str]


def container_of(head: bytes) -> str | None:
    """Give which container a file begins as, of those that are taken, by its first bytes."""
    return next((container for begins, container in _DEMUXERS if begins.match(head)), None)


def look(path: Path, name: str) -> Look:
    """Decode the first frame of film and of sound of a file; raises `InvalidInput` where there is none of either."""
    first = (*STREAMS, "-frames:v", "1", "-frames:a", "1", "-f", "framecrc", "pipe:1")
    told = run(path, name, first, _LOOKING, before=("-v", "info"), refusal=_UNREADABLE)
    claimed, size, square = _CLAIMED.search(told), _SIZE.search(told), _SQUARE.search(told)
    claimed_s = 3600 * int(claimed[1]) + 60 * int(claimed[2]) + float(claimed[3]) if claimed else 0.0
    seen = None
    if size:
        width, height = int(size[1]), int(size[2])
        # Some cameras write pixels that are not square.
        by, of = (int(square[1]), int(square[2])) if square else (1, 1)
        seen = (max(1, round(width * by / of)) if by and of else width, height)
    said = {key.decode(): value.decode(errors="replace").strip() for key, value in reversed(_SAID.findall(told))}
    return Look(_container(path), seen, claimed_s, said)


def run(
    path: Path,
    name: str,
    arguments: Sequence[str],
    bounds: Bounds,
    *,
    before: Sequence[str] = (),
    refusal: str = _UNREADABLE,
) -> bytes:
    """Let FFmpeg read a file, to do with it what the arguments say; gives what it says.

    It is shown to the reader that its first bytes choose and to no other, reads no file beside it, decodes by what is
    listed here, and no frame beyond 4K. Raises what `ask_program` raises. (`ffmpeg-formats`, `ffmpeg-protocols`,
    `ffmpeg-codecs`: `protocol_whitelist`, `format_whitelist`, `codec_whitelist`, `max_pixels`.)
    """
    container = _container(path)
    given = (
        *("-nostdin", "-hide_banner", "-v", "quiet", "-nostats", "-y", *before),
        *("-protocol_whitelist", "file", "-format_whitelist", container, "-codec_whitelist", _DECODERS),
        *("-max_pixels", str(_MOST_PIXELS), "-threads", "2", "-f", container, "-i", f"file:{path.resolve()}"),
        *arguments,
    )
    return ask_program(_program(), given, path, name, bounds, refusal=refusal)


def seconds_of(told: bytes) -> float:
    """Give how many seconds a run with `-progress pipe:1` has written."""
    found = _OUT.findall(told)
    return int(found[-1]) / 1_000_000 if found else 0.0


def _container(path: Path) -> str:
    with path.open("rb") as file:
        return container_of(file.read(_HEAD_BYTES)) or ""


@functools.cache
def _program() -> Path:
    return Path(get_ffmpeg_exe())
