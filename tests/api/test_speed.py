"""The public path is short: few statements, no session, no transaction, and nothing that could write."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.api.cursors import bind_cursor
from app.core.db import reading_engine
from app.core.paging import write_cursor
from app.publication import pages

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    Counting = Callable[[], AbstractContextManager[list[str]]]

ITEMS = "/api/v1/collections/sites/items"
# The collection's number, one look at how common the values of filters are, the page, and its count where that is told.
PATHS = {
    f"{ITEMS}/QNM-0045": 1,
    f"{ITEMS}?limit=5": 3,
    f"{ITEMS}?bbox=108,15,109,16&limit=5": 2,
    f"{ITEMS}?near=108.33,15.88&limit=5": 2,
    f"{ITEMS}?near=108.33,15.88&radius=5000&limit=5": 2,
    f"{ITEMS}?rank=national&type=historical&limit=5": 4,
    f"{ITEMS}?rank=national&limit=5": 3,
}


@pytest.mark.parametrize("path", PATHS)
def test_public_read_sends_few_statements(seeded_client: FlaskClient, count_queries: Counting, path: str) -> None:
    with count_queries() as sent:
        assert seeded_client.get(path).status_code == 200
    assert len(sent) <= PATHS[path], sent


@pytest.mark.parametrize("path", [path for path in PATHS if "?" in path])
def test_page_that_is_had_reads_the_number_only(seeded_client: FlaskClient, count_queries: Counting, path: str) -> None:
    tag = seeded_client.get(path).headers["ETag"]
    with count_queries() as sent:
        assert seeded_client.get(path, headers={"If-None-Match": tag}).status_code == 304
    assert len(sent) == 1


def test_public_read_opens_no_session_and_no_transaction(
    seeded_app: Flask, seeded_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    sessions: list[object] = []
    used: set[sa.Engine] = set()

    def note(connection: sa.Connection, *_: object) -> None:
        used.add(connection.engine)

    monkeypatch.setattr(Session, "__init__", lambda *_, **__: sessions.append("session"))
    sa.event.listen(sa.Engine, "before_cursor_execute", note)
    try:
        for path in PATHS:
            assert seeded_client.get(path).status_code == 200
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", note)
    assert sessions == []
    with seeded_app.app_context():
        # Its connections commit each statement by itself, so that there is nothing to begin.
        assert used == {reading_engine()}
        assert reading_engine().dialect._on_connect_isolation_level == "AUTOCOMMIT"  # type: ignore[attr-defined]


def test_connection_of_public_reads_cannot_write(app: Flask) -> None:
    with app.app_context(), reading_engine().connect() as connection, pytest.raises(sa.exc.DBAPIError):
        connection.execute(sa.text("DELETE FROM published_items"))


@pytest.mark.parametrize(
    "asked",
    [
        "near={lon},15.88",
        "near={lon},15.88&radius=4000",
        "bbox=108,15,{lon},16",
        "q=chùa {lon}",
        "type=historical&cursor={lon}",
    ],
)
def test_statement_of_a_page_is_made_once_for_all_values(
    seeded_client: FlaskClient, monkeypatch: pytest.MonkeyPatch, asked: str
) -> None:
    def ask(lon: str) -> int:
        cursor = bind_cursor(write_cursor("crawl", int(float(lon))), ("sites",))
        path = asked.format(lon=cursor if "cursor" in asked else lon)
        return seeded_client.get(f"{ITEMS}?{path}&limit=7").status_code

    def refuse(*_: object) -> None:
        pytest.fail("a statement is made anew")

    assert ask("108.33") == 200
    monkeypatch.setattr(pages, "conditions", refuse)
    assert ask("108.1") == 200


def test_statement_that_holds_values_is_not_kept(seeded_client: FlaskClient) -> None:
    counts = {
        asked: seeded_client.get(f"{ITEMS}?filter={asked}&limit=100").json["numberReturned"]
        for asked in ("rank='national'", "rank='provincial'", "s_intersects(geometry,bbox(108,15,108.5,16))")
    }
    assert len(set(counts.values())) == 3
