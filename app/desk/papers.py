"""Official papers at the desk: what each lacks, made as DOCX and PDF/A, and the signed file that comes back."""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from typing import IO, Any

import sqlalchemy as sa
from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import Conflict, DisanError, InvalidInput, NotFound
from app.desk.context import go, render, say, shown
from app.desk.labels import choices_of
from app.desk.media import see_files
from app.desk.record import public_page, read_day
from app.desk.taking import Given, check_given, take
from app.exchange.papers.asking import BookQuery
from app.exchange.papers.book_facts import UNRANKED
from app.exchange.papers.converting import find_libreoffice
from app.exchange.papers.forms import ABOUT_RECORDS, Form, Forms, read_forms
from app.exchange.papers.gathering import Missing, gather
from app.exchange.papers.making import (
    ask_about,
    file_name,
    find_paper,
    keep_paper,
    make_paper,
    paper_key,
    read_given,
    wish_pdf,
)
from app.exchange.papers.models import GivenPaper
from app.exchange.papers.returned import ROLE, compare_file, keep_returned
from app.exchange.papers.templates import find_template
from app.heritage.models import InventoryEntry
from app.http.actor import require_actor
from app.http.i18n import current_language, sentence
from app.http.ranges import stream
from app.http.security import MEDIA_UPLOAD
from app.http.settings import current_settings
from app.jobs.models import Wish
from app.jobs.queries import is_alive
from app.media.documents import DOCX, PDF
from app.media.models import StoredFile
from app.places.models import Unit
from app.records.models import Record
from app.records.queries import read_entry
from app.vocabularies.queries import read_vocabulary

# A page that waits for a PDF asks again after so many seconds.
_ASK_AGAIN_S = 2
_TYPES = {"docx": DOCX, "pdf": PDF}
_SEEN = {
    "partly": "Only a part of this form's text was seen when the paper was laid out. Compare it with the regulation.",
    "no": "The text of this form was not seen when the paper was laid out. Compare it with the regulation.",
}
COMPARISONS = {
    "continued": "The file begins with the very bytes of the paper that was given out, and shows all its words. "
    "Whether what was added behind them is signatures alone, the verdict below says.",
    "identical": "This is the very file that was given out: nothing has been added to it.",
    "same_text": "The file was written anew, and holds all words of the paper that was given out.",
    "other_text": "This is not the paper that was given out: its words differ.",
    "unreadable": "Whether this is the paper that was given out cannot be told: there is no text to compare, as in a "
    "scan, or no PDF was made. Compare the two yourself.",
    "no_pdf": "This is no PDF: neither signatures nor words are compared. Compare the two yourself.",
}


def mount(desk: Blueprint) -> None:
    """Mount the pages and the files."""
    desk.add_url_rule("/records/<code>/papers", "papers", show_papers)
    desk.add_url_rule("/records/<code>/papers/<paper>", "make_paper", make, methods=["POST"])
    desk.add_url_rule("/papers", "paper_lists", show_lists)
    desk.add_url_rule("/papers/lists/<paper>", "make_list_paper", make_list, methods=["POST"])
    desk.add_url_rule("/papers/given/<int:paper_id>", "given_paper", show_given)
    desk.add_url_rule("/papers/given/<int:paper_id>/<ending>", "given_file", give_file)
    desk.add_url_rule("/papers/given/<int:paper_id>/pdf", "paper_pdf", make_pdf, methods=["POST"])
    desk.add_url_rule("/papers/given/<int:paper_id>/signed", "signed_paper", take_signed, methods=["POST"])


def label(text: Mapping[str, str]) -> str:
    """Give what a declaration calls something, in the reader's language or in Vietnamese."""
    return text.get(current_language()) or text["vi"]


def find_record(session: Session, code: str) -> Record:
    """Give a record of which there are papers; raises `NotFound`."""
    record = session.scalar(sa.select(Record).where(Record.code == code))
    if record is None or record.kind not in ABOUT_RECORDS:
        raise NotFound("There are no papers about %(code)s.", code=code)
    return record


def show_papers(code: str) -> Response:
    """List the papers about a record: what each lacks, and what was given out before."""
    return _page(db.session(), find_record(db.session(), code))


def _page(session: Session, record: Record, problem: str = "", status: int = 200) -> Response:
    day, complaint = read_day(request.values.get("on", ""))
    actor, settings = require_actor(), current_settings()
    forms = read_forms(settings)
    papers, refusal = [], ""
    kept: dict[str, Any] = {}
    for form in forms.about(record.kind):
        try:
            asked = ask_about(session, settings, actor=actor, day=day, record=record, draws=False)
            # What one paper has read the next need not.
            asked.kept = kept
            found = gather(form, asked)
            papers.append(
                _told(session, form) | {"missing": _say_missing(found.missing, record.code), "withheld": found.withheld}
            )
        except InvalidInput as error:
            refusal = sentence(error)
    entry = read_entry(session, record.code)
    return render(
        "papers.html",
        status,
        section="register",
        record=record,
        title=(shown(entry.label) if entry else "") or record.code,
        papers=papers,
        problems=list(dict.fromkeys(one for one in (complaint, problem, refusal) if one)),
        plaque=_plaque(record),
        head=_missing_head(settings, forms),
        day=day,
        has_pdf=find_libreoffice(settings) is not None,
        given=_say_given(forms, read_given(session, actor=actor, code=record.code)),
        label=label,
    )


def _told(session: Session, form: Form) -> dict[str, Any]:
    """Give what pages say of a paper itself."""
    return {
        "name": form.name,
        "title": label(form.title),
        "basis": label(form.basis),
        "size": form.size,
        "seen": say(_SEEN[form.seen]) if form.seen in _SEEN else "",
        "template": find_template(session, form).version,
    }


def _plaque(record: Record) -> str | None:
    """Give the address of the sheet of a site's QR plaque, where it has one."""
    page = public_page(record)
    return f"{page}/plaque" if page and record.kind == "site" else None


def _missing_head(settings: Settings, forms: Forms) -> list[tuple[str, str]]:
    """Give what the head of every paper lacks, with the setting that says it."""
    form = next(iter(forms.papers.values()))
    return [
        (label(fact.label), fact.source)
        for fact in form.head
        if fact.source and not getattr(settings, fact.source.removeprefix("DISAN_").lower())
    ]


def _say_missing(missing: Sequence[Missing], code: str) -> list[dict[str, str]]:
    """Say what a paper lacks but for its head, and where each is filled in: the record's form, or another record's."""
    told = []
    for one in missing:
        source = one.fact.source
        if source.startswith("DISAN_"):
            continue
        text = label(one.fact.label)
        if one.columns:
            parts = (say("%(column)s (%(count)s of %(rows)s rows)") % {"column": name, "count": count, "rows": one.rows}
                     for name, count in one.columns)  # fmt: skip
            text = f"{text}: {', '.join(parts)}"
        # What some rows lack is filled in where these are.
        told.append({"text": text, "url": "" if one.columns and source.startswith("+") else _where(source, code)})
    return told


def _where(source: str, code: str) -> str:
    """Give the address at which a fact is filled in; nothing where that is not known."""
    if source == "+media":
        return f"{MEDIA_UPLOAD}?record={code}"
    if source.startswith("+"):
        return f"/desk/records/{source[1:]}/new"
    return f"/desk/records/{code}/edit#f-{source}" if source else ""


def _say_given(forms: Forms, given: Sequence[GivenPaper]) -> list[tuple[GivenPaper, str]]:
    """Give papers with what they are called; a declaration may be gone."""
    return [(one, label(forms.papers[one.paper].title) if one.paper in forms.papers else one.paper) for one in given]


def make(code: str, paper: str) -> BaseResponse:
    """Make a paper about a record, and lead to it."""
    session = db.session()
    record = find_record(session, code)
    try:
        day = _read_day()
        form = read_forms(current_settings()).find(paper)
        if form.subject != record.kind:
            raise NotFound("There is no paper of this name.")
        asked = ask_about(session, current_settings(), actor=require_actor(), day=day, record=record)
        return _keep(session, form, asked)
    except InvalidInput as error:
        session.rollback()
        return _page(session, find_record(session, code), sentence(error), 422)


def _read_day() -> dt.date:
    day, complaint = read_day(request.form.get("on", ""))
    if complaint:
        raise InvalidInput("Write the day as year-month-day: 2010-12-31.", field="on")
    return day


def _keep(session: Session, form: Form, asked: Any) -> BaseResponse:
    made = make_paper(form, asked)
    # What was read so far is done with; the record is asked again by whoever writes.
    session.rollback()
    begin_write(session)
    kept = keep_paper(session, made, actor=require_actor(), with_pdf=True)
    target = f"/desk/papers/given/{kept.id}"
    session.commit()
    return go(target)


def show_lists() -> Response:
    """Offer the papers about lists, and those that were given out."""
    return _lists(db.session())


def _lists(session: Session, problem: str = "", status: int = 200) -> Response:
    actor, settings, vocabulary = require_actor(), current_settings(), read_vocabulary(session)
    forms = read_forms(settings)
    units = session.scalars(sa.select(Unit).where(Unit.valid_to.is_(None)).order_by(Unit.level.desc(), Unit.public_id))
    names = sa.select(InventoryEntry.list_name).distinct().order_by(InventoryEntry.list_name)
    return render(
        "paper_lists.html",
        status,
        section="register",
        papers=[_told(session, form) for form in forms.about("list")],
        problems=[problem] if problem else [],
        day=request.form.get("on", "") or today().isoformat(),
        asked=request.form if request.method == "POST" else request.args,
        levels=[*choices_of(vocabulary, "levels"), (UNRANKED, say("Neither ranked nor inventoried"))],
        units=[(unit.public_id, shown(unit.name)) for unit in units],
        inventories=[(name, name) for name in session.scalars(names)],
        head=_missing_head(settings, forms),
        has_pdf=find_libreoffice(settings) is not None,
        given=_say_given(forms, read_given(session, actor=actor)),
        label=label,
    )


def make_list(paper: str) -> BaseResponse:
    """Make a paper about a list, and lead to it."""
    session = db.session()
    try:
        day = _read_day()
        form = read_forms(current_settings()).find(paper)
        if form.subject != "list":
            raise NotFound("There is no paper of this name.")
        words = {name: request.form.get(name, "").strip()[:500] for name in ("unit", "level", "inventory")}
        book = BookQuery(**words, with_components=bool(request.form.get("components")))
        asked = ask_about(session, current_settings(), actor=require_actor(), day=day, book=book)
        return _keep(session, form, asked)
    except InvalidInput as error:
        session.rollback()
        return _lists(session, sentence(error), 422)


def show_given(paper_id: int) -> Response:
    """Show a paper that was made: its files, what it lacks, what came back; a page that waits asks again."""
    return _given(db.session(), paper_id)


def _given(session: Session, paper_id: int, problem: str = "", status: int = 200) -> Response:
    actor, settings = require_actor(), current_settings()
    paper = find_paper(session, paper_id, actor=actor)
    forms = read_forms(settings)
    form = forms.papers.get(paper.paper)
    wish = session.get(Wish, paper.wish_id) if paper.wish_id else None
    seen = see_files(session, actor, [{"file": one.file.sha256} for one in paper.returned])
    facts = {fact.path: label(fact.label) for fact in form.facts} if form else {}
    entry = read_entry(session, paper.code) if paper.code else None
    is_waiting = paper.pdf_sha256 is None and is_alive(wish)
    response = render(
        "paper.html",
        status,
        section="register",
        paper=paper,
        title=label(form.title) if form else paper.paper,
        record=entry,
        record_title=shown(entry.label) if entry else "",
        missing=[facts.get(path, path) for path in paper.missing],
        is_waiting=is_waiting,
        pdf_problem=sentence(wish.problem) if wish and wish.problem and not is_waiting else "",
        has_pdf=find_libreoffice(settings) is not None,
        returned=[(one, seen[one.file.sha256], say(COMPARISONS[one.comparison])) for one in paper.returned],
        most_mb=settings.media_max_mb,
        problem=problem,
    )
    if is_waiting and status == 200:
        response.headers["Refresh"] = str(_ASK_AGAIN_S)
    return response


def give_file(paper_id: int, ending: str) -> Response:
    """Give the file of a paper, to be saved."""
    paper = find_paper(db.session(), paper_id, actor=require_actor())
    sha256 = {"docx": paper.docx_sha256, "pdf": paper.pdf_sha256}.get(ending)
    if sha256 is None:
        raise NotFound("There is nothing at this address.")
    try:
        response = stream(paper_key(sha256), _TYPES[ending], sha256)
    except FileNotFoundError as error:
        raise NotFound("This file is missing from the storage.") from error
    response.headers.set("Content-Disposition", "attachment", filename=file_name(paper, ending))
    return response


def make_pdf(paper_id: int) -> BaseResponse:
    """Wish once more that a paper become a PDF, where that failed or LibreOffice came later."""
    session, actor = db.session(), require_actor()
    begin_write(session)
    paper = find_paper(session, paper_id, actor=actor)
    if paper.pdf_sha256 or is_alive(session.get(Wish, paper.wish_id) if paper.wish_id else None):
        raise Conflict("This paper has a PDF already, or one is being made.")
    if find_libreoffice(current_settings()) is None:
        raise Conflict("LibreOffice is not installed on this server: papers come as DOCX alone.")
    wish_pdf(session, paper, actor=actor)
    session.commit()
    return go(f"/desk/papers/given/{paper_id}")


def take_signed(paper_id: int) -> BaseResponse:
    """Take in the signed file of a paper, compare it with what was given out, and attach it to the record."""
    session, actor = db.session(), require_actor()
    require(actor, Permission.EDIT)
    paper = find_paper(session, paper_id, actor=actor)
    file = request.files.get("file")
    if file is None or not file.filename:
        return _given(session, paper_id, say("Choose a file."), 422)
    try:
        changeset_id = _attach(session, paper, file.stream, file.filename)
    except DisanError as error:
        session.rollback()
        return _given(session, paper_id, sentence(error), 422)
    said = say("The file was taken in. Describe it and submit its changeset, so that it stands with the record.")
    return go(f"/desk/papers/given/{paper_id}", said if changeset_id else say("This file came back before."))


def _digest(file: IO[bytes]) -> str:
    """Give the checksum of a file, which is left at its beginning."""
    digest = hashlib.sha256()
    while piece := file.read(1 << 18):
        digest.update(piece)
    file.seek(0)
    return digest.hexdigest()


def _attach(session: Session, paper: GivenPaper, file: IO[bytes], name: str) -> int | None:
    """Take a file in as a draft, unless it came back for this paper before; gives the draft's changeset."""
    digest = _digest(file)
    paper_id, changeset_id = paper.id, None
    if not any(one.file.sha256 == digest for one in paper.returned):
        roles = read_vocabulary(session).get("media_roles", {})
        given = Given(paper.code or "", ROLE if ROLE in roles else "scan", "", "", None)
        check_given(session, given)
        changeset_id = take(session, file, name, given)
    actor, settings = require_actor(), current_settings()
    paper = find_paper(session, paper_id, actor=actor)
    stored = session.scalars(sa.select(StoredFile).where(StoredFile.sha256 == digest)).one()
    comparison = compare_file(settings, paper, sha256=digest, media_type=stored.media_type, name=stored.name)
    session.rollback()
    begin_write(session)
    paper = find_paper(session, paper_id, actor=require_actor())
    stored = session.scalars(sa.select(StoredFile).where(StoredFile.sha256 == digest)).one()
    keep_returned(session, paper, stored, comparison, changeset_id=changeset_id, actor=require_actor())
    session.commit()
    return changeset_id
