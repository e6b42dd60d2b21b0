"""Files for the register: sent with what is known of them, each begins the draft of a record of what it shows."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, request
from werkzeug.datastructures import FileStorage

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import InvalidInput, UnknownType
from app.http.answers import begin
from app.http.settings import current_settings
from app.media.operations import first_payload, keep_file, receive_file
from app.media.queries import payloads_with
from app.records import drafts
from app.records.queries import read_entry
from app.register_api.access import actor_of_request, check_format, item_path
from app.register_api.pointers import check_payload, refusal_at, refuse_at
from app.register_api.writes import begin_draft, show

FIELDS = ("title", "alt", "caption", "creator", "dated", "licence", "rights_holder", "medium_type", "record", "role")
_LOCALIZED = ("title", "alt", "caption")
MULTIPART = "multipart/form-data"


def add_medium() -> Response:
    """Take a file in (`multipart/form-data`) and begin the draft of its record; 201 with its address.

    The file is decoded before anything is written; the answer names in `duplicates` the records that have the same one.
    """
    begin(("changeset", "crs"))
    check_format()
    kind, actor, session = KINDS["media"], actor_of_request(), db.session()
    require(actor, Permission.EDIT)
    file = _file()
    given = _read_fields()
    check_payload(kind, given)
    _check_place(given, actor)
    # Decoding takes its time; nobody else shall wait for it.
    session.rollback()
    received = receive_file(file.stream, file.filename or "", settings=current_settings())
    begin_write(session)
    kept, was_there = keep_file(session, received, actor=actor)
    known = sorted(payloads_with(session, kept)) if was_there else []
    payload = first_payload(kept, received.name) | given
    payload["code"] = drafts.suggest_code(session, current_settings(), kind, payload)
    revision = begin_draft(session, kind, payload, actor)
    response = show(session, kind, revision.code, actor, 201, duplicates=known)
    response.headers["Location"] = item_path(kind, revision.code)
    session.commit()
    return response


def _file() -> FileStorage:
    if request.mimetype != MULTIPART:
        raise UnknownType(
            "Send %(choices)s; “%(value)s” is not read here.", choices=MULTIPART, value=request.mimetype[:80]
        )
    files = request.files.getlist("file")
    if len(files) != 1 or not files[0].filename:
        refuse_at(("file",), "Send one file, as the part `file` with its name.")
    return files[0]


def _read_fields() -> dict[str, Any]:
    """Read the other parts as a payload has them: a text is in the first language, an object by languages is JSON."""
    language = current_settings().default_language
    found: dict[str, Any] = {}
    for name, text in request.form.items():
        if name not in FIELDS:
            refuse_at((name,), "There is no such field here.")
        if text.strip():
            found[name] = _localized(text, language) if name in _LOCALIZED else text.strip()
    record, role = found.pop("record", ""), found.pop("role", "")
    if record:
        found["placements"] = [{"uid": "p1", "record": record, "role": role or "detail", "rank": 0}]
    return found


def _localized(text: str, language: str) -> Any:
    if text.lstrip().startswith("{"):
        try:
            return json.loads(text)
        except (ValueError, RecursionError):
            pass
    return {language: text.strip()}


def _check_place(given: dict[str, Any], actor: User) -> None:
    """Refuse what the draft would be refused for, before a file is decoded for it."""
    session, kind = db.session(), KINDS["media"]
    for placement in given.get("placements", ()):
        if read_entry(session, placement["record"]) is None:
            raise refusal_at(("record",), InvalidInput("There is no record %(code)s.", code=placement["record"]))
    drafts.require_scope(session, KINDS, kind, given, record=None, actor=actor)
