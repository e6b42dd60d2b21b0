"""The kinds `survey` and `work`: how their payloads become rows, and what the register's index says of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.heritage.kinds.whereabouts import subjects_of_surveys, units_of_records
from app.heritage.models import Artefact, Decision, DocumentaryItem, Party, Site, Survey, Threat, Work
from app.heritage.schemas import SurveySchema, WorkSchema
from app.records.kinds import Facts, Kind, label_from
from app.records.models import Record
from app.records.parts import apply_common, named_record, sync_parts, write_fields
from app.records.payloads import strings, texts_of
from app.vocabularies.checks import check_codes, check_doubts, check_parts


def apply_survey(session: Session, settings: Settings, survey: Survey, data: dict[str, Any]) -> None:
    """Write a survey's payload into its rows; what is surveyed is a site or a thing."""
    del settings
    check_codes(session, "condition_grades", [data["condition"]], "condition")
    check_parts(session, data, "threats", threat="threats")
    check_doubts(session, data)
    apply_common(session, survey, data)
    subject = named_record(session, Record, data["record"], "record")
    if not isinstance(subject, Site | Artefact | DocumentaryItem):
        raise InvalidInput(
            "record: %(value)s is neither a site nor an artefact nor documentary heritage.",
            field="record",
            value=data["record"],
        )
    survey.subject = subject
    survey.surveyor_party = named_record(session, Party, data["surveyor_party"], "surveyor_party")
    write_fields(survey, data, "surveyed_on", "surveyor", "condition", "findings", "recommendations", "next_due_on")
    sync_parts(survey.threats, data["threats"], Threat)


def apply_work(session: Session, settings: Settings, work: Work, data: dict[str, Any]) -> None:
    """Write a work's payload into its row."""
    del settings
    check_codes(session, "work_kinds", [data["work_kind"]], "work_kind")
    check_codes(session, "work_states", [data["state"]], "state")
    check_doubts(session, data)
    apply_common(session, work, data)
    work.site = named_record(session, Site, data["site"], "site")
    work.decision = named_record(session, Decision, data["decision"], "decision")
    work.contractor_party = named_record(session, Party, data["contractor_party"], "contractor_party")
    write_fields(work, data, "name", "work_kind", "state", "permit_number", "permit_date", "permit_issuer")
    write_fields(work, data, "started_on", "finished_on", "cost", "currency", "fund_source", "contractor")
    write_fields(work, data, "state_before", "state_after")


def _describe_survey(session: Session, survey: Survey) -> Facts:
    subject = survey.subject
    codes = [subject.code] if subject else []
    name: Mapping[str, str] = getattr(subject, "name", {})
    values = [("condition", survey.condition), *(("threat", row.threat) for row in survey.threats)]
    values += [(subject.kind, subject.code)] if subject else []
    return Facts(
        label={language: f"{survey.surveyed_on} – {text}" for language, text in name.items()} or {"vi": survey.code},
        texts=(
            survey.surveyor or "",
            *texts_of(survey.findings, survey.recommendations),
            *texts_of(survey.surveyor_party.name if survey.surveyor_party else {}),
        ),
        unit_ids=tuple(sorted(units_of_records(session, codes))),
        gaps=() if survey.condition else ("no_condition",),
        values=tuple((key, value) for key, value in values if value),
    )


def _describe_work(session: Session, work: Work) -> Facts:
    del session
    gaps = [
        gap
        for gap, is_open in (
            ("no_permit", not (work.permit_number or work.decision_id)),
            ("no_state_after", work.state == "finished" and not work.state_after),
        )
        if is_open
    ]
    values = [("work_kind", work.work_kind), ("work_state", work.state)]
    values += [("site", work.site.code)] if work.site else []
    contractor = work.contractor_party.name if work.contractor_party else {}
    return Facts(
        label=work.name,
        texts=(
            work.permit_number or "",
            work.contractor or "",
            *texts_of(contractor, work.site.name if work.site else {}),
        ),
        unit_ids=(work.site.current_unit_id,) if work.site and work.site.current_unit_id else (),
        gaps=tuple(gaps),
        values=tuple(values),
    )


def label_survey(payload: Mapping[str, Any]) -> Mapping[str, str]:
    """Name a draft of a survey by its day and what was surveyed."""
    words = strings([payload.get("surveyed_on"), payload.get("record")])
    return {"vi": " – ".join(words)} if words else {}


def _places_of_survey(session: Session, payload: Mapping[str, Any]) -> set[int]:
    return units_of_records(session, strings([payload.get("record")]))


def _places_of_work(session: Session, payload: Mapping[str, Any]) -> set[int]:
    return units_of_records(session, strings([payload.get("site")]))


SURVEY = Kind(
    name="survey",
    plural="surveys",
    title="Condition survey",
    prefix="S",
    model=Survey,
    schema=SurveySchema,
    apply=apply_survey,
    describe=_describe_survey,
    label=label_survey,
    dependents=subjects_of_surveys,
    places=_places_of_survey,
    under="record",
)
WORK = Kind(
    name="work",
    plural="works",
    title="Work",
    prefix="W",
    model=Work,
    schema=WorkSchema,
    apply=apply_work,
    describe=_describe_work,
    label=label_from("name"),
    places=_places_of_work,
    under="site",
)
