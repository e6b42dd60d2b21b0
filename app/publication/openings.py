"""What is open at an instant, as far as published hours tell: never where they are unknown, or a notice closes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import opening_hours
import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.clock import VIETNAM
from app.core.db import Reads
from app.core.errors import InvalidInput
from app.core.lunar import LunarDay, from_gregorian
from app.publication.having import has_choices
from app.publication.hours import HOURS, HOURS_VERIFIED_ON
from app.publication.models import COUNTS, VALUES
from app.publication.schema import Collection

_COUNTRY = "VN"
_CLOSURE = "closure"
# The lunar public holidays: Tết with the days around it that are given off, and the Hùng Kings' day (Labour Code 2019,
# art. 112). The reader of hours knows only the solar ones.
_TET_EVE = {(12, 29), (12, 30)}
_LUNAR_HOLIDAYS = {*_TET_EVE, (1, 1), (1, 2), (1, 3), (1, 4), (1, 5), (3, 10)}


@dataclass(frozen=True, slots=True)
class Opening:
    """What is open at a minute of local time, by texts of hours; what notices close, by codes of sites and of units."""

    at: dt.datetime
    open_hours: tuple[str, ...]
    other_hours: tuple[str, ...]
    closed_sites: tuple[str, ...]
    closed_units: tuple[str, ...]


def has_hours(collection: Collection) -> bool:
    """Tell whether features of a collection can have opening hours."""
    return "hours" in has_choices(collection)


def find_opening(reads: Reads, collection: str, at: dt.datetime, centre: tuple[float, float]) -> Opening:
    """Find which hours of a collection are open at an instant, and what is closed on that day.

    `centre` (longitude, latitude) is where the sun rises and sets for hours that go by it.
    """
    minute = at.astimezone(VIETNAM).replace(second=0, microsecond=0)
    held = sa.select(COUNTS.c.value).where(COUNTS.c.collection == collection, COUNTS.c.name == HOURS)
    texts = tuple(reads.scalars(held.order_by(COUNTS.c.value)))
    is_open = _evaluate(texts, minute.replace(tzinfo=None), centre)
    return Opening(
        minute,
        tuple(text for text, yes in zip(texts, is_open, strict=True) if yes),
        tuple(text for text, yes in zip(texts, is_open, strict=True) if not yes),
        *_closed(reads, minute.date()),
    )


@lru_cache(maxsize=64)
def _evaluate(texts: tuple[str, ...], minute: dt.datetime, centre: tuple[float, float]) -> tuple[bool, ...]:
    """Tell of each text whether it is open at a minute of local time; asked once a minute for a collection."""
    return tuple(is_open(text, minute, centre) for text in texts)


def is_open(text: str, minute: dt.datetime, centre: tuple[float, float]) -> bool:
    """Tell whether hours in OpenStreetMap's syntax are surely open at a minute of local time; unknown is not open."""
    return read_standing(text, minute, centre).state == "open"


@dataclass(frozen=True, slots=True)
class Standing:
    """What hours say of a minute, and when that ends, in local time; `comment` says more, such as “by appointment”."""

    state: Literal["open", "closed", "unknown"]
    changes_at: dt.datetime | None = None
    comment: str = ""


def read_standing(text: str, minute: dt.datetime, centre: tuple[float, float]) -> Standing:
    """Read off hours in OpenStreetMap's syntax what holds at a minute of local time, and until when.

    Nobody knows where they cannot be read, say so themselves, or depend on a holiday that may be given off that day.
    """
    hours = _parse(text, centre)
    if hours is None or ("PH" in text and _may_be_lunar_holiday(minute.date())):
        return Standing("unknown")
    state, comment = hours.state(minute)
    if state == opening_hours.State.UNKNOWN:
        return Standing("unknown", comment=comment)
    changes = hours.next_change(minute)
    return Standing(
        "open" if state == opening_hours.State.OPEN else "closed",
        changes.replace(tzinfo=None) if changes else None,
        comment,
    )


@lru_cache(maxsize=16_384)
def _parse(text: str, centre: tuple[float, float]) -> opening_hours.OpeningHours | None:
    if not opening_hours.validate(text):
        return None
    return opening_hours.OpeningHours(text, country=_COUNTRY, coords=(centre[1], centre[0]))


def _may_be_lunar_holiday(day: dt.date) -> bool:
    """Tell whether a day is, or may be given off as, a public holiday by the lunar calendar; yes where nobody knows."""
    try:
        lunar: LunarDay = from_gregorian(day)
    except InvalidInput:
        return True
    return not lunar.is_leap_month and (lunar.month, lunar.day) in _LUNAR_HOLIDAYS


def _closed(reads: Reads, day: dt.date) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Give the codes of the sites and of the units that notices in force on a day say are closed."""
    of_notices = sa.select(VALUES.c.item_id).where(VALUES.c.collection == "notices")
    closures = of_notices.where(VALUES.c.name == "notice_kind", VALUES.c.value == _CLOSURE)
    begun = of_notices.where(VALUES.c.name == "from", VALUES.c.value <= day.isoformat())
    over = of_notices.where(VALUES.c.name == "until", VALUES.c.value < day.isoformat())
    told = sa.select(VALUES.c.item_id, VALUES.c.name, VALUES.c.value).where(
        VALUES.c.collection == "notices",
        VALUES.c.name.in_(("site", "unit")),
        VALUES.c.item_id.in_(closures),
        VALUES.c.item_id.in_(begun),
        VALUES.c.item_id.not_in(over),
    )
    rows = reads.execute(told).all()
    sites = {row.item_id: row.value for row in rows if row.name == "site"}
    # A notice about a site bears the site's unit too, and closes only the site.
    units = {row.value for row in rows if row.name == "unit" and row.item_id not in sites}
    return tuple(sorted(set(sites.values()))), tuple(sorted(units))


def opening_conditions(opening: Opening, collection: str, items: sa.FromClause) -> list[ColumnElement[bool]]:
    """Give the conditions that an item meets which is open: all of its hours are, and nothing closes it."""

    def having(names: Sequence[str], values: Sequence[str]) -> sa.Select[int]:
        return sa.select(VALUES.c.item_id).where(
            VALUES.c.collection == collection, VALUES.c.name.in_(names), VALUES.c.value.in_(values)
        )

    found: list[ColumnElement[bool]] = [items.c.id.in_(having((HOURS,), opening.open_hours))]
    # Of hours that disagree nobody knows which are true.
    if opening.other_hours:
        found.append(items.c.id.not_in(having((HOURS,), opening.other_hours)))
    if opening.closed_sites:
        found.append(items.c.id.not_in(having(("code", "site", "parent"), opening.closed_sites)))
    if opening.closed_units:
        found.append(items.c.id.not_in(having(("within",), opening.closed_units)))
    return found


def verified_days(reads: Reads, collection: str, codes: Sequence[str]) -> dict[str, str]:
    """Give since which day the hours of items are known to be true, by code; items nobody verified are left out."""
    of_codes = VALUES.alias()
    statement = (
        sa.select(of_codes.c.value, VALUES.c.value)
        .join(VALUES, VALUES.c.item_id == of_codes.c.item_id)
        .where(of_codes.c.collection == collection, of_codes.c.name == "code", of_codes.c.value.in_(codes))
        .where(VALUES.c.collection == collection, VALUES.c.name == HOURS_VERIFIED_ON)
    )
    return {row[0]: row[1] for row in reads.execute(statement)}
