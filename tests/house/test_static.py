"""Rules for what browsers are given that is not ours: vendored libraries and the basemap, each as its manifest says."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
import shapely

from tests.house.reading import ROOT, complain

VENDOR = ROOT / "static" / "vendor"
MAP = ROOT / "static" / "map"
LARGEST_PROVINCE_BYTES = 300_000
LICENCES = {"BSD-2-Clause", "BSD-3-Clause", "MIT", "ISC", "Apache-2.0", "OFL-1.1"}


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a folder's manifest."""
    return dict(json.loads((folder / "manifest.json").read_text(encoding="utf-8")))


def wrong_files(folder: Path, wanted: dict[str, str]) -> list[str]:
    """Complain of files that the manifest does not name, lacks, or has with other bytes."""
    found = {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.name != "manifest.json"
    }
    return [
        f"{folder.name}/{name}: is {found.get(name, 'not there')}, the manifest says {wanted.get(name, 'nothing')}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]


def features(name: str) -> list[dict[str, Any]]:
    """Read the features of a file of the basemap."""
    return list(json.loads((MAP / name).read_text(encoding="utf-8"))["features"])


FILES = [entry["file"] for entry in read_manifest(MAP)["files"]]


def test_vendored_libraries_are_what_the_manifest_says() -> None:
    libraries = read_manifest(VENDOR)["libraries"]
    complain(wrong_files(VENDOR, {path: digest for library in libraries for path, digest in library["files"].items()}))
    for library in libraries:
        assert library["licence"] in LICENCES
        assert library["licence_file"] in library["files"]
        assert library["version"] in (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def test_vendored_libraries_ask_for_no_source_maps_and_make_no_style_elements() -> None:
    for path in sorted(VENDOR.rglob("*")):
        if path.suffix in (".js", ".css"):
            text = path.read_text(encoding="utf-8")
            assert "sourceMappingURL" not in text
            assert 'createElement("style")' not in text


def test_basemap_files_are_what_the_manifest_says() -> None:
    wanted = {entry["file"]: entry["sha256"] for entry in read_manifest(MAP)["files"]}
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in MAP.glob("*.geojson")}
    assert found == wanted
    for entry in read_manifest(MAP)["files"]:
        assert entry["licence"]
        assert entry["edition"]
        assert entry["precision_m"] > 0
    kept = {path.name for path in (MAP / "licences").iterdir()}
    assert {"GSHHG-COPYING.txt", "GSHHG-COPYING.LESSER.txt", "world-atlas-LICENSE.txt"} <= kept


@pytest.mark.parametrize("name", FILES)
def test_basemap_is_valid_geojson_within_its_box(name: str) -> None:
    entry = next(entry for entry in read_manifest(MAP)["files"] if entry["file"] == name)
    west, south, east, north = entry["box"]
    assert len(features(name)) == entry["features"]
    for feature in features(name):
        assert feature["type"] == "Feature"
        shape = shapely.from_geojson(json.dumps(feature["geometry"]))
        assert shape.is_valid
        assert not shape.is_empty
        bounds = shape.bounds
        assert west - 1e-6 <= bounds[0]
        assert south - 1e-6 <= bounds[1]
        assert bounds[2] <= east + 1e-6
        assert bounds[3] <= north + 1e-6
        assert bounds[0] >= 97
        assert bounds[2] <= 121


def test_basemap_is_small_where_officers_work() -> None:
    size = sum(len(gzip.compress((MAP / name).read_bytes())) for name in FILES)
    assert size <= LARGEST_PROVINCE_BYTES


def test_basemap_holds_the_archipelagos_of_viet_nam_with_their_islands() -> None:
    boxes = {
        feature["properties"]["id"]: feature
        for feature in features("archipelagos.geojson")
        if feature["properties"]["kind"] == "archipelago"
    }
    assert boxes["hoang-sa"]["properties"]["vi"] == "Hoàng Sa (Đà Nẵng, Việt Nam)"
    assert boxes["truong-sa"]["properties"]["vi"] == "Trường Sa (Khánh Hòa, Việt Nam)"
    for identity, least in (("hoang-sa", 20), ("truong-sa", 30)):
        around = shapely.from_geojson(json.dumps(boxes[identity]["geometry"])).buffer(1e-5)
        islands = [f for f in features("archipelagos.geojson") if f["properties"].get("of") == identity]
        assert len(islands) >= least
        assert all(shapely.from_geojson(json.dumps(island["geometry"])).within(around) for island in islands)


@pytest.mark.parametrize(
    ("name", "lon", "lat"), [("Cù Lao Chàm", 108.519, 15.951), ("Lý Sơn", 109.122, 15.383), ("Hội An", 108.33, 15.8815)]
)
def test_basemap_has_land_where_land_is(name: str, lon: float, lat: float) -> None:
    land = [f for f in features("province.geojson") if f["properties"]["kind"] == "land"]
    point = shapely.Point(lon, lat)
    assert any(shapely.from_geojson(json.dumps(f["geometry"])).contains(point) for f in land), name


def test_a_changed_or_unnamed_file_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "a.js").write_text("1", encoding="utf-8")
    digest = hashlib.sha256(b"1").hexdigest()
    assert not wrong_files(tmp_path, {"a.js": digest})
    assert wrong_files(tmp_path, {"a.js": digest[::-1]})
    assert wrong_files(tmp_path, {})
    assert wrong_files(tmp_path, {"a.js": digest, "b.js": digest})
