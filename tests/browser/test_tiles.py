"""Tiles in a real browser: a page finds them by their TileJSON and reads them as they come."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Page

# What a map does: TileJSON, the tile in the middle of the view, its layers' names and how many features each has.
_READ = """async ([address, zoom, lon, lat]) => {
  const told = await (await fetch(address)).json();
  const side = 2 ** zoom;
  const sine = Math.sin(lat * Math.PI / 180);
  const x = Math.floor((lon + 180) / 360 * side);
  const y = Math.floor((0.5 - Math.log((1 + sine) / (1 - sine)) / (4 * Math.PI)) * side);
  const answer = await fetch(told.tiles[0].replace('{z}', zoom).replace('{y}', y).replace('{x}', x));
  const bytes = new Uint8Array(await answer.arrayBuffer());
  const fields = (at, end) => {
    const found = [];
    const varint = () => {
      let number = 0, factor = 1, byte;
      do { byte = bytes[at++]; number += (byte & 127) * factor; factor *= 128; } while (byte & 128);
      return number;
    };
    while (at < end) {
      const key = varint();
      if ((key & 7) === 2) { const size = varint(); found.push([key >> 3, at, at + size]); at += size; }
      else if ((key & 7) === 0) found.push([key >> 3, varint()]);
      else throw new Error('wire type ' + (key & 7));
    }
    return found;
  };
  const text = new TextDecoder('utf-8', { fatal: true });
  const layers = {};
  for (const [, first, end] of fields(0, bytes.length)) {
    const inside = fields(first, end);
    const name = inside.find(f => f[0] === 1);
    layers[text.decode(bytes.subarray(name[1], name[2]))] = inside.filter(f => f[0] === 2).length;
  }
  return { type: answer.headers.get('Content-Type'), layers, known: told.vector_layers.map(l => l.id) };
}"""


@pytest.mark.parametrize(
    ("path", "zoom", "layer"),
    [
        ("/api/v1/tiles/WebMercatorQuad", 14, "sites"),
        ("/api/v1/tiles/WebMercatorQuad", 6, "sites"),
        ("/api/v1/collections/places/tiles/WebMercatorQuad", 14, "places"),
        ("/api/v1/basemaps/base/tiles/WebMercatorQuad", 6, "archipelagos"),
    ],
)
def test_page_reads_tiles_by_their_tilejson(phone_page: Page, path: str, zoom: int, layer: str) -> None:
    phone_page.goto("/vi/")
    read = phone_page.evaluate(_READ, [f"{path}?f=tilejson", zoom, 108.326, 15.877])
    assert read["type"] == "application/vnd.mapbox-vector-tile"
    assert read["layers"][layer] > 0
    assert set(read["layers"]) <= set(read["known"])
