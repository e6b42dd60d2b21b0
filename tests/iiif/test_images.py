"""The image service: IIIF Image API 3, level 0 – what `info.json` lists, and nothing else."""

from __future__ import annotations

import io
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.core.db import db
from app.publication import operations as publication
from app.records.models import Record
from tests.harness import media, pictures, register
from tests.harness.pictures import square_colour
from tests.harness.register import SETTINGS, reviewer
from tests.harness.working import run_jobs
from tests.iiif.conftest import Shown

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

LD_JSON = 'application/ld+json;profile="http://iiif.io/api/image/3/context.json"'


def test_sheet_is_described_with_its_sizes_and_its_tiles(reader: FlaskClient, shown: Shown) -> None:
    service = shown.sheet["service"]
    assert service | {"id": ""} == {"id": "", "width": 4200, "height": 1100, "tile_px": 512}
    info = reader.get(f"{service['id']}/info.json").get_json(force=True)
    assert info == {
        "@context": "http://iiif.io/api/image/3/context.json",
        "id": f"http://localhost{service['id']}",
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": 4200,
        "height": 1100,
        "maxWidth": 2048,
        "maxHeight": 536,
        # Three: OpenSeadragon before 6 takes five for the levels of the tiles.
        "sizes": [{"width": 263, "height": 69}, {"width": 960, "height": 251}, {"width": 2048, "height": 536}],
        "tiles": [{"width": 512, "height": 512, "scaleFactors": [1, 2, 4, 8, 16]}],
        "rights": "http://creativecommons.org/licenses/by/4.0/",
    }


def test_photograph_is_given_as_large_as_its_renditions_only(reader: FlaskClient, shown: Shown) -> None:
    service = shown.photograph["service"]
    info = reader.get(f"{service['id']}/info.json").get_json(force=True)
    assert (info["width"], info["height"]) == (2048, 512)
    assert not {"tiles", "maxWidth"} & info.keys()
    assert info["rights"] == "http://creativecommons.org/publicdomain/zero/1.0/"
    assert reader.get(f"{service['id']}/0,0,512,512/512,512/0/default.jpg").status_code == 404


def test_everything_that_is_listed_is_there(reader: FlaskClient, shown: Shown) -> None:
    for image in (shown.sheet, shown.photograph):
        base = image["service"]["id"]
        for one in image["sizes"]:
            asked = f"{base}/full/{one['width']},{one['height']}/0/default.jpg"
            assert _size(reader, asked) == (one["width"], one["height"])
        info = reader.get(f"{base}/info.json").get_json(force=True)
        for size in info["sizes"]:
            asked = f"{base}/full/{size['width']},{size['height']}/0/default.jpg"
            assert _size(reader, asked) == (size["width"], size["height"])
        assert _size(reader, f"{base}/full/max/0/default.jpg") == tuple(info["sizes"][-1].values())[::-1]


def _size(reader: FlaskClient, address: str) -> tuple[int, int]:
    answer = reader.get(address)
    assert answer.status_code == 200, address
    with Image.open(io.BytesIO(answer.data)) as image:
        assert not image.getexif()
        return image.size


def test_every_tile_is_there_and_shows_its_part(reader: FlaskClient, shown: Shown) -> None:
    base, (width, height) = shown.sheet["service"]["id"], (4200, 1100)
    for scale in (1, 2, 4, 8, 16):
        side = 512 * scale
        for left in range(0, width, side):
            for top in range(0, height, side):
                wide, high = min(side, width - left), min(side, height - top)
                size = (-(-wide // scale), -(-high // scale))
                asked = f"{base}/{left},{top},{wide},{high}/{size[0]},{size[1]}/0/default.jpg"
                assert _size(reader, asked) == size
    tile = reader.get(f"{base}/1024,512,512,512/512,512/0/default.jpg")
    with Image.open(io.BytesIO(tile.data)) as image:
        seen = image.getpixel((256, 256))
        assert max(abs(one - other) for one, other in zip(seen, square_colour(2, 1), strict=True)) < 12


def test_tile_is_kept_for_a_day_and_not_sent_twice(reader: FlaskClient, shown: Shown) -> None:
    asked = f"{shown.sheet['service']['id']}/0,0,512,512/512,512/0/default.jpg"
    answer = reader.get(asked)
    assert answer.content_type == "image/jpeg"
    assert answer.headers["Cache-Control"] == "public, max-age=86400"
    again = reader.get(asked, headers={"If-None-Match": answer.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_tile_takes_one_question(
    shown: Shown, reader: FlaskClient, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    asked = f"{shown.sheet['service']['id']}/0,0,512,512/512,512/0/default.jpg"
    with shown.app.app_context(), count_queries() as statements:
        assert reader.get(asked).status_code == 200
    assert len(statements) == 1


def test_base_leads_to_what_there_is(reader: FlaskClient, shown: Shown) -> None:
    base = shown.sheet["service"]["id"]
    answer = reader.get(base)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"http://localhost{base}/info.json")


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("", LD_JSON),
        ("*/*", LD_JSON),
        ("application/ld+json", LD_JSON),
        ("application/json", "application/json"),
        ("text/html,application/xhtml+xml,*/*;q=0.8", "application/json"),
    ],
)
def test_description_comes_as_the_reader_wants_it(
    reader: FlaskClient, shown: Shown, accept: str, media_type: str
) -> None:
    answer = reader.get(f"{shown.sheet['service']['id']}/info.json", headers={"Accept": accept} if accept else {})
    assert answer.content_type == media_type
    assert "Accept" in answer.vary.as_set(preserve_casing=True)
    tag = {"If-None-Match": answer.headers["ETag"], "Accept": accept}
    assert reader.get(f"{shown.sheet['service']['id']}/info.json", headers=tag).status_code == 304


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ("0,0,512,512/256,256/0/default.jpg", 404),
        ("0,0,500,500/500,500/0/default.jpg", 404),
        ("pct:0,0,50,50/max/0/default.jpg", 404),
        ("square/max/0/default.jpg", 404),
        ("full/320,/0/default.jpg", 404),
        ("full/!320,320/0/default.jpg", 404),
        ("full/^max/0/default.jpg", 404),
        ("full/4200,1100/0/default.jpg", 404),
        ("full/max/90/default.jpg", 404),
        ("full/max/!0/default.jpg", 404),
        ("full/max/0/gray.jpg", 404),
        ("full/max/0/default.png", 404),
        ("full/8400,2200/0/default.jpg", 400),
        ("0,0,512,512/1024,1024/0/default.jpg", 400),
        ("0,0,0,512/max/0/default.jpg", 400),
        ("all/max/0/default.jpg", 400),
        ("-1,0,512,512/max/0/default.jpg", 400),
        ("full/full/0/default.jpg", 400),
        ("full/0,0/0/default.jpg", 400),
        ("full/max/361/default.jpg", 400),
        ("full/max/north/default.jpg", 400),
        ("full/max/0/native.jpg", 400),
        ("full/max/0/default.exe", 400),
    ],
)
def test_anything_else_is_a_problem_that_any_page_may_read(
    reader: FlaskClient, shown: Shown, asked: str, status: int
) -> None:
    answer = reader.get(f"{shown.sheet['service']['id']}/{asked}")
    assert answer.status_code == status
    assert answer.content_type == "application/problem+json"
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    body = answer.get_json(force=True)
    if status == 404:
        assert body["info"].endswith("/info.json")
        assert "full/2048,536/0/default.jpg" in body["sizes"]
    else:
        assert body["detail"]


def test_what_never_was_is_not_found(reader: FlaskClient) -> None:
    for name in ("0" * 32, "x", "..%2f..", "a" * 300):
        for rest in ("", "/info.json", "/full/max/0/default.jpg"):
            assert reader.get(f"/iiif/image/{name}{rest}").status_code == 404


@pytest.mark.parametrize("withdrawn", ["QNM-9001", "QNM-P0001"])
def test_withdrawn_picture_is_gone(app: Flask, withdrawn: str) -> None:
    base = media.show(app, pictures.encoded(pictures.picture()), licence="CC-BY-4.0")["service"]["id"]
    client = app.test_client()
    asked = [base, f"{base}/info.json", f"{base}/full/max/0/default.jpg"]
    assert [client.get(one).status_code for one in asked] == [303, 200, 200]
    with app.app_context():
        (record,) = db.session.query(Record).filter_by(code=withdrawn).all()
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    assert [client.get(one).status_code for one in asked] == [410, 410, 410]
    assert client.get(asked[0]).content_type == "application/problem+json"
    with app.app_context():
        (record,) = db.session.query(Record).filter_by(code=withdrawn).all()
        publication.publish(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    assert [client.get(one).status_code for one in asked] == [303, 200, 200]


def test_picture_becomes_a_map_sheet_and_is_looked_at_closely(app: Flask) -> None:
    data = pictures.encoded(pictures.sheet(4200, 600))
    assert media.show(app, data)["service"]["tile_px"] is None
    with app.app_context():
        payload = media.medium(media.keep(app, data), "QNM-9001")
        register.accept(db.session(), ("media", payload | {"medium_type": "drawing"}))
        db.session.commit()
    assert media.told(app)[0]["service"]["tile_px"] is None
    run_jobs(app)
    service = media.told(app)[0]["service"]
    assert (service["width"], service["tile_px"]) == (4200, 512)
    tile = f"{service['id']}/0,0,512,512/512,512/0/default.jpg"
    assert app.test_client().get(tile).status_code == 200
    with app.app_context():
        register.accept(db.session(), ("media", payload))
        db.session.commit()
    assert media.told(app)[0]["service"]["width"] == 2048
    assert app.test_client().get(tile).status_code == 404


@pytest.mark.parametrize(("medium_type", "widest"), [("panorama", 4096), ("photograph", 2048)])
def test_only_a_panorama_is_shown_wider_than_other_pictures(app: Flask, medium_type: str, widest: int) -> None:
    image = media.show(app, pictures.encoded(pictures.sheet(4300, 2150)), medium_type=medium_type)
    assert (image["sizes"][-1]["width"], image["service"]["width"]) == (widest, widest)
    assert image["srcset"].endswith(f" {widest}w")
    assert all(source["srcset"].endswith(f" {widest}w") for source in image["sources"])


def test_picture_of_a_hidden_place_is_not_served(app: Flask) -> None:
    base = media.show(app, pictures.encoded(pictures.picture()))["service"]["id"]
    with app.app_context():
        register.accept(db.session(), ("site", register.site("QNM-9001", location_policy="hidden")))
        db.session.commit()
    assert app.test_client().get(f"{base}/info.json").status_code == 410
