"""Ways from a routing engine: asked for by the worker only, kept with source and day, published as legs."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from click.testing import CliRunner

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.cli import main
from app.config import Settings
from app.core import clock
from app.core.db import db
from app.jobs.models import Wish, WishState
from app.jobs.operations import wish
from app.publication.routing import FIND_WAYS
from app.tourism.models import RoutedWay
from app.tourism.routing import KEPT_DAYS, ask
from app.worker.handlers import daily_jobs
from tests.harness import register
from tests.harness.routing import NO_ROUTE, Engine, serve_routes
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

Use = Callable[..., None]
THERE_AND_BACK = ({"place": "QNM-P1"}, {"place": "QNM-P2"}, {"place": "QNM-P1"})
PAGE = "/en/itineraries/route-qnm-r1-qnm-r1"


@pytest.fixture
def engine() -> Iterator[Engine]:
    with serve_routes() as served:
        yield served


def publish(app: Flask, *stops: dict[str, Any], accuracy_m: int = 20, **fields: Any) -> None:
    """Publish two places a kilometre apart and an itinerary by them."""
    near, far = register.location(), register.location(15.886117, 108.336, accuracy_m=accuracy_m)
    given = stops or ({"place": "QNM-P1", "dwell_min": 30}, {"place": "QNM-P2", "dwell_min": 10})
    with app.app_context():
        register.write_vocabulary(db.session())
        for code, at in (("QNM-P1", near), ("QNM-P2", far)):
            register.publish(db.session(), ("place", register.place(code, locations=[at])))
        register.publish(db.session(), ("itinerary", register.itinerary("QNM-R1", *given, **fields)))
        db.session.commit()


@pytest.fixture
def use(app: Flask, monkeypatch: pytest.MonkeyPatch) -> Use:
    """Change the app's settings until the test is over, for tests share it."""
    return lambda **settings: monkeypatch.setitem(
        app.config, "DISAN", dataclasses.replace(app.config["DISAN"], **settings)
    )


def find(app: Flask) -> WishState:
    """Wish for the ways, let the worker find them, and give how that ended."""
    with app.app_context():
        actor = system_actor(db.session(), "tests", role=Role.ADMIN)
        number = wish(db.session(), FIND_WAYS, {}, actor=actor).id
        db.session.commit()
    run_jobs(app)
    with app.app_context():
        return WishState(db.session.get_one(Wish, number).state)


def stops(app: Flask) -> list[dict[str, Any]]:
    item = app.test_client().get("/api/v1/collections/itineraries/items/QNM-R1?lang=en").get_json(force=True)
    return list(item["properties"]["stops"])


def test_way_is_found_kept_and_published_with_its_source_and_day(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    assert stops(app)[1]["leg_basis"] is None
    use(routing_url=engine.url, routing_source="Our engine, © roads")
    assert find(app) == WishState.DONE
    assert engine.asked == [
        "/route/v1/foot/108.326050,15.877083;108.336000,15.886117?overview=full&geometries=geojson&steps=false"
    ]
    told = stops(app)[1]
    assert told["leg"]["coordinates"] == [[108.32605, 15.877083], [108.336, 15.877083], [108.336, 15.886117]]
    assert (told["leg_basis"], told["leg_distance_m"], told["leg_duration_min"]) == ("routed", 1234, 15)
    assert told["leg_source"] == "Our engine, © roads"
    assert dt.date.fromisoformat(told["leg_found_on"])
    page = " ".join(app.test_client().get(PAGE).text.split())
    assert "1.2 km by road; about 15 min" in page
    assert "Worked out by Our engine, © roads on" in page
    assert "as the crow flies" not in page
    assert "Our engine, © roads" in app.test_client().get(f"{PAGE}.gpx").text


def test_way_that_is_kept_is_not_asked_for_again(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    use(routing_url=engine.url)
    find(app)
    find(app)
    assert len(engine.asked) == 1
    with app.app_context():
        db.session.execute(sa.update(RoutedWay).values(found_on=dt.date(2020, 1, 1)))
        db.session.commit()
    find(app)
    assert len(engine.asked) == 2


def test_visitor_asks_nobody(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    use(routing_url=engine.url)
    for path in (PAGE, f"{PAGE}?stop=2", f"{PAGE}.gpx", f"{PAGE}.ics?on=2027-02-20"):
        assert app.test_client().get(path).status_code == 200
    assert engine.asked == []


def test_each_way_of_travelling_may_have_its_engine(engine: Engine) -> None:
    settings = Settings(routing_url=f"{engine.url}/{{mode}}/")
    found = ask(settings, "bike:108.1,15.9;108.2,15.8")
    assert found
    assert engine.asked[0].startswith("/bike/route/v1/bike/108.1,15.9;108.2,15.8?")


def test_way_is_drawn_as_finely_as_it_is_seen(engine: Engine) -> None:
    line = [[108.1 + step / 10_000, 15.9] for step in range(1000)]
    route = {"geometry": {"type": "LineString", "coordinates": line}, "distance": 10_000, "duration": 600}
    engine.answer = (200, {"code": "Ok", "waypoints": [], "routes": [route]})
    found = ask(Settings(routing_url=engine.url), "car:108.1,15.9;108.2,15.9")
    assert found
    assert list(found.line.coords) == [(108.1, 15.9), (108.1999, 15.9)]


def test_ways_are_found_on_demand(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    use(routing_url=engine.url)
    settings = app.config["DISAN"]
    given = {"DATA": str(settings.data), "DATABASE_URL": settings.database_url, "ROUTING_URL": settings.routing_url}
    result = CliRunner().invoke(main, ["ways"], env={f"DISAN_{name}": value for name, value in given.items()})
    assert result.exit_code == 0, result.output
    assert "1 way found, 1 changed" in result.output
    assert stops(app)[1]["leg_basis"] == "routed"


@pytest.mark.parametrize(
    "fields", [{"mode": "boat"}, {"accuracy_m": 800}], ids=["no engine knows boats", "a place that is roughly known"]
)
def test_way_nobody_could_follow_is_not_asked_for(app: Flask, engine: Engine, use: Use, fields: dict[str, Any]) -> None:
    publish(app, **fields)
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert engine.asked == []


def test_way_to_what_is_not_public_is_not_asked_for(app: Flask, engine: Engine, use: Use) -> None:
    """A site that is blurred is told to within 1.6 km; the engine hears nothing of it."""
    with app.app_context():
        register.write_vocabulary(db.session())
        secret = register.site("QNM-1", locations=[register.location(15.9)], location_policy="blurred")
        register.publish(db.session(), ("site", secret), ("place", register.place("QNM-P1")))
        way = register.itinerary("QNM-R1", {"place": "QNM-P1"}, {"site": "QNM-1"})
        register.publish(db.session(), ("itinerary", way))
        db.session.commit()
    use(routing_url=engine.url)
    find(app)
    assert engine.asked == []


def test_way_that_is_drawn_goes_before(app: Flask, engine: Engine, use: Use) -> None:
    leg = {"leg_text": "LINESTRING(108.32605 15.877083,108.336 15.886117)", "leg_crs": "EPSG:4326"}
    publish(app, {"place": "QNM-P1"}, {"place": "QNM-P2", **leg})
    use(routing_url=engine.url)
    find(app)
    assert engine.asked == []
    assert stops(app)[1]["leg_basis"] == "drawn"


def test_way_there_is_none_stays_a_straight_line(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    engine.answer = NO_ROUTE
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert stops(app)[1]["leg"] is None
    assert "as the crow flies" in app.test_client().get(PAGE).text


def test_way_from_a_road_far_off_is_none(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    engine.snapped_m = 5000
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert stops(app)[1]["leg"] is None


@pytest.mark.parametrize(
    "answer",
    [
        (500, b"oops"),
        (200, b"<html>"),
        (200, {}),
        (200, {"code": "Ok", "waypoints": [], "routes": []}),
        (200, []),
        (400, {"code": "InvalidQuery"}),
        (200, b"[" * 100_000),
    ],
)
def test_odd_answer_is_left_out_and_asked_for_again(
    app: Flask, engine: Engine, use: Use, answer: tuple[int, Any], caplog: pytest.LogCaptureFixture
) -> None:
    publish(app, *THERE_AND_BACK)
    engine.odd["/108.326050"] = answer
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert [stop["leg_basis"] for stop in stops(app)] == [None, None, "routed"]
    assert "left out" in caplog.text
    engine.odd.clear()
    find(app)
    assert len(engine.asked) == 3
    assert [stop["leg_basis"] for stop in stops(app)] == [None, "routed", "routed"]


def test_way_without_an_answer_in_time_keeps_no_other_from_being_found(
    app: Flask, engine: Engine, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tourism.routing._TIMEOUT_S", 0.2)
    publish(app, *THERE_AND_BACK)
    engine.slow = ("/108.326050",)
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert [stop["leg_basis"] for stop in stops(app)] == [None, None, "routed"]


def test_engine_that_only_takes_questions_is_left_alone(
    app: Flask, engine: Engine, use: Use, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.tourism.routing._TIMEOUT_S", 0.1)
    monkeypatch.setattr("app.publication.routing._MOST_SLOW", 1)
    publish(app, *THERE_AND_BACK)
    engine.slow = ("/",)
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert len(engine.asked) == 1


def test_engine_that_goes_away_loses_nothing_found_before(app: Flask, engine: Engine, use: Use) -> None:
    publish(app, *THERE_AND_BACK)
    engine.ends_after = 1
    use(routing_url=engine.url)
    assert find(app) == WishState.DONE
    assert [stop["leg_basis"] for stop in stops(app)] == [None, "routed", None]


def test_engine_that_is_busy_is_asked_later(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    engine.answer = (503, b"busy")
    use(routing_url=engine.url)
    assert find(app) == WishState.WAITING
    assert stops(app)[1]["leg"] is None


def test_way_there_is_none_is_remembered_as_long_as_a_way(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    engine.answer = NO_ROUTE
    use(routing_url=engine.url)
    find(app)
    find(app)
    assert len(engine.asked) == 1
    with app.app_context():
        db.session.execute(sa.update(RoutedWay).values(found_on=clock.today() - dt.timedelta(days=KEPT_DAYS)))
        db.session.commit()
    engine.answer = None
    find(app)
    assert len(engine.asked) == 2
    assert stops(app)[1]["leg_basis"] == "routed"


def test_engine_that_is_away_is_asked_later(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    use(routing_url="http://127.0.0.1:9")
    assert find(app) == WishState.WAITING
    use(routing_url="ftp://127.0.0.1")
    assert find(app) == WishState.FAILED
    assert engine.asked == []


def test_ways_are_forgotten_where_the_engine_is_taken_away(app: Flask, engine: Engine, use: Use) -> None:
    publish(app)
    use(routing_url=engine.url)
    find(app)
    use(routing_url="")
    find(app)
    assert stops(app)[1]["leg"] is None


def test_engine_is_asked_every_night_where_there_is_one(app: Flask) -> None:
    settings = app.config["DISAN"]
    assert FIND_WAYS not in daily_jobs(settings)
    assert daily_jobs(dataclasses.replace(settings, routing_url="http://127.0.0.1:5000"))[FIND_WAYS] == 5
