"""Logging in and out, and what becomes of a form whose session has ended: nothing typed is lost."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Flask, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import entrance
from app.accounts.sessions import close_session
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotAuthenticated
from app.desk.context import keep_language, render, tell
from app.desk.kept import KEPT_FIELD, Kept, is_desk_path, keep_posted, read_kept
from app.http.actor import (
    ForeignForm,
    current_actor,
    current_session_id,
    let_in,
    let_out,
    open_to_all,
    remote_address,
    require_actor,
    without_role,
)
from app.http.i18n import sentence
from app.http.problems import answer, is_for_machines
from app.http.security import is_desk
from app.http.settings import current_settings

HOME = "/desk/"
LOG_IN = "/desk/login"
_LONGEST_EMAIL = 254


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/login", "login", show_login, methods=["GET"])
    desk.add_url_rule("/login", "log_in", log_in, methods=["POST"])
    desk.add_url_rule("/logout", "log_out", log_out, methods=["POST"])


def init_app(app: Flask) -> None:
    """Answer whoever is not known or sends a form that is not ours, also where no page of the desk is."""
    app.register_error_handler(NotAuthenticated, on_not_authenticated)
    app.register_error_handler(ForeignForm, on_foreign_form)


def on_not_authenticated(error: NotAuthenticated) -> BaseResponse:
    """Lead to the log-in page; a form that was sent is kept on it and goes on after log-in."""
    if is_for_machines() or not is_desk(request.path):
        return answer(401, "Unauthorized", sentence(error), {})
    if request.method in ("GET", "HEAD"):
        return redirect(_log_in_path(request.full_path.rstrip("?")), 303)
    kept = keep_posted()
    if kept is None and request.method != "POST":
        return answer(401, "Unauthorized", sentence(error), {})
    return _log_in_page(401, kept=kept, is_expired=True)


def on_foreign_form(error: ForeignForm) -> BaseResponse:
    """Ask whether to go on when our own page sent the form, made for an earlier session; refuse any other."""
    kept = None if is_for_machines() else keep_posted()
    if kept is None or request.endpoint == "desk.log_out":
        return answer(403, "Forbidden", sentence(error), {})
    if request.endpoint == "desk.log_in":
        return _log_in_page(403, kept=read_kept(request.form.get(KEPT_FIELD, "")), error=sentence(error))
    return render("continue.html", 403, kept=kept, is_after_log_in=False)


def _log_in_path(to: str) -> str:
    return f"{LOG_IN}?{urlencode({'next': to})}" if is_desk_path(to) and to != HOME else LOG_IN


def _next() -> str:
    """Give where to go after log-in: an address of the desk, whatever was asked for."""
    asked = request.values.get("next", "")
    return asked if is_desk_path(asked) and not asked.startswith(LOG_IN) else HOME


def _log_in_page(
    status: int, *, kept: Kept | None = None, error: str | None = None, is_expired: bool = False
) -> Response:
    return render(
        "login.html",
        status,
        next=_next() if request.path == LOG_IN else HOME,
        kept=kept,
        email=request.form.get("email", "")[:_LONGEST_EMAIL] if request.path == LOG_IN else "",
        error=error,
        is_expired=is_expired,
    )


@open_to_all
def show_login() -> BaseResponse:
    """Show the log-in page; whoever is logged in goes on."""
    if current_actor() is not None:
        return redirect(_next(), 303)
    return _log_in_page(200)


@open_to_all
def log_in() -> BaseResponse:
    """Log somebody in with a new session, whatever cookie came along, and go on to where they wanted to."""
    session, settings = db.session(), current_settings()
    email, password = request.form.get("email", "")[:_LONGEST_EMAIL], request.form.get("password", "")
    kept = read_kept(request.form.get(KEPT_FIELD, ""))
    address = remote_address()
    begin_write(session)
    wait_s = entrance.count_try(session, email=email, address=address)
    # Counted before the password is looked at: guesses made all at once are counted one by one.
    session.commit()
    if wait_s:
        return _refused(kept, 429, entrance.must_wait(wait_s), wait_s)
    user = entrance.find_by_password(session, email=email, password=password)
    session.rollback()
    begin_write(session)
    if user is None:
        entrance.note_failure(session, email=email, address=address)
        session.commit()
        return _refused(kept, 422, InvalidInput("The address or the password is not right."))
    before = current_session_id()
    if before is not None:
        close_session(session, before, user=require_actor(), address=address)
    agent = request.headers.get("User-Agent")
    let_in(entrance.enter(session, user, password=password, settings=settings, agent=agent, address=address))
    language = user.language
    session.commit()
    response: BaseResponse = (
        render("continue.html", kept=kept, is_after_log_in=True) if kept else redirect(_next(), 303)
    )
    if language and isinstance(response, Response):
        keep_language(response, language)
    return response


def _refused(kept: Kept | None, status: int, error: DisanError, wait_s: int = 0) -> Response:
    response = _log_in_page(status, kept=kept, error=sentence(error))
    if wait_s:
        response.headers["Retry-After"] = str(wait_s)
    return response


@without_role
def log_out() -> BaseResponse:
    """End this session."""
    session = db.session()
    begin_write(session)
    session_id = current_session_id()
    if session_id is not None:
        close_session(session, session_id, user=require_actor(), address=remote_address())
    let_out()
    tell("You are logged out.")
    session.commit()
    return redirect(LOG_IN, 303)
