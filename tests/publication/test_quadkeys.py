"""Quadkeys and their ranges."""

from __future__ import annotations

import itertools

from hypothesis import given, settings
from hypothesis import strategies as st

from app.publication.quadkeys import quadkey, ranges
from tests.harness.counts import counts

lons = st.floats(-180, 180)
lats = st.floats(-90, 90)


@given(lons, lons, lats, lats, st.floats(0, 1), st.floats(0, 1))
@settings(max_examples=counts(300, 5000))
def test_ranges_hold_every_place_in_the_box(w: float, e: float, s: float, n: float, x: float, y: float) -> None:
    w, e, s, n = *sorted((w, e)), *sorted((s, n))
    found = ranges((w, s, e, n))
    key = quadkey(min(e, w + (e - w) * x), min(n, s + (n - s) * y))
    assert any(first <= key <= last for first, last in found)


@given(lons, lons, lats, lats)
@settings(max_examples=counts(300, 5000))
def test_ranges_are_few_ascending_and_apart(w: float, e: float, s: float, n: float) -> None:
    w, e, s, n = *sorted((w, e)), *sorted((s, n))
    found = ranges((w, s, e, n))
    assert 1 <= len(found) <= 64
    assert all(first <= last for first, last in found)
    assert all(one[1] + 1 < other[0] for one, other in itertools.pairwise(found))


def test_ranges_of_a_small_box_are_tight() -> None:
    """They hold little more than the box: at most four times its share of the Earth's quadkeys."""
    held = sum(last - first + 1 for first, last in ranges((108.3, 15.8, 108.4, 15.9)))
    assert held < 4 * (0.1 / 360 * 2**28) ** 2


def test_quadkey_is_56_bits_and_orders_west_before_east_and_north_before_south() -> None:
    assert 0 <= quadkey(-180, 90) < quadkey(180, 90) < quadkey(-180, -90) < quadkey(180, -90) < 2**56
