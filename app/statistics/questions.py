"""What a table is asked: as of which day, over which period, within which unit, by which rules."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.config import Settings

_YEAR = re.compile(r"[12]\d{3}")
# Years of which a register can hold something, and which both databases can tell.
FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of counting that an office decides; a frozen table keeps those by which it was counted.

    `with_components`: a component of another site counts as a site of its own. `special_in_national`: a special
    national site stands among the national ones, and beside them in a row of its own.
    """

    with_components: bool = True
    special_in_national: bool = False

    @classmethod
    def of(cls, settings: Settings) -> Rules:
        """Give the rules of the deployment."""
        return cls(settings.count_components, settings.count_special_in_national)


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked: the state as of `day`, and what came about from `since` to `day`, both included.

    `unit` is the public id of the administrative unit within which it is asked, empty for everywhere.
    """

    day: dt.date
    since: dt.date
    rules: Rules = Rules()
    unit: str = ""

    @classmethod
    def as_of(cls, day: dt.date, rules: Rules = Rules(), unit: str = "") -> Question:
        """Ask as of a day; the period is its year until then."""
        return cls(day, day.replace(month=1, day=1), rules, unit)

    @classmethod
    def over(cls, year: int, quarter: int | None = None, rules: Rules = Rules(), unit: str = "") -> Question:
        """Ask for a year, or for a quarter of it, by the solar calendar, as of its last day."""
        since, day = bounds(year, quarter)
        return cls(day, since, rules, unit)

    @property
    def months(self) -> tuple[dt.date, ...]:
        """The first days of the months in which the period lies."""
        first, last = self.since.replace(day=1), self.day.replace(day=1)
        count = (last.year - first.year) * 12 + last.month - first.month + 1
        steps = ((first.year * 12 + first.month - 1 + step) for step in range(count))
        return tuple(dt.date(step // 12, step % 12 + 1, 1) for step in steps)

    def to_json(self) -> dict[str, Any]:
        """Write it down as a frozen table keeps it."""
        return {
            "day": self.day.isoformat(),
            "since": self.since.isoformat(),
            "unit": self.unit,
            "with_components": self.rules.with_components,
            "special_in_national": self.rules.special_in_national,
        }

    @classmethod
    def from_json(cls, said: Mapping[str, Any]) -> Question:
        """Read what `to_json` wrote."""
        rules = Rules(bool(said["with_components"]), bool(said["special_in_national"]))
        day, since = (dt.date.fromisoformat(said[name]) for name in ("day", "since"))
        return cls(day, since, rules, str(said["unit"]))


def bounds(year: int, quarter: int | None = None) -> tuple[dt.date, dt.date]:
    """Give the first and the last day of a year or of its quarter, 1 to 4."""
    if quarter is None:
        return dt.date(year, 1, 1), dt.date(year, 12, 31)
    after = dt.date(year + quarter // 4, quarter * 3 % 12 + 1, 1)
    return dt.date(year, quarter * 3 - 2, 1), after - dt.timedelta(days=1)


def read_year(text: str) -> int | None:
    """Read a year that can be counted; None for anything else."""
    return int(text) if _YEAR.fullmatch(text) and FIRST_YEAR <= int(text) <= LAST_YEAR else None
