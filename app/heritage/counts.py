"""How many sites stand at which level on a day, and which: counted where the rows are, with the list of every cell."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.paging import read_cursor, write_cursor
from app.heritage.models import Decision, DecisionItem, InventoryEntry, Site
from app.heritage.status import INVENTORIED, LEVELS
from app.records.models import Record
from app.records.register import RegisterEntry

SITES = cast("sa.Table", Site.__table__)
ITEMS = cast("sa.Table", DecisionItem.__table__)
DECISIONS = cast("sa.Table", Decision.__table__)
LISTINGS = cast("sa.Table", InventoryEntry.__table__)
RECORDS = cast("sa.Table", Record.__table__)
ENTRIES = cast("sa.Table", RegisterEntry.__table__)

# The columns of a count beside the types themselves, so that every site stands in exactly one.
SEVERAL, NO_TYPE = "several", "none"
# The rows: the levels, the highest first, and below them what has none.
UNRANKED = "unranked"
ROWS = (*LEVELS, INVENTORIED, UNRANKED)


@dataclass(frozen=True, slots=True)
class Group:
    """Sites that are alike on a day: their row (of ROWS), their types, and whether they are components of others.

    `types` is the list as it is written; `is_certain` is what `derive_standing` says of each of them.
    """

    level: str
    types: str
    is_component: bool
    is_certain: bool
    count: int

    @property
    def column(self) -> str:
        """The column in which these sites stand: their one type, SEVERAL or NO_TYPE."""
        types = read_types(self.types)
        return types[0] if len(types) == 1 else SEVERAL if types else NO_TYPE


@dataclass(frozen=True, slots=True)
class CellQuery:
    """Which sites of a day's count: a row or all, a column or all, with or without components."""

    day: dt.date
    level: str | None = None
    column: str | None = None
    with_components: bool = True
    limit: int = 100
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class Counted:
    """A site in the list behind a cell."""

    code: str
    label: dict[str, str]
    level: str
    types: tuple[str, ...]
    is_component: bool
    is_certain: bool


@dataclass(frozen=True, slots=True)
class CellPage:
    """Sites of a cell by name, with the cursor of the next page if there is one."""

    sites: tuple[Counted, ...]
    next_cursor: str | None


def read_types(written: str | None) -> tuple[str, ...]:
    """Read a site's types as their column holds them, a JSON list."""
    return tuple(json.loads(written) or ()) if written else ()


def count_standing(session: Session, day: dt.date) -> list[Group]:
    """Count the sites of the register by their standing on a day.

    Says of every site what `derive_standing` says of it, in one statement whose cost grows with the number of sites.
    The groups add up to all sites that are accepted and not deleted.
    """
    standing = _standing(day)
    columns = [standing.c[name] for name in ("score", "is_listed", "is_dated", "is_doubtful", "types", "is_component")]
    found: dict[tuple[str, str, bool, bool], int] = {}
    for *facts, types, is_component, count in session.execute(sa.select(*columns, sa.func.count()).group_by(*columns)):
        level, is_certain = _read_standing(*facts)
        key = (level, types or "[]", bool(is_component), is_certain)
        found[key] = found.get(key, 0) + count
    return [Group(*key, count=count) for key, count in found.items()]


def read_cell(session: Session, query: CellQuery, groups: list[Group]) -> CellPage:
    """Give the sites of a cell by name, a page at a time; `groups` is the day's count.

    Raises `InvalidInput` for a cursor of another list.
    """
    standing = _standing(query.day)
    statement = sa.select(
        standing.c.score, standing.c.is_listed, standing.c.is_dated, standing.c.is_doubtful, standing.c.types,
        standing.c.is_component, ENTRIES.c.code, ENTRIES.c.label, ENTRIES.c.sort_key, ENTRIES.c.id,
    ).join(ENTRIES, ENTRIES.c.record_id == standing.c.id)  # fmt: skip
    if query.level is not None:
        statement = statement.where(_is_at(standing, query.level))
    if query.column is not None:
        written = {group.types for group in groups if group.column == query.column}
        statement = statement.where(sa.func.coalesce(standing.c.types, "[]").in_(sorted(written)))
    if not query.with_components:
        statement = statement.where(standing.c.is_component == 0)
    if query.cursor:
        name, key = read_cursor(query.cursor, "cell", (str, int))
        statement = statement.where(sa.tuple_(ENTRIES.c.sort_key, ENTRIES.c.id) > sa.tuple_(sa.literal(name), key))
    order = (ENTRIES.c.sort_key, ENTRIES.c.id)
    rows = session.execute(statement.order_by(*order).limit(query.limit + 1)).all()
    page = rows[: query.limit]
    cursor = write_cursor("cell", page[-1].sort_key, page[-1].id) if len(rows) > query.limit else None
    return CellPage(tuple(_counted(row) for row in page), cursor)


def _counted(row: Any) -> Counted:
    level, is_certain = _read_standing(row.score, row.is_listed, row.is_dated, row.is_doubtful)
    return Counted(row.code, row.label, level, read_types(row.types), bool(row.is_component), is_certain)


def _read_standing(
    score: int | None, is_listed: int | None, is_dated: int | None, is_doubtful: int
) -> tuple[str, bool]:
    """Read a row's level and certainty from its score and its listings."""
    if score is not None:
        return LEVELS[score // 2], score % 2 == 0 and not is_doubtful
    if is_listed:
        return INVENTORIED, bool(is_dated) and not is_doubtful
    return UNRANKED, not is_doubtful


def _is_at(standing: sa.Subquery, level: str) -> ColumnElement[bool]:
    if level in LEVELS:
        place = LEVELS.index(level) * 2
        return standing.c.score.in_((place, place + 1))
    is_listed = sa.func.coalesce(standing.c.is_listed, 0) == 1
    return sa.and_(standing.c.score.is_(None), is_listed if level == INVENTORIED else sa.not_(is_listed))


def _standing(day: dt.date) -> sa.Subquery:
    """Give a row for each site: `score` is twice its level's place in LEVELS, plus one where that is uncertain."""
    items = _known(day, "item")
    place = sa.case({level: place for place, level in enumerate(LEVELS)}, value=items.c.level)
    uncertain = sa.case((items.c.latest_on <= day, 0), else_=1)
    cancels = _known(day, "cancelling")
    ended = sa.exists().where(
        cancels.c.record_id == items.c.record_id,
        cancels.c.action == "cancel",
        cancels.c.inscription.is_(None),
        cancels.c.recognition.is_(None),
        sa.or_(cancels.c.cancels_id.is_(None), cancels.c.cancels_id == items.c.decision_id),
        sa.or_(cancels.c.level.is_(None), cancels.c.level == items.c.level),
        _order(cancels) > _order(items),
    )
    ranked = (
        sa.select(items.c.record_id, sa.func.min(place * 2 + uncertain).label("score"))
        .where(items.c.action.in_(("rank", "supplement")), items.c.level.in_(LEVELS), ~ended)
        .group_by(items.c.record_id)
        .subquery("ranked")
    )
    is_dated = sa.case((LISTINGS.c.listed_from.is_not(None), 1), else_=0)
    listed = (
        sa.select(LISTINGS.c.site_id, sa.func.max(is_dated).label("is_dated"))
        .where(
            sa.or_(LISTINGS.c.listed_from_on.is_(None), LISTINGS.c.listed_from_on <= day),
            sa.or_(LISTINGS.c.listed_until_on.is_(None), LISTINGS.c.listed_until_on >= day),
        )
        .group_by(LISTINGS.c.site_id)
        .subquery("listed")
    )
    return (
        sa.select(
            SITES.c.id,
            ranked.c.score,
            sa.case((listed.c.site_id.is_not(None), 1), else_=0).label("is_listed"),
            sa.func.coalesce(listed.c.is_dated, 0).label("is_dated"),
            sa.case((_is_doubtful(day), 1), else_=0).label("is_doubtful"),
            sa.cast(SITES.c.types, sa.Text).label("types"),
            sa.case((SITES.c.parent_id.is_not(None), 1), else_=0).label("is_component"),
        )
        .join(RECORDS, RECORDS.c.id == SITES.c.id)
        .outerjoin(ranked, ranked.c.record_id == SITES.c.id)
        .outerjoin(listed, listed.c.site_id == SITES.c.id)
        .where(RECORDS.c.deleted_at.is_(None), RECORDS.c.version > 0)
        .subquery("standing")
    )


def _is_doubtful(day: dt.date) -> ColumnElement[bool]:
    """Say that a cancellation of unknown date may have ended a site's rank by then."""
    doubtful = _known(day, "doubtful")
    return SITES.c.id.in_(
        sa.select(doubtful.c.record_id).where(
            doubtful.c.action == "cancel", sa.or_(doubtful.c.latest_on.is_(None), doubtful.c.latest_on > day)
        )
    )


def _known(day: dt.date, name: str) -> sa.Subquery:
    """Give the items of decisions that a day knows: those that may have been made by then, and the undated ones."""
    decision = RECORDS.alias()
    return (
        sa.select(ITEMS, DECISIONS.c.earliest_on, DECISIONS.c.latest_on, decision.c.code)
        .join(DECISIONS, DECISIONS.c.id == ITEMS.c.decision_id)
        .join(decision, decision.c.id == DECISIONS.c.id)
        .where(
            decision.c.deleted_at.is_(None),
            sa.or_(DECISIONS.c.earliest_on.is_(None), DECISIONS.c.earliest_on <= day),
        )
        .subquery(name)
    )


def _order(items: sa.Subquery) -> ColumnElement[Any]:
    """Give the order of a chain: by date, undated ones last, then by code; within a decision as its items stand."""
    last = sa.literal(dt.date.max, sa.Date())
    return sa.tuple_(
        sa.func.coalesce(items.c.earliest_on, last),
        sa.func.coalesce(items.c.latest_on, last),
        items.c.code,
        items.c.position,
    )
