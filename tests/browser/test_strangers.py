"""Maps on somebody else's website: MapLibre draws our tiles, and Leaflet our features, read from another origin."""

from __future__ import annotations

import contextlib
import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import maplibre
import pytest

from tests.harness import browser as browsers

if TYPE_CHECKING:
    from playwright.sync_api import Browser

API = "/api/v1"
# MapLibre as its Python binding brings it; Leaflet as we serve it ourselves.
MAPLIBRE = Path(maplibre.__file__).parent / "srcjs"
LEAFLET = Path(__file__).resolve().parents[2] / "static" / "vendor" / "leaflet"
_PAGE = """<!doctype html><meta charset=utf-8><title>Somebody else's map</title>
<link rel=stylesheet href=maplibre-gl.css><link rel=stylesheet href=leaflet.css>
<div id=map style="width:600px;height:400px"></div>
<script src=maplibre-gl.js></script><script src=leaflet.js></script>"""

# Resolves once all is drawn, with how many features of each source's layer there are to be seen.
_DRAW = """async ([style, center, zoom]) => {
  if (typeof style === 'string') {
    style = await (await fetch(style)).json();
    // This release writes no text without glyphs; the documentation says to take the layers without it.
    style.layers = style.layers.filter(layer => layer.type !== 'symbol');
  }
  const map = new maplibregl.Map({ container: 'map', style, center, zoom, fadeDuration: 0 });
  const errors = [];
  map.on('error', event => errors.push(String(event.error)));
  await new Promise(resolve => map.once('idle', resolve));
  const seen = {};
  for (const feature of map.queryRenderedFeatures()) {
    seen[feature.sourceLayer] = (seen[feature.sourceLayer] ?? 0) + 1;
  }
  return { seen, errors, loaded: map.areTilesLoaded() };
}"""
_SHOW = """async ([address]) => {
  const collection = await (await fetch(address)).json();
  const map = L.map('map').setView([15.877, 108.326], 15);
  const layer = L.geoJSON(collection).addTo(map);
  const heads = (await fetch(address)).headers;
  return {
    drawn: layer.getLayers().length,
    markers: document.querySelectorAll('.leaflet-marker-icon').length,
    names: layer.getLayers().map(one => one.feature.properties.name),
    holds: layer.getBounds().contains([15.87712, 108.32601]),
    system: heads.get('Content-Crs'),
  };
}"""
_FAIL = """async ([address]) => { const answer = await fetch(address);
  return { status: answer.status, told: (await answer.json()).parameter }; }"""


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a website of somebody else's, with both libraries."""
    folder = tmp_path_factory.mktemp("elsewhere")
    for file in (MAPLIBRE / "maplibre-gl.js", MAPLIBRE / "maplibre-gl.css", *LEAFLET.glob("*.*")):
        shutil.copy(file, folder)
    (folder / "index.html").write_text(_PAGE, encoding="utf-8")
    handler = partial(_Quiet, directory=str(folder))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def drawing_browser(browser: Browser) -> Iterator[Browser]:
    """Chromium that draws maps by WebGL."""
    with browsers.open_drawing_browser(browser) as opened:
        yield opened


@contextlib.contextmanager
def _page(browser: Browser, url: str) -> Iterator[Any]:
    with browsers.open_page(browser, browsers.DESKTOP, url) as page:
        page.goto("/index.html")
        yield page


@pytest.mark.parametrize(
    ("path", "layer", "zoom"),
    [
        ("/collections/sites/tiles/WebMercatorQuad", "sites", 14),
        ("/tiles/WebMercatorQuad", "sites", 8),
        ("/tiles/WebMercatorQuad", "places", 14),
    ],
)
def test_maplibre_draws_tiles_by_their_tilejson(
    drawing_browser: Browser, elsewhere: str, live_server: str, path: str, layer: str, zoom: int
) -> None:
    source = {"type": "vector", "url": f"{live_server}{API}{path}?f=tilejson&lang=en"}
    circles = {"id": "all", "type": "circle", "source": "ours", "source-layer": layer}
    style = {"version": 8, "sources": {"ours": source}, "layers": [circles]}
    with _page(drawing_browser, elsewhere) as page:
        drawn = page.evaluate(_DRAW, [style, [108.326, 15.877], zoom])
    assert drawn["errors"] == []
    assert drawn["loaded"]
    assert drawn["seen"][layer] > 0


def test_maplibre_draws_our_style(drawing_browser: Browser, elsewhere: str, live_server: str) -> None:
    with _page(drawing_browser, elsewhere) as page:
        drawn = page.evaluate(_DRAW, [f"{live_server}{API}/styles/heritage?lang=vi", [108.326, 15.877], 13])
    assert drawn["errors"] == []
    assert drawn["seen"]["sites"] > 0
    assert drawn["seen"]["land"] > 0


def test_leaflet_shows_features_of_another_origin(browser: Browser, elsewhere: str, live_server: str) -> None:
    address = f"{live_server}{API}/collections/sites/items?bbox=108.32,15.87,108.335,15.885&limit=1000&lang=en"
    with _page(browser, elsewhere) as page:
        shown = page.evaluate(_SHOW, [address])
    assert shown["drawn"] == shown["markers"] > 10
    assert "Japanese Covered Bridge" in shown["names"]
    assert shown["holds"]
    assert shown["system"] == "<http://www.opengis.net/def/crs/OGC/1.3/CRS84>"


def test_page_of_another_origin_reads_what_it_did_wrong(browser: Browser, elsewhere: str, live_server: str) -> None:
    with _page(browser, elsewhere) as page:
        told = page.evaluate(_FAIL, [f"{live_server}{API}/collections/sites/items?bbox=1,2"])
    assert told == {"status": 400, "told": "bbox"}
