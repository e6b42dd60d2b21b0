"""What a kind of record brings: its names, its schema, how its payload becomes rows, what the index says of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

from marshmallow import Schema
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, Subject, is_permitted_anywhere, require
from app.config import Settings
from app.records.models import Record


@dataclass(frozen=True, slots=True)
class Facts:
    """What the register's own index says of an accepted record; nothing here is redacted, officers alone read it.

    `label` is what it is called, by language; `names` are further names it is found by, `texts` other text. `unit_ids`
    are keys of the administrative units it lies in, `past_unit_ids` of those it lay in. `gaps` are codes of the scheme
    `gaps`: what is missing. `values` are further (name, value) pairs that lists filter by, `rank` and `national` for
    instance. `due_on` is the day from which something is overdue. Texts and values that tell a sensitive place are left
    out: a search must not tell what a page withholds.
    """

    label: Mapping[str, str]
    names: tuple[str, ...] = ()
    texts: tuple[str, ...] = ()
    unit_ids: tuple[int, ...] = ()
    past_unit_ids: tuple[int, ...] = ()
    gaps: tuple[str, ...] = ()
    values: tuple[tuple[str, str], ...] = ()
    due_on: dt.date | None = None


class Withheld(Protocol):
    """Names, for each of some payloads, the fields that tell a sensitive place; none where the place is open.

    Asks as many questions for many payloads as for one. With `is_proposed` the payloads are not accepted yet, and what
    others propose counts, too.
    """

    def __call__(
        self, session: Session, payloads: Sequence[Mapping[str, Any]], *, is_proposed: bool = False
    ) -> list[tuple[str, ...]]:
        """Name the fields."""
        ...


def _nothing_withheld(
    session: Session, payloads: Sequence[Mapping[str, Any]], *, is_proposed: bool = False
) -> list[tuple[str, ...]]:
    del session, is_proposed
    return [()] * len(payloads)


def _no_dependents(session: Session, record_ids: Iterable[int]) -> set[int]:
    del session, record_ids
    return set()


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record, `site` for instance.

    `title` names it in the interface (a msgid: “Site”), `prefix` stands before the number in suggested codes.
    `apply(session, settings, record, data)` writes a payload that `schema` has loaded into the record's typed rows, and
    raises `InvalidInput` where it names something that does not exist. `describe(session, record)` gives what the
    register's index says of it. `label(payload)` names a draft, however incomplete. `dependents(session, ids)` gives
    the keys of records of other kinds whose facts depend on records of this kind. `places(session, payload)` gives the
    keys of the units that a payload, however incomplete, lies in, by which a scope binds; None for what has no place.
    `under` names the field of the record whose code begins this one's. `withheld` names what tells a sensitive
    place; who is shown that says `records.withholding`. `sensitive` are all the
    fields that it may ever name.
    """

    name: str
    plural: str
    title: str
    prefix: str
    model: type[Record]
    schema: type[Schema]
    apply: Callable[[Session, Settings, Any, dict[str, Any]], None]
    describe: Callable[[Session, Any], Facts]
    label: Callable[[Mapping[str, Any]], Mapping[str, str]]
    dependents: Callable[[Session, Iterable[int]], set[int]] = _no_dependents
    places: Callable[[Session, Mapping[str, Any]], set[int]] | None = None
    under: str | None = None
    withheld: Withheld = _nothing_withheld
    sensitive: tuple[str, ...] = ()

    def sensitive_among(self, names: Iterable[str]) -> frozenset[str]:
        """Give those of some names that are fields which may be withheld."""
        return frozenset(names) & frozenset(self.sensitive)


@dataclass(frozen=True, slots=True)
class Located:
    """An administrative unit in which a place lies or lay: its public id and the names it ever had."""

    public_id: str
    names: tuple[str, ...]


# Gives, for the keys of units of today and of the past, every unit of today and of the past that holds them.
Locate: TypeAlias = Callable[[Iterable[int], Iterable[int]], list[Located]]


class Kinds(dict[str, Kind]):
    """The kinds of a register by name; `locator(session)` gives how it finds the units that hold a place."""

    def __init__(self, kinds: Iterable[Kind], locator: Callable[[Session], Locate]) -> None:
        super().__init__((kind.name, kind) for kind in kinds)
        self.locator = locator

    def require(
        self, session: Session, actor: User, permission: Permission, kind: Kind, payload: Mapping[str, Any]
    ) -> None:
        """Raise `NotAllowed` unless the actor may do this to a record that says this.

        Where it lies is found out only for somebody whom a scope binds.
        """
        if not is_permitted_anywhere(actor, permission):
            require(actor, permission, self.subject(session, kind, payload))

    def subject(self, session: Session, kind: Kind, payload: Mapping[str, Any]) -> Subject:
        """Give what a permission is asked for: the kind, and where the payload, however incomplete, lies."""
        if kind.places is None:
            return Subject(kind.name)
        locate = self.locator(session)
        places = (
            frozenset(unit.public_id for unit in locate((unit_id,), ()))
            for unit_id in sorted(kind.places(session, payload))
        )
        return Subject(kind.name, tuple(places))


def label_from(*names: str) -> Callable[[Mapping[str, Any]], Mapping[str, str]]:
    """Give a `label` that takes the first of the named fields that is filled, localized or plain."""

    def label(payload: Mapping[str, Any]) -> Mapping[str, str]:
        for name in names:
            value = payload.get(name)
            if isinstance(value, Mapping):
                texts = {key: text for key, text in value.items() if isinstance(text, str) and text.strip()}
                if texts:
                    return texts
            elif isinstance(value, str) and value.strip():
                return {"vi": value}
        return {}

    return label
