"""Reading what many records say at once: the accepted states, a user's own drafts over them, the names of filters."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.records.models import Revision, RevisionState
from app.records.queries import FACETS


def read_facet_names(session: Session) -> list[str]:
    """Give the names of all filters there are, in order; the index is asked for one name after the other."""
    first = sa.select(sa.func.min(FACETS.c.name).label("name")).cte("names", recursive=True)
    following = sa.select(sa.func.min(FACETS.c.name)).where(FACETS.c.name > first.c.name).scalar_subquery()
    names = first.union_all(sa.select(following).where(first.c.name.is_not(None)))
    return list(session.scalars(sa.select(names.c.name).where(names.c.name.is_not(None))))


def read_accepted(session: Session, record_ids: Sequence[int]) -> dict[int, Revision]:
    """Give the revisions that were accepted last, by the key of the record."""
    last = (
        sa.select(Revision.record_id, sa.func.max(Revision.accepted_version).label("version"))
        .where(Revision.record_id.in_(record_ids))
        .group_by(Revision.record_id)
        .subquery()
    )
    found = session.scalars(
        sa.select(Revision).join(
            last, sa.and_(Revision.record_id == last.c.record_id, Revision.accepted_version == last.c.version)
        )
    )
    return {revision.record_id: revision for revision in found if revision.record_id is not None}


def own_drafts(session: Session, codes: Sequence[str], user_id: int) -> dict[str, Revision]:
    """Give the newest open or returned revision that a user has of each record, by code; see `queries.own_draft`."""
    states = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    query = sa.select(Revision).where(Revision.code.in_(codes), Revision.author_id == user_id)
    found = session.scalars(query.where(Revision.state.in_(states)).order_by(Revision.number))
    return {revision.code: revision for revision in found}
