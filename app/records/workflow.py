"""The table of states: which action leads a revision from where to where, and what it takes."""

from __future__ import annotations

import enum

from app.accounts.permissions import Permission
from app.core.errors import Conflict
from app.records.models import RevisionState


class Action(enum.StrEnum):
    """What may be done to a revision."""

    SUBMIT = "submit"
    RECALL = "recall"
    ACCEPT = "accept"
    REJECT = "reject"
    DISCARD = "discard"
    REOPEN = "reopen"


TRANSITIONS: dict[tuple[RevisionState, Action], tuple[RevisionState, Permission]] = {
    (RevisionState.DRAFT, Action.SUBMIT): (RevisionState.IN_REVIEW, Permission.EDIT),
    (RevisionState.DRAFT, Action.DISCARD): (RevisionState.DISCARDED, Permission.EDIT),
    (RevisionState.IN_REVIEW, Action.RECALL): (RevisionState.DRAFT, Permission.EDIT),
    (RevisionState.IN_REVIEW, Action.ACCEPT): (RevisionState.ACCEPTED, Permission.REVIEW),
    (RevisionState.IN_REVIEW, Action.REJECT): (RevisionState.REJECTED, Permission.REVIEW),
    (RevisionState.REJECTED, Action.REOPEN): (RevisionState.DRAFT, Permission.EDIT),
    (RevisionState.REJECTED, Action.DISCARD): (RevisionState.DISCARDED, Permission.EDIT),
}


def next_state(state: RevisionState, action: Action) -> tuple[RevisionState, Permission]:
    """Give the state that an action leads to and the permission it takes; raises `Conflict` where it leads nowhere."""
    try:
        return TRANSITIONS[state, action]
    except KeyError:
        raise Conflict(
            "A revision that is “%(state)s” cannot be changed by “%(action)s”.", state=str(state), action=str(action)
        ) from None
