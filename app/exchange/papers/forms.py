"""The declarations of papers, read from data: their titles, what they rest on, and the facts that they hold."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.errors import InvalidInput, NotFound

FOLDER = Path(__file__).parent
# What every paper is told beside its own facts.
HEAD = (
    *("office.authority", "office.agency", "office.place"),
    *("paper.title", "paper.basis", "paper.day", "paper.made_from", "paper.withheld"),
)
# Of these an office is told when they are missing.
_OFFICE = HEAD[:3]
ABOUT_RECORDS = ("site", "intangible", "decision")
SUBJECTS = (*ABOUT_RECORDS, "list")


@dataclass(frozen=True, slots=True)
class Fact:
    """A fact of papers: `path` is its name in templates, `source` the record's field or the setting that holds it.

    `source` is `+KIND` where records of a kind hold it. `columns` are those of a table, with what people call them.
    """

    path: str
    label: Mapping[str, str]
    source: str
    columns: Mapping[str, str]
    is_picture: bool


@dataclass(frozen=True, slots=True)
class Form:
    """A paper that can be made: what it is about, what it rests on, its size, its template and its facts.

    `seen` says whether the text of the form was seen by those who declared it: yes, partly or no.
    """

    name: str
    subject: str
    title: Mapping[str, str]
    basis: Mapping[str, str]
    seen: str
    size: str
    template: str
    required: tuple[Fact, ...]
    further: tuple[Fact, ...]
    head: tuple[Fact, ...]

    @property
    def facts(self) -> tuple[Fact, ...]:
        """Give all that its template may name."""
        return (*self.head, *self.required, *self.further)

    @property
    def wanted(self) -> tuple[Fact, ...]:
        """Give the facts of which it is told that they are missing, in the order of the declaration."""
        return (*(fact for fact in self.head if fact.path in _OFFICE), *self.required)


@dataclass(frozen=True, slots=True)
class Forms:
    """All papers by name, in their order, and the words that papers say for what is not there."""

    papers: Mapping[str, Form]
    words: Mapping[str, str]

    def find(self, name: str) -> Form:
        """Give a paper; raises `NotFound`."""
        if name not in self.papers:
            raise NotFound("There is no paper of this name.")
        return self.papers[name]

    def about(self, subject: str) -> Sequence[Form]:
        """Give the papers about a sort of subject."""
        return [form for form in self.papers.values() if form.subject == subject]


def read_forms(settings: Settings) -> Forms:
    """Read the declarations: those shipped, or the file that the setting `papers` names.

    Raises `InvalidInput` when that file cannot be read or names a fact that it does not declare.
    """
    path = Path(settings.papers).resolve() if settings.papers else FOLDER / "forms.toml"
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "The declarations of papers, %(path)s, cannot be read: %(reason)s. Check the setting DISAN_PAPERS.",
            path=str(path),
            reason=str(error),
        ) from error


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> Forms:
    with path.open("rb") as file:
        told = tomllib.load(file)
    facts = {name: _fact(name, one) for name, one in told["facts"].items()}
    papers = {name: _form(name, one, facts) for name, one in told["papers"].items()}
    return Forms(papers, dict(told["words"]))


def _fact(path: str, told: Mapping[str, Any]) -> Fact:
    pairs = (column.partition("=") for column in told.get("columns", ()))
    columns = {name: title or name for name, _, title in pairs}
    return Fact(path, dict(told["label"]), str(told.get("from", "")), columns, bool(told.get("picture", False)))


def _form(name: str, told: Mapping[str, Any], facts: Mapping[str, Fact]) -> Form:
    if told["subject"] not in SUBJECTS:
        raise ValueError(told["subject"])
    required, further = (tuple(facts[path] for path in told[key]) for key in ("required", "further"))
    return Form(
        name=name,
        subject=told["subject"],
        title=dict(told["title"]),
        basis=dict(told["basis"]),
        seen=told["seen"],
        size=told["size"],
        template=told["template"],
        required=required,
        further=further,
        head=tuple(facts[path] for path in HEAD),
    )


def nest(flat: Mapping[str, Any]) -> dict[str, Any]:
    """Give facts by their paths as templates name them: `site.name` is `name` in `site`."""
    nested: dict[str, Any] = {}
    for path, value in flat.items():
        group, _, name = path.partition(".")
        nested.setdefault(group, {})[name] = value
    return nested


def sample_of(form: Form, *, is_empty: bool = False) -> dict[str, Any]:
    """Give stand-ins for all facts of a paper, by their paths, or empty ones: what a template is tried with."""

    def stand_in(fact: Fact) -> Any:
        told = "" if is_empty else f"({fact.label['vi']})"
        if fact.columns:
            return [dict.fromkeys(fact.columns, told)] * 2
        return {"picture": "", "width_mm": 60} if fact.is_picture and not is_empty else told

    return {fact.path: stand_in(fact) for fact in form.facts}
