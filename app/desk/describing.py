"""The files of a changeset, described side by side: what an officer says of each after an upload of many."""

from __future__ import annotations

import json
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
from app.desk.labels import choices_of
from app.desk.media import Seen, see_files
from app.http.actor import require_actor
from app.http.settings import current_settings
from app.records import drafts
from app.records.models import Revision, RevisionState
from app.records.payloads import rows_of
from app.records.queries import read_changeset
from app.vocabularies.queries import read_vocabulary

_LOCALIZED = ("title", "alt", "caption")
_PLAIN = ("dated", "creator", "licence")
_FIELDS = (*_LOCALIZED, *_PLAIN, "role")
# A page of so many is still read to its end.
_SHOWN = 60


@dataclass(frozen=True, slots=True)
class _Row:
    """A file on the page: its draft, its file, what the camera says, what its draft says, what stands in its fields.

    `told` is what its draft says as the page shows it first, for the form to give back.
    """

    revision: Revision
    seen: Seen | None
    camera: Sequence[str]
    stands: Mapping[str, str]
    given: Mapping[str, str]
    problem: str = ""

    @property
    def told(self) -> str:
        return json.dumps(self.stands, ensure_ascii=False)


@dataclass(frozen=True, slots=True)
class _Page:
    """Which of the files a page shows: numbered from 1, of so many pages of so many files."""

    number: int
    count: int
    files: int

    @property
    def first(self) -> int:
        return (self.number - 1) * _SHOWN + 1

    @property
    def last(self) -> int:
        return min(self.number * _SHOWN, self.files)


def mount(desk: Blueprint) -> None:
    """Mount the page."""
    address = "/changesets/<int:changeset_id>/pictures"
    desk.add_url_rule(address, "describe_pictures", describe, methods=["GET", "POST"])


def describe(changeset_id: int) -> BaseResponse:
    """Show the files of a changeset with what is most said of them; write what was said into their drafts.

    A file that was saved or submitted elsewhere since is shown as typed, with what is wrong and what it says now; the
    others are saved.
    """
    session, actor = db.session(), require_actor()
    if request.method == "POST":
        begin_write(session)
    require(actor, Permission.EDIT)
    changeset = read_changeset(session, changeset_id)
    files = [one for one in changeset.revisions if one.kind == "media"]
    found = [one for one in files if one.state == RevisionState.DRAFT]
    page = _page(len(found))
    problems: dict[int, str] = {}
    if request.method == "POST":
        # What came into the changeset after the page was opened is not on it; what was submitted since, is.
        revisions = [one for one in files if f"saved.{one.id}" in request.form]
        problems = _write(session, revisions, actor)
        session.commit()
        if not problems:
            return _go_on(changeset_id, page)
    else:
        revisions = found[page.first - 1 : page.last]
    if not revisions:
        raise Conflict("This changeset holds no files that are being written.")
    return _show(session, changeset_id, revisions, actor, problems=problems, page=page)


def _page(files: int) -> _Page:
    """Give the page that is asked for, or the last there is."""
    count = max(1, -(-files // _SHOWN))
    return _Page(min(max(1, read_key(request.args.get("page")) or 1), count), count, files)


def _go_on(changeset_id: int, page: _Page) -> BaseResponse:
    """Lead to the next page of files, and after the last to the changeset."""
    address = f"/desk/changesets/{changeset_id}"
    if page.number < page.count:
        return go(f"{address}/pictures?page={page.number + 1}", say("Saved. Here are the next files."))
    return go(address, say("Saved. Look it through, then submit it."))


def _write(session: Session, revisions: Sequence[Revision], actor: User) -> dict[int, str]:
    """Write what was typed into the drafts; gives what went wrong, by their keys."""
    language, settings = current_settings().default_language, current_settings()
    problems = {}
    for revision in revisions:
        payload = _described(revision, _changed(revision), language)
        if payload == revision.payload:
            continue
        saved = read_key(request.form.get(f"saved.{revision.id}"))
        try:
            with session.begin_nested():
                drafts.rewrite_draft(session, KINDS, revision, payload, saved=saved, actor=actor, settings=settings)
        except DisanError as error:
            problems[revision.id] = in_words(error)
    return problems


def _described(revision: Revision, changed: Mapping[str, str], language: str) -> dict[str, Any]:
    """Give a draft's payload with what was typed, an empty field as its schema has it."""
    payload = dict(revision.payload)
    for name in changed.keys() & set(_LOCALIZED):
        texts = payload.get(name)
        others = {key: text for key, text in (texts if isinstance(texts, dict) else {}).items() if key != language}
        payload[name] = {language: changed[name], **others} if changed[name] else others
    for name in changed.keys() & set(_PLAIN):
        payload[name] = changed[name] or None
    placements = rows_of(payload, "placements")
    if len(placements) == 1 and changed.get("role"):
        payload["placements"] = [{**placements[0], "role": changed["role"]}]
    return payload


def _changed(revision: Revision) -> dict[str, str]:
    """Give what the form says of a draft otherwise than the page that held it: only that is anybody's wish."""
    try:
        told = json.loads(request.form.get(f"told.{revision.id}", ""))
    except ValueError:
        told = None
    told = told if isinstance(told, dict) else {}
    typed = {name: request.form.get(f"{name}.{revision.id}", "").strip().replace("\r\n", "\n") for name in _FIELDS}
    return {name: text for name, text in typed.items() if text != str(told.get(name, "")).strip()}


def _stands(revision: Revision, language: str) -> dict[str, str]:
    """Give what a draft says, as the form's fields show it."""
    payload = revision.payload
    found = {name: (payload.get(name) or {}).get(language, "") for name in _LOCALIZED}
    found |= {name: payload.get(name) or "" for name in _PLAIN}
    placements = rows_of(payload, "placements")
    return found | {"role": str(placements[0].get("role") or "") if len(placements) == 1 else ""}


def _show(
    session: Session,
    changeset_id: int,
    revisions: Sequence[Revision],
    actor: User,
    *,
    problems: Mapping[int, str],
    page: _Page,
) -> Response:
    default = current_settings().default_language
    files = see_files(session, actor, [one.payload for one in revisions])
    seen = [files.get(str(one.payload.get("file"))) for one in revisions]
    camera = say_camera(session, actor, [(one.payload, file) for one, file in zip(revisions, seen, strict=True)])
    standing = [_stands(one, default) for one in revisions]
    vocabulary = read_vocabulary(session)

    rows = [
        _Row(
            one,
            file,
            said,
            stands,
            {**stands, **_changed(one)} if one.id in problems else stands,
            problems.get(one.id, ""),
        )
        for one, file, said, stands in zip(revisions, seen, camera, standing, strict=True)
    ]
    return render(
        "media_describe.html",
        409 if problems else 200,
        rows=rows,
        changeset_id=changeset_id,
        page=page,
        default=default,
        roles=choices_of(vocabulary, "media_roles"),
        licences=choices_of(vocabulary, "licences"),
    )
