"""The tile matrix set: the one grid in which tiles come, WebMercatorQuad (OGC 17-083r4, annex D.1)."""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import JSON, answer_json, api_path, begin, link, wants_page
from app.core.errors import InvalidInput, NotFound
from app.publication.tiles.grid import Tile
from app.publication.tiles.reading import LAST_ZOOM

GRID = "WebMercatorQuad"
GRID_URI = f"http://www.opengis.net/def/tilematrixset/OGC/1.0/{GRID}"
GRID_CRS = "http://www.opengis.net/def/crs/EPSG/0/3857"
TILING_SCHEME = "http://www.opengis.net/def/rel/ogc/1.0/tiling-scheme"
# Half the grid's side in metres, and the scale of its first matrix.
_HALF_M = 20037508.3427892
_SCALE = 559082264.028717
_TILE_PX = 256


def check_grid(matrix_set: str) -> None:
    """Check a tile matrix set's name; raises `NotFound`."""
    if matrix_set != GRID:
        raise NotFound("There is no tile matrix set “%(value)s” here, only %(grid)s.", value=matrix_set[:60], grid=GRID)


def find_tile(place: dict[str, str]) -> Tile:
    """Find the tile that an address names; raises `InvalidInput` for what is no number, `NotFound` outside the grid."""
    check_grid(place["tileMatrixSetId"])
    zoom, row, column = (_number(name, place[name]) for name in ("tileMatrix", "tileRow", "tileCol"))
    if zoom > LAST_ZOOM:
        raise NotFound("There is no zoom %(zoom)s; the last one is %(last)s.", zoom=zoom, last=LAST_ZOOM)
    last = (1 << zoom) - 1
    if row > last or column > last:
        raise NotFound(
            "There is no tile in row %(row)s and column %(column)s: at zoom %(zoom)s both go from 0 to %(last)s.",
            row=row,
            column=column,
            zoom=zoom,
            last=last,
        )
    return Tile(zoom, column, row)


def _number(name: str, text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= 9):
        raise InvalidInput(
            "%(field)s: “%(value)s” is not a whole number; an address of a tile ends in zoom/row/column, such as "
            "9/233/410.",
            field=name,
            value=text[:40],
        )
    return int(text)


def list_matrix_sets() -> Response:
    """List the tile matrix sets."""
    begin(())
    wants_page(has_page=False)
    path = api_path("/tileMatrixSets")
    one = {"id": GRID, "title": GRID, "uri": GRID_URI, "crs": GRID_CRS, "links": [link("self", f"{path}/{GRID}", JSON)]}
    return answer_json({"tileMatrixSets": [one], "links": [link("self", path, JSON)]})


def show_matrix_set(**place: str) -> Response:
    """Describe the tile matrix set (OGC 17-083r4, 7.2)."""
    begin(())
    wants_page(has_page=False)
    check_grid(place["tileMatrixSetId"])
    return answer_json(
        {
            "id": GRID,
            "title": "Google Maps Compatible for the World",
            "uri": GRID_URI,
            "crs": GRID_CRS,
            "orderedAxes": ["X", "Y"],
            "wellKnownScaleSet": "http://www.opengis.net/def/wkss/OGC/1.0/GoogleMapsCompatible",
            "tileMatrices": [_matrix(zoom) for zoom in range(LAST_ZOOM + 1)],
            "links": [link("self", api_path(f"/tileMatrixSets/{GRID}"), JSON)],
        }
    )


def _matrix(zoom: int) -> dict[str, Any]:
    side = 1 << zoom
    return {
        "id": str(zoom),
        "scaleDenominator": _SCALE / side,
        "cellSize": 2 * _HALF_M / _TILE_PX / side,
        "cornerOfOrigin": "topLeft",
        "pointOfOrigin": [-_HALF_M, _HALF_M],
        "tileWidth": _TILE_PX,
        "tileHeight": _TILE_PX,
        "matrixWidth": side,
        "matrixHeight": side,
    }
