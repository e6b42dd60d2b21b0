"""When an event is held, in words, and its occurrences; Vietnamese in Vietnamese, any other language in English."""

from __future__ import annotations

import calendar
from typing import Any

from app.core.lunar import SHORT_MONTH, format_lunar, format_lunar_month, ordinal, parse_lunar
from app.tourism.models import Calendar, Event, EventRule, LeapMonthPolicy, Recurrence


def rule_label(rule: EventRule, language: str) -> str:
    """Write a rule: “10–12 tháng Giêng âm lịch hằng năm, chính lễ ngày 12”, “1–3 August every year”."""
    days = _days(rule, language)
    parts = [part for part in (f"{days} {_how_often(rule, language)}".strip(), _further(rule, language)) if part]
    text = ", ".join(parts)
    return text[:1].upper() + text[1:]


def _days(rule: EventRule, language: str) -> str:
    """Write which days of which month; only the month where no day is fixed, nothing where not even that is."""
    is_lunar = rule.calendar == Calendar.LUNAR
    if rule.day is None:
        return _month(rule, language) if rule.month else ""
    last = rule.day + (rule.duration_days or 1) - 1
    # A span that may run over the month's end is told by its first day and its length.
    is_short = last <= SHORT_MONTH
    if language == "vi":
        span = f"{rule.day}–{last}" if is_short and last > rule.day else str(rule.day)
        if rule.recurrence == Recurrence.MONTHLY or not rule.month:
            return f"ngày {span}{' âm lịch' if is_lunar else ''}"
        return f"{span} {_month(rule, language)}" if last > rule.day else f"ngày {span} {_month(rule, language)}"
    if is_lunar:
        span = f"{ordinal(rule.day)}–{ordinal(last)}" if is_short and last > rule.day else ordinal(rule.day)
        is_monthly = rule.recurrence == Recurrence.MONTHLY or not rule.month
        return span if is_monthly else f"{span} of the {_month(rule, language)}"
    span = f"{rule.day}–{last}" if is_short and last > rule.day else str(rule.day)
    if rule.recurrence == Recurrence.MONTHLY or not rule.month:
        return f"{ordinal(rule.day)}–{ordinal(last)}" if "–" in span else ordinal(rule.day)
    return f"{span} {_month(rule, language)}"


def _month(rule: EventRule, language: str) -> str:
    month = rule.month or 1
    if rule.calendar == Calendar.LUNAR:
        is_leap = rule.leap_month_policy == LeapMonthPolicy.LEAP_ONLY
        name = format_lunar_month(month, language, is_leap_month=is_leap)
        return f"{name} âm lịch" if language == "vi" else name
    return f"tháng {month}" if language == "vi" else calendar.month_name[month]


def _how_often(rule: EventRule, language: str) -> str:
    is_lunar = rule.calendar == Calendar.LUNAR
    vietnamese = {
        Recurrence.YEARLY: "hằng năm",
        Recurrence.MONTHLY: "hằng tháng",
        Recurrence.EVERY_N_YEARS: f"{rule.every_years} năm một lần",
        Recurrence.ONCE: f"năm {rule.year}",
        Recurrence.YEARLY_VARIABLE: "hằng năm, ngày thay đổi theo năm",
        Recurrence.IRREGULAR: "không thường niên" if rule.month is None else "(không thường niên)",
    }
    english = {
        Recurrence.YEARLY: "every year",
        Recurrence.MONTHLY: "of every lunar month" if is_lunar else "of every month",
        Recurrence.EVERY_N_YEARS: f"every {rule.every_years} years",
        Recurrence.ONCE: str(rule.year),
        Recurrence.YEARLY_VARIABLE: "every year, on days that vary",
        Recurrence.IRREGULAR: "not every year" if rule.month is None else "(not every year)",
    }
    return (vietnamese if language == "vi" else english)[Recurrence(rule.recurrence)]


def _further(rule: EventRule, language: str) -> str:
    is_vietnamese = language == "vi"
    parts = []
    if rule.day is not None and rule.duration_days and rule.day + rule.duration_days - 1 > SHORT_MONTH:
        parts.append(f"kéo dài {rule.duration_days} ngày" if is_vietnamese else f"for {rule.duration_days} days")
    if rule.main_day is not None and (rule.duration_days or 1) > 1:
        main = str(rule.main_day) if is_vietnamese else ordinal(rule.main_day)
        parts.append(f"chính lễ ngày {main}" if is_vietnamese else f"main day the {main}")
    if rule.leap_month_policy == LeapMonthPolicy.EVERY_MONTH_INCLUDING_LEAP:
        parts.append("kể cả tháng nhuận" if is_vietnamese else "leap months included")
    return ", ".join(parts)


def render_rules(event: Event, language: str, *, is_text_open: bool) -> list[dict[str, Any]]:
    """Give every rule that the sources give, the followed one among them."""
    return [
        {
            "label": rule_label(rule, language),
            "calendar": rule.calendar,
            "recurrence": rule.recurrence,
            "every_years": rule.every_years,
            "year": rule.year,
            "month": rule.month,
            "day": rule.day,
            "main_day": rule.main_day,
            "duration_days": rule.duration_days,
            "leap_month_policy": rule.leap_month_policy,
            "short_month": rule.short_month,
            "is_followed": rule.is_followed,
            "source": rule.source if is_text_open else None,
            "note": rule.note if is_text_open else None,
        }
        for rule in event.rules
    ]


def render_occurrences(event: Event, language: str) -> list[dict[str, Any]]:
    """Give the days on which it is held, from last year to five years ahead, as the register holds them."""
    return [
        {
            "starts_on": one.starts_on.isoformat(),
            "ends_on": one.ends_on.isoformat(),
            "main_on": one.main_on.isoformat() if one.main_on else None,
            "lunar": one.lunar,
            "lunar_label": format_lunar(parse_lunar(one.lunar), language) if one.lunar else None,
        }
        for one in event.occurrences
    ]
