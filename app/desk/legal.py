"""The legal view: decisions, and the ways to a record's standing and to the count of sites on any day."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Blueprint, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import today
from app.core.db import db
from app.core.errors import DisanError
from app.desk.asked import Asked
from app.desk.context import go, render, say, shown
from app.desk.register import concept_label, describe
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.records.facets import read_facet_values
from app.records.queries import read_counted, read_entry
from app.vocabularies.queries import read_vocabulary

_MOST = 1000


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/legal", "legal", list_decisions)
    desk.add_url_rule("/legal/status", "legal_status", find_status)
    desk.add_url_rule("/legal/counts", "legal_counts", show_counts)
    desk.add_url_rule("/legal/counts/sites", "legal_cell", list_cell)


def list_decisions() -> Response:
    """List decisions, narrowed by words, year, what they do and what is missing of them."""
    session, actor = db.session(), require_actor()
    asked = Asked.of(request.args, kind="decision")
    complaint = ""
    try:
        page, count = read_counted(session, asked.query(actor, cursor=request.args.get("cursor")), _MOST)
    except DisanError as error:
        complaint = sentence(error)
        page, count = read_counted(session, asked.query(actor), _MOST)
    vocabulary = read_vocabulary(session)
    kept = {name: value for name, value in asked.pairs.items() if name != "kind"}
    return render(
        "legal.html",
        asked=asked,
        rows=describe(session, page, vocabulary),
        count=count,
        most=_MOST,
        complaint=complaint,
        next_url=f"/desk/legal?{urlencode({**kept, 'cursor': page.next_cursor})}" if page.next_cursor else "",
        actions=[(code, shown(concept.label)) for code, concept in vocabulary.get("decision_actions", {}).items()],
        gaps=[(code, concept_label(vocabulary, "gap", code)) for code in ("no_number", "no_date")],
        years=list(reversed(read_facet_values(session, "year"))),
        day=today(),
    )


def find_status() -> BaseResponse:
    """Lead to a record's page as of a day; a code that is none leads to the search for it."""
    code, day = request.args.get("code", "").strip(), request.args.get("on", "").strip()
    if read_entry(db.session(), code) is None:
        return go(f"/desk/register?{urlencode({'q': code})}", say("Choose the record whose standing you want to see."))
    return go(f"/desk/records/{code}?{urlencode({'on': day})}#law")


def show_counts() -> BaseResponse:
    """Lead to the table of sites by level and type, which once stood here."""
    kept = {name: request.args[name] for name in ("on", "components") if request.args.get(name)}
    return go(f"/desk/counts/sites_by_type?{urlencode(kept)}" if kept else "/desk/counts/sites_by_type")


def list_cell() -> BaseResponse:
    """Lead to the list behind a cell of that table."""
    names = {"on": "on", "components": "components", "level": "row", "type": "col"}
    kept = {new: request.args[name] for name, new in names.items() if request.args.get(name)}
    return go(f"/desk/counts/sites_by_type/list?{urlencode(kept)}")
