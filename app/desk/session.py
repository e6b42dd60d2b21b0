"""Logging in, going on with what was typed before, setting a password by a link, logging out."""

from __future__ import annotations

from flask import Blueprint, Response, make_response, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import login
from app.accounts import operations as accounts
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotAllowed
from app.desk.context import go, render, say
from app.desk.kept import is_inside, read_kept
from app.http.actor import COOKIE, clear_session, current_actor, is_same_origin, set_session
from app.http.i18n import sentence
from app.http.settings import current_settings


def add_url_rules(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/login", "log_in", log_in, methods=["GET", "POST"])
    desk.add_url_rule("/logout", "log_out", log_out, methods=["POST"])
    desk.add_url_rule("/link/<secret>", "use_link", use_link, methods=["GET", "POST"])


def log_in() -> BaseResponse:
    """Log in; then lead to the page that was asked for, or show what was typed before so that it is sent again."""
    target = request.values.get("target", "")
    if request.method == "GET":
        if current_actor() is not None:
            return go("/desk/")
        return render("login.html", message="", kept="", target=target if is_inside(target) else "", name="")
    if not is_same_origin():
        raise NotAllowed("This form does not come from your session. Open the page again and send it once more.")
    session = db.session()
    if not session.in_transaction():
        begin_write(session)
    name = request.form.get("name", "")
    found = login.log_in(
        session,
        name=name,
        password=request.form.get("password", ""),
        address=request.remote_addr or "",
        agent=request.headers.get("User-Agent", ""),
        settings=current_settings(),
    )
    session.commit()
    if found.secret is None:
        return _refuse(found, name, target)
    response = make_response(_go_on(target))
    set_session(response, found.secret)
    return response


def _refuse(found: login.Login, name: str, target: str) -> Response:
    message = say("The address or the password is wrong.")
    status = 401
    if found.wait_s:
        message = say("Too many tries. Wait %(count)s seconds, then try again.") % {"count": found.wait_s}
        status = 429
    kept = request.form.get("kept", "")
    response = render("login.html", status, message=message, kept=kept, target=target, name=name)
    if found.wait_s:
        response.headers["Retry-After"] = str(found.wait_s)
    return response


def _go_on(target: str) -> BaseResponse:
    kept = read_kept(request.form.get("kept", ""))
    if kept is None:
        return go(target if is_inside(target) else "/desk/")
    # The form that is shown next carries the proof of the new session, which the browser has with this answer only.
    path, fields = kept
    return render("continue.html", path=path, fields=fields)


def use_link(secret: str) -> BaseResponse:
    """Set a password by a one-time link, and log in with it."""
    session = db.session()
    if request.method == "GET":
        link = accounts.find_link(session, secret)
        return render("link.html", name=link.user.name, message="")
    if not is_same_origin():
        raise NotAllowed("This form does not come from your session. Open the page again and send it once more.")
    if not session.in_transaction():
        begin_write(session)
    name = accounts.find_link(session, secret).user.name
    try:
        user = accounts.use_link(session, secret, password=_repeated())
    except DisanError as error:
        session.rollback()
        return render("link.html", 422, name=name, message=sentence(error))
    opened = login.open_session(session, user, agent=request.headers.get("User-Agent", ""))
    response = make_response(go("/desk/", say("Your password is set.")))
    set_session(response, opened)
    session.commit()
    return response


def _repeated() -> str:
    """Give the password that was typed twice alike."""
    first, second = request.form.get("password", ""), request.form.get("repeated", "")
    if first != second:
        raise InvalidInput("The two passwords differ.", field="repeated")
    return first


def log_out() -> BaseResponse:
    """End the session."""
    login.log_out(db.session(), request.cookies.get(COOKIE, ""))
    response = make_response(go("/desk/login"))
    clear_session(response)
    db.session.commit()
    return response
