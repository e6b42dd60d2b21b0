"""Taking a file in at the desk: kept, and a draft written of the record that says what it shows."""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.catalogue import KINDS
from app.core.db import begin_write
from app.core.errors import Conflict, InvalidInput, NotFound
from app.core.streams import Readable
from app.desk.context import read_key, say, take_told, tell
from app.http.actor import require_actor
from app.http.settings import current_settings
from app.media import incoming
from app.media.models import TakenFile
from app.media.operations import Received, first_payload, keep_file, receive_file
from app.media.queries import payloads_with, read_taken
from app.records.drafts import open_changeset, require_scope, suggest_code, write_draft
from app.records.models import RevisionState
from app.records.queries import read_changeset, read_entry, records_by_code


@dataclass(frozen=True, slots=True)
class Given:
    """What the form of an upload says of every file that comes with it, and the changeset that they go into, if any."""

    record: str
    role: str
    creator: str
    licence: str
    changeset_id: int | None

    def payload(self) -> dict[str, Any]:
        """Give it as a medium's payload has it."""
        placement = {"uid": "p1", "record": self.record, "role": self.role or "detail", "rank": 0}
        return {
            "creator": self.creator or None,
            "licence": self.licence or None,
            "placements": [placement] if self.record else [],
        }


def read_given(form: Mapping[str, str]) -> Given:
    """Read the form."""
    words = {name: form.get(name, "").strip() for name in ("record", "role", "creator", "licence")}
    return Given(**words, changeset_id=read_key(form.get("changeset")))


def check_given(session: Session, given: Given) -> None:
    """Raise what keeps any file from being taken in; asked before one is decoded."""
    try:
        if given.record and read_entry(session, given.record) is None:
            raise InvalidInput("There is no record %(code)s.", code=given.record, field="record")
        require_scope(session, KINDS, KINDS["media"], given.payload(), record=None, actor=require_actor())
        if given.changeset_id is not None:
            _see_open(session, given.changeset_id)
    finally:
        # What was read so far is read again by whoever writes.
        session.rollback()


def take_incoming(session: Session, key: str, given: Given) -> TakenFile:
    """Take in a file of the actor's that came in piece by piece, once; whoever asks again is given what became of it.

    Raises `InvalidInput` of the field `file` for one that is refused for good; it is dropped.
    """
    settings, actor = current_settings(), require_actor()
    taken = read_taken(session, key, actor=actor)
    if taken is None:
        found = incoming.find(settings, key, actor=actor)
        check_given(session, given)
        with incoming.opened(settings, found) as stream:
            try:
                take(session, stream, found.name, given, key=key)
            except InvalidInput as error:
                if error.params.get("field") == "file":
                    incoming.drop(settings, key)
                raise
        taken = session.get_one(TakenFile, key)
    # It is in, whatever is left of it: that goes when it is asked for again, or within a day.
    with contextlib.suppress(OSError):
        incoming.drop(settings, key)
    return taken


def _see_open(session: Session, changeset_id: int) -> None:
    """Raise an error with the parameter `changeset` when nothing can be put into a changeset any more."""
    try:
        changeset = read_changeset(session, changeset_id)
    except NotFound as error:
        raise NotFound(error.message, **error.params, field="changeset") from error
    if any(one.state != RevisionState.DRAFT for one in changeset.revisions):
        raise Conflict("This changeset has been submitted; recall it, or open another.", field="changeset")


def take(session: Session, stream: Readable, name: str, given: Given, *, key: str = "") -> int:
    """Keep a file and write the draft of its record, and commit; gives the changeset's key.

    What became of a file that came in piece by piece, under a `key`, is written in the same transaction; one that was
    taken in already stays as it was.
    """
    received = receive_file(stream, name, settings=current_settings())
    try:
        return _write(session, received, given, key)
    except IntegrityError:
        # Somebody took the same code or brought the same file at the same moment; seen afresh, there is another way.
        session.rollback()
    try:
        return _write(session, received, given, key)
    except IntegrityError as error:
        raise Conflict(
            "Somebody else was writing at the same moment. Upload “%(file)s” again.",
            file=received.name,
            further=incoming.PASSING,
        ) from error


def _write(session: Session, received: Received, given: Given, key: str) -> int:
    begin_write(session)
    actor = require_actor()
    taken = read_taken(session, key, actor=actor) if key else None
    changeset_id = taken.changeset_id if taken else _draft(session, received, given)
    if key and not taken:
        session.add(TakenFile(key=key, taken_by_id=actor.id, changeset_id=changeset_id, told=take_told()))
    session.commit()
    return changeset_id


def _draft(session: Session, received: Received, given: Given) -> int:
    """Write down a file and the draft of its record; gives the changeset's key."""
    actor, settings = require_actor(), current_settings()
    kept, was_there = keep_file(session, received, actor=actor)
    if was_there and (known := ", ".join(sorted(payloads_with(session, kept)))):
        tell("“%(file)s” is here already, as %(codes)s.", tone="info", file=received.name, codes=known)
    payload = given.payload() | first_payload(kept, received.name)
    payload["code"] = code = suggest_code(session, settings, KINDS["media"], payload)
    if records_by_code(session, [code]):
        raise Conflict("The code %(code)s belongs to another record already.", code=code, field="code")
    if given.changeset_id is None:
        name = say("Files: %(record)s", record=given.record) if given.record else say("Files")
        changeset = open_changeset(session, title=name, actor=actor)
    else:
        changeset = read_changeset(session, given.changeset_id)
    write_draft(session, KINDS, "media", payload, changeset=changeset, actor=actor, settings=settings)
    return changeset.id
