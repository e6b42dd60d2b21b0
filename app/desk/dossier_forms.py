"""The forms of dossiers at the desk: opening one, changing what it says, and dealing with a paper."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from marshmallow import fields
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotAllowed, NotFound
from app.desk.acts import people
from app.desk.context import go, read_key, render, say, shown
from app.desk.dossier_words import DEBTORS, VERDICTS, choices
from app.desk.dossiers import HERE, said_of
from app.desk.labels import choices_of
from app.desk.typed import error_at_field, load_typed, read_typed
from app.heritage.dossiers.models import KIND_OF, Dossier, Procedure
from app.heritage.dossiers.operations import change_dossier, open_dossier, require_edit, set_paper
from app.heritage.dossiers.queries import find_dossier, read_checklists, read_media_about
from app.heritage.dossiers.regulations import find_paper, read_regulations
from app.heritage.dossiers.schemas import DossierPaperSchema, DossierSchema
from app.heritage.models import Party
from app.heritage.models.party import PERSON
from app.http.actor import require_actor
from app.records.models import Record
from app.records.queries import read_labels, records_by_code
from app.vocabularies.queries import read_vocabulary

_HEAD = (
    *("regulation", "one_stop_code", "one_stop_url", "applicant_party", "applicant", "applicant_role"),
    *("responsible", "note"),
)
_PAPER = ("verdict", "reason", "note", "owed_by", "owed_party", "owed_since")
_MOST_PARTIES = 300


class _NewSchema(DossierSchema):
    """A dossier that is opened: its record, and when it came in, empty while it is being put together."""

    record = fields.String(required=True, error_messages={"required": "Name the record by its code."})
    received_on = fields.Date(
        load_default=None,
        allow_none=True,
        error_messages={"invalid": "Write the day as year-month-day: 2010-12-31."},
    )


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/dossiers/new", "dossier_new", show_new, methods=["GET"])
    desk.add_url_rule("/dossiers/new", "open_dossier", open_new, methods=["POST"])
    desk.add_url_rule("/dossiers/<int:dossier_id>/edit", "dossier_edit", show_edit, methods=["GET"])
    desk.add_url_rule("/dossiers/<int:dossier_id>/edit", "change_dossier", change, methods=["POST"])
    desk.add_url_rule("/dossiers/<int:dossier_id>/papers/<paper_code>", "dossier_paper", show_paper, methods=["GET"])
    desk.add_url_rule(
        "/dossiers/<int:dossier_id>/papers/<paper_code>", "set_dossier_paper", save_paper, methods=["POST"]
    )


def code_in(text: str) -> str:
    """Give the code of what was chosen from a list of names, or typed."""
    return text.partition(" – ")[0].strip().upper()


def show_new() -> Response:
    """Ask what a new dossier is about."""
    session, actor = db.session(), require_actor()
    require(actor, Permission.EDIT)
    typed = {name: request.args.get(name, "").strip()[:200] for name in ("record", "regulation", "one_stop_code")}
    return _form(session, typed | {"responsible": str(actor.id)}, {}, record=_record(session, typed["record"]))


def _record(session: Session, text: str) -> Record | None:
    code = code_in(text)
    found = records_by_code(session, [code]).get(code) if code else None
    return found if found is not None and found.kind in KIND_OF.values() else None


def open_new() -> BaseResponse:
    """Open a dossier; what was typed stays when it is refused."""
    session = db.session()
    typed = read_typed((*_HEAD, "record", "received_on"))
    data, errors = load_typed(_NewSchema(), _with_codes(typed))
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.EDIT)
    record = _record(session, typed["record"])
    if typed["record"] and record is None:
        errors.setdefault("record", say("There is no site and no artefact of this code."))
    if errors or record is None:
        return _form(session, typed, errors, record=record)
    try:
        received_on = data.pop("received_on")
        made = open_dossier(session, KINDS, record, data, received_on, actor=actor)
    except NotAllowed:
        raise
    except InvalidInput as error:
        session.rollback()
        return _form(session, typed, error_at_field(error), record=_record(session, typed["record"]))
    response = go(f"{HERE}/{made.id}", say("The dossier is opened. Go through its papers."))
    session.commit()
    return response


def _with_codes(typed: Mapping[str, str]) -> dict[str, str]:
    return {name: code_in(text) if name in ("record", "applicant_party") else text for name, text in typed.items()}


def _form(
    session: Session,
    typed: Mapping[str, str],
    errors: dict[str, str],
    *,
    record: Record | None,
    dossier: Dossier | None = None,
) -> Response:
    kind = record.kind if record else None
    regulations = [one for one in read_regulations(session) if kind in (None, KIND_OF[Procedure(one.procedure)])]
    day = dossier.received_on if dossier and dossier.received_on else today()
    parties, officers = _parties(session), people(session)
    # Whoever has left stays in the list of what they answer for.
    if dossier is not None and dossier.responsible and str(dossier.responsible.id) not in dict(officers):
        officers.append((str(dossier.responsible.id), dossier.responsible.shown_name))
    return render(
        "dossier_form.html",
        422 if errors else 200,
        section="dossiers",
        typed=typed,
        errors=errors,
        dossier=dossier,
        record=record,
        label=read_labels(session, [record.code]).get(record.code) if record else None,
        regulations=[
            (one.code, shown(one.name) if one.is_in_force(day) else f"{shown(one.name)} ({say('not in force')})")
            for one in regulations
        ],
        references=[(one.system, one.code, one.url) for one in record.external_refs] if record else [],
        roles=choices_of(read_vocabulary(session), "custodian_roles"),
        people=officers,
        parties=parties,
        today=today(),
    )


def _parties(session: Session) -> list[str]:
    """Give the bodies of the register, to choose from while one types; persons are found by their code alone."""
    query = sa.select(Party).where(Party.deleted_at.is_(None), Party.party_kind != PERSON, Party.version > 0)
    return [
        f"{one.code} – {shown(one.name)}" for one in session.scalars(query.order_by(Party.code).limit(_MOST_PARTIES))
    ]


def show_edit(dossier_id: int) -> Response:
    """Show the form of what a dossier says."""
    session = db.session()
    dossier = find_dossier(session, dossier_id)
    require_edit(session, KINDS, dossier.record, actor=require_actor())
    typed = {name: str(getattr(dossier, name)) for name in ("one_stop_code", "one_stop_url", "applicant", "note")}
    typed |= {
        "regulation": dossier.regulation.code,
        "applicant_role": dossier.applicant_role,
        "applicant_party": dossier.applicant_party.code if dossier.applicant_party else "",
        "responsible": str(dossier.responsible_id or ""),
        "version": str(dossier.version),
    }
    return _form(session, typed, {}, record=dossier.record, dossier=dossier)


def change(dossier_id: int) -> BaseResponse:
    """Change what a dossier says; what was typed stays when it is refused."""
    session = db.session()
    typed = read_typed((*_HEAD, "version"))
    data, errors = load_typed(DossierSchema(), _with_codes({name: typed[name] for name in _HEAD}))
    begin_write(session)
    actor = require_actor()
    try:
        if errors:
            dossier = find_dossier(session, dossier_id)
            require_edit(session, KINDS, dossier.record, actor=actor)
            return _form(session, typed, errors, record=dossier.record, dossier=dossier)
        change_dossier(session, KINDS, dossier_id, read_key(typed["version"]) or 0, data, actor=actor)
    except (NotFound, NotAllowed):
        raise
    except DisanError as error:
        session.rollback()
        dossier = find_dossier(session, dossier_id)
        # Whoever has read that somebody else was first may save once more.
        typed["version"] = str(dossier.version)
        return _form(session, typed, error_at_field(error), record=dossier.record, dossier=dossier)
    response = go(f"{HERE}/{dossier_id}", say("Saved."))
    session.commit()
    return response


def show_paper(dossier_id: int, paper_code: str) -> Response:
    """Show a paper of a dossier: what is asked for, what the register finds, and the form to say what is so."""
    session = db.session()
    dossier = find_dossier(session, dossier_id)
    require_edit(session, KINDS, dossier.record, actor=require_actor())
    return _paper(session, dossier, paper_code)


def _paper(
    session: Session, dossier: Dossier, code: str, errors: dict[str, str] | None = None, typed: Any = None
) -> Response:
    paper = find_paper(dossier.regulation, code)
    items = read_checklists(session, KINDS, [dossier], actor=require_actor())[dossier.id]
    item = next((one for one in items if one.paper.id == paper.id), None)
    if item is None:
        raise NotFound("This regulation has no paper %(code)s.", code=code)
    said = item.said
    if typed is None:
        since: dt.date | None = said.owed_since if said else None
        typed = {
            "verdict": said.verdict or "" if said else "",
            "reason": said.reason if said else "",
            "note": said.note if said else "",
            "owed_by": said.owed_by or "" if said else "",
            "owed_party": said.owed_party.code if said and said.owed_party else "",
            "owed_since": since.isoformat() if since else "",
            "media": list(said.media) if said else [],
            "further": "",
            "version": dossier.version,
        }
    roles = dict(choices_of(read_vocabulary(session), "media_roles"))
    return render(
        "dossier_paper.html",
        422 if errors else 200,
        section="dossiers",
        dossier=dossier,
        label=read_labels(session, [dossier.record.code]).get(dossier.record.code),
        item=item,
        held=read_media_about(session, dossier),
        roles=roles,
        verdicts=choices(VERDICTS),
        debtors=choices(DEBTORS),
        parties=_parties(session),
        typed=typed,
        errors=errors or {},
        **said_of(),
    )


def save_paper(dossier_id: int, paper_code: str) -> BaseResponse:
    """Write down what is the matter with a paper; what was typed stays when it is refused."""
    session = db.session()
    typed: dict[str, Any] = {**read_typed((*_PAPER, "further", "version"))}
    typed["media"] = [one for one in request.form.getlist("media") if one]
    further = [code_in(one) for one in typed["further"].replace(",", " ").split()]
    given = {name: typed[name] for name in _PAPER}
    given |= {"owed_party": code_in(typed["owed_party"]), "media": list(dict.fromkeys([*typed["media"], *further]))}
    data, errors = load_typed(DossierPaperSchema(), given)
    begin_write(session)
    actor = require_actor()
    try:
        dossier = find_dossier(session, dossier_id)
        if errors:
            require_edit(session, KINDS, dossier.record, actor=actor)
            return _paper(session, dossier, paper_code, errors, typed)
        paper = find_paper(dossier.regulation, paper_code)
        version = read_key(typed["version"]) or 0
        set_paper(session, KINDS, dossier_id, version, data, paper=paper, actor=actor)
    except InvalidInput as error:
        session.rollback()
        found = error_at_field(error)
        return _paper(session, find_dossier(session, dossier_id), paper_code, _at_further(found, further), typed)
    except (NotFound, NotAllowed):
        raise
    except DisanError as error:
        session.rollback()
        dossier = find_dossier(session, dossier_id)
        return _paper(session, dossier, paper_code, error_at_field(error), typed | {"version": dossier.version})
    response = go(f"{HERE}/{dossier_id}#paper-{paper_code}", say("Saved."))
    session.commit()
    return response


def _at_further(errors: dict[str, str], further: list[str]) -> dict[str, str]:
    """Say what is wrong with a file that was named by its code where it was named."""
    return {"further" if name == "media" and further else name: text for name, text in errors.items()}
