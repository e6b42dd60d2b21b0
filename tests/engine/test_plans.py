"""The spatial and textual questions use their indexes, on both engines, as the query plan says."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
import shapely
import sqlalchemy as sa

from app.core.db import db, now
from app.core.text import TokenQuery
from app.engine.questions import Point, intersects, matches_text, nearest, within_metres
from app.publication.called_off import long_over
from app.publication.comparisons import compare_number, is_like
from app.publication.conditions import ItemQuery, SortKey
from app.publication.filters import HasValue, criteria
from app.publication.keys import text_key
from app.publication.models import (
    CALLED_OFF,
    ITEMS,
    WORDS,
    CalledOff,
    PublishedItem,
    PublishedText,
    PublishedValue,
    PublishedWords,
)
from app.publication.quadkeys import quadkey
from app.publication.schema import Property
from app.publication.sorting import _page, _Phase, _with_first
from app.publication.spans import lasts_within, reach_statement
from app.publication.values import SPAN
from tests.harness.databases import Databases

if TYPE_CHECKING:
    from flask import Flask

ROWS = 3000


def _fill(app: Flask) -> None:
    """Write enough rows that reading all of them is not what a planner would choose."""
    with app.app_context():
        places = [(107 + (n % 60) / 30, 15 + (n // 60) / 40) for n in range(ROWS)]
        db.session.execute(
            sa.insert(PublishedItem),
            [
                {
                    "id": n + 1,
                    "collection": "sites",
                    "code": f"T-{n}",
                    "code_key": f"t-{n}",
                    "source_id": n,
                    "version": 1,
                    "digest": "",
                    "modified_at": now(),
                    "weight": 0,
                    "lon": lon,
                    "lat": lat,
                    "precision_m": 10,
                    "qkey": quadkey(lon, lat),
                    "geom": shapely.Point(lon, lat),
                    "min_lon": lon,
                    "max_lon": lon,
                    "min_lat": lat,
                    "max_lat": lat,
                }
                for n, (lon, lat) in enumerate(places)
            ],
        )
        keys = [{"id": text_key("sites", 0, n + 1, 0), "item_id": n + 1} for n in range(ROWS)]
        shown = {"language": "vi", "slug": "x", "feature": "x" * 1500}
        db.session.execute(sa.insert(PublishedText), [{**key, **shown} for key in keys])
        words = [{**key, "tokens": [f"vi_n_{n}", "vi_k_sites"]} for n, key in enumerate(keys)]
        db.session.execute(sa.insert(PublishedWords), words)
        days = {"code_key": "t-1", "code": "T-1", "category": None, "version": 1, "at": now()}
        firsts = [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(ROWS)]
        db.session.execute(sa.insert(CalledOff), [{**days, "starts_on": on, "ends_on": on} for on in firsts])
        values = {"number": None, "folded": None, "collection": "sites"}
        db.session.execute(
            sa.insert(PublishedValue),
            [
                row
                for n in range(ROWS)
                for row in (
                    {**values, "name": "year_from", "value": str(n), "number": float(n), "item_id": n + 1},
                    {**values, "name": "name@vi", "value": f"Đình {n}", "folded": f"dinh {n:05}", "item_id": n + 1},
                    {**values, "name": "rank", "value": "national", "number": 1.0, "item_id": n + 1},
                    {**values, "name": SPAN, "value": str(n), "number": n * 86_400.0, "item_id": n + 1},
                )
            ],
        )
        db.session.commit()
        db.session.execute(sa.text("ANALYZE"))
        db.session.commit()


@pytest.fixture(scope="module")
def filled(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over these rows, shared by the module: only read."""
    with databases.app(engine_name, fill=_fill) as made:
        yield made


def plan(statement: sa.Select) -> str:  # type: ignore[type-arg]
    bind = db.session.get_bind()
    text = str(statement.compile(bind, compile_kwargs={"literal_binds": False}))
    prefix = "EXPLAIN QUERY PLAN " if bind.dialect.name == "sqlite" else "EXPLAIN "
    compiled = statement.compile(bind)
    rows = db.session.connection().exec_driver_sql(prefix + text, _parameters(compiled))
    return "\n".join(str(tuple(row)) for row in rows)


def _parameters(compiled: sa.Compiled) -> object:
    processors = compiled._bind_processors  # type: ignore[attr-defined]
    values = {
        name: processors[name](value) if name in processors else value
        for name, value in (compiled.params or {}).items()
    }
    return tuple(values[name] for name in compiled.positiontup) if compiled.positional else values  # type: ignore[attr-defined]


HERE = Point(108.0, 15.6)


def _asked() -> dict[str, sa.Select]:  # type: ignore[type-arg]
    ids = sa.select(ITEMS.c.id)
    return {
        "within": ids.where(within_metres(ITEMS, HERE, 1000.0)),
        "nearest": ids.where(nearest(ITEMS, HERE, 5, lambda _: [])),
        "intersects": ids.where(intersects(ITEMS, shapely.box(108, 15.6, 108.05, 15.65))),
        "bbox": ids.where(ITEMS.c.collection == "sites", ITEMS.c.qkey.between(*_span()))
        .order_by(ITEMS.c.qkey, ITEMS.c.id)
        .limit(10),
        "number": ids.where(*criteria(HasValue(("year_from",), compare_number("<", 20.0)), "sites", ITEMS)),
        "days": ids.where(*criteria(lasts_within(dt.date(1970, 1, 5), dt.date(1970, 1, 9)), "sites", ITEMS)),
        "reach": reach_statement("sites"),
        "beginning": ids.where(
            *criteria(HasValue(("name@vi",), is_like(_NAME, "written", "Đình 29%")), "sites", ITEMS)
        ),
        "sorted by number": _page(_first_phase("year_from", is_text=False), [], 10),
        "sorted by text": _page(_first_phase("name@vi", is_text=True), [], 10),
        "called off": sa.select(CALLED_OFF.c.code).where(long_over(dt.date(2026, 11, 30))),
        "text": sa.select(WORDS.c.id).where(matches_text(WORDS, TokenQuery(("vi_n_77", "vi_k_sites")))),
    }


_NAME = Property("name", "string", "A name.", is_queryable=True, is_localized=True)


def _first_phase(name: str, *, is_text: bool) -> _Phase:
    return _with_first(ItemQuery("sites", "vi", sort=(SortKey(name, is_text=is_text, is_down=False),)))


def _span() -> tuple[int, int]:
    key = quadkey(HERE.lon, HERE.lat)
    return key, key + 4**9


@pytest.mark.parametrize(
    ("question", "sqlite", "postgis"),
    [
        ("within", "published_items_rtree VIRTUAL TABLE INDEX", "ix_published_items_geography"),
        ("nearest", "published_items_rtree VIRTUAL TABLE INDEX", "ix_published_items_place"),
        ("intersects", "published_items_rtree VIRTUAL TABLE INDEX", "ix_published_items_geom"),
        ("bbox", "_qkey_id", "ix_published_items_"),
        ("number", "ix_published_values_number", "ix_published_values_number"),
        ("days", "ix_published_values_number", "ix_published_values_number"),
        ("reach", "ix_published_values_number", "ix_published_values_number"),
        ("beginning", "ix_published_values_folded", "ix_published_values_folded"),
        ("sorted by number", "ix_published_values_number", "ix_published_values_number"),
        ("sorted by text", "ix_published_values_folded", "ix_published_values_folded"),
        ("called off", "ix_published_called_off_ends_on", "ix_published_called_off_ends_on"),
        ("text", "published_words_fts VIRTUAL TABLE INDEX", "ix_published_words_tokens"),
    ],
)
def test_question_uses_its_index(filled: Flask, engine_name: str, question: str, sqlite: str, postgis: str) -> None:
    with filled.app_context():
        found = plan(_asked()[question])
        assert (sqlite if engine_name == "sqlite" else postgis) in found, found
        assert "SCAN published_items\n" not in found
        assert "Seq Scan on published_items\n" not in found


def test_nearest_uses_both_its_indexes_on_postgis(filled: Flask, engine_name: str) -> None:
    with filled.app_context():
        found = plan(_asked()["nearest"])
        if engine_name == "postgis":
            assert "ix_published_items_place" in found
            assert "ix_published_items_geography" in found
        else:
            assert found.count("published_items_rtree VIRTUAL TABLE INDEX") > 1
