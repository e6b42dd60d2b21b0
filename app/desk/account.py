"""One's own account: what one is called, language, password, sessions and tokens."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts import administration, entrance, sessions, tokens
from app.accounts.passwords import check_password
from app.accounts.permissions import Permission, held_permissions
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput
from app.desk import names
from app.desk.context import keep_language, read_key, render, say, tell
from app.http.actor import current_session_id, remote_address, require_actor, without_role
from app.http.i18n import sentence
from app.http.settings import current_settings

_HERE = "/desk/account"


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/account", "account", show_account, methods=["GET"])
    desk.add_url_rule("/account/profile", "account_profile", change_profile, methods=["POST"])
    desk.add_url_rule("/account/password", "account_password", change_password, methods=["POST"])
    desk.add_url_rule("/account/sessions", "account_sessions", end_sessions, methods=["POST"])
    desk.add_url_rule("/account/tokens", "account_tokens", add_token, methods=["POST"])
    desk.add_url_rule("/account/tokens/<int:token_id>/revoke", "account_revoke", revoke_token, methods=["POST"])


def _page(status: int = 200, *, error: DisanError | None = None, form: str = "", **values: Any) -> Response:
    """Show the account; `error` belongs to the form named, whose fields keep what was typed."""
    session, actor = db.session(), require_actor()
    field = str(error.params.get("field") or "") if error else ""
    grantable = [each for each in Permission if each in held_permissions(actor) & tokens.GRANTABLE]
    return render(
        "account.html",
        status,
        section="account",
        user=actor,
        form=form,
        typed=request.form,
        errors={f"{form}.{field}": sentence(error)} if error else {},
        sessions=sessions.read_sessions(session, actor, current_settings()),
        session_id=current_session_id(),
        tokens=tokens.read_tokens(session, actor),
        roles={str(role): say(name) for role, name in names.ROLES.items()},
        permissions=[(str(each), say(names.PERMISSIONS[each])) for each in grantable],
        ticked=request.form.getlist("permissions") if form == "token" else sorted(tokens.DEFAULT_PERMISSIONS),
        **values,
    )


@without_role
def show_account() -> Response:
    """Show one's account."""
    return _page()


@without_role
def change_profile() -> BaseResponse:
    """Change what one is called and one's language."""
    session = db.session()
    language = request.form.get("language", "")
    begin_write(session)
    try:
        if language and language not in current_settings().languages:
            raise InvalidInput("There is no such language here.", field="language")
        administration.change_profile(
            session, require_actor(), display_name=request.form.get("display_name", ""), language=language or None
        )
    except DisanError as error:
        session.rollback()
        return _page(422, error=error, form="profile")
    tell("Your profile is saved.")
    response: Any = redirect(_HERE, 303)
    keep_language(response, language or current_settings().default_language)
    session.commit()
    return response  # type: ignore[no-any-return]


@without_role
def change_password() -> BaseResponse:
    """Change one's password; guesses of the old one are counted like those at the door."""
    session, address = db.session(), remote_address()
    new = request.form.get("password", "")
    begin_write(session)
    name = require_actor().name
    try:
        # What is wrong with the new one is no guess of the old one.
        check_password(new, name=name)
        if new != request.form.get("password_again", ""):
            raise InvalidInput("The two new passwords differ.", field="password_again")
    except DisanError as error:
        session.rollback()
        return _page(422, error=error, form="password")
    wait_s = entrance.count_try(session, email=name, address=address)
    session.commit()
    begin_write(session)
    actor = require_actor()
    try:
        if wait_s:
            raise entrance.must_wait(wait_s, field="old_password")
        administration.change_password(
            session,
            actor,
            old=request.form.get("old_password", ""),
            new=new,
            keep=current_session_id(),
            address=address,
        )
    except DisanError as error:
        session.rollback()
        return _page(422, error=error, form="password")
    entrance.forgive(session, actor, address=address)
    tell("Your password is changed; your other sessions have ended.")
    session.commit()
    return redirect(_HERE, 303)


@without_role
def end_sessions() -> BaseResponse:
    """End one of one's sessions, or all but this one."""
    session = db.session()
    begin_write(session)
    actor, which = require_actor(), read_key(request.form.get("session"))
    if which:
        sessions.end_session(session, which, user=actor, actor=actor)
    else:
        sessions.end_sessions(session, actor, actor=actor, but=current_session_id())
    tell("The sessions have ended.")
    session.commit()
    return redirect(_HERE, 303)


@without_role
def add_token() -> BaseResponse:
    """Make a token and show it this once."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    try:
        token, secret = tokens.add_token(
            session,
            user=actor,
            actor=actor,
            name=request.form.get("name", ""),
            days=request.form.get("days", 0, type=int),
            permissions=request.form.getlist("permissions"),
        )
    except DisanError as error:
        session.rollback()
        return _page(422, error=error, form="token")
    name = token.name
    session.commit()
    return _page(new_token=secret, new_token_name=name)


@without_role
def revoke_token(token_id: int) -> BaseResponse:
    """Revoke one of one's tokens."""
    session = db.session()
    begin_write(session)
    tokens.revoke_token(session, token_id, actor=require_actor())
    tell("The token is revoked.")
    session.commit()
    return redirect(_HERE, 303)
