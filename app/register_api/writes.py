"""Writing: what is sent makes or changes the writer's own draft; nobody's change is overwritten unseen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec

import sqlalchemy as sa
from flask import Response, request
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import Conflict, InvalidInput, NotFound
from app.http.answers import GEOJSON, JSON, begin
from app.http.crs import content_system, read_system, say_system
from app.http.parameters import parse_number
from app.http.settings import current_settings
from app.publication import operations as publication
from app.records import drafts
from app.records.kinds import Kind
from app.records.models import Changeset, Record, Revision, RevisionState
from app.records.queries import own_draft, read_changeset
from app.register_api.access import actor_of_request, answer, check_format, find_kind, item_path, read_body
from app.register_api.features import make_feature
from app.register_api.intake import keep_hidden, merge_patch, read_properties, take_geometry
from app.register_api.pointers import as_refusal, check_payload, refuse_at
from app.register_api.standing import Standing, check_precondition, read_standing

MERGE_PATCH = "application/merge-patch+json"
P = ParamSpec("P")


def writing(view: Callable[P, Response]) -> Callable[P, Response]:
    """Make a view take the writer's place first."""

    @wraps(view)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> Response:
        if not db.session().in_transaction():
            begin_write(db.session())
        return view(*args, **kwargs)

    return wrapped


@writing
def add_item(name: str) -> Response:
    """Begin a draft of a new record (OGC 20-002, 7.2); 201 with its address."""
    begin(("changeset", "crs"))
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    require(actor, Permission.EDIT)
    body = read_body(GEOJSON, JSON)
    payload = read_properties(kind, body)
    if not payload.get("code"):
        given = body.get("id")
        payload["code"] = given if isinstance(given, str) and given else ""
    payload["code"] = payload["code"] or drafts.suggest_code(session, current_settings(), kind, payload)
    code = payload["code"]
    if not isinstance(code, str):
        refuse_at(("code",), "The code is a text.")
    if session.scalar(sa.select(Record.id).where(Record.code == code)) or own_draft(session, code, actor.id):
        raise Conflict("There is a record %(code)s already; change it by PUT or PATCH.", code=code, field="code")
    payload = _with_geometry(kind, payload, {}, body.get("geometry"))
    revision = begin_draft(session, kind, payload, actor)
    response = show(session, kind, revision.code, actor, 201)
    response.headers["Location"] = item_path(kind, revision.code)
    db.session.commit()
    return response


@writing
def replace_item(name: str, code: str) -> Response:
    """Say all of a record anew (OGC 20-002, 7.3): the writer's draft says what the body says, and nothing else."""
    begin(("changeset", "crs", "onto"))
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    require(actor, Permission.EDIT)
    standing = read_standing(session, kind, code, actor, is_held=True)
    body = read_body(GEOJSON, JSON)
    properties = body.get("properties")
    check_precondition(standing, said=properties.get("etag") if isinstance(properties, dict) else None)
    payload = _with_code(read_properties(kind, body), code)
    response = _save(session, standing, payload, body.get("geometry"), actor)
    db.session.commit()
    return response


@writing
def patch_item(name: str, code: str) -> Response:
    """Change a part of a record (OGC 20-002, 7.4; RFC 7396): what the patch does not name stays, lists come whole."""
    begin(("changeset", "crs", "onto"))
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    require(actor, Permission.EDIT)
    standing = read_standing(session, kind, code, actor, is_held=True)
    body = read_body(MERGE_PATCH, GEOJSON, JSON)
    check_precondition(standing)
    hidden = standing.hidden
    shown = {name: value for name, value in standing.payload.items() if name not in hidden}
    patch = body.get("properties")
    if not isinstance(patch, dict | None):
        refuse_at((), "`properties` is an object.")
    payload = _with_code(read_properties(kind, {"properties": merge_patch(shown, patch or {})}), code)
    response = _save(session, standing, payload, body.get("geometry"), actor)
    db.session.commit()
    return response


@writing
def delete_item(name: str, code: str) -> Response:
    """Delete a record, leaving its tombstone (OGC 20-002, 7.5): no draft, it is so at once."""
    begin(("comment",))
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    require(actor, Permission.DELETE)
    standing = read_standing(session, kind, code, actor, is_held=True)
    check_precondition(standing)
    if standing.record is None or not standing.version:
        raise Conflict("%(code)s has no accepted state; discard its draft instead.", code=code)
    comment = request.args.get("comment") or None
    settings = current_settings()
    publication.set_deleted(
        session, [standing.record], is_deleted=True, actor=actor, settings=settings, comment=comment
    )
    response = Response(status=204)
    db.session.commit()
    return response


def _with_geometry(kind: Kind, payload: dict[str, Any], stored: Mapping[str, Any], geometry: Any) -> dict[str, Any]:
    """Check a payload's types, take the Feature's geometry into it, and check what has come of that."""
    check_payload(kind, payload)
    payload = take_geometry(kind, payload, stored, geometry, content_system())
    check_payload(kind, payload)
    return payload


def _with_code(payload: dict[str, Any], code: str) -> dict[str, Any]:
    if payload.get("code") not in (None, "", code):
        refuse_at(("code",), "The code of a record stays.")
    return {**payload, "code": code}


def _save(session: Session, standing: Standing, payload: dict[str, Any], geometry: Any, actor: User) -> Response:
    """Write the actor's draft of a record that is there, and show it."""
    kind, code = standing.kind, standing.code
    hidden = standing.hidden
    if hidden and geometry is not None:
        keep_hidden({"geometry": geometry}, {}, frozenset({"geometry"}))
    stored = standing.payload
    payload = keep_hidden(payload, stored, hidden)
    payload = _with_geometry(kind, payload, stored, geometry)
    draft = standing.draft
    if draft is None or (draft.state == RevisionState.REJECTED and _is_past(draft, standing)):
        begin_draft(session, kind, payload, actor)
    elif draft.state != RevisionState.DRAFT:
        action = "recall" if draft.state == RevisionState.IN_REVIEW else "reopen"
        raise Conflict(
            "Your revision %(number)s of %(code)s is “%(state)s”; “%(action)s” it first.",
            number=draft.number,
            code=code,
            state=draft.state,
            action=action,
        )
    else:
        _rewrite(session, draft, payload, actor)
    return show(session, kind, code, actor)


def _is_past(draft: Revision, standing: Standing) -> bool:
    return draft.base_version != standing.version


def _rewrite(session: Session, draft: Revision, payload: dict[str, Any], actor: User) -> None:
    wanted = _number("changeset")
    if wanted not in (None, draft.changeset_id):
        raise Conflict(
            "Your draft of %(code)s is in the changeset %(changeset)s.", code=draft.code, changeset=draft.changeset_id
        )
    onto, settings = _number("onto"), current_settings()
    try:
        if onto is not None:
            drafts.rebase_draft(session, KINDS, draft, payload, onto=onto, actor=actor, settings=settings)
        else:
            drafts.rewrite_draft(session, KINDS, draft, payload, actor=actor, settings=settings, saved=draft.saved)
    except InvalidInput as error:
        raise as_refusal(error, KINDS[draft.kind], payload) from error


def begin_draft(session: Session, kind: Kind, payload: dict[str, Any], actor: User) -> Revision:
    """Begin a draft, in a changeset of its own or in one of the actor's that is named."""
    changeset = open_or_find(session, kind, payload, actor)
    try:
        return drafts.write_draft(
            session, KINDS, kind.name, payload, changeset=changeset, actor=actor, settings=current_settings()
        )
    except InvalidInput as error:
        raise as_refusal(error, kind, payload) from error


def open_or_find(session: Session, kind: Kind, payload: Mapping[str, Any], actor: User) -> Changeset:
    """Give the changeset that `?changeset=` names, else a new one titled for the record."""
    wanted = _number("changeset")
    if wanted is not None:
        try:
            return read_changeset(session, wanted)
        except NotFound as error:
            raise InvalidInput(error.message, **{**error.params, "field": "changeset"}) from error
    label = next(iter(kind.label(payload).values()), "")
    code = str(payload.get("code") or "")
    return drafts.open_changeset(session, title=f"{code} – {label}" if label else code, actor=actor)


def _number(name: str) -> int | None:
    text = request.args.get(name)
    return parse_number(name, text) if text else None


def show(session: Session, kind: Kind, code: str, actor: User, status: int = 200, **further: Any) -> Response:
    """Answer with a record as its writer sees it now; `further` members stand beside those of the Feature."""
    session.flush()
    system = read_system("crs", request.args.get("crs"))
    standing = read_standing(session, kind, code, actor)
    return say_system(answer({**make_feature(standing, system), **further}, status, GEOJSON, standing.etag), system)
