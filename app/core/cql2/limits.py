"""How large and how deeply nested an expression may be, checked before and while it is read."""

from __future__ import annotations

import re

from app.core.errors import InvalidInput
from app.core.text import excerpt

# NUL, and halves of surrogate pairs.
_UNFIT = re.compile("[\x00\ud800-\udfff]")
MOST_BYTES = 8192
MOST_LEVELS = 32


def check_size(text: str) -> None:
    """Raise `InvalidInput` where an expression is too long, or has letters that no stored text has."""
    size = len(text.encode(errors="replace"))
    if size > MOST_BYTES:
        raise InvalidInput(
            "filter: it is %(count)s bytes long; %(most)s are read at most. Ask in several requests.",
            field="filter",
            value=excerpt(text),
            count=size,
            most=MOST_BYTES,
        )
    if unfit := _UNFIT.search(text):
        raise InvalidInput(
            "filter: the character at position %(position)s is none that text may hold; leave it out.",
            field="filter",
            value=excerpt(_UNFIT.sub("", text)),
            position=unfit.start() + 1,
        )


def is_clean(text: str) -> bool:
    """Tell whether a database takes a text."""
    return _UNFIT.search(text) is None


def too_deep(text: str) -> InvalidInput:
    """Give the error for an expression that is nested too deeply."""
    return InvalidInput(
        "filter: it is nested more than %(most)s levels deep; write it flatter, as in a = 1 AND b = 2 AND c = 3.",
        field="filter",
        value=excerpt(text),
        most=MOST_LEVELS,
    )
