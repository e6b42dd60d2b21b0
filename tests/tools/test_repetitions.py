"""What a quick run leaves out: only what another test of the run repeats."""

from __future__ import annotations

from collections import Counter

from tests.harness.repetitions import repetitions


def test_of_a_test_on_both_engines_one_runs_and_every_fourth_on_postgis() -> None:
    both = [f"tests/desk/test_a.py::test_{n}[{engine}-vi]" for n in range(400) for engine in ("sqlite", "postgis")]
    kept = set(both) - repetitions(both)
    assert len(kept) == 400
    assert len({name.split("[")[0] for name in kept}) == 400
    on = Counter(name.split("[")[1] for name in kept)
    assert 70 < on["postgis-vi]"] < 130


def test_of_a_test_in_a_browser_one_view_runs_and_every_path() -> None:
    views = [
        f"tests/browser/test_a.py::test_{n}[{width}-{path}-{language}]"
        for n in range(40)
        for width in ("390", "1280")
        for path in ("/vi/", "/en/phone")
        for language in ("vi", "en")
    ]
    kept = set(views) - repetitions(views)
    assert len(kept) == 80
    assert len({(name.split("[")[0], name.split("-")[1]) for name in kept}) == 80
    assert {name.split("[")[1].split("-")[0] for name in kept} == {"390", "1280"}


def test_what_differs_by_engine_or_view_is_no_repetition() -> None:
    names = [
        *(f"tests/engine/test_a.py::test_a[{engine}]" for engine in ("sqlite", "postgis")),
        *(f"tests/publication/test_journal.py::test_a[{engine}]" for engine in ("sqlite", "postgis")),
        *(f"tests/browser/test_desk_pages.py::test_a[{width}-vi]" for width in ("390", "1280")),
        *(f"tests/api/test_a.py::test_a[sqlite-{language}]" for language in ("vi", "en")),
        "tests/house/test_a.py::test_a",
    ]
    assert repetitions(names) == set()


def test_what_is_asked_for_alone_runs() -> None:
    assert repetitions(["tests/desk/test_a.py::test_a[postgis]"]) == set()
    assert repetitions(["tests/browser/test_a.py::test_a[390]"]) == set()
