"""The bar that shows when something is from, over a line from the Sa Huỳnh culture to today."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from app.web.facts import translated


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


# The line, in years and in units of the drawing: the oldest culture of this land that relics speak of began about then.
_FIRST, _LAST = -1000, 2030
_LEFT, _RIGHT = 4, 316
_MARKED = (-1000, 0, 500, 1000, 1500, 2000)
# A year alone would be too thin to see.
_LEAST_WIDTH = 5


@dataclass(frozen=True, slots=True)
class Mark:
    """A year on the line: where it stands, how its number is set, and the number."""

    x: int
    anchor: str
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A span on the line, in units of the drawing, and what it says in words."""

    x: int
    width: int
    label: str
    marks: tuple[Mark, ...]


def draw_ages(item: Mapping[str, Any]) -> Bar | None:
    """Draw a record's years; nothing where none is known, or all lie before the line."""
    first, last = item.get("year_from"), item.get("year_to")
    if first is None and last is None:
        return None
    first, last = _FIRST if first is None else first, _LAST if last is None else last
    if last < _FIRST:
        return None
    left, right = _at(first), _at(last)
    width = max(right - left, _LEAST_WIDTH)
    return Bar(min(left, _RIGHT - width), width, _label(item), _marks())


def _at(year: int) -> int:
    share = (min(max(year, _FIRST), _LAST) - _FIRST) / (_LAST - _FIRST)
    return round(_LEFT + share * (_RIGHT - _LEFT))


def _marks() -> tuple[Mark, ...]:
    """Give the marked years; before our era they are counted from 1 BC, which is the year 0."""
    found = []
    for year in _MARKED:
        label = translated(_("%(year)s BC")) % {"year": -year} if year < 0 else str(max(year, 1))
        anchor = "start" if year == _MARKED[0] else "end" if year == _MARKED[-1] else "middle"
        found.append(Mark(_at(year), anchor, label))
    return tuple(found)


def _label(item: Mapping[str, Any]) -> str:
    told = item.get("dated_label") or item.get("period_label") or item.get("period")
    if isinstance(told, str) and told:
        return told
    return f"{item.get('year_from') or '…'}–{item.get('year_to') or '…'}"
