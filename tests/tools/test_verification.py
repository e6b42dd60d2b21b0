"""The report of `make test-full`: what it counts, and how it reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.statistics import collector, describe_statistics

from tests.harness.verification import Family, Verification, count_examples, family_of


def test_examples_are_counted_as_hypothesis_states_them() -> None:
    stated: list[str] = []

    @settings(max_examples=17, database=None)
    @given(st.integers())
    def check(number: int) -> None:
        assert number == number + 0

    with collector.with_value(lambda found: stated.append(describe_statistics({**found, "nodeid": "here"}))):
        check()
    assert count_examples("".join(stated)) == 17
    assert count_examples("") == 0


@pytest.mark.parametrize(
    ("path", "family"),
    [("tests/engine/test_a.py", "engine"), ("tests/api/parts/test_a.py", "api"), ("tests/test_cli.py", "test_cli")],
)
def test_family_is_the_folder_under_tests(path: str, family: str) -> None:
    assert family_of(Path("/here", path), Path("/here")) == family


def test_report_adds_up_and_is_dated(pytestconfig: pytest.Config) -> None:
    report = Verification(pytestconfig)
    report.families["engine"] = Family(passed=2, examples=1500, seconds=1.25)
    report.families["api"] = Family(passed=3, failed=1, seconds=2.0)
    report.add_figure("questions asked of both engines", 1000)
    report.add_figure("questions asked of both engines", 500)
    text = report.render(dt.date(2026, 11, 24))
    assert "on 2026-11-24;" in text
    assert "| engine | 2 | 0 | 0 | 1,500 | 1.2 |" in text
    assert "| **all** | 5 | 1 | 0 | 1,500 | 3.2 |" in text
    assert "| questions asked of both engines | 1,500 |" in text
    assert "| SQLite | 3." in text
