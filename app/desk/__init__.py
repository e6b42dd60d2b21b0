"""The officers' desk at /desk: log in, curate, review, publish."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, request

from app.accounts.permissions import Permission, require
from app.desk import context, edit, geometry, pick, session
from app.desk.errors import render_error
from app.http.actor import check_csrf, require_actor

__all__ = ["init_app", "render_error"]

# What somebody sees who has not logged in.
_OPEN = frozenset({"desk.log_in", "desk.use_link"})


def init_app(app: Flask) -> None:
    """Mount the desk; every page of it but the log-in asks who is there, and every form whether it is ours."""
    context.init_app(app)
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    desk.before_request(_enter)
    desk.after_request(_leave)
    for module in (session, edit, pick, geometry):
        module.add_url_rules(desk)
    app.register_blueprint(desk)


def _enter() -> None:
    """Choose the language, then let in who may come in."""
    context.choose_language()
    if request.endpoint in _OPEN:
        return
    require(require_actor(), Permission.VIEW)
    check_csrf()


def _leave(response: Response) -> Response:
    """Keep the desk out of caches and search engines."""
    response.headers["Cache-Control"] = "no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    return context.remember(response)
