"""Both engines give the same ids in the same order to every question, on random data."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
import shapely
import sqlalchemy as sa
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.db import db, now
from app.core.text import document_tokens
from app.engine.questions import Point
from app.publication.conditions import ItemQuery
from app.publication.keys import text_key
from app.publication.models import PublishedItem, PublishedText, PublishedWords
from app.publication.pages import read_page
from app.publication.quadkeys import quadkey
from app.publication.scopes import text_tokens
from tests.harness.counts import counts

if TYPE_CHECKING:
    from flask import Flask

ROWS = 400
WORDS = (
    "chùa",
    "cầu",
    "đình",
    "đền",
    "Điện",
    "Bàn",
    "điện",
    "bản",
    "Mỹ",
    "Sơn",
    "my",
    "son",
    "sông",
    "Hoà",
    "Hòa",
    "thu",
    "bồn",
)


@dataclass
class Both:
    """The two applications over the same random rows."""

    apps: dict[str, Flask]
    pages: int = field(default=0)

    def ids(self, **asked: object) -> list[str]:
        """Ask both engines for every page of a query and check that they agree; gives the ids in order."""
        answers = [list(_crawl(app, **asked)) for app in self.apps.values()]
        assert answers[0] == answers[1]
        assert len(answers[0]) == len(set(answers[0])), "an item comes twice"
        return answers[0]


def _crawl(app: Flask, **asked: object) -> Iterator[str]:
    with app.app_context():
        cursor: str | None = None
        while True:
            page = read_page(db.session(), ItemQuery("sites", "vi", cursor=cursor, **asked))  # type: ignore[arg-type]
            yield from page.features
            cursor = page.next_cursor
            if cursor is None:
                return


def _fill(app: Flask) -> None:
    """Put the same pseudo-random rows into a database: dense in one place, thin over the whole Earth."""
    draw = random.Random(7)  # noqa: S311
    with app.app_context():
        for number in range(ROWS):
            spread = draw.choice((0.001, 0.05, 5.0, 90.0))
            lon = max(-180.0, min(180.0, round(draw.gauss(108.3, spread), 6)))
            lat = max(-90.0, min(90.0, round(draw.gauss(15.9, spread / 2), 6)))
            if draw.random() < 0.1:
                # Equal places, so that ties are met.
                lon, lat = 108.326, 15.877
            code = f"T-{draw.randrange(10**6):06}{number}"
            name = " ".join(draw.choices(WORDS, k=draw.randint(1, 4)))
            place = " ".join(draw.choices(WORDS, k=2))
            text = " ".join(draw.choices(WORDS, k=8))
            item = PublishedItem(
                collection="sites",
                code=code,
                code_key=code.lower(),
                source_id=number,
                version=1,
                digest="",
                weight=number % 7,
                modified_at=now(),
                lon=lon,
                lat=lat,
                precision_m=draw.choice((20, 500, 501, 3000)),
                qkey=quadkey(lon, lat),
                geom=shapely.Point(lon, lat),
                min_lon=lon,
                max_lon=lon,
                min_lat=lat,
                max_lat=lat,
            )
            db.session.add(item)
            db.session.flush()
            tokens = text_tokens(document_tokens([name], [place], [text]), "sites", "vi")
            feature = f'{{"id":"{code}","properties":{{"n":1}}}}'
            text_id = text_key("sites", item.weight, item.id, 0)
            db.session.add(PublishedText(id=text_id, item_id=item.id, language="vi", slug=code, feature=feature))
            db.session.add(PublishedWords(id=text_id, item_id=item.id, tokens=tokens))
        db.session.commit()


@pytest.fixture(scope="module")
def both(databases) -> Iterator[Both]:  # noqa: ANN001
    with contextlib.ExitStack() as stack:
        apps = {name: stack.enter_context(databases.app(name)) for name in ("sqlite", "postgis")}
        for app in apps.values():
            _fill(app)
        yield Both(apps)


lons = st.one_of(st.floats(-180, 180), st.floats(108.2, 108.4), st.sampled_from((-180.0, 180.0, 0.0, 108.326)))
lats = st.one_of(st.floats(-90, 90), st.floats(15.8, 16.0), st.sampled_from((-90.0, 90.0, 0.0, 15.877)))
pages = st.sampled_from((1, 3, 50, 1000))


@given(west=lons, east=lons, south=lats, north=lats, limit=pages)
@settings(max_examples=counts(60, 1500))
def test_bbox_gives_the_same_on_both_engines(
    both: Both, west: float, east: float, south: float, north: float, limit: int
) -> None:
    west, east = sorted((west, east))
    south, north = sorted((south, north))
    boxes = ((west, south, east, north),)
    found = both.ids(boxes=boxes, limit=max(limit, 20))
    assert len(found) == _count_in(both, west, south, east, north)


def _count_in(both: Both, west: float, south: float, east: float, north: float) -> int:
    """Count by plain comparison, without any index or range."""
    with both.apps["sqlite"].app_context():
        held = sa.and_(PublishedItem.lon.between(west, east), PublishedItem.lat.between(south, north))
        return db.session.scalar(sa.select(sa.func.count()).where(held)) or 0


@given(
    lon=lons, lat=lats, radius=st.one_of(st.floats(0.001, 100_000), st.sampled_from((1.0, 500.0, 5_000.0))), limit=pages
)
@settings(max_examples=counts(60, 1500))
def test_within_metres_gives_the_same_on_both_engines(
    both: Both, lon: float, lat: float, radius: float, limit: int
) -> None:
    found = both.ids(near=Point(lon, lat), radius_m=radius, limit=max(limit, 20))
    assert len(found) == _count_near(both, lon, lat, radius)


def _count_near(both: Both, lon: float, lat: float, radius: float) -> int:
    """Count by measuring every row."""
    from app.engine.sqlite import distance_between

    with both.apps["sqlite"].app_context():
        rows = db.session.execute(sa.select(PublishedItem.lon, PublishedItem.lat, PublishedItem.precision_m))
        return sum(
            distance_between(row.lon, row.lat, lon, lat) <= radius and row.precision_m <= max(radius, 500)
            for row in rows
        )


@given(lon=lons, lat=lats, limit=st.sampled_from((30, 100, 1000)))
@settings(max_examples=counts(25, 500))
def test_nearest_gives_everything_in_the_same_order_on_both_engines(
    both: Both, lon: float, lat: float, limit: int
) -> None:
    assert len(both.ids(near=Point(lon, lat), limit=limit)) == _count_near(both, lon, lat, 1e9) - _count_coarse(both)


def _count_coarse(both: Both) -> int:
    """Count the places that are known too roughly to be near anything."""
    with both.apps["sqlite"].app_context():
        return db.session.scalar(sa.select(sa.func.count()).where(PublishedItem.precision_m > 500)) or 0


@given(st.lists(st.sampled_from(WORDS), min_size=1, max_size=4), st.integers(1, 5), st.sampled_from((20, 1000)))
@settings(max_examples=counts(12, 300))
def test_text_gives_the_same_on_both_engines(both: Both, words: list[str], cut: int, limit: int) -> None:
    query = " ".join([*words[:-1], words[-1][:cut]])
    found = both.ids(text=query, limit=limit)
    unmarked = both.ids(text=query.replace("đ", "d").replace("Đ", "D"), limit=limit)
    assert set(found) == set(unmarked)


@given(
    points=st.lists(st.tuples(st.floats(107, 109), st.floats(15, 17)), min_size=3, max_size=6),
    box=st.tuples(st.floats(107, 109), st.floats(15, 17), st.floats(0, 1), st.floats(0, 1)),
)
@settings(max_examples=counts(40, 800))
def test_intersects_gives_the_same_on_both_engines(
    both: Both, points: list[tuple[float, float]], box: tuple[float, float, float, float]
) -> None:
    from app.engine.questions import intersects

    shape = shapely.MultiPoint(points).convex_hull
    window = shapely.box(box[0], box[1], box[0] + box[2], box[1] + box[3])
    answers = []
    for app in both.apps.values():
        with app.app_context():
            asked = PublishedItem.__table__
            statements = [
                sa.select(asked.c.code).where(intersects(asked, area)).order_by(asked.c.code)
                for area in (shape, window)
            ]
            answers.append([db.session.scalars(statement).all() for statement in statements])
    assert answers[0] == answers[1]


def test_random_rows_meet_every_kind_of_question(both: Both, figure: Callable[[str, int], None]) -> None:
    figure("rows in the comparison of both engines", ROWS)
    assert len(both.ids(boxes=((108.0, 15.5, 108.6, 16.3),), limit=1000)) > 50
    assert len(both.ids(near=Point(108.326, 15.877), radius_m=1000.0, limit=1000)) > 20
    assert len(both.ids(text="mỹ sơn", limit=1000)) > 5
