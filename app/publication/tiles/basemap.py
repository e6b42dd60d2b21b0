"""Our own basemap as tiles, drawn from the files in `static/map`: land, rivers, borders, names of places.

The names of Hoàng Sa and Trường Sa are a layer of their own, the last one, in every tile that they reach into.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache, lru_cache

import shapely
from shapely.geometry.base import BaseGeometry

from app.config import ROOT
from app.publication.quadkeys import Box
from app.publication.tiles.grid import BUFFER, Tile, fit
from app.publication.tiles.mvt import Layer, Value, encode_tile

_MAP = ROOT / "static" / "map"
_FILES = ("overview", "province", "archipelagos", "units")
# What the country's file covers: west, south, east, north.
COVERED: Box = (97.0, 4.0, 121.0, 25.5)
# The province's own file is drawn from this zoom on, and the country's within it until then.
_DETAIL_FROM = 9
_LAST = 99
# Layers from the lowest to the highest, each with the zooms at which kinds of features are in it.
_LAYERS: dict[str, dict[str, tuple[int, int]]] = {
    "land": {"land": (0, _LAST)},
    "rivers": {"river": (_DETAIL_FROM, _LAST)},
    "borders": {"border": (0, _LAST)},
    "places": {
        "country": (0, 8),
        "sea": (0, 8),
        "island": (9, _LAST),
        "river-name": (10, _LAST),
        "commune": (10, _LAST),
    },
    "archipelagos": {"archipelago": (0, _LAST)},
}
LAYERS = tuple(_LAYERS)
_ARCHIPELAGOS = {
    "hoang-sa": {"vi": "Quần đảo Hoàng Sa (Việt Nam)", "en": "Hoàng Sa (Paracel) Islands (Viet Nam)"},
    "truong-sa": {"vi": "Quần đảo Trường Sa (Việt Nam)", "en": "Trường Sa (Spratly) Islands (Viet Nam)"},
}


@dataclass(frozen=True, slots=True)
class _Thing:
    """A feature of the basemap: its layer, its kind, its names by language, the zooms at which it is drawn."""

    layer: str
    kind: str
    names: dict[str, str]
    zooms: tuple[int, int]
    shape: BaseGeometry


@cache
def _things() -> tuple[list[_Thing], shapely.STRtree]:
    """Read the files, and index what is in them."""
    things = []
    for file in _FILES:
        for feature in json.loads((_MAP / f"{file}.geojson").read_text(encoding="utf-8"))["features"]:
            told = feature["properties"]
            layer = next(name for name, kinds in _LAYERS.items() if told["kind"] in kinds)
            first, last = _LAYERS[layer][told["kind"]]
            if told.get("inside"):
                last = _DETAIL_FROM - 1
            elif file == "province":
                first = max(first, _DETAIL_FROM)
            names = _ARCHIPELAGOS.get(told.get("id"), {key: told[key] for key in ("vi", "en") if key in told})
            shape = shapely.from_geojson(json.dumps(feature["geometry"]))
            things.append(_Thing(layer, told["kind"], names, (first, last), shape))
    return things, shapely.STRtree([thing.shape for thing in things])


@cache
def basemap_tag() -> str:
    """Give a tag that moves with what the basemap's files hold."""
    digest = hashlib.sha256()
    for file in _FILES:
        digest.update((_MAP / f"{file}.geojson").read_bytes())
    return digest.hexdigest()[:16]


@lru_cache(maxsize=512)
def basemap_tile(tile: Tile, language: str) -> bytes:
    """Draw a tile of the basemap, with names in a language, or in English where there is none in it."""
    things, tree = _things()
    layers = {name: Layer(name) for name in LAYERS}
    reach = shapely.box(*tile.bounds(BUFFER))
    met = [things[index] for index in sorted(tree.query(reach, predicate="intersects"))]
    drawn = [thing for thing in met if thing.zooms[0] <= tile.zoom <= thing.zooms[1]]
    shapes = [_seen(thing.shape, tile) if thing.kind == "archipelago" else thing.shape for thing in drawn]
    for thing, shape in zip(drawn, fit(tile, shapes), strict=True):
        layers[thing.layer].add(shape, _told(thing, language))
    return encode_tile(layers.values())


def _told(thing: _Thing, language: str) -> dict[str, Value]:
    name = thing.names.get(language) or thing.names.get("en")
    return {"kind": thing.kind, **({"name": name} if name else {})}


def _seen(area: BaseGeometry, tile: Tile) -> BaseGeometry:
    """Give where an archipelago's name stands in a tile: in the middle of what is seen of it there."""
    return area.intersection(shapely.box(*tile.bounds())).centroid
