"""Counts per cell: whatever is published, moved and withdrawn, they say how many lie where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.db import db
from app.publication import operations as publication
from app.publication.models import CELLS, ITEMS
from app.publication.quadkeys import LEVELS
from app.publication.tiles.cells import FINEST, recount
from app.publication.tiles.reading import read_standings
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.databases import ENGINES
from tests.harness.projections import publish_points, tile_at
from tests.harness.register import SETTINGS, reviewer, site

if TYPE_CHECKING:
    from flask import Flask

    from tests.harness.databases import Databases

# Near enough that they share cells, and apart enough that they do not.
places = st.one_of(st.none(), st.tuples(st.floats(108.0, 108.05), st.floats(15.8, 15.85)), st.just((108.326, 15.877)))
changes = st.lists(st.dictionaries(st.integers(1, 12), places, min_size=1, max_size=5), min_size=1, max_size=6)


def cells() -> dict[tuple[int, int], tuple[int, int]]:
    """Give what lies in each cell that is not empty: how many, and the sum of their ids."""
    rows = db.session.execute(sa.select(CELLS.c.level, CELLS.c.cell, CELLS.c.n, CELLS.c.item_sum))
    return {(row.level, row.cell): (row.n, row.item_sum) for row in rows if row.n or row.item_sum}


def counted() -> dict[tuple[int, int], tuple[int, int]]:
    """Count the items themselves in the same way."""
    many: Counter[tuple[int, int]] = Counter()
    sums: Counter[tuple[int, int]] = Counter()
    for item_id, key in db.session.execute(sa.select(ITEMS.c.id, ITEMS.c.qkey).where(ITEMS.c.qkey.is_not(None))):
        for level in range(FINEST + 1):
            many[level, key >> 2 * (LEVELS - level)] += 1
            sums[level, key >> 2 * (LEVELS - level)] += item_id
    return {cell: (many[cell], sums[cell]) for cell in many}


def numbers() -> dict[tuple[int, int], int]:
    """Give each cell's number."""
    rows = db.session.execute(sa.select(CELLS.c.level, CELLS.c.cell, CELLS.c.number))
    return {(row.level, row.cell): row.number for row in rows}


@pytest.fixture(scope="module")
def both(databases: Databases) -> Iterator[list[Flask]]:
    """Both engines, each over a database that the examples share: what one leaves, the next one finds."""
    with ExitStack() as stack:
        yield [stack.enter_context(databases.app(name)) for name in ENGINES]


@given(changes=changes)
@settings(max_examples=counts(12, 300))
def test_cells_count_what_is_published_after_any_changes(
    both: list[Flask], changes: list[dict[int, tuple[float, float] | None]]
) -> None:
    """On both engines; counting anew then changes nothing, and an undone transaction leaves nothing behind."""
    for app in both:
        with app.app_context():
            for change in changes:
                publish_points(db.session(), "sites", change)
                db.session.commit()
                assert cells() == counted()
            before = numbers()
            recount(db.session(), "sites")
            assert (cells(), numbers()) == (counted(), before)
            db.session.commit()
            publish_points(db.session(), "sites", {1: (108.01, 15.81), 2: None})
            db.session.rollback()
            assert (cells(), numbers()) == (counted(), before)


def test_rebuild_mends_cells_and_leaves_those_that_are_right(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        places = {"QNM-9001": (15.877, 108.326, 20), "QNM-9002": (15.4, 107.9, 20), "QNM-9003": None}
        register.publish(db.session(), *(("site", site(code, at=at)) for code, at in places.items()))
        db.session.commit()
        before = numbers()
        assert cells() == counted()
        db.session.execute(sa.delete(CELLS).where(CELLS.c.level == 9))
        db.session.execute(sa.update(CELLS).where(CELLS.c.level == FINEST).values(n=CELLS.c.n + 7))
        db.session.execute(sa.insert(CELLS).values(collection="sites", level=5, cell=1, n=3, item_sum=6, number=0))
        db.session.commit()
        for _ in publication.rebuild(db.session(), settings=SETTINGS):
            db.session.commit()
        assert cells() == counted()
        assert {cell: number for cell, number in numbers().items() if cell[0] not in (5, 9, FINEST)} == {
            cell: number for cell, number in before.items() if cell[0] not in (5, 9, FINEST)
        }


def test_cells_count_the_place_that_is_told_and_none_that_is_hidden(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        records = register.publish(db.session(), ("site", site("QNM-9001")))
        register.accept(db.session(), ("site", site("QNM-9001", location_policy="blurred")))
        assert cells() == counted()
        assert len(cells()) == FINEST + 1
        register.accept(db.session(), ("site", site("QNM-9001", location_policy="hidden")))
        assert cells() == {}
        register.accept(db.session(), ("site", site("QNM-9001")))
        publication.withdraw(db.session(), records, actor=reviewer(db.session()), settings=SETTINGS)
        assert cells() == {}


def test_tag_of_a_tile_moves_with_what_lies_in_it_and_stays_with_what_lies_elsewhere(app: Flask) -> None:
    with app.app_context():
        publish_points(db.session(), "sites", {1: (108.326, 15.877), 2: (107.0, 14.0)})
        tiles = [tile_at(108.326, 15.877, zoom) for zoom in (14, 18, 0)]
        seen = [read_standings(db.session(), ["sites"], tile)["sites"].tag for tile in tiles]
        publish_points(db.session(), "sites", {2: (107.1, 14.1)})
        again = [read_standings(db.session(), ["sites"], tile)["sites"].tag for tile in tiles]
        assert [old == new for old, new in zip(seen, again, strict=True)] == [True, True, False]
        publish_points(db.session(), "sites", {1: None})
        gone = [read_standings(db.session(), ["sites"], tile)["sites"].tag for tile in tiles]
        assert all(old != new for old, new in zip(again, gone, strict=True))
