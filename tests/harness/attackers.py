"""Somebody who wants to know where a guarded place really is, and asks the public API whatever might tell."""

from __future__ import annotations

import base64
import json
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

from app.publication.collections import COLLECTIONS
from app.publication.tiles.grid import Tile
from app.publication.tiles.reading import LAST_ZOOM
from tests.harness.projections import tile_at
from tests.publication.test_mvt import decode

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask

API = "/api/v1"
GRID = "WebMercatorQuad"
# West, south, east, north: somewhere in it, as everybody knows.
AREA = (108.0, 15.3, 108.8, 16.1)
Answer = tuple[int, list[tuple[str, str]], bytes]


@dataclass
class Attacker:
    """Asks without end, keeps every answer by its address, and draws what can be drawn from them."""

    app: Flask
    dice: random.Random
    answers: dict[str, Answer] = field(default_factory=dict)

    def ask(self, path: str, **asked: Any) -> Answer:
        """Ask once for each address."""
        address = f"{path}?{urlencode(asked)}" if asked else path
        if address not in self.answers:
            self.answers[address] = look(self.app, address)
        return self.answers[address]

    def found(self, collection: str, **asked: Any) -> dict[str, dict[str, Any]]:
        """Give the features that a list has, by id, in its order."""
        status, _, body = self.ask(f"{API}/collections/{collection}/items", limit=1000, lang="en", **asked)
        assert status == 200, (collection, asked, body[:300])
        return {feature["id"]: feature for feature in json.loads(body)["features"]}

    def by_boxes(self, collection: str, code: str, name: str = "bbox") -> tuple[float, float] | None:
        """Halve a box, by `bbox` or by a filter, until it is a centimetre wide; gives its middle, None for nowhere."""
        box = list(AREA)
        if not self._is_in(collection, code, name, box):
            return None
        for turn in range(46):
            side = turn % 2
            half = (box[side] + box[side + 2]) / 2
            low, high = box.copy(), box.copy()
            low[side + 2] = high[side] = half
            box = low if self._is_in(collection, code, name, low) else high
        return (box[0] + box[2]) / 2, (box[1] + box[3]) / 2

    def _is_in(self, collection: str, code: str, name: str, box: list[float]) -> bool:
        sides = ",".join(f"{side:.9f}" for side in box)
        if name == "bbox":
            return code in self.found(collection, bbox=sides)
        relation = {"meets": "S_INTERSECTS(geometry, {})", "apart": "NOT S_DISJOINT(geometry, {})"}[name]
        west, south, east, north = box
        ring = f"POLYGON(({west} {south},{east} {south},{east} {north},{west} {north},{west} {south}))"
        return code in self.found(collection, filter=relation.format(ring))

    def by_radius(self, collection: str, code: str, at: tuple[float, float]) -> float | None:
        """Halve a radius about a point until it is known to a metre; gives metres, None where it is never near."""
        low, high = 0.0, 60_000.0
        if code not in self.found(collection, near=f"{at[0]},{at[1]}", radius=high):
            return None
        while high - low > 1:
            half = (low + high) / 2
            is_near = code in self.found(collection, near=f"{at[0]},{at[1]}", radius=half)
            low, high = (low, half) if is_near else (half, high)
        return high

    def told_distance(self, collection: str, code: str, at: tuple[float, float]) -> int | None:
        """Read `distance_m` from a point."""
        found = self.found(collection, near=f"{at[0]},{at[1]}").get(code)
        return None if found is None else found["properties"]["distance_m"]

    def by_tiles(self, collection: str, code: str, at: tuple[float, float]) -> list[tuple[float, float]]:
        """Read the tiles of every zoom at a point; gives where in them a feature is drawn, in degrees."""
        places = []
        for zoom in range(LAST_ZOOM + 1):
            tile = tile_at(*at, zoom)
            path = f"{API}/collections/{collection}/tiles/{GRID}/{zoom}/{tile.row}/{tile.column}"
            layers = decode(self.ask(path, lang="en")[2])
            for one in layers.get(collection, {"features": []})["features"]:
                if one["properties"].get("code") == code and one["geometry"]["type"] == "Point":
                    x, y = one["geometry"]["coordinates"]
                    unit = Tile(zoom + 12, (tile.column << 12) + x, (tile.row << 12) + y).bounds()
                    places.append(((unit[0] + unit[2]) / 2, (unit[1] + unit[3]) / 2))
        return places

    def by_cursors(self, collection: str) -> list[list[Any]]:
        """Page feature by feature in every order; gives what stands in the cursors."""
        keys = []
        middle = f"{(AREA[0] + AREA[2]) / 2},{(AREA[1] + AREA[3]) / 2}"
        for asked in ({}, {"bbox": ",".join(map(str, AREA))}, {"near": middle}, {"q": "qnm"}, {"sortby": "name,-code"}):
            address: str | None = f"{API}/collections/{collection}/items?{urlencode({'limit': 1, **asked})}"
            while address:
                body = json.loads(self.ask(address)[2])
                links = [link["href"] for link in body["links"] if link["rel"] == "next"]
                address = links[0].removeprefix("http://localhost") if links else None
                if address:
                    cursor = parse_qs(urlsplit(address).query)["cursor"][0][8:]
                    keys.append(json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))))
        return keys

    def everything_else(self, codes: dict[str, str]) -> Iterator[str]:
        """Give addresses at random of whatever else there is: sorting, facets, searches, files, pages, feeds, tiles."""
        near = f"{self.dice.uniform(*AREA[::2]):.6f},{self.dice.uniform(*AREA[1::2]):.6f}"
        west, south = self.dice.uniform(108.2, 108.4), self.dice.uniform(15.8, 15.95)
        box = f"{west:.6f},{south:.6f},{west + self.dice.uniform(0, 0.1):.6f},{south + self.dice.uniform(0, 0.1):.6f}"
        radius = round(self.dice.uniform(1, 9000))
        name = self.dice.choice(list(COLLECTIONS))
        items = f"{API}/collections/{name}/items"
        sortable = self.dice.choice([found.name for found in COLLECTIONS[name].sortables])
        facets = self.dice.choice(["has", "has,location_policy"]) if name == "sites" else "has"
        grid = self.dice.choice(["CRS84", "EPSG:4326", "EPSG:3857", "EPSG:5899"])
        yield f"{items}?sortby={self.dice.choice('-+')}{sortable}&bbox={box}".replace("+", "%2B")
        yield f"{items}?facets={facets}&bbox={box}"
        yield f"{items}?facets={facets}&near={near}&radius={radius}"
        yield f"{items}?near={near}&radius={radius}&has=location&limit=3"
        yield f"{items}?near={near}&f={self.dice.choice(['gpx', 'kml'])}"
        yield f"{items}?bbox={box}&properties=code&crs={grid if ':' in grid else ''}"
        yield f"{items}?filter={quote(f'geometry IS NULL OR S_WITHIN(geometry, BBOX({box}))')}&skipGeometry=true"
        yield f"{items}?within=101&bbox={box}"
        yield f"{API}/search?q=qnm&bbox={box}&facets=has"
        yield f"{API}/search?q=site&near={near}&radius={radius}"
        yield f"{API}/suggest?q={self.dice.choice(['qnm', 'di tich', 'site', 'le hoi', 'diem'])}&collections={name}"
        yield f"{API}/changes?after={self.dice.randrange(40)}&limit={self.dice.randrange(1, 9)}&lang=en"
        zoom = self.dice.randrange(LAST_ZOOM + 1)
        tile = tile_at(west, south, zoom)
        yield f"{API}/tiles/{GRID}/{zoom}/{tile.row}/{tile.column}"
        code, collection = self.dice.choice(list(codes.items()))
        yield f"{API}/collections/{collection}/items/{code}?crs={grid if ':' in grid else ''}"
        yield f"{API}/collections/{collection}/items/{code}?f={self.dice.choice(['gpx', 'kml'])}"
        yield f"/iiif/{collection}/{code}/manifest"
        page = COLLECTIONS[collection].page or "sites"
        for end in ("", ".gpx", ".kml", ".jsonld"):
            yield f"/{self.dice.choice(['vi', 'en'])}/{page}/x-{code.lower()}{end}"
        yield f"/{self.dice.choice(['vi', 'en'])}/{page}{self.dice.choice(['', '.gpx', '.kml'])}?q=qnm"
        yield f"/q/{code}"


def look(app: Flask, address: str) -> Answer:
    """Ask once; gives everything that comes: status, head (but for the request's own number) and body."""
    response = app.test_client().get(address, headers={"Accept-Encoding": "identity"})
    head = [(name, value) for name, value in response.headers if name != "X-Request-Id"]
    return response.status_code, head, response.data
