"""The process that decodes pictures: sealed off, then what a file is and says of itself, or renditions made of it."""

from __future__ import annotations

import contextlib
import datetime as dt
import io
import json
import math
import struct
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pi_heif
from PIL import (
    AvifImagePlugin,
    ExifTags,
    Image,
    ImageCms,
    ImageOps,
    JpegImagePlugin,
    MpoImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
    UnidentifiedImageError,
    WebPImagePlugin,
)

from app.core.errors import InvalidInput
from app.core.sealed import answer, seal
from app.media.encoding import DAMAGED, encode

# Named, so that they are loaded before the process is sealed.
_PLUGINS = (AvifImagePlugin, JpegImagePlugin, MpoImagePlugin, PngImagePlugin, TiffImagePlugin, WebPImagePlugin)
MEDIA_TYPES = {
    "JPEG": "image/jpeg",
    # What many telephones write: a JPEG with a second picture (a depth map, a smaller copy) behind the first.
    "MPO": "image/jpeg",
    "PNG": "image/png",
    "TIFF": "image/tiff",
    "WEBP": "image/webp",
    "AVIF": "image/avif",
    "HEIF": "image/heic",
}
_FORMATS = [name for name in MEDIA_TYPES if name != "MPO"]
# Of these the first picture, or the one that the file calls its own, is taken without a word.
_OF_SEVERAL = {"MPO", "HEIF"}
# A camera may cut a row or two.
_PANORAMA_TOLERANCE = 0.01
# By which angle a picture is turned, clockwise, so that it is seen upright; mirrored ones are made by no camera.
_TURNS = {3: 180, 6: 90, 8: 270}
# What the decoders raise for files that are not as they should be.
_FAULTS = (OSError, ValueError, SyntaxError, TypeError, KeyError, IndexError, RuntimeError, EOFError, struct.error)


def main(arguments: Sequence[str]) -> None:
    """Read the picture that the first argument names, as the second (JSON) tells; write the answer to standard output.

    Asked without `widths`, the answer is what the file is and says of itself: `media_type`, `width`, `height` (as it is
    to be seen), `turned_deg`, `taken`, `lon`, `lat`, `camera`. With `widths` it is `placeholder` and `renditions`, and
    the bytes of these follow. For a file that is not to be taken it is `refused` and `params`.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = asked["pixels"]
    seal(asked["bounds"], asked["parent"])
    bodies: list[bytes] = []
    try:
        with open_picture(path, asked["pixels"]) as image:
            widths = asked.get("widths")
            found = _render(image, widths, asked.get("panorama_px"), bodies) if widths else _inspect(image)
    except InvalidInput as error:
        found = {"refused": error.message, "params": error.params}
    answer(found, bodies)


def open_picture(path: Path, most: int) -> Image.Image:
    """Open a picture by what it holds, and refuse one that is too large before anything of it is decoded."""
    try:
        image = Image.open(path, formats=_FORMATS)
        is_several = image.format not in _OF_SEVERAL and _has_second(image)
    except UnidentifiedImageError as error:
        raise InvalidInput(
            "“%(file)s” cannot be read here. Upload a picture (JPEG, PNG, TIFF, WebP, AVIF, HEIC), a paper "
            "(PDF, DOCX), sound (MP3, M4A, WAV, FLAC, Ogg) or film (MP4, MOV, WebM)."
        ) from error
    except (Image.DecompressionBombWarning, Image.DecompressionBombError) as error:
        raise InvalidInput(
            "“%(file)s” has more than %(most)s megapixels. Make it smaller, and upload that.", most=most // 1_000_000
        ) from error
    except _FAULTS as error:
        raise InvalidInput(DAMAGED) from error
    if is_several:
        raise InvalidInput("“%(file)s” holds several pictures. Upload each as a file of its own.")
    return image


def _has_second(image: Image.Image) -> bool:
    try:
        image.seek(1)
    except EOFError:
        image.seek(0)
        return False
    return True


def _inspect(image: Image.Image) -> dict[str, Any]:
    width, height = image.size
    # Every byte is read, at less than the full size where the format can do that.
    image.draft(image.mode, (width // 8 or 1, height // 8 or 1))
    _load(image)
    said = _exif(image)
    turn = said.get(ExifTags.Base.Orientation)
    if turn in (5, 6, 7, 8):
        width, height = height, width
    return {
        "media_type": MEDIA_TYPES[str(image.format)],
        "width": width,
        "height": height,
        "turned_deg": _TURNS.get(turn) if isinstance(turn, int) else None,
        **_says(said),
    }


def _load(image: Image.Image) -> None:
    try:
        image.load()
    except _FAULTS as error:
        raise InvalidInput(DAMAGED) from error


def _exif(image: Image.Image) -> Image.Exif:
    """Give what the camera wrote; nothing where that cannot be read, for the picture may be sound."""
    try:
        return image.getexif()
    except _FAULTS:
        return Image.Exif()


def _says(said: Image.Exif) -> dict[str, Any]:
    """Give what the camera wrote (Exif 2.32): when, as local time without zone; where, in degrees; by which device."""
    found: dict[str, Any] = {"taken": None, "lon": None, "lat": None, "camera": ""}
    # Each is an offer: what cannot be read is not offered.
    with contextlib.suppress(*_FAULTS):
        taken = said.get_ifd(ExifTags.IFD.Exif).get(ExifTags.Base.DateTimeOriginal)
        # A camera's clock knows no zone.
        found["taken"] = dt.datetime.strptime(str(taken)[:19], "%Y:%m:%d %H:%M:%S").isoformat()  # noqa: DTZ007
    with contextlib.suppress(*_FAULTS):
        words = [said.get(tag) for tag in (ExifTags.Base.Make, ExifTags.Base.Model)]
        found["camera"] = " ".join(word.strip("\x00 ")[:60] for word in words if isinstance(word, str)).strip()
    with contextlib.suppress(*_FAULTS, ZeroDivisionError):
        found |= _position(said.get_ifd(ExifTags.IFD.GPSInfo))
    return found


def _position(gps: Mapping[int, Any]) -> dict[str, float]:
    lat = _degrees(gps.get(ExifTags.GPS.GPSLatitude), gps.get(ExifTags.GPS.GPSLatitudeRef), "S")
    lon = _degrees(gps.get(ExifTags.GPS.GPSLongitude), gps.get(ExifTags.GPS.GPSLongitudeRef), "W")
    if lat is None or lon is None or not (abs(lat) <= 90 and abs(lon) <= 180) or (lat == 0 and lon == 0):
        return {}
    return {"lon": round(lon, 6), "lat": round(lat, 6)}


def _degrees(parts: Any, side: Any, negative: str) -> float | None:
    if not isinstance(parts, tuple) or len(parts) != 3:
        return None
    degrees, minutes, seconds = (float(part) for part in parts)
    value = degrees + minutes / 60 + seconds / 3600
    if not math.isfinite(value):
        return None
    return -value if side == negative else value


def _render(image: Image.Image, widths: Sequence[int], panorama_px: int | None, bodies: list[bytes]) -> dict[str, Any]:
    """Make renditions, the widest first, and put their bytes into `bodies`; none is wider than the picture itself.

    A picture that is twice as wide as high is made in `panorama_px` as well.
    """
    if panorama_px and abs(image.width / image.height - 2) < _PANORAMA_TOLERANCE:
        widths = [*widths, panorama_px]
    # A JPEG is decoded at no more than it takes.
    image.draft(image.mode, (2 * max(widths), 2 * max(widths)))
    return encode(bare_pixels(image), widths, bodies)


def bare_pixels(image: Image.Image) -> Image.Image:
    """Decode a picture, upright and in sRGB, without what its file says beside the pixels.

    Comments, EXIF, XMP and profiles would be saved along. Raises `InvalidInput` for a damaged file.
    """
    _load(image)
    turn = _exif(image).get(ExifTags.Base.Orientation)
    shown = _to_srgb(ImageOps.exif_transpose(image) if turn in range(2, 9) else image)
    shown.info = {}
    return shown


def _to_srgb(image: Image.Image) -> Image.Image:
    """Give the picture in sRGB, 8 bits a channel, by its own profile where it has one; what is transparent is white."""
    profile = image.info.get("icc_profile")
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        image = _to_eight_bits(image)
    if "A" in image.getbands() or "transparency" in image.info:
        layered = image.convert("RGBA")
        image = Image.new("RGB", layered.size, "white")
        image.paste(layered, mask=layered.getchannel("A"))
    if profile and image.mode in ("RGB", "CMYK", "L"):
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            target = ImageCms.createProfile("sRGB")
            changed = ImageCms.profileToProfile(image, source, target, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            changed = None
        if changed is not None:
            return changed
    # A copy of a map sheet takes as much again.
    return image if image.mode == "RGB" else image.convert("RGB")


def _to_eight_bits(image: Image.Image) -> Image.Image:
    """Give a grey picture of 16 bits at eight; one of more by its own darkest and lightest, for it has no white."""
    low, high = 0.0, 65535.0
    if image.mode.startswith("I;16"):
        # Pillow turns 16 bits into nothing else.
        image = image.convert("I")
    else:
        darkest, lightest = image.getextrema()
        low, high = float(str(darkest)), float(str(lightest))
    scale = 255.0 / (high - low) if high > low else 1.0
    return image.convert("F").point(lambda value: value * scale - low * scale).convert("L")
