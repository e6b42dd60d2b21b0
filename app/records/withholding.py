"""What is withheld from whom: the fields that tell a sensitive place, of what is accepted and of what is on its way."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted, is_permitted_anywhere
from app.records.kinds import Kind, Kinds
from app.records.models import Revision, RevisionState
from app.records.shown import read_accepted, read_bases

States = Sequence[Mapping[str, Any]]


def withheld_of(
    session: Session, kinds: Kinds, kind: Kind, actor: User, records: Sequence[States], *, is_proposed: bool = False
) -> list[frozenset[str]]:
    """Name, for each of some records of a kind, the fields that are withheld from the actor.

    A record is given as all of its states that count. What any of them says to withhold is withheld, unless the actor
    may see sensitive places where each of them lies. `is_proposed` says that they are not accepted yet.
    """
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return [frozenset()] * len(records)
    told = iter(kind.withheld(session, [state for states in records for state in states], is_proposed=is_proposed))
    names = [frozenset(name for _ in states for name in next(told)) for states in records]
    if not is_permitted(actor, Permission.SEE_SENSITIVE):
        return names

    def may_see(states: States) -> bool:
        subjects = (kinds.subject(session, kind, state) for state in states)
        return all(is_permitted(actor, Permission.SEE_SENSITIVE, subject) for subject in subjects)

    return [frozenset() if found and may_see(states) else found for found, states in zip(names, records, strict=True)]


def withheld_in(
    session: Session,
    kinds: Kinds,
    actor: User,
    revisions: Sequence[Revision],
    *,
    bases: Mapping[int, Mapping[str, Any]] | None = None,
) -> dict[int, frozenset[str]]:
    """Name, by their keys, the fields of revisions that are withheld from the actor, however many revisions those are.

    Withheld is what is sensitive in the revision, in the state that it was begun from, or in the record as it is
    accepted now. What somebody writes themselves, of a new record or of the state that stands, is theirs to see.
    `bases` are those of `read_bases`, where they have been read already.
    """
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return {revision.id: frozenset() for revision in revisions}
    accepted = read_accepted(session, sorted({revision.code for revision in revisions}))
    bases = read_bases(session, revisions) if bases is None else bases
    found: dict[int, frozenset[str]] = {}
    groups: dict[tuple[str, bool], list[Revision]] = {}
    for revision in revisions:
        groups.setdefault((revision.kind, revision.state != RevisionState.ACCEPTED), []).append(revision)
    for (name, is_proposed), chosen in sorted(groups.items()):
        states: list[list[Mapping[str, Any]]] = []
        for revision in chosen:
            now = accepted.get(revision.code)
            is_fresh = now is None or revision.base_version >= (now.accepted_version or 0)
            is_theirs = is_fresh and revision.author_id == actor.id
            states.append(
                [
                    *([] if is_theirs else [revision.payload]),
                    *([bases[revision.id]] if revision.id in bases else []),
                    *([now.payload] if now is not None else []),
                ]
            )
        names = withheld_of(session, kinds, kinds[name], actor, states, is_proposed=is_proposed)
        found |= {revision.id: hidden for revision, hidden in zip(chosen, names, strict=True)}
    return found


def states_of_own(session: Session, accepted: Mapping[str, Any], draft: Revision | None) -> list[Mapping[str, Any]]:
    """Give the states that decide what the author of a draft of an accepted record may see of it.

    What they write of the state that stands is theirs; an older draft may keep what is hidden since.
    """
    if draft is None or not draft.is_overtaken:
        return [accepted]
    return [accepted, draft.payload, *read_bases(session, [draft]).values()]


def withheld_together(session: Session, kinds: Kinds, actor: User, *revisions: Revision) -> frozenset[str]:
    """Name the fields withheld in any of some revisions, for pages that show them side by side."""
    return frozenset().union(*withheld_in(session, kinds, actor, revisions).values())
