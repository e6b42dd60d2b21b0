"""Any page on the web may read what is public, errors of every kind included, and nothing that is not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient

    from tests.harness.databases import Databases

EXPOSED = {
    "Link",
    "ETag",
    "Content-Language",
    "Retry-After",
    "X-Request-Id",
    "RateLimit",
    "RateLimit-Policy",
    "Deprecation",
    "Sunset",
}
ITEM = "/api/v1/collections/sites/items/QNM-0002"


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", ITEM, 200),
        ("HEAD", ITEM, 200),
        ("GET", f"{ITEM}?f=html", 303),
        ("GET", "/api/v1/collections/sites/items?limit=0", 400),
        ("GET", "/api/v1/collections/sites/items?q=%00", 400),
        ("GET", "/api/v1/collections/sites/items/QNM-9999", 404),
        ("GET", "/api/nothing", 404),
        ("DELETE", ITEM, 405),
        ("GET", "/iiif/image/none/info.json", 404),
        ("GET", "/media/none.jpg", 404),
        ("GET", "/q/NONE-1", 404),
        ("GET", "/vi/sites/khu-den-thap-my-son-qnm-0045.jsonld", 200),
        ("GET", "/vi/sites/none-qnm-9999.jsonld", 404),
    ],
)
def test_answer_may_be_read_anywhere(seeded_client: FlaskClient, method: str, path: str, status: int) -> None:
    response = seeded_client.open(path, method=method, headers={"Origin": "https://example.org"})
    assert response.status_code == status
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert set(response.headers["Access-Control-Expose-Headers"].split(", ")) >= EXPOSED
    assert "Access-Control-Allow-Credentials" not in response.headers


def test_what_was_withdrawn_may_be_read_anywhere_as_gone(seeded_copy: Flask) -> None:
    from app.core.db import db
    from app.publication import operations as publication
    from app.records.operations import find_record
    from tests.harness.register import SETTINGS, reviewer

    with seeded_copy.app_context():
        record = find_record(db.session(), "QNM-0002")
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    response = seeded_copy.test_client().get(ITEM)
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (410, "*")


@pytest.mark.parametrize(
    ("error", "status"),
    [(ZeroDivisionError("an accident"), 500), (sa.exc.OperationalError("SELECT", {}, Exception("gone")), 503)],
)
def test_failures_may_be_read_anywhere(databases: Databases, tmp_path: Path, error: Exception, status: int) -> None:
    from tests.harness.databases import open_app

    def fail() -> None:
        raise error

    with open_app(databases.copy("sqlite", tmp_path / "data")) as app:
        app.testing = False
        app.add_url_rule("/api/v1/failing", "failing", fail)
        response = app.test_client().get("/api/v1/failing")
    assert (response.status_code, response.headers["Access-Control-Allow-Origin"]) == (status, "*")
    assert response.content_type == "application/problem+json"
    assert ("Retry-After" in response.headers) is (status == 503)


@pytest.mark.parametrize("path", [ITEM, "/api/v1/nothing", "/iiif/image/none/info.json", "/q/QNM-0002.svg"])
def test_preflight_is_answered_wherever_it_leads(seeded_client: FlaskClient, path: str) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    response = seeded_client.options(path, headers=asked)
    assert (response.status_code, response.data) == (204, b"")
    assert response.headers["Access-Control-Allow-Origin"] == "*"
    assert response.headers["Access-Control-Allow-Methods"] == "GET, HEAD, OPTIONS"
    assert {"If-None-Match", "X-API-Key"} <= set(response.headers["Access-Control-Allow-Headers"].split(", "))
    assert response.headers["Access-Control-Max-Age"] == "86400"


@pytest.mark.parametrize("path", ["/desk/login", "/desk/nothing.ics", "/register/v1/", "/vi/developers/key"])
def test_what_is_private_is_shared_with_nobody(seeded_client: FlaskClient, path: str) -> None:
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "GET"}
    for response in (seeded_client.get(path), seeded_client.options(path, headers=asked)):
        assert not any(name.lower().startswith("access-control") for name in dict(response.headers))
