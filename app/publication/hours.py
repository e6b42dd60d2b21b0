"""Opening hours as they are published for asking: each text, and since when all of them are known to be true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

# The names under which they are kept.
HOURS, HOURS_VERIFIED_ON = "hours", "hours_verified_on"
# As long as what is counted may be; hours that take more words are shown, and never said to be open.
_LONGEST = 200


def hours_values(found: Sequence[tuple[str, dt.date | None]]) -> list[tuple[str, str]]:
    """Give the values for hours and the days on which they were verified: `hours`, `hours_verified_on`.

    The day is the earliest, and there is none unless all were verified. Hours of which one is too long are not asked.
    """
    if any(len(text) > _LONGEST for text, _ in found):
        return []
    days = [day for _, day in found if day is not None]
    verified = [(HOURS_VERIFIED_ON, min(days).isoformat())] if found and len(days) == len(found) else []
    return [*((HOURS, text) for text, _ in found), *verified]
