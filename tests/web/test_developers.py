"""A developer's way with a key: got by a form, used, looked at, revoked and deleted, without a script or an account."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import lxml.html
import pytest

from app.core.db import db
from app.subscriptions.models import ApiKey
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PATH = "/api/v1/collections/sites/items/QNM-0002"
FILLED = {"name": "Đi chơi Hội An", "email": "lan@example.org", "purpose": "Bản đồ cho khách đi bộ.", "consent": "yes"}


@pytest.fixture
def keys_app(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """An application that gives three keys to an address a day."""
    database = databases.copy(engine_name, tmp_path / "data", seeded=True)
    settings = {"DISAN_QUOTA_ANONYMOUS": "20", "DISAN_QUOTA_KEYED": "1000", "DISAN_KEYS_PER_DAY": "3"}
    with open_app(database, **settings) as app:
        yield app
    databases.drop(database)


def send(client: FlaskClient, page: str, button: str = "", **typed: str) -> TestResponse:
    """Fill the page's form in, as a browser without scripts does, and press a button of it."""
    shown = lxml.html.fromstring(client.get(page).text)
    (form,) = [form for form in shown.forms if form.method == "POST"]
    fields = {name: value for name, value in form.form_values() if name != "do"} | typed
    assert set(fields) <= {found.name for found in form.inputs if found.name}
    return client.post(form.action.partition("#")[0], data=fields | ({"do": button} if button else {}))


def key_in(response: TestResponse) -> str:
    found = re.search(r"<code>(dskey_[\w-]{43})</code>", response.text)
    assert found, response.text
    return found[1]


def kept(app: Flask) -> list[ApiKey]:
    with app.app_context():
        return list(db.session.scalars(db.select(ApiKey)))


def test_key_from_the_form_to_use_to_revocation_to_deletion(keys_app: Flask) -> None:
    client = keys_app.test_client()
    given = send(client, "/vi/developers", **FILLED)
    key = key_in(given)
    assert given.status_code == 200
    assert given.headers["Cache-Control"] == "no-store"
    assert "ETag" not in given.headers
    assert key not in client.get("/vi/developers").text

    used = [client.get(PATH, headers={"X-API-Key": key}) for _ in range(2)]
    assert [response.headers["RateLimit"].split(";")[:2] for response in used] == [
        ['"key"', "r=999"],
        ['"key"', "r=998"],
    ]
    seen = send(client, "/en/developers/key", "see", key=key)
    assert re.search(r"<td>2</td>", seen.text)
    assert "Đi chơi Hội An" in seen.text
    assert key not in seen.text

    revoked = send(client, "/en/developers/key", "revoke", key=key)
    assert "within a minute" in revoked.text
    assert client.get(PATH, headers={"X-API-Key": key}).status_code == 401
    assert "Revoked on" in send(client, "/en/developers/key", "see", key=key).text
    assert [found.email for found in kept(keys_app)] == ["lan@example.org"]

    erased = send(client, "/vi/developers/key", "erase", key=key)
    assert "Đã xóa khóa" in erased.text
    assert kept(keys_app) == []
    assert send(client, "/vi/developers/key", "see", key=key).status_code == 404


def test_key_can_be_deleted_at_once(keys_app: Flask) -> None:
    client = keys_app.test_client()
    key = key_in(send(client, "/en/developers", **FILLED))
    send(client, "/en/developers/key", "erase", key=key)
    assert kept(keys_app) == []
    assert client.get(PATH, headers={"X-API-Key": key}).status_code == 401


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"email": "nobody"}, "Write an e-mail address"),
        ({"name": "  "}, "This must be filled in."),
        ({"purpose": "x" * 501}, "Longer than maximum length 500."),
        ({"name": "a\x00b"}, "Remove the control characters"),
        ({"consent": ""}, "Without this a key cannot be given."),
        ({"website": "https://example.org"}, "as only a program does"),
    ],
)
def test_form_that_is_not_right_says_what_is_wrong_and_keeps_the_rest(
    keys_app: Flask, typed: dict[str, str], complaint: str
) -> None:
    response = send(keys_app.test_client(), "/en/developers", **{**FILLED, **typed})
    assert response.status_code == 400
    assert complaint in response.text
    assert "dskey_" not in response.text
    assert ("lan@example.org" in response.text) is ("email" not in typed)
    assert kept(keys_app) == []


def test_sentences_of_a_wrong_form_are_vietnamese(keys_app: Flask) -> None:
    page = send(keys_app.test_client(), "/vi/developers", name="x" * 101, email="không", purpose="", website="x").text
    said = lxml.html.fromstring(page).xpath("//p[@class='wrong']/text()")
    assert len(said) == 5
    assert all(re.search(r"[ăâđêôơưạảáàãếểệứừịọ]", sentence) for sentence in said)


def test_address_gets_so_many_keys_a_day(keys_app: Flask) -> None:
    client = keys_app.test_client()
    codes = [send(client, "/en/developers", **FILLED).status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    other = client.post("/en/developers", data=FILLED, environ_base={"REMOTE_ADDR": "203.0.113.9"})
    assert other.status_code == 200
    assert len(kept(keys_app)) == 4


def test_page_gives_no_keys_where_none_are_given(databases: Databases, tmp_path: Path) -> None:
    with open_app(databases.copy("sqlite", tmp_path / "data"), DISAN_KEYS_PER_DAY="0") as app:
        client = app.test_client()
        page = client.get("/en/developers").text
        assert "<form" not in page
        assert "Keys are not given out here" in page
        assert client.post("/en/developers", data=FILLED).status_code == 429
        assert kept(app) == []


@pytest.mark.parametrize("path", ["/vi/developers", "/en/developers/key"])
def test_pages_are_cached_and_hold_no_secret_nor_cookie(seeded_client: FlaskClient, path: str) -> None:
    first = seeded_client.get(path)
    assert "Set-Cookie" not in first.headers
    assert seeded_client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304


def test_page_tells_the_rules_with_their_numbers(keys_app: Flask) -> None:
    page = keys_app.test_client().get("/en/developers").text
    assert "Without a key: 20 requests a minute" in page
    assert "With a key: 1,000 requests a minute" in page
    assert "CC BY 4.0" in page
    assert "http://localhost/api/v1/" in page


def test_every_page_leads_to_it(seeded_client: FlaskClient) -> None:
    assert 'href="/vi/developers"' in seeded_client.get("/vi/").text
