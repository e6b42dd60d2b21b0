"""Times of events that are called off: noted as events are published and withdrawn, read for calendars.

Only what is not over yet is called off; a day that the window of published years leaves behind is simply past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.batches import batches
from app.core.clock import VIETNAM
from app.core.db import Reads
from app.publication.models import CALLED_OFF, ITEMS, VALUES, CalledOff, PublishedItem
from app.publication.schema import Projection
from app.publication.values import SPAN

_COLLECTION = "events"
_CATEGORY = "category"
# What was over so long ago is in nobody's calendar to be struck out.
_KEPT = dt.timedelta(days=400)


@dataclass(slots=True)
class Announced:
    """What the public was told of an event: its days by their first, and its category."""

    days: dict[dt.date, dt.date] = field(default_factory=dict)
    category: str | None = None


def read_announced(session: Session, collection: str, item_ids: Sequence[int]) -> dict[int, Announced]:
    """Give what is published of events' days, by the items' ids; of other collections nothing is called off."""
    found: dict[int, Announced] = {}
    if collection != _COLLECTION or not item_ids:
        return found
    named = sa.select(VALUES.c.item_id, VALUES.c.name, VALUES.c.value).where(
        VALUES.c.item_id.in_(item_ids), VALUES.c.name.in_((SPAN, _CATEGORY))
    )
    for item_id, name, value in session.execute(named):
        announced = found.setdefault(item_id, Announced())
        if name == _CATEGORY:
            announced.category = value
        else:
            first, _, last = value.partition("/")
            announced.days[dt.date.fromisoformat(first)] = dt.date.fromisoformat(last)
    return found


def note_called_off(
    session: Session,
    before: dict[int, Announced],
    gone: Iterable[tuple[PublishedItem, int]],
    changed: Iterable[tuple[PublishedItem, Projection]],
    at: dt.datetime,
) -> None:
    """Note which days that were announced are so no more; `gone` are withdrawn items with the versions of their end."""
    for item, version in gone:
        _note(session, item, version, before.get(item.id), days=frozenset(), at=at)
    for item, projection in changed:
        days = frozenset(first for first, _ in projection.spans if first is not None)
        _note(session, item, item.version, before.get(item.id), days=days, at=at)


def _note(
    session: Session,
    item: PublishedItem,
    version: int,
    before: Announced | None,
    *,
    days: frozenset[dt.date],
    at: dt.datetime,
) -> None:
    """Note what of an event's days is called off, and forget what was and is held after all."""
    if item.collection != _COLLECTION:
        return
    announced = before or Announced()
    today = at.astimezone(VIETNAM).date()
    said = {"code_key": item.code.lower(), "code": item.code, "category": announced.category}
    rows = [
        {**said, "starts_on": first, "ends_on": last, "version": version, "at": at}
        for first, last in announced.days.items()
        if first not in days and last >= today
    ]
    _forget(session, item.code, {*days, *(first for first in announced.days if first not in days)})
    if rows:
        session.execute(sa.insert(CalledOff), rows)


def _forget(session: Session, code: str, days: Collection[dt.date]) -> None:
    if days:
        session.execute(
            sa.delete(CalledOff).where(CALLED_OFF.c.code_key == code.lower(), CALLED_OFF.c.starts_on.in_(days))
        )


class Cancelled(NamedTuple):
    """A time of an event that is called off."""

    code: str
    starts_on: dt.date
    ends_on: dt.date
    category: str | None
    version: int
    at: dt.datetime


_IS_PUBLIC = sa.exists().where(ITEMS.c.collection == _COLLECTION, ITEMS.c.code_key == CALLED_OFF.c.code_key)
_ALL = sa.select(*(CALLED_OFF.c[name] for name in Cancelled._fields)).order_by(
    CALLED_OFF.c.starts_on, CALLED_OFF.c.code_key
)


def read_called_off(reads: Reads, code: str) -> list[Cancelled]:
    """Give what is called off of an event, by first day."""
    return [Cancelled(*row) for row in reads.execute(_ALL.where(CALLED_OFF.c.code_key == code.lower()))]


def read_called_off_among(
    reads: Reads, codes: Collection[str], narrowed: Mapping[str, str] | None = None
) -> list[Cancelled]:
    """Give what is called off of some public events, and of those withdrawn that were among the like of them before.

    `narrowed` is by what these were found, by name: of what is withdrawn only the category is known any more. By first
    day, then code.
    """
    narrowed = narrowed or {}
    keys = sorted({code.lower() for code in codes})
    rows = [row for chunk in batches(keys) for row in reads.execute(among_public(chunk))]
    if narrowed.keys() <= {_CATEGORY}:
        rows += reads.execute(_withdrawn(narrowed.get(_CATEGORY)))
    return sorted((Cancelled(*row) for row in rows), key=lambda one: (one.starts_on, one.code.lower()))


def among_public(code_keys: Sequence[str]) -> sa.Select[Any]:
    """Select what is called off of the public ones among some events."""
    return _ALL.where(CALLED_OFF.c.code_key.in_(code_keys), _IS_PUBLIC)


def _withdrawn(category: str | None) -> sa.Select[Any]:
    """Select what is called off of events that are public no more, of a category if one is given."""
    wanted = _ALL.where(~_IS_PUBLIC)
    return wanted.where(CALLED_OFF.c.category == category) if category is not None else wanted


def long_over(today: dt.date) -> sa.ColumnElement[bool]:
    """Say which rows are of days so long over that no calendar strikes them out any more."""
    return CALLED_OFF.c.ends_on < today - _KEPT


def forget_long_over(session: Session, today: dt.date) -> int:
    """Delete what was called off so long ago that no calendar strikes it out any more; gives how many days."""
    gone = session.scalars(sa.delete(CalledOff).where(long_over(today)).returning(CALLED_OFF.c.code_key))
    return len(gone.all())
