"""Gathering the facts of a paper from the accepted record: what there is, what is missing, what was withheld."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.errors import InvalidInput
from app.exchange.papers import book_facts, care_facts, element_facts, site_facts, zone_facts
from app.exchange.papers.asking import Asked
from app.exchange.papers.forms import Fact, Form

_READ: dict[str, Callable[[Asked], Any]] = {
    **site_facts.FACTS,
    **care_facts.FACTS,
    **zone_facts.FACTS,
    **element_facts.FACTS,
    **book_facts.FACTS,
}
# The columns that say most of all what a row is.
_TELLING = ("name", "text", "title", "what", "list", "action", "role", "zone")
_OFFICE: dict[str, Callable[[Asked], str | None]] = {
    "office.authority": lambda asked: asked.settings.papers_authority or None,
    "office.agency": lambda asked: asked.settings.papers_agency or None,
    "office.place": lambda asked: asked.settings.papers_place or None,
}


@dataclass(frozen=True, slots=True)
class Missing:
    """A fact that a paper needs and nobody has: as a whole, or in `columns`, in so many of `rows` rows of its table."""

    fact: Fact
    rows: int = 0
    columns: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class Gathered:
    """The facts of a paper by their paths as its template is told them, what is missing, and what was withheld."""

    facts: Mapping[str, Any]
    missing: tuple[Missing, ...]
    withheld: tuple[Fact, ...]
    pictures: Mapping[str, bytes]


def gather(form: Form, asked: Asked) -> Gathered:
    """Read the facts of a paper.

    What is missing stands as the words of the declarations, a table without rows as one row of them. Raises
    `InvalidInput` for a fact that nothing here can read.
    """
    read = {fact.path: _read(fact, asked) for fact in (*form.required, *form.further)}
    office = {path: found(asked) for path, found in _OFFICE.items()}
    missing = [
        one
        for fact in form.wanted
        if (one := _missing(fact, read[fact.path] if fact.path in read else office[fact.path]))
    ]
    known = {fact.path: fact for fact in form.facts}
    withheld = tuple(known[path] for path in sorted(asked.hidden) if path in known)
    told = {fact.path: _told(fact, read[fact.path], asked) for fact in (*form.required, *form.further)}
    head = {path: value or asked.words["missing_office"] for path, value in office.items()} | _head(form, asked)
    head["paper.withheld"] = asked.words["withheld"] if withheld else ""
    return Gathered(told | head, tuple(missing), withheld, dict(asked.pictures))


def _head(form: Form, asked: Asked) -> dict[str, str]:
    day = f"{asked.day:%d/%m/%Y}"
    made_from = asked.words["made_from_list" if asked.record is None else "made_from"]
    values = {"day": day}
    if asked.record is not None:
        values |= {"code": asked.record.code, "version": str(asked.record.version)}
    return {
        "paper.title": form.title["vi"],
        "paper.basis": form.basis["vi"],
        "paper.day": day,
        "paper.made_from": made_from.format(**values),
    }


def _read(fact: Fact, asked: Asked) -> Any:
    if fact.path not in _READ:
        raise InvalidInput("No fact is called “%(name)s”. Mend the declarations of papers.", name=fact.path)
    return _READ[fact.path](asked)


def _missing(fact: Fact, value: Any) -> Missing | None:
    if value is None or value == []:
        return Missing(fact)
    if not isinstance(value, list):
        return None
    counts = {name: sum(row.get(name) is None for row in value) for name in fact.columns}
    columns = tuple((fact.columns[name], count) for name, count in counts.items() if count)
    return Missing(fact, len(value), columns) if columns else None


def _told(fact: Fact, value: Any, asked: Asked) -> Any:
    """Give a fact as its template is told it: no None, no table without rows."""
    if fact.is_picture:
        return value or ""
    if fact.columns:
        rows = value or [dict.fromkeys(fact.columns, "") | {_first(fact): asked.words["missing_row"]}]
        return [{name: asked.words["missing_cell"] if row[name] is None else row[name] for name in row} for row in rows]
    return asked.words["missing"] if value is None else value


def _first(fact: Fact) -> str:
    """Give the column of a table that says most of all what a row is."""
    return next(name for name in (*_TELLING, *fact.columns) if name in fact.columns)
