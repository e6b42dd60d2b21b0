"""Times in requests: days and instants as RFC 3339 writes them, and spans of them with ends that may be open."""

from __future__ import annotations

import datetime as dt
import re
from typing import TypeAlias

from app.core.clock import VIETNAM
from app.core.errors import InvalidInput
from app.publication.comparisons import relate_time
from app.publication.filters import AnyOf, Condition, HasValue, Not
from app.publication.schema import Collection
from app.publication.values import BEGINNING, END, SPAN, day_number

# Beginning and end, in seconds since 1970.
Times: TypeAlias = tuple[float, float]
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_INSTANT = re.compile(rf"{_DAY.pattern}T[0-9]{{2}}:[0-9]{{2}}:[0-9]{{2}}(\.[0-9]+)?(Z|[+-][0-9]{{2}}:[0-9]{{2}})")
_DAY_SECONDS = 86_400.0
# By how much Vietnam's clocks are ahead.
_AHEAD = VIETNAM.utcoffset(None).total_seconds()


def read_day(text: str) -> dt.date | None:
    """Read a day; None where it is none."""
    # GDAL writes a day as an instant without its hours, or at midnight.
    text = re.sub(r"T(00(:00){0,2})?Z?$", "", text)
    try:
        return dt.date.fromisoformat(text) if _DAY.fullmatch(text) else None
    except ValueError:
        return None


def read_instant(text: str) -> dt.datetime | None:
    """Read an instant, which names its offset from UTC; None where it is none."""
    try:
        return dt.datetime.fromisoformat(text) if _INSTANT.fullmatch(text) else None
    except ValueError:
        return None


def read_datetime(collection: Collection, text: str) -> Condition | None:
    """Read `datetime` (OGC 17-069r4, 7.15.4): a day or an instant, or a span of these with `..` for an open end.

    It is met by whatever lasts at some time of it, and by all that has no time of its own (/req/core/fc-time-response);
    None where nothing in the collection has. An instant counts for the day it is in Vietnam.
    """
    parts = text.split("/")
    ends = [None if part in ("", "..") else _read_end(part, text) for part in parts]
    first, last = ends[0], ends[-1]
    is_open = first is None and last is None
    if len(parts) > 2 or is_open or (first is not None and last is not None and first > last):
        raise _wrong(text)
    if collection.span is None:
        return None
    span = (BEGINNING if first is None else _day_in(first), END if last is None else _day_in(last))
    return AnyOf((HasValue((SPAN,), relate_time("t_intersects", *span, is_span=True)), Not(HasValue((SPAN,)))))


def _read_end(part: str, text: str) -> float:
    """Read an end of `datetime`, as seconds since 1970: an instant, or the beginning of a day in Vietnam."""
    if instant := read_instant(part):
        return instant.timestamp()
    day = read_day(part) if _DAY.fullmatch(part) else None
    if day is None:
        raise _wrong(text)
    return day_number(day) - _AHEAD


def _day_in(seconds: float) -> float:
    """Give the day that it is in Vietnam at an instant, as days are kept."""
    return (seconds + _AHEAD) // _DAY_SECONDS * _DAY_SECONDS


def _wrong(text: str) -> InvalidInput:
    return InvalidInput(
        "datetime: “%(value)s” is not an instant or interval of RFC 3339, such as 2026-11-24 or 2026-01-01/..",
        field="datetime",
        value=text[:60],
    )


def times_of_day(day: dt.date) -> Times:
    """Give the beginning and the last second of a day as instants are kept, in UTC."""
    return day_number(day), day_number(day) + _DAY_SECONDS - 1
