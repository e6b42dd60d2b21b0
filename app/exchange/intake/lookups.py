"""What the words in cells may mean: terms by their labels, units by old and new names, records by code or name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.batches import batches
from app.core.errors import InvalidInput
from app.core.text import excerpt, fold, words
from app.places.models import Unit, unit_successors
from app.records.models import Record
from app.records.register import RegisterEntry
from app.vocabularies.models import Concept
from app.vocabularies.queries import read_vocabulary

_CODE = re.compile(r"[A-Z][A-Z0-9]{1,7}-[A-Z0-9-]+")
_UNIT_ID = re.compile(r"\d{2,5}(?:~\d{4})?")
_NEAR = 3
_LISTED = 10


def plain_words(text: str) -> str:
    """Give the words of a text as they are compared: folded, without signs between them."""
    return " ".join(words(fold(text)))


# Words that officers add to a term or leave out.
_LOOSE = re.compile(r"^(?:loai hinh|loai|nhom|hang muc|di tich|di san|xep hang|cap)\s+")


class Terms:
    """The vocabularies, read once: a term by its code, its notation, or a label in any language, marks left out."""

    def __init__(self, session: Session) -> None:
        self._schemes = read_vocabulary(session)
        self._exact: dict[str, dict[str, str]] = {}
        self._loose: dict[str, dict[str, set[str]]] = {}
        for scheme, concepts in self._schemes.items():
            exact = self._exact[scheme] = {}
            loose = self._loose[scheme] = {}
            for code, concept in concepts.items():
                for name in (code, concept.notation or "", *concept.label.values()):
                    if key := plain_words(name):
                        exact.setdefault(key, code)
                        loose.setdefault(_bare(key), set()).add(code)

    def find(self, scheme: str, text: str) -> str:
        """Give the code of the term that a text means; raises `InvalidInput` naming the nearest terms."""
        found = self.match(scheme, text)
        if found is not None:
            return found
        key, exact = plain_words(text), self._exact.get(scheme, {})
        likely = self._loose.get(scheme, {}).get(_bare(key), set())
        near = difflib.get_close_matches(key, exact, n=_NEAR, cutoff=0.6)
        codes = sorted(likely) or list(dict.fromkeys(exact[each] for each in near))
        told = [self._label(scheme, code) for code in codes or [*self._schemes.get(scheme, {})][:_LISTED]]
        raise InvalidInput(
            "“%(value)s” is not in the list. Write one of: %(choices)s.",
            value=excerpt(text),
            choices="; ".join(told) or "–",
        )

    def match(self, scheme: str, text: str) -> str | None:
        """Give the code of the one term that the whole of a text is, commas and all; None for none or several."""
        key = plain_words(text)
        if exact := self._exact.get(scheme, {}).get(key):
            return exact
        likely = self._loose.get(scheme, {}).get(_bare(key), set())
        return next(iter(likely)) if len(likely) == 1 else None

    def _label(self, scheme: str, code: str) -> str:
        concept: Concept = self._schemes[scheme][code]
        return concept.label.get("vi") or next(iter(concept.label.values()), code)


def _bare(key: str) -> str:
    bare = key
    while (shorter := _LOOSE.sub("", bare)) != bare and shorter:
        bare = shorter
    return bare


# What a unit is called before its name, spelt out and as officers shorten it (folded).
_SORTS = {
    "xa": "xa", "x": "xa", "phuong": "phuong", "p": "phuong", "f": "phuong", "thi tran": "thi tran", "tt": "thi tran",
    "huyen": "huyen", "h": "huyen", "thi xa": "thi xa", "tx": "thi xa", "thanh pho": "thanh pho", "tp": "thanh pho",
    "t p": "thanh pho", "tinh": "tinh", "dac khu": "dac khu", "quan": "quan", "q": "quan", "ward": "phuong",
    "commune": "xa", "district": "huyen",
}  # fmt: skip
_SORT = re.compile(
    r"(?P<sort>thi tran|thi xa|thanh pho|dac khu|t p|phuong|huyen|tinh|quan|xa|tt|tx|tp|[xpfhq])\s+(?P<name>.+)"
)
_APART = re.compile(r"\s*[,;/\n–]\s*|\s+-\s+|\s+\(|\)")


@dataclass(slots=True)
class _Unit:
    id: int
    public_id: str
    title: str
    keys: set[str]
    is_in_force: bool
    parent: int | None
    successors: list[int] = field(default_factory=list)


class Units:
    """The administrative units of today and of the past, read once, and which of them a text means."""

    def __init__(self, session: Session) -> None:
        columns = (Unit.id, Unit.public_id, Unit.name, Unit.other_names, Unit.parent_id, Unit.valid_to)
        self._units: dict[int, _Unit] = {}
        self._by_key: dict[str, list[_Unit]] = {}
        self._by_id: dict[str, _Unit] = {}
        for key, public_id, name, others, parent, valid_to in session.execute(sa.select(*columns)):
            names = [*name.values(), *others]
            folded = {plain_words(each) for each in names}
            unit = _Unit(key, public_id, name.get("vi", public_id), folded, valid_to is None, parent)
            self._units[key] = self._by_id[public_id] = unit
            for each in folded | {_without_sort(one)[1] for one in folded}:
                self._by_key.setdefault(each, []).append(unit)
        for former, later in session.execute(sa.select(unit_successors)):
            self._units[int(former)].successors.append(int(later))

    def find(self, text: str, *, is_current: bool) -> str:
        """Give the public id of the unit that a text means: an id, or a name, smallest unit first (`xã …, huyện …`).

        With `is_current` a former unit stands for the one that it became, if that is one. Raises `InvalidInput` naming
        the choices where it is none or several.
        """
        bare = text.strip()
        named = self._by_id.get(bare.split(" ")[0]) if _UNIT_ID.fullmatch(bare.split(" ")[0]) else None
        if named is not None:
            return named.public_id
        parts = [plain_words(part) for part in _APART.split(bare)]
        parts = [part for part in parts if part]
        candidates = self._named(parts[0]) if parts else []
        candidates = self._within(candidates, parts[1:])
        if is_current:
            candidates = [unit for unit in candidates if unit.is_in_force] or self._later(candidates)
        chosen = {unit.public_id: unit for unit in candidates}
        if len(chosen) == 1:
            return next(iter(chosen))
        if not chosen:
            raise InvalidInput("There is no administrative unit “%(value)s”.", value=excerpt(text))
        raise InvalidInput(
            "“%(value)s” may be several units; write the code: %(choices)s.",
            value=excerpt(text),
            choices="; ".join(f"{unit.public_id} {unit.title}" for unit in list(chosen.values())[:6]),
        )

    def _named(self, part: str) -> list[_Unit]:
        """Give the units of a name; where its sort is said, those of that sort if there are any."""
        sort, bare = _without_sort(part)
        found = self._by_key.get(part, []) or self._by_key.get(bare, [])
        fitting = [unit for unit in found if sort and any(_without_sort(key)[0] == sort for key in unit.keys)]
        return fitting or found

    def _within(self, units: list[_Unit], parts: Sequence[str]) -> list[_Unit]:
        """Keep the units that lie in what the further parts name, as far as a part names anything here."""
        for part in parts:
            above = {unit.id for unit in self._named(part)}
            inside = [unit for unit in units if above & set(self._above(unit))]
            units = inside or units
        return units

    def _above(self, unit: _Unit) -> list[int]:
        found: list[int] = []
        key = unit.parent
        while key is not None and key not in found:
            found.append(key)
            key = self._units[key].parent if key in self._units else None
        return found

    def _later(self, units: Iterable[_Unit]) -> list[_Unit]:
        """Follow former units to those of today."""
        found: dict[int, _Unit] = {}
        seen: set[int] = set()
        waiting = list(units)
        while waiting:
            unit = waiting.pop()
            if unit.id in seen:
                continue
            seen.add(unit.id)
            if unit.is_in_force:
                found[unit.id] = unit
            waiting += [self._units[key] for key in unit.successors]
        return list(found.values())


def _without_sort(key: str) -> tuple[str, str]:
    found = _SORT.fullmatch(key)
    return (_SORTS[found["sort"]], found["name"]) if found else ("", key)


class Names:
    """Records that cells name, by code or by a name that only one has; asked for many cells at once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._codes: set[str] = set()
        self._by_name: dict[tuple[str, str], set[str]] = {}
        # What the same table brings.
        self._own: set[str] = set()

    def learn_own(self, codes: Collection[str]) -> None:
        """Take in the codes of records that the same table makes."""
        self._own.update(codes)

    def learn(self, asked: Mapping[str, Iterable[str]]) -> None:
        """Look up what the cells of some lines say, by kind of record ("" for any)."""
        texts = {text.strip() for wanted in asked.values() for text in wanted if text.strip()}
        codes = sorted({code for text in texts if (code := _code_in(text))} - self._codes)
        for chunk in batches(codes):
            self._codes.update(
                self._session.scalars(sa.select(Record.code).where(Record.code.in_(chunk), Record.deleted_at.is_(None)))
            )
        for kind, wanted in asked.items():
            keys = sorted({fold(text.strip())[:200] for text in wanted if text.strip()})
            for chunk in batches([key for key in keys if (kind, key) not in self._by_name]):
                query = sa.select(RegisterEntry.sort_key, RegisterEntry.code).where(
                    RegisterEntry.sort_key.in_(chunk), RegisterEntry.record_id.is_not(None)
                )
                query = query.where(RegisterEntry.kind == kind) if kind else query
                for key in chunk:
                    self._by_name.setdefault((kind, key), set())
                for key, code in self._session.execute(query):
                    self._by_name[kind, key].add(code)

    def find(self, kind: str, text: str) -> str:
        """Give the code of the record that a text means; raises `InvalidInput` where it is none or several."""
        bare = text.strip()
        code = _code_in(bare)
        if code:
            if code in self._codes or code in self._own:
                return code
            raise InvalidInput("There is no record %(code)s.", code=code)
        found = sorted(self._by_name.get((kind, fold(bare)[:200]), ()))
        if len(found) == 1:
            return found[0]
        if not found:
            raise InvalidInput("Nothing here is called “%(value)s”. Write a code or a name.", value=excerpt(text, 100))
        raise InvalidInput(
            "“%(value)s” may be several; write the code of one: %(choices)s.",
            value=excerpt(text, 100),
            choices="; ".join(found[:6]),
        )


def _code_in(text: str) -> str:
    """Give the code that a text begins with, alone or before a name (`QNM-0001 – Đô thị cổ Hội An`)."""
    found = _CODE.match(text)
    return found[0] if found and (found.end() == len(text) or not text[found.end()].isalnum()) else ""
