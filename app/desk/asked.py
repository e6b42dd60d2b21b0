"""What a list of the register is asked for, as its address says it: search, filters, order, columns."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

import sqlalchemy as sa
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.accounts.models import User
from app.core.clock import today
from app.core.text import fold
from app.desk.forms.picking import find_units
from app.places.models import Unit
from app.records.queries import ORDERS, EntryQuery
from app.records.register import SavedView

# Parameter of the address → facet of the index.
FACETS = {
    "state": "state",
    "rank": "rank",
    "type": "type",
    "zone_type": "zone_type",
    "action": "action",
    "year": "year",
    "gap": "gap",
    "doubt": "doubt",
    "has": "has",
    "tag": "tag",
    "assignee": "assignee",
}
MINE = ("drafts", "returned", "submitted", "review", "assigned")
COLUMNS = ("kind", "state", "unit", "rank", "type", "gap", "doubt", "tag", "assignee", "updated")
_DEFAULT_COLUMNS = ("kind", "state", "unit", "rank", "updated")
PAGE = 50
_UNIT_ID = re.compile(r"(\d+(?:~\d{4})?)(?:\s|$)")


@dataclass(slots=True)
class Asked:
    """The parameters of a list, cleaned: what is empty or unknown is left out."""

    pairs: Mapping[str, str]
    columns: tuple[str, ...] = _DEFAULT_COLUMNS
    units: list[Unit] = field(default_factory=list)

    @classmethod
    def of(cls, args: MultiDict[str, str], *, kind: str | None = None) -> Asked:
        """Read an address; `kind` stands in its path."""
        known = {"q", "kind", "unit", "mine", "overdue", "sort", *FACETS}
        pairs = {name: args[name].strip()[:200] for name in args if name in known and args[name].strip()}
        if kind:
            pairs["kind"] = kind
        if pairs.get("sort") not in ORDERS:
            pairs.pop("sort", None)
        if pairs.get("mine") not in MINE:
            pairs.pop("mine", None)
        columns = tuple(name for name in COLUMNS if name in args.getlist("col")) or _DEFAULT_COLUMNS
        return cls(pairs, columns)

    def __getitem__(self, name: str) -> str:
        """Give what a parameter says, nothing where it is left out."""
        return self.pairs.get(name, "")

    @property
    def sort(self) -> str:
        """The order: by name within a kind, else the latest change first."""
        return self["sort"] or ("name" if self["kind"] else "updated")

    def query(self, actor: User, *, cursor: str | None = None, limit: int = PAGE) -> EntryQuery:
        """Give the question to the register that these parameters are, as `actor` asks it."""
        filters = [(facet, self[name]) for name, facet in FACETS.items() if self[name]]
        without: list[tuple[str, str]] = []
        mine, own = self["mine"], str(actor.id)
        if mine in ("drafts", "returned", "submitted"):
            facet = {"drafts": "draft_by", "returned": "rejected_by", "submitted": "in_review_by"}[mine]
            filters.append((facet, own))
        elif mine == "assigned":
            filters.append(("assignee", own))
        elif mine == "review":
            filters.append(("state", "in_review"))
            without.append(("in_review_by", own))
        if self["unit"]:
            filters.append(("within", self.units[0].public_id if len(self.units) == 1 else "?"))
        return EntryQuery(
            kind=self["kind"] or None,
            text=self["q"] or None,
            filters=tuple(filters),
            without=tuple(without),
            overdue_on=today() if self["overdue"] else None,
            sort=self.sort,
            limit=limit,
            cursor=cursor,
        )

    def query_string(self, *, leave: tuple[str, ...] = (), **more: str) -> str:
        """Write the parameters as an address holds them, without those to leave, and with some more."""
        pairs: list[tuple[str, Any]] = [(name, value) for name, value in self.pairs.items() if name not in leave]
        if self.columns != _DEFAULT_COLUMNS and "col" not in leave:
            pairs += [("col", name) for name in self.columns]
        return urlencode([*pairs, *more.items()])

    def address(self, *, leave: tuple[str, ...] = (), **more: str) -> str:
        """Give the address of the list, without some parameters, and with some more."""
        text = self.query_string(leave=leave, **more)
        return f"/desk/register?{text}" if text else "/desk/register"


def find_meant(session: Session, said: str) -> list[Unit]:
    """Find the units that somebody means by an id or a name, old or new: by that name, else like it."""
    code = _UNIT_ID.match(said)
    if code:
        return list(session.scalars(sa.select(Unit).where(Unit.public_id == code[1])))
    found = find_units(session, said, 12)
    named = [unit for unit in found if fold(said) in {fold(name) for name in (*unit.name.values(), *unit.other_names)}]
    return named if len(named) == 1 else found


def view_address(view: SavedView) -> str:
    """Give the address of a saved view."""
    return f"/desk/register?{view.query}" if view.query else "/desk/register"
