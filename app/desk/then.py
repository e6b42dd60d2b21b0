"""The register as it was held on a day: a record's page and the lists of what was there, without anything to do."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import db
from app.core.errors import InvalidInput, NotFound
from app.desk.context import render, say, shown
from app.desk.labels import act_label, field_label, state_label
from app.desk.present import read_names, show_date, show_day
from app.desk.saying import APART, say_doubts, say_groups, say_places
from app.heritage.asof import standing_held
from app.http.actor import require_actor
from app.http.settings import current_settings
from app.records.asof import Held, end_of, read_day, read_held, read_held_page
from app.records.models import HistoryEntry
from app.records.queries import read_history

_PAGE = 50
_ASKED = ("at", "kind", "after", "lang")
_HISTORY = 500


def show_then(code: str, text: str) -> Response:
    """Show a record as it was held at the end of a day: what was accepted by then, and nothing to be done with it.

    Of a site the law is told for that day or for the one asked for, by what the register held then.
    """
    session, actor = db.session(), require_actor()
    day = read_day(text)
    held = read_held(session, KINDS, code, day, actor=actor)
    kind, payload = KINDS[held.kind], held.payload
    names = read_names(session, [payload])
    is_site = kind.name == "site"
    law_day, complaint = _law_day(day)
    return render(
        "record_then.html",
        held=held,
        at=day,
        at_text=show_day(day),
        title=shown(kind.label(payload)) or code,
        kind_label=say(kind.title),
        code=code,
        entry={"kind": kind.name, "code": code},
        groups=say_groups(kind, payload, names, held.withheld, apart=APART["site"] if is_site else ()),
        places=say_places(payload, names, held.withheld, current_settings()) if is_site else None,
        law=standing_held(session, code, payload, day, law_day) if is_site else None,
        day=law_day,
        law_day_text=show_day(law_day),
        complaint=complaint,
        doubts=say_doubts(payload, names),
        links=[],
        names=names,
        payload=payload,
        history=_history(session, held, day),
        act_label=act_label,
        state_label=state_label,
        field_label=field_label,
        show_date=show_date,
    )


def _law_day(day: dt.date) -> tuple[dt.date, str]:
    """Read the day whose law is asked for, that of the page if none is; with a complaint where it cannot be read."""
    text = request.args.get("on", "").strip()
    if not text:
        return day, ""
    try:
        return dt.date.fromisoformat(text), ""
    except ValueError:
        return day, say("Write the day as year-month-day: 2010-12-31.")


def _history(session: Session, held: Held, day: dt.date) -> list[HistoryEntry]:
    """Give what had been decided about a record by the end of a day; drafts and talk about them are left out."""
    told = read_history(session, code=held.code, most=_HISTORY)
    decided = ("accept", "publish", "withdraw", "delete", "undelete")
    return [entry for entry in told if entry.action in decided and entry.at < end_of(day)]


def list_then(text: str) -> Response:
    """List what was in the register at the end of a day, in order of codes; raises `InvalidInput` for other filters."""
    session, actor = db.session(), require_actor()
    day = read_day(text)
    for name, value in request.args.items():
        if value.strip() and name not in _ASKED:
            raise InvalidInput(
                "%(field)s cannot be combined with `at`: what lists are filtered and sorted by is known of today only. "
                "With `at` there are: %(choices)s.",
                field=name[:40],
                choices=", ".join(_ASKED[:-1]),
            )
    kind = request.args.get("kind", "").strip() or (request.view_args or {}).get("kind") or None
    if kind is not None and kind not in KINDS:
        raise NotFound("There is nothing at this address.")
    return _show_list(session, actor, day, kind, request.args.get("after", "").strip()[:60] or None)


def _show_list(session: Session, actor: User, day: dt.date, kind: str | None, after: str | None) -> Response:
    held, following = read_held_page(session, KINDS, day, actor=actor, kind=kind, after=after, limit=_PAGE)
    asked = {"at": day.isoformat(), **({"kind": kind} if kind else {})}
    return render(
        "register_then.html",
        section="register",
        rows=[_row(one) for one in held],
        at=day,
        at_text=show_day(day),
        latest=today(),
        kind=kind,
        kinds={name: say(found.title) for name, found in KINDS.items()},
        first_url=f"/desk/register?{urlencode(asked)}" if after else "",
        next_url=f"/desk/register?{urlencode({**asked, 'after': following})}" if following else "",
        back=f"/desk/register?{urlencode({'kind': kind})}" if kind else "/desk/register",
    )


def _row(held: Held) -> dict[str, Any]:
    kind = KINDS[held.kind]
    return {
        "code": held.code,
        "label": shown(kind.label(held.payload)) or held.code,
        "kind": say(kind.title),
        "states": [(str(held.visibility), state_label(held.visibility))],
        "version": held.version,
        "since": held.since,
    }
