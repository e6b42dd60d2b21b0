"""Reading what words find: tier after tier of a search, each in the order of the texts' keys, in one statement."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, NamedTuple, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.text import TokenQuery, query_tiers
from app.engine.questions import Point, count_matching, distance_metres, first_matches
from app.engine.types import token_query_type
from app.publication.models import ITEMS, TEXTS
from app.publication.scopes import Scope

# Gives the further conditions that a text must meet.
Criteria: TypeAlias = Callable[[sa.FromClause], Sequence[ColumnElement[Any]]]


class Match(NamedTuple):
    """A finished feature that words find: in which tier, under which key, and how far it is where that is asked."""

    tier: int
    key: int
    feature: str
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

    def form(self, limit: int) -> Form:
        """Give the form of the statement that reads at most `limit` matches."""
        return Form(len(self.tiers) - self.start, limit, self.after is not None)

    def values(self) -> dict[str, Any]:
        """Give the values of the statement's parameters; what an earlier tier finds is found once."""
        found: dict[str, Any] = {
            f"words_{number}": replace(self.scope.bind(tier), without=self._before(self.start + number))
            for number, tier in enumerate(self.tiers[self.start :])
        }
        return found | ({"after_key": self.after[1]} if self.after else {})

    def widest(self) -> TokenQuery:
        """Give the last tier, which finds whatever the others find."""
        return self.scope.bind(self.tiers[-1])

    def _before(self, number: int) -> tuple[TokenQuery, ...]:
        """Give the tiers before one, but for those whose finds the next of them finds as well."""
        pairs = zip(self.tiers[:number], self.tiers[1:number], strict=False)
        kept = [tier for tier, following in pairs if not _is_begun(tier, following)]
        return (*kept, *self.tiers[max(number - 1, 0) : number])


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
    limit = sa.literal_column(str(form.limit), sa.Integer)
    tiers = []
    for number in range(form.tiers):
        words: Any = sa.bindparam(f"words_{number}", type_=token_query_type())
        after = _AFTER if form.is_later and number == 0 else None
        met = first_matches(TEXTS, words, form.limit, criteria, scope=scope.conditions, after=after)
        metres = distance_metres(ITEMS, near) if near else sa.null()
        tier = sa.literal_column(str(number), sa.Integer).label("tier")
        found = sa.select(tier, TEXTS.c.id, TEXTS.c.feature, metres.label("metres")).where(met)
        if near:
            found = found.join(ITEMS, ITEMS.c.id == TEXTS.c.item_id)
        tiers.append(sa.select(found.order_by(TEXTS.c.id).limit(limit).subquery()))
    return sa.select(sa.union_all(*tiers).subquery()).limit(limit)


def read_matches(
    reads: Reads,
    tiers: Tiers,
    limit: int,
    make: Callable[[Form], sa.Select[Any]],
    values: Mapping[str, Any] | None = None,
) -> list[Match]:
    """Read at most `limit` matches by the statement that `make` gives for their form; none where no tier is left.

    `values` are those of the parameters in its criteria.
    """
    form = tiers.form(limit)
    if not form.tiers:
        return []
    rows = reads.execute(make(form), {**(values or {}), **tiers.values()}).all()
    return [Match(tiers.start + tier, *row) for tier, *row in rows]


def count_words(reads: Reads, tiers: Tiers, most: int) -> int:
    """Count the texts that have the words of a search, up to `most`; off the index of words, where an engine can."""
    return int(reads.scalar(_count_statement(tiers.scope, most), {"words": tiers.widest()}) or 0)


@lru_cache(128)
def _count_statement(scope: Scope, most: int) -> sa.Select[Any]:
    return sa.select(count_matching(TEXTS, _WORDS, most, scope=scope.conditions))
