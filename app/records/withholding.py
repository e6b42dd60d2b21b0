"""What is withheld from whom: the fields that tell a sensitive place, of what is accepted and of what is on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted, is_permitted_anywhere
from app.records.kinds import Kind, Kinds
from app.records.models import Revision
from app.records.shown import read_accepted

States = Sequence[Mapping[str, Any]]


def withheld_of(
    session: Session, kinds: Kinds, kind: Kind, actor: User, records: Sequence[States]
) -> list[frozenset[str]]:
    """Name, for each of some records of a kind, the fields that are withheld from the actor.

    A record is given as all of its states that count. What any of them says to withhold is withheld, unless the actor
    may see sensitive places where each of them lies.
    """
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return [frozenset()] * len(records)
    told = iter(kind.withheld(session, [state for states in records for state in states]))
    names = [frozenset(name for _ in states for name in next(told)) for states in records]
    if not is_permitted(actor, Permission.SEE_SENSITIVE):
        return names

    def may_see(states: States) -> bool:
        subjects = (kinds.subject(session, kind, state) for state in states)
        return all(is_permitted(actor, Permission.SEE_SENSITIVE, subject) for subject in subjects)

    return [frozenset() if found and may_see(states) else found for found, states in zip(names, records, strict=True)]


def withheld_in(
    session: Session, kinds: Kinds, actor: User, revisions: Sequence[Revision]
) -> dict[int, frozenset[str]]:
    """Name, by their keys, the fields of revisions that are withheld from the actor, however many revisions those are.

    Withheld is what is sensitive in the revision, or in the record as it is accepted now. What somebody writes
    themselves, of a new record or of the state that stands, is theirs to see.
    """
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return {revision.id: frozenset() for revision in revisions}
    accepted = read_accepted(session, sorted({revision.code for revision in revisions}))
    found: dict[int, frozenset[str]] = {}
    for name in sorted({revision.kind for revision in revisions}):
        chosen = [revision for revision in revisions if revision.kind == name]
        states = []
        for revision in chosen:
            now = accepted.get(revision.code)
            is_fresh = now is None or revision.base_version == now.accepted_version
            is_theirs = revision.author_id == actor.id and is_fresh
            said = [] if is_theirs else [revision.payload]
            states.append(said if now is None else [*said, now.payload])
        names = withheld_of(session, kinds, kinds[name], actor, states)
        found |= {revision.id: hidden for revision, hidden in zip(chosen, names, strict=True)}
    return found


def withheld_together(session: Session, kinds: Kinds, actor: User, *revisions: Revision) -> frozenset[str]:
    """Name the fields withheld in any of some revisions, for pages that show them side by side."""
    return frozenset().union(*withheld_in(session, kinds, actor, revisions).values())
