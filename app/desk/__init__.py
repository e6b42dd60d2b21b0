"""The officers' desk at /desk: log in, curate, review, publish."""

from __future__ import annotations

from flask import Blueprint, Flask

from app.desk import (
    account,
    acts,
    audit,
    backups,
    bulk,
    changesets,
    context,
    describing,
    edit,
    entrance,
    geometry,
    home,
    legal,
    links,
    media,
    pick,
    record,
    register,
    reports,
    revisions,
    uploads,
    users,
    visits,
)
from app.desk.errors import render_error

__all__ = ["init_app", "render_error"]

_ROOMS = (
    entrance,
    links,
    account,
    users,
    audit,
    home,
    register,
    reports,
    bulk,
    record,
    revisions,
    legal,
    edit,
    pick,
    changesets,
    acts,
    geometry,
    media,
    uploads,
    describing,
    visits,
    backups,
)


def init_app(app: Flask) -> None:
    """Mount the desk; each of its rooms adds its own addresses."""
    context.init_app(app)
    entrance.init_app(app)
    desk = Blueprint("desk", __name__, url_prefix="/desk")
    for room in _ROOMS:
        room.mount(desk)
    app.register_blueprint(desk)
