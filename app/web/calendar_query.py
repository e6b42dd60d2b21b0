"""What a visitor asks of the calendar: a month or some days, words and a kind; what cannot be read is said and kept."""

from __future__ import annotations

import datetime as dt
import re
from urllib.parse import urlencode

from flask import request

from app.core.errors import InvalidInput
from app.http import parameters
from app.http.i18n import current_language, sentence
from app.http.settings import current_settings
from app.web.agenda import Span, weekend
from app.web.lists import Asked
from app.web.months import Month

_MONTH = re.compile(r"([0-9]{4})-(0[1-9]|1[0-2])")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
# Of a longer stay nobody reads the list.
MOST_DAYS = 92
# What is soon to a visitor who asks for today.
SOON_DAYS = 14
NAMES = ("month", "when", "from", "to", "q", "category")
# What narrows the list of events as well.
SHARED = ("q", "category")
WHENS = ("today", "weekend")


class CalendarQuery:
    """What is asked of the calendar by name, and what comes of it; `errors` say what is wrong, in words.

    `reach` are the first and the last month that there is anything of. `days` is None where a month is asked for.
    """

    def __init__(self, today: dt.date, reach: tuple[Month, Month]) -> None:
        self.values = {name: request.args.get(name, "").strip()[:200] for name in NAMES}
        self.errors: list[str] = []
        self.today = today
        self.days = self._read_days()
        self.month = self._read_month(reach)

    def __getitem__(self, name: str) -> str:
        """Give what is asked by a name; empty where nothing is."""
        return self.values[name]

    @property
    def span(self) -> Span:
        """The days that are shown: behind today those that follow, for whoever is here asks what is on soon as well."""
        if self.days and self["when"] == "today":
            return Span(self.days.first, self.days.last + dt.timedelta(days=SOON_DAYS))
        return self.days or self.month.span

    @property
    def key(self) -> list[tuple[str, str]]:
        """What an ETag names of it."""
        return sorted(self.values.items())

    def address(self, language: str, *, without: tuple[str, ...] = (), **changed: str) -> str:
        """Give the address of the calendar with some of what is asked left out or changed.

        Whoever asks for a month or for days asks for nothing else of these.
        """
        left_out = {*without, *(("month", "when", "from", "to") if {"month", "when"} & changed.keys() else ())}
        pairs = {name: value for name, value in self.values.items() if value and name not in left_out} | changed
        return f"/{language}/calendar" + (f"?{urlencode(pairs)}" if pairs else "")

    def addresses(self) -> dict[str, str]:
        """Give the address of the same page by language."""
        return {code: self.address(code) for code in current_settings().page_languages}

    def shared_address(self, path: str) -> str:
        """Give the address of another list or file of events that is narrowed in the same way."""
        pairs = {name: self[name] for name in SHARED if self[name]}
        return path + (f"?{urlencode(pairs)}" if pairs else "")

    def _read_days(self) -> Span | None:
        if self["when"]:
            try:
                asked = parameters.check_choice("when", self["when"], WHENS)
            except InvalidInput as error:
                self.errors.append(sentence(error))
            else:
                return Span(self.today, self.today) if asked == "today" else weekend(self.today)
        given = [(name, self[name]) for name in ("from", "to") if self[name]]
        try:
            days = [_read_day(name, text) for name, text in given]
            return _span(days[0], days[-1]) if days else None
        except InvalidInput as error:
            self.errors.append(sentence(error))
            return None

    def _read_month(self, reach: tuple[Month, Month]) -> Month:
        """Read the month; the nearest that there is where it lies beyond, this one where it is none."""
        found = _MONTH.fullmatch(self["month"])
        asked = Month.of(self.days.first if self.days else self.today)
        if found:
            asked = Month(int(found[1]), int(found[2]))
        elif self["month"]:
            error = InvalidInput(
                "month: “%(value)s” is no month; write it like %(example)s.",
                field="month",
                value=self["month"][:20],
                example=str(Month.of(self.today)),
            )
            self.errors.append(sentence(error))
        first, last = reach
        held = min(max(asked, first), last)
        if found and held != asked:
            error = InvalidInput(
                "The calendar reaches from %(first)s to %(last)s; days beyond have not been worked out.",
                field="month",
                first=str(first),
                last=str(last),
            )
            self.errors.append(sentence(error))
        return held


def calendar_address(asked: Asked) -> str:
    """Give the address of the calendar that is narrowed as a list of events is."""
    pairs = {name: asked[name] for name in SHARED if asked[name]}
    return f"/{current_language()}/calendar" + (f"?{urlencode(pairs)}" if pairs else "")


def _read_day(name: str, text: str) -> dt.date:
    try:
        if _DAY.fullmatch(text):
            return dt.date.fromisoformat(text)
    except ValueError:
        pass
    raise InvalidInput(
        "%(field)s: “%(value)s” is no day; write it like %(example)s.",
        field=name,
        value=text[:20],
        example="2027-02-20",
    )


def _span(first: dt.date, last: dt.date) -> Span:
    if first > last:
        raise InvalidInput(
            "The stay ends on %(last)s, before it begins on %(first)s; please swap the two days.",
            field="to",
            first=first.isoformat(),
            last=last.isoformat(),
        )
    if (last - first).days >= MOST_DAYS:
        raise InvalidInput(
            "A stay of more than %(most)s days is too long for one list; choose fewer days, or look month by month.",
            field="to",
            most=MOST_DAYS,
        )
    return Span(first, last)
