"""A site's legal standing as the public is told it: derived from the decisions that are public, and no other."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.core.dates import format_edtf
from app.heritage.models import Decision, Site
from app.heritage.status import INVENTORIED, LEVELS, WORLD_HERITAGE, Standing, Step, derive_standing
from app.publication.schema import Workshop

# What is published does not depend on the day it was rendered: every decision that is known counts.
_END_OF_TIME = dt.date.max


def public_standing(site: Site) -> Standing:
    """Derive a site's standing from the decisions that are public; an internal one appears nowhere."""
    items = [item for item in site.decision_items if item.decision.is_public]
    return derive_standing(items, site.inventory_entries, _END_OF_TIME)


def standing_order(standing: Standing) -> int:
    """Give the place of a standing among others, 0 first: World Heritage, then the levels, then none."""
    if WORLD_HERITAGE in standing.inscriptions:
        return 0
    levels = (*LEVELS, INVENTORIED)
    return levels.index(standing.level) + 1 if standing.level in levels else 7


def standing_properties(workshop: Workshop, standing: Standing, language: str, *, is_text_open: bool) -> dict[str, Any]:
    """Give rank, inscription and the chain of decisions; notes only where free text may be shown."""
    return {
        "rank": standing.level,
        "rank_label": workshop.label("levels", standing.level, language),
        "is_rank_certain": standing.is_certain,
        "is_world_heritage": WORLD_HERITAGE in standing.inscriptions,
        "decisions": [_step(workshop, step, language, is_text_open=is_text_open) for step in standing.chain],
    }


def _step(workshop: Workshop, step: Step, language: str, *, is_text_open: bool) -> dict[str, Any]:
    item, decision = step.item, step.decision
    return {
        "code": decision.code,
        "number": decision.number,
        "date": decision.date,
        "date_label": format_edtf(decision.date, language) if decision.date else None,
        "issuer": decision.issuer if is_text_open else None,
        "action": item.action,
        "action_label": workshop.label("decision_actions", item.action, language),
        "rank": item.level,
        "rank_label": workshop.label("levels", item.level, language),
        "inscription": item.inscription,
        "inscription_label": workshop.label("inscriptions", item.inscription, language),
        "article": item.article,
        "clause": item.clause,
        "note": item.note if is_text_open else None,
        "is_undated": step.is_undated,
        "is_in_force": step.is_in_force,
    }


def decision_texts(standing: Standing, *, is_text_open: bool) -> list[str]:
    """Give number and issuer of each decision, for search; an issuer may tell the place."""
    decisions: dict[int, Decision] = {step.decision.id: step.decision for step in standing.chain}
    return [f"{d.number or ''} {d.issuer if is_text_open else ''}" for d in decisions.values()]
