"""What `/api/v1/openapi.json` says of parameters is what the server does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pmtiles.tile import Compression, TileType

from app.publication.tiles.grid import Tile
from tests.api.test_tiles import write_archive
from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask.testing import FlaskClient

API = "/api/v1"
# What makes a path of the description one that is there.
_PARTS = {
    "{code}": "QNM-0002",
    "{scheme}": "levels",
    "{styleId}": "heritage",
    "{basemap}": "base",
    "{tileMatrixSetId}": "WebMercatorQuad",
    "{tileMatrix}": "6",
    "{tileRow}": "29",
    "{tileCol}": "51",
}


def _describe(client: FlaskClient) -> dict[str, Any]:
    described: dict[str, Any] = client.get(f"{API}/openapi.json").get_json(force=True)
    return described


def _parameters(described: dict[str, Any], path: str) -> dict[str, dict[str, Any]]:
    known = described["components"]["parameters"]
    listed = described["paths"][path]["get"]["parameters"]
    found = [known[one["$ref"].rpartition("/")[2]] if "$ref" in one else one for one in listed]
    return {one["name"]: one for one in found if one["in"] == "query"}


def _address(path: str) -> str:
    for part, there in _PARTS.items():
        path = path.replace(part, there)
    return f"{API}{path}"


def test_every_form_that_is_described_is_given(seeded_client: FlaskClient) -> None:
    """`html` is described where there is a page, and there alone."""
    described = _describe(seeded_client)
    for path in described["paths"]:
        has_answer = described["paths"][path]["get"]["responses"]
        if "410" in has_answer and "{file}" in path:
            # No dump has been made of the seed.
            continue
        address = _address(path) + ("?q=my+son" if path in ("/search", "/suggest") else "?")
        if seeded_client.get(address.rstrip("?")).status_code == 404:
            # The seed has no such feature.
            continue
        forms = _parameters(described, path)["f"]["schema"]["enum"]
        for form in forms:
            assert seeded_client.get(f"{address}&f={form}").status_code == (303 if form == "html" else 200), path
        assert ("303" in has_answer) == ("html" in forms), path
        assert seeded_client.get(f"{address}&f=xml").status_code == 400, path


def test_parameter_that_may_be_empty_asks_nothing_then(seeded_client: FlaskClient) -> None:
    described = _describe(seeded_client)
    for path in ("/collections/places/items", "/changes", "/tiles/{tileMatrixSetId}", "/vocabularies/{scheme}"):
        address = _address(path)
        plain = seeded_client.get(address).data
        for name in _parameters(described, path):
            assert seeded_client.get(f"{address}?{name}=").data == plain, name
    must_be_full = {
        (path, name)
        for path in described["paths"]
        for name, parameter in _parameters(described, path).items()
        if not parameter.get("allowEmptyValue")
    }
    assert must_be_full == {("/search", "q"), ("/suggest", "q")}, "there is no search for nothing"
    for path, name in must_be_full:
        assert seeded_client.get(f"{API}{path}?{name}=").get_json(force=True)["parameter"] == name


def test_sorts_of_events_are_those_of_the_vocabulary(seeded_client: FlaskClient, client: FlaskClient) -> None:
    category = _parameters(_describe(seeded_client), "/events.ics")["category"]["schema"]
    assert {"festival", "fair"} <= set(category["enum"])
    for term in category["enum"]:
        assert seeded_client.get(f"{API}/events.ics?category={term}").status_code == 200
    # Before there is a vocabulary there is nothing to choose from.
    assert "enum" not in _parameters(_describe(client), "/events.ics")["category"]["schema"]


def test_forms_of_basemap_tiles_are_those_of_the_deployment(databases: Databases, tmp_path: Path) -> None:
    archive = tmp_path / "own.pmtiles"
    write_archive(archive, {Tile(0, 0, 0): b"\x89PNG"}, TileType.PNG, Compression.NONE)
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    path = "/basemaps/{basemap}/tiles/{tileMatrixSetId}/{tileMatrix}/{tileRow}/{tileCol}"
    forms = []
    for setting in ({}, {"DISAN_BASEMAP_PMTILES": str(archive)}):
        with open_app(database, **setting) as app:
            described = _describe(app.test_client())
            basemap, *_ = described["paths"][path]["get"]["parameters"]
            forms.append((basemap["schema"]["enum"], _parameters(described, path)["f"]["schema"]["enum"]))
    assert forms == [(["base"], ["mvt"]), (["base", "own"], ["mvt", "png"])]
