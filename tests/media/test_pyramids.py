"""Large pictures are cut into tiles in the background: all of them or none, and nothing in them but pixels."""

from __future__ import annotations

import io
import os
import signal
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from app.core import sealed
from app.core.db import db
from app.core.errors import DisanError, InvalidInput, NotFound, Unavailable
from app.jobs.handlers import Job
from app.media.models import Pyramid
from app.media.pyramids import CUT_TILES, _keep, cut_tiles
from app.media.storage import Storage, original_key
from app.media.tiles import image_id, tile_key, tiles_of
from tests.harness import media, pictures, register
from tests.harness.pictures import square_colour
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

    from app.config import Settings

SHEET = (4200, 1100)
_SHA = "ab" * 32


def _job(**payload: Any) -> Job:
    given = {"file": 1, "sha256": _SHA, "name": "a.jpg", "width": SHEET[0], "height": SHEET[1]}
    return Job(1, CUT_TILES, given | payload, 1, 1, "test")


def _store(settings: Settings, image: Image.Image, **how: Any) -> Storage:
    storage = Storage(settings)
    storage.keep(original_key(_SHA), pictures.encoded(image, "JPEG", quality=95, **how))
    return storage


def _tile(storage: Storage, scale: int, column: int, row: int) -> Image.Image:
    wanted = next(tile for tile in tiles_of(*SHEET) if tile[:3] == (scale, column, row))
    image = Image.open(io.BytesIO(b"".join(storage.read(tile_key(image_id(_SHA), 512, wanted))[1])))
    assert image.size == wanted[3:]
    return image


def _is_near(seen: object, meant: tuple[int, ...]) -> bool:
    assert isinstance(seen, tuple)
    return max(abs(one - other) for one, other in zip(seen, meant, strict=True)) < 12


def test_sheet_is_cut_and_each_tile_shows_its_part_and_nothing_else(app: Flask) -> None:
    settings = app.config["DISAN"]
    exif = pictures.exif(taken="2026:01:01 10:00:00", lon=108.3, lat=15.9)
    storage = _store(settings, pictures.sheet(*SHEET), exif=exif, comment=b"a secret")
    cut = cut_tiles(_job(), settings)
    tiles = list(tiles_of(*SHEET))
    assert (cut.width, cut.height, cut.tile_count) == (*SHEET, len(tiles))
    whole = 0
    for tile in tiles:
        data = b"".join(storage.read(tile_key(image_id(_SHA), 512, tile))[1])
        whole += len(data)
        assert b"secret" not in data
        assert b"Exif" not in data
    assert cut.byte_count == whole
    assert _is_near(_tile(storage, 1, 3, 1).getpixel((256, 256)), square_colour(3, 1))
    assert _is_near(_tile(storage, 2, 1, 0).getpixel((128, 384)), square_colour(2, 1))
    assert _is_near(_tile(storage, 8, 0, 0).getpixel((32 + 64 * 5, 32)), square_colour(5, 0))


def test_turned_sheet_is_cut_upright(app: Flask) -> None:
    settings = app.config["DISAN"]
    turned = pictures.sheet(*SHEET).transpose(Image.Transpose.ROTATE_90)
    storage = _store(settings, turned, exif=pictures.exif(orientation=6))
    assert cut_tiles(_job(), settings).tile_count == len(list(tiles_of(*SHEET)))
    assert _is_near(_tile(storage, 1, 3, 1).getpixel((256, 256)), square_colour(3, 1))


def test_sheet_that_cannot_be_cut_says_why(app: Flask) -> None:
    settings = app.config["DISAN"]
    with pytest.raises(NotFound, match="missing from the storage"):
        cut_tiles(_job(), settings)
    Storage(settings).keep(original_key(_SHA), pictures.encoded(pictures.sheet(*SHEET))[:-3000])
    with pytest.raises(InvalidInput, match="damaged or incomplete"):
        cut_tiles(_job(), settings)
    other = "cd" * 32
    Storage(settings).keep(original_key(other), b"no picture")
    with pytest.raises(InvalidInput, match="cannot be read here"):
        cut_tiles(_job(sha256=other), settings)


_HEAD = ({"width": 600, "height": 500}, b"")
_TILES = [({}, pictures.encoded(pictures.picture(40, 40)))] * 3
_END = ({"is_complete": True}, b"")


@pytest.mark.parametrize(
    "parts",
    [
        [({"width": 601, "height": 500}, b""), *_TILES, _END],
        [_HEAD, *_TILES[1:], _END],
        [_HEAD, *_TILES, *_TILES[1:], _END],
        [_HEAD, *_TILES],
        [_HEAD, *_TILES[1:], ({}, b"<script>"), _END],
    ],
    ids=["another size", "too few", "too many", "no end", "no picture"],
)
def test_reader_that_says_something_else_is_not_believed(app: Flask, parts: list[Any]) -> None:
    job = _job(width=600, height=500)
    assert _keep(Storage(app.config["DISAN"]), job, iter([_HEAD, *_TILES, _END])).tile_count == 3
    with pytest.raises(sealed.Ended):
        _keep(Storage(app.config["DISAN"]), job, iter(parts))


def test_reader_killed_midway_leaves_nothing_public_and_the_next_run_ends_it(app: Flask) -> None:
    data = pictures.encoded(pictures.sheet(9000, 4000), quality=95)
    with app.app_context():
        register.write_vocabulary(db.session())
        file = media.keep(app, data)
        payload = {"file": file.id, "sha256": file.sha256, "width": 9000, "height": 4000}
        register.publish(db.session(), ("site", register.site("QNM-9001")))
        db.session.commit()
        sha256 = file.sha256
    said: list[type[BaseException]] = []
    cutting = threading.Thread(target=lambda: said.append(_outcome(_job(**payload), app.config["DISAN"])))
    cutting.start()
    first = tile_key(image_id(sha256), 512, next(tiles_of(9000, 4000)))
    storage, killed = Storage(app.config["DISAN"]), 0
    while cutting.is_alive() and not killed:
        if storage.has(first):
            killed = sum(_kill(process) for process in _readers())
        time.sleep(0.005)
    cutting.join()
    assert killed
    assert said == [Unavailable]
    with app.app_context():
        register.publish(db.session(), ("media", media.medium(db.session.merge(file), "QNM-9001", medium_type="map")))
        db.session.commit()
        assert db.session.get_one(Pyramid, payload["file"]).made_at is None
    run_jobs(app)
    assert media.told(app)[0]["service"]["tile_px"] == 512
    with app.app_context():
        assert db.session.get_one(Pyramid, payload["file"]).tile_count == len(list(tiles_of(9000, 4000)))


def _outcome(job: Job, settings: Settings) -> type[BaseException]:
    try:
        cut_tiles(job, settings)
    except DisanError as error:
        return type(error)
    return type(None)


def _readers() -> list[int]:
    """Give the processes that cut tiles for this one."""
    children = Path(f"/proc/{os.getpid()}/task").glob("*/children")
    found = [int(key) for one in children for key in one.read_text().split()]
    return [key for key in found if b"tile_reader" in Path(f"/proc/{key}/cmdline").read_bytes()]


def _kill(process: int) -> int:
    os.kill(process, signal.SIGKILL)
    return 1
