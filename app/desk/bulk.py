"""Acts on many records of a list: what would be done is shown first, then done as one changeset that can be undone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput
from app.desk.acts import people, person
from app.desk.context import go, render, say, shown
from app.desk.forms.messages import in_words
from app.desk.labels import act_label
from app.http.actor import require_actor
from app.http.settings import current_settings
from app.publication import bulk, undoing
from app.records.models import Changeset, HistoryEntry
from app.records.queries import read_changeset, read_history, read_labels

_MOST = 500
_ACTS = ("tag", "assign", "submit", "accept", "publish")


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/register/bulk", "bulk", act_on_many, methods=["POST"])
    desk.add_url_rule("/register/bulk/<int:changeset_id>", "bulk_done", show_done)
    desk.add_url_rule("/register/bulk/<int:changeset_id>/undo", "bulk_undo", undo, methods=["POST"])


def act_on_many() -> BaseResponse:
    """Show what an act would do and what it would leave out and why; once that is confirmed, do it."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    codes, act = list(dict.fromkeys(request.form.getlist("code"))), request.form.get("act", "")
    back = request.form.get("back", "")
    asked: dict[str, Any] = {
        "codes": codes,
        "act": act,
        "back": back if back.startswith("/desk/register") else "/desk/register",
        "tags": request.form.get("tags", ""),
        "user": request.form.get("user", ""),
        "title": request.form.get("title", "").strip()[:500] or _title(act, len(codes)),
    }
    users = [("", say("nobody")), *people(session)] if act == "assign" else []
    complaint, outcome = "", None
    if act == "tag" and not _tags(asked["tags"]) and not request.form.get("confirmed"):
        return render("bulk.html", asked=asked, users=users, outcome=None, complaint="", labels={}, act_names=_names())
    try:
        outcome = _perform(session, actor, asked)
    except DisanError as error:
        complaint = in_words(error)
    if outcome is None or not request.form.get("confirmed"):
        skipped = [(code, in_words(error)) for code, error in outcome.skipped] if outcome else []
        done = list(outcome.done) if outcome else []
        # What was tried is taken back: this page only tells what would be.
        session.rollback()
        return render(
            "bulk.html",
            422 if complaint and request.form.get("confirmed") else 200,
            asked=asked,
            users=users,
            outcome={"done": done, "skipped": skipped},
            complaint=complaint,
            labels={code: shown(label) for code, label in read_labels(session, codes).items()},
            act_names=_names(),
        )
    told = say("Done for %(done)s, left out %(skipped)s.") % {
        "done": len(outcome.done),
        "skipped": len(outcome.skipped),
    }
    response = go(f"/desk/register/bulk/{outcome.changeset.id}", told)
    db.session.commit()
    return response


def _perform(session: Session, actor: User, asked: dict[str, Any]) -> bulk.Outcome:
    """Do what was asked; raises `InvalidInput` for an act that there is not, and for too many records at once."""
    codes, title, settings = asked["codes"], asked["title"], current_settings()
    if len(codes) > _MOST:
        raise InvalidInput("Choose at most %(most)s records at once.", field="code", most=_MOST)
    acts: dict[str, Callable[[], bulk.Outcome]] = {
        "tag": lambda: bulk.tag(session, codes, _tags(asked["tags"]), title=title, actor=actor, settings=settings),
        "assign": lambda: bulk.assign(session, codes, person(session, asked["user"]), title=title, actor=actor),
        "submit": lambda: bulk.submit(session, codes, title=title, actor=actor, settings=settings),
        "accept": lambda: bulk.accept(session, codes, title=title, actor=actor, settings=settings),
        "publish": lambda: bulk.publish(session, codes, title=title, actor=actor, settings=settings),
    }
    if asked["act"] not in acts:
        raise InvalidInput("Choose what to do with the records.", field="act")
    if asked["act"] == "tag" and not _tags(asked["tags"]):
        raise InvalidInput("Write at least one tag.", field="tags")
    return acts[asked["act"]]()


def _tags(text: str) -> list[str]:
    return list(dict.fromkeys(" ".join(tag.split()) for tag in text.split(",") if tag.strip()))


def _names() -> dict[str, str]:
    return {
        "tag": say("Add tags"),
        "assign": say("Assign"),
        "submit": say("Submit for review"),
        "accept": say("Accept"),
        "publish": say("Publish"),
    }


def _title(act: str, count: int) -> str:
    return say("%(act)s: %(count)s records") % {"act": _names().get(act, act), "count": count}


def show_done(changeset_id: int) -> Response:
    """Show what a bulk action did, with the button that takes it back."""
    session = db.session()
    changeset = read_changeset(session, changeset_id)
    entries = read_history(session, changeset_id=changeset_id, most=_MOST * 3)
    if not entries and changeset.undoes_id:
        # Drafts discarded and recalled are told where they were made.
        entries = read_history(session, changeset_id=changeset.undoes_id, most=_MOST * 3)
    last: dict[str, HistoryEntry] = {}
    for entry in entries:
        last.setdefault(entry.code, entry)
    undone = session.scalar(sa.select(Changeset.id).where(Changeset.undoes_id == changeset_id))
    return render(
        "bulk_done.html",
        changeset=changeset,
        entries=list(last.values()),
        labels={code: shown(label) for code, label in read_labels(session, last).items()},
        undone=undone,
        can_undo=undoing.can_undo(session, changeset),
        act_label=act_label,
        is_drafts=any(revision.state == "draft" for revision in changeset.revisions),
    )


def undo(changeset_id: int) -> BaseResponse:
    """Take a bulk action back, as far as that can still be done; what cannot be is told."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    changeset = read_changeset(session, changeset_id)
    try:
        title = say("Undo: %(title)s") % {"title": changeset.title}
        outcome = undoing.undo(session, changeset, title=title, actor=actor, settings=current_settings())
    except DisanError as error:
        session.rollback()
        return go(f"/desk/register/bulk/{changeset_id}", in_words(error), tone="error")
    told = say("Taken back for %(done)s.") % {"done": len(outcome.done)}
    told += "".join(f" {code}: {in_words(reason)}" for code, reason in outcome.skipped[:5])
    response = go(f"/desk/register/bulk/{outcome.changeset.id}", told)
    db.session.commit()
    return response
