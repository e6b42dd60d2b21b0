"""Spatial checks: zones that overlap, lie apart, surround; a site's point; a place outside its commune."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import pytest
import shapely
import sqlalchemy as sa

from app.heritage.zone_checks import SpatialWarning, ZoneShape, check_unit, check_zones, read_communes
from app.places.coordinates import Box, read_place
from app.places.models import Unit

if TYPE_CHECKING:
    from flask import Flask
    from shapely.geometry.base import BaseGeometry

GRID = "EPSG:5899"
BOX = Box(107.2, 14.95, 108.75, 16.25)


def area(west: float, south: float, east: float, north: float) -> BaseGeometry:
    """A box on the grid, metres from a corner in Hội An, in WGS 84."""
    shape = shapely.box(561_000 + west, 1_756_000 + south, 561_000 + east, 1_756_000 + north)
    return read_place(shape.wkt, GRID, plausible=BOX).geometry


def less(outer: BaseGeometry, inner: BaseGeometry) -> BaseGeometry:
    """An area with a hole."""
    return outer.difference(inner)


CORE = area(100, 100, 200, 200)


def warn(
    second: BaseGeometry, first: BaseGeometry = CORE, point: tuple[BaseGeometry, int | None] | None = None
) -> list[SpatialWarning]:
    """What is said of a zone II beside a zone I."""
    zones = [ZoneShape("QNM-0002-Z1", "zone_1", first)]
    return check_zones(ZoneShape("", "zone_2", second), zones, grid=GRID, crs=GRID, point=point)


@pytest.mark.parametrize(
    "second",
    [
        less(area(0, 0, 300, 300), CORE),
        less(area(0, 0, 300, 300), area(90, 90, 210, 210)),
        area(200, 100, 300, 200),
        area(200.4, 100, 300, 200),
        shapely.union_all([area(200, 100, 300, 200), area(0, 100, 100, 200)]),
    ],
    ids=["a hole round zone I", "a wider hole", "beside", "beside but for a hand's breadth", "on both sides"],
)
def test_zone_2_that_surrounds_or_touches_zone_1_is_right(second: BaseGeometry) -> None:
    assert warn(second) == []


def test_zones_that_overlap_are_told_with_area_and_place() -> None:
    (found,) = warn(area(150, 100, 300, 200))
    assert found.code == "zones_overlap"
    assert found.params["area_m2"] == 5000
    assert found.params["place"] == "X=1756150.00 Y=561175.00"
    assert found.geometry is not None
    assert found.geometry.within(CORE.buffer(1e-7))


def test_zone_2_without_a_hole_is_told_to_have_one() -> None:
    (found,) = warn(area(0, 0, 300, 300))
    assert found.code == "zone_2_covers_zone_1"
    assert found.params["area_m2"] == 10_000


def test_zones_that_lie_apart_are_told_with_the_distance() -> None:
    (found,) = warn(area(250, 100, 300, 200))
    assert (found.code, found.params["distance_m"]) == ("zones_apart", 50)


def test_the_same_is_told_from_the_side_of_zone_1() -> None:
    zones = [ZoneShape("QNM-0002-Z2", "zone_2", area(250, 100, 300, 200))]
    (found,) = check_zones(ZoneShape("", "zone_1", CORE), zones, grid=GRID, crs=GRID, point=None)
    assert (found.code, found.params["other"]) == ("zones_apart", "QNM-0002-Z2")


def test_a_buffer_may_cover_everything() -> None:
    zones = [ZoneShape("QNM-0002-Z1", "zone_1", CORE)]
    buffer = ZoneShape("", "world_heritage_buffer", area(0, 0, 900, 900))
    assert check_zones(buffer, zones, grid=GRID, crs=GRID, point=None) == []


def test_multipolygons_overlap_in_one_part() -> None:
    parts = shapely.union_all([area(200, 100, 300, 200), area(90, 150, 110, 160)])
    (found,) = warn(parts)
    assert (found.code, found.params["area_m2"]) == ("zones_overlap", 100)


@pytest.mark.parametrize(
    ("metres", "accuracy", "is_far"), [(0, None, False), (90, None, False), (150, None, True), (150, 200, False)]
)
def test_a_site_point_far_outside_its_zone_is_told(metres: float, accuracy: int | None, *, is_far: bool) -> None:
    point = area(200 + metres, 150, 200 + metres + 0.01, 150.01).centroid
    zone = ZoneShape("", "zone_1", CORE)
    found = check_zones(zone, [], grid=GRID, crs=GRID, point=(point, accuracy))
    assert [warning.code for warning in found] == (["zone_far_from_point"] if is_far else [])
    if is_far:
        assert found[0].params["distance_m"] == metres


def test_a_site_point_in_zone_1_is_near_enough_to_a_zone_2_beside_it() -> None:
    """The second starts where the first ends, further from the point than a point may lie outside its zone."""
    point = area(50, 150, 50.01, 150.01).centroid
    assert warn(area(200, 100, 300, 200), area(0, 100, 200, 200), (point, None)) == []
    (found,) = warn(area(200, 100, 300, 200), area(190, 100, 200, 200), (point, None))
    assert (found.code, found.params["distance_m"]) == ("zone_far_from_point", 140)


def test_a_site_point_in_the_hole_of_zone_2_is_right() -> None:
    assert warn(less(area(-500, -500, 800, 800), CORE), point=(CORE.centroid, None)) == []


def test_a_place_far_from_its_commune_is_told_with_those_nearer(seeded_app: Flask) -> None:
    from app.core.db import db

    with seeded_app.app_context():
        hoi_an_tay = db.session.scalars(sa.select(Unit).where(Unit.public_id == "20413")).one()
        my_son = shapely.Point(108.1244, 15.7636)
        communes = partial(read_communes, db.session())
        (found,) = check_unit(hoi_an_tay, my_son, communes)
        assert found.code == "outside_unit"
        assert found.params["unit"] == hoi_an_tay.name
        assert found.params["distance_km"] > found.params["allowed_km"]
        assert len(found.params["nearer"]) == 3
        assert check_unit(hoi_an_tay, shapely.Point(hoi_an_tay.lon, hoi_an_tay.lat), communes) == []


def test_no_place_of_the_seed_lies_outside_its_commune(seeded_app: Flask) -> None:
    from app.core.db import db
    from app.heritage.models import Site

    with seeded_app.app_context():
        told = [
            (site.code, warning.params)
            for site in db.session.scalars(sa.select(Site))
            if site.current_unit
            for place in site.locations
            for warning in check_unit(
                site.current_unit, place.geom, partial(read_communes, db.session()), accuracy_m=place.accuracy_m
            )
        ]
    assert told == []
