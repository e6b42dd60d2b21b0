"""The page of a record: who answers for it, on what papers it stands, what is missing, what changed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session, defer, joinedload

from app.accounts.models import User
from app.accounts.permissions import Permission, Subject, is_permitted, is_permitted_anywhere
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import db
from app.core.errors import NotFound
from app.desk.camera import say_camera
from app.desk.context import render, say, shown
from app.desk.dossier_words import PROCEDURES, STATES, choices
from app.desk.exporting import format_choices
from app.desk.labels import act_label, field_label, state_label
from app.desk.media import see_files, see_media
from app.desk.present import read_names, show_date, show_day
from app.desk.register import concept_label
from app.desk.saying import APART, say_doubts, say_groups, say_places
from app.desk.surroundings import Said, check_places, say_warning
from app.desk.then import show_then
from app.desk.visits import of_record
from app.exchange.papers.forms import ABOUT_RECORDS
from app.heritage.dossiers.models import KIND_OF
from app.heritage.dossiers.queries import has_dossiers, open_dossiers
from app.heritage.queries import read_effects, read_standing
from app.http.actor import require_actor
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.media.models import Medium, Placement
from app.publication.links import PAGES, page_path
from app.records.facets import read_facets
from app.records.index import OPEN
from app.records.kinds import Kind
from app.records.links import Link, read_links
from app.records.models import Record, Revision, RevisionState
from app.records.queries import read_history
from app.records.register import RegisterEntry
from app.records.shown import read_accepted
from app.records.withholding import withheld_of
from app.visitors.queries import count_about, is_reported

_HISTORY = 15
_REVISIONS = 30


@dataclass(slots=True)
class Found:
    """A record or a new one that is pending, with its revisions, and the state that its page shows."""

    entry: RegisterEntry
    kind: Kind
    record: Record | None
    revisions: Sequence[Revision]
    has_media: bool = False
    has_reports: bool = False
    has_dossiers: bool = False
    payload: dict[str, Any] = field(default_factory=dict)
    current: Revision | None = None

    @property
    def is_accepted(self) -> bool:
        """Whether the payload is an accepted state."""
        return self.record is not None and self.record.version > 0

    @property
    def pending(self) -> list[Revision]:
        """The revisions on their way, the newest first."""
        return [revision for revision in self.revisions if revision.state in (*OPEN, RevisionState.REJECTED)]


def mount(desk: Blueprint) -> None:
    """Mount the page."""
    desk.add_url_rule("/records/<code>", "record", show_record)


def find(session: Session, code: str) -> Found:
    """Read what there is under a code, in three statements; raises `NotFound`."""
    standing = session.execute(
        sa.select(
            RegisterEntry,
            Record,
            sa.exists().where(Placement.target_id == Record.id),
            is_reported(RegisterEntry.code),
            has_dossiers(Record.id),
        )
        .outerjoin(Record, Record.id == RegisterEntry.record_id)
        .where(RegisterEntry.code == code)
        .options(defer(RegisterEntry.tokens), joinedload(Record.assignee).lazyload(User.roles))
    ).first()
    if standing is None or standing[0].kind not in KINDS:
        raise NotFound("There is no record %(code)s.", code=code)
    entry: RegisterEntry = standing[0]
    record: Record | None = standing[1]
    query = sa.select(Revision).where(Revision.code == code).order_by(Revision.number.desc()).limit(_REVISIONS)
    people = joinedload(Revision.author).lazyload(User.roles)
    revisions = session.scalars(query.options(defer(Revision.payload), people)).all()
    found = Found(entry, KINDS[entry.kind], record, revisions)
    found.has_media, found.has_reports, found.has_dossiers = (bool(held) for held in standing[2:])
    wanted = sa.select(Revision).where(Revision.code == code).options(people).limit(1)
    if record is not None and record.version:
        wanted = wanted.where(Revision.state == RevisionState.ACCEPTED).order_by(Revision.accepted_version.desc())
    else:
        wanted = wanted.where(Revision.state != RevisionState.DISCARDED).order_by(Revision.number.desc())
    found.current = session.scalar(wanted.execution_options(populate_existing=True))
    found.payload = dict(found.current.payload) if found.current else {}
    return found


def show_record(code: str) -> Response:
    """Show a record as it stands; its legal standing on the day asked for, else today.

    With `at` it is shown as it was held on that day.
    """
    if request.args.get("at", "").strip():
        return show_then(code, request.args["at"].strip())
    session, actor, settings = db.session(), require_actor(), current_settings()
    found = find(session, code)
    payload, kind = found.payload, found.kind
    is_own = found.current is not None and not found.is_accepted and found.current.author_id == actor.id
    (withheld,) = withheld_of(session, KINDS, kind, actor, [[] if is_own else [payload]])
    is_gone = found.record is not None and found.record.deleted_at is not None
    said = [] if is_gone else [Said(kind.name, code, payload, withheld)]
    links = _told(session, read_links(session, KINDS, kind, found.record.id), actor) if found.record is not None else []
    names = read_names(session, [payload], codes=[link.code for link in links])
    facets = read_facets(session, [found.entry.id]).get(found.entry.id, {})
    day, complaint = read_day(request.args.get("on", ""))
    return render(
        "record.html",
        found=found,
        entry=found.entry,
        record=found.record,
        title=shown(found.entry.label) or code,
        kind_label=say(kind.title),
        states=[(state, state_label(state)) for state in facets.get("state", ())],
        gaps=[concept_label(names.vocabulary, "gap", gap) for gap in facets.get("gap", ())],
        doubts=say_doubts(payload, names),
        warnings=[say_warning(one) for one in check_places(session, settings, said, actor=actor).get(code, ())],
        acts=_acts(session, found, actor),
        **_dossiers(session, found, actor),
        report_count=count_about(session, code, actor=actor) if found.has_reports else 0,
        groups=say_groups(kind, payload, names, withheld, apart=APART.get(kind.name, ())),
        places=say_places(payload, names, withheld, settings) if kind.name == "site" else None,
        law=_law(session, found, day) if found.is_accepted else None,
        day=day,
        complaint=complaint,
        links=_grouped(links),
        media=see_media(session, actor, found.record) if found.record is not None and found.has_media else [],
        **(_file(session, actor, payload) if kind.model is Medium else {}),
        visits=of_record(session, code) if public_page(found.record) else None,
        names=names,
        payload=payload,
        history=read_history(session, code=code, most=_HISTORY),
        formats=format_choices(),
        latest=today(),
        act_label=act_label,
        state_label=state_label,
        field_label=field_label,
        show_date=show_date,
        concept_label=concept_label,
    )


def read_day(text: str) -> tuple[dt.date, str]:
    """Read the day that is asked for, today if none is; gives a complaint beside it if it cannot be read."""
    if not text.strip():
        return today(), ""
    try:
        return dt.date.fromisoformat(text.strip()), ""
    except ValueError:
        return today(), say("Write the day as year-month-day: 2010-12-31.")


def subject_of(session: Session, kind: Kind, payload: Mapping[str, Any], actor: User) -> Subject:
    """Give what permissions are asked for; where no grant of theirs is bound to a unit, the place is not looked up."""
    if any(grant.unit for grant in actor.roles):
        return KINDS.subject(session, kind, payload)
    return Subject(kind.name)


def _acts(session: Session, found: Found, actor: User) -> dict[str, Any]:
    """Say what somebody may do with a record now."""
    record, subject = found.record, subject_of(session, found.kind, found.payload, actor)

    def may(permission: Permission) -> bool:
        return is_permitted(actor, permission, subject)

    is_deleted = record is not None and record.deleted_at is not None
    own = next((revision for revision in found.pending if revision.author_id == actor.id), None)
    waiting = [revision for revision in found.pending if revision.state == RevisionState.IN_REVIEW]
    may_edit = may(Permission.EDIT) and not is_deleted
    is_stale = own is not None and own.is_overtaken
    page = public_page(record)
    return {
        "edit": may_edit and found.is_accepted and own is None,
        "own": own if may_edit else None,
        "merge": may_edit and is_stale,
        "assign": may_edit and found.is_accepted,
        "review": [revision for revision in waiting if may(Permission.REVIEW) and revision.author_id != actor.id],
        "publish": found.is_accepted and not is_deleted and may(Permission.PUBLISH) and not _is_public(record),
        "withdraw": found.is_accepted and may(Permission.PUBLISH) and _is_public(record),
        "delete": found.is_accepted and not is_deleted and may(Permission.DELETE),
        "undelete": is_deleted and may(Permission.DELETE),
        "page": page,
        "papers": _papers(found),
        "plaque": f"{page}/plaque" if page and found.kind.name == "site" else None,
    }


def _dossiers(session: Session, found: Found, actor: User) -> dict[str, Any]:
    """Give the open dossiers about a record, and whether somebody may open another."""
    record = found.record
    is_asked = found.is_accepted and record is not None and record.deleted_at is None
    may_open = is_asked and found.kind.name in KIND_OF.values()
    return {
        "dossiers": open_dossiers(session, record.id) if record is not None and found.has_dossiers else [],
        "may_open_dossier": may_open
        and is_permitted(actor, Permission.EDIT, subject_of(session, found.kind, found.payload, actor)),
        "procedure_names": dict(choices(PROCEDURES)),
        "dossier_states": dict(choices(STATES)),
        "show_day": show_day,
    }


def _papers(found: Found) -> str | None:
    """Give the address of the papers about a record, or about the site that a zone is of; None where there are none."""
    code = found.payload.get("site") if found.kind.name == "zone" else found.entry.code
    has_papers = found.is_accepted and found.kind.name in (*ABOUT_RECORDS, "zone")
    return f"/desk/records/{code}/papers" if has_papers and code else None


def _is_public(record: Record | None) -> bool:
    return record is not None and record.is_public


def public_page(record: Record | None) -> str | None:
    """Give the address of the page that visitors see of a record; None where it is not public, or has none."""
    if record is None or not record.is_public or record.kind not in PAGES:
        return None
    return page_path(PAGES[record.kind], current_language(), record.code.lower())


def _law(session: Session, found: Found, day: dt.date) -> Any:
    """Give what the law says on a day of a site, and of a decision what became of it; None for other kinds."""
    record = found.record
    if record is not None and found.kind.name == "site":
        return read_standing(session, record.id, day)
    if record is not None and found.kind.name == "decision":
        return read_effects(session, record.id, day)
    return None


def _file(session: Session, actor: User, payload: Mapping[str, Any]) -> dict[str, Any]:
    """Give the file of a medium as the actor may see it, and what the camera says of it."""
    seen = see_files(session, actor, [payload]).get(str(payload.get("file")))
    return {"seen": seen, "camera": say_camera(session, actor, [(payload, seen)])[0]}


def _told(session: Session, links: list[Link], actor: User) -> list[Link]:
    """Leave out the records that tell by naming this one what is withheld of them: where a thing is kept."""
    if not links or is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return links
    sensitive = {link.code for link in links if link.field in KINDS[link.kind].sensitive}
    if not sensitive:
        return links
    states = read_accepted(session, sorted(sensitive))
    hidden: dict[str, frozenset[str]] = {}
    for name in sorted({state.kind for state in states.values()}):
        chosen = [state for state in states.values() if state.kind == name]
        withheld = withheld_of(session, KINDS, KINDS[name], actor, [[state.payload] for state in chosen])
        hidden |= {state.code: names for state, names in zip(chosen, withheld, strict=True)}
    return [link for link in links if link.field not in hidden.get(link.code, ())]


def _grouped(links: Sequence[Link]) -> list[tuple[str, list[Link]]]:
    """Group the records that name this one by their kind and by how they do."""
    groups: dict[tuple[str, str], list[Link]] = {}
    for link in links:
        groups.setdefault((link.kind, link.field), []).append(link)
    return [
        (say("%(kind)s: %(field)s") % {"kind": say(KINDS[kind].title), "field": field_label(kind, name)}, found)
        for (kind, name), found in groups.items()
    ]
