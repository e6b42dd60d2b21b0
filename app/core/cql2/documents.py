"""A reader of CQL2 JSON (OGC 21-065r2, 8.3): size and depth are checked before it, what it says is not."""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

from app.core.cql2.limits import MOST_LEVELS, check_size, is_clean, too_deep
from app.core.errors import InvalidInput
from app.core.text import excerpt

# An expression and its arguments are two brackets, and a geometry's coordinates are nested as well.
_MOST_BRACKETS = 2 * MOST_LEVELS + 6
_STRING = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)


def read_json(text: str) -> Any:
    """Read CQL2 JSON as it stands; raises `InvalidInput` for what is no JSON, too long or too deep."""
    check_size(text)
    _check_depth(text)
    try:
        found = json.loads(text, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise InvalidInput(
            "filter: this is not JSON from position %(position)s on; with filter-lang=cql2-json it looks like "
            '{"op": "=", "args": [{"property": "rank"}, "national"]}.',
            field="filter",
            value=excerpt(text[error.pos :]),
            position=error.pos + 1,
        ) from error
    except ValueError as error:
        raise _no_number(text) from error
    if not _is_clean(found):
        raise InvalidInput(
            "filter: a text in it holds a character that text may not hold, such as \\u0000; leave it out.",
            field="filter",
            value=excerpt(text),
        )
    return found


def _check_depth(text: str) -> None:
    level = 0
    for letter in _STRING.sub("", text):
        level += (letter in "[{") - (letter in "]}")
        if level > _MOST_BRACKETS:
            raise too_deep(text)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _no_number(text: str) -> InvalidInput:
    return InvalidInput("filter: a number in it is none that can be compared.", field="filter", value=excerpt(text))


def _is_clean(found: Any) -> bool:
    """Tell whether every text may be asked of a database; the depth is bounded by then."""
    if isinstance(found, str):
        return is_clean(found)
    if isinstance(found, dict):
        return all(is_clean(name) and _is_clean(value) for name, value in found.items())
    return not isinstance(found, list) or all(_is_clean(value) for value in found)
