"""Lists of the register: every page of every list, few or many that meet it, against reading everything."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core.db import db, now
from app.core.text import document_tokens, fold
from app.records import facets as records_facets
from app.records import queries
from app.records.facets import Facet, common_kinds, read_facet_values
from app.records.queries import EntryQuery, count_entries, count_many, read_counted, read_entries
from app.records.register import RegisterEntry, RegisterFacet
from tests.harness.databases import Databases

if TYPE_CHECKING:
    from flask import Flask

ROWS = 240
_NAMES = ("Chùa Cầu", "Đình Cẩm Phô", "Cầu Chùa Ông", "Hội quán Phúc Kiến", "Chua Cau", "Miếu Ông Cọp")


@pytest.fixture(scope="module")
def filled(engine_name: str, databases: Databases) -> Iterator[tuple[Flask, dict[int, dict[str, str]]]]:
    """An application over a register that is only read, and the facets of each of its entries by its key."""
    with databases.app(engine_name) as app:
        with app.app_context():
            found = _fill()
        yield app, found


def _fill() -> dict[int, dict[str, str]]:
    dice = random.Random(3)  # noqa: S311 - the same every time
    entries: list[dict[str, Any]] = []
    found: dict[int, dict[str, str]] = {}
    for key in range(1, ROWS + 1):
        name, kind = dice.choice(_NAMES), ("site", "decision", "zone")[min(2, key // 100)]
        found[key] = {"state": dice.choice(["public", "public", "internal"]), "kind": kind, "name": name}
        found[key] |= {"tag": "hiếm"} if key % 61 == 0 else {}
        found[key] |= {"gap": "no_point"} if key % 2 else {}
        found[key] |= {"due": f"20{10 + key % 30}-01-01"} if key % 3 == 0 else {}
        found[key] |= {"doubt": "date"} if kind == "zone" else {}
        entries.append(
            {
                "id": key,
                "kind": kind,
                "code": f"T-{key:04}",
                "label": {"vi": name},
                "sort_key": fold(name),
                "updated_at": now(),
                "tokens": document_tokens([name], ["Phường Hội An"], [f"T-{key:04}"]),
            }
        )
    db.session.execute(sa.insert(RegisterEntry), entries)
    rows = [
        {"name": name, "value": value, "kind": facets["kind"], "entry_id": key}
        for key, facets in found.items()
        for name, value in facets.items()
        if name not in ("kind", "name")
    ]
    db.session.execute(sa.insert(RegisterFacet), rows)
    db.session.commit()
    return found


@pytest.fixture
def facets(
    filled: tuple[Flask, dict[int, dict[str, str]]], monkeypatch: pytest.MonkeyPatch
) -> Iterator[dict[int, dict[str, str]]]:
    """A register in which 40 count as many already; gives the facets of each entry by its key."""
    monkeypatch.setattr(queries, "FEW", 40)
    monkeypatch.setattr(records_facets, "_SAMPLE", 15)
    app, found = filled
    with app.app_context():
        yield found


def _walk(query: EntryQuery) -> list[int]:
    """Follow a list to its end, seven at a time."""
    keys, cursor = [], None
    while True:
        page = read_entries(db.session(), replace(query, limit=7, cursor=cursor))
        keys += [entry.id for entry in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            return keys


_QUERIES = {
    "all": EntryQuery(),
    "kind": EntryQuery(kind="decision"),
    "many": EntryQuery(filters=(("state", "public"),)),
    "few": EntryQuery(filters=(("tag", "hiếm"),)),
    "none": EntryQuery(filters=(("tag", "nichts"),)),
    "two": EntryQuery(filters=(("state", "public"), ("gap", "no_point"))),
    "two of a kind": EntryQuery(kind="zone", filters=(("state", "internal"), ("gap", "no_point"))),
    "two, one of them in one kind only": EntryQuery(filters=(("state", "public"), ("doubt", "date"))),
    "two, one of them in none": EntryQuery(filters=(("state", "public"), ("tag", "nichts"))),
    "without": EntryQuery(filters=(("state", "public"),), without=(("gap", "no_point"),)),
}


def _expected(facets: dict[int, dict[str, str]], query: EntryQuery) -> set[int]:
    return {
        key
        for key, held in facets.items()
        if (not query.kind or held["kind"] == query.kind)
        and all(held.get(name) == value for name, value in query.filters)
        and not any(held.get(name) == value for name, value in query.without)
    }


@pytest.mark.parametrize("sort", ["name", "code", "updated"])
@pytest.mark.parametrize("name", _QUERIES)
def test_list_gives_everything_once_in_order(facets: dict[int, dict[str, str]], name: str, sort: str) -> None:
    query = replace(_QUERIES[name], sort=sort)
    keys = _walk(query)
    assert sorted(keys) == sorted(_expected(facets, query))
    order = {"name": lambda key: (fold(facets[key]["name"]), key), "code": lambda key: key}.get(sort)
    if order:
        assert keys == sorted(keys, key=order)


@pytest.mark.parametrize("name", _QUERIES)
def test_count_is_the_length_of_the_list_up_to_a_limit(facets: dict[int, dict[str, str]], name: str) -> None:
    query, session = _QUERIES[name], db.session()
    length = len(_expected(facets, query))
    assert count_entries(session, query, 500) == length
    assert read_counted(session, query, 40)[1] == (length if length <= 40 else None)
    assert count_many(session, {"it": query}, 40) == {"it": min(length, 41)}


def test_overdue_is_what_was_due_before_the_day(facets: dict[int, dict[str, str]]) -> None:
    day = now().date().replace(year=2025)
    query = EntryQuery(overdue_on=day)
    expected = {key for key, held in facets.items() if held.get("due", "9999") < day.isoformat()}
    assert set(_walk(query)) == expected
    assert count_many(db.session(), {"due": query}, 500) == {"due": len(expected)}


def test_search_gives_better_matches_first_and_everything_once(facets: dict[int, dict[str, str]]) -> None:
    def names(text: str, **more: Any) -> list[str]:
        keys = _walk(EntryQuery(text=text, **more))
        assert len(keys) == len(set(keys))
        return list(dict.fromkeys(facets[key]["name"] for key in keys))

    assert names("Chùa Cầu") == ["Chùa Cầu", "Chua Cau", "Cầu Chùa Ông"]
    assert names("chua cau") == ["Chua Cau", "Chùa Cầu", "Cầu Chùa Ông"]
    assert names("ong co") == ["Miếu Ông Cọp"]
    assert sorted(names("hoi an")) == sorted(set(_NAMES))
    assert names("t 0003") == [facets[3]["name"]]
    assert names("xyz") == []
    keys = _walk(EntryQuery(kind="site", text="chua", filters=(("state", "public"),)))
    assert {facets[key]["kind"] for key in keys} == {"site"}
    assert {facets[key]["state"] for key in keys} == {"public"}


def test_search_counts_what_it_finds(facets: dict[int, dict[str, str]]) -> None:
    for text in ("chua cau", "hoi an", "t 0003", "xyz", "…"):
        query = EntryQuery(text=text)
        assert count_entries(db.session(), query, 500) == len(_walk(query))


def test_values_of_a_facet_are_stepped_through_in_order(facets: dict[int, dict[str, str]]) -> None:
    assert read_facet_values(db.session(), "state") == ["internal", "public"]
    assert read_facet_values(db.session(), "tag") == ["hiếm"]
    assert read_facet_values(db.session(), "nothing") == []


def test_kinds_that_lack_a_facet_are_not_walked(facets: dict[int, dict[str, str]]) -> None:
    def kinds(*asked: Facet) -> list[str]:
        return common_kinds(db.session(), asked)

    public, due = ("state", "public", False), ("due", "2000-01-01", True)
    assert kinds(public) == kinds(public, due) == sorted({held["kind"] for held in facets.values()})
    assert kinds(public, ("doubt", "date", False)) == ["zone"]
    assert kinds(public, ("tag", "nichts", False)) == []
