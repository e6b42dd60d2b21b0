"""The register's own index: what lists find, filter and count."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import InvalidInput
from app.publication import operations as publication
from app.records import index
from app.records import operations as records
from app.records.queries import EntryQuery, count_entries, count_many, read_entries
from app.records.register import RegisterEntry, RegisterFacet
from tests.harness import register
from tests.harness.register import SETTINGS, editor, reviewer, site, zone

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def _codes(**asked: object) -> list[str]:
    return [entry.code for entry in read_entries(db.session(), EntryQuery(**asked)).entries]  # type: ignore[arg-type]


def _having(*pairs: tuple[str, str]) -> list[str]:
    return sorted(_codes(filters=pairs))


def test_index_follows_a_record_through_its_states() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    assert _having(("state", "draft"), ("state", "new")) == ["QNM-9001"]
    assert _having(("draft_by", str(editor(session).id))) == ["QNM-9001"]
    records.submit(session, KINDS, changeset, actor=editor(session), settings=SETTINGS)
    assert (_having(("state", "draft")), _having(("state", "in_review"))) == ([], ["QNM-9001"])
    (record,) = publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)
    assert (_having(("state", "new")), _having(("state", "internal"))) == ([], ["QNM-9001"])
    publication.publish(session, [record], actor=reviewer(session), settings=SETTINGS)
    assert (_having(("state", "internal")), _having(("state", "public"))) == ([], ["QNM-9001"])
    publication.set_deleted(session, [record], is_deleted=True, actor=reviewer(session), settings=SETTINGS)
    assert (_having(("state", "public")), _having(("state", "deleted"))) == ([], ["QNM-9001"])


def test_index_forgets_a_new_record_that_was_discarded() -> None:
    session = db.session()
    changeset = register.draft(session, ("site", site("QNM-9001")))
    records.discard(session, KINDS, changeset, actor=editor(session))
    assert _codes() == []
    assert session.scalar(sa.select(sa.func.count()).select_from(RegisterFacet)) == 0


def test_index_finds_drafts_and_records_without_diacritics() -> None:
    session = db.session()
    register.accept(session, ("site", site("QNM-9001", name={"vi": "Đình Sơn Phong"})))
    register.draft(session, ("site", site("QNM-9002", name={"vi": "Chùa Sơn Phong"})))
    assert sorted(_codes(text="son phong")) == ["QNM-9001", "QNM-9002"]
    assert _codes(text="dinh son phong") == ["QNM-9001"]
    assert _codes(text="qnm 9002") == ["QNM-9002"]
    assert _codes(text="xyz") == []


def test_index_names_what_is_missing_and_notices_when_it_comes() -> None:
    session = db.session()
    ranking = register.decision("QNM-D9001", {"record": "QNM-9001"})
    register.accept(session, ("site", site("QNM-9001", at=None)), ("decision", ranking))
    assert _having(("gap", "no_point"), ("gap", "no_zones")) == ["QNM-9001"]
    register.accept(session, ("zone", zone("QNM-9001-Z1", "QNM-9001")))
    assert _having(("gap", "no_zones")) == []
    assert _having(("gap", "no_point")) == ["QNM-9001"]


def test_index_knows_open_doubts_only() -> None:
    session = db.session()
    doubt = {"uid": "d1", "tag": "rank_unverified", "note": "?"}
    register.accept(session, ("site", site("QNM-9001", doubts=[doubt])))
    assert _having(("has", "doubt"), ("doubt", "rank_unverified")) == ["QNM-9001"]
    resolved = {**doubt, "resolved_on": "2026-11-24", "resolution": "Đã đối chiếu quyết định."}
    register.accept(session, ("site", site("QNM-9001", doubts=[resolved])))
    assert _having(("has", "doubt")) == []


@pytest.mark.parametrize("sort", ["name", "code", "updated"])
def test_index_pages_in_every_order_without_doubles_or_gaps(sort: str) -> None:
    session = db.session()
    names = ["Đình", "đình", "Dinh", "Chùa", "An", "Ấn", "Ân"]
    pairs = [("site", site(f"QNM-900{index}", name={"vi": name})) for index, name in enumerate(names)]
    register.accept(session, *pairs)
    found: list[str] = []
    cursor = None
    while True:
        page = read_entries(session, EntryQuery(sort=sort, limit=2, cursor=cursor))
        found += [entry.code for entry in page.entries]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert sorted(found) == [f"QNM-900{index}" for index in range(7)]
    assert found == _codes(sort=sort)


def test_index_pages_through_words() -> None:
    session = db.session()
    register.accept(session, *[("site", site(f"QNM-900{index}", name={"vi": f"Đình {index}"})) for index in range(5)])
    first = read_entries(session, EntryQuery(text="dinh", limit=3))
    second = read_entries(session, EntryQuery(text="dinh", limit=3, cursor=first.next_cursor))
    assert [entry.code for entry in (*first.entries, *second.entries)] == _codes(text="dinh")
    assert (len(first.entries), len(second.entries), second.next_cursor) == (3, 2, None)


def test_index_refuses_a_cursor_of_another_order() -> None:
    session = db.session()
    register.accept(session, *[("site", site(f"QNM-900{index}")) for index in range(3)])
    cursor = read_entries(session, EntryQuery(sort="name", limit=1)).next_cursor
    with pytest.raises(InvalidInput):
        read_entries(session, EntryQuery(sort="code", cursor=cursor))


def test_counts_equal_the_lists_behind_them() -> None:
    session = db.session()
    register.accept(session, *[("site", site(f"QNM-900{index}", tags=["a"] if index else [])) for index in range(4)])
    queries = {"all": EntryQuery(), "tagged": EntryQuery(filters=(("tag", "a"),)), "none": EntryQuery(kind="zone")}
    expected = {name: len(read_entries(session, query).entries) for name, query in queries.items()}
    assert count_many(session, queries) == expected == {"all": 4, "tagged": 3, "none": 0}
    assert {name: count_entries(session, query) for name, query in queries.items()} == expected
    assert count_entries(session, EntryQuery(), most=3) is None


def test_index_made_anew_is_the_same() -> None:
    session = db.session()
    register.publish(session, ("site", site("QNM-9001", tags=["a"])), ("zone", zone("QNM-9001-Z1", "QNM-9001")))
    register.draft(session, ("site", site("QNM-9002")))

    def content() -> list[object]:
        rows = session.execute(
            sa.select(RegisterEntry.code, RegisterEntry.sort_key, RegisterFacet.name, RegisterFacet.value)
            .join(RegisterFacet, RegisterFacet.entry_id == RegisterEntry.id)
            .order_by(RegisterEntry.code, RegisterFacet.name, RegisterFacet.value)
        )
        return [tuple(row) for row in rows]

    before = content()
    index.rebuild(session, KINDS)
    assert content() == before != []
