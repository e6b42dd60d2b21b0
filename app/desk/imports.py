"""Tables taken in at the desk: sent, mapped, looked through line by line, written as one changeset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotFound
from app.desk.context import go, read_key, render, say
from app.desk.import_mapping import CONSTANTS, parts_named, read_mapping
from app.exchange.intake import operations as imports
from app.exchange.intake.models import Choice, Import, ImportLine, ImportState, Verdict
from app.exchange.intake.operations import find_import
from app.exchange.intake.queries import lines_of, own_imports
from app.exchange.intake.returning import return_file, say_faults, send_pieces
from app.exchange.intake.targets import Target, targets_of
from app.exchange.tables.lines import text_of
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.problems import status_of
from app.http.security import IMPORTS
from app.http.settings import current_settings
from app.jobs.models import WishState
from app.jobs.queries import find_wish

_HERE = IMPORTS
_ASK_AGAIN_S = 2
_PAGE = 50
_BUSY = (ImportState.READING, ImportState.CHECKING, ImportState.WRITING)
_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
STATES = {
    ImportState.READING: "Being read",
    ImportState.READ: "To be mapped",
    ImportState.CHECKING: "Being checked",
    ImportState.CHECKED: "To be decided",
    ImportState.WRITING: "Being written",
    ImportState.WRITTEN: "Taken in",
    ImportState.REFUSED: "Refused",
}
VERDICTS = {
    Verdict.ERROR: "With faults",
    Verdict.DUPLICATE: "Perhaps there already",
    Verdict.NEW: "New",
    Verdict.UPDATE: "Changes of records",
    Verdict.SAME: "Says nothing new",
    Verdict.KEPT: "Being changed by somebody",
    Verdict.LEFT_OUT: "Left out",
    Verdict.HEADING: "Titles and empty lines",
}


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/imports", "imports", list_imports, methods=["GET"])
    desk.add_url_rule("/imports", "begin_import", begin, methods=["POST"])
    desk.add_url_rule("/imports/<int:import_id>", "import", show_import, methods=["GET"])
    desk.add_url_rule("/imports/<int:import_id>/workbook", "import_workbook", give_workbook, methods=["GET"])
    desk.add_url_rule("/imports/<int:import_id>/<act>", "act_on_import", act, methods=["POST"])


def list_imports(error: DisanError | None = None) -> Response:
    """Show the form that a file is sent by, and the officer's imports."""
    actor = require_actor()
    require(actor, Permission.EDIT)
    kind = request.values.get("kind", "site")
    return render(
        "imports.html",
        status_of(error) if error else 200,
        kinds=[(each.name, say(each.title)) for each in KINDS.values()],
        kind=kind if kind in KINDS else "site",
        most=current_settings().import_max_mb,
        rows=own_imports(db.session(), actor=actor),
        titles={each.name: say(each.title) for each in KINDS.values()},
        states={state: say(label) for state, label in STATES.items()},
        complaint=sentence(error) if error else "",
    )


def begin() -> BaseResponse:
    """Take a file; it is read in the background."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise InvalidInput("Choose a file.")
        made = imports.begin_import(
            session,
            file.stream,
            file.filename,
            request.form.get("kind", ""),
            actor=actor,
            kinds=KINDS,
            settings=current_settings(),
        )
    except DisanError as error:
        session.rollback()
        return list_imports(error)
    target = f"{_HERE}/{made.id}"
    session.commit()
    return go(target)


def show_import(import_id: int, error: DisanError | None = None) -> Response:
    """Show an import at the point where it stands: being worked on, to be mapped, to be decided, or done."""
    session, actor = db.session(), require_actor()
    found = find_import(session, import_id, actor=actor)
    problem = error or found.problem
    values: dict[str, Any] = {
        "one": found,
        "here": f"{_HERE}/{found.id}",
        "title": say(KINDS[found.kind].title),
        "complaint": sentence(problem) if problem else "",
        "notes": [sentence(DisanError(note["message"], **note["params"])) for note in found.notes],
        "state": say(STATES[ImportState(found.state)]),
        "is_stuck": _is_stuck(session, found),
    }
    status = status_of(error) if error else 200
    if found.state in _BUSY:
        response = render("import_wait.html", status, **values)
        response.headers["Refresh"] = str(_ASK_AGAIN_S)
        return response
    if found.state == ImportState.READ or (found.state == ImportState.CHECKED and "map" in request.args):
        return render("import_mapping.html", status, **values, **read_mapping(session, found))
    if found.state == ImportState.CHECKED:
        return render("import_lines.html", status, **values, **_preview(session, found))
    return render("import_wait.html", status, **values)


def _is_stuck(session: Session, found: Import) -> bool:
    """Tell whether the worker has given up what it was to do."""
    key = found.options.get("wish")
    if found.state not in _BUSY or key is None:
        return False
    try:
        return find_wish(session, key, actor=require_actor()).state in (WishState.FAILED, WishState.CANCELLED)
    except NotFound:
        return True


def _preview(session: Session, found: Import) -> dict[str, Any]:
    """Give what the page of the lines shows: counts, and the lines of one verdict."""
    counts = [(verdict, say(label), found.counts.get(verdict, 0)) for verdict, label in VERDICTS.items()]
    asked = request.args.get("verdict", "")
    first = next((verdict for verdict, _, count in counts if count), Verdict.NEW)
    verdict = Verdict(asked) if asked in set(Verdict) else first
    after = read_key(request.args.get("after")) or 0
    lines = lines_of(session, found, [verdict], after=after, most=_PAGE + 1)
    columns = next(each["columns"] for each in found.sheets if each["position"] == found.sheet)
    kind = KINDS[found.kind]
    targets = targets_of(kind, tuple(current_settings().languages), parts_named(list(found.mapping.values())))
    mapped = {int(place): targets[path] for place, path in found.mapping.items() if path in targets}
    return {
        "counts": [row for row in counts if row[2]],
        "verdict": verdict,
        "rows": [_row(found, line, columns, mapped) for line in lines[:_PAGE]],
        "next_url": f"?verdict={verdict}&after={lines[_PAGE - 1].number}" if len(lines) > _PAGE else "",
        "unmapped": [name for place, name in enumerate(columns) if name and place not in mapped],
        "writable": sum(found.counts.get(each, 0) for each in (Verdict.NEW, Verdict.UPDATE)),
        "wrong": found.counts.get(Verdict.ERROR, 0),
        "undecided": found.counts.get(Verdict.DUPLICATE, 0),
    }


def _row(found: Import, line: ImportLine, columns: Sequence[str], mapped: Mapping[int, Target]) -> dict[str, Any]:
    """Give a line as the page shows it: its cells with their headings, faults at theirs, what it may be."""
    by_column = {fault["column"] for fault in line.faults}
    cells = [
        {
            "heading": columns[place] if place < len(columns) else "",
            "text": text_of(line.cells[place])[:120] if place < len(line.cells) else "",
            "is_wrong": place in by_column,
        }
        for place in mapped
    ]
    return {
        "number": line.number,
        "code": line.code,
        "cells": [cell for cell in cells if cell["text"] or cell["is_wrong"]],
        "told": say_faults(found, line, sentence) if line.faults or line.verdict == Verdict.KEPT else [],
        "candidates": line.candidates,
        "is_formula": bool(set(line.formulas) & set(mapped)),
    }


def give_workbook(import_id: int) -> BaseResponse:
    """Give the file back with what is wrong beside its cells."""
    session, actor = db.session(), require_actor()
    found = find_import(session, import_id, actor=actor)
    if found.state != ImportState.CHECKED:
        raise NotFound("There is nothing at this address.")
    made = return_file(session, found, sentence, settings=current_settings())
    size = made.stat().st_size
    stem = found.name.rpartition(".")[0] or found.name
    response = Response(send_pieces(made), mimetype=_XLSX)
    response.content_length = size
    name = quote(say("%(name)s – to be mended", name=stem) + ".xlsx")
    response.headers["Content-Disposition"] = f"attachment; filename*=UTF-8''{name}"
    return response


def act(import_id: int, act: str) -> BaseResponse:
    """Do something with an import; what is wrong is said on its page, with what was typed."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    if act not in _ACTS:
        raise NotFound("There is nothing at this address.")
    found = find_import(session, import_id, actor=actor, is_held=True)
    try:
        require(actor, Permission.EDIT)
        target, told = _ACTS[act](session, found)
    except DisanError as error:
        session.rollback()
        return show_import(import_id, error)
    session.commit()
    return go(target, told)


def _map(session: Session, found: Import) -> tuple[str, str]:
    form = request.form
    mapping = {
        int(name.removeprefix("column-")): path
        for name, path in form.items()
        if name.startswith("column-") and path and name.removeprefix("column-").isdecimal()
    }
    pairs = ((form.get(f"constant-{n}", ""), form.get(f"value-{n}", "")) for n in range(CONSTANTS))
    imports.map_columns(
        session,
        found,
        sheet=read_key(form.get("sheet")) or 0,
        mapping=mapping,
        constants={path: value for path, value in pairs if path and value.strip()},
        system=form.get("system") or None,
        actor=require_actor(),
        kinds=KINDS,
        settings=current_settings(),
    )
    return f"{_HERE}/{found.id}", ""


def _choose(session: Session, found: Import) -> tuple[str, str]:
    form, actor = request.form, require_actor()
    which, _, code = form.get("choice", "").partition(":")
    if which not in set(Choice):
        raise InvalidInput("Say what becomes of the lines.")
    verdict = form.get("all", "")
    numbers = [number for text in form.getlist("line") if (number := read_key(text)) is not None]
    count = imports.choose(
        session,
        found,
        Choice(which),
        actor=actor,
        numbers=numbers,
        verdict=Verdict(verdict) if verdict in set(Verdict) else None,
        code=code,
    )
    if not count:
        raise InvalidInput("Choose at least one line for which this can be.")
    return f"{_HERE}/{found.id}", say("Decided for %(count)s lines.", count=count)


def _again(session: Session, found: Import) -> tuple[str, str]:
    imports.check_again(session, found, actor=require_actor())
    return f"{_HERE}/{found.id}", ""


def _write(session: Session, found: Import) -> tuple[str, str]:
    imports.wish_writing(session, found, actor=require_actor(), title=request.form.get("title", ""))
    return f"{_HERE}/{found.id}", ""


def _drop(session: Session, found: Import) -> tuple[str, str]:
    imports.drop_import(session, found, current_settings(), actor=require_actor())
    return _HERE, say("Given up; nothing was taken in.")


_ACTS = {"map": _map, "choose": _choose, "again": _again, "write": _write, "drop": _drop}
