"""Sound and films that the tests make with FFmpeg itself: ordinary ones and hostile ones."""

from __future__ import annotations

import functools
import struct
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

from imageio_ffmpeg import get_ffmpeg_exe

# What a telephone writes beside the film; nothing of it may reach the public.
SAID = {
    "title": "Ten rieng",
    "location": "+15.8771+108.3261/",
    "creation_time": "2024-05-01T03:00:00Z",
    "comment": "Ghi chu rieng",
}
_ENCODERS = {"mp4": "libx264", "mov": "libx264", "mkv": "libx264", "webm": "libvpx"}


def _ffmpeg(*arguments: str, ending: str) -> bytes:
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / f"out.{ending}"
        subprocess.run([get_ffmpeg_exe(), "-nostdin", "-v", "error", "-threads", "1", *arguments, str(out)], check=True)
        return out.read_bytes()


@functools.cache
def sound(ending: str = "mp3", seconds: float = 2, *, is_told: bool = True) -> bytes:
    """Give a tone, in the container and codec that FFmpeg takes for a name's ending."""
    said = [part for key, value in SAID.items() if is_told for part in ("-metadata", f"{key}={value}")]
    return _ffmpeg("-f", "lavfi", "-i", f"sine=440:d={seconds}", *said, ending=ending)


@functools.cache
def film(ending: str = "mp4", seconds: float = 2, size: str = "320x240", *further: str) -> bytes:
    """Give a test picture that moves, with a tone."""
    said = [part for key, value in SAID.items() for part in ("-metadata", f"{key}={value}")]
    inputs = ["-f", "lavfi", "-i", f"testsrc2=s={size}:r=25:d={seconds}", "-f", "lavfi", "-i", f"sine=440:d={seconds}"]
    speed = ["-preset", "ultrafast", "-pix_fmt", "yuv420p"] if _ENCODERS[ending] == "libx264" else []
    return _ffmpeg(*inputs, "-c:v", _ENCODERS[ending], *speed, *said, *further, ending=ending)


def told(creation_time: str, ending: str = "flac") -> bytes:
    """Give a tone that says when it was made."""
    said = ("-metadata", f"creation_time={creation_time}")
    return _ffmpeg("-f", "lavfi", "-i", "sine=440:d=1", *said, ending=ending)


def of_an_unlisted_codec() -> bytes:
    """Give a film in a container that is taken, whose pictures are written in a way that is not."""
    return _ffmpeg("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=1", "-c:v", "ffv1", ending="mkv")


def short_pictures() -> bytes:
    """Give a film whose pictures end long before its sound."""
    inputs = ("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=0.5", "-f", "lavfi", "-i", "sine=440:d=20")
    return _ffmpeg(*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", ending="mp4")


def with_moov_first(seconds: float = 4) -> bytes:
    """Give a film whose index stands before its frames."""
    return film("mp4", seconds, "320x240", "-movflags", "+faststart")


def boasting_film() -> bytes:
    """Give a film whose header says that it lasts for days."""
    data = bytearray(film())
    at = data.index(b"mvhd")
    # Version and flags, two times, then the time scale and the duration.
    scale = struct.unpack_from(">I", data, at + 16)[0]
    struct.pack_into(">I", data, at + 20, scale * 86_400 * 5 % (1 << 32))
    for box, behind in ((b"tkhd", 24), (b"mdhd", 20)):
        place = data.find(box)
        while place >= 0:
            struct.pack_into(">I", data, place + behind, 0xFFFFFFF0)
            place = data.find(box, place + 1)
    return bytes(data)


def boasting_webm() -> bytes:
    """Give a film of another container whose header says the same."""
    data = bytearray(film("webm"))
    # The element Duration (RFC 9559, 5.1.2.10), a double of milliseconds.
    struct.pack_into(">d", data, data.index(b"\x44\x89\x88") + 3, 86_400_000.0 * 5)
    return bytes(data)


def huge_film() -> bytes:
    """Give a film of more than 4K, and of nothing but one colour."""
    return _ffmpeg("-f", "lavfi", "-i", "color=s=8000x4000:r=2:d=1", "-c:v", "mpeg4", ending="mp4")


def cover_bomb() -> bytes:
    """Give a tone whose cover says that it has three thousand million pixels."""
    png = (
        b"\x89PNG\r\n\x1a\n"
        + struct.pack(">I", 13)
        + b"IHDR"
        + struct.pack(">II", 60_000, 60_000)
        + b"\x08\x02"
        + bytes(7)
    )
    frame = b"\x00image/png\x00\x03\x00" + png
    # ID3v2.3: a frame of attached pictures, then the tone.
    body = b"APIC" + struct.pack(">I", len(frame)) + b"\x00\x00" + frame
    size = bytes((len(body) >> shift) & 0x7F for shift in (21, 14, 7, 0))
    return b"ID3\x03\x00\x00" + size + body + sound(is_told=False)


def film_with_subtitles(script: str) -> bytes:
    """Give a film with subtitles of its own, which hold a script."""
    with tempfile.NamedTemporaryFile("w", suffix=".srt") as file:
        file.write(f"1\n00:00:00,000 --> 00:00:01,000\n{script}\n")
        file.flush()
        return _ffmpeg(
            *("-f", "lavfi", "-i", "testsrc2=s=320x240:r=25:d=2", "-i", file.name),
            *("-c:v", "libx264", "-preset", "ultrafast", "-c:s", "mov_text"),
            ending="mp4",
        )


PLAY_LIST = b"#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:9,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n"
SCRIPT = b"ffconcat version 1.0\nfile /etc/passwd\n"
_NO_FILM = "cannot be played"
_NO_FILE = "cannot be read here"

# Name → (what makes it, what the refusal says).
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "play-list.mp4": (lambda: PLAY_LIST, _NO_FILE),
    "concat.mp4": (lambda: SCRIPT, _NO_FILE),
    "play-list-behind.mp4": (lambda: struct.pack(">I", 16) + b"ftypisom" + bytes(4) + PLAY_LIST, _NO_FILM),
    "cut.mp4": (lambda: film()[:-2000], _NO_FILM),
    "cut-behind-the-index.mp4": (lambda: with_moov_first()[:-60_000], _NO_FILM),
    "cut.webm": (lambda: film("webm", 6)[:60_000], "ends before its end"),
    "boasts.webm": (boasting_webm, "is longer than 30 minutes"),
    "huge.mp4": (huge_film, _NO_FILM),
    "noise.mp3": (lambda: b"ID3\x03\x00\x00\x00\x00\x00\x00" + bytes(range(256)) * 40, _NO_FILM),
    "only-a-head.wav": (lambda: b"RIFF\xff\xff\xff\xffWAVEfmt ", _NO_FILM),
    "only-a-head.ogg": (lambda: b"OggS" + bytes(60), _NO_FILM),
    "boasts.mkv": (lambda: b"\x1aE\xdf\xa3\x01\xff\xff\xff\xff\xff\xff\xff" + bytes(500), _NO_FILM),
}
