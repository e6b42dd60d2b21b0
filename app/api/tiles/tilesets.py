"""Tilesets: which there are, what is in them, and the same as TileJSON 3.0."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from app.api.answers import JSON, answer_json, api_path, begin, link, localized
from app.api.collections import find_collection
from app.api.tiles.matrices import GRID, GRID_CRS, GRID_URI, TILING_SCHEME, check_grid
from app.api.tiles.own import own_basemap
from app.core.errors import NotFound
from app.core.localized import LocalizedText
from app.http.answers import CRS84
from app.http.i18n import current_language
from app.http.parameters import check_choice
from app.http.settings import absolute, current_settings
from app.publication.collections import COLLECTIONS
from app.publication.quadkeys import Box
from app.publication.schema import Collection, Property
from app.publication.tiles.archive import Archive
from app.publication.tiles.basemap import COVERED, LAYERS
from app.publication.tiles.marks import marked_properties
from app.publication.tiles.reading import LAST_ZOOM

MVT = "application/vnd.mapbox-vector-tile"
TILEJSON = "application/vnd.mapbox.tile+json"
# The value of `f` by the media type of tiles.
FORMATS = {MVT: "mvt", "image/png": "png", "image/jpeg": "jpg", "image/webp": "webp"}
BASE, OWN = "base", "own"
_WORLD: Box = (-180.0, -85.051129, 180.0, 85.051129)

_ALL: LocalizedText = {"vi": "Mọi bộ sưu tập, mỗi bộ một lớp", "en": "All collections, a layer each"}
_BASEMAP: LocalizedText = {
    "vi": "Nền bản đồ: đất liền, sông, biên giới, địa danh, hai quần đảo Hoàng Sa và Trường Sa",
    "en": "The basemap: land, rivers, borders, places, the archipelagos Hoàng Sa and Trường Sa",
}
_OWN: LocalizedText = {"vi": "Nền bản đồ riêng của đơn vị", "en": "The deployment's own basemap"}
_COUNT = "How many features the point stands for; absent where it is one shown whole."
_BASEMAP_FIELDS = {"kind": "What it is.", "name": "Its name."}
_BASEMAP_CREDIT = "© GSHHG (LGPL) · Natural Earth"


@dataclass(frozen=True, slots=True)
class Tileset:
    """A tileset: the path of what it shows, and what is in it; `layers` give each layer's fields and what they say."""

    path: str
    title: LocalizedText
    layers: dict[str, dict[str, str]]
    attribution: str | None
    media_type: str = MVT
    zooms: tuple[int, int] = (0, LAST_ZOOM)
    box: Box = _WORLD

    @property
    def address(self) -> str:
        """The tileset's path."""
        return api_path(f"{self.path}/tiles/{GRID}")

    def template(self, row: str, column: str, zoom: str) -> str:
        """Give the address of any tile, with the names of its parts in braces, in the request's language."""
        asked = urlencode({"f": FORMATS[self.media_type], "lang": current_language()})
        return absolute(f"{self.address}/{{{zoom}}}/{{{row}}}/{{{column}}}?{asked}")


def _fields(collection: Collection) -> dict[str, str]:
    return {found.name: _said(found) for found in marked_properties(collection)} | {"count": _COUNT}


def _said(found: Property) -> str:
    return f"{found.description} Joined by commas." if found.type == "array" else found.description


def dataset_tileset() -> Tileset:
    """Describe the tiles of all collections together."""
    layers = {name: _fields(collection) for name, collection in COLLECTIONS.items()}
    return Tileset("", _ALL, layers, current_settings().attribution)


def collection_tileset(name: str) -> Tileset:
    """Describe the tiles of a collection; raises `NotFound`."""
    collection = find_collection(name)
    layers = {name: _fields(collection)}
    return Tileset(f"/collections/{name}", collection.title, layers, current_settings().attribution)


def find_basemap(name: str) -> Archive | None:
    """Check a basemap's name and give the archive of the deployment's own, if it has one; raises `NotFound`."""
    own = own_basemap()
    if name != BASE and (name != OWN or own is None):
        raise NotFound(
            "There is no basemap “%(value)s” here; there are: %(choices)s.",
            value=name[:60],
            choices=", ".join((BASE, OWN) if own else (BASE,)),
        )
    return own


def basemap_tileset(name: str) -> Tileset:
    """Describe the tiles of a basemap; raises `NotFound`."""
    own = find_basemap(name)
    path = f"/basemaps/{name}"
    if name == BASE or own is None:
        return Tileset(path, _BASEMAP, dict.fromkeys(LAYERS, _BASEMAP_FIELDS), _BASEMAP_CREDIT, box=COVERED)
    about = own.about
    layers: dict[str, dict[str, str]] = {layer: {} for layer in about.layers}
    return Tileset(path, _OWN, layers, about.attribution, about.media_type, about.zooms, about.box)


def list_dataset() -> Response:
    """List the tilesets of all collections together, with the basemaps beside them."""
    basemaps = [basemap_tileset(name) for name in ((BASE, OWN) if own_basemap() else (BASE,))]
    return _list("", [dataset_tileset(), *basemaps])


def list_collection(name: str) -> Response:
    """List the tilesets of a collection."""
    return _list(f"/collections/{name}", [collection_tileset(name)])


def list_basemap(basemap: str) -> Response:
    """List the tilesets of a basemap."""
    return _list(f"/basemaps/{basemap}", [basemap_tileset(basemap)])


def _list(path: str, tilesets: Sequence[Tileset]) -> Response:
    """List tilesets (OGC 20-057, clause 9)."""
    _begin(("json",))
    links = [link("self", api_path(f"{path}/tiles"), JSON)]
    return answer_json({"links": links, "tilesets": [_summary(tileset) for tileset in tilesets]})


def _begin(formats: tuple[str, ...]) -> str:
    begin(())
    return check_choice("f", request.args.get("f") or formats[0], formats)


def _summary(tileset: Tileset) -> dict[str, Any]:
    return {
        "title": localized(dict(tileset.title)),
        "dataType": "vector" if tileset.media_type == MVT else "map",
        "crs": GRID_CRS,
        "tileMatrixSetURI": GRID_URI,
        "links": [
            link("self", tileset.address, JSON),
            link(TILING_SCHEME, api_path(f"/tileMatrixSets/{GRID}"), JSON),
            link("describedby", f"{tileset.address}?f=tilejson", TILEJSON, "TileJSON 3.0"),
        ],
    }


def show_dataset(**place: str) -> Response:
    """Describe the tileset of all collections together."""
    return _show(dataset_tileset(), place)


def show_collection(name: str, **place: str) -> Response:
    """Describe a collection's tileset."""
    return _show(collection_tileset(name), place)


def show_basemap(basemap: str, **place: str) -> Response:
    """Describe a basemap's tileset."""
    return _show(basemap_tileset(basemap), place)


def _show(tileset: Tileset, place: dict[str, str]) -> Response:
    """Describe a tileset (OGC 20-057, clause 8; OGC 17-083r4, clause 9), or as TileJSON with `f=tilejson`."""
    wanted = _begin(("json", "tilejson"))
    check_grid(place["tileMatrixSetId"])
    if wanted == "tilejson":
        return answer_json(tile_json(tileset), TILEJSON)
    first, last = tileset.zooms
    west, south, east, north = tileset.box
    item = {
        "rel": "item",
        "type": tileset.media_type,
        "href": tileset.template("tileRow", "tileCol", "tileMatrix"),
        "templated": True,
    }
    body = _summary(tileset)
    body["links"].append(item)
    body |= {
        "boundingBox": {"lowerLeft": [west, south], "upperRight": [east, north], "crs": CRS84},
        "attribution": tileset.attribution,
        "layers": [_layer(tileset, name) for name in tileset.layers],
        "tileMatrixSetLimits": [
            {
                "tileMatrix": str(zoom),
                "minTileRow": 0,
                "maxTileRow": (1 << zoom) - 1,
                "minTileCol": 0,
                "maxTileCol": (1 << zoom) - 1,
            }
            for zoom in range(first, last + 1)
        ],
    }
    return answer_json(body)


def _layer(tileset: Tileset, name: str) -> dict[str, Any]:
    said = tileset.layers[name]
    schema = {"type": "object", "properties": {field: {"description": text} for field, text in said.items()}}
    return {"id": name, "dataType": "vector", "propertiesSchema": schema}


def tile_json(tileset: Tileset) -> dict[str, Any]:
    """Describe a tileset as TileJSON 3.0.0; `center` is the middle of what the deployment covers."""
    first, last = tileset.zooms
    west, south, east, north = current_settings().plausible_box
    return {
        "tilejson": "3.0.0",
        "name": localized(dict(tileset.title)),
        "version": "1.0.0",
        "scheme": "xyz",
        "attribution": tileset.attribution or "",
        "tiles": [tileset.template("y", "x", "z")],
        "minzoom": first,
        "maxzoom": last,
        "bounds": list(tileset.box),
        "center": [round((west + east) / 2, 4), round((south + north) / 2, 4), min(max(first, 8), last)],
        "vector_layers": [
            {"id": name, "fields": said, "minzoom": first, "maxzoom": last} for name, said in tileset.layers.items()
        ],
    }
