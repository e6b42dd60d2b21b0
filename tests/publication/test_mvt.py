"""Our encoder of vector tiles, read by others' decoders: what goes in comes out."""

from __future__ import annotations

import json
from typing import Any

import mapbox_vector_tile
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st

from app.publication.tiles.grid import BUFFER, EXTENT, Tile, fit
from app.publication.tiles.mvt import Layer, encode_tile
from tests.harness.counts import counts

units = st.integers(-BUFFER, EXTENT + BUFFER)
values = st.one_of(
    st.text(max_size=300), st.booleans(), st.integers(-(2**60), 2**60), st.floats(allow_nan=False), st.just("đ" * 9000)
)


def decode(content: bytes) -> dict[str, Any]:
    """Read a tile with the library that others use; y goes down, as in the tile."""
    return dict(mapbox_vector_tile.decode(content, default_options={"y_coord_down": True}))


@given(
    st.lists(
        st.tuples(units, units, st.dictionaries(st.text(max_size=20), values, max_size=4), st.integers(0, 2**50)),
        min_size=1,
        max_size=20,
    )
)
@settings(max_examples=counts(60, 2000))
def test_points_and_what_is_told_of_them_come_out_as_they_went_in(
    points: list[tuple[int, int, dict[str, Any], int]],
) -> None:
    layer = Layer("Lớp")
    for x, y, tags, number in points:
        layer.add_point(x, y, tags, number)
    read = decode(encode_tile([Layer("empty"), layer]))
    assert list(read) == ["Lớp"]
    assert (read["Lớp"]["extent"], read["Lớp"]["version"]) == (EXTENT, 2)
    found = [(*one["geometry"]["coordinates"], one["properties"], one["id"]) for one in read["Lớp"]["features"]]
    assert found == points


def test_a_truth_a_number_and_a_text_that_are_equal_stay_apart() -> None:
    layer = Layer("a")
    for value in (True, 1, 1.0, "1", False, 0):
        layer.add_point(1, 1, {"v": value})
    read = [one["properties"]["v"] for one in decode(encode_tile([layer]))["a"]["features"]]
    assert [(type(value), value) for value in read] == [
        (bool, True),
        (int, 1),
        (float, 1.0),
        (str, "1"),
        (bool, False),
        (int, 0),
    ]


corners = st.tuples(st.floats(108.0, 108.2), st.floats(15.8, 16.0))
rings = st.lists(corners, min_size=3, max_size=12, unique=True)


# A spike that is narrower than a unit of the tile.
@example([(108.03, 15.80), (108.0, 15.87), (108.03, 15.81), (108.0, 16.0)], [(108.0, 16.0), (108.0, 15.87)], 5)
@given(rings, st.lists(corners, min_size=2, max_size=12, unique=True), st.integers(5, 16))
@settings(max_examples=counts(80, 2000))
def test_areas_and_lines_come_out_where_they_lie_valid_and_wound_as_the_specification_asks(
    ring: list[tuple[float, float]], line: list[tuple[float, float]], zoom: int
) -> None:
    """Within four units of where they are: thinning and rounding may move each side, and narrower parts may be gone."""
    area = shapely.make_valid(shapely.Polygon(ring).buffer(0.001))
    way = shapely.LineString(line)
    place = Tile(22, 0, 0).project(shapely.get_coordinates(area.representative_point()))[0] / EXTENT
    tile = Tile(zoom, int(place[0]) >> 22 - zoom, int(place[1]) >> 22 - zoom)
    layer = Layer("a")
    drawn_area, drawn_way = fit(tile, [area, way])
    layer.add(drawn_area, {"kind": "area"})
    layer.add(drawn_way, {"kind": "way"})
    reach = shapely.box(-BUFFER, -BUFFER, EXTENT + BUFFER, EXTENT + BUFFER)
    for feature in decode(encode_tile([layer])).get("a", {"features": []})["features"]:
        read = shapely.from_geojson(json.dumps(feature["geometry"]))
        whole = shapely.transform(area if feature["properties"]["kind"] == "area" else way, tile.project)
        true = shapely.make_valid(whole).intersection(reach)
        assert read.is_valid
        assert true.buffer(4).covers(read)
        if feature["properties"]["kind"] == "area":
            assert true.buffer(-2).buffer(2).difference(read.buffer(4)).is_empty
            for part in shapely.get_parts(read):
                assert part.exterior.is_ccw
                assert not any(hole.is_ccw for hole in part.interiors)


def test_a_point_lies_in_one_tile_alone() -> None:
    for shape in (shapely.Point(0, 0), shapely.MultiPoint([(0, 0), (0.1, 0.1)])):
        drawn = [fit(Tile(1, x, y), [shape])[0] for x in (0, 1) for y in (0, 1)]
        assert sum(len(shapely.get_parts(one)) for one in drawn) == len(shapely.get_parts(shape))


@pytest.mark.parametrize("shape", [shapely.Polygon(), shapely.box(50, 50, 51, 51), shapely.LineString()])
def test_what_is_empty_or_lies_elsewhere_is_not_in_the_tile(shape: shapely.Geometry) -> None:
    layer = Layer("a")
    layer.add(fit(Tile(9, 410, 233), [shape])[0], {})
    assert encode_tile([layer]) == b""
