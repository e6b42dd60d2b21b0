"""The feed of changes: every item once, in the order of commits, and nothing missed whoever publishes meanwhile."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core.db import begin_write, db
from app.publication import changes
from app.publication import operations as publication
from app.publication.collections import COLLECTIONS
from app.records.operations import find_record
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.register import SETTINGS, reviewer, site

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

FEED = "/api/v1/changes"


def pages(client: FlaskClient, address: str = FEED) -> Iterator[dict[str, Any]]:
    """Follow `next` until a page is empty; gives that one too."""
    while True:
        answer = client.get(address)
        assert answer.status_code == 200, answer.text
        yield answer.get_json()
        if not answer.get_json()["items"]:
            return
        address = answer.get_json()["next"].removeprefix("http://localhost")


def follow(client: FlaskClient, address: str = FEED) -> list[dict[str, Any]]:
    return [item for page in pages(client, address) for item in page["items"]]


def test_mirror_that_follows_the_feed_has_what_is_published(seeded_client: FlaskClient) -> None:
    mirror: dict[tuple[str, str], Any] = {}
    numbers = []
    for change in follow(seeded_client, f"{FEED}?limit=137&lang=vi"):
        numbers.append(change["modified"])
        assert (change["kind"], change["id"]) not in mirror
        mirror[change["kind"], change["id"]] = change["data"]
    assert numbers == sorted(set(numbers))
    counted = {name: sum(kind == name for kind, _ in mirror) for name in COLLECTIONS}
    for name, count in counted.items():
        assert seeded_client.get(f"/api/v1/collections/{name}/items?limit=1").get_json(force=True)["numberMatched"] == (
            count
        )
    told = seeded_client.get("/api/v1/collections/sites/items/QNM-0045?lang=vi").get_json(force=True)
    assert mirror["sites", "QNM-0045"] == told


def test_last_page_is_empty_and_leads_to_itself(seeded_client: FlaskClient) -> None:
    *_, before, last = pages(seeded_client, f"{FEED}?limit=1000&lang=en")
    assert last["next"] == before["next"]
    assert last["license"] == "http://creativecommons.org/licenses/by/4.0/"


def test_feed_goes_on_with_what_changes_later_each_item_where_it_changed_last(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        register.publish(db.session(), *(("site", site(f"QNM-900{n}")) for n in range(3)))
        db.session.commit()
    first = follow(client)
    with app.app_context():
        for name in ("Một", "Hai"):
            register.accept(db.session(), ("site", site("QNM-9000", name={"vi": name})))
            db.session.commit()
        record = find_record(db.session(), "QNM-9001")
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    later = follow(client, f"{FEED}?after={first[-1]['modified']}&lang=vi")
    told = [(one["state"], one["id"], one["version"]) for one in later]
    assert told == [("updated", "QNM-9000", 3), ("deleted", "QNM-9001", 2)]
    assert later[0]["data"]["properties"]["name"] == "Hai"
    assert "data" not in later[1]
    assert [one["id"] for one in follow(client)] == ["QNM-9002", "QNM-9000", "QNM-9001"]


def test_what_is_withdrawn_while_a_page_is_read_is_told_where_it_ended(
    app: Flask, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the statement that finds the changes and the one that reads the features."""
    client, read_features = app.test_client(), changes.read_features
    with app.app_context():
        register.publish(db.session(), *(("site", site(f"QNM-900{n}")) for n in range(3)))
        db.session.commit()

    def withdraw_first(*asked: Any) -> dict[str, str]:
        monkeypatch.undo()
        session = db.session()
        begin_write(session)
        gone = [find_record(session, code) for code in ("QNM-9001", "QNM-9002")]
        publication.withdraw(session, gone, actor=reviewer(session), settings=SETTINGS)
        session.commit()
        return read_features(*asked)

    monkeypatch.setattr(changes, "read_features", withdraw_first)
    told = [(one["state"], one["id"], "data" in one) for one in follow(client)]
    assert told == [("updated", "QNM-9000", True), ("deleted", "QNM-9001", False), ("deleted", "QNM-9002", False)]


def test_feed_of_one_collection(seeded_client: FlaskClient) -> None:
    kinds = {one["kind"] for one in follow(seeded_client, f"{FEED}?collection=events&limit=1000")}
    assert kinds == {"events"}


@pytest.mark.parametrize(
    ("asked", "parameter"),
    [
        *(("after=-1", "after"), ("after=x", "after"), ("limit=0", "limit"), ("since=4", "since"), ("f=html", "f")),
        ("collection=site", "collection"),
    ],
)
def test_mistakes_are_told_by_their_parameter(seeded_client: FlaskClient, asked: str, parameter: str) -> None:
    answer = seeded_client.get(f"{FEED}?{asked}")
    assert (answer.status_code, answer.get_json(force=True)["parameter"]) == (400, parameter)


def test_reader_who_polls_beside_publishers_misses_nothing(app: Flask) -> None:
    """Eight publishers write at once; a reader who always goes on behind the last number ends with what is there."""
    writers, turns = 8, counts(3, 30)
    codes = [f"QNM-90{n:02}" for n in range(writers)]
    with app.app_context():
        register.publish(db.session(), *(("site", site(code)) for code in codes))
        db.session.commit()

    def write(code: str) -> None:
        turn = 0
        while turn < turns:
            # Who waited too long for SQLite's one writer begins again, as an officer would.
            with contextlib.suppress(sa.exc.OperationalError), app.app_context():
                begin_write(db.session())
                register.accept(db.session(), ("site", site(code, name={"vi": f"Tên {turn}"})))
                db.session.commit()
                turn += 1

    threads = [threading.Thread(target=write, args=(code,)) for code in codes]
    for thread in threads:
        thread.start()
    client, address, numbers = app.test_client(), f"{FEED}?limit=3&lang=vi", []
    names: dict[str, str] = {}
    is_last = False
    while not is_last:
        is_last = not any(thread.is_alive() for thread in threads)
        for page in pages(client, address):
            for change in page["items"]:
                numbers.append(change["modified"])
                names[change["id"]] = change["data"]["properties"]["name"]
            address = page["next"].removeprefix("http://localhost")
    assert numbers == sorted(set(numbers))
    assert names == dict.fromkeys(codes, f"Tên {turns - 1}")


def test_page_costs_a_statement_for_each_collection_on_it(seeded_client: FlaskClient, count_queries: Any) -> None:
    with count_queries() as statements:
        assert len(json.loads(seeded_client.get(f"{FEED}?limit=100&collection=sites").data)["items"]) == 100
    assert len([one for one in statements if one.startswith("SELECT")]) == 3
