"""The report of `make test-full`: what it counts, and how it reads."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.statistics import collector, describe_statistics

from tests.harness.verification import Family, Verification, count_examples, family_of

ROOT = Path(__file__).resolve().parents[2]


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
    assert family_of(f"{path}::test_a[{path}]") == family


def test_report_adds_up_and_is_dated(pytestconfig: pytest.Config) -> None:
    report = Verification(pytestconfig)
    report.families["engine"] = Family(passed=2, examples=1500, seconds=1.25)
    report.families["api"] = Family(passed=3, failed=1, seconds=2.0)
    report.figures["questions asked of both engines"] = 1500
    text = report.render(dt.date(2026, 11, 24))
    assert "on 2026-11-24;" in text
    assert "| engine | 2 | 0 | 0 | 1,500 | 1.2 |" in text
    assert "| **all** | 5 | 1 | 0 | 1,500 | 3.2 |" in text
    assert "| questions asked of both engines | 1,500 |" in text
    assert "| SQLite | 3." in text


@pytest.mark.parametrize("spread", [(), ("--numprocesses", "2")])
def test_counts_are_the_same_in_one_process_and_in_several(pytester: pytest.Pytester, spread: tuple[str, ...]) -> None:
    """The process that leads adds up passes, failures, random examples, figures and versions of those that it leads."""
    pytester.makeconftest(f"""
        import sys
        sys.path.insert(0, {str(ROOT)!r})
        import pytest
        from tests.harness import verification

        def pytest_configure(config):
            config.pluginmanager.register(verification.Verification(config), verification.Verification.NAME)

        @pytest.fixture(scope="session", autouse=True)
        def versions(pytestconfig):
            yield
            verification.Verification.of(pytestconfig).add_versions({{"Engine": "7"}})

        def pytest_unconfigure(config):
            counted = verification.Verification.of(config)
            if not hasattr(config, "workerinput"):
                print("COUNTED", counted.render(__import__("datetime").date(2026, 1, 1)))
    """)
    pytester.mkdir("tests").joinpath("one").mkdir()
    pytester.path.joinpath("tests/one/test_a.py").write_text(
        "import pytest\n"
        "from hypothesis import given, settings, strategies as st\n"
        "@pytest.mark.parametrize('n', range(4))\n"
        "def test_n(n, request):\n"
        "    request.node.user_properties.append(('things', 10))\n"
        "    assert n\n"
        "@settings(max_examples=30, database=None)\n"
        "@given(st.integers())\n"
        "def test_random(n):\n"
        "    assert n == n\n",
        encoding="utf-8",
    )
    told = pytester.runpytest_subprocess(f"--rootdir={pytester.path}", *spread, "tests").stdout.str()
    assert "| one | 4 | 1 | 0 | 30 |" in told
    assert "| things | 30 |" in told
    assert "| Engine | 7 |" in told
