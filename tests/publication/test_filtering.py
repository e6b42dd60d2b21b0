"""Filters and orders find the same ids in the same order on both engines, and what plain Python decides."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from app.api.filters import read_filter
from app.api.shapes import FILTER_CRS
from app.api.sorting import read_sort
from app.core.db import db
from app.core.text import fold
from app.publication.collections import COLLECTIONS
from app.publication.conditions import ItemQuery
from app.publication.pages import read_page
from tests.harness.counts import counts
from tests.harness.features import Feature, decide, publish_features

if TYPE_CHECKING:
    from flask import Flask

CRS84 = next(iter(FILTER_CRS))
NAMES = (
    "Chùa Cầu",
    "chùa cầu",
    "chua cau",
    "Đình Cẩm Phô",
    "đinh",
    "Dinh",
    "Hội quán",
    "hoi quan",
    "A_b%c",
    "Ấp",
    "*[x]",
)
RANKS = ("special_national", "national", "provincial")
TYPES = ("historical", "archaeological", "scenic")
DAYS = tuple((dt.date(2026, 1, 1) + dt.timedelta(days=3 * n)) for n in range(8))


def _features(draw: random.Random) -> list[Feature]:
    return [_feature(draw, number) for number in range(90)]


def _feature(draw: random.Random, number: int) -> Feature:
    def some(values: Any, most: int = 1, least: int = 0) -> list[Any]:
        return sorted(draw.sample(values, draw.randint(least, most)), key=str)

    lon, lat = draw.choice((108.0, 108.1, 108.2)), draw.choice((15.0, 15.1, 15.2))
    shapes = (None, shapely.Point(lon, lat), shapely.box(lon, lat, lon + 0.1, lat + 0.1))
    line = shapely.LineString([(lon, lat), (lon + 0.1, lat + 0.1)])
    starts = some(DAYS, 2)
    spans = [(first, first + dt.timedelta(days=draw.choice((0, 3, 6)))) for first in starts]
    if spans and draw.random() < 0.2:
        spans[0] = draw.choice([(None, spans[0][1]), (spans[0][0], None), (None, None)])
    return Feature(
        f"T-{(number * 37) % 97:03}",
        {
            "year_from": some(range(-3, 4)),
            "is_world_heritage": some((True, False)),
            "rank": some(RANKS),
            "type": some(TYPES, 3),
            "tags": some(NAMES, 2),
        },
        draw.choice((*shapes, line)),
        spans,
        {"vi": draw.choice(NAMES), "en": draw.choice(NAMES)},
    )


FEATURES = _features(random.Random(11))  # noqa: S311


@dataclass
class Both:
    """Two applications over the same features, of sites and of events alike."""

    apps: list[Flask]

    def ids(self, node: Any, *, sortby: str = "", limit: int = 1000, collection: str = "sites") -> list[str]:
        """Ask both engines for every page and check that they agree; gives the codes in order."""
        answers = [list(self._crawl(app, node, sortby, limit, collection)) for app in self.apps]
        assert answers[0] == answers[1]
        return answers[0]

    def _crawl(self, app: Flask, node: Any, sortby: str, limit: int, name: str) -> Iterator[str]:
        collection = COLLECTIONS[name]
        text = json.dumps(node)
        where = read_filter(collection, ("vi", "en"), text, filter_lang="cql2-json", filter_crs=CRS84)
        order = read_sort(collection, "en", sortby) if sortby else ()
        cursor: str | None = None
        with app.app_context():
            while True:
                query = ItemQuery(name, "en", limit=limit, where=where, sort=order, cursor=cursor)
                page = read_page(db.session(), query)
                yield from (json.loads(feature)["id"] for feature in page.features)
                cursor = page.next_cursor
                if cursor is None:
                    return


@pytest.fixture(scope="module")
def both(databases) -> Iterator[Both]:  # noqa: ANN001
    with contextlib.ExitStack() as stack:
        apps = [stack.enter_context(databases.app(name)) for name in ("sqlite", "postgis")]
        for app in apps:
            with app.app_context():
                publish_features(db.session(), "sites", FEATURES)
                events = [_event(feature) for feature in FEATURES]
                publish_features(db.session(), "events", events)
        yield Both(apps)


def _event(feature: Feature) -> Feature:
    days = {
        "starts_on": [first.isoformat() for first, _ in feature.spans if first],
        "ends_on": [last.isoformat() for _, last in feature.spans if last],
    }
    return Feature(feature.code, days, feature.geometry, feature.spans, feature.names)


def prop(name: str) -> dict[str, str]:
    return {"property": name}


@st.composite
def texts(draw: Callable[..., Any], name: str, values: tuple[str, ...]) -> dict[str, Any]:
    functions = draw(st.sampled_from([[], ["casei"], ["accenti"], ["casei", "accenti"], ["accenti", "casei"]]))
    # What is compared is mostly made alike on both sides, and sometimes not.
    of_value = functions if draw(st.integers(0, 4)) else []

    def wrap(node: Any, names: list[str]) -> Any:
        for function in names:
            node = {"op": function, "args": [node]}
        return node

    value = st.sampled_from(values)
    op = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "in", "between", "like"]))
    side = wrap(prop(name), functions)
    if op == "in":
        chosen = draw(st.lists(value, min_size=1, max_size=3))
        return {"op": op, "args": [side, [wrap(one, of_value) for one in chosen]]}
    if op == "between":
        return {"op": op, "args": [side, *(wrap(draw(value), of_value) for _ in range(2))]}
    if op == "like":
        word = draw(value)
        cut = draw(st.integers(0, len(word)))
        pattern = draw(st.sampled_from([word[:cut] + "%", "%" + word[cut:], f"{word[:cut]}_%", word, r"A\_b\%c", "\\"]))
        return {"op": op, "args": [side, wrap(pattern, of_value)]}
    return {"op": op, "args": [side, wrap(draw(value), of_value)]}


@st.composite
def numbers(draw: Callable[..., Any]) -> dict[str, Any]:
    number = st.integers(-4, 4)
    op = draw(st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "in", "between"]))
    side = prop("year_from")
    if op == "in":
        return {"op": op, "args": [side, draw(st.lists(number, min_size=1, max_size=3))]}
    return {"op": op, "args": [side, *(draw(number) for _ in range(2 if op == "between" else 1))]}


@st.composite
def shapes(draw: Callable[..., Any]) -> dict[str, Any]:
    op = draw(
        st.sampled_from(["intersects", "within", "contains", "disjoint", "equals", "touches", "crosses", "overlaps"])
    )
    lon, lat = draw(st.sampled_from((108.0, 108.1, 108.15))), draw(st.sampled_from((15.0, 15.1, 15.15)))
    node = draw(
        st.sampled_from(
            [
                {"type": "Point", "coordinates": [lon, lat]},
                {"type": "LineString", "coordinates": [[lon, lat], [lon + 0.1, lat + 0.1]]},
                {"type": "Polygon", "coordinates": [[[lon, lat], [lon + 0.2, lat], [lon, lat + 0.2], [lon, lat]]]},
                {"bbox": [lon, lat, lon + 0.1, lat + 0.1]},
            ]
        )
    )
    return {"op": f"s_{op}", "args": [prop("geometry"), node]}


leaves = st.one_of(
    texts("name", NAMES),
    texts("tags", NAMES),
    texts("rank", RANKS),
    texts("type", TYPES),
    texts("code", ("T-000", "T-037", "t-037", "T-09")),
    numbers(),
    shapes(),
    st.booleans().map(lambda truth: {"op": "=", "args": [prop("is_world_heritage"), truth]}),
    st.sampled_from(["year_from", "rank", "type", "tags", "geometry"]).map(
        lambda n: {"op": "isNull", "args": [prop(n)]}
    ),
    st.booleans(),
)
expressions = st.recursive(
    leaves,
    lambda inner: st.one_of(
        inner.map(lambda part: {"op": "not", "args": [part]}),
        st.tuples(st.sampled_from(["and", "or"]), st.lists(inner, min_size=2, max_size=3)).map(
            lambda found: {"op": found[0], "args": found[1]}
        ),
    ),
    max_leaves=6,
)


@given(node=expressions)
@settings(max_examples=counts(150, 3000))
def test_filter_finds_what_plain_python_decides(both: Both, node: Any) -> None:
    expected = [feature.code for feature in FEATURES if decide(node, feature)]
    assert both.ids(node) == expected


@st.composite
def orders(draw: Callable[..., Any]) -> str:
    names = draw(st.permutations(["name", "rank", "year_from", "is_world_heritage", "code", "modified_at"]))
    return ",".join(draw(st.sampled_from(["", "+", "-"])) + name for name in names[: draw(st.integers(1, 3))])


@given(node=leaves, sortby=orders(), limit=st.sampled_from((1, 7, 40, 1000)))
@settings(max_examples=counts(80, 1500))
def test_sorted_pages_come_in_the_order_of_plain_python(both: Both, node: Any, sortby: str, limit: int) -> None:
    found = [feature for feature in FEATURES if decide(node, feature)]
    assert both.ids(node, sortby=sortby, limit=max(limit, len(found) // 4)) == [
        f.code for f in _in_order(found, sortby)
    ]


def _in_order(found: list[Feature], sortby: str) -> list[Feature]:
    """Sort by the last key first; Python's sort keeps what is equal as it was."""
    keys = sortby.split(",")
    found = sorted(found, key=FEATURES.index, reverse=keys[0].startswith("-"))
    for key in reversed(keys):
        name = key.lstrip("+-")
        held = [feature for feature in found if _sort_value(feature, name) is not None]
        missing = [feature for feature in found if _sort_value(feature, name) is None]
        # Reversed both ways, what is equal stays as it was.
        turn = -1 if key.startswith("-") else 1
        found = sorted(held[::turn], key=lambda feature: _sort_value(feature, name))[::turn] + missing
    return found


def _sort_value(feature: Feature, name: str) -> Any:
    if name == "modified_at":
        return 0
    if name == "name":
        return fold(feature.names["en"]), feature.names["en"]
    values = feature.all_of(name)
    if not values:
        return None
    # A vocabulary has an order of its own.
    return RANKS.index(values[0]) if name == "rank" else values[0]


@st.composite
def times(draw: Callable[..., Any]) -> dict[str, Any]:
    relations = "after before contains disjoint during equals finishedBy finishes intersects meets metBy overlappedBy"
    op = draw(st.sampled_from([*relations.split(), "overlaps", "startedBy", "starts"]))
    span = {"interval": [prop("starts_on"), prop("ends_on")]}
    side = draw(st.sampled_from([span, prop("starts_on"), prop("ends_on")]))
    first, last = sorted(draw(st.sampled_from(DAYS)).isoformat() for _ in range(2))
    value = draw(
        st.sampled_from(
            [{"date": first}, {"interval": [first, last]}, {"interval": ["..", last]}, {"interval": [first, ".."]}]
        )
    )
    return {"op": f"t_{op}", "args": [side, value]}


@given(node=times(), is_not=st.booleans())
@settings(max_examples=counts(100, 2000))
def test_times_stand_as_plain_python_decides(both: Both, node: Any, is_not: bool) -> None:  # noqa: FBT001
    node = {"op": "not", "args": [node]} if is_not else node
    expected = [feature.code for feature in FEATURES if decide(node, _event(feature))]
    assert both.ids(node, collection="events") == expected
