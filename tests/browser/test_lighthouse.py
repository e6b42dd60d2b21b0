"""Lighthouse's four categories on the pages that visitors open first, as on a cheap phone with a slow line."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.harness.audits import CATEGORIES, ENTRANCES, PAGES, scores
from tests.harness.counts import counts


@pytest.mark.parametrize("kind", counts(ENTRANCES[2:3], ENTRANCES))
def test_lighthouse_is_content(pictured_server: str, figure: Callable[[str, int], None], kind: str) -> None:
    found = scores(f"{pictured_server}/vi/{PAGES[kind]}", counts(1, 3))
    for category, points in found.items():
        figure(f"Lighthouse, {category}: {kind}", points)
    assert {name: points for name, points in found.items() if points < CATEGORIES[name]} == {}
