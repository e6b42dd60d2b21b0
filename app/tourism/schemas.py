"""The payloads of events, itineraries, visitor places and notices."""

from __future__ import annotations

import calendar
import re
from typing import Any

import opening_hours
from marshmallow import ValidationError, fields, validate, validates_schema

from app.core.errors import InvalidInput
from app.core.fields import Edtf, Localized, Sentence, Text, refuse_reversed
from app.core.lunar import FIRST_YEAR, LAST_YEAR, leap_month, month_days
from app.heritage.schemas.common import OtherNameSchema
from app.heritage.schemas.site import LocationSchema
from app.records.schemas import PartSchema, RecordSchema
from app.tourism.models import DATED, Calendar, LeapMonthPolicy, Recurrence, ShortMonth

_CLOCK = validate.Regexp(re.compile(r"([01][0-9]|2[0-3]):[0-5][0-9]"), error="Write the time as 17:00.")


def _optional(longest: int = 500) -> Text:
    return Text(load_default=None, allow_none=True, longest=longest)


def _one_of(choices: type[Any], **kwargs: Any) -> Text:
    return Text(validate=[validate.OneOf([str(choice) for choice in choices])], **kwargs)


def _integer(least: int, most: int, **kwargs: Any) -> fields.Integer:
    kwargs = kwargs or {"load_default": None, "allow_none": True}
    return fields.Integer(strict=True, validate=validate.Range(least, most), **kwargs)


def _website() -> fields.Url:
    return fields.Url(load_default=None, allow_none=True, schemes={"http", "https"}, validate=validate.Length(max=2000))


class OpeningHours(Text):
    """Opening hours in OpenStreetMap's syntax (`Mo-Su 07:30-21:30`, `24/7`), read to check them, kept as written."""

    def _deserialize(self, value: Any, attr: str | None, data: Any, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        if not opening_hours.validate(text):
            told = "“%(value)s” is not in the syntax of opening hours, such as “Mo-Su 07:30-21:30; Tu off”."
            raise ValidationError([Sentence(InvalidInput(told, value=text[:80]))])
        return text


class PlacedSchema(LocationSchema):
    """A location as entered; `credit` is whom the licence of the coordinates asks to credit."""

    credit = _optional()
    note = _optional(1000)


# The longest that each month can be; February in a leap year. Lunar months have 29 or 30 days.
_LONGEST_MONTH = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


class RuleSchema(PartSchema):
    """When an event is held as one source says; a rule that gives dates needs a month and a day that can be."""

    calendar = _one_of(Calendar, required=True)
    recurrence = _one_of(Recurrence, required=True)
    every_years = _integer(2, 60)
    year = _integer(1900, 2200)
    month = _integer(1, 12)
    day = _integer(1, 31)
    main_day = _integer(1, 31)
    duration_days = _integer(1, 60)
    leap_month_policy = _one_of(LeapMonthPolicy, load_default=None, allow_none=True)
    short_month = _one_of(ShortMonth, load_default=str(ShortMonth.LAST_DAY))
    is_followed = fields.Boolean(load_default=False)
    source = _optional(1000)
    note = _optional(1000)

    @validates_schema
    def check_rule(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a rule that is incomplete or can never come true, at the field that is to be mended."""
        errors = {**_missing(data), **_impossible(data)}
        if errors:
            raise ValidationError({name: [message] for name, message in errors.items()})


def _longest(data: dict[str, Any]) -> int:
    """Count the days of the month that a rule names: in its year, if it is held in that one only."""
    month, is_lunar = data.get("month"), data.get("calendar") == Calendar.LUNAR
    if month is None:
        return 30 if is_lunar else 31
    year = data.get("year") if data.get("recurrence") == Recurrence.ONCE else None
    if not is_lunar:
        return _LONGEST_MONTH[month - 1] if year is None else calendar.monthrange(year, month)[1]
    if year is None or not FIRST_YEAR <= year <= LAST_YEAR:
        return 30
    # A year without that leap month is complained of at the month.
    return month_days(year, month, is_leap_month=data.get("leap_month_policy") == LeapMonthPolicy.LEAP_ONLY) or 30


def _missing(data: dict[str, Any]) -> dict[str, str]:
    recurrence = data.get("recurrence")
    if recurrence not in DATED:
        return {"is_followed": "A rule that gives no dates cannot be followed."} if data.get("is_followed") else {}
    errors = {}
    if data.get("day") is None:
        errors["day"] = "Say on which day it begins."
    if recurrence != Recurrence.MONTHLY and data.get("month") is None:
        errors["month"] = "Say in which month it is held."
    if recurrence in (Recurrence.ONCE, Recurrence.EVERY_N_YEARS) and data.get("year") is None:
        errors["year"] = "Say in which year it is held."
    if recurrence == Recurrence.EVERY_N_YEARS and data.get("every_years") is None:
        errors["every_years"] = "Say after how many years it returns."
    if data.get("calendar") == Calendar.LUNAR and data.get("leap_month_policy") is None:
        errors["leap_month_policy"] = "Say what becomes of it in a leap month."
    return errors


def _impossible(data: dict[str, Any]) -> dict[str, str]:
    errors: dict[str, str] = {}
    month, day, main_day = data.get("month"), data.get("day"), data.get("main_day")
    if data.get("calendar") == Calendar.LUNAR:
        if data.get("year") is not None and not FIRST_YEAR <= data["year"] <= LAST_YEAR:
            told = "The lunar calendar is kept from %(first)s to %(last)s; %(year)s lies outside."
            errors["year"] = Sentence(InvalidInput(told, first=FIRST_YEAR, last=LAST_YEAR, year=data["year"]))
        elif _lacks_its_leap_month(data):
            none = InvalidInput("Lunar year %(year)s has no leap month %(month)s.", year=data["year"], month=month)
            errors["month"] = Sentence(none)
    elif data.get("leap_month_policy") is not None:
        errors["leap_month_policy"] = "Only the lunar calendar has leap months."
    longest = _longest(data)
    for name, value in (("day", day), ("main_day", main_day)):
        if value is not None and value > longest:
            errors[name] = Sentence(InvalidInput("This month has at most %(days)s days.", days=longest))
    if main_day is not None and day is not None and not day <= main_day < day + (data.get("duration_days") or 1):
        errors.setdefault("main_day", "The main day lies outside the days on which it is held.")
    return errors


def _lacks_its_leap_month(data: dict[str, Any]) -> bool:
    is_once = data.get("recurrence") == Recurrence.ONCE and data.get("leap_month_policy") == LeapMonthPolicy.LEAP_ONLY
    return is_once and data.get("year") is not None and leap_month(data["year"]) != data.get("month")


class EventSchema(RecordSchema):
    """An event; `site`, `intangible` and `organiser_party` are codes of records, `unit` a unit's public id."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    category = _optional(60)
    description = Localized()
    rules = fields.List(fields.Nested(RuleSchema), load_default=list)
    date_note = _optional(1000)
    time_start = Text(load_default=None, allow_none=True, validate=[_CLOCK])
    time_end = Text(load_default=None, allow_none=True, validate=[_CLOCK])
    time_note = _optional(1000)
    last_known = Edtf(load_default=None, allow_none=True, longest=100)
    status_note = _optional(1000)
    place = Localized(longest=1000)
    site = _optional(60)
    site_name = Localized(longest=500)
    unit = _optional(20)
    locations = fields.List(fields.Nested(PlacedSchema), load_default=list)
    intangible = _optional(60)
    organiser = _optional()
    organiser_party = _optional(60)

    @validates_schema
    def check_followed(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse to follow two rules at once."""
        followed = [index for index, rule in enumerate(data.get("rules", ())) if rule["is_followed"]]
        if len(followed) > 1:
            raise ValidationError(
                {"rules": {str(followed[1]): {"is_followed": ["Another rule is followed already; follow one."]}}}
            )


class PriceSchema(PartSchema):
    """What a visit costs, in whole units of an ISO 4217 currency."""

    audience = Text(required=True, longest=40)
    amount = _integer(0, 1_000_000_000, required=True)
    currency = Text(required=True, validate=[validate.Regexp(r"[A-Z]{3}\Z", error="Write a code such as VND.")])
    as_of = Edtf(load_default=None, allow_none=True, longest=100)
    note = _optional(1000)


class PlaceSchema(RecordSchema):
    """A service for visitors; `site` is a site's code, `unit` a unit's public id."""

    name = Localized(required=True, needs="vi", longest=500)
    other_names = fields.List(fields.Nested(OtherNameSchema), load_default=list)
    category = Text(required=True, longest=60)
    description = Localized()
    site = _optional(60)
    unit = _optional(20)
    address = Localized(longest=1000)
    opening_hours = OpeningHours(load_default=None, allow_none=True)
    opening_hours_verified_on = fields.Date(load_default=None, allow_none=True)
    prices = fields.List(fields.Nested(PriceSchema), load_default=list)
    website = _website()
    phone = _optional(100)
    contact = _optional()
    contact_kind = Text(
        load_default=None, allow_none=True, validate=[validate.OneOf(["organisation", "person"])], longest=20
    )
    consent_on = fields.Date(load_default=None, allow_none=True)
    locations = fields.List(fields.Nested(PlacedSchema), load_default=list)
    status_note = _optional(1000)
    note = _optional(2000)

    @validates_schema
    def check_contact(self, data: dict[str, Any], **_: Any) -> None:
        """Ask whose telephone or contact it is, for a person's is not public without consent."""
        if (data.get("phone") or data.get("contact")) and not data.get("contact_kind"):
            raise ValidationError({"contact_kind": ["Say whether this is an organisation's or a person's."]})


class StopSchema(PartSchema):
    """A stop: a site or a visitor place by code, or only a name; `leg_text` is the way to it, as entered."""

    name = Localized(required=True, needs="vi", longest=500)
    site = _optional(60)
    place = _optional(60)
    dwell_min = _integer(1, 2880)
    text = Localized(longest=5000)
    leg_text = _optional(200_000)
    leg_crs = _optional(20)
    note = _optional(1000)

    @validates_schema
    def check_stop(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a stop at two things, and a leg without its coordinate system."""
        if data.get("site") and data.get("place"):
            raise ValidationError({"place": ["A stop is at a site or at a place, not at both."]})
        if data.get("leg_text") and not data.get("leg_crs"):
            raise ValidationError({"leg_crs": ["Say in which coordinate system the way is given."]})


class ItinerarySchema(RecordSchema):
    """A suggested route; its stops come in their order."""

    name = Localized(required=True, needs="vi", longest=500)
    mode = Text(required=True, longest=40)
    difficulty = _optional(40)
    duration_h = fields.Float(
        load_default=None, allow_none=True, validate=validate.Range(0, 720, min_inclusive=False), allow_nan=False
    )
    date_rule = Localized(longest=500)
    dwell_basis = _optional(40)
    description = Localized()
    stops = fields.List(fields.Nested(StopSchema), load_default=list)


class NoticeSchema(RecordSchema):
    """A notice to visitors; `site` is a site's code, `unit` a unit's public id."""

    title = Localized(required=True, needs="vi", longest=500)
    text = Localized(longest=5000)
    notice_kind = Text(required=True, longest=40)
    severity = Text(required=True, longest=40)
    site = _optional(60)
    unit = _optional(20)
    starts_on = fields.Date(required=True)
    ends_on = fields.Date(load_default=None, allow_none=True)

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        """Refuse a span that ends before it begins."""
        refuse_reversed(data, "starts_on", "ends_on")
