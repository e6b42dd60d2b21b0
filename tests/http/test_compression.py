"""Compressed answers: the same bytes when unpacked, chosen by what the reader takes, made once, right with tags."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import brotli
import pytest
from flask import Response
from hypothesis import given, settings
from hypothesis import strategies as st

from app.http import compression as module
from app.http.actor import open_to_all
from app.http.caching import cached
from app.http.compression import choose, is_text
from app.http.kept import ENTRY_BYTES, Kept
from tests.harness.counts import counts
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

LIST = "/api/v1/collections/sites/items?limit=20"
LARGE = [
    LIST,
    "/api/v1/openapi.json",
    "/api/v1/collections/sites/items/QNM-0045",
    "/vi/sites",
    "/vi/sites/khu-den-thap-my-son-qnm-0045.jsonld",
    "/vi/developers",
    "/static/css/site.css",
    "/static/js/gallery.js",
    "/static/img/motifs.svg",
    "/static/map/units.geojson",
]
UNPACK: dict[str, Callable[[bytes], bytes]] = {"br": brotli.decompress, "gzip": gzip.decompress}


def get(client: FlaskClient, path: str, accepted: str | None, method: str = "GET", **headers: str) -> TestResponse:
    given = {name.replace("_", "-"): value for name, value in headers.items()}
    given |= {} if accepted is None else {"Accept-Encoding": accepted}
    with client.open(path, method=method, headers=given) as response:
        # A file is read before it is closed.
        response.get_data()
    return response


@pytest.mark.parametrize("path", LARGE)
@pytest.mark.parametrize("coding", ["br", "gzip"])
def test_answer_unpacks_to_what_is_sent_plain(seeded_client: FlaskClient, path: str, coding: str) -> None:
    plain = get(seeded_client, path, None)
    for _ in range(2):
        packed = get(seeded_client, path, coding)
        assert packed.headers["Content-Encoding"] == coding
        assert UNPACK[coding](packed.data) == plain.data
        assert len(packed.data) < len(plain.data) * 0.7
        assert packed.content_length == len(packed.data)
        assert packed.content_type == plain.content_type
    for response in (plain, packed):
        assert "Accept-Encoding" in response.headers["Vary"]
    assert "Content-Encoding" not in plain.headers


@pytest.mark.parametrize("path", [LIST, "/static/css/site.css"])
def test_head_has_the_headers_of_the_answer_and_no_body(seeded_client: FlaskClient, path: str) -> None:
    whole, head = get(seeded_client, path, "br"), get(seeded_client, path, "br", "HEAD")
    assert head.data == b""
    for name in ("Content-Encoding", "Content-Length", "Content-Type", "ETag", "Vary", "Cache-Control"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize("path", LARGE)
def test_tag_of_a_compressed_answer_brings_304(seeded_client: FlaskClient, path: str) -> None:
    tags = {coding: get(seeded_client, path, coding).headers["ETag"] for coding in ("", "br", "gzip")}
    # One weak tag for all (RFC 9110, 8.8.1), or a strong one for each.
    assert len(set(tags.values())) == (1 if tags[""].startswith("W/") else 3)
    for coding, tag in tags.items():
        again = get(seeded_client, path, coding, If_None_Match=tag)
        assert (again.status_code, again.data) == (304, b"")
        assert again.headers["ETag"] == tag
        assert "Accept-Encoding" in again.headers["Vary"]
        assert "Content-Encoding" not in again.headers


def test_range_is_one_of_the_file_as_it_lies_there(seeded_client: FlaskClient) -> None:
    path = "/static/css/site.css"
    whole = get(seeded_client, path, None)
    part = get(seeded_client, path, "br", Range="bytes=10-29")
    assert (part.status_code, part.data) == (206, whole.data[10:30])
    assert "Content-Encoding" not in part.headers
    assert "Accept-Ranges" not in get(seeded_client, path, "br").headers
    # What began compressed does not go on with a range of something else.
    other = get(seeded_client, path, "br", Range="bytes=10-29", If_Range=get(seeded_client, path, "br").headers["ETag"])
    assert other.status_code == 200


def test_answer_is_compressed_once(seeded_client: FlaskClient, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[int] = []
    original = module.pack

    def pack(body: bytes, *rest: object) -> bytes:
        made.append(len(body))
        return original(body, *rest)

    monkeypatch.setattr(module, "pack", pack)
    path = "/api/v1/collections/sites/items?limit=21&lang=en"
    answers = [get(seeded_client, path, coding).data for coding in ("br", "gzip", "br", "gzip", "br")]
    assert len(made) == 2
    assert answers[0] == answers[2] == answers[4]


def test_answer_that_changed_is_compressed_anew(seeded_copy: Flask) -> None:
    from app.core.db import db
    from app.publication import operations as publication
    from app.records.operations import find_record
    from tests.harness.register import SETTINGS, reviewer

    client = seeded_copy.test_client()
    before = brotli.decompress(get(client, LIST, "br").data)
    with seeded_copy.app_context():
        record = find_record(db.session(), "QNM-0002")
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    after = brotli.decompress(get(client, LIST, "br").data)
    assert b'"QNM-0002"' in before
    assert b'"QNM-0002"' not in after
    assert after == get(client, LIST, None).data


@pytest.mark.parametrize(
    "path",
    [
        "/api/v1/changes?after=999999",
        "/robots.txt",
        "/api/v1/nothing",
        "/static/vendor/leaflet/images/layers.png",
        "/q/QNM-0002.png",
    ],
)
def test_small_answers_errors_and_pictures_stay_as_they_are(seeded_client: FlaskClient, path: str) -> None:
    assert "Content-Encoding" not in get(seeded_client, path, "br, gzip").headers


@pytest.mark.parametrize("path", ["/desk/long", "/register/v1/long", "/long"])
def test_what_may_hold_secrets_is_not_compressed(databases: Databases, tmp_path: Path, path: str) -> None:
    @open_to_all
    def show() -> Response:
        return cached(Response("a secret beside what was typed " * 100, mimetype="text/html"), "tag")

    with open_app(databases.copy("sqlite", tmp_path / "data")) as app:
        app.add_url_rule(path, "long", show)
        response = get(app.test_client(), path, "br, gzip")
    assert response.status_code == 200
    assert ("Content-Encoding" in response.headers) is (path == "/long")


def test_who_refuses_plain_text_gets_even_small_answers_compressed(seeded_client: FlaskClient) -> None:
    response = get(seeded_client, "/api/v1/conformance", "gzip, identity;q=0")
    assert response.headers["Content-Encoding"] == "gzip"
    assert b"conformsTo" in gzip.decompress(response.data)


@pytest.mark.parametrize("accepted", ["*;q=0", "identity;q=0", "zstd, identity;q=0", "br;q=0, gzip;q=0, *;q=0"])
def test_who_takes_nothing_is_told_what_there_is(seeded_client: FlaskClient, accepted: str) -> None:
    response = get(seeded_client, LIST, accepted, Accept_Language="en")
    body = response.get_json(force=True)
    assert (response.status_code, body["parameter"]) == (406, "Accept-Encoding")
    assert "br, gzip, identity" in body["detail"]


@pytest.mark.parametrize(
    ("accepted", "coding"),
    [
        (None, ""),
        ("", ""),
        ("gzip, deflate, br, zstd", "br"),
        ("gzip, deflate", "gzip"),
        ("x-gzip", "gzip"),
        ("GZip;Q=0.5", "gzip"),
        ("br;q=0.5, gzip;q=0.8", "gzip"),
        ("br;q=0, gzip;q=0.001", "gzip"),
        ("*", "br"),
        ("br;q=0, *", "gzip"),
        ("gzip;q=0.5, identity;q=0.9", ""),
        ("gzip, identity", "gzip"),
        ("identity", ""),
        ("br;q=0", ""),
        ("br;q=2, gzip;q=nothing", ""),
        (" br ; q=1.000 ", "br"),
        ("br" * 200, ""),
    ],
)
def test_coding_is_chosen_by_weight(accepted: str | None, coding: str) -> None:
    assert choose(accepted).coding == coding


weights = st.sampled_from(["", ";q=0", ";q=1", ";q=0.5", ";q=0.001", ";q=1.000", "; q=0.0", ";q=7", ";q=", ";x=1", ";"])
names = st.sampled_from(["br", "gzip", "x-gzip", "identity", "*", "deflate", "zstd", "BR", "", "é", "\t"])
accepts = st.one_of(
    st.lists(st.builds("{}{}".format, names, weights), max_size=6).map(", ".join),
    st.text(st.characters(codec="latin-1", exclude_categories=["Cc"]), max_size=60),
)


@pytest.fixture(scope="module")
def reading(databases):  # noqa: ANN001
    with databases.app("sqlite", seeded=True) as app:
        yield app.test_client()


@given(accepted=accepts)
@settings(max_examples=counts(150, 2000))
def test_whatever_is_accepted_the_answer_unpacks_to_the_same(reading: FlaskClient, accepted: str) -> None:
    response = get(reading, LIST, accepted)
    assert response.status_code == (406 if choose(accepted).is_none else 200)
    if response.status_code == 200:
        coding = response.headers.get("Content-Encoding", "")
        assert coding == choose(accepted).coding
        assert UNPACK.get(coding, bytes)(response.data) == get(reading, LIST, None).data


def test_compressed_answers_add_no_query(
    seeded_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    get(seeded_client, LIST, "br")
    with count_queries() as plain:
        get(seeded_client, LIST, None)
    with count_queries() as packed:
        get(seeded_client, LIST, "br")
    assert packed == plain


def test_room_for_compressed_answers_is_bounded() -> None:
    kept = Kept(10_000)
    for number in range(5):
        kept.keep(number, b"x" * (3000 - ENTRY_BYTES))
    assert [kept.find(number) is not None for number in range(5)] == [False, False, True, True, True]
    kept.find(2)
    kept.keep(5, b"x" * (3000 - ENTRY_BYTES))
    assert [kept.find(number) is not None for number in (2, 3)] == [True, False]
    kept.keep(5, b"x" * (1000 - ENTRY_BYTES))
    assert kept.byte_count == 7000
    kept.keep(6, b"x" * (5001 - ENTRY_BYTES))
    assert kept.find(6) is None


def test_room_for_answers_is_bounded_for_empty_ones_too() -> None:
    kept = Kept(100 * ENTRY_BYTES)
    for number in range(1000):
        kept.keep(number, b"")
    assert [kept.find(number) for number in (899, 900, 999)] == [None, b"", b""]


@pytest.mark.parametrize(
    ("media_type", "is_one"),
    [
        ("application/geo+json", True),
        ("application/vnd.oai.openapi+json;version=3.0", True),
        ("text/html; charset=utf-8", True),
        ("image/svg+xml", True),
        ("application/vnd.mapbox-vector-tile", True),
        ("image/png", False),
        ("application/geopackage+sqlite3", False),
        ("", False),
    ],
)
def test_media_types_worth_compressing(media_type: str, *, is_one: bool) -> None:
    assert is_text(media_type) is is_one
