"""Whether a place is open at the moment, until when, and on whose word: from its hours and the notices about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from babel.dates import format_date, format_skeleton

from app.core.clock import VIETNAM
from app.core.db import now
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.publication.openings import Standing, read_standing
from app.web.facts import hours_words, translated

# What closes within it closes soon.
_SOON = dt.timedelta(minutes=45)


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


@dataclass(frozen=True, slots=True)
class Hours:
    """Opening hours as a source gives them: in words, the day on which they were verified (ISO), the source."""

    text: str
    verified_on: str | None
    source: str | None


@dataclass(frozen=True, slots=True)
class Visiting:
    """Whether something is open at the moment: the state, what it says in words, what closes it, and its hours."""

    state: Literal["open", "closing", "closed", "unknown"]
    words: str
    closure: dict[str, Any] | None
    hours: tuple[Hours, ...]

    @property
    def key(self) -> tuple[str, str]:
        """What an ETag names of it."""
        return self.state, self.words


def read_visiting(item: dict[str, Any], notices: Sequence[dict[str, Any]]) -> Visiting | None:
    """Tell whether a site or a place is open now; None for what has no hours by its nature.

    A closure that a notice tells of comes before any hours. Several hours that disagree tell nothing.
    """
    if "visit" not in item and "opening_hours" not in item:
        return None
    at = now().astimezone(VIETNAM).replace(second=0, microsecond=0, tzinfo=None)
    told = _told(item)
    hours = tuple(Hours(hours_words(text), verified_on, source) for text, verified_on, source in told)
    day = at.date().isoformat()
    closure = next((one for one in notices if _closes(one, day)), None)
    if closure is not None:
        return Visiting("closed", translated(_("Closed at present")), closure, hours)
    found = {read_standing(text, at, _centre()) for text, _on, _by in told}
    standing = found.pop() if len(found) == 1 else Standing("unknown")
    return Visiting(*_say(standing, at, has_hours=bool(told)), None, hours)


def _told(item: dict[str, Any]) -> list[tuple[str, str | None, str | None]]:
    """Give the hours that are told of an item, each with its day of verification and its source."""
    if "visit" in item:
        facts = [fact for fact in item["visit"] if fact["topic"] == "hours"]
        return [(fact["value"], fact["verified_on"], fact["source"]) for fact in facts]
    return [(item["opening_hours"], item.get("opening_hours_verified_on"), None)] if item["opening_hours"] else []


def _closes(notice: dict[str, Any], day: str) -> bool:
    return notice["notice_kind"] == "closure" and (notice["from"] or "") <= day <= (notice["until"] or "9999")


def _centre() -> tuple[float, float]:
    west, south, east, north = current_settings().plausible_box
    return (west + east) / 2, (south + north) / 2


def _say(
    standing: Standing, at: dt.datetime, *, has_hours: bool
) -> tuple[Literal["open", "closing", "closed", "unknown"], str]:
    changes = standing.changes_at
    if standing.state == "unknown":
        words = _("Whether it is open now cannot be told") if has_hours else _("Opening hours are not known")
        return "unknown", _with_comment(translated(words), standing)
    if standing.state == "open":
        if changes is None:
            return "open", _with_comment(translated(_("Open now")), standing)
        if changes - at <= _SOON:
            return "closing", translated(_("Closing soon, at %(time)s")) % {"time": _time(changes)}
        said = translated(_("Open now, until %(time)s")) % {"time": _when(changes, at)}
        return "open", _with_comment(said, standing)
    if changes is None:
        return "closed", _with_comment(translated(_("Closed at present")), standing)
    return "closed", translated(_("Closed now, opens again: %(time)s")) % {"time": _when(changes, at)}


def _with_comment(words: str, standing: Standing) -> str:
    return f"{words} ({standing.comment})" if standing.comment else words


def _time(moment: dt.datetime) -> str:
    return moment.strftime("%H:%M")


def _when(moment: dt.datetime, at: dt.datetime) -> str:
    """Write a time of day, with its day where that is another one."""
    if moment.date() == at.date():
        return _time(moment)
    language = current_language()
    if moment.date() - at.date() < dt.timedelta(days=7):
        return f"{format_date(moment, 'EEEE', locale=language)}, {_time(moment)}"
    return f"{format_skeleton('MMMd', moment, locale=language)}, {_time(moment)}"
