"""Counts that processes share: none is lost, each ends, and no address can be told from the file."""

from __future__ import annotations

import multiprocessing
from pathlib import Path

import pytest

from app.subscriptions import counts as module
from app.subscriptions.counts import Counts, tag_of
from app.subscriptions.quotas import tag_of_address

SECRET = "secret of a start"


def _add(path: Path, tag: int, times: int) -> None:
    counts = Counts(path)
    for _ in range(times):
        counts.add(tag, 60)


def test_counts_of_processes_that_count_at_once_are_all_there(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=_add, args=(tmp_path / "counts", 7, 2000)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
        assert process.exitcode == 0
    assert Counts(tmp_path / "counts").read(7) == 6000


def test_count_goes_on_until_it_ends_and_then_begins_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    counts, at = Counts(tmp_path / "counts"), 1_900_000_000.0
    for second, told in ((0, (1, 60)), (1, (2, 59)), (59, (3, 1)), (60, (1, 60)), (61, (2, 59))):
        monkeypatch.setattr(module.time, "time", lambda now=at + second: now)
        assert counts.add(5, 60) == told
    monkeypatch.setattr(module.time, "time", lambda: at + 600)
    assert counts.read(5) == 0


def test_where_all_slots_are_taken_the_count_that_ends_soonest_makes_room(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "counts")
    # Of one bucket: the same remainder.
    tags = [8192 * number + 3 for number in range(1, 10)]
    for number, tag in enumerate(tags):
        counts.add(tag, 1000 - number)
    assert [counts.read(tag) for tag in tags] == [1] * 7 + [0, 1]


def test_file_is_small_private_and_made_once(tmp_path: Path) -> None:
    first, second = Counts(tmp_path / "counts"), Counts(tmp_path / "counts")
    first.add(1, 60)
    assert second.add(1, 60)[0] == 2
    assert (tmp_path / "counts").stat().st_size == 1024**2
    assert (tmp_path / "counts").stat().st_mode & 0o777 == 0o600


def test_file_is_closed_with_its_counts(tmp_path: Path) -> None:
    def descriptors() -> int:
        return len(list(Path("/proc/self/fd").iterdir()))

    before = descriptors()
    counts = Counts(tmp_path / "counts")
    assert descriptors() > before
    del counts
    assert descriptors() == before


def test_no_address_stands_in_the_file_and_none_can_be_tried_without_the_secret(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "counts")
    counts.add(tag_of_address("anonymous", "203.0.113.7", SECRET), 60)
    kept = (tmp_path / "counts").read_bytes()
    assert b"203.0.113.7" not in kept
    for secret in ("", "another"):
        assert tag_of("anonymous 203.0.113.7", secret).to_bytes(8, "little") not in kept


@pytest.mark.parametrize(
    ("one", "other", "is_same"),
    [
        ("203.0.113.7", "203.0.113.8", False),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff::9", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("::ffff:203.0.113.7", "203.0.113.7", True),
        ("", "", True),
    ],
)
def test_address_is_counted_as_a_household(one: str, other: str, *, is_same: bool) -> None:
    tags = [tag_of_address("anonymous", address, SECRET) for address in (one, other)]
    assert (tags[0] == tags[1]) is is_same
