"""Pictures that the tests make: files of real formats by real encoders, ordinary and hostile ones."""

from __future__ import annotations

import io
import random
import struct
import zlib
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pillow_heif
from PIL import ExifTags, Image, ImageCms, ImageDraw

pillow_heif.register_heif_opener()


def picture(width: int = 600, height: int = 400, mode: str = "RGB", seed: int = 1) -> Image.Image:
    """Give a picture with gradients and some noise, so that it compresses somewhat as a photograph does."""
    dice = np.random.default_rng(seed)
    x = np.linspace(0, 255, width, dtype=np.float32)
    y = np.linspace(0, 255, height, dtype=np.float32)[:, np.newaxis]
    noise = 6 * dice.standard_normal((height, width), dtype=np.float32)
    pixels = np.empty((height, width, 3), np.uint8)
    # One band after the other: large pictures would take gigabytes at once.
    for number, band in enumerate((x, y, (x + y) / 2)):
        pixels[..., number] = (band + noise).clip(0, 255)
    # Its upper left quarter is red, so that a turned picture is told from one that is not.
    pixels[: height // 2, : width // 2] = (200, 20, 20)
    return Image.fromarray(pixels).convert(mode)


def sheet(width: int = 8000, height: int = 5000) -> Image.Image:
    """Give a map sheet: paper, a grid of lines, and in every square of 512 px a colour of its own in the middle."""
    image = Image.new("RGB", (width, height), (240, 236, 220))
    draw = ImageDraw.Draw(image)
    for left in range(0, width, 512):
        draw.line((left, 0, left, height), fill=(60, 60, 60), width=3)
    for top in range(0, height, 512):
        draw.line((0, top, width, top), fill=(60, 60, 60), width=3)
        for left in range(0, width, 512):
            draw.rectangle((left + 128, top + 128, left + 384, top + 384), fill=square_colour(left // 512, top // 512))
    return image


def square_colour(column: int, row: int) -> tuple[int, int, int]:
    """Give the colour of a square of a `sheet`."""
    return (40 + 53 * column % 200, 40 + 71 * row % 200, 120)


def chessboard(colours: Sequence[Sequence[tuple[int, int, int]]]) -> Image.Image:
    """Give a picture of squares of 100 px in these colours, by column and row: what IIIF's validator asks for."""
    image = Image.new("RGB", (100 * len(colours), 100 * len(colours[0])))
    for column, rows in enumerate(colours):
        for row, colour in enumerate(rows):
            image.paste(colour, (100 * column, 100 * row, 100 * column + 100, 100 * row + 100))
    return image


def encoded(image: Image.Image, kind: str = "JPEG", **how: Any) -> bytes:
    """Give a picture as a file."""
    out = io.BytesIO()
    image.save(out, kind, **how)
    return out.getvalue()


def decoded(data: bytes) -> Image.Image:
    """Read a picture from a file."""
    return Image.open(io.BytesIO(data))


def exif(*, orientation: int = 1, taken: str = "", lon: float | None = None, lat: float | None = None) -> Image.Exif:
    """Give what a telephone writes about a photograph."""
    said = Image.Exif()
    said[ExifTags.Base.Make] = "Tester"
    said[ExifTags.Base.Model] = "Camera 1"
    said[ExifTags.Base.Orientation] = orientation
    if taken:
        said.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.DateTimeOriginal] = taken
    if lon is not None and lat is not None:
        said.get_ifd(ExifTags.IFD.GPSInfo).update(
            {
                ExifTags.GPS.GPSLatitudeRef: "N" if lat >= 0 else "S",
                ExifTags.GPS.GPSLatitude: _sexagesimal(lat),
                ExifTags.GPS.GPSLongitudeRef: "E" if lon >= 0 else "W",
                ExifTags.GPS.GPSLongitude: _sexagesimal(lon),
            }
        )
    return said


def _sexagesimal(value: float) -> tuple[float, float, float]:
    minutes, seconds = divmod(abs(value) * 3600, 60)
    degrees, minutes = divmod(minutes, 60)
    return degrees, minutes, round(seconds, 3)


def photograph(**said: Any) -> bytes:
    """Give a JPEG as a telephone makes it, with a comment, XMP and what `exif` is told."""
    xmp = b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><secret/></x:xmpmeta>'
    return encoded(picture(), exif=exif(**said), comment=b"a secret comment", xmp=xmp)


def see_bare(data: bytes) -> Image.Image:
    """Decode a rendition and give it; fails when it holds anything but pixels: EXIF, XMP, a comment, a profile."""
    with Image.open(io.BytesIO(data)) as image:
        image.load()
        assert not image.getexif()
        assert not {"icc_profile", "exif", "xmp", "comment", "XML:com.adobe.xmp"} & image.info.keys()
        assert not [mark for mark in (b"Exif\x00\x00", b"ns.adobe.com", b"GPSLatitude") if mark in data]
        return image


def cmyk_jpeg() -> bytes:
    """Give a JPEG as a print shop makes it."""
    return encoded(picture(mode="CMYK"))


def profiled_jpeg() -> bytes:
    """Give a JPEG with a colour profile of its own, by which what is stored as red is seen as blue."""
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    for one, other in ((b"rXYZ", b"bXYZ"), (b"rTRC", b"bTRC")):
        profile = profile.replace(one, b"----").replace(other, one).replace(b"----", other)
    return encoded(picture(), icc_profile=profile)


def deep_tiff() -> bytes:
    """Give a grey TIFF of 16 bits, as a scanner makes it."""
    grey = np.asarray(picture(mode="L"), dtype=np.uint16) * 257
    return encoded(Image.fromarray(grey), "TIFF")


def deep_colour_tiff() -> bytes:
    """Give a colour TIFF of 16 bits a channel, not compressed, written by hand: Pillow writes none."""
    width, height = 640, 400
    pixels = (np.asarray(picture(width, height)).astype("<u2") * 257).tobytes()
    entries = [
        (256, 4, 1, width),
        (257, 4, 1, height),
        (258, 3, 3, 8 + 2 + 12 * 10 + 4),
        (259, 3, 1, 1),
        (262, 3, 1, 2),
        (273, 4, 1, 200),
        (277, 3, 1, 3),
        (278, 4, 1, height),
        (279, 4, 1, len(pixels)),
        (284, 3, 1, 1),
    ]
    head = b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", len(entries))
    for tag, kind, count, value in entries:
        head += struct.pack("<HHI", tag, kind, count)
        head += struct.pack("<HH", value, 0) if kind == 3 and count == 1 else struct.pack("<I", value)
    head += struct.pack("<I", 0) + struct.pack("<HHH", 16, 16, 16)
    return head.ljust(200, b"\x00") + pixels


def png_bomb(width: int = 60_000, height: int = 60_000) -> bytes:
    """Give a small PNG that says it has billions of pixels, and has them: zeros, packed."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = bytes(1 + width)
    rows = b"".join(packer.compress(row) for _ in range(max(1, 100_000_000 // width))) + packer.flush()
    head = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def frames(count: int, kind: str) -> bytes:
    """Give a file that holds several pictures."""
    dice = random.Random(4)  # noqa: S311 - the same every time
    images = [Image.new("RGB", (8, 8), (dice.randrange(256), 0, number % 256)) for number in range(count)]
    return encoded(images[0], kind, save_all=True, append_images=images[1:])


def huge_exif() -> bytes:
    """Give a JPEG whose EXIF boasts of a tag of four billion bytes."""
    tags = b"II*\x00" + struct.pack("<I", 8) + struct.pack("<H", 2)
    tags += struct.pack("<HHII", 0x010F, 2, 0xFFFFFFF0, 26) + struct.pack("<HHII", 0x8825, 4, 1, 8) + bytes(4)
    body = b"Exif\x00\x00" + tags
    data = encoded(picture(64, 64))
    return data[:2] + b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body + data[2:]


# Name → a file that is refused, and a part of the sentence that says why.
HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "empty": (lambda: b"", "cannot be read here"),
    "text.jpg": (lambda: b"not a picture at all", "cannot be read here"),
    "svg.jpg": (
        lambda: b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
        "cannot be read here",
    ),
    "page.png": (lambda: b"<!doctype html><script>alert(1)</script>", "cannot be read here"),
    "moving.gif": (lambda: frames(10_000, "GIF"), "cannot be read here"),
    "moving.webp": (lambda: frames(30, "WEBP"), "several pictures"),
    "moving.png": (lambda: frames(30, "PNG"), "several pictures"),
    "moving.avif": (lambda: frames(5, "AVIF"), "several pictures"),
    "pages.tiff": (lambda: frames(20, "TIFF"), "several pictures"),
    "bomb.png": (png_bomb, "more than"),
    "long.png": (lambda: png_bomb(100_000_000, 10), "more than"),
    "cut.jpg": (lambda: encoded(picture())[:-3000], "damaged or incomplete"),
    "cut.png": (lambda: encoded(picture(), "PNG")[:-3000], "damaged or incomplete"),
    "cut.webp": (lambda: encoded(picture(), "WEBP")[:-3000], "damaged or incomplete"),
    "cut.tiff": (lambda: encoded(picture(), "TIFF")[:-3000], "damaged or incomplete"),
    "cut.heic": (lambda: encoded(picture(), "HEIF")[:-3000], "damaged or incomplete"),
    "cut.avif": (lambda: encoded(picture(), "AVIF")[:-3000], "cannot be read here"),
    "head.jpg": (lambda: encoded(picture())[:300], "damaged or incomplete"),
    "postscript.jpg": (lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\nshowpage\n", "cannot be read here"),
    "archive.jpg": (lambda: b"PK\x03\x04" + bytes(500), "cannot be read here"),
}
