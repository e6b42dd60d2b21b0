"""What one published value must meet: comparisons of text, numbers and times as SQL over the columns of `VALUES`.

Text comes in four forms: as it is written, without capitals, without marks, without either (as `fold` makes it).
It is ordered folded, then as the form has it, by code points; so every engine orders and compares alike.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from typing import Any, Literal, TypeAlias

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.text import fold, fold_case, fold_marks
from app.engine.questions import like_pattern
from app.publication.models import VALUES
from app.publication.schema import Property

Form: TypeAlias = Literal["written", "small", "bare", "folded"]
Comparison: TypeAlias = Literal["=", "<", "<=", ">", ">="]
Test: TypeAlias = ColumnElement[Any]

_COMPARE: dict[str, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
_MAKE: dict[Form, Callable[[str], str]] = {"written": str, "small": fold_case, "bare": fold_marks, "folded": fold}
# No text goes on with this: what begins with a prefix lies between the prefix and the prefix with it.
_LAST = "\U0010ffff"


def make_form(form: Form, text: str) -> str:
    """Bring a text into a form."""
    return _MAKE[form](text)


def _column(form: Form) -> ColumnElement[Any]:
    """Give the column that holds a form; one that is as the value is not kept."""
    return VALUES.c.value if form == "written" else sa.func.coalesce(VALUES.c[form], VALUES.c.value)


def _folded(found: Property) -> ColumnElement[Any]:
    """Give the folded text by the column alone where it is indexed, that is, kept of every value."""
    return VALUES.c.folded if found.is_sortable and not found.scheme else _column("folded")


def compare_text(found: Property, form: Form, comparison: Comparison, text: str) -> Test:
    """Say that a value, in a form, is equal to a text that is in it, or before or after it."""
    if comparison == "=":
        return equals_any(found, form, [text])
    folded, compare = fold(text), _COMPARE[comparison]
    # The folded text decides, and among equal ones the form; the first part is what an index answers.
    loosely = operator.le if comparison[0] == "<" else operator.ge
    strictly = operator.lt if comparison[0] == "<" else operator.gt
    decided = sa.or_(strictly(_folded(found), folded), compare(_column(form), text))
    return sa.and_(loosely(_folded(found), folded), decided)


def _test(test: Any) -> Test:
    made: Test = test
    return made


def equals_any(found: Property, form: Form, texts: Sequence[str]) -> Test:
    """Say that a value, in a form, is one of some texts that are in it."""
    column = _folded(found) if form == "folded" else _column(form)
    equal = column == texts[0] if len(texts) == 1 else column.in_(texts)
    if form in ("written", "folded"):
        return _test(equal)
    # Equal texts are equal folded, and by that the index finds them.
    return sa.and_(_folded(found).in_(sorted({fold(text) for text in texts})), equal)


def is_like(found: Property, form: Form, pattern: str) -> Test:
    """Say that a value, in a form, matches a pattern: `%` any letters, `_` one, a backslash before either itself."""
    matches = like_pattern(_folded(found) if form == "folded" else _column(form), pattern)
    beginning = fold(_beginning(pattern))
    if not beginning:
        return matches
    folded = _folded(found)
    return sa.and_(folded >= beginning, folded < beginning + _LAST, matches)


def _beginning(pattern: str) -> str:
    """Give the letters before the first sign of a pattern."""
    return min((pattern.partition(sign)[0] for sign in "%_\\"), key=len)


def compare_number(comparison: Comparison, number: float) -> Test:
    """Say how a value, which is a number, a day, an instant or a truth, compares with another as its number."""
    return _test(_COMPARE[comparison](VALUES.c.number, number))


def is_number_among(numbers: Sequence[float]) -> Test:
    """Say that a value is one of some numbers."""
    return VALUES.c.number.in_(numbers)


# How a time a stands to a time b (OGC 21-065r2, 7.6.2), by their beginnings and ends.
_RELATIONS: dict[str, Callable[[Any, Any, Any, Any], Test]] = {
    "t_after": lambda a1, _a2, _b1, b2: a1 > b2,
    "t_before": lambda _a1, a2, b1, _b2: a2 < b1,
    "t_contains": lambda a1, a2, b1, b2: sa.and_(a1 < b1, a2 > b2),
    "t_disjoint": lambda a1, a2, b1, b2: sa.or_(a2 < b1, a1 > b2),
    "t_during": lambda a1, a2, b1, b2: sa.and_(a1 > b1, a2 < b2),
    "t_equals": lambda a1, a2, b1, b2: sa.and_(a1 == b1, a2 == b2),
    "t_finishedBy": lambda a1, a2, b1, b2: sa.and_(a1 < b1, a2 == b2),
    "t_finishes": lambda a1, a2, b1, b2: sa.and_(a1 > b1, a2 == b2),
    "t_intersects": lambda a1, a2, b1, b2: sa.and_(a1 <= b2, a2 >= b1),
    "t_meets": lambda _a1, a2, b1, _b2: a2 == b1,
    "t_metBy": lambda a1, _a2, _b1, b2: a1 == b2,
    "t_overlappedBy": lambda a1, a2, b1, b2: sa.and_(a1 > b1, a1 < b2, a2 > b2),
    "t_overlaps": lambda a1, a2, b1, b2: sa.and_(a1 < b1, a2 > b1, a2 < b2),
    "t_startedBy": lambda a1, a2, b1, b2: sa.and_(a1 == b1, a2 > b2),
    "t_starts": lambda a1, a2, b1, b2: sa.and_(a1 == b1, a2 < b2),
}
# Where the two change sides, so does the relation.
_REVERSED = {
    "t_after": "t_before",
    "t_contains": "t_during",
    "t_finishedBy": "t_finishes",
    "t_meets": "t_metBy",
    "t_overlappedBy": "t_overlaps",
    "t_startedBy": "t_starts",
}
REVERSED_RELATIONS = _REVERSED | {after: before for before, after in _REVERSED.items()}


def relate_time(relation: str, first: float, last: float, *, is_span: bool) -> Test:
    """Say how a value, an instant or a span, stands to a time; an instant is as long as it begins and ends."""
    end = VALUES.c.number_to if is_span else VALUES.c.number
    return _RELATIONS[relation](VALUES.c.number, end, first, last)
