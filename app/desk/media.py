"""Files at the desk: uploaded, seen before the public sees them, rendered once more when that failed."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session, selectinload
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted, is_permitted_anywhere, require
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.core.errors import Conflict, DisanError, NotAllowed, NotFound
from app.desk.context import go, render, say
from app.desk.labels import choices_of
from app.desk.taking import Given, check_given, read_given, take, take_incoming
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.ranges import stream
from app.http.security import INCOMING, MEDIA_AT_ONCE, MEDIA_UPLOAD
from app.http.settings import current_settings
from app.jobs.models import Wish
from app.jobs.queries import is_alive, read_wishes
from app.media import incoming
from app.media.models import Medium, Placement, Rendition, StoredFile
from app.media.operations import wish_rendering
from app.media.queries import payloads_with
from app.media.recordings import PLAYED
from app.media.signatures import verdict_of
from app.media.storage import original_key, rendition_key
from app.publication.queries import published_files
from app.records.models import Record
from app.records.queries import read_entry
from app.vocabularies.queries import read_vocabulary

# A thumbnail of the desk is about so wide.
_THUMB_PX = 320
_WITHHELD = "This file is shown to whoever uploaded it, and to those who may know of sensitive places."


@dataclass(frozen=True, slots=True)
class Seen:
    """A file as the desk shows it to an officer: `state` is `done`, `waiting` or `failed`, `problem` says why.

    `further` are the pages after the first, `played` is sound or film. Unless `is_told` it is only what the public sees
    as well.
    """

    file: StoredFile
    state: str
    problem: str
    thumb: Rendition | None
    large: Rendition | None
    further: Sequence[Rendition]
    played: Rendition | None
    is_told: bool

    @property
    def verdict(self) -> str | None:
        """What the signatures in it are worth, None where none are looked for."""
        return verdict_of(self.file.signatures)

    @property
    def signatures(self) -> list[dict[str, Any]]:
        """What is kept of each signature, with its times as such."""
        return [
            one | {key: dt.datetime.fromisoformat(one[key]) for key in ("signed_at", "checked_at") if one[key]}
            for one in self.file.signatures or ()
        ]


def mount(desk: Blueprint) -> None:
    """Mount the pages and the files."""
    desk.add_url_rule("/media/upload", "upload_media", upload, methods=["GET", "POST"])
    desk.add_url_rule("/media/files/<name>", "media_file", show_file)
    desk.add_url_rule("/media/originals/<sha256>", "media_original", give_original)
    desk.add_url_rule("/media/originals/<sha256>/render", "render_media", render_again, methods=["POST"])


def upload() -> BaseResponse:
    """Take files in, each as the draft of a record, all in one changeset; those that are refused are told."""
    session, actor = db.session(), require_actor()
    require(actor, Permission.EDIT)
    given = read_given(request.values)
    if request.method == "GET":
        return _ask(session, given)
    if "take" in request.form or "drop" in request.form:
        return _see_to_waiting(session, given)
    files = [file for file in request.files.getlist("file") if file.filename]
    if not files:
        return _ask(session, given, [say("Choose at least one file.")], status=422)
    try:
        check_given(session, given)
    except DisanError as error:
        return _ask(session, given, [sentence(error)], status=422)
    problems, taken = [], 0
    for file in files[:MEDIA_AT_ONCE]:
        try:
            given = replace(given, changeset_id=take(session, file.stream, str(file.filename), given))
            taken += 1
        except DisanError as error:
            session.rollback()
            problems.append(sentence(error))
    if left := ", ".join(str(file.filename) for file in files[MEDIA_AT_ONCE:]):
        problems.append(
            say("Only %(count)s files are taken at once; not taken: %(files)s.", count=MEDIA_AT_ONCE, files=left)
        )
    if problems:
        return _ask(session, given, problems, taken=taken, status=422)
    said = say("%(count)s files were taken in. Describe them, then submit the changeset.", count=taken)
    return go(f"/desk/changesets/{given.changeset_id}/pictures", said)


def _see_to_waiting(session: Session, given: Given) -> BaseResponse:
    """Take in a file that came in piece by piece and waits, or drop it."""
    settings = current_settings()
    try:
        if "drop" in request.form:
            incoming.drop(settings, incoming.find(settings, request.form["drop"], actor=require_actor()).key)
            return go(MEDIA_UPLOAD, say("The file was dropped."))
        taken = take_incoming(session, request.form["take"], given)
    except DisanError as error:
        session.rollback()
        return _ask(session, given, [sentence(error)], status=422)
    said = say("%(count)s files were taken in. Describe them, then submit the changeset.", count=1)
    return go(f"/desk/changesets/{taken.changeset_id}/pictures", " ".join([said, *taken.told]))


def may_see(session: Session, actor: User, file: StoredFile) -> bool:
    """Tell whether an officer may see a file that nothing public shows: it may tell a place.

    Whoever uploaded it may, and who may know of sensitive places wherever it stands.
    """
    if file.uploaded_by_id == actor.id or is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return True
    if not is_permitted(actor, Permission.SEE_SENSITIVE):
        return False
    payloads = [payload for found in payloads_with(session, file).values() for payload in found]
    subjects = [KINDS.subject(session, KINDS["media"], payload) for payload in payloads]
    return bool(subjects) and all(is_permitted(actor, Permission.SEE_SENSITIVE, subject) for subject in subjects)


def _ask(
    session: Session, given: Given, problems: Sequence[str] = (), *, taken: int = 0, status: int = 200
) -> Response:
    vocabulary, settings = read_vocabulary(session), current_settings()
    return render(
        "media_upload.html",
        status,
        given=given,
        problems=problems,
        taken=taken,
        roles=choices_of(vocabulary, "media_roles"),
        licences=choices_of(vocabulary, "licences"),
        waiting=incoming.waiting(settings, actor=require_actor()),
        most_mb=settings.media_max_mb,
        most_recording_mb=settings.media_max_recording_mb,
        most_minutes=settings.media_max_minutes,
        most_megapixels=settings.media_max_megapixels,
        most_pages=settings.media_max_pages,
        most_files=MEDIA_AT_ONCE,
        action=MEDIA_UPLOAD,
        incoming=INCOMING,
    )


def show_file(name: str) -> Response:
    """Give a rendition to an officer who may see it, published or not."""
    session, actor = db.session(), require_actor()
    query = sa.select(Rendition, StoredFile).join(StoredFile, StoredFile.id == Rendition.file_id)
    found = session.execute(query.where(Rendition.name == name).limit(1)).first()
    if found is None:
        raise NotFound("There is nothing at this address.")
    rendition, file = found
    if not may_see(session, actor, file) and not published_files(session, [name]):
        raise NotAllowed(_WITHHELD)
    return _stream(rendition_key(name), rendition.media_type, name)


def give_original(sha256: str) -> Response:
    """Give an original as it came, to be saved and not shown: it may hold anything, and tells where it was taken."""
    session, actor = db.session(), require_actor()
    file = _find(session, sha256)
    if not may_see(session, actor, file):
        raise NotAllowed(_WITHHELD)
    response = _stream(original_key(file.sha256), "application/octet-stream", file.sha256)
    response.headers.set("Content-Disposition", "attachment", filename=file.name)
    return response


def render_again(sha256: str) -> BaseResponse:
    """Wish once more for the renditions of a file, where that failed, or that its signatures be checked again."""
    session = db.session()
    begin_write(session)
    actor, file = require_actor(), _find(session, sha256)
    require(actor, Permission.EDIT)
    if not may_see(session, actor, file):
        raise NotAllowed(_WITHHELD)
    if is_alive(session.get(Wish, file.wish_id) if file.wish_id else None):
        raise Conflict("This file is being worked on already.")
    if not file.signatures and _see(session, actor, [file])[0].state != "failed":
        raise Conflict("This file is not waiting for another try.")
    wish_rendering(session, file, actor=actor)
    session.commit()
    entry = read_entry(session, request.form.get("code", ""))
    return go(f"/desk/records/{entry.code}" if entry else "/desk/register/media", say("It is being tried again."))


def _find(session: Session, sha256: str) -> StoredFile:
    file = session.scalar(sa.select(StoredFile).where(StoredFile.sha256 == sha256))
    if file is None:
        raise NotFound("There is nothing at this address.")
    return file


def _stream(key: str, media_type: str, etag: str) -> Response:
    try:
        return stream(key, media_type, etag)
    except FileNotFoundError as error:
        raise NotFound("This file is missing from the storage.") from error


def see_files(session: Session, actor: User, payloads: Iterable[Mapping[str, Any]]) -> dict[str, Seen]:
    """Give what pages show an officer of the files that payloads of media name, by their checksums."""
    wanted = {payload["file"] for payload in payloads if isinstance(payload.get("file"), str)}
    query = sa.select(StoredFile).where(StoredFile.sha256.in_(wanted)).options(selectinload(StoredFile.renditions))
    files = list(session.scalars(query)) if wanted else []
    return {file.sha256: one for file, one in zip(files, _see(session, actor, files), strict=True)}


def see_media(session: Session, actor: User, record: Record) -> list[tuple[Medium, str, Seen]]:
    """Give the accepted media of a record with their roles, covers first."""
    query = (
        sa.select(Placement, Medium, StoredFile)
        .join(Medium, Medium.id == Placement.medium_id)
        .join(StoredFile, StoredFile.id == Medium.file_id)
        .where(Placement.target_id == record.id, Medium.deleted_at.is_(None))
        .options(selectinload(StoredFile.renditions))
        .order_by(Placement.role != "cover", Placement.rank, Medium.code)
    )
    rows = session.execute(query).all()
    seen = _see(session, actor, [file for _, _, file in rows])
    return [(medium, placement.role, one) for (placement, medium, _), one in zip(rows, seen, strict=True)]


def _see(session: Session, actor: User, files: Sequence[StoredFile]) -> list[Seen]:
    wishes = read_wishes(session, [file.wish_id for file in files if file.wish_id and not file.rendered_at])
    told = {file.id for file in files if may_see(session, actor, file)}
    public = published_files(session, [one.name for file in files if file.id not in told for one in file.renditions])
    found = []
    for file in files:
        is_told = file.id in told
        shown = [one for one in file.renditions if one.media_type == "image/webp" and one.width]
        wish = wishes.get(file.wish_id or 0)
        state = "done" if file.rendered_at else "waiting" if is_alive(wish) else "failed"
        problem = sentence(wish.problem) if wish and wish.problem else say("It did not come to its end.")
        shown = [one for one in shown if is_told or one.name in public]
        # They come by pages, and the widest of each last.
        further = [one for one, after in pairwise([*shown, None]) if one and (not after or after.page != one.page)][1:]
        shown = [one for one in shown if one.page == 1]
        played = next(
            (one for one in file.renditions if one.media_type in PLAYED and (is_told or one.name in public)), None
        )
        thumb = next((one for one in shown if (one.width or 0) >= _THUMB_PX), shown[-1] if shown else None)
        large = shown[-1] if shown else None
        found.append(Seen(file, state, problem if state == "failed" else "", thumb, large, further, played, is_told))
    return found
