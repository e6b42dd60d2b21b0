"""The coming days of an event as its page tells them: by both calendars, with the day of the main rite."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from app.core import lunar
from app.core.lunar import format_lunar, parse_lunar
from app.http.i18n import current_language
from app.web.day_words import days_from, full_day, weekday

# What is held every month is told for a year; what is held every year for all years that are published.
_MOST = 12


def coming_days(item: Mapping[str, Any], day: str) -> list[dict[str, Any]]:
    """Give the next times that an event is held, those of `day` among them, at most twelve."""
    ahead = [one for one in item["occurrences"] if one["ends_on"] >= day]
    return [_told(one) for one in ahead[:_MOST]]


def _told(one: Mapping[str, Any]) -> dict[str, Any]:
    language = current_language()
    first, last = (dt.date.fromisoformat(one[name]) for name in ("starts_on", "ends_on"))
    main = dt.date.fromisoformat(one["main_on"]) if one["main_on"] and first != last else None
    return {
        "starts_on": one["starts_on"],
        "ends_on": one["ends_on"],
        "is_several": first != last,
        "days": days_from(first, last, language),
        "weekdays": " – ".join(dict.fromkeys(weekday(end, language) for end in (first, last))),
        "lunar": format_lunar(parse_lunar(one["lunar"]), language) if one["lunar"] else _lunar(first),
        "main": full_day(main, language) if main else "",
        "main_lunar": _lunar(main) if main else "",
    }


def _lunar(day: dt.date) -> str:
    is_kept = lunar.FIRST_DAY <= day <= lunar.LAST_DAY
    return format_lunar(lunar.from_gregorian(day), current_language()) if is_kept else ""
