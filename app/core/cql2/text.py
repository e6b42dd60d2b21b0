"""A reader of CQL2 text (OGC 21-065r2, annex B) by recursive descent; what it gives is CQL2 JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from app.core.cql2.limits import MOST_LEVELS, check_size, too_deep
from app.core.cql2.shapes import SHAPES, read_shape
from app.core.cql2.tokens import Token, Words, unexpected, unsupported

Expression: TypeAlias = dict[str, Any]
# A condition is an expression, or TRUE or FALSE.
Condition: TypeAlias = Expression | bool

COMPARISONS = ("=", "<>", "<", "<=", ">", ">=")
SPATIAL = tuple(
    f"s_{name}" for name in ("intersects", "within", "contains", "disjoint", "equals", "touches", "crosses", "overlaps")
)
TEMPORAL = tuple(
    f"t_{name}"
    for name in (
        *("after", "before", "contains", "disjoint", "during", "equals", "finishedBy", "finishes", "intersects"),
        *("meets", "metBy", "overlappedBy", "overlaps", "startedBy", "starts"),
    )
)
# In text, keywords are in any letters; in JSON, as they stand here.
_TEMPORAL_NAMES = {name.lower(): name for name in TEMPORAL}
_A_CONDITION = "name = 'value'"
_AN_OPERATOR = "= <> < <= > >= BETWEEN IN LIKE IS NULL"


def read_text(text: str) -> Condition:
    """Read CQL2 text; gives the expression as CQL2 JSON, chains of AND and OR flattened.

    Raises `InvalidInput` that tells the position, what stands there and what was expected.
    """
    check_size(text)
    reader = _Reader(text)
    found = reader.condition()
    if reader.next.kind != "end":
        raise reader.out_of_place("AND, OR")
    return found


class _Reader(Words):
    """One reading of one text: where it has come to, and how deep it is in."""

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.text = text
        self.level = 0

    def _deeper(self) -> None:
        self.level += 1
        if self.level > MOST_LEVELS:
            raise too_deep(self.text)

    def condition(self) -> Condition:
        """Read conditions joined by OR, each of conditions joined by AND."""
        return self._chain("or", lambda: self._chain("and", self._factor))

    def _chain(self, op: str, read_part: Callable[[], Condition]) -> Condition:
        parts = [read_part()]
        while self.takes(op.upper()):
            parts.append(read_part())
        if len(parts) == 1:
            return parts[0]
        flat: list[Any] = []
        for part in parts:
            flat += part["args"] if isinstance(part, dict) and part["op"] == op else [part]
        return {"op": op, "args": flat}

    def _factor(self) -> Condition:
        if self.next.keyword not in ("NOT", "("):
            return self._predicate()
        self._deeper()
        if self.takes("NOT"):
            found: Condition = {"op": "not", "args": [self._factor()]}
        else:
            self.expect("(")
            found = self.condition()
            self._close()
        self.level -= 1
        return found

    def _close(self) -> None:
        if not self.takes(")"):
            raise self.out_of_place("), AND, OR")

    def _predicate(self) -> Condition:
        name = self.next.keyword.lower()
        if self.is_call() and name in SPATIAL:
            return self._pair(name, self._spatial)
        if self.is_call() and name in _TEMPORAL_NAMES:
            return self._pair(_TEMPORAL_NAMES[name], self._temporal)
        if self.is_call() and name.startswith("a_"):
            raise unsupported(self.next, "arrays")
        begin = self.next
        left = self._scalar()
        if isinstance(left, bool) and not self._is_operator():
            return left
        return self._comparison(left, begin)

    def _is_operator(self) -> bool:
        return self.next.keyword in (*COMPARISONS, "NOT", "BETWEEN", "IN", "LIKE", "ILIKE", "IS")

    def _pair(self, op: str, read_operand: Callable[[], Any]) -> Expression:
        self.take()
        self.expect("(")
        left = read_operand()
        self.expect(",")
        right = read_operand()
        self.expect(")")
        return {"op": op, "args": [left, right]}

    def _comparison(self, left: Any, begin: Token) -> Expression:
        if self.next.keyword in COMPARISONS:
            return {"op": self.take().text, "args": [left, self._scalar()]}
        if self.takes("IS"):
            is_not = self.takes("NOT")
            self.expect("NULL")
            return _unless(is_not, {"op": "isNull", "args": [left]})
        is_not = self.takes("NOT")
        if self.takes("BETWEEN"):
            low = self._scalar()
            self.expect("AND")
            return _unless(is_not, {"op": "between", "args": [left, low, self._scalar()]})
        if self.takes("IN"):
            self.expect("(")
            choices = [self._scalar()]
            while self.takes(","):
                choices.append(self._scalar())
            self.expect(")")
            return _unless(is_not, {"op": "in", "args": [left, choices]})
        if self.takes("LIKE"):
            return _unless(is_not, {"op": "like", "args": [left, self._scalar()]})
        # No word of CQL2's, but GDAL's for letters of either size.
        if self.takes("ILIKE"):
            args = [{"op": "casei", "args": [side]} for side in (left, self._scalar())]
            return _unless(is_not, {"op": "like", "args": args})
        if self.next.kind == "end" and begin.kind in ("text", "number"):
            raise unexpected(begin, _A_CONDITION)
        raise self.out_of_place(_AN_OPERATOR)

    def _scalar(self) -> Any:
        token = self.next
        if token.kind == "text":
            return self.quoted()
        if token.kind == "number":
            return self.number()
        if token.kind == "word" and self.is_call():
            return self._call()
        if token.kind in ("word", "name"):
            return self._word()
        raise self.out_of_place(_A_CONDITION)

    def _word(self) -> Any:
        token = self.take()
        if token.keyword in ("TRUE", "FALSE"):
            return token.keyword == "TRUE"
        if token.keyword in ("AND", "OR", "NOT", "BETWEEN", "IN", "LIKE", "IS", "NULL"):
            raise unexpected(token, _A_CONDITION)
        name = token.text[1:-1].replace('""', '"') if token.kind == "name" else token.text
        return {"property": name}

    def _call(self) -> Any:
        token = self.take()
        if token.keyword in ("CASEI", "ACCENTI"):
            self._deeper()
            self.expect("(")
            inner = self._scalar()
            self.expect(")")
            self.level -= 1
            return {"op": token.keyword.lower(), "args": [inner]}
        if token.keyword in ("DATE", "TIMESTAMP"):
            self.expect("(")
            value = self.quoted()
            self.expect(")")
            return {token.keyword.lower(): value}
        if token.keyword == "INTERVAL":
            return self._interval()
        raise unsupported(token, "function")

    def _interval(self) -> Expression:
        self.expect("(")
        ends = [self._end()]
        self.expect(",")
        ends.append(self._end())
        self.expect(")")
        return {"interval": ends}

    def _end(self) -> Any:
        if self.next.kind == "text":
            return self.quoted()
        if self.next.kind in ("word", "name") and not self.is_call():
            return self._word()
        raise self.out_of_place("'2026-01-01', '..'")

    def _temporal(self) -> Any:
        if self.next.kind in ("word", "name"):
            return self._scalar()
        raise self.out_of_place("DATE('2026-01-01'), INTERVAL('2026-01-01', '..')")

    def _spatial(self) -> Any:
        if self.next.keyword in SHAPES:
            return read_shape(self)
        if self.next.kind in ("word", "name") and not self.is_call():
            return self._word()
        raise self.out_of_place("geometry, POINT(108.3 15.9), BBOX(108, 15, 109, 16)")


def _unless(is_not: bool, found: Expression) -> Expression:  # noqa: FBT001 - a word of the language, read just before
    return {"op": "not", "args": [found]} if is_not else found
