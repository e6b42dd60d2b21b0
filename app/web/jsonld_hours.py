"""Opening hours and tickets in schema.org's terms: only what OpenStreetMap's syntax and the price say exactly."""

from __future__ import annotations

import re
from typing import Any

_DAYS = {
    "Mo": "Monday",
    "Tu": "Tuesday",
    "We": "Wednesday",
    "Th": "Thursday",
    "Fr": "Friday",
    "Sa": "Saturday",
    "Su": "Sunday",
}
_ORDER = list(_DAYS)
_DAY = "(?:Mo|Tu|We|Th|Fr|Sa|Su)"
_TIME = r"(?:[01]\d|2[0-4]):[0-5]\d"
_RULE = re.compile(rf"(?:({_DAY}(?:-{_DAY})?(?:,{_DAY}(?:-{_DAY})?)*) )?({_TIME}-{_TIME}(?:,{_TIME}-{_TIME})*)")
_PRICE = re.compile(r"([0-9]+) VND")


def describe_hours(text: str | None) -> list[dict[str, Any]]:
    """Give hours as OpeningHoursSpecification, a rule and a span of time each; none where a word would be lost.

    Days by week and times of the clock are all that is taken: holidays, seasons, the sun, days off, comments and rules
    that amend one another have no exact word there.
    """
    if text == "24/7":
        return [_specification(_ORDER, "00:00", "23:59")]
    found: list[dict[str, Any]] = []
    told: set[str] = set()
    for rule in (text or "").split(";"):
        match = _RULE.fullmatch(rule.strip())
        if match is None:
            return []
        days = _days(match[1])
        # A later rule about a day would stand in the place of the earlier.
        if told & set(days):
            return []
        told |= set(days)
        for span in match[2].split(","):
            opens, _, closes = span.partition("-")
            if opens >= "24:00" or closes > "24:00":
                return []
            found.append(_specification(days, opens, "23:59" if closes == "24:00" else closes))
    return found


def _days(text: str | None) -> list[str]:
    if text is None:
        return _ORDER
    days: set[str] = set()
    for part in text.split(","):
        first, _, last = part.partition("-")
        start, end = _ORDER.index(first), _ORDER.index(last or first)
        # Sa-Mo goes over the end of the week.
        days.update(_ORDER[(start + step) % 7] for step in range((end - start) % 7 + 1))
    return [day for day in _ORDER if day in days]


def _specification(days: list[str], opens: str, closes: str) -> dict[str, Any]:
    return {
        "@type": "OpeningHoursSpecification",
        "dayOfWeek": [f"https://schema.org/{_DAYS[day]}" for day in days],
        "opens": opens,
        "closes": closes,
    }


def site_hours(visit: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give a site's hours from its facts for visitors; none where several disagree."""
    texts = {fact["value"] for fact in visit if fact["topic"] == "hours"}
    return describe_hours(texts.pop()) if len(texts) == 1 else []


def is_free(visit: list[dict[str, Any]]) -> bool | None:
    """Tell whether a visit costs nothing, from the prices of its tickets; None where a fact is no plain price."""
    prices = [_PRICE.fullmatch(fact["value"]) for fact in visit if fact["topic"] == "ticket"]
    amounts = [int(price[1]) for price in prices if price]
    if not amounts or len(amounts) < len(prices):
        return None
    if all(amounts):
        return False
    return None if any(amounts) else True
