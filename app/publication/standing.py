"""A record's legal standing as the public is told it: derived from the decisions that are public, and no other."""

from __future__ import annotations

import datetime as dt
from typing import Any

from app.core.dates import format_edtf
from app.heritage.models import Artefact, Decision, DocumentaryItem, IntangibleElement, Site
from app.heritage.status import INVENTORIED, LEVELS, WORLD_HERITAGE, Standing, Step, derive_standing
from app.publication.media_properties import render_media
from app.publication.schema import Workshop

# What is published does not depend on the day it was rendered: every decision that is known counts.
_END_OF_TIME = dt.date.max


def public_standing(record: Site | Artefact | IntangibleElement | DocumentaryItem) -> Standing:
    """Derive a record's standing from the decisions that are public; an internal one appears nowhere."""
    items = [item for item in record.decision_items if item.decision.is_public]
    return derive_standing(items, record.inventory_entries if isinstance(record, Site) else (), _END_OF_TIME)


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
        "decisions": decision_steps(workshop, standing, language, is_text_open=is_text_open),
    }


def listing_properties(workshop: Workshop, standing: Standing, language: str, *, is_text_open: bool) -> dict[str, Any]:
    """Give what a thing or an element is recognised as, the lists it is inscribed on, and the chain of decisions."""
    return {
        "recognitions": list(standing.recognitions),
        "recognition_labels": [workshop.label("recognitions", code, language) for code in standing.recognitions],
        "inscriptions": list(standing.inscriptions),
        "inscription_labels": [workshop.label("inscriptions", code, language) for code in standing.inscriptions],
        "decisions": decision_steps(workshop, standing, language, is_text_open=is_text_open),
    }


def listing_values(standing: Standing) -> list[tuple[str, str]]:
    """Give the values by which recognitions and inscriptions are filtered."""
    found = [("recognition", code) for code in standing.recognitions]
    return found + [("inscription", code) for code in standing.inscriptions]


def decision_steps(
    workshop: Workshop, standing: Standing, language: str, *, is_text_open: bool
) -> list[dict[str, Any]]:
    """Give the chain of decisions; issuers and notes only where free text may be shown."""
    return [_step(workshop, step, language, is_text_open=is_text_open) for step in standing.chain]


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
        "recognition": item.recognition,
        "recognition_label": workshop.label("recognitions", item.recognition, language),
        "article": item.article,
        "clause": item.clause,
        "note": item.note if is_text_open else None,
        "is_undated": step.is_undated,
        "is_in_force": step.is_in_force,
        **render_media(workshop, decision.id, language),
    }


def decision_texts(standing: Standing, *, is_text_open: bool) -> list[str]:
    """Give number and issuer of each decision, for search; an issuer may tell the place."""
    decisions: dict[int, Decision] = {step.decision.id: step.decision for step in standing.chain}
    return [f"{d.number or ''} {d.issuer if is_text_open else ''}" for d in decisions.values()]
