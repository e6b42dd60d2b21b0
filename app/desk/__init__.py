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
    counts,
    describing,
    dossier_forms,
    dossiers,
    edit,
    entrance,
    exporting,
    frozen_counts,
    geometry,
    holidays,
    home,
    imports,
    legal,
    links,
    media,
    paper_templates,
    papers,
    pick,
    record,
    register,
    regulations,
    reports,
    revisions,
    uploads,
    users,
    visitor_counts,
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
    imports,
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
    dossiers,
    dossier_forms,
    regulations,
    holidays,
    exporting,
    papers,
    paper_templates,
    counts,
    frozen_counts,
    visitor_counts,
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
