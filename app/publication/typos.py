"""Typos: where words find nothing, those that were meant, from the words that occur in public names and places.

One edit (optimal string alignment: a letter more, less or other, or two swapped) in words of four letters or more.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice, product
from typing import Any

import sqlalchemy as sa
from rapidfuzz import process
from rapidfuzz.distance import OSA
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.text import QUERY_WORDS, TokenQuery, fold, normalise_marked, query_tiers, words
from app.engine.questions import matches_text
from app.publication.conditions import ItemQuery, conditions
from app.publication.models import ITEMS, TERMS, TEXTS, WORDS
from app.publication.pages import Page, read_page
from app.publication.scopes import Scope

_SHORTEST = 4
# Whoever types nonsense must not keep the database busy: so many words are mended, so many ways of each, so many tried.
_MOST_WORDS = 4
_MOST_CHOICES = 5
_MOST_TRIED = 20

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Search:
    """Words that found nothing, where: `criteria` are the other conditions on items.

    `is_narrowed` tells whether these leave anything out of the collections.
    """

    collections: Sequence[str]
    language: str
    text: str
    criteria: Sequence[ColumnElement[Any]]
    is_narrowed: bool

    @property
    def scope(self) -> Scope:
        """Where the words are looked for."""
        return Scope(tuple(self.collections), self.language)


@dataclass(frozen=True, slots=True)
class _Known:
    """The terms of about a query's length: how many items have each, by what it is folded to, with its marks."""

    terms: dict[str, dict[str, int]] = field(default_factory=dict)

    def near(self, typed: str, marked: str) -> list[str]:
        """Give the terms, folded, that are one edit from a word: those with its marks first, then the most frequent."""
        found = [term for term, distance, _ in process.extract(typed, list(self.terms), **_ONE_EDIT) if distance]

        def rank(term: str) -> tuple[bool, int, str]:
            forms = self.terms[term]
            is_close = any(OSA.distance(marked, form, score_cutoff=1) <= 1 for form in forms)
            return not is_close, -sum(forms.values()), term

        return sorted(found, key=rank)[:_MOST_CHOICES]

    def with_marks(self, term: str) -> str:
        """Give a folded term as it is most often written."""
        return min(self.terms[term].items(), key=lambda form: (-form[1], form[0]))[0]


_ONE_EDIT: dict[str, Any] = {"scorer": OSA.distance, "score_cutoff": 1, "limit": None}


def read_mended(reads: Reads, query: ItemQuery) -> tuple[Page, ItemQuery]:
    """Read a page, or where its words find nothing that of the words that were meant; gives what was asked in the end.

    Pages after the first are those of the mended words, which their cursors go with.
    """
    page = read_page(reads, query)
    if page.features or not query.text or query.cursor:
        return page, query
    plain = replace(query, text=None)
    criteria = conditions(plain, ITEMS)
    search = Search((query.collection,), query.language, query.text, criteria, not plain.is_whole)
    mended = mend(reads, search)
    if mended is None:
        return page, query
    asked = replace(query, text=mended)
    return read_page(reads, asked), asked


def mend(reads: Reads, search: Search) -> str | None:
    """Give the words that were meant, as public names write them, which do find something; None where none do."""
    typed = tuple(words(fold(search.text))[:QUERY_WORDS])
    marked = words(normalise_marked(search.text))
    places = [place for place, word in enumerate(typed) if len(word) >= _SHORTEST and word.isalpha()][:_MOST_WORDS]
    if not places or len(marked) < len(typed):
        return None
    if search.is_narrowed and _find(reads, replace(search, criteria=()), [typed]):
        # It is the other conditions that leave nothing.
        return None
    known = _read_terms(reads, search, [len(typed[place]) for place in places])
    choices = {place: known.near(typed[place], marked[place]) for place in places}
    unknown = [place for place in places if typed[place] not in known.terms and choices[place]]
    for tries in (_together(typed, unknown, choices), _one_by_one(typed, choices)):
        tried = list(islice(tries, _MOST_TRIED))
        if found := _find(reads, search, tried):
            index, tier = found
            return _as_written(reads, search, tried[index], tier, known)
    return None


def _together(typed: Words, unknown: Sequence[int], choices: dict[int, list[str]]) -> Iterator[Words]:
    """Mend every word that occurs nowhere."""
    for chosen in product(*(choices[place] for place in unknown)) if unknown else ():
        mended = dict(zip(unknown, chosen, strict=True))
        yield tuple(mended.get(place, word) for place, word in enumerate(typed))


def _one_by_one(typed: Words, choices: dict[int, list[str]]) -> Iterator[Words]:
    """Mend one word, whichever: a typo may be a word too, and a right one may occur in other text only."""
    for place, near in choices.items():
        for chosen in near:
            yield (*typed[:place], chosen, *typed[place + 1 :])


def _read_terms(reads: Reads, search: Search, lengths: Sequence[int]) -> _Known:
    statement = (
        sa.select(TERMS.c.folded, TERMS.c.term, sa.func.sum(TERMS.c["items"]))
        .where(TERMS.c.language == search.language, TERMS.c.collection.in_(search.collections))
        .where(TERMS.c.length.between(min(lengths) - 1, max(lengths) + 1))
        .group_by(TERMS.c.folded, TERMS.c.term)
    )
    known = _Known()
    for folded, term, items in reads.execute(statement):
        known.terms.setdefault(folded, {})[term] = int(items)
    return known


def _find(reads: Reads, search: Search, tried: Sequence[Words]) -> tuple[int, TokenQuery] | None:
    """Give the first of some tries that finds something, and by what: in names, else in places, else anywhere."""
    # Of each pair of tiers, the folded one finds what the one with marks finds; whole names are names.
    tiers = [query_tiers(" ".join(one))[3::2] for one in tried]
    for level in range(max(map(len, tiers), default=0)):
        asked = [
            sa.select(sa.literal(index, sa.Integer)).where(_hits(search, one[level]).exists())
            for index, one in enumerate(tiers)
        ]
        found = reads.scalars(sa.union_all(*asked)).all()
        if found:
            return min(found), tiers[min(found)][level]
    return None


def _hits(search: Search, tier: TokenQuery) -> sa.Select[Any]:
    query = search.scope.bind(tier)
    return (
        sa.select(ITEMS.c.id)
        .join(WORDS, WORDS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection.in_(search.collections), *search.criteria)
        .where(matches_text(WORDS, query))
    )


def _as_written(reads: Reads, search: Search, mended: Words, tier: TokenQuery, known: _Known) -> str:
    """Write mended words as the names of what they find best do, else each as it is most often written."""
    best = _hits(search, tier).order_by(ITEMS.c.weight, ITEMS.c.id).limit(1)
    own_first = sa.case((TEXTS.c.language == search.language, 0), else_=1)
    texts = sa.select(TEXTS.c.feature).where(TEXTS.c.item_id == best.scalar_subquery())
    texts = texts.order_by(own_first, TEXTS.c.language)
    names = [name for text in reads.scalars(texts) for name in names_in(json.loads(text)["properties"])]
    for name in names:
        if run := find_run(name, mended):
            return run
    written = {fold(word): word for name in reversed(names) for word in words(name)}
    typed = words(search.text)
    return " ".join(
        written.get(word) or (typed[place] if fold(typed[place]) == word else known.with_marks(word))
        for place, word in enumerate(mended)
    )


def names_in(properties: dict[str, Any]) -> list[str]:
    """Give the names that a finished feature shows, its own first."""
    others = properties.get("other_names") or ()
    return [str(properties["name"]), *(one if isinstance(one, str) else str(one["text"]) for one in others)]


def find_run(name: str, wanted: Sequence[str], *, is_last_begun: bool = False) -> str | None:
    """Give the part of a name whose words are, folded, those wanted in their order; the last may be unfinished."""
    written = words(name)
    folded = [fold(word) for word in written]
    *whole, last = wanted
    for start in range(len(written) - len(wanted) + 1):
        end = start + len(wanted)
        final = folded[end - 1]
        if folded[start : end - 1] == whole and (final.startswith(last) if is_last_begun else final == last):
            return " ".join(written[start:end])
    return None
