"""What will end says so in every answer concerned, and nothing else does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.http.deprecation import DEPRECATED, Deprecated

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

    from tests.harness.databases import Databases

SINCE = dt.datetime(2027, 1, 1, tzinfo=dt.UTC)
ENDING = (
    Deprecated(
        "/collections/*/items", SINCE, "/docs/old-q", parameter="q", sunset=dt.datetime(2028, 1, 1, tzinfo=dt.UTC)
    ),
    Deprecated("/collections/zones/items", dt.datetime(2026, 12, 1, tzinfo=dt.UTC), "/docs/zones"),
)
ITEMS = "/api/v1/collections/{}/items"


@pytest.fixture(scope="module")
def client(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FlaskClient]:
    from tests.harness.databases import open_app

    folder: Path = tmp_path_factory.mktemp("deprecation")
    with open_app(databases.copy("sqlite", folder / "data", seeded=True)) as app:
        app.extensions["disan_deprecated"] = ENDING
        yield app.test_client()


def test_nothing_is_deprecated_at_present(seeded_client: FlaskClient) -> None:
    assert DEPRECATED == ()
    assert "Deprecation" not in seeded_client.get(ITEMS.format("sites")).headers


def test_deprecated_parameter_is_told_with_its_end_and_what_to_do_instead(client: FlaskClient) -> None:
    first = client.get(ITEMS.format("sites") + "?q=my+son")
    for response in (first, client.get(first.request.url, headers={"If-None-Match": first.headers["ETag"]})):
        assert response.headers["Deprecation"] == "@1798761600"
        assert response.headers["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
        assert response.headers.getlist("Link") == ['<http://localhost/docs/old-q>; rel="deprecation"']


@pytest.mark.parametrize(
    "path", [ITEMS.format("sites"), ITEMS.format("sites") + "/QNM-0002", "/api/v1/", "/vi/sites?q=a"]
)
def test_what_stays_says_nothing(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert not {"Deprecation", "Sunset", "Link"} & set(headers.keys())


def test_deprecated_path_has_no_end_yet(client: FlaskClient) -> None:
    headers = client.get(ITEMS.format("zones")).headers
    assert headers["Deprecation"] == "@1796083200"
    assert "Sunset" not in headers


def test_earliest_dates_count_where_two_things_end(client: FlaskClient) -> None:
    response = client.get(ITEMS.format("zones") + "?q=khu")
    assert response.headers["Deprecation"] == "@1796083200"
    assert response.headers["Sunset"] == "Sat, 01 Jan 2028 00:00:00 GMT"
    assert len(response.headers.getlist("Link")) == 2
