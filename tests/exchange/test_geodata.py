"""Geodata that GDAL wrote is read as GDAL means it, and each feature says what is wrong with it."""

from __future__ import annotations

import json
import shutil
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from shapely.testing import assert_geometries_equal

from app.config import Settings
from app.core.errors import InvalidInput
from app.exchange.geodata import GeodataReport, read_geodata
from app.places.coordinates import Box, parse_geometry
from tests.harness.counts import counts

SETTINGS = Settings()
BOX = Box(*SETTINGS.plausible_box)
HOLE = "(108.325 15.875,108.33 15.875,108.33 15.88,108.325 15.875)"
SHAPES = {
    "Chùa Cầu": "POINT (108.32605 15.877083)",
    "tường": "LINESTRING (108.32 15.87,108.33 15.88,108.335 15.88)",
    "khu I": f"POLYGON ((108.32 15.87,108.34 15.87,108.34 15.89,108.32 15.89,108.32 15.87),{HOLE})",
    "hai mảnh": "MULTIPOLYGON (((108 15,108.1 15,108.1 16,108 15)),((108.3 15,108.4 15,108.4 16,108.3 15)))",
}


def collection(shapes: dict[str, Any], **members: Any) -> str:
    rows = [
        {
            "type": "Feature",
            "properties": {"ten": name, "so": 7},
            "geometry": shapely.geometry.mapping(shapely.from_wkt(wkt)) if isinstance(wkt, str) else wkt,
        }
        for name, wkt in shapes.items()
    ]
    return json.dumps({"type": "FeatureCollection", "features": rows, **members}, ensure_ascii=False)


def write(folder: Path, text: str | bytes, name: str = "file") -> Path:
    path = folder / name
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return path


def read(path: Path) -> GeodataReport:
    return read_geodata(path, path.name, settings=SETTINGS)


def convert(source: Path, target: Path, *options: str) -> Path:
    """Write a file with GDAL."""
    if not shutil.which("ogr2ogr"):
        pytest.fail("ogr2ogr is missing: apt install gdal-bin (`make test` does)")
    subprocess.run(["ogr2ogr", *options, str(target), str(source)], check=True, capture_output=True)
    return target


def kmz(source: Path, target: Path) -> Path:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.write(source, "doc.kml")
    return target


@pytest.fixture
def source(tmp_path: Path) -> Path:
    return write(tmp_path, collection(SHAPES), "source.geojson")


def assert_is(report: GeodataReport, shapes: dict[str, str], tolerance: float = 1e-9) -> None:
    assert [feature.name for feature in report.features] == list(shapes)
    for feature, wkt in zip(report.features, shapes.values(), strict=True):
        assert feature.geometry is not None
        assert_geometries_equal(
            shapely.orient_polygons(feature.geometry), shapely.orient_polygons(shapely.from_wkt(wkt)), tolerance
        )
        assert feature.problems == ()
        assert not feature.is_swapped


def test_geojson_is_read(source: Path) -> None:
    report = read(source)
    assert_is(report, SHAPES)
    assert (report.format, report.name) == ("geojson", "source.geojson")
    first = report.features[0]
    assert (first.number, dict(first.properties)) == (1, {"ten": "Chùa Cầu", "so": "7"})
    assert (first.entered_text, first.entered_crs) == ("POINT (108.32605 15.877083)", "EPSG:4326")


@pytest.mark.parametrize("kind", ["Feature", "geometry"])
def test_geojson_without_a_collection_is_read(tmp_path: Path, kind: str) -> None:
    shape = {"type": "Point", "coordinates": [108.3, 15.8, 12.5]}
    text = json.dumps({"type": "Feature", "properties": None, "geometry": shape} if kind == "Feature" else shape)
    (feature,) = read(write(tmp_path, "\ufeff" + text)).features
    assert feature.geometry == shapely.Point(108.3, 15.8)


@pytest.mark.parametrize(
    ("driver", "suffix"), [("KML", "kml"), ("LIBKML", "kml"), ("GPKG", "gpkg"), ("GeoJSON", "json")]
)
def test_files_of_gdal_are_read(source: Path, tmp_path: Path, driver: str, suffix: str) -> None:
    options = ("-dsco", "NameField=ten") if driver == "KML" else ()
    path = convert(source, tmp_path / f"out.{suffix}", "-f", driver, *options)
    if driver == "LIBKML":
        path = convert(source, tmp_path / "named.kml", "-f", driver, "-sql", "SELECT ten AS name, so FROM source")
    report = read(path)
    assert_is(report, SHAPES)
    assert report.format == {"json": "geojson"}.get(suffix, suffix)
    assert report.features[0].layer


def test_kmz_is_read(source: Path, tmp_path: Path) -> None:
    path = convert(source, tmp_path / "doc.kml", "-f", "KML", "-dsco", "NameField=ten")
    report = read(kmz(path, tmp_path / "file.kmz"))
    assert_is(report, SHAPES)
    assert report.format == "kmz"


def test_gpx_of_gdal_is_read(tmp_path: Path) -> None:
    point = {"name": "POINT (108.32605 15.877083)"}
    points = write(tmp_path, collection(point).replace('"ten"', '"name"'), "p.geojson")
    assert_is(read(convert(points, tmp_path / "p.gpx", "-f", "GPX", "-dsco", "GPX_USE_EXTENSIONS=YES")), point)
    lines = {"way": "LINESTRING (108.32 15.87,108.33 15.88)"}
    routes = write(tmp_path, collection(lines).replace('"ten"', '"name"'), "l.geojson")
    options = ("-f", "GPX", "-dsco", "GPX_USE_EXTENSIONS=YES")
    assert_is(read(convert(routes, tmp_path / "r.gpx", *options)), lines)
    many = {"track": "MULTILINESTRING ((108.32 15.87,108.33 15.88),(108.34 15.87,108.35 15.88))"}
    tracks = write(tmp_path, collection(many).replace('"ten"', '"name"'), "t.geojson")
    report = read(convert(tracks, tmp_path / "t.gpx", *options))
    assert_is(report, many)
    assert (report.format, report.features[0].layer) == ("gpx", "tracks")


@pytest.mark.parametrize("crs", ["EPSG:5899", "EPSG:4756", "EPSG:32648", "EPSG:3857"])
@pytest.mark.parametrize("driver", ["GPKG", "GeoJSON"])
def test_vn2000_and_other_systems_are_read_by_their_epsg_code(
    source: Path, tmp_path: Path, crs: str, driver: str
) -> None:
    path = convert(source, tmp_path / "out", "-f", driver, "-t_srs", crs, "-lco", "COORDINATE_PRECISION=12") \
        if driver == "GeoJSON" else convert(source, tmp_path / "out.gpkg", "-f", driver, "-t_srs", crs)  # fmt: skip
    report = read(path)
    # GDAL here has another PROJ; a tenth of a millimetre is what either promises.
    assert_is(report, SHAPES, 3e-9)
    assert {feature.entered_crs for feature in report.features} == {crs}
    first = report.features[0]
    assert_geometries_equal(parse_geometry(first.entered_text, first.entered_crs, BOX), first.geometry, 2e-9)


def test_kml_of_people_is_read(tmp_path: Path) -> None:
    text = """<?xml version="1.0" encoding="UTF-8"?>
    <kml xmlns="http://www.opengis.net/kml/2.2" xmlns:gx="http://www.google.com/kml/ext/2.2"><Document>
    <name>Phố cổ</name><Folder><name>Nhà</name><Placemark><name>A &amp; B</name>
    <description><![CDATA[<b>đậm</b><script>x</script>]]></description>
    <ExtendedData><Data name="cấp"><value>tỉnh</value></Data></ExtendedData>
    <Point><coordinates> 108.3, 15.8, 4 </coordinates></Point></Placemark></Folder>
    <Placemark><MultiGeometry><Point><coordinates>108.3,15.8</coordinates></Point><LineString><coordinates>108.3,15.8
    108.4,15.9</coordinates></LineString></MultiGeometry></Placemark>
    <Placemark><gx:Track><gx:coord>108.3 15.8 3</gx:coord><gx:coord>108.4 15.8 3</gx:coord></gx:Track></Placemark>
    <Placemark><name>nothing</name></Placemark>
    <Placemark><LineString><coordinates>108.3,15.8</coordinates></LineString></Placemark>
    <NetworkLink><Link><href>http://example.org/more.kml</href></Link></NetworkLink></Document></kml>"""
    report = read(write(tmp_path, text))
    house, mixed, track, nothing, short = report.features
    assert (house.name, house.layer, house.properties["cấp"], house.properties["description"]) == (
        "A & B", "Nhà", "tỉnh", "đậm x",
    )  # fmt: skip
    assert house.geometry == shapely.Point(108.3, 15.8)
    assert mixed.geometry is not None
    assert mixed.geometry.geom_type == "GeometryCollection"
    assert (mixed.layer, track.geometry) == ("Phố cổ", shapely.LineString([(108.3, 15.8), (108.4, 15.8)]))
    assert (nothing.geometry, str(nothing.problems[0].sentence)) == (None, "It has no geometry.")
    assert short.geometry is None
    assert "too few points" in str(short.problems[0].sentence)
    assert "were not followed" in str(report.notes[0].sentence)


def test_exchanged_values_are_noticed_in_degrees_and_in_metres(tmp_path: Path) -> None:
    degrees = {"type": "Point", "coordinates": [15.877083, 108.32605]}
    (feature,) = read(write(tmp_path, json.dumps(degrees))).features
    assert (feature.is_swapped, feature.geometry) == (True, shapely.Point(108.32605, 15.877083))
    assert "in the other order" in str(feature.problems[0].sentence)
    named = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::5899"}}
    metres = {"type": "Point", "coordinates": [1756063.592, 561494.291], "crs": named}
    (feature,) = read(write(tmp_path, json.dumps(metres))).features
    assert feature.is_swapped
    assert_geometries_equal(feature.geometry, shapely.Point(108.32605, 15.877083), 1e-8)
    assert feature.entered_text == "POINT (1756063.592 561494.291)"


def test_what_lies_elsewhere_is_said(tmp_path: Path) -> None:
    (feature,) = read(write(tmp_path, '{"type": "Point", "coordinates": [2.35, 48.85]}')).features
    assert (feature.geometry, feature.is_swapped) == (shapely.Point(2.35, 48.85), False)
    assert "outside the area" in str(feature.problems[0].sentence)


@pytest.mark.parametrize(
    ("wkt", "told", "place"),
    [
        ("POLYGON ((108 15.8,108.2 16,108.2 15.8,108 16,108 15.8))", "crosses itself", (108.1, 15.9)),
        ("POLYGON ((108 15,108.1 15,108.1 16,108 15),(108.4 15,108.5 15,108.5 15.1,108.4 15))", "outside", (108.4, 15)),
    ],
)
def test_invalid_shape_is_given_with_the_place_of_its_fault(
    tmp_path: Path, wkt: str, told: str, place: tuple[float, float]
) -> None:
    path = write(tmp_path, collection({"a": wkt}))
    for read_from in (path, convert(path, tmp_path / "out.gpkg", "-f", "GPKG")):
        (feature,) = read(read_from).features
        assert feature.geometry is not None
        (problem,) = feature.problems
        assert told in str(problem.sentence)
        assert f"{place[1]:.6f}, {place[0]:.6f}" in str(problem.sentence)
        assert (problem.lon, problem.lat) == pytest.approx(place)


def test_heights_are_left_out(tmp_path: Path) -> None:
    path = write(tmp_path, '{"type": "LineString", "coordinates": [[108.3, 15.8, 5], [108.4, 15.8, 6]]}', "z.geojson")
    for read_from in (path, convert(path, tmp_path / "z.gpkg", "-f", "GPKG", "-dim", "XYZ")):
        (feature,) = read(read_from).features
        assert feature.geometry == shapely.LineString([(108.3, 15.8), (108.4, 15.8)])
        assert not shapely.has_z(feature.geometry)


def test_report_goes_through_json_unchanged(source: Path) -> None:
    report = read(source)
    assert GeodataReport.from_json(json.loads(json.dumps(report.to_json()))) == report


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (collection(SHAPES, crs={"type": "name", "properties": {"name": "EPSG:4978"}}), "is not a coordinate system"),
        (collection(SHAPES, crs={"type": "name", "properties": {"name": "EPSG:999999"}}), "is not a coordinate system"),
        (collection(SHAPES, crs={"type": "name", "properties": {"name": "VN2000"}}), "does not name by an EPSG code"),
        (collection(SHAPES, crs={"type": "link"}), "does not name by an EPSG code"),
        (collection({}), "holds no feature"),
        ('{"type": "Topology"}', "is damaged"),
        ('{"type": "FeatureCollection"}', "is damaged"),
        ('{"type": "Point", "coordinates": [NaN, 1]}', "is damaged"),
        ("<html><body/></html>", "neither KML nor GPX (it begins with <html>)"),
        ("<kml><Document>", "is damaged"),
        ("name,lon,lat\n", "none of GeoJSON"),
        ('<gpx><wpt lat="15.8"/></gpx>', "is damaged"),
        ("{" + '"\udce9"'.encode("utf-8", "surrogateescape").decode("latin-1") + "", "is damaged"),
    ],
)
def test_file_that_cannot_be_read_is_refused_with_a_sentence(tmp_path: Path, text: str, told: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read(write(tmp_path, text, "tệp của tôi"))
    assert told in str(refused.value)
    assert refused.value.params["field"] == "file"


def test_geopackage_without_a_known_system_is_refused(source: Path, tmp_path: Path) -> None:
    path = convert(source, tmp_path / "out.gpkg", "-f", "GPKG", "-a_srs", "+proj=tmerc +lon_0=107.75 +ellps=WGS84")
    with pytest.raises(InvalidInput, match="does not name by an EPSG code"):
        read(path)


@hypothesis.settings(max_examples=counts(5, 200))
@given(
    parts=st.lists(st.tuples(st.floats(107.3, 108.7), st.floats(15.0, 16.2)), min_size=2, max_size=6),
)
def test_random_lines_come_back_the_same_from_geojson(parts: list[tuple[float, float]], tmp_path_factory) -> None:  # noqa: ANN001
    path = write(tmp_path_factory.mktemp("line"), json.dumps({"type": "LineString", "coordinates": parts}))
    (feature,) = read(path).features
    assert_geometries_equal(feature.geometry, shapely.LineString(parts), 1e-9)


def test_largest_file_within_the_limits_is_read(tmp_path: Path) -> None:
    ring = [[108 + n / 1000, 15 + n / 1000] for n in range(46)] + [[108, 15.5]]
    rows = [
        {"type": "Feature", "properties": {"name": f"đ{n}", "text": "x" * 500}, "geometry": shape}
        for n in range(4000)
        for shape in [{"type": "Polygon", "coordinates": [ring]}]
    ]
    path = write(tmp_path, json.dumps({"type": "FeatureCollection", "features": rows}))
    report = read(path)
    assert (len(report.features), report.features[-1].name) == (4000, "đ3999")
    assert len(report.features[0].properties["text"]) == 200


def test_text_of_properties_has_no_tags_no_controls_and_no_turned_direction(tmp_path: Path) -> None:
    row = {
        "type": "Feature",
        "properties": {"name": "a\u202eb\x00\ud800<i>c</i>\n d", "n": {"x": [1, None]}, "none": None},
    }
    text = json.dumps({**row, "geometry": {"type": "Point", "coordinates": [108.3, 15.8]}})
    (feature,) = read(write(tmp_path, text)).features
    assert dict(feature.properties) == {"name": "a b c d", "n": '{"x": [1, null]}'}


@pytest.mark.parametrize("position", ["[108.3]", "[1e999, 15]", '["108", "x"]', "[null, 1]", "[]", "{}", "[[108, 15]]"])
def test_position_that_is_none_is_a_problem_of_its_feature(tmp_path: Path, position: str) -> None:
    (feature,) = read(write(tmp_path, f'{{"type": "Point", "coordinates": {position}}}')).features
    assert feature.geometry is None
    assert feature.problems
