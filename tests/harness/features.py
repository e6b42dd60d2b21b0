"""Features as plain Python values, published for tests, and CQL2 JSON decided over them without any database."""

from __future__ import annotations

import datetime as dt
import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import shapely
from shapely.geometry import shape
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.core.text import fold, fold_case, fold_marks
from app.publication.collections import COLLECTIONS
from app.publication.schema import Place, Projection, Rendering, Workshop
from app.publication.store import store
from app.publication.values import type_values
from tests.harness.register import SETTINGS, write_vocabulary

# A truth of three: None is what cannot be told.
Truth = bool | None


@dataclass
class Feature:
    """What a feature holds: the values of each property, all it has, its geometry and its times."""

    code: str
    values: dict[str, list[Any]]
    geometry: BaseGeometry | None = None
    spans: list[tuple[dt.date | None, dt.date | None]] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def all_of(self, name: str) -> list[Any]:
        """Give the values of a property; a name counts in every language."""
        if name == "code":
            return [self.code]
        return list(self.names.values()) if name == "name" else self.values.get(name, [])


def publish_features(session: Session, collection: str, features: Sequence[Feature]) -> None:
    """Write features into the publication as a rebuild does, in their order, and commit."""
    write_vocabulary(session)
    workshop = Workshop(session, SETTINGS)
    described = COLLECTIONS[collection]
    shown = {found.name: found for found in described.queryables}
    projections = {}
    for key, feature in enumerate(features, 1):
        plain = {
            name: values if shown[name].type == "array" else values[0]
            for name, values in feature.values.items()
            if not shown[name].is_filter_only and values
        }
        further = [
            (name, str(value))
            for name, values in feature.values.items()
            if shown[name].is_filter_only
            for value in values
        ]
        renderings = {
            language: Rendering("x", {"code": feature.code, "name": feature.names[language], **plain}, [], [])
            for language in SETTINGS.languages
        }
        projection = Projection(
            feature.code, 0, _place(feature), tuple(further), renderings, spans=tuple(feature.spans)
        )
        typed = type_values(workshop, described, projection)
        projections[key] = Projection(
            feature.code, 0, _place(feature), tuple(further), renderings, tuple(feature.spans), typed
        )
    store(session, collection, list(projections), projections)
    session.commit()


def _place(feature: Feature) -> Place | None:
    if feature.geometry is None:
        return None
    point = feature.geometry.representative_point()
    return Place(point.x, point.y, 10, feature.geometry)


def decide(node: Any, feature: Feature) -> Truth:
    """Decide an expression of CQL2 JSON about a feature (OGC 21-065r2, 6.2)."""
    if isinstance(node, bool):
        return node
    op, args = node["op"], node["args"]
    if op in ("and", "or", "not"):
        return _join(op, [decide(part, feature) for part in args])
    if op == "isNull":
        name = args[0]["property"]
        return feature.geometry is None if name == "geometry" else not feature.all_of(name)
    if op.startswith("s_"):
        return None if feature.geometry is None else _SPATIAL[op](feature.geometry, _shape(args[1]))
    if op.startswith("t_"):
        times = _times(args[0], feature)
        return any(_TEMPORAL[op](*time, *_time(args[1])) for time in times) if times else None
    return _compare(op, args, feature)


def _join(op: str, truths: list[Truth]) -> Truth:
    if op == "not":
        return None if truths[0] is None else not truths[0]
    decisive = op == "or"
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _compare(op: str, args: list[Any], feature: Feature) -> Truth:
    forms: list[Callable[[str], str]] = []
    side = args[0]
    while "op" in side:
        forms.append(_FORMS[side["op"]])
        side = side["args"][0]
    values = feature.all_of(side["property"])
    if not values:
        return None
    made = _both(forms)
    literals = [_literal(arg) for arg in (args[1] if op == "in" else args[1:])]
    if op == "<>":
        return not any(made(value) == literals[0] for value in values)
    return any(_meets(op, made(value), literals, value) for value in values)


def _both(forms: list[Callable[[str], str]]) -> Callable[[Any], Any]:
    if not forms:
        return lambda value: value
    return fold if len(set(forms)) == 2 else forms[0]


def _meets(op: str, value: Any, literals: list[Any], written: Any) -> bool:
    if op == "in":
        return value in literals
    if op == "like":
        return re.fullmatch(_pattern(literals[0]), value, re.DOTALL) is not None
    if op == "between":
        return _key(literals[0]) <= _key(value) <= _key(literals[1])
    compare: Callable[[Any, Any], bool] = {
        "=": operator.eq,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
    }[op]
    return compare(value, literals[0]) if op == "=" else compare(_key(value), _key(literals[0]))


def _key(value: Any) -> Any:
    """Give the place of a value in its order: of text folded, then as it is."""
    return (fold(value), value) if isinstance(value, str) else value


def _pattern(text: str) -> str:
    parts = re.findall(r"\\[%_\\]|.", text, re.DOTALL)
    return "".join({"%": ".*", "_": "."}.get(part, re.escape(part[-1])) for part in parts)


_FORMS: dict[str, Callable[[str], str]] = {"casei": fold_case, "accenti": fold_marks}


def _literal(node: Any) -> Any:
    if not isinstance(node, dict):
        return node
    if "op" in node:
        forms = []
        while isinstance(node, dict):
            forms.append(_FORMS[node["op"]])
            node = node["args"][0]
        return _both(forms)(node)
    return next(iter(node.values()))


_SPATIAL: dict[str, Callable[[BaseGeometry, BaseGeometry], bool]] = {
    f"s_{name}": getattr(shapely, name)
    for name in ("intersects", "within", "contains", "disjoint", "equals", "touches", "crosses", "overlaps")
}


def _shape(node: dict[str, Any]) -> BaseGeometry:
    return shapely.box(*node["bbox"]) if "bbox" in node else shape(node)


def _times(node: dict[str, Any], feature: Feature) -> list[tuple[str, str]]:
    if "interval" in node:
        return [
            (first.isoformat() if first else "", last.isoformat() if last else "~") for first, last in feature.spans
        ]
    return [(value, value) for value in feature.all_of(node["property"])]


def _time(node: dict[str, Any]) -> tuple[str, str]:
    """Give a time as two texts; an open end sorts before or after all days."""
    first, last = node.get("interval") or [_literal(node)] * 2
    return "" if first == ".." else first, "~" if last == ".." else last


_TEMPORAL: dict[str, Callable[[str, str, str, str], bool]] = {
    "t_after": lambda a, _b, _c, d: a > d,
    "t_before": lambda _a, b, c, _d: b < c,
    "t_contains": lambda a, b, c, d: a < c and d < b,
    "t_disjoint": lambda a, b, c, d: b < c or d < a,
    "t_during": lambda a, b, c, d: c < a and b < d,
    "t_equals": lambda a, b, c, d: (a, b) == (c, d),
    "t_finishedBy": lambda a, b, c, d: a < c and b == d,
    "t_finishes": lambda a, b, c, d: c < a and b == d,
    "t_intersects": lambda a, b, c, d: not (b < c or d < a),
    "t_meets": lambda _a, b, c, _d: b == c,
    "t_metBy": lambda a, _b, _c, d: a == d,
    "t_overlappedBy": lambda a, b, c, d: c < a < d < b,
    "t_overlaps": lambda a, b, c, d: a < c < b < d,
    "t_startedBy": lambda a, b, c, d: a == c and d < b,
    "t_starts": lambda a, b, c, d: a == c and b < d,
}
