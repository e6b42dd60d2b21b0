"""Plaque addresses: where each leads, and QR codes that a decoder reads as a telephone does."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import pytest
import zxingcpp
from lxml import etree
from PIL import Image, ImageDraw

from app.core.db import db
from app.publication import operations as publication
from app.records.operations import find_record
from tests.harness import register
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

CHUA_CAU = "/vi/sites/chua-cau-qnm-0002"


def image_of(data: bytes) -> Image.Image:
    return Image.open(io.BytesIO(data)).convert("L")


def read_codes(image: Image.Image) -> list[str]:
    return [found.text for found in zxingcpp.read_barcodes(image)]


def withdraw(app: Flask, code: str) -> None:
    with app.app_context():
        record = find_record(db.session(), code)
        publication.withdraw(db.session(), [record], actor=register.reviewer(db.session()), settings=register.SETTINGS)
        db.session.commit()


@pytest.mark.parametrize(
    ("code", "reader", "page"),
    [
        ("QNM-0002", "vi", CHUA_CAU),
        ("qnm-0002", "en-GB,en;q=0.9", "/en/sites/japanese-covered-bridge-qnm-0002"),
        ("Qnm-0002", "ja,ko;q=0.5", "/ja/sites/japanese-covered-bridge-qnm-0002"),
        ("Qnm-0002", "de", CHUA_CAU),
        ("poi-004", "en", "/en/places/museum-of-trade-ceramics-poi-004"),
        ("FES-003", "en", "/en/events/founders-day-of-kim-bong-carpentry-fes-003"),
        ("ITI-10", "vi", "/vi/itineraries/thuong-nguon-thu-bon-iti-10"),
        ("20410", "en", "/en/sites?unit=20410"),
        ("508~2025", "vi", "/vi/sites?unit=508~2025"),
    ],
)
def test_plaque_leads_to_the_page_in_the_readers_language(
    seeded_client: FlaskClient, code: str, reader: str, page: str
) -> None:
    response = seeded_client.get(f"/q/{code}", headers={"Accept-Language": reader})
    # A page is counted as found by its plaque; a unit's list is not counted.
    assert (response.status_code, response.location) == (302, page if "?" in page else f"{page}?via=qr")
    assert "Accept-Language" in response.headers["Vary"]
    assert "max-age=60" in response.headers["Cache-Control"]
    assert seeded_client.get(page).status_code == 200


@pytest.mark.parametrize("code", ["ART-001", "ICH-001"])
def test_plaque_leads_to_things_and_customs(seeded_client: FlaskClient, code: str) -> None:
    response = seeded_client.get(f"/q/{code}", headers={"Accept-Language": "vi"}, follow_redirects=True)
    assert response.status_code == 200
    assert f"<b>{code}</b>" in response.text


def test_plaque_of_a_zone_leads_to_its_site(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        pairs = [("site", register.site("QNM-0001")), ("zone", register.zone("QNM-0001-Z1", "QNM-0001"))]
        register.publish(session, *pairs)
        session.commit()
    response = app.test_client().get("/q/qnm-0001-z1", headers={"Accept-Language": "en"})
    assert response.location == "/en/sites/site-qnm-0001-qnm-0001?via=qr"


@pytest.mark.parametrize("ending", ["", ".svg", ".png"])
def test_plaque_of_nothing_public_says_so(app: Flask, ending: str) -> None:
    """What only the register knows is not there for the public."""
    with app.app_context():
        register.write_vocabulary(db.session())
        register.accept(db.session(), ("site", register.site("QNM-0001")))
        db.session.commit()
    for code in ("QNM-0001", "QNM-9999"):
        response = app.test_client().get(f"/q/{code}{ending}", headers={"Accept-Language": "en"})
        assert response.status_code == 404
        assert f"Nothing is published under the code “{code}”" in response.text
        assert 'role="search"' in response.text


def test_plaque_of_a_withdrawn_site_says_when(seeded_copy: Flask) -> None:
    client = seeded_copy.test_client()
    had = client.get("/q/QNM-0002.svg").headers["ETag"]
    withdraw(seeded_copy, "QNM-0002")
    for ending in ("", ".svg", ".png"):
        headers = {"Accept-Language": "vi", "If-None-Match": had}
        response = client.get(f"/q/qnm-0002{ending}", headers=headers)
        assert response.status_code == 410
        assert "QNM-0002 đã ngừng công bố từ ngày" in response.text


def test_plaque_is_found_in_few_statements(
    seeded_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with count_queries() as statements:
        seeded_client.get("/q/QNM-0002")
    assert len(statements) <= 3


@pytest.mark.parametrize(
    ("public", "asked", "address"),
    [
        ("", "http://localhost", "http://localhost/q/QNM-0002"),
        ("", "http://192.168.1.20:8000", "http://192.168.1.20:8000/q/QNM-0002"),
        ("", "https://disan.example.vn", "https://disan.example.vn/q/QNM-0002"),
        ("https://disan.danang.gov.vn", "http://10.0.0.1:8000", "https://disan.danang.gov.vn/q/QNM-0002"),
        ("https://disan.example.vn:8443/", "http://localhost", "https://disan.example.vn:8443/q/QNM-0002"),
    ],
)
def test_code_holds_the_public_address(
    databases: Databases, tmp_path: Path, public: str, asked: str, address: str
) -> None:
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with open_app(database, DISAN_PUBLIC_URL=public) as app:
        response = app.test_client().get("/q/qnm-0002.png", base_url=asked)
        assert read_codes(image_of(response.data)) == [address]


@pytest.mark.parametrize("size", [100, 600, 1999])
def test_code_is_as_large_as_asked_in_whole_pixels(seeded_client: FlaskClient, size: int) -> None:
    image = image_of(seeded_client.get(f"/q/QNM-0002.png?size={size}").data)
    modules = 41  # 33 and the quiet zone of 4 on either side
    assert image.width == image.height == size // modules * modules
    assert read_codes(image) == ["http://localhost/q/QNM-0002"]
    border = size // modules * 4
    assert image.crop((0, 0, image.width, border)).getextrema() == (255, 255)
    assert image.crop((0, 0, border, image.height)).getextrema() == (255, 255)


@pytest.mark.parametrize("size", ["99", "2001", "-5", "1e3", "٣٠٠", "9" * 40])
def test_code_of_a_size_out_of_bounds_is_refused(seeded_client: FlaskClient, size: str) -> None:
    response = seeded_client.get(f"/q/QNM-0002.png?size={size}", headers={"Accept-Language": "en"})
    assert response.status_code == 400
    assert "is not a number from 100 to 2000" in response.text


def test_code_is_read_though_a_fifth_of_it_is_damaged(seeded_client: FlaskClient) -> None:
    """A patch of moss over the lower right, away from the three corners by which a code is found."""
    image = image_of(seeded_client.get("/q/QNM-0002.png").data)
    pen, side = ImageDraw.Draw(image), image.width
    pen.ellipse((side * 0.48, side * 0.48, side * 0.86, side * 0.86), fill=90)
    assert read_codes(image) == ["http://localhost/q/QNM-0002"]


def test_drawn_code_is_the_same_and_holds_nothing_else(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/q/QNM-0002.svg")
    assert response.mimetype == "image/svg+xml"
    root = etree.fromstring(response.data)
    assert {etree.QName(element).localname for element in root.iter()} == {"svg", "path"}
    assert not any(name.startswith("on") or "href" in name or name == "style" for e in root.iter() for name in e.attrib)
    side = int(root.get("width").removesuffix("mm"))
    drawn = Image.new("L", (side, side), 255)
    x = y = 0.0
    # Each stroke of the path is a run of dark modules; a move is relative but for the first.
    for piece in root[1].get("d").replace("M", " M").replace("m", " m").replace("h", " h").split(" m"):
        move, _, run = piece.strip().partition(" h")
        across, down = (float(number) for number in move.removeprefix("M").split())
        x, y = x + across, y + down
        drawn.paste(0, (int(x), int(y), int(x) + int(run), int(y) + 1))
        x += int(run)
    assert read_codes(drawn.resize((side * 8, side * 8), Image.Resampling.NEAREST)) == ["http://localhost/q/QNM-0002"]


@pytest.mark.parametrize("ending", ["svg", "png"])
def test_code_is_kept_by_caches_and_open_to_other_sites(seeded_client: FlaskClient, ending: str) -> None:
    response = seeded_client.get(f"/q/QNM-0002.{ending}")
    headers = response.headers
    assert headers["Access-Control-Allow-Origin"] == "*"
    assert headers["Cache-Control"] == "public, max-age=86400"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Content-Security-Policy"].startswith("default-src 'none'")
    again = seeded_client.get(f"/q/qnm-0002.{ending}", headers={"If-None-Match": headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    elsewhere = seeded_client.get(f"/q/QNM-0002.{ending}", base_url="http://elsewhere.example")
    assert elsewhere.headers["ETag"] != headers["ETag"]


def test_address_too_long_for_a_code_is_refused(seeded_client: FlaskClient) -> None:
    host = ".".join(["a" * 60] * 4)
    response = seeded_client.get("/q/QNM-0002.svg", base_url=f"http://{host}", headers={"Accept-Language": "en"})
    assert response.status_code == 400
    assert "too long for a QR code" in response.text
