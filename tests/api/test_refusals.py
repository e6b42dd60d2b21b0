"""What is refused wherever it is asked: cursors of another list, and what is no text or number at all."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from app.api.cursors import bind_cursor
from tests.api.test_items import ITEMS, ask

if TYPE_CHECKING:
    from flask.testing import FlaskClient


def _refused(client: FlaskClient, path: str, **asked: Any) -> str:
    """Ask for what is refused; gives the parameter that is named."""
    response = client.get(path, query_string=asked)
    assert response.status_code == 400, response.text[:500]
    return str(response.get_json(force=True)["parameter"])


def _cursor(client: FlaskClient, path: str, **asked: Any) -> str:
    after = next(link["href"] for link in ask(client, path, limit=1, **asked)["links"] if link["rel"] == "next")
    return parse_qs(urlsplit(after).query)["cursor"][0]


def test_cursor_of_another_collection_is_refused(seeded_client: FlaskClient) -> None:
    places, search = "/api/v1/collections/places/items", "/api/v1/search"
    for path, asked in ((ITEMS, {}), (search, {"q": "hoi an", "collections": "sites"}), (search, {"q": "hoi an"})):
        assert _refused(seeded_client, path, **asked, cursor=_cursor(seeded_client, places)) == "cursor"
    of_sites = _cursor(seeded_client, search, q="hoi an", collections="sites,events")
    named_otherwise = ask(seeded_client, search, q="hoi an", collections="events,sites", cursor=of_sites)
    assert named_otherwise["type"] == "FeatureCollection"
    assert _refused(seeded_client, search, q="hoi an", cursor=of_sites) == "cursor"


@pytest.mark.parametrize(
    "cursor",
    [
        # A place that is written as ours are, by somebody else; nested more deeply than JSON is read.
        base64.urlsafe_b64encode(b'["crawl",5]').decode(),
        bind_cursor(base64.urlsafe_b64encode(b"[" * 3000).decode(), ("sites",)),
        "a" * 9000,
        "đ",
    ],
)
def test_forged_cursor_is_refused(seeded_client: FlaskClient, cursor: str) -> None:
    assert _refused(seeded_client, ITEMS, cursor=cursor) == "cursor"


@pytest.mark.parametrize(
    ("asked", "parameter", "told"),
    [
        ("q=M%E1%BB+S%C6%A1n", "q", "is not written in UTF-8 from byte 2 on"),
        ("limit=1&code=%C0%AE", "code", "is not written in UTF-8 from byte 1 on"),
        ("name=%00", "name", "holds a NUL character"),
        ("name=" + "a" * 4097, "name", "it is 4097 bytes long; 4096 are read at most"),
        ("bbox=1_0,15,109,16", "bbox", "is not of the form minlon"),
        ("bbox=1,2,nan,4&bbox-crs=EPSG:3857", "bbox", "is not of the form min1"),
    ],
)
def test_what_is_no_text_or_number_is_told(seeded_client: FlaskClient, asked: str, parameter: str, told: str) -> None:
    response = seeded_client.get(f"{ITEMS}?{asked}", headers={"Accept-Language": "en"})
    assert (response.status_code, response.get_json(force=True)["parameter"]) == (400, parameter)
    assert told in response.get_json(force=True)["detail"]
