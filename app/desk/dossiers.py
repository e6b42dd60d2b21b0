"""Dossiers at the desk: the list, a dossier with its checklist, clock and steps, and what is owed, to be printed."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotAllowed, NotFound
from app.desk.context import go, read_key, render, say
from app.desk.dossier_words import DEBTORS, PROCEDURES, STATES, STEPS, choices, say_facts, say_reasons, words
from app.desk.labels import act_label, choices_of
from app.desk.present import show_day
from app.desk.typed import error_at_field, load_typed, read_typed
from app.heritage.dossiers import due
from app.heritage.dossiers.audit import code_of_dossier
from app.heritage.dossiers.checklist import tally
from app.heritage.dossiers.clock import add_working_days
from app.heritage.dossiers.models import CLOSED, Debtor, Dossier, Procedure, State
from app.heritage.dossiers.operations import require_edit, take_back, take_step
from app.heritage.dossiers.queries import (
    MOST_LOOKED_THROUGH,
    DossierQuery,
    bearing_code,
    find_dossier,
    read_checklists,
    read_dossiers,
)
from app.heritage.dossiers.schemas import StepSchema
from app.heritage.dossiers.steps import NEXT, standing_steps
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.records.queries import read_history, read_labels, records_by_code
from app.vocabularies.queries import read_vocabulary

HERE = "/desk/dossiers"
_FILTERS = ("state", "procedure", "overdue", "soon", "mine", "owes", "record")
_HISTORY = 20
SOON_DAYS = 5


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/dossiers", "dossiers", list_dossiers, methods=["GET"])
    desk.add_url_rule("/dossiers/<int:dossier_id>", "dossier", show_dossier, methods=["GET"])
    desk.add_url_rule("/dossiers/<int:dossier_id>/step", "step_dossier", step, methods=["POST"])
    desk.add_url_rule("/dossiers/<int:dossier_id>/back", "step_back", back, methods=["POST"])
    desk.add_url_rule("/dossiers/<int:dossier_id>/owed", "dossier_owed", show_owed, methods=["GET"])


def list_dossiers() -> Response:
    """List dossiers, what is due first on top."""
    session, actor = db.session(), require_actor()
    given = {name: request.args.get(name, "").strip()[:200] for name in _FILTERS}
    error, cursor = "", None
    rows: list[Any] = []
    try:
        query = _query(session, given, actor)
        rows, cursor = read_dossiers(session, KINDS, query, actor=actor)
    except InvalidInput as complaint:
        error = sentence(complaint)
    calendar, day = due.read_calendar(session), today()
    kept = [(name, value) for name, value in given.items() if value]
    return render(
        "dossiers.html",
        422 if error else 200,
        rows=[(dossier, tally(items), due.clock_of(dossier, calendar, day)) for dossier, items in rows],
        labels=read_labels(session, {dossier.record.code for dossier, _ in rows}),
        complaint=error,
        typed=given,
        today=day,
        show_day=show_day,
        states=choices(STATES),
        procedures=choices(PROCEDURES),
        debtors=choices(DEBTORS),
        may_open=is_permitted(actor, Permission.EDIT),
        most=MOST_LOOKED_THROUGH,
        first_url=f"{HERE}?{urlencode(kept)}" if request.args.get("cursor") else None,
        next_url=f"{HERE}?{urlencode([*kept, ('cursor', cursor)])}" if cursor else None,
        **words(),
    )


def _query(session: Session, given: dict[str, str], actor: User) -> DossierQuery:
    code = given["record"].partition(" – ")[0].strip().upper()
    record = records_by_code(session, [code]).get(code) if code else None
    return DossierQuery(
        today(),
        state=given["state"] if given["state"] in set(State) else None,
        procedure=given["procedure"] if given["procedure"] in set(Procedure) else None,
        record_id=record.id if record else None,
        one_stop_code=given["record"] if code and record is None else None,
        responsible_id=actor.id if given["mine"] else None,
        is_overdue=bool(given["overdue"]),
        due_until=soon(session) if given["soon"] else None,
        debtor=given["owes"] if given["owes"] in set(Debtor) else None,
        cursor=request.args.get("cursor") or None,
    )


def soon(session: Session) -> dt.date:
    """Give the day until which something is due soon: so many working days from today."""
    return add_working_days(today(), SOON_DAYS, due.read_calendar(session))


def show_dossier(dossier_id: int) -> Response:
    """Show a dossier: its checklist first, then its clock, its steps, and what was changed."""
    session = db.session()
    return _page(session, find_dossier(session, dossier_id))


def may_edit(session: Session, dossier: Dossier, actor: User) -> bool:
    """Tell whether somebody may deal with a dossier."""
    try:
        require_edit(session, KINDS, dossier.record, actor=actor)
    except NotAllowed:
        return False
    return True


def _page(session: Session, dossier: Dossier, errors: dict[str, str] | None = None) -> Response:
    actor = require_actor()
    items = read_checklists(session, KINDS, [dossier], actor=actor)[dossier.id]
    is_editor = may_edit(session, dossier, actor)
    counts = tally(items)
    state = State(dossier.state)
    typed = request.form if errors else {}
    return render(
        "dossier.html",
        422 if errors else 200,
        dossier=dossier,
        label=read_labels(session, [dossier.record.code]).get(dossier.record.code),
        items=items,
        counts=counts,
        clock=due.clock_of(dossier, due.read_calendar(session), today()),
        today=today(),
        may_edit=is_editor,
        is_closed=state in CLOSED,
        following=[(str(one), say(STEPS[one])) for one in NEXT[state]],
        can_take_back=bool(standing_steps(dossier.steps)),
        others=bearing_code(session, dossier),
        roles=dict(choices_of(read_vocabulary(session), "custodian_roles")),
        history=read_history(session, code=code_of_dossier(dossier), most=_HISTORY),
        act_label=act_label,
        errors=errors or {},
        typed={
            "state": typed.get("state", ""),
            "happened_on": typed.get("happened_on", today().isoformat()),
            "note": typed.get("note", ""),
            "why": typed.get("why", ""),
        },
        **said_of(),
    )


def said_of() -> dict[str, Any]:
    """Give how the pages of a dossier say things."""
    return {"say_reasons": say_reasons, "say_facts": say_facts, "show_day": show_day, **words()}


def step(dossier_id: int) -> BaseResponse:
    """Write down a step; what was typed stays when it is refused."""
    session = db.session()
    data, errors = load_typed(StepSchema(), read_typed(("state", "happened_on", "note")))
    begin_write(session)
    actor = require_actor()
    try:
        if errors:
            require_edit(session, KINDS, find_dossier(session, dossier_id).record, actor=actor)
            return _page(session, find_dossier(session, dossier_id), errors)
        take_step(session, KINDS, dossier_id, _version(), data, actor=actor)
    except DisanError as error:
        return refused(session, dossier_id, error)
    response = go(f"{HERE}/{dossier_id}#steps", say("Saved."))
    session.commit()
    return response


def _version() -> int:
    return read_key(request.form.get("version")) or 0


def refused(session: Session, dossier_id: int, error: DisanError) -> BaseResponse:
    """Show a dossier's page again with an error at its field, or above; what was typed stays."""
    session.rollback()
    if isinstance(error, NotFound | NotAllowed):
        raise error
    return _page(session, find_dossier(session, dossier_id), error_at_field(error))


def back(dossier_id: int) -> BaseResponse:
    """Take the last step back."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    try:
        take_back(session, KINDS, dossier_id, _version(), read_typed(["why"])["why"], actor=actor)
    except DisanError as error:
        return refused(session, dossier_id, error)
    response = go(f"{HERE}/{dossier_id}#steps", say("The step is taken back; both lines stay to be read."))
    session.commit()
    return response


def show_owed(dossier_id: int) -> Response:
    """Show what is owed as a sheet to print, an annex of a letter: all of it, or what one debtor owes."""
    session, actor = db.session(), require_actor()
    dossier = find_dossier(session, dossier_id)
    items = [item for item in read_checklists(session, KINDS, [dossier], actor=actor)[dossier.id] if item.is_owed]
    debtor = request.args.get("by", "")
    debtor = debtor if debtor in set(Debtor) else ""
    return render(
        "dossier_owed.html",
        dossier=dossier,
        label=read_labels(session, [dossier.record.code]).get(dossier.record.code),
        items=[item for item in items if not debtor or item.owed_by == debtor],
        debtor=debtor,
        debtors=[(str(one), say(DEBTORS[one])) for one in tally(items).owed],
        today=today(),
        **said_of(),
    )
