"""What a paper's facts are read for: a record as it stands on a day, for somebody who may see so much of it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.config import Settings
from app.exchange.papers.wording import Vocabulary
from app.heritage.queries import read_standing
from app.heritage.status import Standing
from app.records.models import Record
from app.records.shown import read_accepted
from app.records.withholding import withheld_of
from app.vocabularies.queries import read_vocabulary

Row = dict[str, str | None]


@dataclass(frozen=True, slots=True)
class BookQuery:
    """Which sites a register book holds: of a unit (its public id), a level or an inventory list, all where empty."""

    unit: str = ""
    level: str = ""
    inventory: str = ""
    with_components: bool = True


@dataclass
class Asked:
    """A question for facts: about `record`, or about a list (`book`), on a day, by `actor`.

    `hidden` are the paths of facts of which something was withheld, `pictures` the PNG files that
    facts name; both fill as facts are read. `kept` is what several facts are read from. Unless
    it `draws`, pictures are only said to be there or not.
    """

    session: Session
    settings: Settings
    actor: User
    day: dt.date
    words: Mapping[str, str]
    record: Any = None
    book: BookQuery = BookQuery()
    hidden: set[str] = field(default_factory=set)
    pictures: dict[str, bytes] = field(default_factory=dict)
    kept: dict[str, Any] = field(default_factory=dict)
    draws: bool = True

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Give all concepts."""
        return read_vocabulary(self.session)

    @cached_property
    def withheld(self) -> frozenset[str]:
        """Name the record's fields that the actor may not see."""
        return self.withheld_of([self.record])[self.record.code] if self.record is not None else frozenset()

    @cached_property
    def standing(self) -> Standing:
        """Give the site's legal standing on the day."""
        return read_standing(self.session, self.record.id, self.day)

    def withheld_of(self, records: Sequence[Record]) -> dict[str, frozenset[str]]:
        """Name the fields of records, by their codes, that the actor may not see."""
        accepted = read_accepted(self.session, sorted(record.code for record in records))
        found: dict[str, frozenset[str]] = {}
        for kind in sorted({record.kind for record in records}):
            codes = [record.code for record in records if record.kind == kind]
            states = [[accepted[code].payload] if code in accepted else [] for code in codes]
            names = withheld_of(self.session, KINDS, KINDS[kind], self.actor, states)
            found |= dict(zip(codes, names, strict=True))
        return found

    def withhold(self, path: str) -> str:
        """Note that something of a fact is withheld; gives what the paper says instead."""
        self.hidden.add(path)
        return self.words["withheld"]
