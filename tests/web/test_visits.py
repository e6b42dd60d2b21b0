"""Which visits of the tourists' pages are counted, as what, and that nothing else is kept of them."""

from __future__ import annotations

import contextlib
import http.client
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core import clock
from app.core.db import db
from app.visitors.visits.models import VisitCount
from app.web.visits import tally_of
from tests.harness.databases import Databases, open_app
from tests.harness.server import serve

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from flask import Flask
    from werkzeug.test import TestResponse

PHONE = (
    "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/138.0.0.0 Mobile Safari/537.36"
)
BRIDGE = "/vi/sites/chua-cau-qnm-0002"


@contextlib.contextmanager
def counting(databases: Databases, engine: str, folder: Path, **config: str) -> Iterator[Flask]:
    """Give an application over the seed that counts visits."""
    database = databases.copy(engine, folder / "data", seeded=True)
    try:
        with open_app(database, **({"DISAN_VISITS": "true"} | config)) as app:
            yield app
            if "disan_visits" in app.extensions:
                tally_of(app).stop()
    finally:
        databases.drop(database)


@pytest.fixture
def counted(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """An application over the seed that counts visits."""
    with counting(databases, engine_name, tmp_path) as app:
        yield app


def visit(app: Flask, path: str, status: int = 200, **headers: str) -> TestResponse:
    """Look at a page with a telephone."""
    given = {name.replace("_", "-"): text for name, text in headers.items()}
    response = app.test_client().get(path, headers={"User-Agent": PHONE} | given)
    assert response.status_code == status, path
    return response


def counts(app: Flask) -> list[tuple[str, str, str, int]]:
    """Give what was counted, once it is stored: code, language, source, views."""
    if "disan_visits" in app.extensions:
        tally_of(app).flush()
    with app.app_context():
        rows = db.session.scalars(sa.select(VisitCount).order_by(VisitCount.code, VisitCount.language))
        found = [(row.day, row.code, row.language, row.source, row.views) for row in rows]
    assert {day for day, *_ in found} <= {clock.today()}
    return [(code, language, source, views) for _, code, language, source, views in found]


@pytest.mark.parametrize(
    ("path", "code", "language"),
    [
        (BRIDGE, "QNM-0002", "vi"),
        ("/ja/sites/japanese-covered-bridge-qnm-0002", "QNM-0002", "ja"),
        ("/en/places/museum-of-trade-ceramics-poi-004", "POI-004", "en"),
        ("/en/events/founders-day-of-kim-bong-carpentry-fes-003", "FES-003", "en"),
        ("/vi/itineraries/thuong-nguon-thu-bon-iti-10", "ITI-10", "vi"),
    ],
)
def test_visit_of_a_records_page_is_counted(
    databases: Databases, tmp_path: Path, path: str, code: str, language: str
) -> None:
    with counting(databases, "sqlite", tmp_path) as app:
        visit(app, path)
        assert counts(app) == [(code, language, "direct", 1)]


def test_visit_is_counted_by_how_one_came(counted: Flask) -> None:
    visit(counted, BRIDGE, Referer="https://www.google.com/")
    visit(counted, BRIDGE, Referer="https://www.google.com/")
    visit(counted, BRIDGE, Referer="http://localhost/vi/sites")
    visit(counted, f"{BRIDGE}?fbclid=x")
    visit(counted, BRIDGE, Referer="https://example.org/")
    found = {(source, views) for _, _, source, views in counts(counted)}
    assert found == {("search", 2), ("site", 1), ("social", 1), ("other", 1)}


def test_visit_by_a_plaque_is_counted_once_as_that(counted: Flask) -> None:
    leads = visit(counted, "/q/QNM-0002", 302, Accept_Language="en")
    page = visit(counted, leads.location)
    assert 'rel="canonical" href="http://localhost/en/sites/japanese-covered-bridge-qnm-0002"' in page.text
    assert counts(counted) == [("QNM-0002", "en", "qr", 1)]


def test_page_reached_by_a_plaque_is_the_same_to_a_cache(counted: Flask) -> None:
    assert visit(counted, BRIDGE).headers["ETag"] == visit(counted, f"{BRIDGE}?via=qr").headers["ETag"]


def test_visit_of_a_page_that_the_browser_has_already_is_counted(counted: Flask) -> None:
    tag = visit(counted, BRIDGE).headers["ETag"]
    visit(counted, BRIDGE, 304, If_None_Match=tag)
    assert counts(counted) == [("QNM-0002", "vi", "direct", 2)]


def test_visit_through_a_service_worker_is_counted_by_what_led_to_it(counted: Flask) -> None:
    fetched = {"Sec_Fetch_Mode": "cors", "Sec_Fetch_Site": "same-origin", "Referer": "http://localhost/sw.js"}
    visit(counted, BRIDGE, **fetched)
    visit(counted, BRIDGE, **fetched, X_Opened_From="")
    visit(counted, BRIDGE, **fetched, X_Opened_From="https://www.google.com/")
    visit(counted, f"{BRIDGE}?via=qr", **fetched, X_Opened_From="")
    visit(counted, BRIDGE, **(fetched | {"Sec_Fetch_Site": "cross-site"}), X_Opened_From="")
    found = {(source, views) for _, _, source, views in counts(counted)}
    assert found == {("direct", 1), ("search", 1), ("qr", 1)}


def test_visits_that_are_none_are_not_counted(counted: Flask) -> None:
    for path in (
        "/vi/",
        "/vi/sites",
        "/vi/events",
        f"{BRIDGE}.jsonld",
        f"{BRIDGE}.gpx",
        f"{BRIDGE}/plaque",
        "/q/QNM-0002.svg",
    ):
        visit(counted, path)
    visit(counted, "/vi/sites/another-name-qnm-0002", 301)
    visit(counted, "/vi/sites/nothing-qnm-9999", 404)
    visit(counted, "/api/v1/collections/sites/items/QNM-0002")
    counted.test_client().head(BRIDGE, headers={"User-Agent": PHONE})
    visit(counted, BRIDGE, User_Agent="Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)")
    visit(counted, BRIDGE, User_Agent="")
    visit(counted, BRIDGE, Sec_Purpose="prefetch;prerender")
    visit(counted, BRIDGE, Sec_Fetch_Mode="cors")
    assert counts(counted) == []


def test_visits_are_not_counted_where_the_setting_says_so(databases: Databases, tmp_path: Path) -> None:
    with counting(databases, "sqlite", tmp_path, DISAN_VISITS="false") as app:
        visit(app, BRIDGE)
        assert counts(app) == []


def test_visit_waits_for_no_database(counted: Flask, count_queries: Any) -> None:
    visit(counted, BRIDGE)
    with count_queries() as statements:
        visit(counted, BRIDGE)
    assert not [text for text in statements if "visit_counts" in text]
    with count_queries() as statements:
        counts(counted)
    assert len([text for text in statements if text.startswith("INSERT INTO visit_counts")]) == 1


def test_page_is_shown_though_its_visit_cannot_be_counted(counted: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    del counted.extensions["disan_visits"]
    visit(counted, BRIDGE)


@pytest.mark.parametrize(
    "path", ["/vi/", "/vi/sites", BRIDGE, f"{BRIDGE}?via=qr", "/q/QNM-0002", "/vi/events", "/vi/developers"]
)
def test_public_page_sets_no_cookie(counted: Flask, path: str) -> None:
    response = counted.test_client().get(path, headers={"User-Agent": PHONE})
    assert "Set-Cookie" not in response.headers


def test_visit_leaves_nothing_of_the_visitor_in_the_data(databases: Databases, tmp_path: Path) -> None:
    with counting(databases, "sqlite", tmp_path) as app:
        visit(app, BRIDGE, Referer="https://secret.example.org/a", X_Forwarded_For="203.0.113.77")
        assert counts(app)
    held = b"".join(path.read_bytes() for path in (tmp_path / "data").glob("*") if path.is_file())
    for told in (b"secret.example.org", b"203.0.113.77", b"Chrome/138", b"127.0.0.1"):
        assert told not in held


def test_visits_are_stored_when_the_server_stops(databases: Databases, tmp_path: Path) -> None:
    """Of two processes, whichever they reach."""
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with serve(database, tmp_path / "log", DISAN_VISITS="true", DISAN_WORKERS="2") as url:
        for _ in range(20):
            asked = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
            asked.request("GET", BRIDGE, headers={"User-Agent": PHONE})
            assert asked.getresponse().status == 200
            asked.close()
    with open_app(database) as app:
        assert counts(app) == [("QNM-0002", "vi", "direct", 20)]
