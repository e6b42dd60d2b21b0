"""Opening a dossier, its steps, and what officers say of its papers; these flush and never commit."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission
from app.core.clock import today
from app.core.db import now
from app.core.errors import Conflict, InvalidInput
from app.heritage.dossiers import due
from app.heritage.dossiers.audit import DOSSIER, note_act
from app.heritage.dossiers.models import (
    FIRST_DAY,
    KIND_OF,
    OWED,
    Debtor,
    Dossier,
    DossierPaper,
    DossierStep,
    Procedure,
    Regulation,
    RequiredPaper,
    State,
    Verdict,
)
from app.heritage.dossiers.queries import find_dossier, read_checklists
from app.heritage.dossiers.steps import NEXT, standing_steps
from app.heritage.models import Party
from app.media.models import Medium
from app.records.drafts import current_payload
from app.records.kinds import Kinds
from app.records.models import Record
from app.vocabularies.checks import check_codes


def require_edit(session: Session, kinds: Kinds, record: Record, *, actor: User) -> None:
    """Raise `NotAllowed` unless the actor may edit the record: whose record it is, theirs are its dossiers."""
    kinds.require(session, actor, Permission.EDIT, kinds[record.kind], current_payload(session, record))


def open_dossier(
    session: Session, kinds: Kinds, record: Record, data: Mapping[str, Any], received_on: dt.date | None, *, actor: User
) -> Dossier:
    """Open a dossier about a record, as `DossierSchema` loaded it; received on a day, or still being put together.

    Raises `InvalidInput` naming the field, `NotAllowed` where the record is not the actor's to edit.
    """
    require_edit(session, kinds, record, actor=actor)
    if record.deleted_at is not None:
        raise InvalidInput("%(code)s is deleted; bring it back first.", code=record.code, field="record")
    dossier = Dossier(record_id=record.id, state=State.PREPARING, version=0)
    _write(session, dossier, record, data)
    session.add(dossier)
    session.flush()
    if received_on is not None:
        _check_day(dossier, received_on, "received_on")
        _append(dossier, State.RECEIVED, received_on, "", actor)
    _touch(session, dossier)
    note_act(session, "open", actor, DOSSIER, dossier.id, comment=record.code)
    session.flush()
    return find_dossier(session, dossier.id)


def change_dossier(
    session: Session, kinds: Kinds, dossier_id: int, version: int, data: Mapping[str, Any], *, actor: User
) -> Dossier:
    """Change what a dossier says: regulation, code and link, applicant, who is responsible, note.

    Raises `Conflict` when somebody else was first. The history tells which fields changed, and not what they held.
    """
    dossier = _lock(session, kinds, dossier_id, version, actor)
    before = _told(dossier)
    _write(session, dossier, dossier.record, data)
    changed = sorted(name for name, value in _told(dossier).items() if value != before[name])
    if changed:
        note_act(session, "change", actor, DOSSIER, dossier.id, fields=changed)
    _touch(session, dossier)
    return dossier


def take_step(
    session: Session, kinds: Kinds, dossier_id: int, version: int, data: Mapping[str, Any], *, actor: User
) -> Dossier:
    """Write down that a dossier came into a state on a day, as `StepSchema` loaded it.

    Raises `InvalidInput` where that does not follow, where the day lies before the step before or has not come, and
    where a supplement is asked for though the applicant owes nothing and nothing is said.
    """
    dossier = _lock(session, kinds, dossier_id, version, actor)
    state = data["state"]
    if state not in NEXT[State(dossier.state)]:
        raise InvalidInput("This step does not follow where the dossier stands now.", field="state")
    _check_day(dossier, data["happened_on"], "happened_on")
    if state == State.SUPPLEMENT and not data["note"]:
        items = read_checklists(session, kinds, [dossier], actor=actor)[dossier.id]
        if not any(item.is_owed and item.owed_by == Debtor.APPLICANT for item in items):
            raise InvalidInput(
                "By the checklist the applicant owes nothing. Say below which papers are asked for, or set them first.",
                field="note",
            )
    if state == State.WITHDRAWN and not data["note"]:
        raise InvalidInput("Say why.", field="note")
    _append(dossier, state, data["happened_on"], data["note"], actor)
    note_act(session, "step", actor, DOSSIER, dossier.id, comment=state)
    _touch(session, dossier)
    return dossier


def take_back(session: Session, kinds: Kinds, dossier_id: int, version: int, note: str, *, actor: User) -> Dossier:
    """Take the last step back, by a further line: both stay to be read, and the clock forgets the step.

    Raises `Conflict` where there is none, `InvalidInput` where it is not said why.
    """
    dossier = _lock(session, kinds, dossier_id, version, actor)
    standing = standing_steps(dossier.steps)
    if not standing:
        raise Conflict("There is no step to take back.")
    if not note:
        raise InvalidInput("Say why.", field="why")
    before = State(standing[-2].state) if len(standing) > 1 else State.PREPARING
    _append(dossier, before, standing[-1].happened_on, note, actor, cancels=standing[-1])
    note_act(session, "take_back", actor, DOSSIER, dossier.id, comment=standing[-1].state)
    _touch(session, dossier)
    return dossier


def set_paper(
    session: Session,
    kinds: Kinds,
    dossier_id: int,
    version: int,
    data: Mapping[str, Any],
    *,
    paper: RequiredPaper,
    actor: User,
) -> Dossier:
    """Say what is the matter with a required paper, as `DossierPaperSchema` loaded it.

    Raises `InvalidInput` for a verdict that needs a reason and has none, and for what names nothing that is there.
    """
    dossier = _lock(session, kinds, dossier_id, version, actor)
    verdict = data["verdict"] or None
    if verdict is not None and verdict not in set(Verdict):
        raise InvalidInput("Choose one of the list.", field="verdict")
    if verdict in (Verdict.OUTDATED, Verdict.NOT_APPLICABLE) and not data["reason"]:
        raise InvalidInput("Say why.", field="reason")
    if data["owed_by"] and data["owed_by"] not in set(Debtor):
        raise InvalidInput("Choose one of the list.", field="owed_by")
    if data["owed_since"] and data["owed_since"] > today():
        raise InvalidInput("This day has not come yet.", field="owed_since")
    known = set(session.scalars(sa.select(Medium.code).where(Medium.code.in_(data["media"]))))
    if unknown := [code for code in data["media"] if code not in known]:
        raise InvalidInput("There is no file %(code)s.", code=unknown[0], field="media")
    party = _find_party(session, data["owed_party"], "owed_party")
    row = next((one for one in dossier.papers if one.paper_id == paper.id), None)
    before = {} if row is None else {"verdict": row.verdict, "owed_by": row.owed_by, "media": list(row.media)}
    if row is None:
        row = DossierPaper(paper_id=paper.id, dossier_id=dossier.id)
        dossier.papers.append(row)
    row.verdict, row.media = verdict, list(data["media"])
    row.reason, row.note = data["reason"], data["note"]
    row.owed_by = data["owed_by"] or None
    row.owed_party = party
    row.owed_since = data["owed_since"] or _since(row, verdict)
    row.changed_at, row.changed_by_id = now(), actor.id
    note_act(session, "check", actor, DOSSIER, dossier.id, comment=paper.code, before=before)
    _touch(session, dossier)
    return dossier


def _since(row: DossierPaper, verdict: str | None) -> dt.date | None:
    """Give since when a paper is owed where nobody says it: since it was first said, as long as it is owed."""
    if verdict in OWED:
        return row.owed_since or today()
    return None


def _lock(session: Session, kinds: Kinds, dossier_id: int, version: int, actor: User) -> Dossier:
    # Of two that write at once the second waits, and then reads what the first has written.
    session.execute(sa.select(Dossier.id).where(Dossier.id == dossier_id).with_for_update())
    dossier = find_dossier(session, dossier_id)
    require_edit(session, kinds, dossier.record, actor=actor)
    if dossier.version != version:
        raise Conflict("Somebody else has changed this dossier meanwhile. Look at it again, then decide.")
    return dossier


def _write(session: Session, dossier: Dossier, record: Record, data: Mapping[str, Any]) -> None:
    regulation = session.scalar(sa.select(Regulation).where(Regulation.code == data["regulation"]))
    if regulation is None:
        raise InvalidInput("Choose the regulation.", field="regulation")
    if KIND_OF[Procedure(regulation.procedure)] != record.kind:
        raise InvalidInput("This regulation is about records of another kind.", field="regulation")
    if dossier.papers and regulation.id != dossier.regulation_id:
        raise InvalidInput(
            "Papers of this dossier were dealt with by its regulation. Open another dossier for another regulation.",
            field="regulation",
        )
    check_codes(session, "custodian_roles", [data["applicant_role"] or None], "applicant_role")
    dossier.regulation = regulation
    dossier.responsible = _find_officer(session, data["responsible"], dossier.responsible)
    dossier.applicant_party = _find_party(session, data["applicant_party"], "applicant_party")
    for name in ("one_stop_code", "one_stop_url", "applicant", "applicant_role", "note"):
        setattr(dossier, name, data[name])


def _find_officer(session: Session, key: int | None, before: User | None) -> User | None:
    """Give the officer of a key; whoever has left stays responsible until somebody else is."""
    found = session.get(User, key) if key is not None else None
    if key is not None and (found is None or found.is_system or not (found.is_active or found is before)):
        raise InvalidInput("There is no such person.", field="responsible")
    return found


def _find_party(session: Session, code: str, field: str) -> Party | None:
    if not code:
        return None
    found = session.scalar(sa.select(Party).where(Party.code == code.upper(), Party.deleted_at.is_(None)))
    if found is None:
        raise InvalidInput("There is no party %(code)s in the register.", code=code, field=field)
    return found


def _check_day(dossier: Dossier, day: dt.date, field: str) -> None:
    if day > today():
        raise InvalidInput("This day has not come yet.", field=field)
    if day < FIRST_DAY:
        raise InvalidInput("This day lies too far back. Look at the year.", field=field)
    standing = standing_steps(dossier.steps)
    if standing and day < standing[-1].happened_on:
        raise InvalidInput(
            "The step before is of %(day)s; this one cannot lie before it.",
            day=standing[-1].happened_on.strftime("%d/%m/%Y"),
            field=field,
        )


def _append(
    dossier: Dossier, state: str, day: dt.date, note: str, actor: User, *, cancels: DossierStep | None = None
) -> None:
    dossier.steps.append(
        DossierStep(
            state=state,
            happened_on=day,
            note=note,
            actor_id=actor.id,
            cancels_id=cancels.id if cancels else None,
        )
    )
    dossier.state = state


def _touch(session: Session, dossier: Dossier) -> None:
    dossier.version += 1
    dossier.changed_at = now()
    session.flush()
    due.refresh(session, [dossier])


def _told(dossier: Dossier) -> dict[str, Any]:
    return {
        "regulation": dossier.regulation_id,
        "one_stop_code": dossier.one_stop_code,
        "one_stop_url": dossier.one_stop_url,
        "applicant": (dossier.applicant, dossier.applicant_party_id, dossier.applicant_role),
        "responsible": dossier.responsible_id,
        "note": dossier.note,
    }
