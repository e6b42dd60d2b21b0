"""The tiles themselves: of a collection, of all of them together, of a basemap."""

from __future__ import annotations

import gzip
from collections.abc import Sequence

from flask import Response, request

from app.api.answers import begin, not_modified
from app.api.collections import find_collection
from app.api.tiles.matrices import find_tile
from app.api.tiles.tilesets import BASE, FORMATS, MVT, find_basemap
from app.http.caching import cached, make_etag
from app.http.i18n import current_language
from app.http.kept import kept_answers
from app.http.parameters import check_choice
from app.http.reading import reading
from app.http.settings import RELEASE
from app.publication.collections import COLLECTIONS
from app.publication.tiles.archive import Archive
from app.publication.tiles.basemap import basemap_tag
from app.publication.tiles.basemap import basemap_tile as draw_basemap
from app.publication.tiles.grid import Tile
from app.publication.tiles.reading import read_standings, read_tile


def _begin(place: dict[str, str], media_type: str = MVT) -> Tile:
    """Read the request for a tile of a media type: the language, `f`, and which tile it is."""
    asked = begin(()).get("f")
    if asked:
        check_choice("f", asked, (FORMATS[media_type],))
    return find_tile(place)


def collection_tile(name: str, **place: str) -> Response:
    """Give a tile of one collection (OGC 20-057, clause 12)."""
    return _features_tile([find_collection(name).name], _begin(place))


def dataset_tile(**place: str) -> Response:
    """Give a tile of all collections, a layer each (OGC 20-057, clause 11)."""
    return _features_tile(list(COLLECTIONS), _begin(place))


def _features_tile(names: Sequence[str], tile: Tile) -> Response:
    reads, language = reading(), current_language()
    standings = read_standings(reads, names, tile)
    tags = sorted((name, standing.tag) for name, standing in standings.items())
    etag = make_etag(RELEASE, language, tile, tags)
    if had := not_modified(MVT, etag):
        return had
    # The tag says all that the tile depends on.
    kept, key = kept_answers(), ("tile", etag)
    content = kept.find(key)
    if content is None:
        content = read_tile(reads, standings, tile, language)
        kept.keep(key, content)
    return _answer(content, MVT, etag)


def _answer(content: bytes, media_type: str, etag: str) -> Response:
    return cached(Response(content, mimetype=media_type), etag)


def basemap_tile(basemap: str, **place: str) -> Response:
    """Give a tile of our own basemap, or of the deployment's."""
    own = find_basemap(basemap)
    if basemap != BASE and own is not None:
        return _own_tile(own, _begin(place, own.about.media_type))
    tile, language = _begin(place), current_language()
    etag = make_etag(RELEASE, language, tile, basemap_tag())
    return not_modified(MVT, etag) or _answer(draw_basemap(tile, language), MVT, etag)


def _own_tile(own: Archive, tile: Tile) -> Response:
    """Pass on what the archive holds: gzipped as it is there, unless the reader takes none of that."""
    about = own.about
    etag = make_etag(tile, about.tag)
    known = not_modified(about.media_type, etag)
    if known is None:
        content = own.tile(tile) or b""
        is_gzipped = about.is_gzipped and bool(content)
        if is_gzipped and not request.accept_encodings["gzip"]:
            content, is_gzipped = gzip.decompress(content), False
        known = _answer(content, about.media_type, etag)
        if is_gzipped and known.status_code == 200:
            known.headers["Content-Encoding"] = "gzip"
    known.vary.add("Accept-Encoding")
    return known
