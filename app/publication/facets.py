"""Facets: how many of what a reader asks for have each value of a property, to narrow a list by."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeAlias, TypedDict

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.db import Reads
from app.core.localized import LocalizedText, pick
from app.publication.collections import COLLECTIONS
from app.publication.having import HAS
from app.publication.models import COUNTS, ITEMS, VALUES, PublishedConcept
from app.publication.queries import read_features

MOST_VALUES = 100
_BOOLEANS: dict[str, LocalizedText] = {"true": {"vi": "Có", "en": "Yes"}, "false": {"vi": "Không", "en": "No"}}

# The conditions of what is asked, without those by one property; None where nothing but the collection is asked.
Criteria: TypeAlias = Callable[[str], list[ColumnElement[Any]] | None]
Counts: TypeAlias = dict[str, dict[str, int]]
Labels: TypeAlias = dict[tuple[str, str], str]


class FacetValue(TypedDict):
    """A value with its name in the language of the answer, and how many have it."""

    value: str
    label: str
    count: int


def read_facets(
    reads: Reads,
    collections: Sequence[str],
    names: Sequence[str],
    criteria: Criteria,
    *,
    filtered: Iterable[str],
    language: str,
    languages: Sequence[str],
) -> dict[str, list[FacetValue]]:
    """Give the values of properties over the whole result, the most frequent first, then by code, at most 100 of each.

    Each property is counted without the conditions by itself, so that its other values can be seen; `filtered` names
    those that have any. Labels are in `language`, or the first of `languages` that has one.
    """
    own = set(filtered)
    together = [name for name in names if name not in own]
    counts: Counts = _count(reads, collections, together, criteria("")) if together else {}
    for name in names:
        if name in own:
            counts |= _count(reads, collections, [name], criteria(name))
    kept = {name: _most_frequent(counts.get(name, {})) for name in names}
    labels = _labels(reads, collections, kept, lambda label: (pick(label, language, languages) or ("", ""))[0])
    labels |= _unit_names(reads, list(kept.get("unit", ())), language)

    def values(name: str) -> list[FacetValue]:
        found = kept[name].items()
        return [{"value": one, "label": labels.get((name, one), one), "count": count} for one, count in found]

    return {name: values(name) for name in names}


def _most_frequent(counts: Mapping[str, int]) -> dict[str, int]:
    # Here, not by the database: the engines sort text differently.
    return dict(sorted(counts.items(), key=lambda one: (-one[1], one[0]))[:MOST_VALUES])


def _count(
    reads: Reads, collections: Sequence[str], names: Sequence[str], criteria: list[ColumnElement[Any]] | None
) -> Counts:
    """Count values: those of whole collections stand ready, others are counted over what the conditions find."""
    if criteria is None:
        statement = sa.select(COUNTS.c.name, COUNTS.c.value, sa.func.sum(COUNTS.c["items"])).where(
            COUNTS.c.collection.in_(collections), COUNTS.c.name.in_(names)
        )
        statement = statement.group_by(COUNTS.c.name, COUNTS.c.value)
    else:
        found = sa.select(ITEMS.c.id).where(*criteria)
        statement = (
            sa.select(VALUES.c.name, VALUES.c.value, sa.func.count())
            .where(VALUES.c.collection.in_(collections), VALUES.c.name.in_(names), VALUES.c.item_id.in_(found))
            .group_by(VALUES.c.name, VALUES.c.value)
        )
    counts: Counts = {}
    for name, value, count in reads.execute(statement):
        counts.setdefault(name, {})[value] = int(count)
    return counts


def _labels(
    reads: Reads,
    collections: Sequence[str],
    kept: Mapping[str, Mapping[str, int]],
    say: Callable[[LocalizedText], str],
) -> Labels:
    """Name the values of vocabularies and our own."""
    properties = [one for name in collections for one in COLLECTIONS[name].queryables if kept.get(one.name)]
    found = {("has", value): say(having.label) for value, having in HAS.items()}
    for one in properties:
        if one.type == "boolean":
            found |= {(one.name, value): say(label) for value, label in _BOOLEANS.items()}
    names: dict[str, set[str]] = {}
    for one in properties:
        if one.scheme:
            names.setdefault(one.scheme, set()).add(one.name)
    if names:
        statement = (
            sa.select(PublishedConcept.scheme, PublishedConcept.code, PublishedConcept.label)
            .where(PublishedConcept.scheme.in_(names))
            .order_by(PublishedConcept.scheme)
        )
        for scheme, code, label in reads.execute(statement):
            found |= {(name, code): say(label) or code for name in names[scheme]}
    return found


def _unit_names(reads: Reads, units: Sequence[str], language: str) -> Labels:
    features = read_features(reads, "admin-units", language, units) if units else {}
    return {("unit", code): str(json.loads(feature)["properties"]["name"]) for code, feature in features.items()}
