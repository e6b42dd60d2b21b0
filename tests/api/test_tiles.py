"""Tiles over the API: what is told of them, what a mistake is told, how they are kept; styles and basemaps."""

from __future__ import annotations

import gzip
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pmtiles.tile import Compression, TileType, zxy_to_tileid
from pmtiles.writer import Writer

from app.core.errors import InvalidInput
from app.http.kept import Kept
from app.publication.tiles.basemap import basemap_tile
from app.publication.tiles.grid import EXTENT, Tile
from app.publication.tiles.mvt import Layer, encode_tile
from app.publication.tiles.reading import LAST_ZOOM
from tests.harness.databases import Databases, open_app
from tests.harness.projections import tile_at
from tests.publication.test_mvt import decode

if TYPE_CHECKING:
    from flask.testing import FlaskClient

API = "/api/v1"
GRID = "WebMercatorQuad"
MVT = "application/vnd.mapbox-vector-tile"
HOI_AN = "14/7459/13122"
NAMES = {
    "vi": {"Quần đảo Hoàng Sa (Việt Nam)", "Quần đảo Trường Sa (Việt Nam)"},
    "en": {"Hoàng Sa (Paracel) Islands (Viet Nam)", "Trường Sa (Spratly) Islands (Viet Nam)"},
}


def ask(client: FlaskClient, path: str) -> dict[str, Any]:
    response = client.get(path.removeprefix("http://localhost"))
    assert response.status_code == 200, response.text
    return dict(response.get_json(force=True))


def href(body: dict[str, Any], rel: str) -> str:
    """The address of a link by its relation's last word."""
    return next(link["href"] for link in body["links"] if link["rel"].rsplit("/")[-1] == rel)


@pytest.mark.parametrize("start", [f"{API}/", f"{API}/collections/sites"])
def test_client_finds_its_way_from_a_link_to_a_tile(seeded_client: FlaskClient, start: str) -> None:
    tilesets = ask(seeded_client, href(ask(seeded_client, start), "tilesets-vector"))
    tileset = tilesets["tilesets"][0]
    assert (tileset["dataType"], tileset["crs"].rsplit("/")[-1]) == ("vector", "3857")
    matrices = ask(seeded_client, href(tileset, "tiling-scheme"))
    assert matrices["uri"] == tileset["tileMatrixSetURI"]
    described = ask(seeded_client, href(tileset, "self"))
    (item,) = [link for link in described["links"] if link["rel"] == "item"]
    assert (item["type"], item["templated"]) == (MVT, True)
    path = item["href"].replace("{tileMatrix}/{tileRow}/{tileCol}", HOI_AN).removeprefix("http://localhost")
    response = seeded_client.get(path)
    assert (response.status_code, response.content_type) == (200, MVT)
    layers = decode(response.data)
    assert set(layers) <= {layer["id"] for layer in described["layers"]}
    assert len(layers["sites"]["features"]) > 10


def test_grid_is_the_well_known_one(seeded_client: FlaskClient) -> None:
    matrices = ask(seeded_client, f"{API}/tileMatrixSets/{GRID}")["tileMatrices"]
    assert [int(matrix["id"]) for matrix in matrices] == list(range(LAST_ZOOM + 1))
    for zoom, matrix in enumerate(matrices):
        assert matrix["matrixWidth"] == matrix["matrixHeight"] == 2**zoom
        # OGC 17-083r4: a pixel of 0.28 mm.
        assert matrix["cellSize"] == pytest.approx(matrix["scaleDenominator"] * 0.00028)
        assert matrix["cellSize"] * 256 * 2**zoom == pytest.approx(-2 * matrix["pointOfOrigin"][0])


def test_tilejson_says_what_the_tiles_hold(seeded_client: FlaskClient) -> None:
    told = ask(seeded_client, f"{API}/collections/places/tiles/{GRID}?f=tilejson&lang=en")
    assert (told["tilejson"], told["scheme"], told["name"]) == ("3.0.0", "xyz", "Visitor places")
    (template,) = told["tiles"]
    zoom, row, column = HOI_AN.split("/")
    path = template.replace("{z}", zoom).replace("{y}", row).replace("{x}", column)
    (layer,) = told["vector_layers"]
    places = decode(seeded_client.get(path.removeprefix("http://localhost")).data)["places"]["features"]
    assert layer["id"] == "places"
    for feature in places:
        assert set(feature["properties"]) <= set(layer["fields"])
        assert feature["properties"]["url"].startswith("/en/")


@pytest.mark.parametrize(
    ("path", "status", "said"),
    [
        (f"tiles/{GRID}/x/0/0", 400, "x"),
        (f"tiles/{GRID}/1/-1/0", 400, "-1"),
        (f"tiles/{GRID}/1/0/1.5", 400, "1.5"),
        (f"tiles/{GRID}/1/0/٣", 400, "٣"),
        (f"tiles/{GRID}/1/0/{'9' * 30}", 400, "999"),
        (f"tiles/{GRID}/1/0/2", 404, "0 to 1"),
        (f"tiles/{GRID}/{LAST_ZOOM + 1}/0/0", 404, str(LAST_ZOOM)),
        (f"tiles/{GRID}/0/0/0?f=png", 400, "mvt"),
        (f"tiles/{GRID}/0/0/0?collection=sites", 400, "collection"),
        (f"tiles/{GRID}?f=html", 400, "tilejson"),
        ("tiles/WorldCRS84Quad", 404, GRID),
        ("tiles/WorldCRS84Quad/0/0/0", 404, GRID),
        ("tileMatrixSets/WorldCRS84Quad", 404, GRID),
        (f"collections/site/tiles/{GRID}/0/0/0", 404, "sites"),
        (f"basemaps/own/tiles/{GRID}/0/0/0", 404, "base"),
        ("styles/dark", 404, "heritage"),
    ],
)
def test_mistake_is_told_with_what_there_is(seeded_client: FlaskClient, path: str, status: int, said: str) -> None:
    response = seeded_client.get(f"{API}/{path}", headers={"Accept-Language": "en"})
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert said in response.get_json(force=True)["detail"]
    assert response.headers["Access-Control-Allow-Origin"] == "*"


def test_empty_tile_is_an_answer_without_a_byte(seeded_client: FlaskClient) -> None:
    response = seeded_client.get(f"{API}/tiles/{GRID}/14/0/0")
    assert (response.status_code, response.data) == (200, b"")
    assert response.headers["ETag"]


def test_tile_that_is_had_costs_one_query(seeded_client: FlaskClient, count_queries: Any) -> None:
    path = f"{API}/collections/sites/tiles/{GRID}/{HOI_AN}"
    first = seeded_client.get(path)
    with count_queries() as statements:
        again = seeded_client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data, len(statements)) == (304, b"", 1)
    assert "stale-while-revalidate" in again.headers["Cache-Control"]


def test_tile_that_was_asked_for_before_is_not_made_again(
    seeded_client: FlaskClient, count_queries: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(seeded_client.application.extensions, "disan_answers", Kept(100_000))
    path = f"{API}/collections/sites/tiles/{GRID}/{HOI_AN}?lang=en"
    with count_queries() as statements:
        first = seeded_client.get(path)
    assert len(statements) == 2
    with count_queries() as statements:
        again = seeded_client.get(path)
    assert (again.status_code, again.data, len(statements)) == (200, first.data, 1)
    assert again.headers["ETag"] == first.headers["ETag"]
    assert seeded_client.get(path.replace("en", "vi")).data != first.data


def test_no_tile_of_the_seed_is_larger_than_a_phone_should_be_sent(seeded_client: FlaskClient) -> None:
    for zoom in range(15):
        tile = tile_at(108.326, 15.877, zoom)
        for kind in ("tiles", "basemaps/base/tiles"):
            response = seeded_client.get(f"{API}/{kind}/{GRID}/{zoom}/{tile.row}/{tile.column}")
            assert 0 < len(response.data) <= 100_000


@pytest.mark.parametrize("language", ["vi", "en"])
def test_archipelagos_are_named_in_every_tile_that_they_reach_into(language: str) -> None:
    for lon, lat in ((112.33, 16.834), (111.2, 15.8), (114.464, 10.379), (111.916, 8.629)):
        for zoom in range(LAST_ZOOM + 1):
            layers = decode(basemap_tile(tile_at(lon, lat, zoom), language))
            names = {one["properties"]["name"] for one in layers["archipelagos"]["features"]}
            assert names & NAMES[language], (lon, lat, zoom)
            assert list(layers)[-1] == "archipelagos"
            for one in layers["archipelagos"]["features"]:
                assert all(0 <= unit <= EXTENT for unit in one["geometry"]["coordinates"])
    assert "archipelagos" not in decode(basemap_tile(tile_at(108.326, 15.877, 9), language))


@pytest.mark.parametrize("name", ["heritage", "basemap"])
def test_style_names_only_our_own_sources_and_writes_the_archipelagos_last(
    seeded_client: FlaskClient, name: str
) -> None:
    style = ask(seeded_client, f"{API}/styles/{name}?lang=en")
    assert "glyphs" not in style
    assert "sprite" not in style
    held = {}
    for source, about in style["sources"].items():
        assert about["url"].startswith(f"http://localhost{API}/")
        held[source] = {layer["id"] for layer in ask(seeded_client, about["url"])["vector_layers"]}
    for layer in style["layers"][1:]:
        assert layer["source-layer"] in held[layer["source"]], layer["id"]
    assert style["layers"][-1]["source-layer"] == "archipelagos"
    assert len({layer["id"] for layer in style["layers"]}) == len(style["layers"])


def write_archive(path: Path, tiles: dict[Tile, bytes], kind: TileType, packed: Compression) -> None:
    """Write a PMTiles archive with some tiles."""
    box = {"min_lon_e7": 1070000000, "min_lat_e7": 140000000, "max_lon_e7": 1090000000, "max_lat_e7": 160000000}
    about = {"tile_type": kind, "tile_compression": packed, "center_zoom": 0, "center_lon_e7": 0, "center_lat_e7": 0}
    numbered = {zxy_to_tileid(tile.zoom, tile.column, tile.row): content for tile, content in tiles.items()}
    with path.open("wb") as file:
        writer = Writer(file)
        for number, content in sorted(numbered.items()):
            writer.write_tile(number, gzip.compress(content) if packed == Compression.GZIP else content)
        writer.finalize(
            box | about, {"attribution": "© OpenStreetMap", "vector_layers": [{"id": "roads", "fields": {}}]}
        )


def _roads() -> bytes:
    layer = Layer("roads")
    layer.add_point(7, 8, {"kind": "path"})
    return encode_tile([layer])


@pytest.fixture
def own(databases: Databases, tmp_path: Path) -> Iterator[FlaskClient]:
    """A client of a service with a basemap of its own: 6,000 tiles, so that there are leaves under the root."""
    tiles = {Tile(7, column, row): f"{column} {row}".encode() for column in range(128) for row in range(48)}
    write_archive(tmp_path / "own.pmtiles", {Tile(0, 0, 0): _roads(), **tiles}, TileType.MVT, Compression.GZIP)
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with open_app(database, DISAN_BASEMAP_PMTILES=str(tmp_path / "own.pmtiles")) as app:
        yield app.test_client()


def test_deployments_own_basemap_is_passed_on_tile_by_tile(own: FlaskClient) -> None:
    told = ask(own, f"{API}/basemaps/own/tiles/{GRID}?f=tilejson")
    assert (told["minzoom"], told["maxzoom"], told["attribution"]) == (0, 7, "© OpenStreetMap")
    packed = own.get(f"{API}/basemaps/own/tiles/{GRID}/0/0/0", headers={"Accept-Encoding": "gzip"})
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.vary.as_set(preserve_casing=True)
    assert gzip.decompress(packed.data) == own.get(f"{API}/basemaps/own/tiles/{GRID}/0/0/0").data == _roads()
    for column, row in ((0, 0), (127, 47), (61, 33)):
        assert own.get(f"{API}/basemaps/own/tiles/{GRID}/7/{row}/{column}").data == f"{column} {row}".encode()
    assert own.get(f"{API}/basemaps/own/tiles/{GRID}/7/100/3").data == b""
    again = own.get(f"{API}/basemaps/own/tiles/{GRID}/0/0/0", headers={"If-None-Match": packed.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")


def test_names_of_the_archipelagos_stay_above_the_deployments_own_basemap(own: FlaskClient) -> None:
    layers = [layer["id"] for layer in ask(own, f"{API}/styles/heritage")["layers"]]
    assert layers.index("land") < layers.index("own-roads-line") < layers.index("sites-point")
    assert layers[-1] == "names-archipelagos"
    assert not [layer for layer in layers if layer.startswith("own") and "name" in layer]


def test_own_basemap_of_pictures_is_drawn_as_such(databases: Databases, tmp_path: Path) -> None:
    write_archive(tmp_path / "own.pmtiles", {Tile(0, 0, 0): b"png"}, TileType.PNG, Compression.NONE)
    database = databases.copy("sqlite", tmp_path / "data")
    with open_app(database, DISAN_BASEMAP_PMTILES=str(tmp_path / "own.pmtiles")) as app:
        client = app.test_client()
        response = client.get(f"{API}/basemaps/own/tiles/{GRID}/0/0/0?f=png")
        assert (response.content_type, response.data) == ("image/png", b"png")
        assert "own" in ask(client, f"{API}/styles/basemap")["sources"]


@pytest.mark.parametrize("content", [b"", b"PMTiles\x02", b"no archive at all" * 20])
def test_what_is_no_archive_stops_the_start_and_is_told(databases: Databases, tmp_path: Path, content: bytes) -> None:
    (tmp_path / "own.pmtiles").write_bytes(content)
    database = databases.copy("sqlite", tmp_path / "data")
    with (
        pytest.raises(InvalidInput, match="DISAN_BASEMAP_PMTILES"),
        open_app(database, DISAN_BASEMAP_PMTILES=str(tmp_path / "own.pmtiles")),
    ):
        pass
