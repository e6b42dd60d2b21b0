"""What the desk calls procedures, states, verdicts and debtors of dossiers; the English words are msgids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.desk.context import say
from app.heritage.dossiers.checklist import Item
from app.heritage.dossiers.clock import DayUnit
from app.heritage.dossiers.forms import name_forms
from app.heritage.dossiers.models import DayKind, Debtor, Procedure, State, Verdict

PROCEDURES = {
    Procedure.RANK: "Ranking",
    Procedure.SUPPLEMENT: "Supplementary ranking",
    Procedure.ADJUST_BOUNDARY: "Adjustment of boundaries",
    Procedure.CANCEL: "Cancellation of a ranking",
    Procedure.REGISTER: "Registration of an artefact",
}
STATES = {
    State.PREPARING: "Being put together",
    State.RECEIVED: "Received",
    State.SUPPLEMENT: "Supplement asked for",
    State.IN_WORK: "In work",
    State.CONSULTED: "Opinion asked for",
    State.SUBMITTED: "Submitted for signature",
    State.DECIDED: "Decided",
    State.RETURNED: "Given back",
    State.WITHDRAWN: "Given up",
}
# What a state is called where it is to be chosen as the next one.
STEPS = {
    State.RECEIVED: "Received: the clock begins",
    State.SUPPLEMENT: "Ask for a supplement: the clock stops",
    State.IN_WORK: "Taken in work; a supplement has come",
    State.CONSULTED: "Ask other bodies for their opinion",
    State.SUBMITTED: "Submit for signature",
    State.DECIDED: "Decided: the clock ends",
    State.RETURNED: "Give the result or the dossier back",
    State.WITHDRAWN: "Give up",
}
VERDICTS = {
    Verdict.THERE: "There",
    Verdict.MISSING: "Missing",
    Verdict.OUTDATED: "Only in a form not valid",
    Verdict.NOT_APPLICABLE: "Not asked for here",
}
DEBTORS = {
    Debtor.APPLICANT: "Applicant",
    Debtor.OFFICE: "This office",
    Debtor.COMMUNE: "Commune",
    Debtor.OTHER: "Another body",
}
UNITS = {DayUnit.WORKING: "working days", DayUnit.CALENDAR: "calendar days"}
DAY_KINDS = {DayKind.HOLIDAY: "Day of rest", DayKind.WORKED: "Weekend day that is worked"}
STATE_TONES = {
    State.SUPPLEMENT: "warn",
    State.DECIDED: "good",
    State.RETURNED: "good",
    State.PREPARING: "neutral",
    State.WITHDRAWN: "neutral",
}
VERDICT_TONES = {Verdict.THERE: "good", Verdict.MISSING: "bad", Verdict.OUTDATED: "warn"}


def choices(words: Mapping[Any, str]) -> list[tuple[str, str]]:
    """Give values with their names, for a choice."""
    return [(str(value), say(label)) for value, label in words.items()]


def words() -> dict[str, Any]:
    """Give what the pages of dossiers call things."""
    return {
        "procedure_names": dict(choices(PROCEDURES)),
        "state_names": dict(choices(STATES)),
        "state_tones": {str(state): tone for state, tone in STATE_TONES.items()},
        "verdict_names": dict(choices(VERDICTS)),
        "verdict_tones": {str(verdict): tone for verdict, tone in VERDICT_TONES.items()},
        "debtor_names": dict(choices(DEBTORS)),
        "unit_names": dict(choices(UNITS)),
        "name_forms": name_forms,
    }


def say_reasons(item: Item) -> list[str]:
    """Say why a paper is as it is found, in the reader's language."""
    said = []
    if item.lacking:
        there = name_forms(sorted({held.form for held in item.media}))
        said.append(say("There as %(there)s only; lacks %(lacking)s.", there=there, lacking=name_forms(item.lacking)))
    if item.old and not item.media:
        said.append(say("What there is dates from before it was valid in this form."))
    if item.lost:
        said.append(say("The file %(codes)s that was named is no longer there.", codes=", ".join(item.lost)))
    if item.is_contradicted:
        said.append(say("A file has come meanwhile: look at it and set this anew."))
    if item.condition is not None:
        is_unmet = item.found == Verdict.NOT_APPLICABLE and item.condition.unmet
        said.append(say(item.condition.unmet if is_unmet else item.condition.asks))
    return said


def say_facts(item: Item) -> list[str]:
    """Say what the record itself shows of a paper."""
    return [say(fact.says, **fact.params(about)) for fact, about in item.facts]
