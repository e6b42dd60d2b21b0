"""The desk's home page: what waits for whom, what is missing, what changed; every count opens the list behind it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import db
from app.desk.asked import Asked
from app.desk.context import render, say
from app.desk.dossiers import soon
from app.desk.labels import act_label
from app.desk.register import gap_labels
from app.exchange.archives.wished import find_trouble
from app.heritage.dossiers.queries import DossierQuery, count_dossiers
from app.http.actor import require_actor
from app.http.settings import current_settings
from app.publication.scheduled import planned_publications
from app.records.queries import EntryQuery, count_many, read_history, read_labels
from app.visitors.queries import HANDLE, count_new
from app.vocabularies.queries import read_vocabulary

_MOST = 1000
_RECENT = 12
_OWN = ("drafts", "returned", "submitted", "review", "assigned", "late dossiers", "dossiers")
_ATTENTION = ("backups", "reports", "suspect", "doubt", "gaps", "overdue")


@dataclass(frozen=True, slots=True)
class Count:
    """A line of the home page: what is counted, how many there are, and the list behind it."""

    label: str
    count: int
    href: str

    @property
    def is_capped(self) -> bool:
        """Whether there are more than were counted."""
        return self.count > _MOST


def mount(desk: Blueprint) -> None:
    """Mount the page."""
    desk.add_url_rule("/", "home", home)


def home() -> Response:
    """Show the person's own work, what waits for review, what is missing and what changed lately."""
    session, actor = db.session(), require_actor()
    gaps = gap_labels(session, read_vocabulary(session))
    asked = {**_own(actor), **{f"gap {code}": {"gap": code} for code in gaps}}
    counts = count_many(session, {name: _query(pairs, actor) for name, pairs in asked.items()}, _MOST)
    labels = {
        "drafts": say("My drafts"),
        "returned": say("Returned to me"),
        "submitted": say("Mine, waiting for review"),
        "review": say("Waiting for my review"),
        "assigned": say("Assigned to me"),
        "doubt": say("Records with doubts"),
        "gaps": say("Records in which something is missing"),
        "overdue": say("Overdue surveys"),
        **{f"gap {code}": label for code, label in gaps.items()},
    }
    lines = {name: Count(labels[name], counts[name], _address(pairs)) for name, pairs in asked.items()}
    lines |= _reports(session, actor) | _dossiers(session, actor) | _backups(session, actor)
    recent = read_history(session, kinds=[*KINDS], most=_RECENT)
    planned = planned_publications(session)
    named = {entry.code for entry in recent}.union(*(wish.payload["codes"] for wish in planned))
    return render(
        "home.html",
        own=[lines[name] for name in _OWN if name in lines],
        attention=[lines[name] for name in _ATTENTION if name in lines],
        gaps=[line for name, line in lines.items() if name.startswith("gap ") and line.count],
        recent=recent,
        planned=planned,
        record_labels=read_labels(session, named),
        act_label=act_label,
        most=_MOST,
    )


def _reports(session: Session, actor: User) -> dict[str, Count]:
    """Count the visitors' reports that the person handles and nobody has looked at; the suspect where there are any."""
    if not is_permitted(actor, HANDLE):
        return {}
    new, suspect = count_new(session, _MOST, actor=actor)
    found = {"reports": Count(say("New reports from visitors"), new, "/desk/reports?status=received")}
    if suspect:
        href = "/desk/reports?status=received&suspect=1"
        found["suspect"] = Count(say("Reports that a program may have sent"), suspect, href)
    return found


def _dossiers(session: Session, actor: User) -> dict[str, Count]:
    """Count the person's own dossiers that are overdue or due soon, where there are any."""
    day = today()
    queries = {
        "late dossiers": DossierQuery(day, responsible_id=actor.id, is_overdue=True),
        "dossiers": DossierQuery(day, responsible_id=actor.id, due_until=soon(session)),
    }
    labels = {"late dossiers": say("My dossiers that are overdue"), "dossiers": say("My dossiers that are due soon")}
    asked = {"late dossiers": "overdue=1", "dossiers": "soon=1"}
    counts = count_dossiers(session, queries, _MOST)
    return {
        name: Count(labels[name], count, f"/desk/dossiers?mine=1&{asked[name]}")
        for name, count in counts.items()
        if count
    }


def _backups(session: Session, actor: User) -> dict[str, Count]:
    """Tell administrators when something is wrong with the nightly backups."""
    if not is_permitted(actor, Permission.MANAGE_USERS) or find_trouble(session, current_settings()) is None:
        return {}
    return {"backups": Count(say("Backups need a look"), 1, "/desk/backups")}


def _own(actor: User) -> dict[str, dict[str, str]]:
    """Give the lists that the page counts for a person, as the parameters of their addresses."""
    lists: dict[str, dict[str, str]] = {}
    if is_permitted(actor, Permission.EDIT):
        lists |= {"drafts": {"mine": "drafts"}, "returned": {"mine": "returned"}, "submitted": {"mine": "submitted"}}
    if is_permitted(actor, Permission.REVIEW):
        lists["review"] = {"mine": "review"}
    return {
        **lists,
        "assigned": {"mine": "assigned"},
        "doubt": {"has": "doubt"},
        "gaps": {"has": "gap"},
        "overdue": {"overdue": "1"},
    }


def _query(pairs: dict[str, str], actor: User) -> EntryQuery:
    return Asked(pairs).query(actor)


def _address(pairs: dict[str, Any]) -> str:
    return f"/desk/register?{urlencode(pairs)}"
