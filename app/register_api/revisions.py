"""A record's revisions: all, one, and what differs between two."""

from __future__ import annotations

from typing import Any

from flask import Response
from sqlalchemy.orm import Session

from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import NotFound
from app.http.answers import JSON, begin
from app.http.crs import read_system, write_geometry
from app.http.settings import current_settings
from app.places.entries import shape_of
from app.records.compare import diff
from app.records.kinds import Kind
from app.records.models import Revision
from app.records.payloads import fill
from app.records.queries import read_revision, read_revisions
from app.records.withholding import withheld_together
from app.register_api.access import actor_of_request, answer, check_format, find_kind, item_path
from app.register_api.pointers import pointer


def list_revisions(name: str, code: str) -> Response:
    """Give what happened to a record, the newest first; drafts too, which colleagues may read and only authors lead."""
    begin(())
    check_format()
    kind, session = find_kind(name), db.session()
    found = [revision for revision in read_revisions(session, code) if revision.kind == kind.name]
    if not found:
        raise NotFound("There is no record %(code)s.", code=code)
    path = f"{item_path(kind, code)}/revisions"
    return answer(
        {
            "links": [{"rel": "self", "type": JSON, "href": path}],
            "revisions": [describe_revision(kind, revision) for revision in found],
        }
    )


def show_revision(name: str, code: str, number: int) -> Response:
    """Give one revision with all that it says."""
    begin(())
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    revision = _find(session, kind, code, number)
    hidden = withheld_together(session, KINDS, actor, revision)
    shape = None if hidden else shape_of(revision.payload, current_settings())
    return answer(
        {
            **describe_revision(kind, revision),
            "geometry": write_geometry(shape, read_system("crs", None)),
            "properties": fill(kind.schema, revision.payload, hidden),
            "withheld": sorted(hidden),
        }
    )


def show_changes(name: str, code: str, before: int, after: int) -> Response:
    """Give what differs between two revisions: for each statement its place, what was said and what is."""
    begin(())
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    one, other = (_find(session, kind, code, number) for number in (before, after))
    hidden = withheld_together(session, KINDS, actor, one, other)
    changes = [
        {"pointer": pointer(change.path), "before": change.before, "after": change.after}
        for change in diff(one.payload, other.payload)
        if change.path[0] not in hidden
    ]
    return answer({"code": code, "from": before, "to": after, "changes": changes, "withheld": sorted(hidden)})


def describe_revision(kind: Kind, revision: Revision) -> dict[str, Any]:
    """Describe a revision without what it says."""
    return {
        "code": revision.code,
        "revision": revision.number,
        "state": revision.state,
        "base_version": revision.base_version,
        "accepted_version": revision.accepted_version,
        "saved": revision.saved,
        "author": revision.author.shown_name,
        "created_at": revision.created_at.isoformat(),
        "saved_at": revision.saved_at.isoformat(),
        "changeset": revision.changeset_id,
        "links": [
            {"rel": "self", "type": JSON, "href": f"{item_path(kind, revision.code)}/revisions/{revision.number}"}
        ],
    }


def _find(session: Session, kind: Kind, code: str, number: int) -> Revision:
    revision = read_revision(session, code, number) if number < 2**31 else None
    if revision is None or revision.kind != kind.name:
        raise NotFound("There is no revision %(number)s of %(code)s.", number=number, code=code)
    return revision
