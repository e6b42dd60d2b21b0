"""Tiles (OGC API – Tiles, 20-057): of collections, of our own basemap, of a deployment's own; and styles over them."""

from __future__ import annotations

from flask import Flask

from app.api.tiles import matrices, styles, tiles, tilesets
from app.api.tiles.own import open_own

_TILE = "<tileMatrixSetId>/<tileMatrix>/<tileRow>/<tileCol>"

# Rule, endpoint, view.
ROUTES = (
    ("/tileMatrixSets", "tile_matrix_sets", matrices.list_matrix_sets),
    ("/tileMatrixSets/<tileMatrixSetId>", "tile_matrix_set", matrices.show_matrix_set),
    ("/tiles", "tilesets", tilesets.list_dataset),
    ("/tiles/<tileMatrixSetId>", "tileset", tilesets.show_dataset),
    (f"/tiles/{_TILE}", "tile", tiles.dataset_tile),
    ("/collections/<name>/tiles", "collection_tilesets", tilesets.list_collection),
    ("/collections/<name>/tiles/<tileMatrixSetId>", "collection_tileset", tilesets.show_collection),
    (f"/collections/<name>/tiles/{_TILE}", "collection_tile", tiles.collection_tile),
    ("/basemaps/<basemap>/tiles", "basemap_tilesets", tilesets.list_basemap),
    ("/basemaps/<basemap>/tiles/<tileMatrixSetId>", "basemap_tileset", tilesets.show_basemap),
    (f"/basemaps/<basemap>/tiles/{_TILE}", "basemap_tile", tiles.basemap_tile),
    ("/styles", "styles", styles.list_styles),
    ("/styles/<styleId>", "style", styles.show_style),
)


def init_app(app: Flask) -> None:
    """Open the deployment's own basemap, if the settings name one."""
    open_own(app)
