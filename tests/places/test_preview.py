"""What a typed place comes to: systems, areas, precision, markers there and back."""

from __future__ import annotations

import pytest
import shapely

from app.config import Settings
from app.core.errors import InvalidInput
from app.places.coordinates import Box, in_system, read_place
from app.places.entries import read_geometry
from app.places.markers import split_marker
from app.places.preview import coordinate_systems, preview_geometry, write_geometry

SETTINGS = Settings()
GRID, DEGREES = "EPSG:5899", "EPSG:4326"
MARKERS = "1: 1756000,00 561400,00 # góc tường\nM2\t1756100,00\t561400,00\tcây đa\n1756100 561500\n4) 1756000 561500"


def test_preview_says_a_vn2000_point_with_decimal_commas_in_every_system() -> None:
    found = preview_geometry("1756063,592 561494,291", GRID, SETTINGS)
    assert [reading.text for reading in found.readings] == [
        "15.8770830, 108.3260500",
        "15°52′37.50″N 108°19′33.78″E",
        "X=1756063.592 Y=561494.291",
    ]
    assert (found.sort, found.corners, found.precision_m) == ("point", 1, 0.001)


@pytest.mark.parametrize(
    ("text", "crs", "metres"),
    [
        ("15.8771, 108.3261", DEGREES, 11.132),
        ("15.87, 108.32605", DEGREES, 1113.2),
        ("15°52'37.5\"N 108°19'33.8\"E", DEGREES, 3.0922),
        ("15°52'37\"N 108°19'33.8\"E", DEGREES, 30.922),
        ("15°52.6'N 108°19.6'E", DEGREES, 185.533),
        ("1756063 561494", GRID, 1),
        ("1.756.063,5 561.494,2", GRID, 0.1),
    ],
)
def test_preview_says_how_precise_a_point_is_written(text: str, crs: str, metres: float) -> None:
    assert preview_geometry(text, crs, SETTINGS).precision_m == pytest.approx(metres, rel=1e-3)


def test_preview_tells_that_values_were_exchanged() -> None:
    assert preview_geometry("561494.291 1756063.592", GRID, SETTINGS).is_swapped
    assert preview_geometry("POLYGON ((15.8 108.3, 15.8 108.4, 15.9 108.4, 15.8 108.3))", DEGREES, SETTINGS).is_swapped
    assert not preview_geometry(MARKERS, GRID, SETTINGS).is_swapped


def test_preview_measures_an_area_with_a_hole_on_grid_and_ellipsoid() -> None:
    outer, hole = shapely.box(561400, 1756000, 561600, 1756200), shapely.box(561450, 1756050, 561500, 1756100)
    found = preview_geometry(outer.difference(hole).wkt, GRID, SETTINGS)
    assert found.grid_area_m2 == pytest.approx(37_500, abs=0.01)
    # The grid's scale is 0.99995 here: the ground is 1.0001 times as large.
    assert found.area_m2 == pytest.approx(37_500 * 1.00011, rel=2e-5)
    assert found.grid_length_m == pytest.approx(1000, abs=0.01)
    assert (found.corners, found.rows) == (8, ())


def test_preview_reads_a_table_of_markers_with_names_and_notes() -> None:
    rows = preview_geometry(MARKERS, GRID, SETTINGS).rows
    assert [tuple(row) for row in rows] == [
        ("1", "1756000.000", "561400.000", "góc tường"),
        ("M2", "1756100.000", "561400.000", "cây đa"),
        ("", "1756100.000", "561500.000", ""),
        ("4", "1756000.000", "561500.000", ""),
    ]


def test_a_table_of_markers_comes_back_as_it_was() -> None:
    first = preview_geometry(MARKERS, GRID, SETTINGS)
    text = "\n".join("\t".join(row) for row in first.rows)
    again = preview_geometry(text, GRID, SETTINGS)
    assert again.rows == first.rows
    assert again.geometry.equals_exact(first.geometry, 1e-8)


@pytest.mark.parametrize(
    ("line", "parts"),
    [
        ("Mốc 12: 1 2", ("Mốc 12", "1 2", "")),
        ("12) 1 2 # cạnh đường", ("12", " 1 2 ", "cạnh đường")),
        ("A-7\t1\t2", ("A-7", "1\t2", "")),
        ("\t1\t2\tghi chú\tthêm", ("", "1\t2", "ghi chú thêm")),
        ("1 2", ("", "1 2", "")),
        ("X=1 Y=2", ("", "X=1 Y=2", "")),
    ],
)
def test_split_marker_parts_name_values_and_note(line: str, parts: tuple[str, str, str]) -> None:
    assert tuple(split_marker(line)) == parts


@pytest.mark.parametrize("crs", [system.code for system in coordinate_systems(GRID)])
@pytest.mark.parametrize(
    "shape",
    [
        shapely.Point(108.32605, 15.877083),
        shapely.box(108.32, 15.87, 108.33, 15.88),
        shapely.box(108.32, 15.87, 108.33, 15.88).difference(shapely.box(108.324, 15.874, 108.326, 15.876)),
        shapely.MultiPolygon([shapely.box(108.32, 15.87, 108.33, 15.88), shapely.box(108.34, 15.87, 108.35, 15.88)]),
        shapely.LineString([(108.32, 15.87), (108.33, 15.88)]),
    ],
    ids=lambda shape: f"{shape.geom_type}-{shapely.get_num_coordinates(shape)}",
)
def test_what_is_written_is_read_again_in_every_system(shape: shapely.Geometry, crs: str) -> None:
    read = read_geometry(SETTINGS, write_geometry(shape, crs), crs, "entered_text")
    assert read.geom_type == shape.geom_type
    assert in_system(read, GRID).hausdorff_distance(in_system(shape, GRID)) < 0.02


@pytest.mark.parametrize(
    ("text", "allowed", "sentence"),
    [
        ("15.88, 108.33", "polygon", "no area"),
        ("15.88, 108.33", "line", "no line"),
        ("POLYGON ((108.3 15.8, 108.4 15.8, 108.4 15.9, 108.3 15.8))", "point", "a point is asked for"),
    ],
)
def test_preview_refuses_another_sort_than_asked_for(text: str, allowed: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        preview_geometry(text, DEGREES, SETTINGS, allowed=allowed)


def test_systems_are_named_as_sheets_name_them() -> None:
    names = {system.code: system.message % system.params for system in coordinate_systems("EPSG:5899")}
    assert list(names)[:2] == ["EPSG:4326", "EPSG:5899"]
    assert names["EPSG:5899"] == "VN-2000: X, Y in metres, central meridian 107°45′, zone of 3°"
    assert "zone of 6°" in names["EPSG:3405"]


def test_read_place_takes_a_pair_between_blank_lines() -> None:
    box = Box(*SETTINGS.plausible_box)
    assert read_place("\n15.88, 108.33\n", DEGREES, plausible=box).geometry.geom_type == "Point"
