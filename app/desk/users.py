"""Users' administration: who there is, invitations, roles with their scopes, links, sessions and tokens of others."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import administration, entrance, links, sessions, tokens
from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.db import begin_write, db
from app.core.errors import DisanError
from app.desk.context import render, tell, tell_error
from app.desk.grants import grant_values, read_grants, rows_of, typed_rows
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.settings import absolute, current_settings

_HERE = "/desk/users"


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/users", "users", list_users, methods=["GET"])
    desk.add_url_rule("/users/new", "users_new", show_invitation, methods=["GET"])
    desk.add_url_rule("/users/new", "users_invite", invite, methods=["POST"])
    desk.add_url_rule("/users/<int:user_id>", "user", show_user, methods=["GET"])
    desk.add_url_rule("/users/<int:user_id>/roles", "user_roles", set_roles, methods=["POST"])
    desk.add_url_rule("/users/<int:user_id>/link", "user_link", make_link, methods=["POST"])
    desk.add_url_rule("/users/<int:user_id>/state", "user_state", set_state, methods=["POST"])
    desk.add_url_rule("/users/<int:user_id>/sessions", "user_sessions", end_sessions, methods=["POST"])
    desk.add_url_rule("/users/<int:user_id>/tokens/<int:token_id>", "user_token", revoke_token, methods=["POST"])


def _admin() -> User:
    actor = require_actor()
    require(actor, Permission.MANAGE_USERS)
    return actor


def list_users() -> Response:
    """List people with their roles."""
    _admin()
    people = administration.read_users(db.session())
    return render("users.html", users=people, **grant_values(db.session()))


def _invitation_page(status: int = 200, error: DisanError | None = None, more: int = 0) -> Response:
    field = str(error.params.get("field") or "") if error else ""
    return render(
        "user_new.html",
        status,
        typed=request.form,
        errors={field: sentence(error)} if error else {},
        rows=typed_rows(request.form, more) if request.method == "POST" else rows_of([]),
        **grant_values(db.session()),
    )


def show_invitation() -> Response:
    """Ask whom to invite."""
    _admin()
    return _invitation_page()


def invite() -> Response:
    """Add somebody and show the link with which they set their password."""
    session = db.session()
    if "more" in request.form:
        _admin()
        return _invitation_page(more=1)
    begin_write(session)
    actor = _admin()
    try:
        user = administration.invite_user(
            session,
            email=request.form.get("email", ""),
            display_name=request.form.get("display_name", ""),
            grants=read_grants(session, request.form),
            actor=actor,
        )
        secret = links.make_link(session, user, actor=actor, settings=current_settings())
    except DisanError as error:
        session.rollback()
        return _invitation_page(422, error)
    session.commit()
    return _link_page(user, secret)


def _link_page(user: User, secret: str) -> Response:
    url = absolute(f"/desk/link?key={secret}")
    return render("user_link.html", user=user, url=url, hours=current_settings().link_hours)


def _page(user_id: int, status: int = 200, error: DisanError | None = None, more: int = 0) -> Response:
    session, settings = db.session(), current_settings()
    user = administration.read_user(session, user_id)
    field = str(error.params.get("field") or "") if error else ""
    is_typed = request.method == "POST"
    return render(
        "user.html",
        status,
        user=user,
        rows=typed_rows(request.form, more) if is_typed else rows_of(user.roles),
        errors={field: sentence(error)} if error else {},
        sessions=sessions.read_sessions(session, user, settings),
        tokens=tokens.read_tokens(session, user),
        blocked_until=entrance.blocked_until(session, user),
        **grant_values(session),
    )


def show_user(user_id: int) -> Response:
    """Show somebody's account."""
    _admin()
    return _page(user_id)


def set_roles(user_id: int) -> BaseResponse:
    """Give somebody the roles of the form in place of all they had."""
    session = db.session()
    if "more" in request.form:
        _admin()
        return _page(user_id, more=1)
    begin_write(session)
    actor = _admin()
    try:
        user = administration.read_user(session, user_id)
        administration.set_grants(session, user, read_grants(session, request.form), actor=actor)
    except DisanError as error:
        session.rollback()
        return _page(user_id, 422, error)
    tell("The roles are saved.")
    session.commit()
    return redirect(f"{_HERE}/{user_id}", 303)


def make_link(user_id: int) -> Response:
    """Make a one-time link for a new password and show it this once."""
    session = db.session()
    begin_write(session)
    actor = _admin()
    user = administration.read_user(session, user_id)
    secret = links.make_link(session, user, actor=actor, settings=current_settings())
    session.commit()
    return _link_page(user, secret)


def set_state(user_id: int) -> BaseResponse:
    """Deactivate or reactivate somebody, or lift the wait that failed log-ins brought."""
    session = db.session()
    wishes: dict[str, Any] = {
        "deactivate": (administration.deactivate, "The user is deactivated."),
        "reactivate": (administration.reactivate, "The user is active again."),
        "unlock": (entrance.lift_wait, "The user may try to log in at once."),
    }
    begin_write(session)
    actor = _admin()
    user = administration.read_user(session, user_id)
    act, said = wishes.get(request.form.get("wish", ""), (None, ""))
    if act is not None:
        try:
            act(session, user, actor=actor)
        except DisanError as error:
            session.rollback()
            tell_error(error)
            return redirect(f"{_HERE}/{user_id}", 303)
        tell(said)
    session.commit()
    return redirect(f"{_HERE}/{user_id}", 303)


def end_sessions(user_id: int) -> BaseResponse:
    """End somebody's sessions."""
    session = db.session()
    begin_write(session)
    actor = _admin()
    user = administration.read_user(session, user_id)
    sessions.end_sessions(session, user, actor=actor)
    tell("The sessions have ended.")
    session.commit()
    return redirect(f"{_HERE}/{user_id}", 303)


def revoke_token(user_id: int, token_id: int) -> BaseResponse:
    """Revoke somebody's token."""
    session = db.session()
    begin_write(session)
    tokens.revoke_token(session, token_id, actor=_admin())
    tell("The token is revoked.")
    session.commit()
    return redirect(f"{_HERE}/{user_id}", 303)
