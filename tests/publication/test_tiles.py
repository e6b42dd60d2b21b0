"""Tiles of collections: what lies where, whole or counted, the same on both engines, and never more than is public."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING, Any

import pytest
import shapely
import sqlalchemy as sa

from app.core.db import db
from app.publication import operations as publication
from app.publication.collections import COLLECTIONS
from app.publication.models import ITEMS
from app.publication.quadkeys import LEVELS, place_of
from app.publication.store import journal, store
from app.publication.tiles.grid import EXTENT, Tile
from app.publication.tiles.reading import (
    FEATURES_FROM,
    LAST_ZOOM,
    MOST_COUNTS,
    MOST_FEATURES,
    MOST_NAMED,
    read_standings,
    read_tile,
)
from app.records.operations import find_record
from tests.harness import register
from tests.harness.counts import counts
from tests.harness.projections import projection, publish_points, tile_at
from tests.harness.register import site, zone
from tests.publication.test_mvt import decode

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient


def read(tile: Tile, *names: str, language: str = "vi") -> dict[str, list[dict[str, Any]]]:
    """The features of a tile by layer."""
    standings = read_standings(db.session(), names or list(COLLECTIONS), tile)
    layers = decode(read_tile(db.session(), standings, tile, language))
    return {name: layer["features"] for name, layer in layers.items()}


def degrees(tile: Tile, feature: dict[str, Any]) -> tuple[float, float]:
    """The place of a point of a tile, by the formula of Web Mercator itself."""
    x, y = feature["geometry"]["coordinates"]
    side = (1 << tile.zoom) * EXTENT
    lon = (tile.column * EXTENT + x) / side * 360 - 180
    return lon, math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * (tile.row * EXTENT + y) / side))))


def test_tiles_are_the_same_on_both_engines(seeded_apps: dict[str, Flask]) -> None:
    read_by = []
    for app in seeded_apps.values():
        with app.app_context():
            tiles = [tile_at(*place, zoom) for place in ((108.326, 15.877), (108.12, 15.763)) for zoom in range(19)]
            read_by.append([[read(tile, language=language) for language in ("vi", "en")] for tile in tiles])
    assert read_by[0] == read_by[1]
    assert sum(len(layer) for tile in read_by[0] for layer in tile[0].values()) > 500


@pytest.mark.parametrize("collection", ["sites", "places", "admin-units"])
def test_each_feature_is_in_one_tile_of_a_zoom_where_it_is_published(seeded_app: Flask, collection: str) -> None:
    with seeded_app.app_context():
        rows = db.session.execute(
            sa.select(ITEMS.c.code, ITEMS.c.lon, ITEMS.c.lat, ITEMS.c.qkey).where(
                ITEMS.c.collection == collection, ITEMS.c.lon.is_not(None)
            )
        ).all()
        tiles = {Tile(13, *place_of(row.qkey >> 2 * (LEVELS - 13))) for row in rows}
        found = {}
        for tile in tiles:
            for feature in read(tile, collection)[collection]:
                assert feature["properties"]["code"] not in found
                found[feature["properties"]["code"]] = degrees(tile, feature)
        assert set(found) == {row.code for row in rows}
        for row in rows:
            # A unit of a tile of zoom 13 is 1.2 metres.
            assert found[row.code] == pytest.approx((row.lon, row.lat), abs=2e-5)


def test_counts_of_low_zooms_add_up_to_everything(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        for zoom in range(FEATURES_FROM):
            counted: dict[str, int] = {}
            for x, y in {place_of(key >> 2 * (LEVELS - zoom)) for key in _keys()}:
                for name, features in read(Tile(zoom, x, y)).items():
                    counted[name] = counted.get(name, 0) + sum(one["properties"]["count"] for one in features)
            placed = sa.select(ITEMS.c.collection, sa.func.count()).where(ITEMS.c.qkey.is_not(None))
            assert counted == {row[0]: row[1] for row in db.session.execute(placed.group_by(ITEMS.c.collection))}


def _keys() -> list[int]:
    return list(db.session.scalars(sa.select(ITEMS.c.qkey).where(ITEMS.c.qkey.is_not(None))))


def test_point_that_stands_for_one_tells_which_where_they_are_few(app: Flask) -> None:
    with app.app_context():
        publish_points(db.session(), "sites", {1: (108.0, 15.8), 2: (108.2, 15.9), 3: (108.2, 15.9)})
        features = read(tile_at(108.1, 15.85, 7), "sites")["sites"]
        told = {one["properties"].get("code"): one["properties"]["count"] for one in features}
        assert told == {"T-1": 1, None: 2}
        tile = tile_at(108.1, 15.85, 7)
        assert degrees(tile, next(one for one in features if "code" in one["properties"])) == pytest.approx(
            (108.0, 15.8), abs=1e-3
        )


def test_many_points_are_counted_and_their_tile_stays_small(app: Flask) -> None:
    """A tile has room for each of three grids of points alone, and not for all of them."""
    with app.app_context():
        tile = Tile(8, 205, 116)
        west, south, east, north = tile.bounds()
        side = counts(40, 64)
        assert side**2 <= MOST_COUNTS < 3 * side**2
        points = [
            (west + (column + 0.5) * (east - west) / side, south + (row + 0.5) * (north - south) / side)
            for column in range(side)
            for row in range(side)
        ]
        for name in ("sites", "places", "events"):
            publish_points(db.session(), name, dict(enumerate(points, 1)))
        one = read(tile, "sites")["sites"]
        assert MOST_NAMED < len(one) <= MOST_COUNTS
        every = read(tile)
        assert sum(len(features) for features in every.values()) <= MOST_COUNTS
        for features in (one, *every.values()):
            assert sum(feature["properties"]["count"] for feature in features) == len(points)
            assert not any("code" in feature["properties"] for feature in features)
        standings = read_standings(db.session(), list(COLLECTIONS), tile)
        assert len(read_tile(db.session(), standings, tile, "vi")) <= 100_000


@pytest.mark.parametrize("zoom", [FEATURES_FROM, 13, 14, 16, 17, LAST_ZOOM])
def test_high_zoom_counts_where_it_holds_too_many_and_leaves_nothing_out(app: Flask, zoom: int) -> None:
    with app.app_context():
        lon, lat = 108.326, 15.877
        few = dict.fromkeys(range(1, MOST_FEATURES + 1), (lon, lat))
        publish_points(db.session(), "sites", few)
        tile = tile_at(lon, lat, zoom)
        whole = read(tile, "sites")["sites"]
        assert {one["properties"]["code"] for one in whole} == {f"T-{key}" for key in few}
        publish_points(db.session(), "sites", {MOST_FEATURES + 1: (lon, lat)})
        (counted,) = read(tile, "sites")["sites"]
        assert counted["properties"] == {"count": MOST_FEATURES + 1}


def test_area_is_in_every_tile_that_it_reaches_into(app: Flask) -> None:
    with app.app_context():
        west, south, east, north = Tile(14, 13121, 7466).bounds()
        shape = shapely.box((west + east) / 2, (south + north) / 2, east + 0.01, north - 0.001)
        journal(db.session(), [store(db.session(), "zones", [1], {1: projection("T-1", shape)})])
        for column in (13121, 13122):
            (zone_shown,) = read(Tile(14, column, 7466), "zones")["zones"]
            assert (zone_shown["geometry"]["type"], zone_shown["properties"]["code"]) == ("Polygon", "T-1")
        assert read(Tile(14, 13120, 7466), "zones") == {}
        (counted,) = read(Tile(10, 13121 >> 4, 7466 >> 4), "zones")["zones"]
        assert (counted["geometry"]["type"], counted["properties"]["count"]) == ("Point", 1)


def test_marks_say_the_same_as_the_features(seeded_app: Flask) -> None:
    from app.publication.queries import read_item

    with seeded_app.app_context():
        for language in ("vi", "en"):
            for name, features in read(tile_at(108.326, 15.877, 14), language=language).items():
                for one in features:
                    mark = one["properties"]
                    full = json.loads(read_item(db.session(), name, mark["code"], language).feature)["properties"]
                    assert {"name", "url"} <= set(mark)
                    for key, value in mark.items():
                        assert value == (",".join(full[key]) if isinstance(full[key], list) else full[key])


def test_restricted_place_is_in_tiles_as_it_is_published(app: Flask) -> None:
    at = (15.4321987, 108.4321765, 5)
    with app.app_context():
        register.write_vocabulary(db.session())
        for code, policy in (("QNM-9100", "blurred"), ("QNM-9101", "hidden")):
            register.publish(
                db.session(),
                ("site", site(code, location_policy=policy, at=at)),
                ("zone", zone(f"{code}-Z1", code)),
            )
        shown = {}
        for zoom in range(LAST_ZOOM + 1):
            for lon, lat in ((at[1], at[0]), (108.43, 15.43)):
                tile = tile_at(lon, lat, zoom)
                for name, features in read(tile).items():
                    for one in features:
                        shown.setdefault((zoom, name), []).append((degrees(tile, one), one["properties"]))
        ((place, _),) = shown[LAST_ZOOM, "sites"]
        assert place == pytest.approx((108.43, 15.43), abs=1e-6)
        for (zoom, _), features in shown.items():
            for place, properties in features:
                assert properties.get("code", "QNM-9100").startswith("QNM-9100")
                assert properties.get("count", 1) == 1
                if zoom >= FEATURES_FROM:
                    assert place == pytest.approx((108.43, 15.43), abs=360 / 2**zoom / EXTENT * 2)


def test_tile_that_is_kept_is_not_given_once_what_it_shows_is_withdrawn(app: Flask, client: FlaskClient) -> None:
    lat, lon, _ = at = (15.4321987, 108.4321765, 5)
    tile = tile_at(lon, lat, 14)
    paths = [
        f"/api/v1/{of}tiles/WebMercatorQuad/{tile.zoom}/{tile.row}/{tile.column}" for of in ("", "collections/sites/")
    ]
    with app.app_context():
        register.write_vocabulary(db.session())
        register.publish(db.session(), ("site", site("QNM-9100", location_policy="exact", at=at)))
        db.session.commit()
    for _ in range(2):
        assert all("QNM-9100" in str(decode(client.get(path).data)) for path in paths)
    with app.app_context():
        gone = [find_record(db.session(), "QNM-9100")]
        publication.withdraw(db.session(), gone, actor=register.reviewer(db.session()), settings=register.SETTINGS)
        db.session.commit()
    assert [client.get(path).data for path in paths] == [b"", b""]
