"""The worker's last step of an import: the lines that are right written as drafts of one changeset, all or none."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.config import Settings
from app.core.batches import batches
from app.core.db import now
from app.core.errors import Conflict
from app.exchange.intake.mentions import write_mentions
from app.exchange.intake.models import Import, ImportState, Verdict
from app.exchange.intake.queries import lines_of
from app.records import index
from app.records.drafts import NewDraft, add_drafts, open_changeset
from app.records.kinds import Kinds
from app.records.models import ChangesetKind, Revision

_CHUNK = 500
_WRITTEN = (Verdict.NEW, Verdict.UPDATE)


def write_drafts(session: Session, import_id: int, *, actor: User, kinds: Kinds, settings: Settings) -> dict[str, int]:
    """Write the lines of an import as drafts of one changeset, in the transaction that the caller began to write in.

    Raises `Conflict` where the register has moved on since the lines were checked: then nothing is written, and they
    are to be checked again.
    """
    found = session.get_one(Import, import_id, with_for_update=True)
    if found.state != ImportState.WRITING:
        return {"drafts": 0}
    title = str(found.options.get("title") or found.name)
    changeset = open_changeset(session, title=title, actor=actor, kind=ChangesetKind.IMPORT)
    codes: list[str] = []
    mentions: list[tuple[str, dict[str, str]]] = []
    after = -1
    while lines := lines_of(session, found, _WRITTEN, after=after, most=_CHUNK):
        after = lines[-1].number
        drafts = [
            NewDraft(line.code or "", line.payload, line.base_version or 0)
            for line in lines
            if line.payload is not None
        ]
        mentions += [(line.code or "", line.beside) for line in lines if line.beside]
        _require_free(session, [draft.code for draft in drafts])
        add_drafts(session, kinds, found.kind, drafts, changeset=changeset, actor=actor, settings=settings)
        codes += [draft.code for draft in drafts]
        for line in lines:
            session.expunge(line)
    codes += write_mentions(session, mentions, changeset=changeset, actor=actor, settings=settings)
    if not codes:
        raise Conflict("There is nothing to write: no line says anything new.")
    found.state, found.changeset_id, found.updated_at = ImportState.WRITTEN, changeset.id, now()
    session.flush()
    for chunk in batches(codes, _CHUNK):
        index.refresh(session, kinds, chunk)
    return {"drafts": len(codes)}


def _require_free(session: Session, codes: Sequence[str]) -> None:
    """Raise `Conflict` when somebody has begun to change one of the records meanwhile."""
    query = sa.select(Revision.code).where(Revision.code.in_(codes), Revision.state.in_(index.OPEN)).limit(1)
    if code := session.scalar(query):
        raise Conflict("%(code)s is being changed by somebody already; check the lines again.", code=code)
