"""Changesets: what waits for whom, what one would change, and the acts that lead it from draft to acceptance."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted, require
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import DisanError, NotFound
from app.desk.context import go, read_key, render, say, shown
from app.desk.forms.messages import in_words
from app.desk.labels import act_label, state_label
from app.desk.media import see_files
from app.desk.present import read_names
from app.desk.record import public_page
from app.desk.revisions import Difference, differences
from app.desk.surroundings import UNDECIDED, check_places, said_in, say_warning
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.problems import status_of
from app.http.settings import current_settings
from app.jobs.models import Wish
from app.jobs.queries import is_alive
from app.publication import acting, undoing
from app.publication.acting import Act
from app.records import operations as records
from app.records.index import OPEN
from app.records.models import Changeset, HistoryEntry, Record, Revision, RevisionState
from app.records.queries import holds_internal, read_changeset, read_changesets, read_history
from app.records.shown import read_bases
from app.records.withholding import withheld_in

# So many records of a changeset are shown with what they change; of the others the names.
_SHOWN = 40
_LISTED = 50
# So many of its records are checked against each other.
_CHECKED = 400
# While the worker acts on a changeset its page asks again after so many seconds.
_ASK_AGAIN_S = 3


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/changesets", "changesets", list_changesets)
    desk.add_url_rule("/changesets/<int:changeset_id>", "changeset", show_changeset)
    desk.add_url_rule("/changesets/<int:changeset_id>/<act>", "change", act_on_changeset, methods=["POST"])


def list_changesets() -> Response:
    """List what one has under way, what waits for one's review, and what was accepted last."""
    session, actor = db.session(), require_actor()
    own_states = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    mine = read_changesets(session, own_states, author_id=actor.id, most=_LISTED)
    waiting = read_changesets(session, [RevisionState.IN_REVIEW], author_id=None, most=_LISTED)
    done = read_changesets(session, [RevisionState.ACCEPTED], author_id=None, most=_LISTED)
    lists = [
        (say("Mine, under way"), mine),
        (say("Waiting for review by somebody else than the author"), waiting),
        (say("Accepted lately"), done),
    ]
    return render("changesets.html", lists=lists, state_label=state_label)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A record of a changeset: what it is called, what the revision changes, and where visitors see the record."""

    revision: Revision
    title: str
    kind_title: str
    differences: Sequence[Difference]
    is_new: bool
    is_stale: bool
    page: str | None
    warnings: Sequence[str]


def show_changeset(changeset_id: int, *, error: DisanError | None = None, typed: str = "") -> Response:
    """Show a changeset with all that it changes, what was said of it, and what may be done with it now."""
    session, actor = db.session(), require_actor()
    changeset = read_changeset(session, changeset_id)
    history = read_history(session, changeset_id=changeset.id)
    states = {revision.state for revision in changeset.revisions}
    undone_by = session.scalar(sa.select(Changeset.id).where(Changeset.undoes_id == changeset.id))
    start = min(read_key(request.args.get("from")) or 0, max(len(changeset.revisions) - 1, 0))
    seen = changeset.revisions[start : start + _SHOWN]
    may_be_large = max(len(changeset.revisions), len(history)) >= acting.MANY
    work = acting.latest_act(session, changeset.id) if may_be_large else None
    acts = _acts(changeset, states, actor, history) - ({"undo"} if undone_by else set())
    response = render(
        "changeset.html",
        status_of(error) if error else 200,
        changeset=changeset,
        kinds=list(KINDS.values()),
        proposals=_proposals(session, changeset, seen, actor),
        start=start,
        shown=_SHOWN,
        states=states,
        files=see_files(session, actor, [one.payload for one in seen if one.kind == "media"]),
        history=history,
        work=work,
        is_worked_on=is_alive(work),
        work_problem=sentence(work.problem) if work and work.problem else "",
        left=_left(work),
        acts=acts - (set(_LONG) | {"discard", "recall", "reject"} if is_alive(work) else set()),
        undone_by=undone_by,
        is_own=any(revision.author_id == actor.id for revision in changeset.revisions),
        error=in_words(error) if error else "",
        typed=typed,
        state_label=state_label,
        act_label=act_label,
    )
    if is_alive(work):
        response.headers["Refresh"] = str(_ASK_AGAIN_S)
    return response


def _left(work: Wish | None) -> list[str]:
    """Say what the worker could not undo, and why."""
    skipped = (work.result or {}).get("skipped", []) if work and isinstance(work.result, dict) else []
    return [sentence(DisanError(message, **params)) for _, message, params in skipped]


def _proposals(session: Session, changeset: Changeset, revisions: Sequence[Revision], actor: User) -> list[Proposal]:
    records = _records(session, revisions)
    # What is decided is judged by what stood then, which nobody knows any more.
    open_ones = [revision for revision in changeset.revisions if revision.state in UNDECIDED][:_CHECKED]
    judged = list({one.id: one for one in (*revisions, *open_ones)}.values())
    befores = read_bases(session, judged)
    names = read_names(session, [state for one in revisions for state in (one.payload, befores.get(one.id, {}))])
    withheld = withheld_in(session, KINDS, actor, judged, bases=befores)
    said = [said_in(revision, withheld[revision.id]) for revision in open_ones]
    warnings = check_places(session, current_settings(), said, actor=actor)
    proposals = []
    for revision in revisions:
        kind, before = KINDS[revision.kind], befores.get(revision.id, {})
        proposals.append(
            Proposal(
                revision,
                shown(kind.label(revision.payload)) or revision.code,
                say(kind.title),
                differences(kind, before, revision.payload, names, withheld[revision.id]),
                is_new=revision.base_version == 0,
                is_stale=revision.state in OPEN and revision.record_id in records and revision.is_overtaken,
                page=public_page(records.get(revision.record_id or 0)),
                warnings=[say_warning(warning) for warning in warnings.get(revision.code, ())],
            )
        )
    return proposals


def _records(session: Session, revisions: Sequence[Revision]) -> dict[int, Record]:
    """Read the records of revisions at once; while they are held no revision asks for its own again."""
    keys = [revision.record_id for revision in revisions if revision.record_id is not None]
    return {record.id: record for record in session.scalars(sa.select(Record).where(Record.id.in_(keys)))}


def _acts(changeset: Changeset, states: set[str], actor: User, history: Sequence[HistoryEntry]) -> set[str]:
    """Say which acts the actor may try: those that the states allow and a permission that they hold."""
    acts: set[str] = {"comment"} if states else set()
    is_author = bool(changeset.revisions) and all(one.author_id == actor.id for one in changeset.revisions)
    is_editor = is_permitted(actor, Permission.EDIT)
    if is_author and is_editor:
        acts |= {"submit", "discard"} if states == {RevisionState.DRAFT} else set()
        acts |= {"recall"} if states == {RevisionState.IN_REVIEW} else set()
        acts |= {"reopen", "discard"} if states == {RevisionState.REJECTED} else set()
    if states == {RevisionState.IN_REVIEW} and is_permitted(actor, Permission.REVIEW):
        acts |= {"reject"}
        if current_settings().one_person_office or not any(one.author_id == actor.id for one in changeset.revisions):
            acts |= {"accept"}
    is_accepted = states == {RevisionState.ACCEPTED}
    if is_accepted and is_permitted(actor, Permission.PUBLISH) and holds_internal(db.session(), changeset):
        acts |= {"publish"}
    is_done = is_accepted or any(entry.action in ("publish", "withdraw", "assign") for entry in history)
    return acts | ({"undo"} if is_done and is_editor else set())


def act_on_changeset(changeset_id: int, act: str) -> BaseResponse:
    """Do something with a changeset; what is wrong is said on its page, with what was typed."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    if act not in _ACTS:
        raise NotFound("There is nothing at this address.")
    typed = request.form.get("comment", "")
    changeset = read_changeset(session, changeset_id)
    try:
        permission, do = _ACTS[act]
        require(actor, permission)
        if act in _LONG and acting.is_large(session, changeset.id):
            do = _leave_to_the_worker
        target, told = do(session, changeset, actor, typed)
    except DisanError as error:
        session.rollback()
        return show_changeset(changeset_id, error=error, typed=typed)
    session.commit()
    return go(target, told)


Done = tuple[str, str]


def _here(changeset: Changeset) -> str:
    return f"/desk/changesets/{changeset.id}"


def _submit(session: Session, changeset: Changeset, actor: User, comment: str) -> Done:
    records.submit(session, KINDS, changeset, actor=actor, settings=current_settings(), comment=comment or None)
    return _here(changeset), say("Submitted. Somebody else looks at it now.")


def _recall(session: Session, changeset: Changeset, actor: User, _comment: str) -> Done:
    records.recall(session, KINDS, changeset, actor=actor)
    return _here(changeset), say("Recalled; you can go on writing.")


def _reopen(session: Session, changeset: Changeset, actor: User, _comment: str) -> Done:
    records.reopen(session, KINDS, changeset, actor=actor)
    return _here(changeset), say("Taken up again; mend it and submit it once more.")


def _discard(session: Session, changeset: Changeset, actor: User, _comment: str) -> Done:
    records.discard(session, KINDS, changeset, actor=actor)
    return "/desk/changesets", say("Discarded. Its revisions stay in the history.")


def _comment(session: Session, changeset: Changeset, actor: User, comment: str) -> Done:
    records.comment_on(session, changeset, actor=actor, comment=comment)
    return _here(changeset), say("Your comment is there.")


def _reject(session: Session, changeset: Changeset, actor: User, comment: str) -> Done:
    records.reject(session, KINDS, changeset, actor=actor, comment=comment)
    return _here(changeset), say("Returned to the author with your reason.")


def _accept(session: Session, changeset: Changeset, actor: User, comment: str) -> Done:
    is_published = bool(request.form.get("publish"))
    acting.accept(
        session,
        changeset,
        actor=actor,
        settings=current_settings(),
        comment=comment or None,
        is_published=is_published,
    )
    if is_published:
        return _here(changeset), say("Accepted and published.")
    return _here(changeset), say("Accepted. The public does not see it before it is published.")


def _publish(session: Session, changeset: Changeset, actor: User, _comment: str) -> Done:
    acting.publish(session, changeset, actor=actor, settings=current_settings())
    return _here(changeset), say("Published.")


def _title_of_undoing(changeset: Changeset) -> str:
    return say("Undo: %(title)s") % {"title": changeset.title}


def _undo(session: Session, changeset: Changeset, actor: User, _comment: str) -> Done:
    title = _title_of_undoing(changeset)
    outcome = undoing.undo(session, changeset, title=title, actor=actor, settings=current_settings())
    told = say("Undone for %(count)s records.") % {"count": len(outcome.done)}
    if outcome.skipped:
        reasons = "; ".join(in_words(error) for _, error in outcome.skipped[:5])
        told += " " + say("Not for %(count)s: %(reasons)s") % {"count": len(outcome.skipped), "reasons": reasons}
    return _here(outcome.changeset), told


def _leave_to_the_worker(session: Session, changeset: Changeset, actor: User, comment: str) -> Done:
    act = Act((request.view_args or {})["act"])
    if act is Act.ACCEPT and request.form.get("publish"):
        act = Act.ACCEPT_AND_PUBLISH
    acting.wish_act(session, changeset, act, actor=actor, comment=comment, title=_title_of_undoing(changeset))
    return _here(changeset), say("There are many records: this is being done in the background.")


_LONG = ("submit", "accept", "publish", "undo")
_ACTS: dict[str, tuple[Permission, Callable[[Session, Changeset, User, str], Done]]] = {
    "submit": (Permission.EDIT, _submit),
    "recall": (Permission.EDIT, _recall),
    "reopen": (Permission.EDIT, _reopen),
    "discard": (Permission.EDIT, _discard),
    "comment": (Permission.VIEW, _comment),
    "reject": (Permission.REVIEW, _reject),
    "accept": (Permission.REVIEW, _accept),
    "publish": (Permission.PUBLISH, _publish),
    "undo": (Permission.EDIT, _undo),
}
