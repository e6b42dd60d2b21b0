"""How a collection is described: its properties, and the functions that project its rows from the register."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.localized import LocalizedText, pick
from app.places.gazetteer import Gazetteer
from app.publication.media import Shown, find_media
from app.publication.touched import Touched
from app.vocabularies.queries import read_vocabulary


@dataclass(frozen=True, slots=True)
class Property:
    """One property of a feature: its JSON type, what it says, and whether features are filtered by it.

    `scheme` names the vocabulary of its values. A property that is `is_filter_only` can be asked for but is not shown;
    a feature may have several values of it. One that is `is_localized` differs by language: it is filtered by in all.
    """

    name: str
    type: Literal["string", "integer", "number", "boolean", "array", "object"]
    description: str
    format: str | None = None
    scheme: str | None = None
    items: str = "string"
    is_queryable: bool = False
    is_filter_only: bool = False
    is_localized: bool = False

    @property
    def sort(self) -> Sort:
        """As what its values are compared and put in order."""
        if self.type in ("integer", "number"):
            return "number"
        if self.type == "boolean":
            return "boolean"
        return _SORTS.get(self.format or "", "text")

    @property
    def is_multiple(self) -> bool:
        """Whether one feature may have several values of it."""
        return self.is_filter_only or self.is_localized or self.type == "array"

    @property
    def is_sortable(self) -> bool:
        """Whether features can be put in its order: one value each, in a language at least."""
        return self.is_queryable and not self.is_filter_only and self.type not in ("array", "object")

    def in_language(self, language: str) -> str:
        """Give the name under which its values in a language are kept."""
        return f"{self.name}@{language}" if self.is_localized else self.name


Sort: TypeAlias = Literal["text", "number", "boolean", "date", "instant"]
_SORTS: dict[str, Sort] = {"date": "date", "date-time": "instant"}
# The first and the last day of a span; None where it has no end on that side.
Span: TypeAlias = tuple[dt.date | None, dt.date | None]


@dataclass(frozen=True, slots=True)
class Place:
    """Where the public is told that something is: a point in it (degrees), within how many metres, and its geometry."""

    lon: float
    lat: float
    precision_m: int | None
    geometry: BaseGeometry


@dataclass(frozen=True, slots=True)
class Rendering:
    """An item in one language; `tokens` are what search finds it by."""

    slug: str
    properties: dict[str, Any]
    links: list[dict[str, str]]
    tokens: list[str]


class Value(NamedTuple):
    """A value by which an item is found or put in order, as `PublishedValue` describes it."""

    name: str
    value: str
    number: float | None = None
    number_to: float | None = None
    folded: str | None = None
    small: str | None = None
    bare: str | None = None


@dataclass(frozen=True, slots=True)
class Projection:
    """An item as the public may see it, rendered in every language; nothing in it is secret.

    `values` are those by which it is found beside the properties that it shows, `spans` the times of its own; `typed`
    is what `app.publication.values` makes of all these.
    """

    code: str
    weight: int
    place: Place | None
    values: tuple[tuple[str, str], ...]
    renderings: Mapping[str, Rendering]
    spans: tuple[Span, ...] = ()
    typed: tuple[Value, ...] = ()


@dataclass
class Workshop:
    """What projecting needs beside the rows: the settings, and the reference tables, read once."""

    session: Session
    settings: Settings
    media: Mapping[int, Sequence[Shown]] = field(default_factory=dict)

    @cached_property
    def gazetteer(self) -> Gazetteer:
        """All administrative units."""
        return Gazetteer(self.session)

    @cached_property
    def vocabulary(self) -> dict[str, dict[str, Any]]:
        """All concepts by scheme and code."""
        return dict(read_vocabulary(self.session))

    def look_at(self, keys: Iterable[int]) -> None:
        """Read the media of the records that are projected next, all at once."""
        self.media = find_media(self.session, keys)

    def label(self, scheme: str, code: str | None, language: str) -> str | None:
        """Name a concept in a language, or by its code where it has no label."""
        if code is None:
            return None
        concept = self.vocabulary.get(scheme, {}).get(code)
        return self.text(concept.label, language) if concept else code

    def text(self, text: LocalizedText | None, language: str) -> str | None:
        """Pick a text in a language or the next in the chain; None where there is none."""
        found = pick(text, language, self.settings.languages)
        return found[0] if found else None


@dataclass(frozen=True)
class Collection:
    """A public collection: a new kind of record costs one of these and nothing else.

    `kind` is the kind of record it shows, None for a reference table. `keys` selects the register's keys of all that
    may be public, in order. `project` gives a projection for each key that is public, in no order. `affected` gives
    the keys of this collection whose rendering depends on any of the records that change. `span` names the two
    properties that are the first and the last day of its items' own times, where they have such.
    """

    name: str
    kind: str | None
    title: LocalizedText
    description: LocalizedText
    geometry: Literal["point", "area"]
    properties: tuple[Property, ...]
    keys: Callable[[], sa.Select[int]]
    project: Callable[[Workshop, Sequence[int]], Iterable[tuple[int, Projection]]]
    affected: Callable[[Touched], set[int]]
    page: str | None = None
    span: tuple[str, str] | None = None

    @property
    def queryables(self) -> tuple[Property, ...]:
        """The properties by which features are filtered."""
        return tuple(found for found in self.properties if found.is_queryable)

    @property
    def sortables(self) -> tuple[Property, ...]:
        """The properties in whose order features can be put."""
        return tuple(found for found in self.properties if found.is_sortable)
