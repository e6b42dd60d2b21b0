"""Standard clients read the tiles as they stand: GDAL's driver for vector tiles, against the real server."""

from __future__ import annotations

import json
import urllib.request
from pathlib import Path

import pytest

from tests.contract.test_clients import API, gdal


def test_ogr2ogr_reads_a_tile_and_finds_features_where_the_api_has_them(live_server: str, tmp_path: Path) -> None:
    path, target = tmp_path / "7459.mvt", tmp_path / "sites.geojson"
    with urllib.request.urlopen(f"{live_server}{API}/tiles/WebMercatorQuad/14/7459/13122?lang=en") as response:  # noqa: S310
        path.write_bytes(response.read())
    place = ("-oo", "X=13122", "-oo", "Y=7459", "-oo", "Z=14")
    gdal("ogr2ogr", "-f", "GeoJSON", str(target), str(path), "sites", *place, "-t_srs", "EPSG:4326")
    read = json.loads(target.read_text(encoding="utf-8"))["features"]
    assert len(read) > 10
    for feature in read:
        told = feature["properties"]
        with urllib.request.urlopen(f"{live_server}{API}/collections/sites/items/{told['code']}?lang=en") as response:  # noqa: S310
            full = json.load(response)
        assert (told["name"], told["rank"]) == (full["properties"]["name"], full["properties"]["rank"])
        # A unit of this tile is 0.6 metres.
        assert feature["geometry"]["coordinates"] == pytest.approx(full["geometry"]["coordinates"], abs=1e-5)


def test_ogrinfo_reads_the_basemap(live_server: str, tmp_path: Path) -> None:
    path = tmp_path / "29.mvt"
    with urllib.request.urlopen(f"{live_server}{API}/basemaps/base/tiles/WebMercatorQuad/6/29/51") as response:  # noqa: S310
        path.write_bytes(response.read())
    told = gdal("ogrinfo", "-ro", "-al", "-so", str(path), "-oo", "X=51", "-oo", "Y=29", "-oo", "Z=6")
    assert "Layer name: land\nGeometry: Multi Polygon" in told
    assert "Layer name: archipelagos" in told
