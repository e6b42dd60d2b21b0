"""Comparing payloads: what differs between two, and what of two changes of the same thing goes together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

# A statement's place in a payload: (field,), (field, language), (parts, uid, field) …; `*` says that a part is there.
Path: TypeAlias = tuple[str, ...]
PRESENT = "*"
Flat: TypeAlias = dict[Path, Any]


@dataclass(frozen=True, slots=True)
class Change:
    """A statement that two payloads make differently; None where one does not make it."""

    path: Path
    before: Any
    after: Any


@dataclass(frozen=True, slots=True)
class Conflict:
    """A statement that two changes of one base make differently."""

    path: Path
    base: Any
    theirs: Any
    mine: Any


@dataclass(frozen=True, slots=True)
class Merge:
    """What two changes of one base come to; where they disagree, `payload` says what `mine` says."""

    payload: dict[str, Any]
    conflicts: tuple[Conflict, ...]


def flatten(payload: Mapping[str, Any]) -> Flat:
    """Give a payload's statements by their place; what is empty states nothing, a part's place goes by its uid."""
    flat: Flat = {}
    for name, value in payload.items():
        _flatten((name,), value, flat)
    return flat


def _flatten(path: Path, value: Any, flat: Flat) -> None:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            _flatten((*path, str(key)), inner, flat)
    elif _is_parts(value):
        for part in value:
            uid = str(part["uid"])
            flat[*path, uid, PRESENT] = True
            for key, inner in part.items():
                if key != "uid":
                    _flatten((*path, uid, str(key)), inner, flat)
    elif value not in (None, "", [], {}):
        flat[path] = value


def _is_parts(value: Any) -> bool:
    return (
        isinstance(value, list) and bool(value) and all(isinstance(part, Mapping) and "uid" in part for part in value)
    )


def diff(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Give what differs between two payloads, in the order of their fields."""
    old, new = flatten(before), flatten(after)
    paths = [path for path in {**new, **old} if old.get(path) != new.get(path)]
    order = {name: index for index, name in enumerate({**after, **before})}
    paths.sort(key=lambda path: (order.get(path[0], len(order)), path))
    return [Change(path, old.get(path), new.get(path)) for path in paths]


def merge(base: Mapping[str, Any], theirs: Mapping[str, Any], mine: Mapping[str, Any]) -> Merge:
    """Put two changes of one base together, statement by statement.

    What only one of them changed is taken from it, what both changed alike from either; what both changed differently
    is a conflict. A part that one removed and the other changed is a conflict too.
    """
    sides = flatten(base), flatten(theirs), flatten(mine)
    merged, conflicts = _merge_removed(*sides)
    settled = {path[:2] for flat in sides for path in flat if path[-1] == PRESENT and _is_removed(path[:2], *sides)}
    old, left, right = sides
    for path in {**left, **right, **old}:
        if path[:2] in settled:
            continue
        was, there, here = old.get(path), left.get(path), right.get(path)
        if here not in (was, there) and there != was:
            conflicts.append(Conflict(path, was, there, here))
        taken = here if here != was else there
        if taken is not None:
            merged[path] = taken
    return Merge(_unflatten(merged, (theirs, mine)), tuple(conflicts))


def _is_removed(part: Path, old: Flat, left: Flat, right: Flat) -> bool:
    """Tell whether the base has a part that one side at least has no more."""
    mark = (*part, PRESENT)
    return mark in old and not (mark in left and mark in right)


def _merge_removed(old: Flat, left: Flat, right: Flat) -> tuple[Flat, list[Conflict]]:
    """Settle the parts that a side has removed: gone, unless the other side changed them, which is a conflict."""
    merged: Flat = {}
    conflicts = []
    for mark in [path for path in old if path[-1] == PRESENT and _is_removed(path[:2], old, left, right)]:
        was, there, here = (_part(flat, mark[:2]) for flat in (old, left, right))
        if (there or here) in ({}, was):
            continue
        conflicts.append(Conflict(mark, base=True, theirs=bool(there) or None, mine=bool(here) or None))
        merged |= here
    return merged, conflicts


def _part(flat: Flat, part: Path) -> Flat:
    return {path: value for path, value in flat.items() if path[:2] == part}


def _unflatten(flat: Mapping[Path, Any], shapes: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Put statements together to a payload; parts stand in the order of the first payload that has them."""
    payload: dict[str, Any] = {}
    parts: dict[str, dict[str, dict[str, Any]]] = {}
    for path, value in flat.items():
        if len(path) > 2 and (*path[:2], PRESENT) in flat:
            part = parts.setdefault(path[0], {}).setdefault(path[1], {"uid": path[1]})
            if path[2] != PRESENT:
                _put(part, path[2:], value)
        else:
            _put(payload, path, value)
    for name, rows in parts.items():
        order = [part["uid"] for shape in shapes for part in shape.get(name) or () if isinstance(part, Mapping)]
        payload[name] = sorted(rows.values(), key=lambda row: order.index(row["uid"]) if row["uid"] in order else 0)
    return payload


def _put(target: dict[str, Any], path: Path, value: Any) -> None:
    for key in path[:-1]:
        target = target.setdefault(key, {})
    target[path[-1]] = value


def take(payload: Mapping[str, Any], theirs: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """Give a payload that says at one place what another one says there: a statement, or a whole part."""
    flat, other = flatten(payload), flatten(theirs)
    if path[-1] == PRESENT:
        flat = {place: value for place, value in flat.items() if place[:2] != path[:2]} | _part(other, path[:2])
    elif path in other:
        flat[path] = other[path]
    else:
        flat.pop(path, None)
    return _unflatten(flat, (payload, theirs))
