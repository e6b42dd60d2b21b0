"""Regulations at the desk: what each procedure asks for, and an administrator's forms to change that."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, is_permitted, require
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import Conflict, DisanError, InvalidInput, NotAllowed, NotFound
from app.desk.context import go, read_key, render, say
from app.desk.dossier_words import DEBTORS, PROCEDURES, UNITS, choices, words
from app.desk.labels import act_label, choices_of
from app.desk.present import show_day
from app.desk.typed import error_at_field, load_typed, read_typed
from app.heritage.dossiers.audit import REGULATION, code_of
from app.heritage.dossiers.facts import CONDITIONS, FACTS
from app.heritage.dossiers.forms import FORMS
from app.heritage.dossiers.models import Regulation, RequiredPaper
from app.heritage.dossiers.regulations import (
    find_paper,
    find_regulation,
    read_regulations,
    save_paper,
    save_regulation,
)
from app.heritage.dossiers.schemas import PaperSchema, RegulationHeadSchema
from app.http.actor import require_actor
from app.records.queries import read_history
from app.vocabularies.queries import read_vocabulary

_HERE = "/desk/regulations"
_HEAD = (
    *("code", "version", "procedure", "basis", "valid_from", "valid_until", "limit_days", "limit_unit", "source"),
    *("name.vi", "name.en", "note.vi", "note.en"),
)
_PAPER = (
    *("paper", "version", "condition", "forms", "owed_by", "valid_since", "is_retired"),
    *("name.vi", "name.en", "note.vi", "note.en", "obsolete.vi", "obsolete.en"),
)
_CODE = re.compile(r"[a-z0-9][a-z0-9.-]{1,58}")
_FACT_WORDS = {
    "zone_minutes": "Minutes of every zone",
    "zone_boundary": "Boundary of every zone",
    "artefacts": "Artefacts kept here",
    "documents": "Documentary heritage kept here",
    "location": "The place on the map",
    "owner": "The owner",
}
_HISTORY = 20


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/regulations", "regulations", list_regulations, methods=["GET"])
    desk.add_url_rule("/regulations/new", "regulation_new", show_head, methods=["GET"])
    desk.add_url_rule("/regulations/new", "make_regulation", save_head, methods=["POST"])
    desk.add_url_rule("/regulations/<regulation_code>", "regulation", show_regulation, methods=["GET"])
    desk.add_url_rule("/regulations/<regulation_code>/edit", "regulation_edit", show_head, methods=["GET"])
    desk.add_url_rule("/regulations/<regulation_code>/edit", "save_regulation", save_head, methods=["POST"])
    desk.add_url_rule("/regulations/<regulation_code>/papers", "regulation_paper_new", show_one, methods=["GET"])
    desk.add_url_rule("/regulations/<regulation_code>/papers", "make_regulation_paper", save_one, methods=["POST"])
    desk.add_url_rule(
        "/regulations/<regulation_code>/papers/<paper_code>", "regulation_paper", show_one, methods=["GET"]
    )
    desk.add_url_rule(
        "/regulations/<regulation_code>/papers/<paper_code>", "save_regulation_paper", save_one, methods=["POST"]
    )


def _render(template: str, status: int = 200, **values: Any) -> Response:
    may_write = is_permitted(require_actor(), Permission.WRITE_REFERENCE)
    shared = {"show_day": show_day, "may_write": may_write, **words()}
    return render(template, status, section="dossiers", **shared, **values)


def list_regulations() -> Response:
    """List the regulations, in their order."""
    return _render("regulations.html", regulations=read_regulations(db.session()), today=today())


def show_regulation(regulation_code: str) -> Response:
    """Show a regulation with the papers that it asks for, and those that it no longer does."""
    session = db.session()
    regulation = find_regulation(session, regulation_code)
    return _render(
        "regulation.html",
        regulation=regulation,
        today=today(),
        conditions={name: say(one.asks) for name, one in CONDITIONS.items()},
        facts={name: say(text) for name, text in _FACT_WORDS.items()},
        roles=dict(choices_of(read_vocabulary(session), "media_roles")),
        history=read_history(session, code=code_of(REGULATION, regulation_code), most=_HISTORY),
        act_label=act_label,
    )


def _localized(typed: Mapping[str, str], name: str) -> dict[str, str]:
    return {language: typed[f"{name}.{language}"] for language in ("vi", "en") if typed[f"{name}.{language}"]}


def _name_errors(errors: Mapping[str, str]) -> dict[str, str]:
    """Say what is wrong with a name where its Vietnamese is typed."""
    return {f"{name}.vi" if name in ("name", "note", "obsolete") else name: text for name, text in errors.items()}


def show_head(regulation_code: str = "") -> Response:
    """Show the form of a regulation, or of a new one."""
    require(require_actor(), Permission.WRITE_REFERENCE)
    regulation = find_regulation(db.session(), regulation_code) if regulation_code else None
    return _head(regulation, _typed_head(regulation), {})


def _typed_head(regulation: Regulation | None) -> dict[str, str]:
    if regulation is None:
        return dict.fromkeys(_HEAD, "") | {"version": "0", "limit_unit": "working"}
    plain = {name: getattr(regulation, name) for name in _HEAD if "." not in name}
    typed = {name: "" if value is None else str(value) for name, value in plain.items()}
    return typed | {
        f"{name}.{language}": getattr(regulation, name).get(language, "")
        for name in ("name", "note")
        for language in ("vi", "en")
    }


def _head(regulation: Regulation | None, typed: Mapping[str, str], errors: dict[str, str]) -> Response:
    return _render(
        "regulation_form.html",
        422 if errors else 200,
        regulation=regulation,
        typed=typed,
        errors=errors,
        procedures=choices(PROCEDURES),
        units=choices(UNITS),
    )


def save_head(regulation_code: str = "") -> BaseResponse:
    """Write what is said of a regulation; what was typed stays when it is refused."""
    session = db.session()
    typed = read_typed(_HEAD)
    data, errors = load_typed(
        RegulationHeadSchema(),
        {name: typed[name] for name in _HEAD if "." not in name and name not in ("code", "version")}
        | {name: _localized(typed, name) for name in ("name", "note")},
    )
    key = regulation_code or typed["code"].lower()
    if not regulation_code and (not _CODE.fullmatch(key) or key == "new"):
        errors["code"] = say("Write small letters, digits and strokes: rank-2026.")
    begin_write(session)
    require(require_actor(), Permission.WRITE_REFERENCE)
    try:
        if errors:
            return _head(
                find_regulation(session, regulation_code) if regulation_code else None, typed, _name_errors(errors)
            )
        version = (read_key(typed["version"]) or 0) if regulation_code else 0
        save_regulation(session, key, version, data, actor=require_actor())
    except (InvalidInput, Conflict) as error:
        session.rollback()
        regulation = find_regulation(session, regulation_code) if regulation_code else None
        kept = typed | ({"version": str(regulation.version)} if regulation else {})
        return _head(regulation, kept, _name_errors(error_at_field(error)))
    response = go(f"{_HERE}/{key}", say("Saved."))
    session.commit()
    return response


def show_one(regulation_code: str, paper_code: str = "") -> Response:
    """Show the form of a paper that a regulation asks for, or of a new one."""
    require(require_actor(), Permission.WRITE_REFERENCE)
    regulation = find_regulation(db.session(), regulation_code)
    found = find_paper(regulation, paper_code) if paper_code else None
    return _one(db.session(), regulation, found, _typed_one(regulation, found), {})


def _typed_one(regulation: Regulation, paper: RequiredPaper | None) -> dict[str, Any]:
    typed: dict[str, Any] = dict.fromkeys(_PAPER, "") | {"version": str(regulation.version), "roles": [], "facts": []}
    if paper is None:
        return typed | {"owed_by": "applicant"}
    typed |= {
        "paper": paper.code,
        "condition": paper.condition or "",
        "forms": "\n".join(paper.forms),
        "roles": list(paper.roles),
        "facts": list(paper.facts),
        "owed_by": paper.owed_by,
        "valid_since": paper.valid_since.isoformat() if paper.valid_since else "",
        "is_retired": "1" if paper.is_retired else "",
    }
    return typed | {
        f"{name}.{language}": getattr(paper, name).get(language, "")
        for name in ("name", "note", "obsolete")
        for language in ("vi", "en")
    }


def _one(
    session: Session,
    regulation: Regulation,
    paper: RequiredPaper | None,
    typed: Mapping[str, Any],
    errors: dict[str, str],
) -> Response:
    return _render(
        "regulation_paper.html",
        422 if errors else 200,
        regulation=regulation,
        paper=paper,
        typed=typed,
        errors=errors,
        debtors=choices(DEBTORS),
        conditions=[(name, say(one.asks)) for name, one in CONDITIONS.items()],
        facts=[(name, say(_FACT_WORDS[name])) for name in FACTS],
        roles=choices_of(read_vocabulary(session), "media_roles"),
        all_forms=", ".join(FORMS),
    )


def save_one(regulation_code: str, paper_code: str = "") -> BaseResponse:
    """Write what is said of a paper that a regulation asks for; what was typed stays when it is refused."""
    session = db.session()
    typed: dict[str, Any] = {**read_typed(_PAPER)}
    typed |= {name: request.form.getlist(name) for name in ("roles", "facts")}
    key = paper_code or typed["paper"].lower()
    given = {name: typed[name] for name in ("condition", "owed_by", "valid_since", "roles", "facts")}
    given |= {name: _localized(typed, name) for name in ("name", "note", "obsolete")}
    forms = [one.strip().lower() for one in typed["forms"].splitlines()]
    data, errors = load_typed(PaperSchema(), given | {"paper": key, "forms": [one for one in forms if one]})
    if not paper_code and not _CODE.fullmatch(key):
        errors["paper"] = say("Write small letters, digits and strokes: rank-2026.")
    begin_write(session)
    require(require_actor(), Permission.WRITE_REFERENCE)
    try:
        regulation = find_regulation(session, regulation_code)
        known = next((one for one in regulation.papers if one.code == key), None)
        if not paper_code and known is not None:
            errors["paper"] = say("The code %(code)s is taken.", code=key)
        if errors:
            return _one(session, regulation, known if paper_code else None, typed, _name_errors(errors))
        is_retired = bool(typed["is_retired"])
        version = read_key(typed["version"]) or 0
        save_paper(session, regulation_code, version, data, is_retired=is_retired, actor=require_actor())
    except (NotFound, NotAllowed):
        raise
    except DisanError as error:
        session.rollback()
        regulation = find_regulation(session, regulation_code)
        known = next((one for one in regulation.papers if one.code == key), None) if paper_code else None
        kept = typed | {"version": str(regulation.version)}
        return _one(session, regulation, known, kept, _name_errors(error_at_field(error)))
    response = go(f"{_HERE}/{regulation_code}", say("Saved."))
    session.commit()
    return response
