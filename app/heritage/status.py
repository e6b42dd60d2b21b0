"""A record's legal standing on a day, derived from the decisions about it; nothing legal is overwritten."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from app.core.dates import parse_edtf
from app.heritage.models import Decision, DecisionItem, InventoryEntry

# From the highest; World Heritage is an inscription and stands beside them.
LEVELS = ("special_national", "national", "provincial")
INVENTORIED = "inventoried"
WORLD_HERITAGE = "world_heritage"
_GIVING = ("rank", "supplement", "inscribe", "recognise")


@dataclass(frozen=True, slots=True)
class Step:
    """One decision item in a record's chain, seen on a day.

    `is_in_force`: what it gave still stands on that day. `is_undated`: nothing is known of its date. `is_certain`: the
    day lies after everything its date may mean, so that its coming before is beyond doubt.
    """

    item: DecisionItem
    decision: Decision
    is_in_force: bool
    is_undated: bool
    is_certain: bool


@dataclass(frozen=True, slots=True)
class Standing:
    """A record's legal standing on a day.

    `level` is the highest level in force, `inventoried` if none is but an inventory list names the site, else None;
    `inscriptions` are the lists it is inscribed on, `recognitions` what it is recognised as; `is_certain` is false
    where an undated or half-dated decision or listing decides; `chain` holds every decision up to that day in order of
    date, undated ones last.
    """

    day: dt.date
    level: str | None
    inscriptions: tuple[str, ...]
    recognitions: tuple[str, ...]
    is_certain: bool
    chain: tuple[Step, ...]


def derive_standing(items: Iterable[DecisionItem], entries: Iterable[InventoryEntry], day: dt.date) -> Standing:
    """Derive a record's standing on a day from the decision items that name it and a site's inventory lists.

    A decision counts from the first day that its date may mean; an undated one counts as in force and is flagged, a
    cancellation too. A cancellation ends what came before it: what the decision gave that it cancels, the listing or
    the title that it names, the level that it names, or every level if it names nothing (a rank ends only by another
    decision, Law 45/2024/QH15). Decisions that are deleted are the caller's to leave out.
    """
    dated = sorted(((_span(item.decision), item) for item in items), key=_order)
    known = [(span, item) for span, item in dated if span[0] is None or span[0] <= day]
    steps = []
    for index, (span, item) in enumerate(known):
        ended = any(_ends(later, item) for _, later in known[index + 1 :])
        certain = span[1] is not None and span[1] <= day
        steps.append(Step(item, item.decision, not ended, span[0] is None, certain))
    standing = [step for step in steps if step.is_in_force]
    level = next(
        (level for level in LEVELS if any(step.item.level == level for step in standing if _ranks(step))), None
    )
    is_ended_on_doubt = any(step.item.action == "cancel" and not step.is_certain for step in steps)
    deciding = [step for step in standing if step.item.level == level and _ranks(step)]
    listed = [entry for entry in entries if _is_listed(entry, day)] if level is None else []
    if listed:
        level = INVENTORIED
    is_listing_known = not listed or any(entry.listed_from for entry in listed)
    inscriptions = {
        step.item.inscription for step in standing if step.item.action == "inscribe" and step.item.inscription
    }
    recognitions = {
        step.item.recognition for step in standing if step.item.action == "recognise" and step.item.recognition
    }
    return Standing(
        day=day,
        level=level,
        inscriptions=tuple(sorted(inscriptions)),
        recognitions=tuple(sorted(recognitions)),
        is_certain=is_listing_known
        and not is_ended_on_doubt
        and (not deciding or any(step.is_certain for step in deciding)),
        chain=tuple(steps),
    )


def _span(decision: Decision) -> tuple[dt.date | None, dt.date | None]:
    if not decision.date:
        return None, None
    date = parse_edtf(decision.date)
    return date.earliest, date.latest


def _order(entry: tuple[tuple[dt.date | None, dt.date | None], DecisionItem]) -> tuple[bool, dt.date, dt.date, str]:
    (earliest, latest), item = entry
    return (earliest is None, earliest or dt.date.max, latest or dt.date.max, item.decision.code)


def _ranks(step: Step) -> bool:
    return step.item.action in ("rank", "supplement")


def _ends(later: DecisionItem, item: DecisionItem) -> bool:
    if later.action != "cancel" or (later.cancels is not None and later.cancels is not item.decision):
        return False
    if later.inscription:
        return item.action == "inscribe" and item.inscription == later.inscription
    if later.recognition:
        return item.action == "recognise" and item.recognition == later.recognition
    if later.cancels is not None and later.level is None:
        return item.action in _GIVING
    return item.action in ("rank", "supplement") and later.level in (None, item.level)


def _is_listed(entry: InventoryEntry, day: dt.date) -> bool:
    start = parse_edtf(entry.listed_from).earliest if entry.listed_from else None
    end = parse_edtf(entry.listed_until).latest if entry.listed_until else None
    return (start is None or start <= day) and (end is None or day <= end)
