"""Suggestions for whoever is still typing: at most ten things, by the beginnings of their names and codes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from app.core.db import Reads
from app.core.localized import pick
from app.core.text import TokenQuery, fold, query_tiers, words
from app.publication.collections import COLLECTIONS
from app.publication.keys import collection_of, item_of
from app.publication.matches import Tiers, matches_statement, read_matches
from app.publication.models import ITEMS, TEXTS
from app.publication.schema import Collection
from app.publication.scopes import Scope
from app.publication.typos import Search, find_run, mend, names_in

MOST_SUGGESTIONS = 10
# Above every letter of a code.
_LAST = "\x7f"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """One thing: what it is called, what sort of thing it is, where its page is, and which of its names matched how.

    `matched` is the name or code as it is written, `by` is `name`, `other_name` or `code`.
    """

    code: str
    collection: str
    name: str
    type_label: str
    url: str
    by: str
    matched: str


def suggest_items(
    reads: Reads, collections: Sequence[str], language: str, text: str, *, languages: Sequence[str]
) -> tuple[list[Suggestion], str]:
    """Give what words may be the beginning of, and the words: those meant, where what was typed finds nothing.

    First come names that begin so, then names with words that do, in each exact marks before folded; then codes.
    """
    found = list(_find(reads, collections, language, text))
    if not found:
        where = [ITEMS.c.collection.in_(collections)]
        mended = mend(reads, Search(collections, language, text, where, is_narrowed=False))
        if mended:
            text, found = mended, list(_find(reads, collections, language, mended))
    shown = _read_features(reads, [item_id for item_id, _ in found])
    return [
        _describe(COLLECTIONS[collection], shown[item_id], language, languages, text)
        for item_id, collection in found
        if language in shown.get(item_id, {})
    ], text


def _find(reads: Reads, collections: Sequence[str], language: str, text: str) -> Iterator[tuple[int, str]]:
    """Give the ids and collections of at most ten things, the best first."""
    scope = Scope(tuple(collections), language)
    tiers = Tiers(_name_tiers(text), scope)
    make = partial(matches_statement, scope=scope, criteria=scope.untold)
    found = read_matches(reads, tiers, MOST_SUGGESTIONS, make)
    yield from ((item_of(match.key), collection_of(match.key)) for match in found)
    missing = MOST_SUGGESTIONS - len(found)
    begun = text.strip().lower()
    if missing == MOST_SUGGESTIONS and begun.isascii() and begun.isprintable():
        coded = (
            sa.select(ITEMS.c.id, ITEMS.c.collection)
            .where(ITEMS.c.collection.in_(collections), ITEMS.c.code_key.between(begun, begun + _LAST))
            .order_by(ITEMS.c.code, ITEMS.c.id)
            .limit(missing)
        )
        yield from ((row.id, row.collection) for row in reads.execute(coded))


def _name_tiers(text: str) -> list[TokenQuery]:
    """Give the tiers of a search that look at names, the whole name as one that may go on."""
    tiers = query_tiers(text)[:4]
    return [TokenQuery((), tier.terms[0]) for tier in tiers[:2]] + tiers[2:]


def _read_features(reads: Reads, item_ids: Sequence[int]) -> dict[int, dict[str, dict[str, Any]]]:
    """Read what is shown of items, by language: a name in any of them may have matched."""
    if not item_ids:
        return {}
    statement = sa.select(TEXTS.c.item_id, TEXTS.c.language, TEXTS.c.feature).where(TEXTS.c.item_id.in_(item_ids))
    found: dict[int, dict[str, dict[str, Any]]] = {}
    for item_id, language, feature in reads.execute(statement):
        found.setdefault(item_id, {})[language] = json.loads(feature)["properties"]
    return found


def _describe(
    collection: Collection,
    shown: dict[str, dict[str, Any]],
    language: str,
    languages: Sequence[str],
    text: str,
) -> Suggestion:
    properties = shown[language]
    title = pick(collection.title, language, tuple(languages))
    by, matched = _matched(shown, language, text)
    return Suggestion(
        code=properties["code"],
        collection=collection.name,
        name=properties["name"],
        type_label=_type_label(collection, properties) or (title[0] if title else collection.name),
        url=properties["url"],
        by=by,
        matched=matched,
    )


def _type_label(collection: Collection, properties: dict[str, Any]) -> str | None:
    """Give the name of the first vocabulary's value that a collection's features show: what sort of thing it is."""
    for one in collection.properties:
        if one.scheme and not one.is_filter_only:
            label = properties.get(f"{one.name.removesuffix('s')}_label{'s' if one.type == 'array' else ''}")
            return (label[0] if label else None) if isinstance(label, list) else label
    return None


def _matched(shown: dict[str, dict[str, Any]], language: str, text: str) -> tuple[str, str]:
    """Tell by what something was found: the first of its names, in the language asked for first, that has the words."""
    ordered = sorted(shown, key=lambda one: one != language)
    names = [name for one in ordered for name in names_in(shown[one])]
    wanted = words(fold(text))
    runs = [name for name in names if wanted and find_run(name, wanted, is_last_begun=True)]
    for name in runs or [name for name in names if has_words(name, wanted)]:
        return ("name" if name == shown[language]["name"] else "other_name"), name
    return "code", str(shown[language]["code"])


def has_words(name: str, wanted: Sequence[str]) -> bool:
    """Tell whether a name has all words, the last as the beginning of one."""
    folded = words(fold(name))
    return bool(wanted) and set(wanted[:-1]) <= set(folded) and any(word.startswith(wanted[-1]) for word in folded)
