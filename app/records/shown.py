"""Reading what many records say at once: the accepted states, a user's own drafts over them, the names of filters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.records.facets import FACETS
from app.records.models import Revision, RevisionState


def read_facet_names(session: Session) -> list[str]:
    """Give the names of all filters there are, in order; the index is asked for one name after the other."""
    first = sa.select(sa.func.min(FACETS.c.name).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(FACETS.c.name)).where(FACETS.c.name > first.c.name).scalar_subquery()
    names = first.union_all(sa.select(following).where(first.c.name.is_not(None)))
    return list(session.scalars(sa.select(names.c.name).where(names.c.name.is_not(None))))


def read_accepted(session: Session, codes: Sequence[str]) -> dict[str, Revision]:
    """Give the revisions that were accepted last, by the code of the record, which stays from the first one on."""
    last = (
        sa.select(Revision.code, sa.func.max(Revision.accepted_version).label("version"))
        .where(Revision.code.in_(codes))
        .group_by(Revision.code)
        .subquery()
    )
    found = session.scalars(
        sa.select(Revision).join(
            last, sa.and_(Revision.code == last.c.code, Revision.accepted_version == last.c.version)
        )
    )
    return {revision.code: revision for revision in found}


def read_bases(session: Session, revisions: Sequence[Revision]) -> dict[int, dict[str, Any]]:
    """Give what stood when revisions were begun, by their keys; nothing for those of new records."""
    begun = sa.orm.aliased(Revision)
    versions = (
        sa.select(begun.id, sa.func.max(Revision.accepted_version).label("version"))
        .join(Revision, sa.and_(Revision.code == begun.code, Revision.accepted_version <= begun.base_version))
        .where(begun.id.in_([revision.id for revision in revisions if revision.base_version]))
        .group_by(begun.id)
        .subquery()
    )
    bases = (
        sa.select(versions.c.id, Revision.payload)
        .join(begun, begun.id == versions.c.id)
        .join(Revision, sa.and_(Revision.code == begun.code, Revision.accepted_version == versions.c.version))
    )
    return {key: dict(payload) for key, payload in session.execute(bases)}


def own_drafts(session: Session, codes: Sequence[str], user_id: int) -> dict[str, Revision]:
    """Give the newest open or returned revision that a user has of each record, by code; see `queries.own_draft`."""
    states = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    query = sa.select(Revision).where(Revision.code.in_(codes), Revision.author_id == user_id)
    found = session.scalars(query.where(Revision.state.in_(states)).order_by(Revision.number))
    return {revision.code: revision for revision in found}
