"""Quotas of the public API: exact, told in every answer, raised by a key, and none of the tourists' business."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from app.core.db import db
from app.http import limits as module
from app.subscriptions import operations
from app.subscriptions.quotas import read_usage
from tests.http.conftest import ANONYMOUS, KEYED

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PATH = "/api/v1/collections/sites/items/QNM-0002"


def get(client: FlaskClient, path: str = PATH, address: str = "203.0.113.7", **headers: str) -> TestResponse:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.get(path, headers=named, environ_base={"REMOTE_ADDR": address})


def make_key(app: Flask) -> tuple[int, str]:
    with app.app_context():
        key, secret = operations.make_key(db.session(), name="a", email="a@example.org", purpose="b")
        number = key.id
        db.session.commit()
    return number, secret


def test_every_answer_says_where_its_reader_stands(limited_app: Flask) -> None:
    client = limited_app.test_client()
    for left in (4, 3):
        headers = get(client).headers
        assert headers["RateLimit-Policy"] == f'"anonymous";q={ANONYMOUS};w=60'
        found = re.fullmatch(r'"anonymous";r=(\d+);t=(\d+)', headers["RateLimit"])
        assert found
        assert int(found[1]) == left
        assert 0 < int(found[2]) <= 60
    etag = get(client).headers["ETag"]
    assert "r=1;" in get(client, If_None_Match=etag).headers["RateLimit"]
    assert "r=0;" in get(client, "/api/v1/nothing").headers["RateLimit"]


def test_too_much_is_a_problem_that_says_how_long_to_wait(limited_app: Flask) -> None:
    client = limited_app.test_client()
    assert [get(client).status_code for _ in range(ANONYMOUS + 2)] == [200] * ANONYMOUS + [429, 429]
    refused = get(client, Accept_Language="en", Origin="https://example.org")
    body = refused.get_json(force=True)
    assert refused.content_type == "application/problem+json"
    assert (body["status"], body["code"], body["title"]) == (429, "TooManyRequests", "Too many requests")
    assert body["type"] == "https://iana.org/assignments/http-problem-types#quota-exceeded"
    assert body["violated-policies"] == ["anonymous"]
    assert "/en/developers" in body["detail"]
    assert 0 < int(refused.headers["Retry-After"]) <= 60
    assert refused.headers["RateLimit"] == f'"anonymous";r=0;t={refused.headers["Retry-After"]}'
    assert refused.headers["Access-Control-Allow-Origin"] == "*"
    assert {"RateLimit", "RateLimit-Policy", "Retry-After"} <= set(
        refused.headers["Access-Control-Expose-Headers"].split(", ")
    )
    assert refused.headers["Cache-Control"] == "no-store"
    assert get(client, address="203.0.113.8").status_code == 200


@pytest.mark.parametrize("path", ["/en/", "/healthz", "/static/css/site.css", "/q/QNM-0002", "/en/developers"])
def test_pages_are_nobodys_quota(limited_app: Flask, path: str) -> None:
    client = limited_app.test_client()
    for _ in range(ANONYMOUS + 1):
        with get(client, path) as response:
            assert response.status_code in (200, 302)
            assert "RateLimit" not in response.headers
    assert get(client).status_code == 200


def test_scripts_of_our_own_pages_have_more_and_not_without_end(limited_app: Flask) -> None:
    client = limited_app.test_client()
    codes = [get(client, "/api/v1/conformance", Sec_Fetch_Site="same-origin").status_code for _ in range(101)]
    assert codes == [200] * 100 + [429]
    assert get(client, Sec_Fetch_Site="cross-site").status_code == 200


def test_preflight_is_not_counted(limited_app: Flask) -> None:
    client = limited_app.test_client()
    for _ in range(ANONYMOUS + 1):
        asked = {"Access-Control-Request-Method": "GET", "Access-Control-Request-Headers": "x-api-key"}
        assert client.options(PATH, headers=asked, environ_base={"REMOTE_ADDR": "203.0.113.7"}).status_code == 204
    assert "r=4;" in get(client).headers["RateLimit"]


def test_key_raises_the_quota_wherever_it_comes_from(limited_app: Flask) -> None:
    client, (_, secret) = limited_app.test_client(), make_key(limited_app)
    codes = [get(client, address=f"203.0.113.{n}", X_API_Key=secret).status_code for n in range(KEYED + 1)]
    assert codes == [200] * KEYED + [429]
    refused = get(client, X_API_Key=secret)
    assert refused.headers["RateLimit-Policy"] == f'"key";q={KEYED};w=60'
    assert refused.get_json(force=True)["violated-policies"] == ["key"]
    assert get(client).status_code == 200


def test_key_is_looked_up_once_and_costs_no_query_then(
    limited_app: Flask, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    client, (_, secret) = limited_app.test_client(), make_key(limited_app)
    with count_queries() as without:
        get(client)
    get(client, X_API_Key=secret)
    with count_queries() as with_key:
        get(client, X_API_Key=secret)
    assert with_key == without
    assert not any("api_keys" in statement for statement in without)


def test_unknown_key_is_told_where_to_get_one(limited_app: Flask) -> None:
    refused = get(limited_app.test_client(), X_API_Key="dskey_made-up", Accept_Language="vi")
    body = refused.get_json(force=True)
    assert (refused.status_code, body["code"]) == (401, "UnknownKey")
    assert "http://localhost/vi/developers" in body["detail"]
    assert refused.headers["WWW-Authenticate"] == 'ApiKey realm="disan"'
    assert refused.headers["Access-Control-Allow-Origin"] == "*"


def test_keys_cannot_be_guessed_without_end(
    limited_app: Flask, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    client, (_, secret) = limited_app.test_client(), make_key(limited_app)
    get(client, X_API_Key=secret)
    with count_queries() as statements:
        codes = [get(client, X_API_Key=f"dskey_{number}").status_code for number in range(70)]
    assert codes == [401] * 60 + [429] * 10
    assert len(statements) == 60
    assert get(client, X_API_Key=secret).status_code == 200


def test_revoked_key_opens_nothing_within_a_minute(limited_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client, (number, secret) = limited_app.test_client(), make_key(limited_app)
    assert get(client, X_API_Key=secret).status_code == 200
    with limited_app.app_context():
        operations.revoke_key(db.session(), number)
        db.session.commit()
    at = module.time.monotonic()
    monkeypatch.setattr(module.time, "monotonic", lambda: at + 59)
    assert get(client, X_API_Key=secret).status_code == 401


def test_days_of_a_key_are_counted(limited_app: Flask) -> None:
    client, (number, secret) = limited_app.test_client(), make_key(limited_app)
    for _ in range(3):
        get(client, X_API_Key=secret)
    with limited_app.app_context():
        from app.accounts.secrets import hash_secret
        from app.core.clock import today

        counts = limited_app.extensions["disan_limits"].counts
        assert read_usage(counts, hash_secret(secret)) == [(today(), 3)]
        assert read_usage(counts, "another") == []
        assert number == 1


def test_proxies_that_are_trusted_tell_the_address(databases, tmp_path) -> None:  # noqa: ANN001
    from tests.harness.databases import open_app

    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    for trusted, left in (("1", [1, 1]), ("0", [1, 0])):
        with open_app(database, DISAN_QUOTA_ANONYMOUS="2", DISAN_TRUSTED_PROXIES=trusted) as app:
            told = [get(app.test_client(), X_Forwarded_For=f"198.51.100.{n}").headers["RateLimit"] for n in (1, 2)]
        assert [int(line.split("r=")[1].split(";")[0]) for line in told] == left


def test_without_quotas_nothing_is_counted_nor_told(seeded_client: FlaskClient) -> None:
    assert "RateLimit" not in seeded_client.get(PATH).headers
