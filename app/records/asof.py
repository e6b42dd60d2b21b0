"""What the register held on a day: the states that had been accepted by its end, as the history tells it.

The law on a day, as we know it today, is another question: `heritage.status`.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.core.batches import CHUNK
from app.core.clock import VIETNAM, today
from app.core.errors import InvalidInput, NotFound
from app.records.kinds import Kinds
from app.records.models import HistoryEntry, Revision, Visibility
from app.records.register import RegisterEntry
from app.records.shown import read_accepted
from app.records.withholding import withheld_of

_STATES = ("accept", "delete", "undelete")
_VISIBILITY = {"publish": Visibility.PUBLIC, "withdraw": Visibility.INTERNAL}
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Held:
    """A record as it was held: its accepted state, since when, and what of it is withheld from whoever asks.

    `revision` is its number; `version` is that of the record, which deleting and bringing back move, too.
    """

    code: str
    kind: str
    payload: Mapping[str, Any]
    revision: int
    version: int
    visibility: Visibility
    since: dt.datetime
    withheld: frozenset[str]


@dataclass(slots=True)
class _Traces:
    """What the history tells of a record up to a moment, the last of each."""

    kind: str
    accepted: int | None = None
    since: dt.datetime | None = None
    version: int = 0
    deleted_at: dt.datetime | None = None
    visibility: Visibility = Visibility.INTERNAL


def read_day(text: str) -> dt.date:
    """Read a day of the past, or today, as year-month-day; raises `InvalidInput` for any other."""
    try:
        day = dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        day = None
    if day is None:
        raise InvalidInput("%(field)s: “%(value)s” is no day; write it as 2019-06-01.", field="at", value=text[:20])
    if day > today():
        raise InvalidInput(
            "%(field)s: %(value)s lies in the future; nobody knows yet what the register will hold.",
            field="at",
            value=day.isoformat(),
        )
    return day


def end_of(day: dt.date) -> dt.datetime:
    """Give the moment at which a day is over in Vietnam; what happened before it counts."""
    return dt.datetime.combine(day, dt.time(), VIETNAM) + dt.timedelta(days=1)


def read_held(session: Session, kinds: Kinds, code: str, day: dt.date, *, actor: User, kind: str | None = None) -> Held:
    """Give a record as it was held at the end of a day.

    Raises `NotFound` for what never was in the register, and for what was not there on that day, saying since when it
    was or was not.
    """
    found = _read_traces(session, [code], day).get(code)
    if found is not None and kind not in (None, found.kind):
        found = None
    if found is None or found.accepted is None:
        raise _not_there_yet(session, code, day, kind)
    if found.deleted_at is not None:
        raise NotFound(
            "%(code)s was not in the register on %(day)s: it had been deleted on %(since)s.",
            code=code,
            day=day.isoformat(),
            since=found.deleted_at.astimezone(VIETNAM).date().isoformat(),
        )
    return _hold(session, kinds, {code: found}, actor)[code]


def _not_there_yet(session: Session, code: str, day: dt.date, kind: str | None) -> NotFound:
    query = sa.select(sa.func.min(HistoryEntry.at)).where(HistoryEntry.code == code, HistoryEntry.action == "accept")
    first = session.scalar(query.where(HistoryEntry.kind == kind) if kind else query)
    if first is None:
        return NotFound("There is no record %(code)s.", code=code)
    return NotFound(
        "%(code)s was not in the register on %(day)s: it came in on %(since)s.",
        code=code,
        day=day.isoformat(),
        since=first.astimezone(VIETNAM).date().isoformat(),
    )


def read_held_page(
    session: Session,
    kinds: Kinds,
    day: dt.date,
    *,
    actor: User,
    kind: str | None = None,
    after: str | None = None,
    limit: int = 50,
) -> tuple[list[Held], str | None]:
    """Give a page of what was in the register at the end of a day, in order of codes, and the code to go on after.

    Every record that ever was has its entry in today's index, by which they are walked; nothing else of it is asked,
    for it knows nothing of the past.
    """
    known = sa.exists().where(
        HistoryEntry.code == RegisterEntry.code, HistoryEntry.action == "accept", HistoryEntry.at < end_of(day)
    )
    codes = sa.select(RegisterEntry.code).where(known).order_by(RegisterEntry.code)
    if kind is not None:
        codes = codes.where(RegisterEntry.kind == kind)
    # Of a day before the first there is nothing to look through.
    first = session.scalar(sa.select(sa.func.min(HistoryEntry.at)))
    found: list[Held] = []
    is_more = first is not None and first < end_of(day)
    size = min(limit + 1, CHUNK)
    while is_more and len(found) <= limit:
        wanted = codes.where(RegisterEntry.code > after) if after is not None else codes
        batch = session.scalars(wanted.limit(size)).all()
        traces = _read_traces(session, batch, day)
        there = {code: one for code, one in traces.items() if one.accepted is not None and one.deleted_at is None}
        held = _hold(session, kinds, there, actor)
        found += [held[code] for code in batch if code in held]
        is_more = len(batch) == size
        after = batch[-1] if batch else after
    return found[:limit], found[limit - 1].code if len(found) > limit else None


def payloads_at(session: Session, codes: Sequence[str], day: dt.date) -> dict[str, Mapping[str, Any]]:
    """Give what records said at the end of a day, those that were not there left out; nothing of it is withheld."""
    traces = _read_traces(session, codes, day)
    wanted = [one.accepted for one in traces.values() if one.accepted is not None and one.deleted_at is None]
    return {one.code: one.payload for one in session.scalars(sa.select(Revision).where(Revision.id.in_(wanted)))}


def _read_traces(session: Session, codes: Sequence[str], day: dt.date) -> dict[str, _Traces]:
    """Read what the history tells of records up to the end of a day."""
    query = sa.select(HistoryEntry).where(
        HistoryEntry.code.in_(codes),
        HistoryEntry.at < end_of(day),
        HistoryEntry.action.in_((*_STATES, *_VISIBILITY)),
    )
    query = query.options(sa.orm.lazyload(HistoryEntry.actor))
    found: dict[str, _Traces] = {}
    for entry in session.scalars(query.order_by(HistoryEntry.at, HistoryEntry.id)):
        trace = found.setdefault(entry.code, _Traces(entry.kind))
        if entry.action in _VISIBILITY:
            trace.visibility = _VISIBILITY[entry.action]
            continue
        trace.version = entry.version or trace.version
        trace.deleted_at = entry.at if entry.action == "delete" else None
        if entry.action == "accept":
            trace.accepted, trace.since = entry.revision_id, entry.at
    return found


def _hold(session: Session, kinds: Kinds, traces: Mapping[str, _Traces], actor: User) -> dict[str, Held]:
    """Read the states that records had, without what is withheld in them or in what is accepted of them now."""
    wanted = [trace.accepted for trace in traces.values()]
    revisions = {one.code: one for one in session.scalars(sa.select(Revision).where(Revision.id.in_(wanted)))}
    now = read_accepted(session, sorted(traces))
    found: dict[str, Held] = {}
    for kind in sorted({trace.kind for trace in traces.values()} & kinds.keys()):
        chosen = [code for code, trace in traces.items() if trace.kind == kind and code in revisions]
        states = [[revisions[code].payload, *([now[code].payload] if code in now else [])] for code in chosen]
        hidden = withheld_of(session, kinds, kinds[kind], actor, states)
        for code, names in zip(chosen, hidden, strict=True):
            trace, revision = traces[code], revisions[code]
            found[code] = Held(
                code,
                kind,
                dict(revision.payload),
                revision.number,
                trace.version,
                trace.visibility,
                trace.since or revision.saved_at,
                names,
            )
    return found
