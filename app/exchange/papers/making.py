"""Making papers: filled from the register, kept with their checksums, turned into PDF by the worker."""

from __future__ import annotations

import dataclasses
import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted, is_permitted_anywhere, require
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import begin_write
from app.core.errors import InvalidInput, NotAllowed, NotFound
from app.exchange.papers.asking import Asked, BookQuery
from app.exchange.papers.converting import convert_to_pdf, find_libreoffice
from app.exchange.papers.filling import fill_template
from app.exchange.papers.forms import Form, read_forms
from app.exchange.papers.gathering import Gathered, gather
from app.exchange.papers.models import GivenPaper, ReturnedPaper
from app.exchange.papers.templates import Template, find_template
from app.jobs.handlers import Handler, Job
from app.jobs.operations import wish as make_wish
from app.media.storage import Storage
from app.records.models import Record
from app.records.shown import read_accepted

MAKE_PDF = "paper_pdf"
_MOST_GIVEN = 200
_LONGEST_NAME = 80


@dataclass(frozen=True, slots=True)
class Made:
    """A paper that was made and lies in the storage; nobody has written down yet that it is there."""

    form: Form
    gathered: Gathered
    template: Template
    docx_sha256: str
    holds_sensitive: bool
    asked: Asked


def paper_key(sha256: str) -> str:
    """Give the key of a paper by its checksum, in hexadecimal."""
    return f"papers/{sha256[:2]}/{sha256}"


def ask_about(
    session: Session,
    settings: Settings,
    *,
    actor: User,
    day: dt.date,
    record: Record | None = None,
    book: BookQuery | None = None,
    draws: bool = True,
) -> Asked:
    """Give the question for the facts of papers about a record, or about a list; unless it `draws`, only to look.

    Raises `NotAllowed` unless the actor may read the desk, and `InvalidInput` for a record that has no accepted state.
    """
    require(actor, Permission.VIEW)
    if record is not None and (not record.version or record.deleted_at is not None):
        raise InvalidInput("Papers are made from what is accepted; this record has no accepted state.")
    words = read_forms(settings).words
    return Asked(session, settings, actor, day, words, record=record, book=book or BookQuery(), draws=draws)


def make_paper(form: Form, asked: Asked) -> Made:
    """Fill a paper and put its file into the storage; the database is only read. `keep_paper` writes it down."""
    template = find_template(asked.session, form)
    gathered = gather(form, asked)
    tells_more = _tells_more(form, asked)
    content = fill_template(template.content, template.name, gathered)
    sha256 = hashlib.sha256(content).hexdigest()
    Storage(asked.settings).keep(paper_key(sha256), content)
    return Made(form, gathered, template, sha256, tells_more, asked)


def _tells_more(form: Form, asked: Asked) -> bool:
    """Tell whether a paper tells its maker what is withheld from others: a sensitive place, its own or another's."""
    if not is_permitted(asked.actor, Permission.SEE_SENSITIVE):
        return False
    others = Asked(
        asked.session, asked.settings, User(roles=[], is_active=True), asked.day, asked.words, asked.record, asked.book
    )
    others.draws = False
    gather(form, others)
    return bool(others.hidden - asked.hidden)


def keep_paper(session: Session, made: Made, *, actor: User, with_pdf: bool) -> GivenPaper:
    """Write down a paper that was made, and wish that it become a PDF where that is asked for and can be done."""
    asked = made.asked
    record = asked.record
    kept = GivenPaper(
        paper=made.form.name,
        code=record.code if record is not None else None,
        record_version=record.version if record is not None else None,
        query=dataclasses.asdict(asked.book) if record is None else {},
        day=asked.day,
        template_version=made.template.version,
        template_sha256=made.template.sha256,
        missing=[one.fact.path for one in made.gathered.missing],
        holds_sensitive=made.holds_sensitive,
        docx_sha256=made.docx_sha256,
        made_by=actor,
    )
    session.add(kept)
    session.flush()
    if with_pdf and find_libreoffice(asked.settings) is not None:
        wish_pdf(session, kept, actor=actor)
    return kept


def wish_pdf(session: Session, paper: GivenPaper, *, actor: User) -> None:
    """Wish that a paper be turned into PDF/A."""
    paper.wish_id = make_wish(session, MAKE_PDF, {"paper": paper.id}, actor=actor).id
    session.flush()


def _convert(session: Session, job: Job, settings: Settings) -> dict[str, Any]:
    """Turn a paper into PDF; made twice it is kept twice, and the later one counts."""
    paper = session.get(GivenPaper, job.payload["paper"])
    if paper is None:
        raise NotFound("There is no such paper.")
    key, name = paper_key(paper.docx_sha256), file_name(paper, "docx")
    session.rollback()
    storage = Storage(settings)
    pdf = convert_to_pdf(storage.load(key), name, settings=settings)
    sha256 = hashlib.sha256(pdf).hexdigest()
    storage.keep(paper_key(sha256), pdf)
    begin_write(session)
    session.get_one(GivenPaper, job.payload["paper"]).pdf_sha256 = sha256
    return {"sha256": sha256, "bytes": len(pdf)}


HANDLER = Handler(_convert, most_attempts=3)


def find_paper(session: Session, paper_id: int, *, actor: User) -> GivenPaper:
    """Give a paper that was given out, with what came back.

    Raises `NotFound`, and `NotAllowed` for one that tells a sensitive place which the actor may not know.
    """
    require(actor, Permission.VIEW)
    query = sa.select(GivenPaper).where(GivenPaper.id == paper_id)
    paper = session.scalar(query.options(selectinload(GivenPaper.returned).joinedload(ReturnedPaper.file)))
    if paper is None:
        raise NotFound("There is no such paper.")
    if not may_see(session, paper, actor=actor):
        raise NotAllowed("This paper tells a sensitive place. Make one of your own: it leaves that out.")
    return paper


def may_see(session: Session, paper: GivenPaper, *, actor: User) -> bool:
    """Tell whether an officer may have a paper that somebody made."""
    if not paper.holds_sensitive or paper.made_by_id == actor.id:
        return True
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return True
    record = session.scalar(sa.select(Record).where(Record.code == paper.code)) if paper.code else None
    if record is None or not is_permitted(actor, Permission.SEE_SENSITIVE):
        return False
    accepted = read_accepted(session, [record.code])
    kind = KINDS[record.kind]
    return record.code in accepted and is_permitted(
        actor, Permission.SEE_SENSITIVE, KINDS.subject(session, kind, accepted[record.code].payload)
    )


def read_given(session: Session, *, actor: User, code: str | None = None, paper: str = "") -> Sequence[GivenPaper]:
    """Give the papers of a record, or those about lists, that the actor may have, the newest first; 200 at most."""
    query = sa.select(GivenPaper).where(GivenPaper.code == code if code else GivenPaper.code.is_(None))
    if paper:
        query = query.where(GivenPaper.paper == paper)
    query = query.order_by(GivenPaper.id.desc()).limit(_MOST_GIVEN)
    people = joinedload(GivenPaper.made_by).lazyload(User.roles)
    found = session.scalars(query.options(people, selectinload(GivenPaper.returned)))
    return [one for one in found if may_see(session, one, actor=actor)]


def file_name(paper: GivenPaper, ending: str) -> str:
    """Give what the file of a paper is called: the paper, the record, the day, the paper's number."""
    parts = [paper.paper, *([paper.code] if paper.code else []), paper.day.isoformat(), str(paper.id)]
    return str(PurePosixPath("-".join(parts)[:_LONGEST_NAME]).with_suffix("")) + f".{ending}"
