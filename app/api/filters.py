"""Reading `filter` (OGC API – Features, Part 3): CQL2 bound to a collection's queryables, as a condition on items.

What is refused is refused by a sentence that names the part of the filter and the mend.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

from app.api.operands import Asked, Operand, read_moment, read_number, read_text_value, read_times, unfit
from app.api.shapes import is_shape, read_shapes
from app.core.cql2 import MOST_LEVELS, read_json, read_text
from app.core.cql2.text import COMPARISONS, SPATIAL, TEMPORAL
from app.core.errors import InvalidInput
from app.core.text import excerpt
from app.engine.questions import Relation
from app.http.parameters import check_choice
from app.publication.comparisons import (
    REVERSED_RELATIONS,
    Comparison,
    Test,
    compare_number,
    compare_text,
    equals_any,
    is_like,
    is_number_among,
    relate_time,
)
from app.publication.filters import AllOf, AnyOf, Condition, HasPlace, HasValue, Not
from app.publication.schema import Collection
from app.publication.values import SPAN

LANGUAGES = ("cql2-text", "cql2-json")
# GDAL knows CQL2 text by the name that the draft had.
FILTER_LANGUAGES = (*LANGUAGES, "cql-text")
MOST_CONDITIONS = 50
MOST_CHOICES = 500
_TURNED: dict[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def read_filter(
    collection: Collection, languages: Sequence[str], text: str, *, filter_lang: str, filter_crs: str
) -> Condition:
    """Read a filter in a language of `LANGUAGES`, its geometries in `filter_crs`; raises `InvalidInput`.

    `languages` are those of texts: a property that differs by language is compared in all of them.
    """
    expression = read_json(text) if filter_lang == "cql2-json" else read_text(text)
    return _Binder(collection, languages, filter_crs).condition(expression)


def equals(collection: Collection, languages: Sequence[str], name: str, value: str) -> Condition:
    """Give the condition that `name=value` stands for."""
    binder = _Binder(collection, languages, "")
    asked = binder.asked(name)
    if asked.found.sort == "text":
        return binder.compare(asked, "=", value)
    try:
        return binder.compare(asked, "=", _plain_number(asked, value) if asked.found.sort == "number" else value)
    except (ValueError, InvalidInput) as error:
        raise InvalidInput(
            "%(field)s: “%(value)s” is not of the form %(example)s.",
            field=name,
            value=value[:80],
            example=_EXAMPLES[asked.found.sort],
        ) from error


def _plain_number(asked: Asked, text: str) -> float:
    """Read the number that a property is to have; raises `ValueError` where it can have none such."""
    if not _NUMBER.fullmatch(text):
        raise ValueError(text)
    number = float(text)
    if asked.found.type == "integer" and not number.is_integer():
        raise ValueError(text)
    return number


_NUMBER = re.compile(r"[+-]?[0-9]{1,20}(\.[0-9]{1,20})?([eE][+-]?[0-9]{1,3})?")
_EXAMPLES = {"number": "1500", "boolean": "true", "date": "2026-01-31", "instant": "2026-01-31T00:00:00Z"}


class _Binder:
    """One reading of one filter; it counts the conditions, for each of them costs the database a look."""

    def __init__(self, collection: Collection, languages: Sequence[str], crs: str) -> None:
        self.collection = collection
        self.languages = languages
        self.crs = crs
        self.known = {found.name: found for found in collection.queryables}
        self.count = 0

    def condition(self, node: Any, level: int = 0) -> Condition:
        """Bind an expression that is true or false."""
        if isinstance(node, bool):
            return AllOf(()) if node else AnyOf(())
        op, args = self._call(node)
        if op in ("and", "or", "not"):
            if level >= MOST_LEVELS or not args or (op == "not" and len(args) != 1):
                raise unfit(node)
            parts = tuple(self.condition(part, level + 1) for part in args)
            return Not(parts[0]) if op == "not" else AllOf(parts) if op == "and" else AnyOf(parts)
        self.count += 1
        if self.count > MOST_CONDITIONS:
            raise InvalidInput(
                "filter: it has more than %(most)s conditions; ask with IN (…), or in several requests.",
                field="filter",
                value=excerpt(json.dumps(node, ensure_ascii=False)),
                most=MOST_CONDITIONS,
            )
        return self._predicate(node, op, args)

    def _call(self, node: Any) -> tuple[str, list[Any]]:
        op, args = (node.get("op"), node.get("args")) if isinstance(node, dict) else (None, None)
        if not isinstance(op, str) or not isinstance(args, list):
            raise unfit(node)
        return op, args

    def _predicate(self, node: Any, op: str, args: list[Any]) -> Condition:
        bind = self._binders().get(op)
        counts = {"isNull": 1, "between": 3}
        if bind is None or len(args) != counts.get(op, 2):
            raise unfit(node)
        return bind(op, *args)

    def _binders(self) -> dict[str, Callable[..., Condition]]:
        return {
            **dict.fromkeys(COMPARISONS, self._comparison),
            **dict.fromkeys(SPATIAL, self._spatial),
            **dict.fromkeys(TEMPORAL, self._temporal),
            "isNull": self._is_null,
            "between": self._between,
            "in": self._in,
            "like": self._like,
        }

    def asked(self, node: Any) -> Asked:
        """Find the queryable that a name, or an operand, means, and in which form its text is compared."""
        operand = Operand.read(node if isinstance(node, dict) else {"property": node})
        name = operand.value
        if not operand.is_property or not isinstance(name, str):
            raise unfit(node)
        if name not in self.known:
            check_choice("filter", name, [*self.known, "geometry"])
            raise unfit(node)
        found = self.known[name]
        if operand.form != "written" and found.sort != "text":
            raise unfit(node)
        names = [found.in_language(language) for language in self.languages]
        return Asked(found, tuple(dict.fromkeys(names)), operand.form)

    def _has(self, asked: Asked, test: Test) -> Condition:
        return HasValue(asked.names, test, is_single=not asked.found.is_multiple)

    def _comparison(self, op: str, left: Any, right: Any) -> Condition:
        if not Operand.read(left).is_property:
            left, right, op = right, left, _TURNED.get(op, op)
        if Operand.read(right).is_property:
            raise InvalidInput(
                "filter: one property is not compared with another here (“%(value)s”); compare it with a value.",
                field="filter",
                value=str(Operand.read(right).value)[:60],
            )
        asked = self.asked(left)
        return Not(self.compare(asked, "=", right)) if op == "<>" else self.compare(asked, op, right)

    def compare(self, asked: Asked, op: str, value: Any) -> Condition:
        """Bind a comparison of a property with a value that is not bound yet."""
        comparison: Comparison = op  # type: ignore[assignment] # one of these it is: the signs but <>
        found = asked.found
        if found.sort == "text":
            return self._has(asked, compare_text(found, asked.form, comparison, read_text_value(found, value)))
        if found.sort == "boolean" and comparison != "=":
            raise InvalidInput(
                "filter: %(name)s is true or false; it is asked for by = or <>.",
                field="filter",
                name=found.name,
                value=op,
            )
        return self._has(asked, compare_number(comparison, self._number(asked, value)))

    def _number(self, asked: Asked, value: Any) -> float:
        """Give the number that a value of a number, truth, day or instant is compared by."""
        return (read_moment if asked.found.sort in ("date", "instant") else read_number)(asked.found, value)

    def _is_null(self, _op: str, operand: Any) -> Condition:
        if operand == {"property": "geometry"}:
            return Not(HasPlace())
        return Not(HasValue(self.asked(operand).names))

    def _between(self, _op: str, operand: Any, low: Any, high: Any) -> Condition:
        parts = [self.compare(self.asked(operand), op, value) for op, value in ((">=", low), ("<=", high))]
        tests = [part.test for part in parts if isinstance(part, HasValue) and part.test is not None]
        # Of several values, one must lie between the two.
        return self._has(self.asked(operand), tests[0] & tests[1])

    def _in(self, _op: str, operand: Any, choices: Any) -> Condition:
        if not isinstance(choices, list) or not choices or len(choices) > MOST_CHOICES:
            raise unfit(choices)
        asked = self.asked(operand)
        if asked.found.sort == "text":
            texts = [read_text_value(asked.found, choice) for choice in choices]
            return self._has(asked, equals_any(asked.found, asked.form, texts))
        return self._has(asked, is_number_among([self._number(asked, choice) for choice in choices]))

    def _like(self, _op: str, operand: Any, pattern: Any) -> Condition:
        asked = self.asked(operand)
        if asked.found.sort != "text":
            raise InvalidInput(
                "filter: %(name)s is no text; LIKE compares text only.",
                field="filter",
                name=asked.found.name,
                value=asked.found.name,
            )
        return self._has(asked, is_like(asked.found, asked.form, read_text_value(asked.found, pattern)))

    def _spatial(self, op: str, left: Any, right: Any) -> Condition:
        relation = op.removeprefix("s_")
        if is_shape(left):
            left, right = right, left
            relation = {"within": "contains", "contains": "within"}.get(relation, relation)
        if left != {"property": "geometry"} or not is_shape(right):
            raise unfit({"op": op, "args": [left, right]})
        shapes = read_shapes(right, self.crs)
        is_apart = relation == "disjoint"
        if len(shapes) > 1 and relation not in ("intersects", "disjoint"):
            raise InvalidInput(
                "filter: a GEOMETRYCOLLECTION is only asked for by S_INTERSECTS and S_DISJOINT; use one geometry.",
                field="filter",
                value=op.upper(),
            )
        kind: Relation = "intersects" if is_apart else relation  # type: ignore[assignment] # one of `SPATIAL` it is
        meets = AnyOf(tuple(HasPlace(kind, shape) for shape in shapes))
        return Not(meets) if is_apart else meets

    def _temporal(self, op: str, left: Any, right: Any) -> Condition:
        if not self._is_time(left):
            left, right, op = right, left, REVERSED_RELATIONS.get(op, op)
        if not self._is_time(left) or self._is_time(right):
            raise unfit({"op": op, "args": [left, right]})
        if "interval" in left:
            found = self.asked(left["interval"][0]).found
            test = relate_time(op, *read_times(found, right), is_span=True)
            return HasValue((SPAN,), test)
        asked = self.asked(left)
        if asked.found.sort not in ("date", "instant"):
            raise InvalidInput(
                "filter: %(name)s is no time; the relations T_… compare days and instants.",
                field="filter",
                name=asked.found.name,
                value=asked.found.name,
            )
        return self._has(asked, relate_time(op, *read_times(asked.found, right), is_span=False))

    def _is_time(self, node: Any) -> bool:
        """Tell whether an operand is a time of the items: a property, or the two that are their span's ends."""
        if not isinstance(node, dict):
            return False
        ends = node.get("interval")
        if not isinstance(ends, list) or not any(isinstance(end, dict) for end in ends):
            return set(node) == {"property"}
        span = self.collection.span
        if span is None or ends != [{"property": name} for name in span]:
            raise InvalidInput(
                "filter: INTERVAL has two values, or the two properties of a time here: %(choices)s.",
                field="filter",
                value=excerpt(json.dumps(ends, ensure_ascii=False)),
                choices=", ".join(span) if span else "–",
            )
        return True
