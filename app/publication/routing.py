"""Which ways between published stops a routing engine is to be asked for, asking it, and publishing what it found."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.engine.questions import utf8
from app.publication.models import ITEMS, TEXTS
from app.tourism.routing import End, Found, ask, due_ways, way_key

# The kind of the wish.
FIND_WAYS = "ways"


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the ways found, and by key which itineraries (keys of the register) have use for each."""

    found: tuple[Found, ...]
    wanted: dict[str, set[int]]


def find_ways(session: Session, settings: Settings, today: dt.date) -> Asked:
    """Ask the engine, if there is one, for the ways that are wanted and not kept.

    It may take long, hence no transaction is open meanwhile.
    """
    wanted = _wanted(session, settings)
    due = due_ways(session, wanted, today) if settings.routing_url else []
    session.rollback()
    answers = (ask(settings, key) for key in due)
    return Asked(tuple(found for found in answers if found), wanted)


def _wanted(session: Session, settings: Settings) -> dict[str, set[int]]:
    """Read off the published itineraries which ways they could have beside those that are drawn."""
    published = (
        sa.select(ITEMS.c.source_id, utf8(TEXTS.c.feature))
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection == "itineraries", TEXTS.c.language == settings.default_language)
    )
    wanted: dict[str, set[int]] = {}
    for source_id, feature in session.execute(published):
        item = json.loads(feature)["properties"]
        ends = [End(stop["lon"], stop["lat"], stop["location_precision_m"]) for stop in item["stops"]]
        for start, end, stop in zip(ends, ends[1:], item["stops"][1:], strict=False):
            key = way_key(item["mode"], start, end)
            if key and stop.get("leg_basis", "drawn" if stop["leg"] else None) != "drawn":
                wanted.setdefault(key, set()).add(source_id)
    return wanted
