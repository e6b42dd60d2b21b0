"""What the desk's reading pages call things: fields as the forms do, states, acts."""

from __future__ import annotations

from collections.abc import Mapping

from app.catalogue.references import SCHEMES, UNITS, found_in
from app.desk.context import say
from app.desk.forms.labels import OPTIONS, label_of
from app.http.i18n import current_language
from app.vocabularies.models import Concept

# What every record has, shown in sections of its own.
COMMON = ("code", "sources", "doubts", "relations", "external_refs", "tags", "licence")

STATES = {
    "public": "Public",
    "internal": "Internal",
    "new": "New",
    "deleted": "Deleted",
    "draft": "Draft",
    "in_review": "In review",
    "rejected": "Returned",
    "accepted": "Accepted",
    "discarded": "Discarded",
}
_ACTS = {
    "draft": "Drafted",
    "submit": "Submitted",
    "recall": "Recalled",
    "accept": "Accepted",
    "reject": "Returned",
    "discard": "Discarded",
    "reopen": "Taken up again",
    "rebase": "Merged with what had changed",
    "comment": "Commented",
    "publish": "Published",
    "withdraw": "Withdrawn",
    "delete": "Deleted",
    "undelete": "Brought back",
    "assign": "Assigned",
    "open": "Opened",
    "change": "Changed",
    "step": "Step",
    "take_back": "Step taken back",
    "check": "Paper dealt with",
    "propose": "Proposed",
    "confirm": "Confirmed",
}


def field_label(kind: str, path: str) -> str:
    """Name a field of a kind, a part's field as `list.field`, in the reader's language."""
    text = label_of(kind, path).text
    return say(text[:1].upper() + text[1:])


def state_label(state: str) -> str:
    """Name a state of a record or of a revision."""
    return say(STATES.get(state, state))


def act_label(action: str) -> str:
    """Name what somebody did, as the history has it."""
    return say(_ACTS.get(action, action))


def scheme_of(kind: str, path: str) -> str | None:
    """Give the scheme of a field's concepts."""
    return found_in(SCHEMES, kind, path)


def option_label(path: str, value: str) -> str | None:
    """Name one of the values that a field chooses from where no vocabulary holds them; None for any other field."""
    label = OPTIONS.get(path, {}).get(value)
    return say(label) if label else None


def is_unit(path: str) -> bool:
    """Tell whether a field names an administrative unit."""
    return path in UNITS


def choices_of(vocabulary: Mapping[str, Mapping[str, Concept]], scheme: str) -> list[tuple[str, str]]:
    """Give the codes of a scheme with their names, for a choice."""
    language = current_language()
    return [(one.code, one.label.get(language) or one.code) for one in vocabulary.get(scheme, {}).values()]
