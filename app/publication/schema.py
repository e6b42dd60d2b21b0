"""How a collection is described: its properties, and the functions that project its rows from the register."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

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
    """One property of a feature: its JSON type, what it says, and whether `name=value` filters by it.

    `scheme` names the vocabulary of its values. A property that is `is_filter_only` can be asked for but is not shown.
    """

    name: str
    type: Literal["string", "integer", "number", "boolean", "array", "object"]
    description: str
    format: str | None = None
    scheme: str | None = None
    items: str = "string"
    is_queryable: bool = False
    is_filter_only: bool = False


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


@dataclass(frozen=True, slots=True)
class Projection:
    """An item as the public may see it, rendered in every language; nothing in it is secret."""

    code: str
    weight: int
    place: Place | None
    values: tuple[tuple[str, str], ...]
    renderings: Mapping[str, Rendering]


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
    the keys of this collection whose rendering depends on any of the records that change.
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

    @property
    def queryables(self) -> tuple[Property, ...]:
        """The properties by which `name=value` filters."""
        return tuple(found for found in self.properties if found.is_queryable)
