"""Which day it is in Vietnam, by which calendars count and notices hold."""

from __future__ import annotations

import datetime as dt

from app.core.db import now

# Days begin at UTC+7 (Decision 121/CP of 8 August 1967 on the calendar).
VIETNAM = dt.timezone(dt.timedelta(hours=7))


def today() -> dt.date:
    """Give the day it is in Vietnam."""
    return now().astimezone(VIETNAM).date()


def format_length(seconds: float | None) -> str:
    """Write how long something takes, as players do: 4:05, 1:02:03; nothing where that is not known."""
    if seconds is None:
        return ""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
