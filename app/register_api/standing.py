"""What the register says under a code to whoever asks: their own draft over the accepted state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import request
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.core.errors import Gone, NotFound, PreconditionFailed, PreconditionRequired
from app.http.caching import make_etag
from app.records.drafts import current_payload
from app.records.kinds import Kind
from app.records.models import Record, Revision, RevisionState
from app.records.queries import own_draft
from app.records.register import RegisterEntry
from app.records.shown import own_drafts, read_accepted
from app.records.withholding import states_of_own, withheld_of


@dataclass(frozen=True, slots=True)
class Standing:
    """A record as somebody sees it: the accepted state, and over it the draft that is theirs, if there is one."""

    kind: Kind
    code: str
    record: Record | None
    accepted: Mapping[str, Any] | None
    draft: Revision | None
    # The fields that tell a sensitive place and are withheld from whoever asks.
    hidden: frozenset[str]

    @property
    def payload(self) -> Mapping[str, Any]:
        """What is shown."""
        return self.draft.payload if self.draft is not None else self.accepted or {}

    @property
    def version(self) -> int:
        """The version of the accepted state, 0 before there is one."""
        return self.record.version if self.record is not None else 0

    @property
    def etag(self) -> str:
        """What names both the accepted state and the draft, as a strong tag (RFC 9110, 8.8.3)."""
        record, draft = self.record, self.draft
        parts: list[object] = [self.kind.name, self.code]
        parts += [record.version, record.visibility, record.deleted_at] if record is not None else []
        parts += [draft.id, draft.number, draft.saved, draft.state, draft.base_version] if draft is not None else []
        return make_etag(*parts, *sorted(self.hidden))


def read_standing(session: Session, kind: Kind, code: str, actor: User, *, is_held: bool = False) -> Standing:
    """Give what the actor sees under a code; with `is_held` nobody else writes it until the transaction ends.

    Raises `NotFound` where there is nothing for them, `Gone` for what has been deleted.
    """
    records = sa.select(Record).where(Record.code == code, Record.kind == kind.name)
    if is_held:
        records = records.with_for_update(of=Record, key_share=True).execution_options(populate_existing=True)
    record = session.scalar(records)
    draft = own_draft(session, code, actor.id)
    if draft is not None and is_held:
        session.refresh(draft, with_for_update=True)
        draft = own_draft(session, code, actor.id)
    if draft is not None and draft.kind != kind.name:
        draft = None
    if record is not None and record.deleted_at is not None:
        raise Gone("%(code)s was deleted on %(at)s.", code=code, at=record.deleted_at.date())
    if (record is None or not record.version) and draft is None:
        raise NotFound("There is no record %(code)s.", code=code)
    accepted = current_payload(session, record) if record is not None and record.version else None
    (hidden,) = _hidden(session, kind, actor, [(accepted, draft)])
    return Standing(kind, code, record, accepted, draft, hidden)


def _hidden(
    session: Session, kind: Kind, actor: User, records: Sequence[tuple[Mapping[str, Any] | None, Revision | None]]
) -> list[frozenset[str]]:
    """Name what is withheld from the actor of records, each given as what is accepted of it and the actor's draft.

    What somebody writes of a new record is theirs.
    """
    states = [[] if accepted is None else states_of_own(session, accepted, draft) for accepted, draft in records]
    return withheld_of(session, KINDS, kind, actor, states)


def read_standings(session: Session, kind: Kind, entries: Sequence[RegisterEntry], actor: User) -> dict[str, Standing]:
    """Give what the actor sees of entries of one kind, by code; a query for each sort of row, however many."""
    ids = [entry.record_id for entry in entries if entry.record_id is not None]
    codes = [entry.code for entry in entries]
    records = {record.id: record for record in session.scalars(sa.select(Record).where(Record.id.in_(ids)))}
    accepted = read_accepted(session, codes)
    drafts = own_drafts(session, codes, actor.id)
    found: list[tuple[str, Record | None, Mapping[str, Any] | None, Revision | None]] = []
    for entry in entries:
        last = accepted.get(entry.code)
        draft = drafts.get(entry.code)
        if draft is not None and _is_overtaken(draft, last):
            draft = None
        if last is not None or draft is not None:
            found.append((entry.code, records.get(entry.record_id or 0), last.payload if last else None, draft))
    hidden = _hidden(session, kind, actor, [(payload, draft) for _, _, payload, draft in found])
    return {one[0]: Standing(kind, *one, names) for one, names in zip(found, hidden, strict=True)}


def _is_overtaken(draft: Revision, accepted: Revision | None) -> bool:
    """Tell whether a rejected revision has been overtaken by an acceptance; see `records.queries.own_draft`."""
    return draft.state == RevisionState.REJECTED and accepted is not None and accepted.number > draft.number


def check_precondition(standing: Standing, *, said: object = None) -> None:
    """Raise `PreconditionRequired` unless the request says what it has seen, `PreconditionFailed` if that is past.

    It says so by `If-Match` with a tag (RFC 9110, 13.1.1; `*` names no state), or, where a client cannot send that, by
    `said`: the property `etag` as it was read.
    """
    tags = request.if_match
    if tags.star_tag or not (tags or isinstance(said, str)):
        raise PreconditionRequired(
            "Say what you have seen: send `If-Match` with the ETag of %(code)s as you read it.", code=standing.code
        )
    if not (tags.contains(standing.etag) if tags else said == standing.etag):
        raise PreconditionFailed(
            "%(code)s has changed since you read it. Read it again, put your change to it, and send that.",
            code=standing.code,
            further={"etag": f'"{standing.etag}"'},
        )
