"""What applying and describing payloads of several kinds have in common."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.dates import parse_edtf, year_bounds
from app.heritage.models import Artefact, DocumentaryItem, Party, Site, Survey
from app.heritage.status import Standing, derive_standing
from app.records.parts import named_record, write_fields
from app.vocabularies.checks import check_codes


def span(text: str | None) -> tuple[dt.date | None, dt.date | None]:
    """Give the first and the last day that a date in EDTF may mean."""
    if not text:
        return None, None
    date = parse_edtf(text)
    return date.earliest, date.latest


def write_age(record: Site | Artefact | DocumentaryItem, data: Mapping[str, Any]) -> None:
    """Write period, dating and years; the years follow from the dating where they are not given."""
    write_fields(record, data, "period", "dated")
    earliest, latest = year_bounds(data["dated"]) if data["dated"] else (None, None)
    record.year_from = data["year_from"] if data["year_from"] is not None else earliest
    record.year_to = data["year_to"] if data["year_to"] is not None else latest


def write_keeping(session: Session, thing: Artefact | DocumentaryItem, data: Mapping[str, Any]) -> None:
    """Write who keeps a thing and where."""
    check_codes(session, "party_kinds", [data["holder_kind"]], "holder_kind")
    thing.site = named_record(session, Site, data["site"], "site")
    thing.holder_party = named_record(session, Party, data["holder_party"], "holder_party")
    write_fields(thing, data, "holder", "holder_kind", "kept_place", "plan_number", "location_policy")
    thing.is_text_cleared = data["is_text_cleared"]


def full_standing(record: Any) -> Standing:
    """Derive a record's standing from every decision that is not deleted, for the officers."""
    items = [item for item in record.decision_items if item.decision.deleted_at is None]
    return derive_standing(items, getattr(record, "inventory_entries", ()), dt.date.max)


def latest_survey(session: Session, record_id: int) -> Survey | None:
    """Give the survey of a record that comes last; surveys of the same day by their code."""
    surveys = session.scalars(
        sa.select(Survey).where(Survey.subject_id == record_id, Survey.deleted_at.is_(None), Survey.version > 0)
    ).all()
    return max(
        surveys, key=lambda survey: (parse_edtf(survey.surveyed_on).latest or dt.date.max, survey.code), default=None
    )
