"""The tiles' part of the API's description in OpenAPI 3.0 (OGC 20-057, clause 17)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.api.answers import JSON
from app.api.tiles.matrices import GRID
from app.api.tiles.own import own_basemap
from app.api.tiles.styles import STYLE
from app.api.tiles.tilesets import BASE, FORMATS, MVT, OWN, TILEJSON
from app.http.openapi import TEXT, path_parameter, query_parameter, reference
from app.publication.collections import COLLECTIONS
from app.publication.tiles.reading import LAST_ZOOM

_GRID = path_parameter("tileMatrixSetId", "The grid of the tiles.", {"type": "string", "enum": [GRID]})
_INDEX = {"type": "integer", "minimum": 0, "maximum": (1 << LAST_ZOOM) - 1}
_PLACE = (
    _GRID,
    path_parameter("tileMatrix", "The zoom.", {"type": "integer", "minimum": 0, "maximum": LAST_ZOOM}),
    path_parameter("tileRow", "The row, from the north.", _INDEX),
    path_parameter("tileCol", "The column, from the west.", _INDEX),
)
_OBJECT = {"type": "object"}
_BYTES = {"type": "string", "format": "binary"}
_TILE = {MVT: _BYTES}


def describe_tiles() -> dict[str, Any]:
    """Describe every path of tiles, tilesets and styles."""
    paths = {
        "/tileMatrixSets": _get("getTileMatrixSetsList", "The grids of tiles", {JSON: _OBJECT}),
        "/tileMatrixSets/{tileMatrixSetId}": _get(
            "getTileMatrixSet", "A grid of tiles", {JSON: _OBJECT}, (_GRID,), is_found=False
        ),
        "/styles": _get("getStyles", "The styles", {JSON: _OBJECT}),
        "/styles/{styleId}": _get(
            "getStyle",
            "A style for MapLibre. It names no glyphs.",
            {STYLE: _OBJECT},
            (path_parameter("styleId", "Its id.", TEXT),),
            is_found=False,
        ),
    }
    paths |= _tileset_paths("", "dataset", "all collections, a layer each")
    for name, collection in COLLECTIONS.items():
        paths |= _tileset_paths(f"/collections/{name}", f"{name}.collection", collection.title["en"])
    return paths | _basemap_paths()


def _basemap_paths() -> dict[str, Any]:
    """Describe our basemap, and the deployment's own where it has one, with the form its tiles have."""
    own = own_basemap()
    names, contents = [BASE], dict(_TILE)
    if own is not None:
        names.append(OWN)
        contents[own.about.media_type] = _BYTES
    part = path_parameter("basemap", "Ours, or the deployment's own.", {"type": "string", "enum": names})
    return _tileset_paths("/basemaps/{basemap}", "basemap", "a basemap", (part,), contents=contents)


def _tileset_paths(
    path: str,
    operation: str,
    title: str,
    parts: tuple[dict[str, Any], ...] = (),
    *,
    contents: Mapping[str, dict[str, Any]] = _TILE,
) -> dict[str, Any]:
    base = f"{path}/tiles"
    one = f"{base}/{{tileMatrixSetId}}"
    described = {JSON: _OBJECT, TILEJSON: _OBJECT}
    return {
        base: _get(
            f"{operation}.vector.getTileSetsList", f"Tilesets: {title}", {JSON: _OBJECT}, parts, is_found=not parts
        ),
        one: _get(
            f"{operation}.vector.getTileSet",
            f"The tileset: {title}",
            described,
            (*parts, _GRID),
            formats=("json", "tilejson"),
            is_found=False,
        ),
        f"{one}/{{tileMatrix}}/{{tileRow}}/{{tileCol}}": _get(
            f"{operation}.vector.getTile",
            f"A tile: {title}. Empty where nothing lies.",
            dict(contents),
            (*parts, *_PLACE),
            formats=tuple(FORMATS[media_type] for media_type in contents),
            is_found=False,
        ),
    }


def _get(
    operation: str,
    summary: str,
    content: dict[str, dict[str, Any]],
    parameters: tuple[dict[str, Any], ...] = (),
    *,
    formats: tuple[str, ...] = ("json",),
    is_found: bool = True,
) -> dict[str, Any]:
    """Describe a request; `is_found` says that its path names nothing that might not be there."""
    form = query_parameter("f", "The form of the answer.", {"type": "string", "enum": list(formats)})
    refused = ("400",) if is_found else ("400", "404")
    responses: dict[str, Any] = {
        "200": {
            "description": summary,
            "content": {media_type: {"schema": schema} for media_type, schema in content.items()},
        },
        "304": {"description": "Not changed: If-None-Match names the present ETag."},
    }
    responses |= {status: reference("responses", status) for status in refused}
    return {
        "get": {
            "operationId": operation,
            "summary": summary,
            "parameters": [*parameters, form, reference("parameters", "lang")],
            "responses": responses,
        }
    }
