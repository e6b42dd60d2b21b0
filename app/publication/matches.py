"""Reading what words find: tier after tier of a search, each in the order of the texts' keys."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from itertools import pairwise
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.text import TokenQuery, query_tiers
from app.engine.questions import Point, count_matching, distance_metres, first_matches, utf8
from app.engine.types import token_query_type
from app.publication.models import ITEMS, TEXTS, WORDS
from app.publication.scopes import Scope

# Gives the further conditions that a text must meet, by the columns of its words.
Criteria: TypeAlias = Callable[[sa.FromClause], Sequence[ColumnElement[Any]]]


class Match(NamedTuple):
    """A finished feature that words find: in which tier, under which key, and how far it is where that is asked."""

    tier: int
    key: int
    feature: bytes
    metres: float | None


class Form(NamedTuple):
    """What a statement is made by: how many tiers it asks, for how many matches, and whether some came before."""

    tiers: int
    limit: int
    is_later: bool


@dataclass(frozen=True, slots=True)
class Tiers:
    """The tiers of a search within a scope.

    `after` is the tier and the key of the last match that was read, if any was.
    """

    tiers: Sequence[TokenQuery]
    scope: Scope
    after: tuple[int, int] | None = None

    @property
    def start(self) -> int:
        """The tier at which reading begins."""
        return min(max(self.after[0], 0), len(self.tiers)) if self.after else 0

    def parts(self) -> Iterator[tuple[int, int]]:
        """Give the tiers that one statement asks after another, as the first and the one behind the last."""
        for first in range(self.start, len(self.tiers), _AT_ONCE):
            yield first, min(first + _AT_ONCE, len(self.tiers))

    def values(self, first: int, behind: int) -> dict[str, Any]:
        """Give the values of a statement's parameters; what an earlier tier finds is found once."""
        bound = [self.scope.bind(tier) for tier in self.tiers[:behind]]
        plain = [replace(tier, scope=()) for tier in bound]
        found: dict[str, Any] = {
            f"words_{number - first}": replace(bound[number], without=_before(plain, number))
            for number in range(first, behind)
        }
        return found | ({"after_key": self.after[1]} if self.after and first == self.start else {})

    def widest(self) -> TokenQuery:
        """Give the last tier, which finds whatever the others find."""
        return self.scope.bind(self.tiers[-1])


# Most searches find enough by whole names and words of names: what comes after those is asked if need be.
_AT_ONCE = 6


def _before(tiers: Sequence[TokenQuery], number: int) -> tuple[TokenQuery, ...]:
    """Give the tiers before one, but for those whose finds the next of them finds as well."""
    kept = [tier for tier, following in pairwise(tiers[:number]) if not _is_begun(tier, following)]
    return (*kept, *tiers[max(number - 1, 0) : number])


def search_tiers(text: str) -> list[TokenQuery]:
    """Give the tiers of `query_tiers`, and before each that takes beginnings of the last word the same with it whole.

    Whole words are the better match, and are found without trying all that begins so.
    """
    found: list[TokenQuery] = []
    for tier in query_tiers(text):
        if tier.prefix:
            found.append(TokenQuery((*tier.terms, tier.prefix)))
        found.append(tier)
    return found


def _is_begun(whole: TokenQuery, tier: TokenQuery) -> bool:
    """Tell whether a tier takes beginnings of the last word that another takes as a whole."""
    return tier.prefix is not None and whole.terms == (*tier.terms, tier.prefix)


_AFTER: Any = sa.bindparam("after_key", type_=sa.BigInteger())
_WORDS: Any = sa.bindparam("words", type_=token_query_type())


def matches_statement(form: Form, scope: Scope, criteria: Criteria, near: Point | None = None) -> sa.Select[Any]:
    """Make the statement of a form for a scope; its tiers are asked in turn, and none once there are enough matches."""
    tiers = []
    for number in range(form.tiers):
        words: Any = sa.bindparam(f"words_{number}", type_=token_query_type())
        after = _AFTER if form.is_later and number == 0 else None
        met = first_matches(TEXTS.c.id, WORDS, words, form.limit, criteria, scope=scope.conditions, after=after)
        metres = distance_metres(ITEMS, near) if near else sa.null()
        tier = sa.literal_column(str(number), sa.Integer).label("tier")
        found = sa.select(tier, TEXTS.c.id, utf8(TEXTS.c.feature).label("feature"), metres.label("metres")).where(met)
        if near:
            found = found.join(ITEMS, ITEMS.c.id == TEXTS.c.item_id)
        tiers.append(sa.select(found.order_by(TEXTS.c.id).subquery()))
    return sa.select(sa.union_all(*tiers).subquery()).limit(sa.literal_column(str(form.limit), sa.Integer))


def read_matches(
    reads: Reads,
    tiers: Tiers,
    limit: int,
    make: Callable[[Form], sa.Select[Any]],
    values: Mapping[str, Any] | None = None,
) -> list[Match]:
    """Read at most `limit` matches by the statements that `make` gives for their forms; none where no tier is left.

    `values` are those of the parameters in its criteria.
    """
    found: dict[int, Match] = {}
    for first, behind in tiers.parts():
        is_later = tiers.after is not None and first == tiers.start
        form = Form(behind - first, limit, is_later)
        rows = reads.execute(make(form), {**(values or {}), **tiers.values(first, behind)}).all()
        for tier, key, feature, metres in rows:
            # What was published anew between two statements may be in both.
            found.setdefault(key, Match(first + tier, key, feature, metres))
        if len(found) >= limit:
            break
    return list(found.values())[:limit]


def count_words(reads: Reads, tiers: Tiers, most: int) -> int:
    """Count the texts that have the words of a search, up to `most`; off the index of words, where an engine can."""
    return int(reads.scalar(_count_statement(tiers.scope, most), {"words": tiers.widest()}) or 0)


@lru_cache(128)
def _count_statement(scope: Scope, most: int) -> sa.Select[Any]:
    return sa.select(count_matching(WORDS, _WORDS, most, scope=scope.conditions))
