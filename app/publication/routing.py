"""Which ways between published stops a routing engine is to be asked for, asking it, and publishing what it found."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import Unavailable
from app.engine.questions import utf8
from app.publication.models import ITEMS, TEXTS
from app.tourism.routing import End, Found, OddAnswerError, SlowAnswerError, ask, due_ways, way_key

# The kind of the wish.
FIND_WAYS = "ways"
# So many ways one after the other without an answer in time, and the rest would have none either.
_MOST_SLOW = 3
_log = logging.getLogger("disan.routing")


@dataclass(frozen=True, slots=True)
class Asked:
    """What came of asking: the ways found or known not to be, and by key which itineraries (keys) have use for each."""

    found: tuple[Found, ...]
    wanted: dict[str, set[int]]


def find_ways(session: Session, settings: Settings, today: dt.date) -> Asked:
    """Ask the engine, if there is one, for the ways that are wanted and not kept.

    It may take long, hence no transaction is open meanwhile. An odd answer is left out, to be asked for the next time;
    where the engine goes away, what it said until then is kept. Raises `Unavailable` where it says nothing at all.
    """
    wanted = _wanted(session, settings)
    due = due_ways(session, wanted, today) if settings.routing_url else []
    session.rollback()
    return Asked(tuple(_answers(settings, due)), wanted)


def _answers(settings: Settings, due: Sequence[str]) -> Iterator[Found]:
    """Ask for one way after the other, as long as the engine is there; one that only takes questions is not."""
    slow = 0
    for number, key in enumerate(due):
        try:
            found = ask(settings, key)
        except OddAnswerError as error:
            _log.warning("The routing engine's answer for %s is left out: %s.", key, error)
            slow = slow + 1 if isinstance(error, SlowAnswerError) else 0
            if slow == _MOST_SLOW:
                _log.warning("The routing engine is too slow, %d ways are not asked for.", len(due) - number - 1)
                return
        except Unavailable as error:
            if number == 0:
                raise
            _log.warning(
                "The routing engine went away, %d of %d ways are not asked for: %s", len(due) - number, len(due), error
            )
            return
        else:
            slow = 0
            yield found


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
