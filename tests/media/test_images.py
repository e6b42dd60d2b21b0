"""Pictures are what decoding says they are: read, turned, put into sRGB, and rendered without anything but pixels."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from app.config import Settings
from app.core.errors import DisanError, InvalidInput, Unavailable
from app.media import asking
from app.media.facts import RenderedFile
from app.media.images import WIDTHS, inspect_image, render_image
from tests.harness import pictures
from tests.harness.working import children

SETTINGS = Settings()
# Name → the file, its type, and whether it is seen upright.
TAKEN: dict[str, tuple[Callable[[], bytes], str]] = {
    "photograph": (pictures.photograph, "image/jpeg"),
    "of a print shop": (pictures.cmyk_jpeg, "image/jpeg"),
    "with a profile": (pictures.profiled_jpeg, "image/jpeg"),
    "of a telephone": (lambda: pictures.encoded(pictures.picture(), "HEIF"), "image/heic"),
    "avif": (lambda: pictures.encoded(pictures.picture(), "AVIF"), "image/avif"),
    "webp": (lambda: pictures.encoded(pictures.picture(), "WEBP"), "image/webp"),
    "png with holes": (lambda: pictures.encoded(pictures.picture(mode="RGBA"), "PNG"), "image/png"),
    "png of a palette": (lambda: pictures.encoded(pictures.picture(mode="P"), "PNG"), "image/png"),
    "grey tiff of 16 bits": (pictures.deep_tiff, "image/tiff"),
    "colour tiff of 16 bits": (pictures.deep_colour_tiff, "image/tiff"),
    "exif that boasts": (pictures.huge_exif, "image/jpeg"),
    "with another picture behind": (lambda: pictures.frames(2, "MPO"), "image/jpeg"),
    "with an archive behind": (lambda: pictures.encoded(pictures.picture()) + b"PK\x03\x04" + bytes(200), "image/jpeg"),
    "with a page behind": (lambda: pictures.encoded(pictures.picture()) + b"<script>alert(1)</script>", "image/jpeg"),
}


def _file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file.exe"
    path.write_bytes(data)
    return path


def _render(path: Path, name: str = "a", settings: Settings = SETTINGS, **how: Any) -> tuple[str, list[RenderedFile]]:
    """Give the placeholder and the renditions of a picture, its only page."""
    (page,) = render_image(path, name, settings=settings, **how)
    assert page.number == 1
    return page.placeholder or "", list(page.files)


@pytest.mark.parametrize("name", TAKEN)
def test_picture_is_known_by_what_it_holds_and_rendered_bare(tmp_path: Path, name: str) -> None:
    make, media_type = TAKEN[name]
    path = _file(tmp_path, make())
    facts = inspect_image(path, name, settings=SETTINGS)
    assert facts.media_type == media_type
    placeholder, made = _render(path, name)
    assert placeholder.startswith("data:image/webp;base64,")
    assert len(placeholder) < 600
    assert {one.media_type for one in made} == {"image/avif", "image/webp", "image/jpeg"}
    for one in made:
        image = pictures.see_bare(one.data)
        assert (image.size, image.mode) == ((one.width, one.height), "RGB")
        assert abs(one.height - one.width * facts.height / facts.width) <= 1
        for secret in (b"secret", b"Tester", b"xmpmeta", b"script", b"PK\x03\x04"):
            assert secret not in one.data
        assert one.width <= facts.width


# Name → the colour of the upper left quarter; the lower right corner is nearly white in all.
_COLOURS = dict.fromkeys(
    ("photograph", "of a print shop", "of a telephone", "avif", "webp", "png with holes", "png of a palette"),
    (200, 20, 20),
) | {
    "with a profile": (20, 20, 200),
    "grey tiff of 16 bits": (74, 74, 74),
    "colour tiff of 16 bits": (200, 20, 20),
}


@pytest.mark.parametrize("name", _COLOURS)
def test_colours_are_seen_as_they_are_meant(tmp_path: Path, name: str) -> None:
    _, made = _render(_file(tmp_path, TAKEN[name][0]()), name, widths=(320,))
    for one in made:
        with Image.open(io.BytesIO(one.data)) as image:
            for place, meant in (((40, 40), _COLOURS[name]), ((one.width - 4, one.height - 4), (248, 248, 248))):
                seen = image.getpixel(place)
                assert max(abs(a - b) for a, b in zip(seen, meant, strict=True)) < 30, (one.media_type, place, seen)


def test_widths_are_those_that_the_picture_has(tmp_path: Path) -> None:
    _, made = _render(_file(tmp_path, _plain(1200, 800)))
    assert sorted({one.width for one in made}) == [320, 640, 960, 1200]
    _, made = _render(_file(tmp_path, pictures.encoded(pictures.picture(100, 50))))
    assert {(one.width, one.height) for one in made} == {(100, 50)}
    tall = pictures.encoded(pictures.picture(320, 17_000), "PNG", compress_level=1)
    assert inspect_image(_file(tmp_path, tall), "a", settings=SETTINGS).height == 17_000
    placeholder, made = _render(_file(tmp_path, tall))
    assert {(one.width, one.height) for one in made} == {(154, 8181)}
    assert len(placeholder) < 2000
    _, made = _render(_file(tmp_path, _plain(3000, 500)))
    assert sorted({one.width for one in made}) == list(WIDTHS)


def test_picture_that_may_be_a_panorama_is_made_wider(tmp_path: Path) -> None:
    for height, widest in ((2150, 4096), (2160, 4096), (2400, 2048)):
        _, made = _render(_file(tmp_path, pictures.encoded(pictures.sheet(4300, height))))
        assert max(one.width for one in made) == widest


def _plain(width: int, height: int) -> bytes:
    """Give a picture of one colour, whose renditions are made at once."""
    return pictures.encoded(Image.new("RGB", (width, height), "teal"))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turned_photograph_is_seen_upright(tmp_path: Path, orientation: int) -> None:
    upright = pictures.picture()
    turned = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }[orientation]
    stored = upright if turned is None else upright.transpose(turned)
    path = _file(tmp_path, pictures.encoded(stored, exif=pictures.exif(orientation=orientation)))
    facts = inspect_image(path, "a", settings=SETTINGS)
    assert (facts.width, facts.height) == upright.size
    assert facts.turned_deg == {3: 180, 6: 90, 8: 270}.get(orientation)
    _, made = _render(path, widths=(320,))
    for one in made:
        with Image.open(io.BytesIO(one.data)) as image:
            red, green, blue = image.getpixel((10, 10))
            assert red > 170
            assert max(green, blue) < 60
            assert image.getpixel((300, 10))[1] < 60 < image.getpixel((300, 10))[0]


def test_camera_is_believed_about_time_and_place(tmp_path: Path) -> None:
    data = pictures.photograph(taken="2026:03:04 10:20:30", lon=108.326, lat=15.877)
    facts = inspect_image(_file(tmp_path, data), "a", settings=SETTINGS)
    assert (facts.taken, facts.camera) == ("2026-03-04T10:20:30", "Tester Camera 1")
    assert (facts.lon, facts.lat) == (pytest.approx(108.326, abs=1e-5), pytest.approx(15.877, abs=1e-5))
    south = inspect_image(_file(tmp_path, pictures.photograph(lon=-43.2, lat=-22.9)), "a", settings=SETTINGS)
    assert (south.lon, south.lat) == (pytest.approx(-43.2, abs=1e-5), pytest.approx(-22.9, abs=1e-5))
    for odd in ("0000:00:00 00:00:00", "yesterday", "\x00" * 19):
        assert inspect_image(_file(tmp_path, pictures.photograph(taken=odd)), "a", settings=SETTINGS).taken is None


@pytest.mark.parametrize("name", pictures.HOSTILE)
def test_what_is_no_picture_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    make, why = pictures.HOSTILE[name]
    with pytest.raises(InvalidInput, match=why) as refused:
        inspect_image(_file(tmp_path, make()), name, settings=SETTINGS)
    assert f"“{name}”" in str(refused.value)


def test_picture_of_more_pixels_than_the_setting_allows_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, pictures.encoded(pictures.picture(1500, 1000)))
    with pytest.raises(InvalidInput, match="more than 1 megapixels"):
        inspect_image(path, "a", settings=Settings(media_max_megapixels=1))
    with pytest.raises(InvalidInput, match="more than 1 megapixels"):
        _render(path, settings=Settings(media_max_megapixels=1))


def test_reader_that_somebody_ends_says_nothing_about_the_file(tmp_path: Path) -> None:
    path = _file(tmp_path, pictures.encoded(pictures.picture(1200, 800)))
    said: list[type[BaseException] | None] = []
    asked = threading.Thread(target=lambda: said.append(_outcome(path)))
    asked.start()
    ended = False
    while asked.is_alive() and not ended:
        for process in children(b"image_reader"):
            # Not SIGINT, which Python takes for itself and may lose while it imports.
            os.kill(process, signal.SIGTERM)
            ended = True
        time.sleep(0.005)
    asked.join()
    assert ended
    assert said == [Unavailable]


def _outcome(path: Path) -> type[BaseException] | None:
    try:
        _render(path)
    except DisanError as error:
        return type(error)
    return None


def test_nobody_waits_for_ever_until_others_files_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asking, "_WAIT_S", 0.1)
    monkeypatch.setattr(asking, "_AT_ONCE", threading.BoundedSemaphore(1))
    path = _file(tmp_path, pictures.photograph())
    with asking._AT_ONCE, pytest.raises(Unavailable, match=r"Try “a\.jpg” again in a minute"):
        inspect_image(path, "a.jpg", settings=SETTINGS)
    assert inspect_image(path, "a.jpg", settings=SETTINGS).media_type == "image/jpeg"
