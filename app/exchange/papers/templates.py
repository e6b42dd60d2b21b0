"""The templates of papers: those that come with the service, and what an office put in their place."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.db import change_rows, now
from app.core.errors import InvalidInput, NotFound
from app.core.streams import Readable, read_pieces, shown_name
from app.exchange.papers.filling import try_template
from app.exchange.papers.forms import FOLDER, Form
from app.exchange.papers.models import PaperTemplate

MOST_BYTES = 4_000_000


@dataclass(frozen=True, slots=True)
class Template:
    """A template that counts: its file, and its version, 0 for the one that comes with the service."""

    name: str
    version: int
    content: bytes

    @property
    def sha256(self) -> str:
        """Give its checksum in hexadecimal."""
        return hashlib.sha256(self.content).hexdigest()


def shipped_template(form: Form) -> Template:
    """Give the template that comes with the service; raises `NotFound` for a paper that brings none."""
    path = FOLDER / "templates" / form.template
    if path.parent != FOLDER / "templates" or not path.is_file():
        raise NotFound("No template comes with this paper. Upload one.")
    return Template(form.template, 0, path.read_bytes())


def find_template(session: Session, form: Form) -> Template:
    """Give the template that counts for a paper."""
    found = session.scalar(
        _standing().where(PaperTemplate.paper == form.name).options(sa.orm.undefer(PaperTemplate.content)).limit(1)
    )
    return Template(found.name, found.version, found.content) if found else shipped_template(form)


def find_version(session: Session, form: Form, version: int) -> Template:
    """Give one version of a paper's template, whether it counts or not; raises `NotFound`."""
    if version == 0:
        return shipped_template(form)
    query = sa.select(PaperTemplate).where(PaperTemplate.paper == form.name, PaperTemplate.version == version)
    found = session.scalar(query)
    if found is None:
        raise NotFound("There is no such version of this template.")
    return Template(found.name, found.version, found.content)


def read_templates(session: Session) -> Mapping[str, Sequence[PaperTemplate]]:
    """Give the templates that were uploaded, by paper, the newest first."""
    query = sa.select(PaperTemplate).order_by(PaperTemplate.paper, PaperTemplate.version.desc())
    found: dict[str, list[PaperTemplate]] = {}
    for template in session.scalars(query.options(joinedload(PaperTemplate.uploaded_by).lazyload(User.roles))):
        found.setdefault(template.paper, []).append(template)
    return found


def _standing() -> sa.Select[PaperTemplate]:
    standing = sa.select(PaperTemplate).where(PaperTemplate.withdrawn_at.is_(None))
    return standing.order_by(PaperTemplate.version.desc())


def read_template(stream: Readable, name: str, form: Form, *, settings: Settings) -> Template:
    """Read an uploaded template and try it; its version is not known yet.

    Raises `InvalidInput` with a sentence that says what is wrong with it. The database is not asked.
    """
    shown = shown_name(name)
    too_large = InvalidInput(
        "“%(file)s” is larger than %(most)s MB. Make it smaller, and upload that.",
        field="file",
        file=shown,
        most=MOST_BYTES // 1_000_000,
    )
    content = b"".join(read_pieces(stream, shown, MOST_BYTES, too_large))
    try_template(content, shown, form, settings=settings)
    return Template(shown, -1, content)


def keep_template(session: Session, form: Form, template: Template, *, actor: User) -> PaperTemplate:
    """Let a template that was tried count for a paper from now on.

    Raises `NotAllowed` unless the actor may change what concerns everybody's records.
    """
    require(actor, Permission.WRITE_REFERENCE)
    last = session.scalar(sa.select(sa.func.max(PaperTemplate.version)).where(PaperTemplate.paper == form.name)) or 0
    kept = PaperTemplate(
        paper=form.name,
        version=last + 1,
        name=template.name,
        sha256=template.sha256,
        content=template.content,
        uploaded_by=actor,
    )
    session.add(kept)
    session.flush()
    return kept


def put_back(session: Session, form: Form, *, actor: User) -> int:
    """Let the shipped template count again; the uploaded ones stay to be looked at. Gives how many were withdrawn."""
    require(actor, Permission.WRITE_REFERENCE)
    shipped_template(form)
    standing = sa.update(PaperTemplate).where(PaperTemplate.paper == form.name, PaperTemplate.withdrawn_at.is_(None))
    return change_rows(session, standing.values(withdrawn_at=now()))
