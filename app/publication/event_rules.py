"""When an event is held, in words, and its occurrences."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from app.core.lunar import format_lunar, parse_lunar
from app.core.recurring import Rule, format_rule
from app.tourism.models import Event, EventRule


def rule_label(rule: EventRule, language: str) -> str:
    """Write a rule in a language: “10–12 tháng Giêng âm lịch hằng năm, chính lễ ngày 12”, “1–3 August every year”."""
    return format_rule(Rule(**{field.name: getattr(rule, field.name) for field in fields(Rule)}), language)


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
