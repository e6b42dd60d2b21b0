"""Styles for MapLibre: how the tiles are drawn, from our own sources alone, in one language.

They name no glyphs: MapLibre GL JS from 5.11 on writes labels in the reader's own fonts, and nobody else is asked.
"""

from __future__ import annotations

from typing import Any

from flask import Response

from app.api.answers import JSON, answer_json, api_path, begin, link, localized, wants_page
from app.api.tiles.matrices import GRID
from app.api.tiles.own import own_basemap
from app.api.tiles.tilesets import BASE, OWN
from app.core.errors import NotFound
from app.core.localized import LocalizedText
from app.http.i18n import current_language
from app.http.settings import absolute, current_settings
from app.publication.collections import COLLECTIONS
from app.publication.tiles.archive import About

STYLE = "application/vnd.mapbox.style+json"
_TITLES: dict[str, LocalizedText] = {
    "heritage": {"vi": "Di sản trên nền bản đồ", "en": "Heritage over the basemap"},
    "basemap": {"vi": "Nền bản đồ", "en": "The basemap"},
}
_FONTS = ["Noto Sans", "Be Vietnam Pro", "sans-serif"]
# As static/css/map.css has them by day.
_SEA, _LAND, _RIVER, _BORDER, _INK, _HALO, _WATER_INK = (
    "#cfe0e6",
    "#f4efe2",
    "#8fb4c4",
    "#a3907a",
    "#43372d",
    "#faf8f3",
    "#33616f",
)
_COLOURS = {
    "sites": "#96412a",
    "zones": "#7a5c99",
    "artefacts": "#8a6d1f",
    "intangible": "#2f6b4f",
    "documentary": "#5b4a8a",
    "events": "#b0556f",
    "itineraries": "#1f5f8b",
    "places": "#3d7a8a",
    "notices": "#b00020",
}
_OTHER_COLOUR = "#555555"
# Units are points of the basemap already.
_UNDRAWN = ("admin-units",)
_IS_COUNT = ["has", "count"]


def list_styles() -> Response:
    """List the styles (after OGC API – Styles, 20-009, 7.2)."""
    begin(())
    wants_page(has_page=False)
    styles = [
        {
            "id": name,
            "title": localized(dict(title)),
            "links": [link("stylesheet", api_path(f"/styles/{name}"), STYLE)],
        }
        for name, title in _TITLES.items()
    ]
    return answer_json({"styles": styles, "links": [link("self", api_path("/styles"), JSON)]})


def show_style(**place: str) -> Response:
    """Give a style in the request's language."""
    begin(())
    wants_page(has_page=False)
    name = place["styleId"]
    if name not in _TITLES:
        raise NotFound(
            "There is no style “%(value)s” here; there are: %(choices)s.", value=name[:60], choices=", ".join(_TITLES)
        )
    return answer_json(_style(name), STYLE)


def _style(name: str) -> dict[str, Any]:
    own = own_basemap()
    west, south, east, north = current_settings().plausible_box
    sources = {BASE: _source(f"/basemaps/{BASE}")}
    layers = _ground()
    if own:
        sources[OWN] = _source(f"/basemaps/{OWN}", "vector" if own.about.is_vector else "raster")
        layers += _own_layers(own.about)
    if name == "heritage":
        sources[name] = _source("")
        layers += [layer for collection in COLLECTIONS if collection not in _UNDRAWN for layer in _drawn(collection)]
    # Names come last, and those of the archipelagos last of all: what is last is on top and written first.
    layers += [*_names(), _archipelagos()]
    return {
        "version": 8,
        "name": localized(dict(_TITLES[name])),
        "center": [(west + east) / 2, (south + north) / 2],
        "zoom": 8,
        "sources": sources,
        "layers": layers,
    }


def _source(path: str, kind: str = "vector") -> dict[str, Any]:
    described = absolute(api_path(f"{path}/tiles/{GRID}"))
    return {"type": kind, "url": f"{described}?f=tilejson&lang={current_language()}"}


def _layer(identity: str, kind: str, paint: dict[str, Any], source: str, layer: str, **further: Any) -> dict[str, Any]:
    return {"id": identity, "type": kind, "source": source, "source-layer": layer, "paint": paint, **further}


def _ground() -> list[dict[str, Any]]:
    return [
        {"id": "sea", "type": "background", "paint": {"background-color": _SEA}},
        _layer("land", "fill", {"fill-color": _LAND}, BASE, "land"),
        _layer("rivers", "line", {"line-color": _RIVER, "line-width": 1.5}, BASE, "rivers"),
        _layer("borders", "line", {"line-color": _BORDER, "line-dasharray": [4, 3]}, BASE, "borders"),
    ]


def _own_layers(about: About) -> list[dict[str, Any]]:
    """Draw what a deployment adds, whatever its layers are called: areas, lines, or pictures; never its names."""
    if not about.is_vector:
        return [{"id": OWN, "type": "raster", "source": OWN}]
    drawn = []
    for name in about.layers:
        area, line = (["==", ["geometry-type"], kind] for kind in ("Polygon", "LineString"))
        fill = {"fill-color": _BORDER, "fill-opacity": 0.15}
        drawn.append(_layer(f"{OWN}-{name}-area", "fill", fill, OWN, name, filter=area))
        drawn.append(_layer(f"{OWN}-{name}-line", "line", {"line-color": _BORDER}, OWN, name, filter=line))
    return drawn


def _drawn(collection: str) -> list[dict[str, Any]]:
    """Draw a collection: its areas and lines, its points, and points that stand for several by how many they are."""
    colour = _COLOURS.get(collection, _OTHER_COLOUR)
    layers = []
    if COLLECTIONS[collection].geometry == "area":
        area = {"fill-color": colour, "fill-opacity": 0.2}
        edge = {"line-color": colour, "line-width": 2}
        layers += [
            _layer(f"{collection}-area", "fill", area, "heritage", collection, filter=["==", "$type", "Polygon"]),
            _layer(f"{collection}-line", "line", edge, "heritage", collection, filter=["!=", "$type", "Point"]),
        ]
    count = ["coalesce", ["get", "count"], 1]
    circle = {
        "circle-color": colour,
        "circle-radius": ["interpolate", ["linear"], ["ln", count], 0, 4, 7, 16],
        "circle-stroke-color": _HALO,
        "circle-stroke-width": 1,
    }
    point = ["==", "$type", "Point"]
    return [*layers, _layer(f"{collection}-point", "circle", circle, "heritage", collection, filter=point)]


def _names() -> list[dict[str, Any]]:
    return [
        _label("places", ["country", "island", "commune"], _INK, "places"),
        _label("water", ["sea", "river-name"], _WATER_INK, "places"),
    ]


def _label(identity: str, kinds: list[str], colour: str, layer: str, **layout: Any) -> dict[str, Any]:
    """Write the names of some kinds of features of a layer of the basemap."""
    written = {"text-field": ["get", "name"], "text-font": _FONTS, "text-size": 12, **layout}
    paint = {"text-color": colour, "text-halo-color": _HALO, "text-halo-width": 1.5}
    return _layer(f"names-{identity}", "symbol", paint, BASE, layer, layout=written, filter=["in", "kind", *kinds])


def _archipelagos() -> dict[str, Any]:
    # What else a page writes on the map may stand over them, and does not push them off it.
    return _label("archipelagos", ["archipelago"], _INK, "archipelagos", **{"text-size": 13, "text-max-width": 24})
