"""What the register says of the record of a dossier, as far as required papers turn on it; counts and days only.

Nothing here tells where a place is, so nothing here is withheld from anybody.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session
from sqlalchemy.sql.expression import ColumnElement

from app.core.dates import parse_edtf
from app.core.errors import InvalidInput
from app.heritage.models import Artefact, Custodianship, DocumentaryItem, Location, LocationPolicy, Zone


@dataclass(slots=True)
class About:
    """What is known of a record: its zones by type, those with minutes and with a boundary, what stands at it."""

    zones: list[str] = field(default_factory=list)
    with_minutes: int = 0
    with_boundary: int = 0
    minutes_on: dt.date | None = None
    artefacts: int = 0
    documents: int = 0
    locations: int = 0
    owners: int = 0


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact that can stand in a paper's place: whether it is so, and an English sentence (a msgid) that says so."""

    holds: Callable[[About], bool]
    says: str
    params: Callable[[About], dict[str, object]] = lambda _: {}


FACTS: dict[str, Fact] = {
    "zone_minutes": Fact(
        lambda about: bool(about.zones) and about.with_minutes == len(about.zones),
        "The register names the minutes of every zone: %(count)s.",
        lambda about: {"count": about.with_minutes},
    ),
    "zone_boundary": Fact(
        lambda about: bool(about.zones) and about.with_boundary == len(about.zones),
        "The register holds the boundary of every zone: %(count)s.",
        lambda about: {"count": about.with_boundary},
    ),
    "artefacts": Fact(
        lambda about: about.artefacts > 0,
        "Artefacts that the register has here: %(count)s.",
        lambda about: {"count": about.artefacts},
    ),
    "documents": Fact(
        lambda about: about.documents > 0,
        "Items of documentary heritage that the register has here: %(count)s.",
        lambda about: {"count": about.documents},
    ),
    "location": Fact(lambda about: about.locations > 0, "The register holds the place on the map."),
    "owner": Fact(lambda about: about.owners > 0, "The register names an owner."),
}


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition on which a paper is asked for: met, not met, or None where the register cannot tell.

    `asks` says (a msgid) when the paper is asked for, `unmet` why it is not.
    """

    is_met: Callable[[About], bool | None]
    asks: str
    unmet: str = ""


CONDITIONS: dict[str, Condition] = {
    "zone_two": Condition(
        lambda about: "zone_2" in about.zones if about.zones else None,
        "Asked for only with a protection zone II.",
        "The register has zones for this site, and no zone II among them.",
    ),
    "artefacts": Condition(lambda about: True if about.artefacts else None, "Asked for only where artefacts are kept."),
    "inscriptions": Condition(
        lambda about: True if about.documents else None,
        "Asked for only where there are steles, parallel sentences, panels or other texts in Hán Nôm.",
    ),
}


def read_about(session: Session, record_ids: Iterable[int]) -> dict[int, About]:
    """Give what is known of records, in as many statements for many as for one."""
    ids = sorted(set(record_ids))
    found = {key: About() for key in ids}
    zones = sa.select(
        sa.type_coerce(Zone.site_id, sa.Integer),
        Zone.zone_type,
        Zone.minutes,
        Zone.minutes_date,
        Zone.geom.is_not(None),
        Zone.boundary_text,
    )
    for key, zone_type, minutes, dated, has_area, words in session.execute(
        zones.where(Zone.site_id.in_(ids), Zone.deleted_at.is_(None))
    ):
        about = found[key]
        about.zones.append(zone_type)
        about.with_minutes += bool(minutes)
        about.with_boundary += bool(has_area or words)
        day = _last_day(dated)
        if day is not None:
            about.minutes_on = min(day, about.minutes_on or day)
    _count(session, found)
    return found


def _count(session: Session, found: dict[int, About]) -> None:
    ids = list(found)
    counts: sa.CompoundSelect[Any] = sa.union_all(
        *(
            sa.select(column, sa.literal(name), sa.func.count())
            .select_from(model)
            .where(column.in_(ids), *conditions)
            .group_by(column)
            for name, model, column, conditions in (
                ("artefacts", Artefact, Artefact.site_id, _told(Artefact)),
                ("documents", DocumentaryItem, DocumentaryItem.site_id, _told(DocumentaryItem)),
                ("locations", Location, Location.site_id, ()),
                ("owners", Custodianship, Custodianship.site_id, (Custodianship.role == "owner",)),
            )
        ),
        # An artefact's keeper is known in words or as a party.
        sa.select(Artefact.id, sa.literal("owners"), sa.literal(1)).where(
            Artefact.id.in_(ids), Artefact.holder_party_id.is_not(None)
        ),
    )
    for key, name, count in session.execute(counts):
        setattr(found[key], name, getattr(found[key], name) + count)


def _told(model: type[Artefact | DocumentaryItem]) -> tuple[ColumnElement[bool], ...]:
    """Say which things count: those that are not deleted, and of which it is no secret where they are kept."""
    policy = model.location_policy
    return model.deleted_at.is_(None), sa.or_(policy.is_(None), policy == LocationPolicy.EXACT)


def _last_day(text: str | None) -> dt.date | None:
    """Give the last day that a date in EDTF may mean."""
    try:
        return parse_edtf(text).latest if text else None
    except InvalidInput:
        return None


def is_before(text: str | None, day: dt.date | None) -> bool:
    """Tell whether something dated so is surely from before a day."""
    last = _last_day(text)
    return last is not None and day is not None and last < day
