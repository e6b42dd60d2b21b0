"""What papers say of a site's care: who answers for it, its artefacts, its condition, works, pictures on file."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.dates import parse_edtf
from app.exchange.papers.asking import Asked, Row
from app.exchange.papers.wording import (
    join,
    name_concept,
    name_concepts,
    name_decision,
    say,
    title_of,
    write_area,
    write_date,
    write_number,
)
from app.heritage.models import Artefact, Custodianship, Survey, Work
from app.media.models import Medium, Placement
from app.records.models import Record


def holds(asked: Asked, since: str | None, until: str | None) -> bool:
    """Tell whether the day may lie in a span of EDTF dates; an end that is not known is none."""
    first = parse_edtf(since).earliest if since else None
    last = parse_edtf(until).latest if until else None
    return (first is None or first <= asked.day) and (last is None or asked.day <= last)


def _custodians(asked: Asked) -> list[Row]:
    found: list[Custodianship] = [one for one in asked.record.custodianships if holds(asked, one.since, one.until)]
    return [
        {
            "role": name_concept(asked.vocabulary, "custodian_roles", one.role),
            "name": title_of(one.party),
            "since": write_date(one.since) or "",
            "basis": join([name_decision(one.decision), one.basis], "; ") or "",
        }
        for one in found
    ]


def _land(asked: Asked) -> list[Row]:
    return [
        {
            "state": name_concept(asked.vocabulary, "land_paper_statuses", one.status),
            "number": one.number or "",
            "date": write_date(one.dated) or "",
            "area": write_area(one.area_m2) or "",
        }
        for one in asked.record.land_papers
    ]


def _protection(asked: Asked) -> list[Row]:
    steles: list[Row] = [
        {
            "what": "Bia di tích",
            "state": name_concept(asked.vocabulary, "stele_statuses", one.status),
            "note": join([write_date(one.placed_on), one.note], "; ") or "",
        }
        for one in asked.record.steles
    ]
    return steles + [
        {
            "what": "Bằng xếp hạng di tích",
            "state": name_concept(asked.vocabulary, "certificate_statuses", one.status),
            "note": join([one.number, write_date(one.delivered_on), name_decision(one.decision), one.note], "; ") or "",
        }
        for one in asked.record.certificates
    ]


def _artefacts(asked: Asked) -> list[Row]:
    if "artefacts" not in asked.kept:
        asked.kept["artefacts"] = _read_artefacts(asked)
    found, withheld = asked.kept["artefacts"]
    told = [one for one in found if "site" not in withheld[one.code]]
    if len(told) < len(found):
        asked.withhold("site.artefacts")
    return [_artefact(asked, number, one) for number, one in enumerate(told, start=1)]


def _read_artefacts(asked: Asked) -> tuple[list[Artefact], dict[str, frozenset[str]]]:
    """Read the artefacts of a site by their inventory codes, and what of each is withheld."""
    query = sa.select(Artefact).where(Artefact.site_id == asked.record.id, Record.deleted_at.is_(None))
    whole = query.options(selectinload(Artefact.other_names), selectinload(Artefact.measurements))
    found = list(asked.session.scalars(whole))
    found.sort(key=lambda one: (not one.inventory_code, one.inventory_code or "", one.code))
    return found, asked.withheld_of(found)


def _artefact(asked: Asked, number: int, one: Artefact) -> Row:
    vocabulary = asked.vocabulary
    others = join((other.text for other in one.other_names), ", ")
    state = name_concept(vocabulary, "condition_grades", one.condition)
    return {
        "number": str(number),
        "name": join([title_of(one), f"(tên khác: {others})" if others else None], " "),
        "code": one.inventory_code,
        "origin": name_concept(vocabulary, "artefact_origins", one.origin),
        "period": join([say(one.period) or name_concept(vocabulary, "periods", one.period_concept), _years(one)], "; "),
        "kind": name_concept(vocabulary, "artefact_kinds", one.artefact_kind),
        "materials": name_concepts(vocabulary, "materials", one.materials) or one.material_note,
        "size": join((_measure(asked, measure) for measure in one.measurements), "; "),
        "description": say(one.description),
        "condition": join([state, one.condition_note], "; "),
        "note": one.note or "",
    }


def _years(one: Artefact) -> str | None:
    if say(one.period):
        return one.year_note
    return join([write_date(one.dated), one.year_note], "; ")


def _measure(asked: Asked, one: Any) -> str | None:
    unit = name_concept(asked.vocabulary, "measure_units", one.unit)
    value = join([write_number(one.value), unit], " ") if one.value is not None else one.text
    name = name_concept(asked.vocabulary, "measures", one.measure)
    return join([join([say(one.part), name], " – "), value], ": ")


def _latest_survey(asked: Asked) -> Survey | None:
    """Give the latest survey that was made by the day."""
    query = sa.select(Survey).where(Survey.subject_id == asked.record.id, Record.deleted_at.is_(None))
    dated = [(parse_edtf(one.surveyed_on).latest, one) for one in asked.session.scalars(query) if one.surveyed_on]
    known = [(last, one.code, one) for last, one in dated if last is not None and last <= asked.day]
    return max(known)[2] if known else None


def _survey(asked: Asked) -> str | None:
    one = _latest_survey(asked)
    return (
        join([name_concept(asked.vocabulary, "condition_grades", one.condition), say(one.findings)], ". ")
        if one
        else None
    )


def _survey_by(asked: Asked) -> str | None:
    one = _latest_survey(asked)
    who = (title_of(one.surveyor_party) if one.surveyor_party else one.surveyor) if one else None
    return join([write_date(one.surveyed_on), who]) if one else None


def _threats(asked: Asked) -> str | None:
    one = _latest_survey(asked)
    return threats_of(asked, one.threats) if one else None


def threats_of(asked: Asked, threats: Any) -> str | None:
    """Name what endangers a thing, with the notes."""
    named = (join([name_concept(asked.vocabulary, "threats", one.threat), one.note], ": ") for one in threats)
    return join(named, "; ")


def _recommendations(asked: Asked) -> str | None:
    one = _latest_survey(asked)
    return say(one.recommendations) if one else None


def _works(asked: Asked) -> list[Row]:
    query = sa.select(Work).where(Work.site_id == asked.record.id, Record.deleted_at.is_(None)).order_by(Record.code)
    return [
        {
            "name": title_of(one),
            "kind": name_concept(asked.vocabulary, "work_kinds", one.work_kind),
            "state": name_concept(asked.vocabulary, "work_states", one.state),
            "dates": join([write_date(one.started_on), write_date(one.finished_on)], " – ") or "",
        }
        for one in asked.session.scalars(query)
    ]


def photos_of(asked: Asked) -> list[Row]:
    """Give what is on file with a record, covers first."""
    query = (
        sa.select(Placement.role, Medium)
        .join(Medium, Medium.id == Placement.medium_id)
        .where(Placement.target_id == asked.record.id, Medium.deleted_at.is_(None))
        .order_by(Placement.role != "cover", Placement.rank, Medium.code)
    )
    return [
        {
            "code": one.code,
            "title": title_of(one),
            "role": name_concept(asked.vocabulary, "media_roles", role),
            "date": write_date(one.dated) or "",
        }
        for role, one in asked.session.execute(query)
    ]


def _zone_area(asked: Asked) -> list[Row]:
    zones = [one for one in asked.record.zones if one.deleted_at is None]
    return [
        {
            "name": join([name_concept(asked.vocabulary, "zone_types", one.zone_type), one.edition], ", "),
            "area": write_area(one.area_m2),
        }
        for one in zones
    ]


FACTS: dict[str, Callable[[Asked], Any]] = {
    "site.artefacts": _artefacts,
    "site.custodians": _custodians,
    "site.land": _land,
    "site.protection": _protection,
    "site.survey": _survey,
    "site.survey_by": _survey_by,
    "site.threats": _threats,
    "site.recommendations": _recommendations,
    "site.works": _works,
    "site.photos": photos_of,
    "site.zone_area": _zone_area,
}
