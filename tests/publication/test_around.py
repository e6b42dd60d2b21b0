"""What lies around a point, and what a map shows of it: the same on both engines, nearest first, nothing too exact."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import shapely

from app.core.db import db
from app.engine.questions import Point
from app.engine.sqlite import distance_between
from app.publication.around import count_around, read_around, read_maybe_around, read_nearest
from app.publication.conditions import ItemQuery
from app.publication.filters import AnyOf, HasPlace, Not
from app.publication.finished import code_of
from app.publication.schema import Place, Projection, Rendering, Value
from app.publication.store import journal, store
from app.publication.view import MOST_POINTS, count_view, read_list, read_view

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask

    from tests.harness.databases import Databases

HERE = Point(108.326, 15.877)
BOX = (107.9, 15.5, 108.7, 16.2)
# Leaves nothing out, and is a condition all the same.
EVERYTHING = AnyOf((HasPlace(), Not(HasPlace())))


def thing(code: str, lon: float, lat: float, precision_m: int) -> Projection:
    told = {
        "code": code,
        "name": f"Điểm {code}",
        "url": f"/vi/x/{code}",
        "location_precision_m": precision_m,
    }
    rank = "national" if int(code[1:]) % 3 == 0 else "provincial"
    place = Place(lon, lat, precision_m, shapely.Point(lon, lat))
    rendering = Rendering(code.lower(), told, [], [])
    return Projection(
        code, int(code[1:]) % 4, place, (), dict.fromkeys(("vi", "en"), rendering), (), (Value("rank", rank),)
    )


def publish(collection: str, things: list[Projection], first: int = 1) -> None:
    session = db.session()
    by_key = dict(enumerate(things, first))
    journal(session, [store(session, collection, list(by_key), by_key)])
    session.commit()


def scattered(prefix: str, count: int) -> list[Projection]:
    """Things at random places around, always the same; every other known only to within a commune."""
    dice = random.Random(f"{prefix}{count}")  # noqa: S311 (places, no secrets)
    return [
        thing(
            f"{prefix}{number}",
            round(dice.uniform(BOX[0], BOX[2]), 5),
            round(dice.uniform(BOX[1], BOX[3]), 5),
            3000 if number % 2 else 20,
        )
        for number in range(1, count + 1)
    ]


def around(radius_m: float | None = None) -> list[ItemQuery]:
    return [ItemQuery(name, "vi", near=HERE, radius_m=radius_m) for name in ("sites", "places")]


def in_view(**asked: object) -> list[ItemQuery]:
    return [ItemQuery(name, "vi", **asked) for name in ("sites", "places")]  # type: ignore[arg-type]


def read_all(reads: Callable[[str | None], tuple[list[str], str | None]]) -> list[str]:
    found: list[str] = []
    cursor: str | None = None
    while True:
        page, cursor = reads(cursor)
        found += page
        if cursor is None:
            return found


def test_both_engines_find_the_same_around_a_point_in_the_same_order(empty_apps: dict[str, Flask]) -> None:
    answers = []
    for app in empty_apps.values():
        with app.app_context():
            publish("sites", [*scattered("S", 150), thing("S900", 108.34, 15.88, 3000)])
            publish("places", scattered("P", 150))

            counts = count_around(db.session(), around(20_000))

            def page(cursor: str | None, counts: dict[str, int] = counts) -> tuple[list[str], str | None]:
                found, following = read_around(db.session(), around(20_000), counts, limit=7, cursor=cursor)
                return [code_of(one.feature) for one in found], following

            maybe = [code_of(one.feature) for one in read_maybe_around(db.session(), around(2_900), limit=50)]
            nearest = read_nearest(db.session(), around())
            codes = read_all(page)
            assert len(codes) == len(set(codes)) == sum(counts.values()) > 50
            assert maybe
            assert nearest
            # The nearest is of what may be navigated to; a wide circle also holds what is known roughly.
            assert code_of(nearest.feature) == next(code for code in codes if code != "S900")
            answers.append((codes, maybe, counts))
    assert answers[0] == answers[1]


def test_of_many_in_a_circle_the_nearest_are_read_and_counting_ends(
    empty_apps: dict[str, Flask], monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = []
    for app in empty_apps.values():
        with app.app_context(), monkeypatch.context() as patch:
            publish("sites", scattered("S", 40))
            publish("places", scattered("P", 400))
            whole, _ = read_around(db.session(), around(20_000), {}, limit=500)
            # More than the few sites, less than the many places.
            patch.setattr("app.publication.around.MOST_COUNTED", 30)
            counts = count_around(db.session(), around(20_000))

            def page(cursor: str | None, counts: dict[str, int] = counts) -> tuple[list[str], str | None]:
                found, following = read_around(db.session(), around(20_000), counts, limit=24, cursor=cursor)
                return [code_of(one.feature) for one in found], following

            codes = read_all(page)
        assert counts["places"] == 31
        assert 0 < counts["sites"] < 30
        assert [code_of(one.feature) for one in whole] == codes
        answers.append((codes, counts))
    assert answers[0] == answers[1]


def test_a_wide_circle_is_measured_no_further_than_the_page_needs(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.publication.around.MOST_COUNTED", 100)
    measured = []
    for much in (400, 1600):
        asked = 0

        def measure(*places: float) -> float | None:
            nonlocal asked
            asked += 1
            return distance_between(*places)

        with databases.app("sqlite") as app, app.app_context():
            publish("places", scattered("P", much))
            driver = db.session.connection().connection.driver_connection
            assert driver
            driver.create_function("disan_distance_m", 4, measure, deterministic=True)
            counts = count_around(db.session(), around(20_000))
            found, _ = read_around(db.session(), around(20_000), counts, limit=24)
            assert len(found) == 24
        measured.append(asked)
    assert measured[1] < measured[0] * 1.3


def test_a_thing_known_only_to_a_commune_is_not_near_but_may_be(app: Flask) -> None:
    with app.app_context():
        publish("sites", [thing("S1", 108.326, 15.877, 3000), thing("S2", 108.3265, 15.877, 20)])
        near, _ = read_around(db.session(), around(500), {}, limit=10)
        maybe = read_maybe_around(db.session(), around(500), limit=10)
    assert [code_of(one.feature) for one in near] == ["S2"]
    assert [code_of(one.feature) for one in maybe] == ["S1"]


def test_what_may_lie_in_half_a_province_is_not_told_to_be_near(app: Flask) -> None:
    with app.app_context():
        publish("sites", [thing("S1", 108.326, 15.877, 15_000), thing("S2", 108.38, 15.877, 3000)])
        assert read_maybe_around(db.session(), around(500), limit=10) == []


def test_distances_are_those_of_the_way(app: Flask) -> None:
    with app.app_context():
        publish("sites", [thing("S1", 108.326, 15.886036, 20)])
        (found,), _ = read_around(db.session(), around(5000), {}, limit=10)
    assert found.metres == pytest.approx(1000, abs=5)


def test_both_engines_show_the_same_in_view(empty_apps: dict[str, Flask]) -> None:
    answers = []
    for app in empty_apps.values():
        with app.app_context():
            publish("sites", scattered("S", 150))
            publish("places", scattered("P", 150))
            box = (108.0, 15.6, 108.5, 16.0)

            def page(cursor: str | None, box: tuple[float, ...] = box) -> tuple[list[str], str | None]:
                found, following = read_list(db.session(), in_view(), box, limit=7, cursor=cursor)  # type: ignore[arg-type]
                return [code_of(feature) for _, feature in found], following

            view = read_view(db.session(), in_view(), box, 12)
            codes = [spot.mark["code"] for spot in view.spots]
            assert view.clusters == []
            assert codes == read_all(page)
            assert len(codes) == sum(count_view(db.session(), in_view(), box).values()) > 50
            precise = [spot.precision_m == 20 for spot in view.spots]
            assert precise == sorted(precise, reverse=True)
            answers.append(codes)
    assert answers[0] == answers[1]


def test_more_than_the_most_points_come_as_counts(empty_apps: dict[str, Flask]) -> None:
    answers = []
    for app in empty_apps.values():
        with app.app_context():
            publish("sites", scattered("S", 1500))
            publish("places", scattered("P", 900))
            kept = read_view(db.session(), in_view(), BOX, 9)
            # 800 sites of a rank are few enough to be shown one by one.
            ranked = read_view(db.session(), in_view(filters=(("rank", "national"),)), BOX, 9)
            assert kept.spots == []
            assert sum(cluster.n for cluster in kept.clusters) == 2400 > MOST_POINTS
            assert len(kept.clusters) > 4
            assert len(ranked.spots) == 800
            corner = (108.0, 15.6, 108.05, 15.65)
            near_by = read_view(db.session(), in_view(), corner, 14)
            assert 0 < len(near_by.spots) < 100
            answers.append((kept, [spot.mark["code"] for spot in near_by.spots]))
    assert answers[0] == answers[1]


def test_counts_of_what_is_filtered_are_made_like_those_that_are_kept(app: Flask) -> None:
    with app.app_context():
        publish("sites", scattered("S", 2100))
        whole = read_view(db.session(), in_view(), BOX, 9)
        live = read_view(db.session(), in_view(where=EVERYTHING), BOX, 9)
    assert whole.clusters
    assert whole == live


def test_the_cells_of_a_wide_view_are_not_too_many(app: Flask) -> None:
    with app.app_context():
        publish("sites", scattered("S", 2100))
        view = read_view(db.session(), in_view(), (-179.0, -80.0, 179.0, 80.0), 19)
        assert 0 < len(view.clusters) <= 400
        assert sum(cluster.n for cluster in view.clusters) == 2100


def test_a_page_of_the_map_asks_as_much_however_much_there_is(
    app: Flask, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    asked = []
    with app.app_context():
        for first, count in ((1, 10), (11, 300)):
            publish("sites", scattered("S", first + count)[first - 1 :], first)
            with count_queries() as statements:
                read_around(db.session(), around(50_000), {}, limit=24)
                read_maybe_around(db.session(), around(500), limit=24)
                read_list(db.session(), in_view(), BOX, limit=24)
                read_view(db.session(), in_view(), BOX, 9)
            asked.append(len(statements))
    assert asked[0] == asked[1] <= 6
