"""The table of a revision's states: what leads where, and that somebody may do it."""

from __future__ import annotations

import pytest

from app.accounts.permissions import PERMISSIONS
from app.core.errors import Conflict
from app.records.models import RevisionState
from app.records.workflow import TRANSITIONS, Action, next_state


@pytest.mark.parametrize("state", list(RevisionState))
@pytest.mark.parametrize("action", list(Action))
def test_workflow_knows_exactly_the_table_of_states(state: RevisionState, action: Action) -> None:
    expected = {
        ("draft", "submit"): "in_review",
        ("draft", "discard"): "discarded",
        ("in_review", "recall"): "draft",
        ("in_review", "accept"): "accepted",
        ("in_review", "reject"): "rejected",
        ("rejected", "reopen"): "draft",
        ("rejected", "discard"): "discarded",
    }.get((str(state), str(action)))
    if expected is None:
        with pytest.raises(Conflict):
            next_state(state, action)
    else:
        assert next_state(state, action)[0] == expected


def test_workflow_asks_a_permission_that_some_role_has() -> None:
    held = frozenset().union(*PERMISSIONS.values())
    assert {permission for _, permission in TRANSITIONS.values()} <= held
