"""Papers that were given out, the signed files that came back, and the templates that an office changed."""

from __future__ import annotations

import datetime as dt
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now
from app.media.models import StoredFile


class PaperTemplate(Model):
    """A template of a paper as an office uploaded it; the newest that is not withdrawn counts, else the shipped one.

    `version` counts the templates of one paper, from 1; 0 is the shipped one, which is no row.
    """

    __tablename__ = "paper_templates"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper: Mapped[str] = mapped_column(sa.String(60))
    version: Mapped[int]
    name: Mapped[str] = mapped_column(sa.Text)
    sha256: Mapped[str] = mapped_column(sa.String(64))
    content: Mapped[bytes] = mapped_column(sa.LargeBinary, deferred=True)
    uploaded_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    uploaded_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    withdrawn_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    uploaded_by: Mapped[User] = relationship()

    __table_args__ = (sa.UniqueConstraint("paper", "version"),)


class GivenPaper(Model):
    """A paper that was made: from which version of which record, with which template, when and by whom.

    `code` and `record_version` are empty for a paper about a list, of which `query` says which. `missing` are the
    facts that it lacked, by their paths. `holds_sensitive` says that it tells a place that not everybody may know.
    The files lie in the storage under their SHA-256; `pdf_sha256` is empty until a PDF is made, by the wish `wish_id`.
    """

    __tablename__ = "given_papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper: Mapped[str] = mapped_column(sa.String(60))
    code: Mapped[str | None] = mapped_column(sa.String(60), index=True)
    record_version: Mapped[int | None]
    query: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    day: Mapped[dt.date]
    template_version: Mapped[int]
    template_sha256: Mapped[str] = mapped_column(sa.String(64))
    missing: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    holds_sensitive: Mapped[bool]
    docx_sha256: Mapped[str] = mapped_column(sa.String(64))
    pdf_sha256: Mapped[str | None] = mapped_column(sa.String(64))
    wish_id: Mapped[int | None]
    made_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    made_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    made_by: Mapped[User] = relationship()
    returned: Mapped[list[ReturnedPaper]] = relationship(back_populates="paper", order_by="ReturnedPaper.id")


class ReturnedPaper(Model):
    """A signed file that came back for a paper: the uploaded file, and how it compares with what was given out.

    `comparison` is one of `returned.COMPARISONS`. The file's record is in the changeset `changeset_id`, which may be
    gone.
    """

    __tablename__ = "returned_papers"

    id: Mapped[int] = mapped_column(primary_key=True)
    paper_id: Mapped[int] = mapped_column(sa.ForeignKey("given_papers.id"), index=True)
    file_id: Mapped[int] = mapped_column(sa.ForeignKey("stored_files.id"), index=True)
    comparison: Mapped[str] = mapped_column(sa.String(20))
    changeset_id: Mapped[int | None]
    returned_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    returned_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    paper: Mapped[GivenPaper] = relationship(back_populates="returned")
    file: Mapped[StoredFile] = relationship()
    returned_by: Mapped[User] = relationship()
