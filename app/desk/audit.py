"""The activity log: who did what when, to records and to accounts, as far as the reader may see it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from app.accounts.administration import read_users
from app.accounts.events import EventQuery, Happening, read_events
from app.accounts.models import AccountEvent, User
from app.accounts.permissions import Permission, is_permitted
from app.catalogue import KINDS
from app.core.clock import VIETNAM
from app.core.db import db
from app.core.errors import InvalidInput
from app.core.paging import read_cursor, write_cursor
from app.desk.context import read_key, render, say
from app.desk.dossier_words import STATES
from app.desk.names import ACTIONS, DETAILS, HAPPENINGS, OTHER_KINDS
from app.heritage.dossiers.models import State
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.records.audit import HistoryQuery, read_log
from app.records.models import HistoryEntry

_PAGE = 50
_ORDER = "audit"
_FIELDS = ("person", "action", "kind", "code", "since", "until")


def mount(desk: Blueprint) -> None:
    """Add the address of this room."""
    desk.add_url_rule("/audit", "audit", show_log, methods=["GET"])


@dataclass(frozen=True, slots=True)
class _Filters:
    person: int | None
    action: str | None
    kind: str | None
    code: str | None
    since: dt.datetime | None
    until: dt.datetime | None
    before: tuple[dt.datetime, int, int] | None

    @property
    def is_about_records(self) -> bool:
        """Whether only entries of records can answer it."""
        return self.kind is not None or self.code is not None


def _read_filters() -> _Filters:
    given = {name: request.args.get(name, "").strip()[:100] or None for name in _FIELDS}
    until = _day("until", given["until"])
    return _Filters(
        person=read_key(given["person"]),
        action=given["action"],
        kind=given["kind"],
        code=given["code"],
        since=_day("since", given["since"]),
        until=until + dt.timedelta(days=1) if until else None,
        before=_before(request.args.get("cursor")),
    )


def _day(name: str, text: str | None) -> dt.datetime | None:
    """Read a day as its beginning on the office's clock."""
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text)
        # The first and the last day that a calendar has leave no day beside them.
        day = min(max(day, dt.date(1000, 1, 1)), dt.date(9000, 1, 1))
        return dt.datetime.combine(day, dt.time(), tzinfo=VIETNAM)
    except ValueError as error:
        raise InvalidInput("“%(value)s” is not a date.", field=name, value=text[:20]) from error


def _before(cursor: str | None) -> tuple[dt.datetime, int, int] | None:
    """Read the place of the last entry: its instant, and below which keys of either log that instant goes on."""
    if not cursor:
        return None
    at, history_id, event_id = read_cursor(cursor, _ORDER, (int, int, int))
    instant = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=min(int(at), 2**55))
    return instant, int(history_id), int(event_id)


def show_log() -> Response:
    """Show what was done, the newest first: all of it to an admin, records' to a reviewer, one's own to the others."""
    session, actor = db.session(), require_actor()
    errors: dict[str, str] = {}
    try:
        filters = _read_filters()
        rows, cursor = _read(session, actor, filters)
    except InvalidInput as error:
        errors[str(error.params.get("field") or "")] = sentence(error)
        rows, cursor = [], None
    is_admin = is_permitted(actor, Permission.MANAGE_USERS)
    kept = [(name, request.args[name]) for name in _FIELDS if request.args.get(name)]
    sees_others = is_permitted(actor, Permission.REVIEW)
    return render(
        "audit.html",
        422 if errors else 200,
        rows=rows,
        errors=errors,
        typed={name: request.args.get(name, "")[:100] for name in _FIELDS},
        people=[(str(user.id), user.shown_name) for user in read_users(session)] if sees_others else [],
        actions=_action_choices(),
        kinds=[
            *((kind.name, say(kind.title)) for kind in KINDS.values()),
            *((name, say(title)) for name, title in OTHER_KINDS.items()),
        ],
        is_admin=is_admin,
        sees_others=sees_others,
        first_url=f"/desk/audit?{urlencode(kept)}" if request.args.get("cursor") else None,
        next_url=f"/desk/audit?{urlencode([*kept, ('cursor', cursor)])}" if cursor else None,
    )


def _action_choices() -> list[tuple[str, str]]:
    return [
        *((code, say(name)) for code, name in ACTIONS.items()),
        *((str(code), say(name)) for code, name in HAPPENINGS.items()),
    ]


def _read(session: Session, actor: User, filters: _Filters) -> tuple[list[dict[str, Any]], str | None]:
    """Give a page of both logs, each read by its own index and then merged, and the cursor of the next."""
    is_admin = is_permitted(actor, Permission.MANAGE_USERS)
    sees_history = is_admin or is_permitted(actor, Permission.REVIEW)
    people = [person for person in (filters.person, None if sees_history else actor.id) if person is not None]
    at, history_id, event_id = filters.before or (None, 0, 0)
    history = read_log(
        session,
        HistoryQuery(
            person_ids=tuple(people),
            action=filters.action,
            kind=filters.kind,
            code=filters.code,
            since=filters.since,
            until=filters.until,
            before=(at, history_id) if at else None,
            most=_PAGE + 1,
        ),
    )
    events = (
        []
        if filters.is_about_records
        else read_events(
            session,
            EventQuery(
                person_id=filters.person,
                own_id=None if is_admin else actor.id,
                action=filters.action,
                since=filters.since,
                until=filters.until,
                before=(at, event_id) if at else None,
                most=_PAGE + 1,
            ),
        )
    )
    merged: list[HistoryEntry | AccountEvent] = sorted(
        [*history, *events], key=lambda row: (row.at, isinstance(row, HistoryEntry), row.id), reverse=True
    )
    page = merged[:_PAGE]
    cursor = _cursor(page) if len(merged) > _PAGE else None
    return [_row(entry) for entry in page], cursor


def _cursor(page: list[HistoryEntry | AccountEvent]) -> str:
    """Write where the page ended; of entries of its last instant, records' come before accounts'."""
    last = page[-1]
    micros = (last.at - dt.datetime(1970, 1, 1, tzinfo=dt.UTC)) // dt.timedelta(microseconds=1)
    if isinstance(last, HistoryEntry):
        return write_cursor(_ORDER, micros, last.id, 2**40)
    return write_cursor(_ORDER, micros, 0, last.id)


def _row(entry: HistoryEntry | AccountEvent) -> dict[str, Any]:
    if isinstance(entry, HistoryEntry):
        return {
            "at": entry.at,
            "who": entry.actor,
            "what": say(ACTIONS[entry.action]) if entry.action in ACTIONS else entry.action,
            "kind": say(KINDS[entry.kind].title if entry.kind in KINDS else OTHER_KINDS.get(entry.kind, entry.kind)),
            "code": entry.code.rpartition("/")[2] if entry.kind in OTHER_KINDS else entry.code,
            "version": entry.version,
            "comment": say(STATES[State(entry.comment)]) if entry.action == "step" and entry.comment else entry.comment,
        }
    is_other = entry.user_id is not None and entry.user_id != entry.actor_id
    happening = Happening(entry.action) if entry.action in set(Happening) else None
    return {
        "at": entry.at,
        "who": entry.actor,
        "what": say(HAPPENINGS[happening]) if happening else entry.action,
        "to": entry.user if is_other else None,
        "address": entry.address,
        "details": [
            (say(DETAILS.get(name, name)), ", ".join(value) if isinstance(value, list) else value)
            for name, value in entry.details.items()
        ],
    }
