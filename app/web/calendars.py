"""The calendar of events: a month with its lunar days, today, this weekend, or the days of a stay."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

from flask import Blueprint, Response
from sqlalchemy.sql.expression import ColumnElement

from app.core import clock
from app.core.errors import InvalidInput
from app.core.lunar import format_lunar, parse_lunar
from app.http import parameters
from app.http.i18n import content_language, current_language, sentence
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.publication.conditions import ItemQuery, conditions
from app.publication.facets import read_facets
from app.publication.models import ITEMS
from app.publication.pages import Page, read_page
from app.publication.queries import read_concepts, read_number
from app.publication.spans import lasts_within, read_reach
from app.publication.typos import read_mended
from app.web.agenda import Group, Held, Span, held_within, in_order
from app.web.calendar_query import CalendarQuery
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.day_words import days_from, full_day, month_name, weekdays
from app.web.features import load_feature, word
from app.web.months import Day, Month, days_of, going_on, lunar_figures, weeks_of

_EVENTS = "events"
_SCHEME = "event_categories"
# Beyond it, nobody reads a month's list to its end.
MOST_EVENTS = 400
# Where nothing begins on the days asked for, what comes first behind them is told.
_FOLLOWING_DAYS = 60
_MOST_FOLLOWING = 5


def init_routes(web: Blueprint) -> None:
    """Mount the page."""
    web.add_url_rule("/<language>/calendar", "calendar", show_calendar, strict_slashes=False)


def show_calendar(language: str) -> Response:
    """Show what is held in a month, or on the days that are asked for."""
    enter(language)
    today = clock.today()
    number = read_number(reading(), _EVENTS)
    asked = CalendarQuery(today, _reach(today))
    etag = page_etag("calendar", number, today, asked.key)
    if had := unchanged(etag):
        return had
    errors = list(asked.errors)
    query, mended, held, is_cut = _read(asked, errors)
    choices = _categories(query)
    chosen = next((one for one in choices if one["code"] == asked["category"]), None)
    return render_page(
        "web/calendar.html",
        etag,
        asked.addresses(),
        **_frame(asked, chosen),
        **(_list_values(asked, query, held) if asked.days else _month_values(asked, held)),
        count=len({one.code for one in held}),
        categories=choices,
        errors=errors,
        searched=mended,
        is_cut=is_cut,
        most=MOST_EVENTS,
    )


def coming_soon(days: int, most: int) -> list[dict[str, Any]]:
    """Give the first few times that events are held today or in the coming days, in the order of visitors' interest."""
    today = clock.today()
    span = Span(today, today + dt.timedelta(days=days))
    query = ItemQuery(_EVENTS, content_language(), limit=MOST_EVENTS, where=lasts_within(*span))
    held = _held(read_page(reading(), query), span)
    return [_entry(one) for group in in_order(held, span, today) for one in group.entries][:most]


def _reach(today: dt.date) -> tuple[Month, Month]:
    """Give the first and the last month of the years for which any day is published; without any, this year's."""
    first, last = read_reach(reading(), _EVENTS) or (today, today)
    return Month(min(first, today).year, 1), Month(max(last, today).year, 12)


def _read(asked: CalendarQuery, errors: list[str]) -> tuple[ItemQuery, str, list[Held], bool]:
    """Read the events of the days asked for: the query, the words meant where others were typed, and what is held.

    Last whether there was more than is read.
    """
    text, category = asked["q"], asked["category"]
    if text:
        try:
            parameters.parse_text(text)
        except InvalidInput as error:
            errors.append(sentence(error))
            text = ""
    if category:
        try:
            parameters.check_choice("category", category, read_concepts(reading(), _SCHEME))
        except InvalidInput as error:
            errors.append(sentence(error))
            category = ""
    query = ItemQuery(
        _EVENTS,
        content_language(),
        limit=MOST_EVENTS,
        text=text or None,
        filters=(("category", category),) if category else (),
        where=lasts_within(*asked.span),
    )
    page, meant = read_mended(reading(), query)
    mended = (meant.text or "") if meant.text != query.text else ""
    return meant, mended, _held(page, asked.span), page.next_cursor is not None


def _held(page: Page, span: Span) -> list[Held]:
    items = [load_feature(feature)["properties"] for feature in page.features]
    return held_within(items, span)


def _following(query: ItemQuery, span: Span) -> list[Held]:
    """Give the first few times of events behind a span on which nothing begins."""
    # The last days that a calendar can name have few behind them, or none.
    days = min(_FOLLOWING_DAYS, (dt.date.max - span.last).days)
    if not days:
        return []
    after = Span(span.last + dt.timedelta(days=1), span.last + dt.timedelta(days=days))
    page = read_page(reading(), replace(query, where=lasts_within(*after)))
    return [one for one in _held(page, after) if one.starts_on >= after.first][:_MOST_FOLLOWING]


def _categories(query: ItemQuery) -> list[dict[str, Any]]:
    """Give the kinds of event in the vocabulary's order, with how many of each are held on the days asked for."""

    def criteria(name: str) -> list[ColumnElement[Any]]:
        return conditions(query.without(name), ITEMS)

    languages = current_settings().languages
    facets = read_facets(
        reading(), [_EVENTS], ["category"], criteria, filtered=["category"], language="en", languages=languages
    )
    counts = {one["value"]: one["count"] for one in facets["category"]}
    chosen = {code for _, code in query.filters}
    return [
        {"code": code, "label": word(label), "count": counts.get(code, 0)}
        for code, label in read_concepts(reading(), _SCHEME).items()
        if counts.get(code) or code in chosen
    ]


def _frame(asked: CalendarQuery, chosen: dict[str, Any] | None) -> dict[str, Any]:
    """Give what stands about the days: where else to go, what is active, the calendar's file."""
    language = current_language()
    active = []
    if asked.days:
        said = days_from(*asked.days, language)
        days = asked.address(language, without=("when", "from", "to"), month=str(asked.month))
        active.append({"label": said, "remove_url": days})
    if chosen:
        active.append({"label": chosen["label"], "remove_url": asked.address(language, without=("category",))})
    feed = absolute(asked.shared_address(f"/{language}/events.ics"))
    return {
        "asked": asked,
        "active": active,
        "shown": "list" if asked.days else "month",
        "today_url": asked.address(language, when="today"),
        "weekend_url": asked.address(language, when="weekend"),
        "month_url": asked.address(language, month=str(asked.month)),
        "list_url": asked.shared_address(f"/{language}/events"),
        "feed_url": feed,
        "subscribe_url": f"webcal://{feed.partition('://')[2]}",
        "month_title": month_name(asked.month.first, language),
    }


def _month_values(asked: CalendarQuery, held: list[Held]) -> dict[str, Any]:
    language, month = current_language(), asked.month
    first, last = _reach(asked.today)
    days = [_day(day, asked.today) for day in days_of(month, held)]
    by_date = {day["date"]: day for day in days}
    weeks = weeks_of(days_of(month, held))
    return {
        "agenda": [day for day in days if day["told"]],
        "ongoing": [_entry(one) for one in going_on(month, held)],
        "weeks": [[by_date[day.date.isoformat()] if day else None for day in week] for week in weeks],
        "weekdays": list(zip(weekdays(language, "abbreviated"), weekdays(language, "wide"), strict=True)),
        "previous": _step(asked, month.moved(-1)) if month > first else None,
        "next": _step(asked, month.moved(1)) if month < last else None,
    }


def _step(asked: CalendarQuery, month: Month) -> dict[str, str]:
    language = current_language()
    return {"url": asked.address(language, month=str(month)), "title": month_name(month.first, language)}


def _list_values(asked: CalendarQuery, query: ItemQuery, held: list[Held]) -> dict[str, Any]:
    days, span, today = asked.days or asked.span, asked.span, asked.today
    day = today if span.first <= today <= span.last else span.first
    groups = in_order(held, span, today)
    if not {"on", "soon"} & {group.name for group in groups} and (following := _following(query, span)):
        groups.append(Group("following", following))
    return {
        "groups": [_group(group, day) for group in groups],
        "has_any": bool(held),
        "days_title": days_from(*days, current_language()),
        "is_today": day == today,
        "day_title": full_day(day, current_language()),
    }


def _group(group: Group, day: dt.date) -> dict[str, Any]:
    entries = [_entry(one) | {"is_main": one.main_on == day} for one in group.entries]
    return {"name": group.name, "entries": entries}


def _day(day: Day, today: dt.date) -> dict[str, Any]:
    language = current_language()
    with_month = day.date.day == 1
    return {
        "date": day.date.isoformat(),
        "number": day.date.day,
        "title": full_day(day.date, language),
        "figures": lunar_figures(day.lunar, language, with_month=with_month) if day.lunar else "",
        "lunar": format_lunar(day.lunar, language) if day.lunar else "",
        "is_moon_day": day.lunar is not None and day.lunar.day in (1, 15),
        "is_today": day.date == today,
        "is_past": day.date < today,
        # Where the list tells of what is held on it.
        "told_on": max(day.held[0].starts_on, day.date.replace(day=1)).isoformat() if day.held else None,
        "held": [_entry(one) | {"is_main": one.main_on == day.date} for one in day.held],
        "told": [_entry(one) for one in day.told],
    }


def _entry(one: Held) -> dict[str, Any]:
    language = current_language()
    is_several = one.starts_on != one.ends_on
    times = [one.item[name] for name in ("time_start", "time_end") if one.item[name]]
    return {
        "code": one.code,
        "name": one.item["name"],
        "name_lang": one.item["name_lang"],
        "url": one.item["url"],
        "category": one.item["category_label"],
        "place": one.item["place"],
        "starts_on": one.starts_on.isoformat(),
        "ends_on": one.ends_on.isoformat(),
        "is_several": is_several,
        "days": days_from(one.starts_on, one.ends_on, language),
        "lunar": format_lunar(parse_lunar(one.lunar), language) if one.lunar else "",
        "main": full_day(one.main_on, language) if one.main_on and is_several else "",
        "time": "–".join(times),
        "is_main": False,
    }
