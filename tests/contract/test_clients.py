"""Standard clients read the API as it stands: GDAL's OAPIF driver and OWSLib, against the real server."""

from __future__ import annotations

import csv
import json
import re
import subprocess
import urllib.parse
import urllib.request
from pathlib import Path

import pytest
from owslib.ogcapi.features import Features

API = "/api/v1"


def gdal(*words: str) -> str:
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return done.stdout


def test_ogrinfo_lists_the_collections_with_their_counts(live_server: str) -> None:
    told = gdal("ogrinfo", "-ro", "-al", "-so", f"OAPIF:{live_server}{API}")
    counts = dict(re.findall(r"Layer name: (\S+)\n(?:.*\n)*?Feature Count: (\d+)", told))
    assert counts == {
        "sites": "200",
        "zones": "0",
        "artefacts": "22",
        "intangible": "26",
        "documentary": "0",
        "events": "30",
        "itineraries": "12",
        "places": "78",
        "notices": "0",
        "admin-units": "339",
    }


def test_ogrinfo_reads_types_and_geometry(live_server: str) -> None:
    told = gdal("ogrinfo", "-ro", "-so", f"OAPIF:{live_server}{API}", "sites")
    assert "Geometry: Point" in told
    assert "rank: String" in told
    assert "year_from: Integer" in told


def test_ogr2ogr_copies_every_feature(live_server: str, tmp_path: Path) -> None:
    target = tmp_path / "sites.geojson"
    gdal("ogr2ogr", str(target), f"OAPIF:{live_server}{API}", "sites", "-oo", "PAGE_SIZE=37")
    features = json.loads(target.read_text(encoding="utf-8"))["features"]
    assert len({feature["properties"]["code"] for feature in features}) == len(features) == 200


def test_ogr2ogr_reprojects_to_where_the_api_does(live_server: str, tmp_path: Path) -> None:
    """GDAL 3.6 has no Part 2 of its own (3.7 has); what it turns itself lies where we turn it, to a centimetre."""
    target = tmp_path / "grid.csv"
    source = f"OAPIF:{live_server}{API}"
    gdal(
        "ogr2ogr",
        str(target),
        source,
        "sites",
        "-t_srs",
        "EPSG:5899",
        "-lco",
        "GEOMETRY=AS_XY",
        "-where",
        "rank='national'",
    )
    with target.open(encoding="utf-8") as file:
        turned = {row["code"]: (row["X"], row["Y"]) for row in csv.DictReader(file)}
    grid = urllib.parse.quote("http://www.opengis.net/def/crs/EPSG/0/5899")
    address = f"{live_server}{API}/collections/sites/items?rank=national&limit=1000&crs={grid}"
    with urllib.request.urlopen(address) as response:  # noqa: S310
        features = json.load(response)["features"]
    assert len(features) == len(turned) == 47
    for feature in features:
        written = feature["geometry"]["coordinates"] if feature["geometry"] else []
        assert written == pytest.approx([float(text) for text in turned[feature["id"]] if text], abs=0.01)


@pytest.mark.parametrize(("form", "layers"), [("gpx", {"waypoints", "routes"}), ("kml", {"Upper Thu Bồn"})])
def test_ogrinfo_reads_an_itinerary_as_a_file(live_server: str, tmp_path: Path, form: str, layers: set[str]) -> None:
    target = tmp_path / f"way.{form}"
    with urllib.request.urlopen(f"{live_server}/en/itineraries/upper-thu-bon-iti-10.{form}") as response:  # noqa: S310
        target.write_bytes(response.read())
    told = gdal("ogrinfo", "-ro", "-al", "-so", str(target))
    counts = dict(re.findall(r"Layer name: (.+)\n(?:.*\n)*?Feature Count: (\d+)", told))
    assert {name for name, count in counts.items() if int(count)} >= layers


def test_ogrinfo_filters_by_attribute_and_box_on_the_server(live_server: str) -> None:
    told = gdal(
        "ogrinfo", "-ro", "-so", f"OAPIF:{live_server}{API}", "sites", "-spat", "108.3", "15.8", "108.4", "15.95"
    )
    count = re.search(r"Feature Count: (\d+)", told)
    assert count
    assert 20 < int(count[1]) < 100


@pytest.mark.parametrize(
    ("layer", "where", "count"),
    [
        ("sites", "rank = 'national' AND year_from < 1500", None),
        ("sites", "rank <> 'national' OR year_from IS NULL", None),
        ("sites", "name LIKE 'Giếng%'", None),
        ("sites", "is_world_heritage = 1", None),
        ("sites", "location_precision_m BETWEEN 20 AND 500", None),
        ("sites", "modified_at >= '2020-01-01T00:00:00Z'", 200),
        ("admin-units", "valid_to <= '2025-06-30'", None),
        ("admin-units", "NOT (level = 'commune')", None),
    ],
)
def test_ogr2ogr_has_its_where_answered_by_the_server(
    live_server: str, tmp_path: Path, layer: str, where: str, count: int | None
) -> None:
    """What comes is what GDAL itself finds in a copy of everything."""
    source = f"OAPIF:{live_server}{API}"
    everything, found = tmp_path / "all.gpkg", tmp_path / "found.gpkg"
    gdal("ogr2ogr", str(everything), source, layer)
    told = subprocess.run(
        ["ogr2ogr", "--debug", "OAPIF", str(found), source, layer, "-where", where],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    ).stderr
    assert "CQL text detected" in told
    assert "client side" not in told
    codes = [
        sorted(re.findall(r"code \(String\) = (\S+)", gdal("ogrinfo", "-al", "-q", *words)))
        for words in ((str(found),), (str(everything), "-where", where))
    ]
    assert codes[0] == codes[1] != []
    assert count in (None, len(codes[0]))


@pytest.fixture
def features(live_server: str) -> Features:
    return Features(f"{live_server}{API}/")


def test_owslib_lists_the_collections(features: Features) -> None:
    assert features.feature_collections() == [
        "sites",
        "zones",
        "artefacts",
        "intangible",
        "documentary",
        "events",
        "itineraries",
        "places",
        "notices",
        "admin-units",
    ]
    assert "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core" in features.conformance()["conformsTo"]
    assert features.api()["openapi"].startswith("3.0")


def test_owslib_reads_queryables(features: Features) -> None:
    assert {"rank", "type", "unit"} <= set(features.collection_queryables("sites")["properties"])


@pytest.mark.parametrize(("collection", "count"), [("sites", 200), ("places", 78), ("admin-units", 339)])
def test_owslib_pages_through_everything_without_a_duplicate_or_a_gap(
    features: Features, collection: str, count: int
) -> None:
    page = features.collection_items(collection, limit=23)
    seen = [feature["id"] for feature in page["features"]]
    while after := [link["href"] for link in page["links"] if link["rel"] == "next"]:
        with urllib.request.urlopen(after[0]) as response:  # noqa: S310
            page = json.load(response)
        seen += [feature["id"] for feature in page["features"]]
    assert len(seen) == len(set(seen)) == count


def test_owslib_searches_and_reads_an_item(features: Features) -> None:
    found = features.collection_items("sites", bbox=[108.32, 15.87, 108.33, 15.88], limit=100)
    assert "QNM-0002" in [feature["id"] for feature in found["features"]]
    assert features.collection_item("sites", "QNM-0045")["id"] == "QNM-0045"
