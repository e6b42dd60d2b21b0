"""The officers' desk at /desk: the frame of its pages, log-in, one's account, users, and the log of who did what."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.desk import account, acts, audit, context, edit, entrance, links, pick, users
from app.desk.errors import render_error

__all__ = ["init_app", "render_error"]


def init_app(app: Flask) -> None:
    """Mount the desk; each of its rooms adds its own addresses."""
    context.init_app(app)
    entrance.init_app(app)
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    for room in (entrance, links, account, users, audit, edit, pick, acts):
        room.mount(desk)
    app.register_blueprint(desk)
