"""Setting a password by a one-time link; the secret travels in the query, which no log holds."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.links import find_link, use_link
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotFound
from app.desk.context import render, tell
from app.http.actor import open_to_all, remote_address
from app.http.i18n import sentence

_HERE = "/desk/link"


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/link", "link", show_link, methods=["GET"])
    desk.add_url_rule("/link", "use_link", set_password, methods=["POST"])


def _page(status: int = 200, error: DisanError | None = None) -> Response:
    secret = request.values.get("key", "")[:100]
    link = find_link(db.session(), secret)
    errors = {str(error.params.get("field") or ""): sentence(error)} if error else {}
    return render("link.html", status, user=link.user, key=secret, errors=errors)


@open_to_all
def show_link() -> Response:
    """Ask for a new password; looking does not use the link up, for mail programs look too."""
    return _page()


@open_to_all
def set_password() -> BaseResponse:
    """Set the password and lead to the log-in."""
    session = db.session()
    password = request.form.get("password", "")
    begin_write(session)
    try:
        if password != request.form.get("password_again", ""):
            raise InvalidInput("The two new passwords differ.", field="password_again")
        use_link(session, request.form.get("key", "")[:100], password=password, address=remote_address())
    except NotFound:
        raise
    except DisanError as error:
        session.rollback()
        return _page(422, error)
    tell("Your password is set. Log in with it.")
    session.commit()
    return redirect("/desk/login", 303)
