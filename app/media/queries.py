"""Reading which records say what a file shows, and what became of those that came in piece by piece."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.media.models import Medium, StoredFile, TakenFile
from app.records.drafts import current_payload
from app.records.index import OPEN
from app.records.models import Revision


def read_taken(session: Session, key: str, *, actor: User) -> TakenFile | None:
    """Give what became of a file of the actor's that came in piece by piece; None until it has been taken in."""
    return session.scalar(sa.select(TakenFile).where(TakenFile.key == key, TakenFile.taken_by_id == actor.id))


def payloads_with(session: Session, file: StoredFile) -> dict[str, list[Mapping[str, Any]]]:
    """Give what names a file, by the codes of the media: what stands, tombstones left out, and what is on its way."""
    found: dict[str, list[Mapping[str, Any]]] = {}
    for medium in session.scalars(sa.select(Medium).where(Medium.file_id == file.id, Medium.deleted_at.is_(None))):
        found.setdefault(medium.code, []).append(current_payload(session, medium))
    under_way = sa.select(Revision).where(Revision.kind == "media", Revision.state.in_(OPEN))
    for revision in session.scalars(under_way):
        if revision.payload.get("file") == file.sha256:
            found.setdefault(revision.code, []).append(revision.payload)
    return found
