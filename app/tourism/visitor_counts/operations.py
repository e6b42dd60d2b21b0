"""Writing figures of visitors: checked, within the actor's scope, with what they correct kept; nothing is committed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.clock import today
from app.core.errors import Conflict, InvalidInput, NotFound
from app.records.drafts import current_payload
from app.records.history import note
from app.records.kinds import Kinds
from app.records.models import Record
from app.records.queries import records_by_code
from app.tourism.visitor_counts.models import Basis, VisitorCount
from app.tourism.visitor_counts.queries import KINDS_COUNTED, read_current

# More than live on Earth come nowhere in a month; a database's integer holds it.
MOST = 2_000_000_000
FIRST_MONTH = dt.date(1900, 1, 1)
_LONGEST_SOURCE = 500
_FIGURES = ("domestic", "international", "total")


@dataclass(frozen=True, slots=True)
class Figure:
    """What is reported of a place's month; `seen` is the key of the row that the officer saw, 0 for none.

    `seen` None binds nothing: whoever writes does not claim to have seen what is there. No total and nothing else
    takes a figure back. `place` says where it was typed, for errors.
    """

    code: str
    month: dt.date
    domestic: int | None
    international: int | None
    total: int | None
    basis: str
    source: str
    reported_on: dt.date
    seen: int | None = None
    place: str = ""


@dataclass(frozen=True, slots=True)
class Written:
    """What writing came to: how many figures were new, how many corrected others, how many were there already."""

    new: int
    corrected: int
    same: int


def check_figure(figure: Figure) -> Figure:
    """Check a figure by itself, and give it with the total filled in where its parts are known.

    Raises `InvalidInput` with the field that is to be mended.
    """
    numbers = {name: getattr(figure, name) for name in _FIGURES}
    for name, number in numbers.items():
        if number is not None and not 0 <= number <= MOST:
            raise _wrong(figure, name, "A number of visitors is a whole number from 0 to %(most)s.", most=MOST)
    if figure.month.day != 1 or not FIRST_MONTH <= figure.month <= today():
        raise _wrong(figure, "month", "Write a month that has begun, as year-month: 2025-09.")
    if figure.basis not in set(Basis):
        raise _wrong(figure, "basis", "Say whether the figure is ticketed or estimated.")
    if not figure.source.strip() or len(figure.source) > _LONGEST_SOURCE:
        raise _wrong(
            figure,
            "source",
            "Name the report that the figure is from, in at most %(most)s characters.",
            most=_LONGEST_SOURCE,
        )
    if not figure.month <= figure.reported_on <= today():
        raise _wrong(figure, "reported_on", "The day of the report lies between the month that it is about and today.")
    domestic, international, total = numbers.values()
    known = [number for number in (domestic, international) if number is not None]
    if total is None and len(known) == 1:
        raise _wrong(figure, "total", "Write the total too: one of its two parts is unknown.")
    if total is None and known:
        total = sum(known)
    if total is not None and (sum(known) > total or (len(known) == 2 and sum(known) != total)):
        raise _wrong(
            figure, "total", "Domestic and international visitors do not add up to the total %(total)s.", total=total
        )
    return Figure(
        **{
            **{name: getattr(figure, name) for name in Figure.__slots__},
            "total": total,
            "source": figure.source.strip(),
        }
    )


def _wrong(figure: Figure, field: str, sentence: str, **params: Any) -> InvalidInput:
    return InvalidInput(sentence, field=field, place=figure.place, **params)


def write_figures(
    session: Session, kinds: Kinds, figures: Sequence[Figure], *, actor: User, corrects: bool = True
) -> Written:
    """Write figures, all or none: a new row for each that says something new, what it corrects kept beside it.

    Raises `InvalidInput` for one that cannot be, `NotFound` for a place there is none of, `NotAllowed` outside the
    actor's scope, and `Conflict` where somebody has written since the officer looked, or where a figure would be
    corrected though that was not asked for (`corrects`).
    """
    require(actor, Permission.EDIT)
    checked = [check_figure(figure) for figure in figures]
    records = _find_places(session, kinds, sorted({figure.code for figure in checked}), actor)
    standing = read_current(session, [record.id for record in records.values()])
    seen_twice: set[tuple[str, dt.date]] = set()
    changes: dict[str, list[tuple[VisitorCount | None, Figure]]] = {}
    same = 0
    for figure in checked:
        if (figure.code, figure.month) in seen_twice:
            raise _wrong(figure, "month", "%(code)s has this month twice.", code=figure.code)
        seen_twice.add((figure.code, figure.month))
        before = standing.get((records[figure.code].id, figure.month))
        if figure.seen is not None and figure.seen != (before.id if before else 0):
            raise Conflict(
                "Somebody has written a figure of %(code)s for %(month)s since you looked. Look again.",
                code=figure.code,
                month=f"{figure.month:%Y-%m}",
                place=figure.place,
            )
        if _says_the_same(before, figure):
            same += 1
            continue
        if before is not None and not corrects:
            raise Conflict(
                "%(code)s has a figure for %(month)s already, and it is another one. Say that figures are to be "
                "corrected, or take the row out.",
                code=figure.code,
                month=f"{figure.month:%Y-%m}",
                place=figure.place,
            )
        changes.setdefault(figure.code, []).append((before, figure))
    _write(session, records, changes, actor)
    pairs = [pair for found in changes.values() for pair in found]
    corrected = sum(before is not None for before, _ in pairs)
    return Written(len(pairs) - corrected, corrected, same)


def _says_the_same(before: VisitorCount | None, figure: Figure) -> bool:
    if before is None:
        return figure.total is None
    names = (*_FIGURES, "basis", "source", "reported_on")
    return all(getattr(before, name) == getattr(figure, name) for name in names) or (
        before.total is None and figure.total is None
    )


def _find_places(session: Session, kinds: Kinds, codes: Sequence[str], actor: User) -> dict[str, Record]:
    """Give the sites and visitor places of some codes; raises `NotFound` and `NotAllowed`."""
    found = records_by_code(session, codes)
    for code in codes:
        record = found.get(code)
        if record is None or record.kind not in KINDS_COUNTED or record.deleted_at is not None or not record.version:
            raise NotFound("There is no site and no visitor place %(code)s.", code=code)
        kinds.require(session, actor, Permission.EDIT, kinds[record.kind], current_payload(session, record))
    # Who writes of the same places at the same time waits here, and then sees what was written.
    keys = sorted(record.id for record in found.values())
    session.execute(sa.select(Record.id).where(Record.id.in_(keys)).order_by(Record.id).with_for_update())
    return found


def _write(
    session: Session,
    records: dict[str, Record],
    changes: dict[str, list[tuple[VisitorCount | None, Figure]]],
    actor: User,
) -> None:
    replaced = [before for pairs in changes.values() for before, _ in pairs if before is not None]
    for before in replaced:
        before.is_current = False
    # The old rows make room before the new ones come: one alone is current.
    session.flush()
    for code, pairs in changes.items():
        for _, figure in pairs:
            session.add(
                VisitorCount(
                    record_id=records[code].id,
                    actor_id=actor.id,
                    **{name: getattr(figure, name) for name in ("month", *_FIGURES, "basis", "source", "reported_on")},
                )
            )
        details = {"visitors": {f"{new.month:%Y-%m}": [_told(before), new.total] for before, new in pairs}}
        note(session, "visitor_count", actor, record=records[code], details=details)
    session.flush()


def _told(before: VisitorCount | None) -> int | None:
    return before.total if before else None


def months_of(year: int) -> Iterable[dt.date]:
    """Give the first days of a year's months."""
    return (dt.date(year, month, 1) for month in range(1, 13))
