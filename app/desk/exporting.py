"""Exports from the desk: a list or chosen records as a file, sent at once when few, else made by the worker."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qsl

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput
from app.desk.asked import Asked, find_meant
from app.desk.context import go, render, say
from app.desk.wording import DeskWording
from app.exchange.exports.formats import FORMATS, Format
from app.exchange.exports.making import make_export, note_export
from app.exchange.exports.selection import MOST_CHOSEN, Selection
from app.exchange.exports.wishes import AT_ONCE, find_export, is_soon, read_exports, wish_export
from app.http.actor import require_actor
from app.http.i18n import current_language, sentence
from app.http.settings import absolute, current_settings

_HERE = "/desk/exports"
_PIECE = 1 << 16
_ASK_AGAIN_S = 3


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/exports", "exports", list_exports, methods=["GET"])
    desk.add_url_rule("/exports", "export", export, methods=["POST"])
    desk.add_url_rule("/exports/<int:wish_id>/file", "export_file", send_export, methods=["GET"])


def format_choices() -> list[tuple[str, str]]:
    """Give the formats with what they are called."""
    return [(found.name, say(found.title)) for found in FORMATS.values()]


def export() -> BaseResponse:
    """Export what the form names: the chosen records, or all of a list; what cannot be is told where it was asked."""
    session, actor = db.session(), require_actor()
    require(actor, Permission.VIEW)
    back = request.form.get("back", "")
    back = back if back.startswith(("/desk/register", "/desk/records/")) else "/desk/register"
    form = FORMATS.get(request.form.get("format", ""))
    try:
        if form is None:
            raise InvalidInput("Choose a format.", field="format")
        selection = _selected(session, actor)
        if is_soon(session, selection):
            return _send_now(session, selection, form, actor)
        return _wish(session, selection, form, actor)
    except DisanError as error:
        session.rollback()
        return go(back, sentence(error), tone="error")


def _selected(session: Session, actor: User) -> Selection:
    """Read what is to be exported; raises `InvalidInput` where records were to be chosen and none was."""
    codes = tuple(dict.fromkeys(code for code in request.form.getlist("code") if code))
    if len(codes) > MOST_CHOSEN:
        raise InvalidInput("Choose at most %(most)s records at once.", field="code", most=MOST_CHOSEN)
    if codes:
        return Selection(codes=codes)
    if "list" not in request.form:
        raise InvalidInput("Choose at least one record.", field="code")
    asked = Asked.of(MultiDict(parse_qsl(request.form["list"])))
    if asked["unit"]:
        asked.units = find_meant(session, asked["unit"])
    return Selection(asked.query(actor))


def _send_now(session: Session, selection: Selection, form: Format, actor: User) -> Response:
    settings = current_settings()
    made = make_export(
        session,
        selection,
        form,
        actor=actor,
        settings=settings,
        wording=DeskWording(session, current_language(), settings),
        base=absolute(""),
    )
    begin_write(session)
    note_export(session, selection, made, actor=require_actor())
    session.commit()
    return _answer(made.path, made.name, form, is_kept=False)


def _wish(session: Session, selection: Selection, form: Format, actor: User) -> BaseResponse:
    session.rollback()
    begin_write(session)
    wish_export(session, selection, form.name, language=current_language(), base=absolute(""), actor=actor)
    session.commit()
    return go(_HERE, say("These are more than %(most)s records: the file is being made.") % {"most": AT_ONCE})


def _answer(path: Path, name: str, form: Format, *, is_kept: bool) -> Response:
    """Send a file piece by piece; one that nobody will ask for again is unlinked at once."""
    file = path.open("rb")
    size = path.stat().st_size
    if not is_kept:
        path.unlink()

    def pieces() -> Iterator[bytes]:
        with file:
            while piece := file.read(_PIECE):
                yield piece

    response = Response(pieces(), mimetype=form.media_type)
    response.call_on_close(file.close)
    response.headers["Content-Length"] = str(size)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def list_exports() -> Response:
    """List the exports that the worker makes for somebody, with what they hold and until when they are kept."""
    session, actor = db.session(), require_actor()
    require(actor, Permission.VIEW)
    found = read_exports(session, current_settings(), actor=actor)
    response = render(
        "exports.html",
        exports=found,
        titles=dict(format_choices()),
        problems={one.wish.id: sentence(one.problem) for one in found if one.problem is not None},
        at_once=AT_ONCE,
    )
    if any(one.is_alive for one in found):
        response.headers["Refresh"] = str(_ASK_AGAIN_S)
    return response


def send_export(wish_id: int) -> Response:
    """Send a finished export to whoever wished for it."""
    session, actor = db.session(), require_actor()
    found = find_export(session, current_settings(), wish_id, actor=actor)
    if found.path is None:
        raise InvalidInput("This export is not here any more: it is kept for a day. Export the list again.")
    return _answer(found.path, found.name, FORMATS[found.form], is_kept=True)
