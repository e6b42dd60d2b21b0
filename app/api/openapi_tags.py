"""The API's operations in groups, by which viewers of the description show them."""

from __future__ import annotations

from typing import Any

from app.publication.collections import COLLECTIONS

_START, _SEARCH, _TILES, _STEP, _WORDS = "Start", "Search", "Tiles and styles", "Changes and dumps", "Vocabularies"
_SAID = {
    _START: "Where everything is, and how it is described",
    _SEARCH: "All collections at once",
    _TILES: "Vector tiles of all collections, basemaps, styles for maps",
    _STEP: "To keep a copy in step",
    _WORDS: "What the values of properties mean",
}
# By the first part of the path; what begins otherwise is where one starts.
_TAGS = {
    "search": _SEARCH,
    "suggest": _SEARCH,
    "tiles": _TILES,
    "basemaps": _TILES,
    "styles": _TILES,
    "tileMatrixSets": _TILES,
    "changes": _STEP,
    "dumps": _STEP,
    "dcat.jsonld": _STEP,
    "vocabularies": _WORDS,
    "events.ics": COLLECTIONS["events"].title["en"],
}


def list_tags() -> list[dict[str, str]]:
    """List the groups in the order in which they are shown: each collection is one, between search and tiles."""
    collections = [{"name": found.title["en"]} for found in COLLECTIONS.values()]
    ours = [{"name": name, "description": said} for name, said in _SAID.items()]
    return [*ours[:2], *collections, *ours[2:]]


def tag(paths: dict[str, Any]) -> dict[str, Any]:
    """Give paths with each operation in its group."""
    return {
        path: {method: operation | {"tags": [_tag_of(path)]} for method, operation in operations.items()}
        for path, operations in paths.items()
    }


def _tag_of(path: str) -> str:
    first, _, rest = path.removeprefix("/").partition("/")
    name = rest.partition("/")[0]
    if first == "collections" and name:
        return COLLECTIONS[name].title["en"]
    return _TAGS.get(first, _START)
