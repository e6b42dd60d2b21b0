"""Places by name: what somebody may mean who types where they are, and where something published is."""

from __future__ import annotations

import json
from typing import NamedTuple

import sqlalchemy as sa

from app.core.db import Reads
from app.core.text import fold, words
from app.engine.questions import Point, utf8
from app.publication.collections import COLLECTIONS
from app.publication.conditions import NEAR_PRECISION_M
from app.publication.finished import code_of
from app.publication.keys import collection_of, item_of
from app.publication.matches import Tiers, matches_statement, read_matches, search_tiers
from app.publication.models import ITEMS, TEXTS
from app.publication.scopes import Scope
from app.publication.typos import Search, mend, names_in

# What people say where they are by.
_NAMED = ("sites", "places", "admin-units")
_UNITS = "admin-units"
# How far the tiers of a search go that look at names: the whole, then its words.
_BY_NAME = 6
# So many are looked at, to find those whose names are nearest to what was typed.
_MOST_FOUND = 40


class Whereabouts(NamedTuple):
    """A published thing with its point, which is that of a unit's middle where `is_unit`."""

    collection: str
    code: str
    feature: bytes
    point: Point
    is_unit: bool


def find_places(reads: Reads, language: str, text: str, *, most: int) -> list[Whereabouts]:
    """Find what has a name with these words and may be stood at, or is a unit; best first, at most `most`.

    Where nothing has, what was meant is found, as every search does.
    """
    found = _find(reads, language, text)
    if not found:
        where = [ITEMS.c.collection.in_(_NAMED), *_known(ITEMS)]
        mended = mend(reads, Search(_NAMED, language, text, where, is_narrowed=True))
        found, text = (_find(reads, language, mended), mended) if mended else ([], text)
    typed = set(words(fold(text)))
    return sorted(found, key=lambda place: _strangeness(place, typed))[:most]


def _strangeness(place: Whereabouts, typed: set[str]) -> tuple[int, bool]:
    """Tell how many words a name has that nobody typed; the word for a unit's level is as good as typed."""
    names = names_in(json.loads(place.feature)["properties"])
    return min(len(set(words(fold(name))) - typed) for name in names) - place.is_unit, not place.is_unit


def find_whereabouts(reads: Reads, language: str, code: str) -> Whereabouts | None:
    """Give where a published thing is, by its code; None where there is none that may be stood at, and no unit."""
    rows = reads.execute(
        sa.select(ITEMS.c.collection, ITEMS.c.code, utf8(TEXTS.c.feature), ITEMS.c.lon, ITEMS.c.lat)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.code_key == code.lower(), ITEMS.c.collection.in_(tuple(COLLECTIONS)), *_known(ITEMS))
        .where(TEXTS.c.language == language)
    ).all()
    order = list(COLLECTIONS)
    best = min(rows, key=lambda row: order.index(row.collection), default=None)
    return _whereabouts(*best) if best else None


def _find(reads: Reads, language: str, text: str) -> list[Whereabouts]:
    scope = Scope(_NAMED, language)
    tiers = Tiers(search_tiers(text)[:_BY_NAME], scope)
    if not tiers.tiers:
        return []

    def criteria(texts: sa.FromClause) -> list[sa.ColumnElement[bool]]:
        known = sa.exists().where(ITEMS.c.id == texts.c.item_id, *_known(ITEMS)).correlate(texts)
        return [*scope.untold(texts), known]

    found = read_matches(reads, tiers, _MOST_FOUND, lambda form: matches_statement(form, scope, criteria))
    ids = [item_of(match.key) for match in found]
    rows = reads.execute(sa.select(ITEMS.c.id, ITEMS.c.lon, ITEMS.c.lat).where(ITEMS.c.id.in_(ids))).all()
    points = {row.id: (row.lon, row.lat) for row in rows}
    return [
        _whereabouts(collection_of(match.key), code_of(match.feature), match.feature, *points[item])
        for item, match in zip(ids, found, strict=True)
        if item in points
    ]


def _known(items: sa.FromClause) -> list[sa.ColumnElement[bool]]:
    """Say that an item's place is known well enough to look around, or is a unit's middle."""
    return [
        items.c.lon.is_not(None),
        sa.or_(items.c.precision_m <= NEAR_PRECISION_M, items.c.collection == _UNITS),
    ]


def _whereabouts(collection: str, code: str, feature: bytes, lon: float, lat: float) -> Whereabouts:
    return Whereabouts(collection, code, feature, Point(lon, lat), collection == _UNITS)
