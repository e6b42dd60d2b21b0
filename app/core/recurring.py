"""When something is held that returns by a rule, in words, in each language of the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

from app.core.dates.wording import ordinal, wording_of
from app.core.lunar import SHORT_MONTH, chinese_day, format_lunar_month

# What becomes of a lunar rule in a year that has its month twice.
_LEAP_ONLY, _LEAP_TOO = "leap_only", "every_month_including_leap"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as it is published: `calendar` gregorian or lunar, `recurrence` how often; what is not known is None."""

    calendar: str
    recurrence: str
    every_years: int | None = None
    year: int | None = None
    month: int | None = None
    day: int | None = None
    main_day: int | None = None
    duration_days: int | None = None
    leap_month_policy: str | None = None

    @property
    def is_lunar(self) -> bool:
        """Whether it counts by the lunar calendar."""
        return self.calendar == "lunar"

    @property
    def is_monthly(self) -> bool:
        """Whether it names a day of every month, or of one that is not known."""
        return self.recurrence == "monthly" or not self.month

    @property
    def last_day(self) -> int | None:
        """The last day of a span that surely ends within its month; None where it has one day, or may run over."""
        last = (self.day or 0) + (self.duration_days or 1) - 1
        return last if self.day and self.day < last <= SHORT_MONTH else None

    @property
    def days_told_apart(self) -> int | None:
        """How many days a span has that may run over the month's end, which is told by its first day and this."""
        length = self.duration_days or 0
        return length if self.day is not None and self.day + length - 1 > SHORT_MONTH and length else None

    @property
    def main_day_within(self) -> int | None:
        """The main day, where there are more days than it."""
        return self.main_day if (self.duration_days or 1) > 1 else None


def rule_of(told: Mapping[str, Any]) -> Rule:
    """Make a rule of its fields by name; others that stand beside them are left."""
    return Rule(**{field.name: told[field.name] for field in fields(Rule) if told.get(field.name) is not None})


def format_rule(rule: Rule, language: str) -> str:
    """Write a rule: “10–12 tháng Giêng âm lịch hằng năm, chính lễ ngày 12”, “1–3 August every year”.

    English for a language whose rules nobody has worded.
    """
    text = _WRITERS.get(language, _english)(rule)
    return text[:1].upper() + text[1:]


def _month(rule: Rule, language: str) -> str:
    """Name the month; nothing where it is not known."""
    if not rule.month:
        return ""
    if rule.is_lunar:
        return format_lunar_month(rule.month, language, is_leap_month=rule.leap_month_policy == _LEAP_ONLY)
    return wording_of(language).months[rule.month - 1]


def _join(*parts: str | None, between: str = ", ") -> str:
    return between.join(part for part in parts if part)


def _vietnamese(rule: Rule) -> str:
    lunar = " âm lịch" if rule.is_lunar else ""
    month = _month(rule, "vi") + lunar if rule.is_lunar else f"tháng {rule.month}"
    days = month if rule.month else ""
    if rule.day is not None:
        span = f"{rule.day}–{rule.last_day}" if rule.last_day else str(rule.day)
        if rule.is_monthly:
            days = f"ngày {span}{lunar}"
        else:
            days = f"{span} {month}" if (rule.duration_days or 1) > 1 else f"ngày {span} {month}"
    often = {
        "yearly": "hằng năm",
        "monthly": "hằng tháng",
        "every_n_years": f"{rule.every_years} năm một lần",
        "once": f"năm {rule.year}",
        "yearly_variable": "hằng năm, ngày thay đổi theo năm",
        "irregular": "không thường niên" if rule.month is None else "(không thường niên)",
    }[rule.recurrence]
    return _join(
        f"{days} {often}".strip(),
        f"kéo dài {rule.days_told_apart} ngày" if rule.days_told_apart else None,
        f"chính lễ ngày {rule.main_day_within}" if rule.main_day_within is not None else None,
        "kể cả tháng nhuận" if rule.leap_month_policy == _LEAP_TOO else None,
    )


def _english(rule: Rule) -> str:
    month = _month(rule, "en")
    days = month
    if rule.day is not None:
        write = ordinal if rule.is_lunar or rule.is_monthly else str
        span = f"{write(rule.day)}–{write(rule.last_day)}" if rule.last_day else write(rule.day)
        dated = f"{span} of the {month}" if rule.is_lunar else f"{span} {month}"
        days = span if rule.is_monthly else dated
    often = {
        "yearly": "every year",
        "monthly": "of every lunar month" if rule.is_lunar else "of every month",
        "every_n_years": f"every {rule.every_years} years",
        "once": str(rule.year),
        "yearly_variable": "every year, on days that vary",
        "irregular": "not every year" if rule.month is None else "(not every year)",
    }[rule.recurrence]
    return _join(
        f"{days} {often}".strip(),
        f"for {rule.days_told_apart} days" if rule.days_told_apart else None,
        f"main day the {ordinal(rule.main_day_within)}" if rule.main_day_within is not None else None,
        "leap months included" if rule.leap_month_policy == _LEAP_TOO else None,
    )


def _chinese(rule: Rule) -> str:
    def write(day: int) -> str:
        return chinese_day(day) if rule.is_lunar else f"{day}日"

    month = _month(rule, "zh") if rule.is_lunar or not rule.month else f"{rule.month}月"
    days = month
    if rule.day is not None:
        span = f"{write(rule.day)}至{write(rule.last_day)}" if rule.last_day else write(rule.day)
        days = span if rule.is_monthly else f"{month}{span}"
    often = {
        "yearly": f"每年{days}",
        "monthly": f"{'农历' if rule.is_lunar else ''}每月{days}",
        "every_n_years": _join(f"每{rule.every_years}年一次", days, between="，"),
        "once": f"{rule.year}年{days}",
        "yearly_variable": f"每年{days}，日期不固定",
        "irregular": f"{days}（并非每年举行）" if days else "并非每年举行",
    }[rule.recurrence]
    return _join(
        often,
        f"为期{rule.days_told_apart}天" if rule.days_told_apart else None,
        f"正日为{write(rule.main_day_within)}" if rule.main_day_within is not None else None,
        "闰月也举行" if rule.leap_month_policy == _LEAP_TOO else None,
        between="，",
    )


def _japanese(rule: Rule) -> str:
    month = _month(rule, "ja") if rule.is_lunar or not rule.month else f"{rule.month}月"
    days = month
    if rule.day is not None:
        span = f"{rule.day}日〜{rule.last_day}日" if rule.last_day else f"{rule.day}日"
        days = span if rule.is_monthly else f"{month}{span}"
    often = {
        "yearly": f"毎年{days}",
        "monthly": f"{'旧暦の' if rule.is_lunar else ''}毎月{days}",
        "every_n_years": _join(f"{rule.every_years}年に1回", days, between="、"),
        "once": f"{rule.year}年{days}",
        "yearly_variable": f"毎年{days}（日程は年により異なります）",
        "irregular": f"{days}（毎年ではありません）" if days else "毎年ではありません",
    }[rule.recurrence]
    return _join(
        often,
        f"{rule.days_told_apart}日間" if rule.days_told_apart else None,
        f"本祭は{rule.main_day_within}日" if rule.main_day_within is not None else None,
        "閏月も含みます" if rule.leap_month_policy == _LEAP_TOO else None,
        between="、",
    )


def _korean(rule: Rule) -> str:
    month = _month(rule, "ko") if rule.is_lunar or not rule.month else f"{rule.month}월"
    days = month
    if rule.day is not None:
        span = f"{rule.day}~{rule.last_day}일" if rule.last_day else f"{rule.day}일"
        days = span if rule.is_monthly else f"{month} {span}"
    often = {
        "yearly": f"매년 {days}",
        "monthly": f"{'음력 ' if rule.is_lunar else ''}매월 {days}",
        "every_n_years": _join(f"{rule.every_years}년마다", days, between=" "),
        "once": f"{rule.year}년 {days}",
        "yearly_variable": _join(f"매년 {days}".strip(), "날짜는 해마다 다름"),
        "irregular": f"{days}(매년 열리지는 않음)" if days else "매년 열리지는 않음",
    }[rule.recurrence].strip()
    return _join(
        often,
        f"{rule.days_told_apart}일간" if rule.days_told_apart else None,
        f"본행사는 {rule.main_day_within}일" if rule.main_day_within is not None else None,
        "윤달 포함" if rule.leap_month_policy == _LEAP_TOO else None,
    )


def _french(rule: Rule) -> str:
    write = wording_of("fr").day_number
    month = _month(rule, "fr")
    days = month
    if rule.day is not None:
        days = f"du {write(rule.day)} au {write(rule.last_day)}" if rule.last_day else f"le {write(rule.day)}"
        if rule.is_monthly and rule.recurrence == "monthly":
            days += " de chaque mois lunaire" if rule.is_lunar else " de chaque mois"
        elif not rule.is_monthly:
            days += f" du {month}" if rule.is_lunar else f" {month}"
    often = {
        "yearly": _join(days, "chaque année"),
        "monthly": days or "chaque mois",
        "every_n_years": _join(days, f"tous les {rule.every_years} ans"),
        "once": _join(days, str(rule.year), between=", " if rule.is_lunar else " "),
        "yearly_variable": _join(days, "chaque année, à des dates variables"),
        "irregular": f"{days} (pas tous les ans)" if days else "pas tous les ans",
    }[rule.recurrence]
    return _join(
        often,
        f"pendant {rule.days_told_apart} jours" if rule.days_told_apart else None,
        f"jour principal le {write(rule.main_day_within)}" if rule.main_day_within is not None else None,
        "mois intercalaires compris" if rule.leap_month_policy == _LEAP_TOO else None,
    )


_WRITERS: dict[str, Callable[[Rule], str]] = {
    "vi": _vietnamese,
    "en": _english,
    "zh": _chinese,
    "ja": _japanese,
    "ko": _korean,
    "fr": _french,
}
