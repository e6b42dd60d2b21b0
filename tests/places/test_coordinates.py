"""Coordinates as people enter them, and the shapes of places."""

from __future__ import annotations

import contextlib
import math

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from app.core.errors import InvalidInput
from app.places.coordinates import WAS_SWAPPED, Box, GridPoint, parse_coordinates, parse_geometry, to_grid

DEGREES = "EPSG:4326"
GRID = "EPSG:5899"
BOX = Box(west=107.2, south=14.95, east=108.75, north=16.25)
BRIDGE_GRID = "1756063.592 561494.291"
# Law and officer's work, section 5: checked with pyproj and against TT 37/2019/TT-BGTVT.
BRIDGE = (108.326050, 15.877083)

# Rounding to 0.1 mm must not lead out of the box.
longitudes = st.floats(BOX.west + 1e-6, BOX.east - 1e-6)
latitudes = st.floats(BOX.south + 1e-6, BOX.north - 1e-6)


def place(text: str, crs: str = DEGREES) -> tuple[float, float]:
    entered = parse_coordinates(text, crs, plausible=BOX)
    return entered.lon, entered.lat


@pytest.mark.parametrize(
    ("lon", "lat", "east", "north"),
    [(108.326050, 15.877083, 561494.291, 1756063.592), (108.124444, 15.763889, 539926.241, 1743489.944)],
    ids=["Chùa Cầu", "Mỹ Sơn"],
)
def test_to_grid_agrees_to_a_millimetre(lon: float, lat: float, east: float, north: float) -> None:
    assert to_grid(lon, lat, GRID) == pytest.approx((east, north), abs=0.001)


@pytest.mark.parametrize(
    ("crs", "text"),
    [(GRID, BRIDGE_GRID), ("EPSG:5898", "1756006.16 534721.49"), ("EPSG:3406", "1757284.00 213453.15")],
)
def test_parse_coordinates_reads_every_zone(crs: str, text: str) -> None:
    assert place(text, crs) == pytest.approx(BRIDGE, abs=1e-7)


def test_parse_coordinates_moves_vn2000_degrees_to_wgs84() -> None:
    assert place("15.878107966 108.324230764", "EPSG:4756") == pytest.approx(BRIDGE, abs=1e-8)


@given(longitudes, latitudes)
def test_parse_coordinates_reads_its_own_grid_back_to_a_millimetre(lon: float, lat: float) -> None:
    point = to_grid(lon, lat, GRID)
    back = to_grid(*place(f"X={point.north_m} Y={point.east_m}", GRID), GRID)
    assert math.dist(back, point) < 0.001


@given(longitudes, latitudes)
def test_parse_coordinates_reads_degrees_back(lon: float, lat: float) -> None:
    assert place(f"{lat:.9f}, {lon:.9f}") == pytest.approx((lon, lat), abs=1e-9)


@given(st.text() | st.text(alphabet="0123456789.,°'\"NEBĐXY=-+ ;:\t"), st.sampled_from([DEGREES, GRID]))
def test_parse_coordinates_reads_or_refuses_whatever_is_written(text: str, crs: str) -> None:
    with contextlib.suppress(InvalidInput):
        assert BOX.contains(*place(text, crs))


@pytest.mark.parametrize(
    "text",
    [
        "15.8774, 108.3288",
        "15.8774,108.3288",
        "15.8774 108.3288",
        "(15.8774; 108.3288)",
        "15.8774\t108.3288",
        "+15.8774 / +108.3288.",
        "15,8774 108,3288",
        "15,8774, 108,3288",
        "15,8774,108,3288",
        "15.8774° 108.3288°",
        "15.8774N 108.3288E",
        "15.8774 N, 108.3288 E",
        "N15.8774 E108.3288",
        "108.3288E 15.8774N",
        "15.8774 N 108.3288",
        "15,8774°B; 108,3288°Đ",
        "Ð 108,3288 B 15,8774",
        "lat: 15.8774, lon: 108.3288",
        "vĩ độ 15,8774, kinh độ 108,3288",
        "vĩ 15,8774 Bắc kinh 108,3288 Đông",
        "Kinh độ: 108,3288 Đông; Vĩ độ: 15,8774 Bắc",
        "\u00a015.8774\u202f108.3288 ",
    ],
)
def test_parse_coordinates_reads_decimal_degrees(text: str) -> None:
    assert place(text) == (108.3288, 15.8774)


@pytest.mark.parametrize(
    "text",
    [
        "15°52'37.5\"N 108°19'33.8\"E",
        "15°52′37.5″N, 108°19′33.8″E",
        "15º52’37,5” B - 108º19’33,8” Đ",
        "15°52'37,5''B 108°19'33,8''Đ",
        "15°52'37.5N 108°19'33.8E",
        "15o52'37.5\" 108o19'33.8\"",
        "108° 19' 33.8\" E; 15° 52' 37.5\" N",
        "15 độ 52 phút 37,5 giây vĩ độ Bắc, 108 độ 19 phút 33,8 giây kinh độ Đông",
    ],
)
def test_parse_coordinates_reads_degrees_minutes_seconds(text: str) -> None:
    assert place(text) == pytest.approx((108 + 19 / 60 + 33.8 / 3600, 15 + 52 / 60 + 37.5 / 3600), abs=1e-9)


def test_parse_coordinates_reads_decimal_minutes() -> None:
    assert place("15°52.5'N 108°19.5'E") == pytest.approx((108.325, 15.875))


@pytest.mark.parametrize(
    "text",
    [
        BRIDGE_GRID,
        "X=1756063.592 Y=561494.291",
        "Y=561494.291; X=1756063.592",
        "X (m) = 1756063,592; Y (m) = 561494,291",
        "X: 1756063.592 m, Y: 561494.291 m",
        "N 1756063.592 E 561494.291",
        "561494.291E 1756063.592N",
        "1756063.592,561494.291",
        "1756063,592,561494,291",
        "1 756 063.592 561 494.291",
        "1 756 063,592; 561 494,291",
        "1.756.063,592 561.494,291",
        "1,756,063.592 561,494.291",
    ],
)
def test_parse_coordinates_reads_metres_on_the_grid(text: str) -> None:
    entered = parse_coordinates(text, GRID, plausible=BOX)
    assert (entered.lon, entered.lat) == pytest.approx(BRIDGE, abs=1e-8)
    assert not entered.is_swapped


def test_parse_coordinates_takes_dots_without_decimals_for_thousands() -> None:
    assert to_grid(*place("1.756.063 561.494", GRID), GRID) == pytest.approx((561494, 1756063), abs=0.001)


def test_parse_coordinates_keeps_what_was_entered() -> None:
    entered = parse_coordinates(f" {BRIDGE_GRID}\n", "epsg:5899", plausible=BOX)
    assert (entered.text, entered.crs, entered.notes) == (f" {BRIDGE_GRID}\n", GRID, ())


@pytest.mark.parametrize(
    ("crs", "text", "right"),
    [
        (DEGREES, "108.3288, 15.8774", "15.8774, 108.3288"),
        (DEGREES, "108.3288N 15.8774E", "15.8774, 108.3288"),
        (DEGREES, "X=108.3288 Y=15.8774", "15.8774, 108.3288"),
        (GRID, "561494.291 1756063.592", BRIDGE_GRID),
        (GRID, "X=561494.291 Y=1756063.592", BRIDGE_GRID),
    ],
)
def test_parse_coordinates_mends_and_notes_swapped_axes(crs: str, text: str, right: str) -> None:
    entered = parse_coordinates(text, crs, plausible=BOX)
    assert (entered.is_swapped, entered.notes) == (True, (WAS_SWAPPED,))
    assert (entered.lon, entered.lat) == place(right, crs)


def test_parse_coordinates_outside_the_box_names_both_readings_and_the_mend() -> None:
    with pytest.raises(InvalidInput) as caught:
        place("51.5, -0.1")
    assert str(caught.value) == (
        "“51.5, -0.1” lies outside the area of the register: as written at latitude, longitude 51.50000, -0.10000; "
        "with its values exchanged at -0.10000, 51.50000. Check the digits and the coordinate system (EPSG:4326). "
        "A place here is 15.600000, 107.975000."
    )


@pytest.mark.parametrize("text", ["15.8774S 108.3288E", "15.8774 Nam, 108.3288 Đông", "15.8774, 108.3288W"])
def test_parse_coordinates_heeds_south_and_west(text: str) -> None:
    with pytest.raises(InvalidInput, match="outside"):
        place(text)


@pytest.mark.parametrize("text", ["1756063.592 161494.291", "1756063.592 5614942.91", f"{'9' * 150} 1"])
def test_parse_coordinates_refuses_metres_outside_the_box(text: str) -> None:
    with pytest.raises(InvalidInput, match="outside"):
        place(text, GRID)


@pytest.mark.parametrize("text", ["", " ", "Chùa Cầu", "15.8774", "15.8774 108.3288 3", "15,8N 108,3N", "15 Q 108 E"])
def test_parse_coordinates_refuses_what_is_no_pair_and_shows_one(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"cannot be read .* Write it like 15\.600000, 107\.975000"):
        place(text)


def test_parse_coordinates_refuses_blanks_that_may_be_thousands_or_not() -> None:
    with pytest.raises(InvalidInput, match=r"Write it like X=1725333\.695 Y=523932\.630"):
        place("1 756 063 561 494", GRID)


def test_parse_coordinates_refuses_two_readings_that_both_make_sense() -> None:
    with pytest.raises(InvalidInput, match="more than one way"):
        parse_coordinates("1.000 500.000", GRID, plausible=Box(-180, -90, 180, 90))


@pytest.mark.parametrize("text", ["15°60'00\"N 108°19'00\"E", "15°52'60\"N 108°19'00\"E"])
def test_parse_coordinates_refuses_60_minutes_or_seconds(text: str) -> None:
    with pytest.raises(InvalidInput, match="60 or more"):
        place(text)


def test_parse_coordinates_names_the_grid_for_metres_entered_as_degrees() -> None:
    with pytest.raises(InvalidInput, match=r"metres, not in degrees.*EPSG:9217"):
        parse_coordinates(BRIDGE_GRID, DEGREES, plausible=BOX, grid="EPSG:9217")


@pytest.mark.parametrize("text", ["15.8774, 108.3288", "15°52'37.5\"N 108°19'33.8\"E"])
def test_parse_coordinates_names_degrees_for_degrees_entered_as_metres(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"degrees, not in metres.*EPSG:4326"):
        place(text, GRID)


@pytest.mark.parametrize(
    "crs", ["", "VN-2000", "EPSG:999999", "EPSG:3148", "EPSG:4978", "EPSG:4979", "+proj=tmerc", "EPSG:5899; EPSG:1"]
)
def test_parse_coordinates_refuses_other_coordinate_systems(crs: str) -> None:
    with pytest.raises(InvalidInput, match="not a coordinate system"):
        place(BRIDGE_GRID, crs)


def test_to_grid_refuses_degrees() -> None:
    with pytest.raises(InvalidInput, match="not a coordinate system"):
        to_grid(*BRIDGE, DEGREES)


def test_to_grid_refuses_a_place_without_grid() -> None:
    with pytest.raises(InvalidInput, match="no place on the grid"):
        to_grid(math.nan, math.inf, GRID)


def test_to_grid_names_its_axes() -> None:
    point = to_grid(*BRIDGE, GRID)
    assert point == GridPoint(east_m=point[0], north_m=point[1])


def test_box_contains_its_sides_and_no_nan() -> None:
    assert BOX.contains(107.2, 16.25)
    assert not BOX.contains(math.nan, 15)


def test_parse_geometry_reads_wkt_on_the_grid() -> None:
    shape = parse_geometry("POINT Z (561494.291 1756063.592 4)", GRID, BOX)
    assert (shape.geom_type, shape.has_z) == ("Point", False)
    assert shape.coords[0] == pytest.approx(BRIDGE, abs=1e-8)


def test_parse_geometry_reads_geojson() -> None:
    shape = parse_geometry('{"type": "LineString", "coordinates": [[108.3, 15.8], [108.4, 15.9]]}', DEGREES, BOX)
    assert shape.equals(shapely.LineString([(108.3, 15.8), (108.4, 15.9)]))


def test_parse_geometry_turns_shells_anticlockwise() -> None:
    shape = parse_geometry("POLYGON ((108.3 15.8, 108.3 15.9, 108.4 15.9, 108.3 15.8))", DEGREES, BOX)
    assert isinstance(shape, shapely.Polygon)
    assert shape.exterior.is_ccw


def test_parse_geometry_exchanges_axes_when_all_are_swapped() -> None:
    assert parse_geometry("POINT (15.8 108.3)", DEGREES, BOX).equals(shapely.Point(108.3, 15.8))


CORNERS = ((1756063.592, 561494.291), (1756163.592, 561494.291), (1756163.592, 561594.291), (1756063.592, 561594.291))


@pytest.mark.parametrize(
    "line",
    [
        "{x} {y}",
        "X={x}; Y={y}",
        "{n}: {x} {y}",
        "{n}) {x} {y}",
        "M{n} {x} {y}",
        "Mốc {n}. {x} {y}",
        "{n}\t{x}\t{y}",
        "{n};{x};{y}",
        "{y} {x}",
        "\n{x}, {y}",
    ],
)
def test_parse_geometry_reads_boundary_markers_line_by_line(line: str) -> None:
    text = "\n".join(line.format(n=number, x=x, y=y) for number, (x, y) in enumerate(CORNERS, start=1))
    shape = parse_geometry(text, GRID, BOX)
    corners = {to_grid(lon, lat, GRID) for lon, lat in shapely.get_coordinates(shape).tolist()}
    assert sorted(corners) == [pytest.approx((y, x), abs=0.001) for x, y in sorted(CORNERS, key=lambda xy: xy[::-1])]


def test_parse_geometry_lets_the_first_corner_come_again() -> None:
    text = "15.8 108.3\n15.8 108.4\n15.9 108.4"
    assert parse_geometry(f"{text}\n15.8 108.3", DEGREES, BOX).equals(parse_geometry(text, DEGREES, BOX))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            "POLYGON ((108.3 15.8, 108.4 15.9, 108.4 15.8, 108.3 15.9, 108.3 15.8))",
            r"crosses .* at 15\.850000, 108\.350000",
        ),
        ("15.8 108.3\n15.9 108.4\n15.8 108.4\n15.9 108.3", r"crosses .* at 15\.850000, 108\.350000"),
        ("POLYGON ((108.3 15.8, 108.4 15.8, 108.5 15.8, 108.3 15.8))", "crosses or touches itself"),
        ("POINT (nan 15)", "no number"),
        ("LINESTRING (108.3 15.8, 108.3 15.8)", "too few different points, at 15.800000, 108.300000"),
        (
            "POLYGON ((108 15, 108.4 15, 108.4 15.9, 108 15), (108.5 15, 108.6 15, 108.6 15.9, 108.5 15))",
            "hole lies outside its area",
        ),
        (
            "MULTIPOLYGON (((108 15, 109 15, 109 16, 108 15)), ((108.8 15.2, 108.9 15.2, 108.9 15.3, 108.8 15.2)))",
            "lies in another area",
        ),
        (
            "POLYGON ((108.3 15.8, 108.4 15.8, 108.4 15.9, 108.35 15.8, 108.3 15.9, 108.3 15.8))",
            r"at 15\.800000, 108\.350000",
        ),
    ],
)
def test_parse_geometry_refuses_invalid_shapes_and_says_where(text: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        parse_geometry(text, DEGREES, BOX)


@pytest.mark.parametrize("is_formal", [True, False])
def test_parse_geometry_says_where_in_the_officers_own_system(*, is_formal: bool) -> None:
    corners = [(561000, 1756000), (561200, 1756200), (561200, 1756000), (561000, 1756200)]
    text = "\n".join(f"{y} {x}" for x, y in corners)
    if is_formal:
        text = f"POLYGON (({', '.join(f'{x} {y}' for x, y in [*corners, corners[0]])}))"
    with pytest.raises(InvalidInput, match=r"crosses .* at X=1756100\.00 Y=561100\.00") as caught:
        parse_geometry(text, GRID, BOX)
    place = to_grid(caught.value.params["lon"], caught.value.params["lat"], GRID)
    assert place == pytest.approx((561100, 1756100), abs=0.02)


@pytest.mark.parametrize(
    "text",
    [
        "POLYGON ((108.3 15.8, 108.4 15.8, 108.4 15.9))",
        "POINT (108.3",
        "POINT (1e400 15)",
        "SRID=4326;POINT (108.3 15.8)",
        "CURVEPOLYGON (CIRCULARSTRING (0 0, 1 1, 2 0, 1 -1, 0 0))",
        "{}",
        '{"type": "Point", "coordinates": [null, 1]}',
        '{"type": "Feature", "geometry": null, "properties": {}}',
    ],
)
def test_parse_geometry_refuses_broken_wkt_and_geojson(text: str) -> None:
    with pytest.raises(InvalidInput, match="neither WKT nor GeoJSON"):
        parse_geometry(text, DEGREES, BOX)


@pytest.mark.parametrize(
    "text",
    [
        "POINT EMPTY",
        "GEOMETRYCOLLECTION (POINT (108.3 15.8))",
        "MULTIPOINT (EMPTY, (108.3 15.8))",
        '{"type": "FeatureCollection", "features": []}',
        "LINEARRING (108 15, 108.1 15, 108.1 15.1, 108 15)",
    ],
)
def test_parse_geometry_refuses_empty_and_mixed_shapes(text: str) -> None:
    with pytest.raises(InvalidInput, match="not a point, a line or a polygon"):
        parse_geometry(text, DEGREES, BOX)


@pytest.mark.parametrize("text", ["POINT (2 48)", "LINESTRING (108.3 15.8, 2 48)"])
def test_parse_geometry_refuses_what_leaves_the_box(text: str) -> None:
    with pytest.raises(InvalidInput, match="outside"):
        parse_geometry(text, DEGREES, BOX)


@pytest.mark.parametrize("text", ["", "15.8 108.3", "15.8 108.3\n15.9 108.4\n15.8 108.3"])
def test_parse_geometry_refuses_fewer_than_three_corners(text: str) -> None:
    with pytest.raises(InvalidInput, match="fewer than three"):
        parse_geometry(text, DEGREES, BOX)


def test_parse_geometry_refuses_corners_in_different_orders() -> None:
    with pytest.raises(InvalidInput, match="same order"):
        parse_geometry("15.8 108.3\n108.4 15.8\n15.9 108.4", DEGREES, BOX)


def test_parse_geometry_names_the_line_that_cannot_be_read() -> None:
    with pytest.raises(InvalidInput, match="“cột mốc”") as caught:
        parse_geometry("15.8 108.3\n\ncột mốc\n15.9 108.4", DEGREES, BOX)
    assert caught.value.params["line"] == 3


@pytest.mark.parametrize(
    "text",
    ["GEOMETRYCOLLECTION (" * 100_000, '{"type":"GeometryCollection","geometries":[' * 50_000, "15.8 108.3\n" * 5_001],
    ids=["deep WKT", "deep GeoJSON", "many corners"],
)
def test_parse_geometry_refuses_what_would_end_the_process(text: str) -> None:
    with pytest.raises(InvalidInput, match="too large"):
        parse_geometry(text, DEGREES, BOX)


@pytest.mark.parametrize("text", ["POINT" + " " * 500_000, "1" * 500_000 + "\t", "A" * 500_000])
def test_parse_geometry_refuses_long_junk_soon(text: str) -> None:
    with pytest.raises(InvalidInput):
        parse_geometry(text, DEGREES, BOX)
