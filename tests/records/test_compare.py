"""Comparing payloads and putting two changes of one base together."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from app.records.compare import Conflict, diff, flatten, merge

_WORDS = st.sampled_from(["Chùa Cầu", "Đình Sơn Phong", "Tháp", ""])


def _part(uid: str) -> st.SearchStrategy[dict[str, Any]]:
    return st.fixed_dictionaries(
        {"uid": st.just(uid), "text": _WORDS},
        optional={"note": _WORDS, "obtained": st.dictionaries(st.just("vi"), _WORDS)},
    )


def _parts() -> st.SearchStrategy[list[dict[str, Any]]]:
    return st.lists(st.sampled_from(["p1", "p2", "p3"]), unique=True, max_size=3).flatmap(
        lambda uids: st.tuples(*(_part(uid) for uid in uids)).map(list)
    )


PAYLOADS = st.fixed_dictionaries(
    {"code": st.just("QNM-9001")},
    optional={
        "name": st.dictionaries(st.sampled_from(["vi", "en"]), _WORDS),
        "types": st.lists(_WORDS, max_size=2),
        "year_from": st.one_of(st.none(), st.integers(0, 3)),
        "is_text_cleared": st.booleans(),
        "parts": _parts(),
    },
)


@given(PAYLOADS, PAYLOADS)
def test_merge_takes_what_only_one_side_changed(base: dict[str, Any], changed: dict[str, Any]) -> None:
    for merged in (merge(base, base, changed), merge(base, changed, base), merge(base, changed, changed)):
        assert merged.conflicts == ()
        assert flatten(merged.payload) == flatten(changed)


@given(PAYLOADS, PAYLOADS, PAYLOADS)
def test_merge_loses_nothing_of_mine(base: dict[str, Any], theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    """Whatever I changed stands in the result; whatever they changed stands there, or is told as a conflict."""
    merged = merge(base, theirs, mine)
    result = flatten(merged.payload)
    conflicting = {conflict.path for conflict in merged.conflicts}
    parts = {path[:2] for path in conflicting if path[-1] == "*"}
    for change in diff(base, mine):
        if change.after is not None:
            assert result.get(change.path) == change.after
    for change in diff(base, theirs):
        if change.path not in conflicting and change.path[:2] not in parts:
            assert result.get(change.path) == change.after or flatten(mine).get(change.path) == change.after


@given(PAYLOADS, PAYLOADS, PAYLOADS)
def test_merge_tells_the_same_conflicts_to_both(
    base: dict[str, Any], theirs: dict[str, Any], mine: dict[str, Any]
) -> None:
    there = {(found.path, str(found.theirs), str(found.mine)) for found in merge(base, theirs, mine).conflicts}
    here = {(found.path, str(found.mine), str(found.theirs)) for found in merge(base, mine, theirs).conflicts}
    assert there == here


@given(PAYLOADS, PAYLOADS)
def test_diff_is_empty_only_between_equals(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert (diff(one, other) == []) == (flatten(one) == flatten(other))


def test_diff_finds_parts_by_their_uid_wherever_they_stand() -> None:
    before = {"other_names": [{"uid": "a", "text": "Cầu Nhật Bản"}, {"uid": "b", "text": "Lai Viễn Kiều"}]}
    after = {"other_names": [{"uid": "b", "text": "Lai Viễn kiều"}, {"uid": "a", "text": "Cầu Nhật Bản"}]}
    (change,) = diff(before, after)
    assert (change.path, change.before, change.after) == (
        ("other_names", "b", "text"),
        "Lai Viễn Kiều",
        "Lai Viễn kiều",
    )


def test_merge_tells_a_part_that_one_removed_and_the_other_changed() -> None:
    base = {"doubts": [{"uid": "d1", "tag": "rank_unverified", "note": "?"}]}
    changed = {"doubts": [{"uid": "d1", "tag": "rank_unverified", "note": "Đã kiểm tra"}]}
    merged = merge(base, {"doubts": []}, changed)
    assert merged.conflicts == (Conflict(("doubts", "d1", "*"), base=True, theirs=None, mine=True),)
    assert merged.payload["doubts"] == changed["doubts"]
    assert merge(base, changed, {"doubts": []}).payload.get("doubts", []) == []


def test_merge_keeps_zero_and_false() -> None:
    merged = merge({"n": 1, "is_open": True}, {"n": 0, "is_open": True}, {"n": 1, "is_open": False})
    assert merged.payload == {"n": 0, "is_open": False}
