"""The register's lists: search, filters, order, columns, saved views, and the ticks that a bulk action starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import DisanError, NotFound
from app.desk.asked import COLUMNS, FACETS, MINE, Asked, find_meant, view_address
from app.desk.context import go, render, say, shown
from app.desk.exporting import format_choices
from app.desk.labels import STATES, state_label
from app.desk.then import list_then
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.places.models import Unit, UnitLevel
from app.records.facets import read_facet_values, read_facets
from app.records.queries import EntryPage, read_counted
from app.records.register import RegisterEntry
from app.records.views import delete_view, read_views, save_view
from app.vocabularies.models import Concept
from app.vocabularies.queries import read_vocabulary

_MOST = 1000
# Facet → the scheme that its values are concepts of.
_SCHEMES = {
    "rank": "levels",
    "type": "site_types",
    "zone_type": "zone_types",
    "action": "decision_actions",
    "gap": "gaps",
    "doubt": "doubts",
    "medium_type": "media_types",
    "media_role": "media_roles",
}
_GAPS = {
    "no_point": "No point",
    "no_unit": "No administrative unit",
    "no_zones": "No protection zones",
    "no_number": "No number",
    "no_date": "No date",
    "no_boundary": "No boundary",
    "no_responsible": "No responsible party",
    "no_zone_papers": "No zone papers",
    "survey_overdue": "Overdue survey",
}
_NO_RANK = "none"


@dataclass(slots=True)
class Row:
    """An entry of a list with what its columns show."""

    entry: RegisterEntry
    cells: dict[str, list[str]] = field(default_factory=dict)
    states: list[tuple[str, str]] = field(default_factory=list)


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/register", "register", list_register)
    desk.add_url_rule("/register/<kind>", "register_kind", list_register)
    desk.add_url_rule("/register/views", "save_view", keep_view, methods=["POST"])
    desk.add_url_rule("/register/views/<int:view_id>/delete", "delete_view", forget_view, methods=["POST"])


def list_register(kind: str | None = None) -> Response:
    """Show a page of the register; what cannot be read of the address is said, and the rest is answered.

    With `at` it is what the register held on that day.
    """
    if request.args.get("at", "").strip():
        return list_then(request.args["at"].strip())
    if kind is not None and kind not in KINDS:
        raise NotFound("There is nothing at this address.")
    session, actor = db.session(), require_actor()
    asked = Asked.of(request.args, kind=kind)
    if asked["kind"] not in KINDS:
        asked.pairs = {name: value for name, value in asked.pairs.items() if name != "kind"}
    complaint = ""
    if asked["unit"]:
        asked.units = find_meant(session, asked["unit"])
    try:
        page, count = read_counted(session, asked.query(actor, cursor=request.args.get("cursor")), _MOST)
    except DisanError as error:
        complaint = sentence(error)
        page, count = read_counted(session, asked.query(actor), _MOST)
    vocabulary = read_vocabulary(session)
    return render(
        "register.html",
        asked=asked,
        kinds={name: say(found.title) for name, found in KINDS.items()},
        rows=describe(session, page, vocabulary),
        count=count,
        most=_MOST,
        next_url=asked.address(cursor=page.next_cursor) if page.next_cursor else "",
        is_first=not request.args.get("cursor"),
        complaint=complaint,
        choices=_choices(session, vocabulary),
        chips=_chips(asked, vocabulary),
        columns=[(name, column_label(name)) for name in COLUMNS],
        mine=[(name, _mine_label(name)) for name in MINE],
        views=[(view, view_address(view)) for view in read_views(session, actor)],
        acts=_acts(actor),
        formats=format_choices(),
        latest=today(),
        column_label=column_label,
    )


def describe(session: Session, page: EntryPage, vocabulary: Mapping[str, Mapping[str, Concept]]) -> list[Row]:
    """Describe the entries of a page by their facets, in one statement, with one for units and one for users."""
    facets = read_facets(session, [entry.id for entry in page.entries])
    ids = {int(value) for found in facets.values() for value in found.get("assignee", ())}
    users = dict(session.execute(sa.select(User.id, User.name).where(User.id.in_(ids))).all()) if ids else {}
    lying = sa.select(Unit.public_id, Unit.name).where(
        Unit.public_id.in_({one for found in facets.values() for one in found.get("within", ())}),
        Unit.level == UnitLevel.COMMUNE,
        Unit.valid_to.is_(None),
    )
    has_places = any("within" in found for found in facets.values())
    communes = {public_id: shown(name) for public_id, name in session.execute(lying)} if has_places else {}
    rows = []
    for entry in page.entries:
        found = facets.get(entry.id, {})
        cells = {
            name: [concept_label(vocabulary, name, value) for value in found.get(name, ())]
            for name in ("rank", "type", "gap", "doubt")
            if found.get(name) != [_NO_RANK]
        }
        cells["kind"] = [say(KINDS[entry.kind].title)]
        cells["unit"] = [communes[one] for one in found.get("within", ()) if one in communes]
        cells["tag"] = found.get("tag", [])
        cells["assignee"] = [users.get(int(one), one) for one in found.get("assignee", ())]
        states = [state for state in STATES if state in found.get("state", ())]
        rows.append(Row(entry, cells, [(state, state_label(state)) for state in states]))
    return rows


def concept_label(vocabulary: Mapping[str, Mapping[str, Concept]], facet: str, value: str) -> str:
    """Name a value of a facet in the reader's language."""
    if facet == "state":
        return state_label(value)
    if facet == "has":
        return say("Something is missing") if value == "gap" else say("Doubts")
    if facet == "rank" and value == _NO_RANK:
        return say("Not ranked")
    concept = vocabulary.get(_SCHEMES.get(facet, ""), {}).get(value)
    if concept is not None:
        return shown(concept.label)
    return say(_GAPS[value]) if facet == "gap" and value in _GAPS else value


def gap_labels(session: Session, vocabulary: Mapping[str, Mapping[str, Concept]]) -> dict[str, str]:
    """Name everything that may be missing: the scheme `gaps` in its order, and what else the register notes."""
    codes = dict.fromkeys([*vocabulary.get("gaps", {}), *read_facet_values(session, "gap")])
    return {code: concept_label(vocabulary, "gap", code) for code in codes}


def column_label(name: str) -> str:
    """Name a column."""
    labels = {
        "kind": "Kind", "state": "State", "unit": "Administrative unit", "rank": "Rank", "type": "Type",
        "gap": "Missing", "doubt": "Doubts", "tag": "Tags", "assignee": "Assigned to", "updated": "Changed",
    }  # fmt: skip
    return say(labels[name])


def _mine_label(name: str) -> str:
    labels = {
        "drafts": "My drafts",
        "returned": "Returned to me",
        "submitted": "Mine, waiting for review",
        "review": "Waiting for my review",
        "assigned": "Assigned to me",
    }
    return say(labels[name])


def _choices(session: Session, vocabulary: Mapping[str, Mapping[str, Concept]]) -> list[dict[str, Any]]:
    """Give the filters with what may be chosen in each."""
    labels = {
        "state": "State", "rank": "Rank", "type": "Type", "gap": "Missing", "doubt": "Doubt", "has": "With",
        "zone_type": "Type of zone", "action": "What a decision does", "tag": "Tag",
    }  # fmt: skip
    values: dict[str, Sequence[str]] = {
        name: [*vocabulary.get(_SCHEMES[name], {})] for name in ("rank", "type", "doubt", "zone_type", "action")
    }
    values["rank"] = [*values["rank"], _NO_RANK]
    values |= {"state": [*STATES][:7], "has": ["gap", "doubt"], "gap": [*gap_labels(session, vocabulary)]}
    values["tag"] = read_facet_values(session, "tag")
    return [
        {
            "name": name,
            "label": say(label),
            "options": [(value, concept_label(vocabulary, name, value)) for value in values[name]],
        }
        for name, label in labels.items()
        if values[name]
    ]


def _chips(asked: Asked, vocabulary: Mapping[str, Mapping[str, Concept]]) -> list[dict[str, str]]:
    """Give what the list is narrowed by, each with the address of the list without it."""
    chips = []
    for name, value in asked.pairs.items():
        if name in FACETS:
            label = concept_label(vocabulary, name, value)
        elif name == "unit":
            label = shown(asked.units[0].name) if len(asked.units) == 1 else value
        elif name == "mine":
            label = _mine_label(value)
        elif name == "overdue":
            label = say("Overdue surveys")
        elif name == "kind":
            label = say(KINDS[value].title)
        elif name == "q":
            label = f"“{value}”"
        else:
            continue
        chips.append({"label": label, "url": asked.address(leave=(name,))})
    return chips


def _acts(actor: User) -> list[tuple[str, str]]:
    """Give the bulk actions that somebody may take."""
    acts = []
    if is_permitted(actor, Permission.EDIT):
        acts += [("tag", say("Add tags")), ("assign", say("Assign")), ("submit", say("Submit for review"))]
    if is_permitted(actor, Permission.REVIEW):
        acts.append(("accept", say("Accept")))
    if is_permitted(actor, Permission.PUBLISH):
        acts.append(("publish", say("Publish")))
    return acts


def keep_view() -> BaseResponse:
    """Save the list as the person sees it."""
    asked, actor = Asked.of(request.form), require_actor()
    begin_write(db.session())
    try:
        view = save_view(db.session(), request.form.get("name", ""), asked.query_string(), actor=actor)
    except DisanError as error:
        db.session.rollback()
        return go(asked.address(), sentence(error), tone="error")
    response = go(asked.address(), say("Saved as “%(name)s”.") % {"name": view.name})
    db.session.commit()
    return response


def forget_view(view_id: int) -> BaseResponse:
    """Delete a saved view of the person's own."""
    actor = require_actor()
    begin_write(db.session())
    delete_view(db.session(), view_id, actor=actor)
    response = go("/desk/register", say("The saved view is deleted."))
    db.session.commit()
    return response
