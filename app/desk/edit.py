"""Writing a record: a new one, another draft of one that stands, and what two have written brought together."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, jsonify, request
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.db import begin_write, db, now
from app.core.errors import Conflict, DisanError, NotAllowed, NotFound
from app.desk.context import go, read_key, render, say, shown
from app.desk.forms import messages, model, picking, reading
from app.desk.forms.choices import choices_for, echo_of, language_name
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.problems import lost_race
from app.http.security import MEDIA_UPLOAD
from app.http.settings import current_settings
from app.media.models import Medium
from app.records import drafts
from app.records import operations as records
from app.records.compare import Conflict as Disagreement
from app.records.compare import Merge, diff, merge, take
from app.records.kinds import Kind
from app.records.models import Changeset, Record, Revision, RevisionState
from app.records.queries import own_draft, read_changeset, read_changesets, records_by_code
from app.records.withholding import states_of_own, withheld_of


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/records/<kind_name>/new", "new_record", new_record, methods=["GET", "POST"])
    desk.add_url_rule("/records/<code>/edit", "edit_record", edit_record, methods=["GET", "POST"])
    desk.add_url_rule("/records/<code>/merge", "merge_record", merge_record)


@dataclass(slots=True)
class _Sheet:
    """A form under way: the record it is about, what it says, what it was opened from, and what there is to say.

    `base` is the version of the record that the author saw, `saved` the count of the draft (0 for none), `opened` the
    payload that the form was opened with, `rebase` the version that a merged draft will rest on.
    """

    kind: Kind
    payload: dict[str, Any]
    record: Record | None = None
    revision: Revision | None = None
    base: int = 0
    saved: int = 0
    opened: dict[str, Any] = field(default_factory=dict)
    rebase: int | None = None
    changeset: str = ""
    changeset_title: str = ""
    errors: dict[str, list[str]] = field(default_factory=dict)
    conflicts: list[Disagreement] = field(default_factory=list)
    unclear: dict[str, list[str]] = field(default_factory=dict)

    @property
    def withheld(self) -> frozenset[str]:
        """The fields that the reader may not see: those that tell the sensitive place of a record that stands."""
        if self.record is None or not self.record.version:
            return frozenset()
        session = db.session()
        states = states_of_own(session, drafts.current_payload(session, self.record), self.revision)
        return withheld_of(session, KINDS, self.kind, require_actor(), [states])[0]


def new_record(kind_name: str) -> BaseResponse:
    """Write a new record."""
    kind = KINDS.get(kind_name)
    if kind is None:
        raise NotFound("There is nothing at this address.")
    require(require_actor(), Permission.EDIT)
    if kind.model is Medium:
        # A medium begins with its file.
        changeset = read_key(request.args.get("changeset"))
        return go(f"{MEDIA_UPLOAD}?changeset={changeset}" if changeset else MEDIA_UPLOAD)
    if request.method == "POST":
        begin_write(db.session())
    else:
        payload = {name: request.args[name] for name in kind.schema().fields if request.args.get(name)}
        payload.setdefault("code", drafts.suggest_code(db.session(), current_settings(), kind, payload))
        return _show(_Sheet(kind, payload, opened={}, changeset=request.args.get("changeset", "")))
    return _answer(_Sheet(kind, {}))


def edit_record(code: str) -> BaseResponse:
    """Write another draft of a record, or go on with one's own."""
    actor = require_actor()
    require(actor, Permission.EDIT)
    # Checking writes too, and takes it back.
    if request.method == "POST" or request.args.get("check"):
        begin_write(db.session())
    if request.method == "POST":
        return _answer_late(code, actor) or _answer(_open(code, actor))
    sheet = _open(code, actor)
    if sheet.revision is not None and sheet.revision.state != RevisionState.DRAFT:
        return go(f"/desk/changesets/{sheet.revision.changeset_id}", _locked(sheet.revision), tone="info")
    if request.args.get("check"):
        sheet.errors = _check(sheet)
    return _show(sheet)


def _answer_late(code: str, actor: User) -> BaseResponse | None:
    """Show again what was sent for a draft that was submitted or discarded in another tab; None for any other."""
    kind = KINDS.get(request.form.get("kind", ""))
    revision = own_draft(db.session(), code, actor.id)
    if revision is not None:
        if revision.state == RevisionState.DRAFT:
            return None
        sheet, told = _open(code, actor), _locked(revision)
    elif kind is not None and not records_by_code(db.session(), [code]):
        sheet = _Sheet(kind, {"code": code})
        told = say("This draft was given up in another tab; saving it makes another.")
    else:
        return None
    if request.form.get("do") == "autosave":
        return _tell(told)
    _take_in(sheet)
    sheet.errors = {"": [f"{told} {say('What you typed is here; nothing of it is saved yet.')}"]}
    return _show(sheet, 409)


def _locked(revision: Revision) -> str:
    if revision.state == RevisionState.IN_REVIEW:
        return say("Your change of this record waits for review. Recall it to go on writing.")
    return say("Your change of this record was returned. Take it up again to mend it.")


def _open(code: str, actor: User) -> _Sheet:
    """Open the form of a record: the actor's own draft, else what stands; raises `NotFound` when there is neither."""
    session = db.session()
    record = records_by_code(session, [code]).get(code)
    revision = own_draft(session, code, actor.id)
    if revision is None and (record is None or not record.version):
        raise NotFound("There is no record %(code)s.", code=code)
    if record is not None and record.deleted_at is not None and revision is None:
        raise Conflict("%(code)s has been deleted; bring it back first.", code=code)
    kind = KINDS[revision.kind if revision else record.kind if record else ""]
    payload = dict(revision.payload) if revision else drafts.current_payload(session, record) if record else {}
    return _Sheet(
        kind,
        payload,
        record,
        revision,
        base=revision.base_version if revision else record.version if record else 0,
        saved=revision.saved if revision and revision.state == RevisionState.DRAFT else 0,
        opened=payload,
        changeset=str(revision.changeset_id) if revision else request.args.get("changeset", ""),
    )


def merge_record(code: str) -> BaseResponse:
    """Show one's draft with what has overtaken it worked in; where both say something else, both are shown."""
    actor = require_actor()
    require(actor, Permission.EDIT)
    sheet = _open(code, actor)
    if sheet.revision is None or sheet.record is None or sheet.revision.state != RevisionState.DRAFT:
        raise Conflict("%(code)s has no draft of yours to merge.", code=code)
    merged = _merge_in(sheet.record, sheet.revision)
    sheet.payload, sheet.conflicts, sheet.rebase = merged.payload, list(merged.conflicts), sheet.record.version
    return _show(sheet)


def _merge_in(record: Record, draft: Revision) -> Merge:
    """Bring a draft together with what stands now."""
    base = drafts.payload_at(db.session(), record, draft.base_version)
    return merge(base, drafts.current_payload(db.session(), record), draft.payload)


def _answer(sheet: _Sheet) -> BaseResponse:
    """Do what the button of a sent form asks for; whatever is wrong, the form comes back with all that was typed."""
    act = request.form.get("do", "save")
    standing = sheet.payload
    _take_in(sheet)
    if act.startswith(("add:", "remove:", "up:")):
        sheet.payload = reading.apply_act(sheet.kind, sheet.payload, act)
        return _show(sheet)
    if act.startswith("take:"):
        _take_theirs(sheet, act.removeprefix("take:"), standing)
        return _show(sheet)
    try:
        revision = _save(sheet)
    except DisanError as error:
        db.session.rollback()
        return _refuse(sheet, error, act)
    except IntegrityError:
        return _refuse(sheet, lost_race(field="code"), act)
    changeset_id, code, saved = revision.changeset_id, revision.code, revision.saved
    db.session.commit()
    if act == "autosave":
        found = {"saved": saved, "at": now().isoformat(), "code": code, "edit": f"/desk/records/{code}/edit"}
        return jsonify(found)
    return _go_on(sheet, act, code, changeset_id)


def _go_on(sheet: _Sheet, act: str, code: str, changeset_id: int) -> BaseResponse:
    """Lead on after a draft was saved."""
    if sheet.unclear:
        unclear = sheet.unclear
        sheet = _open(code, require_actor())
        sheet.errors = unclear
        return _show(sheet)
    if act == "submit":
        return go(f"/desk/changesets/{changeset_id}", say("The draft is saved. Look at it once more, then submit it."))
    told = say("The draft of %(code)s is saved.") % {"code": code}
    return go(f"/desk/records/{code}/edit{'?check=1' if act == 'check' else ''}", told)


def _take_in(sheet: _Sheet) -> None:
    """Read what was sent."""
    form = request.form
    payload = reading.read(sheet.kind, form)
    sheet.unclear = picking.resolve(db.session(), sheet.kind, payload)
    if sheet.record is not None and sheet.record.version:
        payload["code"] = sheet.record.code
    elif sheet.revision is not None:
        payload.setdefault("code", sheet.revision.code)
    elif not payload.get("code"):
        payload["code"] = drafts.suggest_code(db.session(), current_settings(), sheet.kind, payload)
    if sheet.kind.model is Medium:
        # Which file a medium is about is said by uploading it.
        payload["file"] = sheet.payload.get("file")
    sheet.rebase = read_key(form.get("rebase"))
    standing = sheet.payload
    if sheet.rebase is not None and sheet.record and sheet.revision:
        # What the author may not see is merged as the rest was, unseen.
        standing = _merge_in(sheet.record, sheet.revision).payload
    # A field that the form did not show was not emptied by its author, whatever they may see by now.
    unseen = sheet.withheld | sheet.kind.sensitive_among(form.get("withheld", "").split(","))
    sheet.payload = reading.keep_withheld(payload, standing, unseen)
    sheet.saved = read_key(form.get("saved")) or 0
    sheet.base = read_key(form.get("base")) or 0
    sheet.opened = _object(form.get("opened"))
    sheet.changeset = form.get("changeset", "")
    sheet.changeset_title = form.get("changeset_title", "")
    sheet.conflicts = _disagreements(form.get("others"))


def _object(text: str | None) -> dict[str, Any]:
    try:
        found = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _disagreements(text: str | None) -> list[Disagreement]:
    """Read back what others say, which the form carries until it is saved."""
    found = _object(text).get("conflicts")
    rows = found if isinstance(found, list) else []
    return [
        Disagreement(tuple(str(step) for step in row[0]), row[1], row[2], row[3])
        for row in rows
        if isinstance(row, list) and len(row) == 4 and isinstance(row[0], list) and row[0]
    ]


def _take_theirs(sheet: _Sheet, name: str, standing: Mapping[str, Any]) -> None:
    """Put what others say in the place of what was typed, in one field."""
    theirs = drafts.current_payload(db.session(), sheet.record) if sheet.rebase and sheet.record else standing
    for found in sheet.conflicts:
        if ".".join(found.path) == name:
            sheet.payload = take(sheet.payload, theirs, found.path)
    sheet.conflicts = [found for found in sheet.conflicts if ".".join(found.path) != name]


def _save(sheet: _Sheet) -> Revision:
    """Write the draft; raises `Conflict` when it was saved elsewhere since the form was opened."""
    session, actor, settings = db.session(), require_actor(), current_settings()
    if sheet.revision is not None:
        # Another tab waits here until this one has committed.
        session.refresh(sheet.revision, ["saved", "state", "payload"], with_for_update=True)
        if sheet.saved != sheet.revision.saved:
            raise _SavedElsewhere(
                "This draft was saved elsewhere since this page was opened.", code=sheet.revision.code
            )
        revision, payload = sheet.revision, sheet.payload
        if sheet.rebase is not None:
            drafts.rebase_draft(session, KINDS, revision, payload, onto=sheet.rebase, actor=actor, settings=settings)
        elif diff(revision.payload, payload):
            drafts.rewrite_draft(session, KINDS, revision, payload, saved=sheet.saved, actor=actor, settings=settings)
        return sheet.revision
    code = str(sheet.payload["code"])
    if sheet.record is None and records_by_code(session, [code]):
        raise Conflict("The code %(code)s belongs to another record already.", code=code, field="code")
    return drafts.write_draft(
        session,
        KINDS,
        sheet.kind.name,
        sheet.payload,
        changeset=_changeset(sheet, actor),
        actor=actor,
        settings=settings,
        base=sheet.base if sheet.record is not None else None,
    )


class _SavedElsewhere(Conflict):
    """Another tab of the same person has saved this draft."""


def _changeset(sheet: _Sheet, actor: User) -> Changeset:
    """Give the changeset that was chosen, or open a new one."""
    chosen = read_key(sheet.changeset)
    if chosen is not None:
        return read_changeset(db.session(), chosen)
    label = shown(dict(sheet.kind.label(sheet.payload))) or str(sheet.payload.get("code") or "")
    title = sheet.changeset_title.strip()[:300] or f"{say(sheet.kind.title)}: {label}"
    return drafts.open_changeset(db.session(), title=title, actor=actor)


def _refuse(sheet: _Sheet, error: DisanError, act: str) -> BaseResponse:
    """Show the form again with what is wrong; two tabs are brought together first."""
    if act == "autosave":
        return _tell(sentence(error), is_elsewhere=isinstance(error, _SavedElsewhere))
    if isinstance(error, _SavedElsewhere):
        fresh = _open(str(error.params["code"]), require_actor())
        opened = reading.keep_withheld(sheet.opened, fresh.payload, sheet.withheld)
        merged = merge(opened, fresh.payload, sheet.payload)
        fresh.payload, fresh.conflicts = merged.payload, list(merged.conflicts)
        told = say("Both texts are shown where they differ; nothing is saved yet.")
        fresh.errors = {"": [f"{sentence(error)} {told}"]}
        return _show(fresh, 409)
    sheet.errors = messages.of_error(error, sheet.payload)
    if isinstance(error, Conflict) and "code" in sheet.errors:
        free = drafts.suggest_code(db.session(), current_settings(), sheet.kind, sheet.payload)
        sheet.errors["code"].append(say("The next free one is %(code)s.") % {"code": free} if free else "")
    return _show(sheet, 403 if isinstance(error, NotAllowed) else 422)


def _tell(told: str, *, is_elsewhere: bool = False) -> Response:
    """Answer a script whose saving was refused."""
    response = jsonify({"error": told, "is_elsewhere": is_elsewhere})
    response.status_code = 409
    return response


def _check(sheet: _Sheet) -> dict[str, list[str]]:
    """Say what would bar acceptance: what the schema refuses, else what does not exist."""
    errors = messages.find(sheet.kind, sheet.payload)
    if errors or sheet.revision is None:
        return errors
    session = db.session()
    found = records.check(session, KINDS, sheet.revision.changeset, settings=current_settings())
    session.rollback()
    error = found.get(str(sheet.payload["code"]))
    return messages.of_error(error, sheet.payload) if error else {}


def _show(sheet: _Sheet, status: int = 200) -> Response:
    session, actor = db.session(), require_actor()
    is_new = sheet.record is None or not sheet.record.version
    look = model.Look(
        errors=sheet.errors,
        conflicts=tuple(sheet.conflicts),
        withheld=sheet.withheld,
        # An uploaded file is what a medium is about, and has no other name.
        fixed=frozenset({"file"} if is_new else {"code", "file"}),
    )
    groups = model.build(sheet.kind, sheet.payload, current_settings().languages, look)
    picking.name_references(session, groups)
    shown_conflicts = [one for one in sheet.conflicts if one.path[0] not in look.withheld]
    theirs = [[list(one.path), one.base, one.theirs, one.mine] for one in shown_conflicts]
    opened = {name: value for name, value in sheet.opened.items() if name not in look.withheld}
    return render(
        "edit.html",
        status,
        sheet=sheet,
        groups=groups,
        complaints=model.complaints(groups, sheet.errors),
        choices=choices_for(session),
        language_name=language_name,
        echo_of=echo_of,
        is_new=is_new,
        label=shown(dict(sheet.kind.label(sheet.payload))) or str(sheet.payload.get("code") or ""),
        opened=json.dumps(opened, ensure_ascii=False),
        withheld=look.withheld,
        others=json.dumps({"conflicts": theirs}, ensure_ascii=False),
        changesets=read_changesets(session, [RevisionState.DRAFT], author_id=actor.id, most=20),
        is_checked=bool(request.args.get("check")),
        is_stale=bool(sheet.record and sheet.base < sheet.record.version and sheet.rebase is None),
    )
