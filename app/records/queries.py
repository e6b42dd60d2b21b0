"""Reading the register as officers do: lists with search, filters and order, counts, revisions and history."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session, joinedload
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import now
from app.core.errors import InvalidInput, NotFound
from app.core.paging import read_cursor, write_cursor
from app.core.text import query_tiers
from app.engine.questions import intersects, matches_text
from app.records.models import Changeset, HistoryEntry, Record, Revision, RevisionState
from app.records.register import RegisterEntry, RegisterFacet, RegisterShape

ENTRIES = cast("sa.Table", RegisterEntry.__table__)
FACETS = cast("sa.Table", RegisterFacet.__table__)
SHAPES = cast("sa.Table", RegisterShape.__table__)

# Fewer than this many rows are sorted; more are walked in the order of an index until the page is full.
_FEW = 2000
ORDERS = ("name", "code", "updated")
_OWN = ("draft_by", "in_review_by", "rejected_by")


@dataclass(frozen=True, slots=True)
class EntryQuery:
    """What is asked of the register: a kind or all, words, (name, value) pairs that must all hold, and the order.

    `overdue_on` asks for what is overdue on that day, `within` for records whose accepted place meets a shape (WGS 84).
    `reader` leaves out new records that nobody has accepted yet, but for that user's own. Of `sort`, `name` and `code`
    go up, `updated` goes down; with words the better match comes first, then what was made last.
    """

    kind: str | None = None
    text: str | None = None
    filters: tuple[tuple[str, str], ...] = ()
    without: tuple[tuple[str, str], ...] = ()
    overdue_on: dt.date | None = None
    within: BaseGeometry | None = None
    reader: int | None = None
    sort: str = "updated"
    limit: int = 50
    cursor: str | None = None


@dataclass(frozen=True, slots=True)
class EntryPage:
    """Entries in order, with the cursor of the next page if there is one; `cursors` are those after each entry."""

    entries: tuple[RegisterEntry, ...]
    next_cursor: str | None
    cursors: tuple[str, ...] = ()


def read_entries(session: Session, query: EntryQuery) -> EntryPage:
    """Give a page of the register; raises `InvalidInput` for a cursor of another list or an unknown order."""
    if query.sort not in ORDERS:
        raise InvalidInput("sort: there is no order “%(value)s”.", field="sort", value=query.sort[:40])
    rows = _by_text(session, query) if query.text else _by_order(session, query)
    keys = [row[0] for row in rows[: query.limit]]
    cursors = tuple(write_cursor(*place) for _, place in rows[: query.limit])
    cursor = cursors[-1] if len(rows) > query.limit else None
    found = {entry.id: entry for entry in session.scalars(sa.select(RegisterEntry).where(RegisterEntry.id.in_(keys)))}
    return EntryPage(tuple(found[key] for key in keys), cursor, cursors)


def count_entries(session: Session, query: EntryQuery, most: int = 1000) -> int | None:
    """Count what meets a query; None when it is more than `most`, for counting further would cost by the register."""
    conditions = _conditions(session, query)
    if query.text:
        tiers = query_tiers(query.text)
        conditions.append(sa.or_(*(matches_text(ENTRIES, tier) for tier in tiers)) if tiers else sa.false())
    found = sa.select(sa.literal(1)).select_from(ENTRIES).where(*conditions).limit(most + 1).subquery()
    count = session.scalar(sa.select(sa.func.count()).select_from(found)) or 0
    return count if count <= most else None


def count_many(session: Session, queries: Mapping[str, EntryQuery], most: int = 1000) -> dict[str, int]:
    """Count what meets each of several queries without words, in one statement; `most + 1` stands for more."""
    counts = []
    for name, query in queries.items():
        found = (
            sa.select(sa.literal(1)).select_from(ENTRIES).where(*_conditions(None, query)).limit(most + 1).subquery()
        )
        counts.append(sa.select(sa.literal(name), sa.select(sa.func.count()).select_from(found).scalar_subquery()))
    return {name: int(count) for name, count in session.execute(sa.union_all(*counts))} if counts else {}


def _conditions(session: Session | None, query: EntryQuery) -> list[ColumnElement[Any]]:
    """Say what an entry must meet.

    With a session the rarest filter is looked up first: a few keys are named, so that no order is walked for them.
    """
    conditions: list[ColumnElement[Any]] = []
    if query.kind:
        conditions.append(ENTRIES.c.kind == query.kind)
    for name, value in query.filters:
        held = sa.select(FACETS.c.entry_id).where(FACETS.c.name == name, FACETS.c.value == value)
        conditions.append(_among(session, held))
    if query.overdue_on:
        held = sa.select(FACETS.c.entry_id).where(FACETS.c.name == "due", FACETS.c.value < query.overdue_on.isoformat())
        conditions.append(_among(session, held))
    for name, value in query.without:
        inner = FACETS.alias()
        conditions.append(
            ~sa.exists().where(inner.c.name == name, inner.c.value == value, inner.c.entry_id == ENTRIES.c.id)
        )
    if query.within is not None:
        conditions.append(ENTRIES.c.id.in_(sa.select(SHAPES.c.id).where(intersects(SHAPES, query.within))))
    if query.reader is not None:
        own = sa.select(FACETS.c.entry_id).where(FACETS.c.name.in_(_OWN), FACETS.c.value == str(query.reader))
        conditions.append(sa.or_(ENTRIES.c.record_id.is_not(None), ENTRIES.c.id.in_(own)))
    return conditions


def _among(session: Session | None, held: sa.Select[Any]) -> ColumnElement[Any]:
    if session is not None:
        keys = session.scalars(held.limit(_FEW + 1)).all()
        if len(keys) <= _FEW:
            return ENTRIES.c.id.in_(keys)
    return ENTRIES.c.id.in_(held)


def _by_order(session: Session, query: EntryQuery) -> list[tuple[int, tuple[Any, ...]]]:
    column, kind = {
        "name": (ENTRIES.c.sort_key, str),
        "code": (ENTRIES.c.code, str),
        "updated": (ENTRIES.c.updated_at, str),
    }[query.sort]
    is_down = query.sort == "updated"
    statement = sa.select(ENTRIES.c.id, column).where(*_conditions(session, query))
    if query.cursor:
        text, key = read_cursor(query.cursor, query.sort, (kind, int))
        place = _instant(str(text)) if is_down else text
        # Said as one bound and one tie-break, which an index on the column serves.
        if is_down:
            statement = statement.where(column <= place, sa.or_(column < place, ENTRIES.c.id < key))
        else:
            statement = statement.where(column >= place, sa.or_(column > place, ENTRIES.c.id > key))
    order = (column.desc(), ENTRIES.c.id.desc()) if is_down else (column, ENTRIES.c.id)
    rows = session.execute(statement.order_by(*order).limit(query.limit + 1))
    return [(key, (query.sort, place.isoformat() if is_down else place, key)) for key, place in rows]


def _instant(text: str) -> dt.datetime:
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        found = now()
    return found if found.tzinfo else found.replace(tzinfo=dt.UTC)


def _by_text(session: Session, query: EntryQuery) -> list[tuple[int, tuple[Any, ...]]]:
    tiers = query_tiers(query.text or "")
    tier, after = 0, None
    if query.cursor:
        tier, after = cast("tuple[int, int]", read_cursor(query.cursor, "words", (int, int)))
    conditions = _conditions(session, query)
    rows: list[tuple[int, tuple[Any, ...]]] = []
    for index in range(min(tier, len(tiers)), len(tiers)):
        missing = query.limit + 1 - len(rows)
        if missing <= 0:
            break
        statement = (
            sa.select(ENTRIES.c.id)
            .where(*conditions, matches_text(ENTRIES, tiers[index]))
            .where(
                *(sa.not_(sa.func.coalesce(matches_text(ENTRIES, earlier), sa.false())) for earlier in tiers[:index])
            )
            .order_by(ENTRIES.c.id.desc())
            .limit(missing)
        )
        if after is not None and index == tier:
            statement = statement.where(ENTRIES.c.id < after)
        rows += [(key, ("words", index, key)) for key in session.scalars(statement)]
    return rows


def read_facet_values(session: Session, name: str, most: int = 200) -> list[str]:
    """Give the values that a filter has, in order."""
    values = sa.select(FACETS.c.value).where(FACETS.c.name == name).distinct().order_by(FACETS.c.value).limit(most)
    return list(session.scalars(values))


def read_facet_names(session: Session) -> list[str]:
    """Give the names of all filters there are, in order; the index is asked for one name after the other."""
    first = sa.select(sa.func.min(FACETS.c.name).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(FACETS.c.name)).where(FACETS.c.name > first.c.name).scalar_subquery()
    names = first.union_all(sa.select(following).where(first.c.name.is_not(None)))
    return list(session.scalars(sa.select(names.c.name).where(names.c.name.is_not(None))))


def read_accepted(session: Session, record_ids: Sequence[int]) -> dict[int, Revision]:
    """Give the revisions that were accepted last, by the key of the record."""
    last = (
        sa.select(Revision.record_id, sa.func.max(Revision.accepted_version).label("version"))
        .where(Revision.record_id.in_(record_ids))
        .group_by(Revision.record_id)
        .subquery()
    )
    found = session.scalars(
        sa.select(Revision).join(
            last, sa.and_(Revision.record_id == last.c.record_id, Revision.accepted_version == last.c.version)
        )
    )
    return {revision.record_id: revision for revision in found if revision.record_id is not None}


def own_drafts(session: Session, codes: Sequence[str], user_id: int) -> dict[str, Revision]:
    """Give the newest open or returned revision that a user has of each record, by code; see `own_draft`."""
    states = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    query = sa.select(Revision).where(Revision.code.in_(codes), Revision.author_id == user_id)
    found = session.scalars(query.where(Revision.state.in_(states)).order_by(Revision.number))
    return {revision.code: revision for revision in found}


def read_revisions(session: Session, code: str) -> Sequence[Revision]:
    """Give every revision under a code, the newest first, with its author."""
    query = sa.select(Revision).where(Revision.code == code).order_by(Revision.number.desc())
    return session.scalars(query.options(joinedload(Revision.author), joinedload(Revision.changeset))).all()


def read_revision(session: Session, code: str, number: int) -> Revision:
    """Give one revision; raises `NotFound`."""
    query = sa.select(Revision).where(Revision.code == code, Revision.number == number)
    revision = session.scalar(query.options(joinedload(Revision.author)))
    if revision is None:
        raise NotFound("There is no revision %(number)s of %(code)s.", number=number, code=code)
    return revision


def own_draft(session: Session, code: str, user_id: int) -> Revision | None:
    """Give the draft or returned revision that a user has of a record, the newest if there are several."""
    states = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    query = sa.select(Revision).where(Revision.code == code, Revision.author_id == user_id, Revision.state.in_(states))
    found = session.scalar(query.order_by(Revision.number.desc()).limit(1))
    if found is None or found.state != RevisionState.REJECTED:
        return found
    later = sa.select(Revision.id).where(
        Revision.code == code, Revision.number > found.number, Revision.state == RevisionState.ACCEPTED
    )
    return None if session.scalar(later.limit(1)) else found


def read_changeset(session: Session, changeset_id: int) -> Changeset:
    """Give a changeset with its author and revisions; raises `NotFound`."""
    query = sa.select(Changeset).where(Changeset.id == changeset_id).options(joinedload(Changeset.author))
    changeset = session.scalar(query)
    if changeset is None:
        raise NotFound("There is no changeset %(value)s.", value=changeset_id)
    return changeset


def read_changesets(
    session: Session, states: Iterable[str], *, author_id: int | None, most: int
) -> Sequence[Changeset]:
    """Give changesets that hold a revision in one of the states, the newest first; of one author, or of all."""
    holding = sa.select(Revision.changeset_id).where(Revision.state.in_(list(states)))
    query = sa.select(Changeset).where(Changeset.id.in_(holding)).order_by(Changeset.id.desc()).limit(most)
    if author_id is not None:
        query = query.where(Changeset.author_id == author_id)
    return session.scalars(query.options(joinedload(Changeset.author), sa.orm.selectinload(Changeset.revisions))).all()


def read_history(
    session: Session, *, code: str | None = None, changeset_id: int | None = None, most: int = 200
) -> Sequence[HistoryEntry]:
    """Give what happened to a record or in a changeset, or to all, the newest first."""
    query = sa.select(HistoryEntry).order_by(HistoryEntry.id.desc()).limit(most).options(joinedload(HistoryEntry.actor))
    if code is not None:
        query = query.where(HistoryEntry.code == code)
    if changeset_id is not None:
        query = query.where(HistoryEntry.changeset_id == changeset_id)
    return session.scalars(query).all()


def read_entry(session: Session, code: str) -> RegisterEntry | None:
    """Give the entry of a code, if there is one."""
    return session.scalar(sa.select(RegisterEntry).where(RegisterEntry.code == code))


def read_labels(session: Session, codes: Iterable[str]) -> dict[str, dict[str, str]]:
    """Give what records are called, by code."""
    query = sa.select(RegisterEntry.code, RegisterEntry.label).where(RegisterEntry.code.in_(list(codes)))
    return {code: dict(label) for code, label in session.execute(query)}


def records_by_code(session: Session, codes: Sequence[str]) -> dict[str, Record]:
    """Give records by code, tombstones included."""
    return {record.code: record for record in session.scalars(sa.select(Record).where(Record.code.in_(codes)))}
