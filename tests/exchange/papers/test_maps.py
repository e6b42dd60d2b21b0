"""Maps of zones are true to scale on the local grid: measured in the drawing's pixels against metres."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Callable

import pytest
import shapely
from PIL import Image

from app.core.errors import InvalidInput
from app.exchange.papers import maps
from app.exchange.papers.lettering import PX_PER_MM
from app.exchange.papers.maps import (
    SCALES,
    Drawing,
    Marked,
    Shape,
    Sheet,
    bar_lengths,
    draw_map,
    name_system,
)
from app.places.coordinates import in_system
from tests.harness.relics import CORNERS

GRID = "EPSG:5899"
SHEET = Sheet(160, 222)
ZONE = shapely.Polygon(CORNERS)
MARKS = [Marked(f"M{number}", *place) for number, place in enumerate(CORNERS, start=1)]


def draw(zone: shapely.Geometry = ZONE, marks: list[Marked] = MARKS, sort: str = "zone_1"):
    drawing = draw_map([Shape("Khu vực bảo vệ I", sort, zone)], marks, title="Chùa Cầu", crs=GRID, sheet=SHEET)
    return drawing, Image.open(io.BytesIO(drawing.png)).convert("RGB")


def is_red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 150 and pixel[1] < 60 and pixel[2] < 80


def near(image: Image.Image, x: float, y: float, wanted: Callable[..., bool], reach: int = 6) -> bool:
    return any(
        wanted(image.getpixel((round(x) + right, round(y) + down)))
        for right in range(-reach, reach + 1)
        for down in range(-reach, reach + 1)
    )


def test_map_is_printed_at_its_scale() -> None:
    drawing, image = draw()
    assert image.size == (SHEET.width_mm * PX_PER_MM, SHEET.height_mm * PX_PER_MM)
    view = drawing.view
    for (east, north), (other_east, other_north) in itertools.pairwise(CORNERS):
        x, y = view.place(east, north)
        other_x, other_y = view.place(other_east, other_north)
        drawn_mm = math.dist((x, y), (other_x, other_y)) / PX_PER_MM
        assert drawn_mm * drawing.scale / 1000 == pytest.approx(math.dist((east, north), (other_east, other_north)))


def test_boundary_is_drawn_where_the_grid_has_it() -> None:
    drawing, image = draw(marks=[])
    ring = ZONE.exterior
    for part in range(40):
        place = ring.interpolate((part + 0.5) / 40, normalized=True)
        x, y = drawing.view.place(place.x, place.y)
        assert near(image, x, y, is_red), place
    for place in (shapely.Point(561440, 1756050), shapely.Point(561550, 1756050)):
        x, y = drawing.view.place(place.x, place.y)
        assert not near(image, x, y, is_red, reach=3), place


def test_distances_in_pixels_are_those_measured_from_wgs84() -> None:
    """A square of 100 m about Chùa Cầu, from degrees: its drawn side is 100 m within what the scale factor takes."""
    from pyproj import Geod

    geod = Geod(ellps="WGS84")
    lon, lat = 108.32605, 15.877083
    east_lon, _, _ = geod.fwd(lon, lat, 90, 100)
    _, north_lat, _ = geod.fwd(lon, lat, 0, 100)
    square = shapely.box(lon, lat, east_lon, north_lat)
    drawing, image = draw(in_system(square, GRID), marks=[])
    columns = [x for x in range(image.width) if is_red(image.getpixel((x, _row(drawing, square))))]
    width_m = (columns[-1] - columns[0]) / PX_PER_MM * drawing.scale / 1000
    assert width_m == pytest.approx(100, abs=1.0)
    assert shapely.length(in_system(shapely.LineString([(lon, lat), (east_lon, lat)]), GRID)) == pytest.approx(
        100, abs=0.02
    )


def _row(drawing: Drawing, square: shapely.Geometry) -> int:
    middle = in_system(square, GRID).centroid
    return round(drawing.view.place(middle.x, middle.y)[1])


def test_scale_bar_is_as_long_as_it_says() -> None:
    drawing, image = draw()
    length, parts = bar_lengths(drawing.scale)
    left = drawing.view.left
    bottom = drawing.view.top + drawing.view.height
    # The first and third parts are filled: the row that has black for as long as one of them is the bar's.
    part_px = round(length * 1000 / drawing.scale * PX_PER_MM)
    rows = [
        y
        for y in range(bottom + 100, image.height)
        if all(sum(image.getpixel((left + x, y))) < 120 for x in range(2, part_px - 2, 7))
    ]
    assert rows
    y = rows[len(rows) // 2]
    dark = [x for x in range(left, left + part_px * parts + 20) if sum(image.getpixel((x, y))) < 120]
    whole_m = (dark[-1] - dark[0]) / PX_PER_MM * drawing.scale / 1000
    assert whole_m == pytest.approx(length * parts, rel=0.02)


@pytest.mark.parametrize("size_m", [15, 40, 90, 180, 450, 900, 2300])
def test_scale_is_the_largest_usual_one_that_fits(size_m: float) -> None:
    zone = shapely.box(561000, 1756000, 561000 + size_m, 1756000 + size_m)
    drawing, _ = draw(zone, marks=[])
    assert drawing.scale in SCALES
    assert size_m < drawing.view.width_m
    smaller = [scale for scale in SCALES if scale < drawing.scale]
    if smaller:
        assert size_m * 1000 / smaller[-1] > drawing.view.width / PX_PER_MM - 16


def test_larger_zones_than_a_sheet_are_refused() -> None:
    with pytest.raises(InvalidInput, match="too large"):
        draw(shapely.box(500000, 1600000, 700000, 1800000), marks=[])


def test_holes_and_zones_apart_are_drawn() -> None:
    around = shapely.box(561390, 1755940, 561600, 1756170).difference(ZONE)
    drawing, image = draw(around, marks=[])
    x, y = drawing.view.place(561495, 1756050)
    assert not near(image, x, y, is_red, reach=4)
    for east, north in CORNERS:
        assert near(image, *drawing.view.place(east, north), is_red)


def test_system_is_named_as_sheets_name_it() -> None:
    assert name_system(GRID) == "Hệ tọa độ VN-2000, kinh tuyến trục 107°45', múi chiếu 3° (EPSG:5899)"
    assert "kinh tuyến trục 108°00', múi chiếu 3°" in name_system("EPSG:5898")
    assert "múi chiếu 6°" in name_system("EPSG:3406")


@pytest.mark.parametrize("size_m", [60, 400, 3000, 30000])
def test_every_map_tells_two_lines_of_the_grid_each_way(size_m: float) -> None:
    """Whoever reads coordinates off the sheet needs two numbers on each side."""
    zone = shapely.box(561000, 1756000, 561000 + size_m, 1756000 + size_m * 0.8)
    drawing, _ = draw(zone, marks=[])
    view = drawing.view
    reach = maps.mm(maps._CORNER_MM) / PX_PER_MM * drawing.scale / 1000
    step = maps._STEPS[drawing.scale]
    for first, length in ((view.west_m, view.width_m), (view.south_m, view.height_m)):
        assert len(maps._multiples(first + reach, length - 2 * reach, step)) >= 2


def test_name_of_a_ring_stands_in_the_ring() -> None:
    around = shapely.Point(0, 0).buffer(100).difference(shapely.Point(0, 0).buffer(60))
    assert around.contains(shapely.Point(maps._roomiest(around)))


def test_coast_is_drawn_on_maps_of_small_scale_only_and_where_the_basemap_reaches() -> None:
    def sea(zone: shapely.Geometry) -> int:
        drawing, image = draw(zone, marks=[], sort="zone_2")
        view = drawing.view
        inside = image.crop((view.left, view.top, view.left + view.width, view.top + view.height))
        return sum(
            count for count, colour in inside.getcolors(inside.width * inside.height) if colour == (228, 238, 244)
        )

    assert sea(shapely.box(550000, 1740000, 572000, 1770000)) > 1000
    assert sea(shapely.box(561000, 1756000, 563000, 1758000)) == 0
    assert sea(shapely.box(900000, 1756000, 922000, 1778000)) == 0
