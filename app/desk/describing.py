"""The files of a changeset, described side by side: what an officer says of each after an upload of many."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import Conflict, DisanError
from app.desk.camera import say_camera
from app.desk.context import go, read_key, render, say
from app.desk.forms.messages import in_words
from app.desk.media import Seen, see_files
from app.http.actor import require_actor
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.records import drafts
from app.records.models import Revision, RevisionState
from app.records.payloads import rows_of
from app.records.queries import read_changeset
from app.vocabularies.queries import read_vocabulary

_LOCALIZED = ("title", "alt", "caption")
_PLAIN = ("dated", "creator", "licence")
# A page of so many is still read to its end.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Row:
    """A file on the page: its draft, its file, what the camera says, what stands in its fields."""

    revision: Revision
    seen: Seen | None
    camera: Sequence[str]
    given: Mapping[str, str]
    problem: str = ""


def mount(desk: Blueprint) -> None:
    """Mount the page."""
    address = "/changesets/<int:changeset_id>/pictures"
    desk.add_url_rule(address, "describe_pictures", describe, methods=["GET", "POST"])


def describe(changeset_id: int) -> BaseResponse:
    """Show the files of a changeset with what is most said of them; write what was said into their drafts.

    A file that was saved elsewhere since is shown as typed, with what is wrong; the others are saved.
    """
    session, actor = db.session(), require_actor()
    if request.method == "POST":
        begin_write(session)
    require(actor, Permission.EDIT)
    changeset = read_changeset(session, changeset_id)
    found = [one for one in changeset.revisions if one.kind == "media" and one.state == RevisionState.DRAFT]
    if not found:
        raise Conflict("This changeset holds no files that are being written.")
    revisions = found[:_SHOWN]
    problems: dict[int, str] = {}
    if request.method == "POST":
        problems = _write(session, revisions, actor)
        session.commit()
        if not problems:
            return go(f"/desk/changesets/{changeset_id}", say("Saved. Look it through, then submit it."))
    return _show(session, changeset_id, revisions, actor, problems)


def _write(session: Session, revisions: Sequence[Revision], actor: User) -> dict[int, str]:
    """Write what was typed into the drafts; gives what went wrong, by their keys."""
    language, settings = current_settings().default_language, current_settings()
    problems = {}
    for revision in revisions:
        saved = read_key(request.form.get(f"saved.{revision.id}"))
        if saved is None:
            # It came into the changeset after the page was opened.
            continue
        payload = _described(revision, language)
        if payload == revision.payload:
            continue
        try:
            with session.begin_nested():
                drafts.rewrite_draft(session, KINDS, revision, payload, saved=saved, actor=actor, settings=settings)
        except DisanError as error:
            problems[revision.id] = in_words(error)
    return problems


def _described(revision: Revision, language: str) -> dict[str, Any]:
    """Give a draft's payload with what was typed, an empty field as its schema has it."""
    typed = _typed(revision)
    payload = dict(revision.payload)
    for name in _LOCALIZED:
        texts = payload.get(name)
        others = {key: text for key, text in (texts if isinstance(texts, dict) else {}).items() if key != language}
        if others or typed[name] or texts:
            payload[name] = {language: typed[name], **others} if typed[name] else others
    for name in _PLAIN:
        payload[name] = typed[name] or None
    placements = rows_of(payload, "placements")
    if len(placements) == 1 and typed["role"]:
        payload["placements"] = [{**placements[0], "role": typed["role"]}]
    return payload


def _typed(revision: Revision) -> dict[str, str]:
    """Give what the form says of a draft."""
    names = (*_LOCALIZED, *_PLAIN, "role")
    return {name: request.form.get(f"{name}.{revision.id}", "").strip() for name in names}


def _stands(revision: Revision, language: str) -> dict[str, str]:
    """Give what a draft says, as the form's fields show it."""
    payload = revision.payload
    found = {name: (payload.get(name) or {}).get(language, "") for name in _LOCALIZED}
    found |= {name: payload.get(name) or "" for name in _PLAIN}
    placements = rows_of(payload, "placements")
    return found | {"role": str(placements[0].get("role") or "") if len(placements) == 1 else ""}


def _show(
    session: Session, changeset_id: int, revisions: Sequence[Revision], actor: User, problems: Mapping[int, str]
) -> Response:
    language, default = current_language(), current_settings().default_language
    files = see_files(session, actor, [one.payload for one in revisions])
    seen = [files.get(str(one.payload.get("file"))) for one in revisions]
    camera = say_camera(session, actor, [(one.payload, file) for one, file in zip(revisions, seen, strict=True)])
    vocabulary = read_vocabulary(session)

    def choices(scheme: str) -> list[tuple[str, str]]:
        concepts = vocabulary.get(scheme, {}).values()
        return [(concept.code, concept.label.get(language) or concept.code) for concept in concepts]

    rows = [
        _Row(
            one,
            file,
            said,
            _typed(one) if one.id in problems else _stands(one, default),
            problems.get(one.id, ""),
        )
        for one, file, said in zip(revisions, seen, camera, strict=True)
    ]
    return render(
        "media_describe.html",
        409 if problems else 200,
        rows=rows,
        changeset_id=changeset_id,
        default=default,
        roles=choices("media_roles"),
        licences=choices("licences"),
    )
