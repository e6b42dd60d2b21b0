"""Lists that people keep under a name: each its owner's own."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.errors import InvalidInput, NotFound
from app.records.register import SavedView

_LONGEST_NAME, _LONGEST_QUERY, _MOST = 200, 4000, 100


def read_views(session: Session, user: User) -> Sequence[SavedView]:
    """Give a user's saved views by name."""
    return session.scalars(sa.select(SavedView).where(SavedView.user_id == user.id).order_by(SavedView.name)).all()


def save_view(session: Session, name: str, query: str, *, actor: User) -> SavedView:
    """Save a list, the query string of its address, under a name; one of that name is replaced.

    Raises `InvalidInput` without a name, for one that is too long, and when there are a hundred already.
    """
    require(actor, Permission.VIEW)
    name = " ".join(name.split())
    if not name:
        raise InvalidInput("Give the view a name.", field="name")
    if len(name) > _LONGEST_NAME or len(query) > _LONGEST_QUERY:
        raise InvalidInput("This is too long to be saved.", field="name")
    view = session.scalar(sa.select(SavedView).where(SavedView.user_id == actor.id, SavedView.name == name))
    if view is None:
        if len(read_views(session, actor)) >= _MOST:
            raise InvalidInput("You have %(most)s saved views; delete one first.", field="name", most=_MOST)
        view = SavedView(user_id=actor.id, name=name)
        session.add(view)
    view.query = query
    session.flush()
    return view


def delete_view(session: Session, view_id: int, *, actor: User) -> None:
    """Delete a saved view; raises `NotFound` for one that is somebody else's."""
    view = session.scalar(sa.select(SavedView).where(SavedView.id == view_id, SavedView.user_id == actor.id))
    if view is None:
        raise NotFound("There is no such saved view.")
    session.delete(view)
    session.flush()
