"""The steps of a dossier: which state leads where, and what they say to its clock."""

from __future__ import annotations

from collections.abc import Sequence

from app.heritage.dossiers.clock import Run, Stop
from app.heritage.dossiers.models import ENDED, DossierStep, State

# What may follow a state; a state that is left may be come back to.
NEXT: dict[State, tuple[State, ...]] = {
    State.PREPARING: (State.RECEIVED, State.WITHDRAWN),
    State.RECEIVED: (State.IN_WORK, State.SUPPLEMENT, State.RETURNED, State.WITHDRAWN),
    State.SUPPLEMENT: (State.IN_WORK, State.RETURNED, State.WITHDRAWN),
    State.IN_WORK: (
        State.SUPPLEMENT,
        State.CONSULTED,
        State.SUBMITTED,
        State.DECIDED,
        State.RETURNED,
        State.WITHDRAWN,
    ),
    State.CONSULTED: (State.IN_WORK, State.SUPPLEMENT, State.SUBMITTED, State.WITHDRAWN),
    State.SUBMITTED: (State.IN_WORK, State.SUPPLEMENT, State.DECIDED, State.RETURNED, State.WITHDRAWN),
    State.DECIDED: (State.RETURNED,),
    State.RETURNED: (),
    State.WITHDRAWN: (),
}


def standing_steps(steps: Sequence[DossierStep]) -> list[DossierStep]:
    """Give the steps that stand, in order: those neither taken back nor taking back another."""
    cancelled = {step.cancels_id for step in steps if step.cancels_id is not None}
    return sorted(
        (step for step in steps if step.cancels_id is None and step.id not in cancelled), key=lambda step: step.id
    )


def read_run(steps: Sequence[DossierStep]) -> Run | None:
    """Give what the steps say to the clock; None for a dossier that has not come in."""
    standing = [step for step in standing_steps(steps) if step.state != State.PREPARING]
    if not standing or standing[0].state != State.RECEIVED:
        return None
    stops: list[Stop] = []
    ended_on = None
    for step, following in zip(standing, [*standing[1:], None], strict=True):
        if step.state == State.SUPPLEMENT:
            stops.append(Stop(step.happened_on, following.happened_on if following else None))
        if step.state in ENDED and ended_on is None:
            ended_on = step.happened_on
    return Run(standing[0].happened_on, ended_on, tuple(stops))
