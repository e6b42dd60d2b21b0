"""Events with their occurrences, itineraries with their stops, visitor places and notices."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.core.db import Model
from app.engine.types import geometry_type
from app.heritage.models import Site
from app.places.models import Unit
from app.records.models import Part, Record


class Calendar(enum.StrEnum):
    """The calendar a rule counts by; the lunar one is Vietnam's, by UTC+7."""

    GREGORIAN = "gregorian"
    LUNAR = "lunar"


class Recurrence(enum.StrEnum):
    """How often an event returns; the last two say that no rule gives its dates."""

    YEARLY = "yearly"
    MONTHLY = "monthly"
    EVERY_N_YEARS = "every_n_years"
    ONCE = "once"
    YEARLY_VARIABLE = "yearly_variable"
    IRREGULAR = "irregular"


DATED = frozenset({Recurrence.YEARLY, Recurrence.MONTHLY, Recurrence.EVERY_N_YEARS, Recurrence.ONCE})


class LeapMonthPolicy(enum.StrEnum):
    """What becomes of a lunar rule in a year that has the month twice (tháng nhuận)."""

    REGULAR_ONLY = "regular_only"
    EVERY_MONTH_INCLUDING_LEAP = "every_month_including_leap"
    LEAP_ONLY = "leap_only"


class ShortMonth(enum.StrEnum):
    """What becomes of a day that a month does not have (30 of a month of 29 days, 29 February): its last, or none."""

    LAST_DAY = "last_day"
    SKIP = "skip"


class _Located:
    """Mixin of a location: as somebody entered it, and derived from that in WGS 84.

    `credit` names whom the licence of the coordinates asks to credit; the public record then carries it.
    """

    role: Mapped[str] = mapped_column(sa.String(20))
    entered_text: Mapped[str] = mapped_column(sa.Text)
    entered_crs: Mapped[str] = mapped_column(sa.String(20))
    geom: Mapped[BaseGeometry] = mapped_column(geometry_type())
    accuracy_m: Mapped[int | None]
    obtained: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    credit: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)


class _Named:
    """Mixin of another name; `language` is a code, `und` where it is not one language's; `note` tells its origin."""

    text: Mapped[str] = mapped_column(sa.Text)
    language: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str | None] = mapped_column(sa.Text)


class Event(Record):
    """A festival (lễ hội), anniversary or other event that returns by a rule, or took place once.

    `place` is where it is held in words, `site_name` the venue as the sources call it, `last_known` when it last took
    place (EDTF). `intangible` is the code of the intangible element it is a practice of. `organiser` is in words,
    `organiser_party` the party's record.
    """

    __tablename__ = "events"

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    category: Mapped[str | None] = mapped_column(sa.String(60))
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    date_note: Mapped[str | None] = mapped_column(sa.Text)
    time_start: Mapped[str | None] = mapped_column(sa.String(5))
    time_end: Mapped[str | None] = mapped_column(sa.String(5))
    time_note: Mapped[str | None] = mapped_column(sa.Text)
    last_known: Mapped[str | None] = mapped_column(sa.String(100))
    status_note: Mapped[str | None] = mapped_column(sa.Text)
    place: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    site_name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    intangible: Mapped[str | None] = mapped_column(sa.String(60), index=True)
    organiser: Mapped[str | None] = mapped_column(sa.Text)
    organiser_id: Mapped[int | None] = mapped_column(sa.ForeignKey("records.id"), index=True)
    site: Mapped[Site | None] = relationship(foreign_keys=[site_id])
    unit: Mapped[Unit | None] = relationship()
    organiser_party: Mapped[Record | None] = relationship(foreign_keys=[organiser_id])
    other_names: Mapped[list[EventName]] = relationship(cascade="all, delete-orphan", order_by="EventName.position")
    rules: Mapped[list[EventRule]] = relationship(cascade="all, delete-orphan", order_by="EventRule.position")
    locations: Mapped[list[EventLocation]] = relationship(
        cascade="all, delete-orphan", order_by="EventLocation.position"
    )
    occurrences: Mapped[list[EventOccurrence]] = relationship(
        cascade="all, delete-orphan", order_by="EventOccurrence.starts_on"
    )

    __mapper_args__ = {"polymorphic_identity": "event", "inherit_condition": id == Record.id}

    @property
    def followed_rule(self) -> EventRule | None:
        """The rule among those of the sources that the occurrences are computed by."""
        return next((rule for rule in self.rules if rule.is_followed), None)


class EventName(Part, _Named, Model):
    """Another name of an event."""

    __tablename__ = "event_other_names"

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"), index=True)


class EventLocation(Part, _Located, Model):
    """Where an event is held."""

    __tablename__ = "event_locations"

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"), index=True)


class EventRule(Part, Model):
    """When an event is held, as a source says; disagreeing sources stand side by side, at most one is followed.

    `month` and `day` are of the rule's calendar: the first day; `main_day` is the day of the month of the main rite
    (chính lễ). `year` is the year of an event held once, or one in which an event held every `every_years` fell.
    """

    __tablename__ = "event_rules"

    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"), index=True)
    calendar: Mapped[str] = mapped_column(sa.String(10))
    recurrence: Mapped[str] = mapped_column(sa.String(20))
    every_years: Mapped[int | None]
    year: Mapped[int | None]
    month: Mapped[int | None]
    day: Mapped[int | None]
    main_day: Mapped[int | None]
    duration_days: Mapped[int | None]
    leap_month_policy: Mapped[str | None] = mapped_column(sa.String(30))
    short_month: Mapped[str] = mapped_column(sa.String(10))
    is_followed: Mapped[bool] = mapped_column(default=False)
    source: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)


class EventOccurrence(Model):
    """When an event is held according to the followed rule, from last year to five years ahead.

    `main_on` is the day of the main rite; `lunar` the first day by the lunar calendar (`2026-01-10`, in a leap month
    `2025-06L-15`), empty for a rule of the Gregorian calendar.
    """

    __tablename__ = "event_occurrences"

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[int] = mapped_column(sa.ForeignKey("events.id"))
    starts_on: Mapped[dt.date]
    ends_on: Mapped[dt.date]
    main_on: Mapped[dt.date | None]
    lunar: Mapped[str | None] = mapped_column(sa.String(12))

    __table_args__ = (sa.Index(None, "event_id", "starts_on"), sa.Index(None, "starts_on", "ends_on"))


class VisitorPlace(Record):
    """A service for visitors (kind `place`): ticket office, museum, market, craft village, pier, beach.

    `category` is a concept of `place_categories`, `opening_hours` is in OpenStreetMap's syntax. `contact_kind` says
    whose `phone` and `contact` are: an organisation's are public, a person's only with consent, recorded by its day
    (`consent_on`; Law 91/2025/QH15 on personal data).
    """

    __tablename__ = "visitor_places"
    __mapper_args__ = {"polymorphic_identity": "place"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    category: Mapped[str] = mapped_column(sa.String(60), default="")
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    address: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    opening_hours: Mapped[str | None] = mapped_column(sa.Text)
    opening_hours_verified_on: Mapped[dt.date | None]
    website: Mapped[str | None] = mapped_column(sa.Text)
    phone: Mapped[str | None] = mapped_column(sa.String(100))
    contact: Mapped[str | None] = mapped_column(sa.Text)
    contact_kind: Mapped[str | None] = mapped_column(sa.String(20))
    consent_on: Mapped[dt.date | None]
    status_note: Mapped[str | None] = mapped_column(sa.Text)
    note: Mapped[str | None] = mapped_column(sa.Text)
    site: Mapped[Site | None] = relationship(foreign_keys=[site_id])
    unit: Mapped[Unit | None] = relationship()
    other_names: Mapped[list[PlaceName]] = relationship(cascade="all, delete-orphan", order_by="PlaceName.position")
    prices: Mapped[list[Price]] = relationship(cascade="all, delete-orphan", order_by="Price.position")
    locations: Mapped[list[PlaceLocation]] = relationship(
        cascade="all, delete-orphan", order_by="PlaceLocation.position"
    )


class PlaceName(Part, _Named, Model):
    """Another name of a visitor place."""

    __tablename__ = "visitor_place_other_names"

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("visitor_places.id"), index=True)


class PlaceLocation(Part, _Located, Model):
    """Where a visitor place is."""

    __tablename__ = "visitor_place_locations"

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("visitor_places.id"), index=True)


class Price(Part, Model):
    """What a visit costs: an amount in whole units of a currency (ISO 4217), for whom, as of when (EDTF)."""

    __tablename__ = "visitor_place_prices"

    place_id: Mapped[int] = mapped_column(sa.ForeignKey("visitor_places.id"), index=True)
    audience: Mapped[str] = mapped_column(sa.String(40))
    amount: Mapped[int]
    currency: Mapped[str] = mapped_column(sa.String(3))
    as_of: Mapped[str | None] = mapped_column(sa.String(100))
    note: Mapped[str | None] = mapped_column(sa.Text)


class Itinerary(Record):
    """A suggested route; `mode` is a concept of `travel_modes`, `difficulty` of `difficulties`.

    `date_rule` says in words on which days it makes sense, `dwell_basis` (concept of `dwell_bases`) what the times at
    the stops rest on.
    """

    __tablename__ = "itineraries"
    __mapper_args__ = {"polymorphic_identity": "itinerary"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    mode: Mapped[str] = mapped_column(sa.String(40), default="")
    difficulty: Mapped[str | None] = mapped_column(sa.String(40))
    duration_h: Mapped[float | None]
    date_rule: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    dwell_basis: Mapped[str | None] = mapped_column(sa.String(40))
    description: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    stops: Mapped[list[Stop]] = relationship(cascade="all, delete-orphan", order_by="Stop.position")


class Stop(Part, Model):
    """A stop on an itinerary: a site, a visitor place, or something that has only a name.

    `leg_text` in `leg_crs` is the way to it from the stop before, as entered, `leg` the line derived from that.
    """

    __tablename__ = "itinerary_stops"

    itinerary_id: Mapped[int] = mapped_column(sa.ForeignKey("itineraries.id"), index=True)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    place_id: Mapped[int | None] = mapped_column(sa.ForeignKey("visitor_places.id"), index=True)
    dwell_min: Mapped[int | None]
    text: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    leg_text: Mapped[str | None] = mapped_column(sa.Text)
    leg_crs: Mapped[str | None] = mapped_column(sa.String(20))
    leg: Mapped[BaseGeometry | None] = mapped_column(geometry_type())
    note: Mapped[str | None] = mapped_column(sa.Text)
    site: Mapped[Site | None] = relationship()
    place: Mapped[VisitorPlace | None] = relationship()


class RoutedWay(Model):
    """A way that a routing engine found between two places as they are published, kept for whoever travels so.

    `key` says how one travels, from where and whereto: `walk:108.326010,15.877120;108.327320,15.877100`. `source` is
    whom to name for it. Without a `line` the engine knew of none on that day, and `distance_m` and `duration_s` are 0.
    """

    __tablename__ = "routed_ways"

    id: Mapped[int] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(sa.String(100), unique=True)
    line: Mapped[BaseGeometry | None] = mapped_column(geometry_type())
    distance_m: Mapped[float]
    duration_s: Mapped[float]
    source: Mapped[str] = mapped_column(sa.String(200))
    found_on: Mapped[dt.date]


class Notice(Record):
    """Something that visitors must know for a time: closure, flood, works; it holds from `starts_on` to `ends_on`.

    `notice_kind` is a concept of `notice_kinds`, `severity` of `severities`. It touches a site, a unit, or everything;
    an empty `ends_on` means until further notice.
    """

    __tablename__ = "notices"
    __mapper_args__ = {"polymorphic_identity": "notice"}

    id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), primary_key=True)
    title: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    text: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    notice_kind: Mapped[str] = mapped_column(sa.String(40), default="")
    severity: Mapped[str] = mapped_column(sa.String(40), default="")
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    unit_id: Mapped[int | None] = mapped_column(sa.ForeignKey("units.id"), index=True)
    starts_on: Mapped[dt.date] = mapped_column(default=dt.date.min)
    ends_on: Mapped[dt.date | None]
    site: Mapped[Site | None] = relationship(foreign_keys=[site_id])
    unit: Mapped[Unit | None] = relationship()
