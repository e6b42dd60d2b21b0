"""The tables of imports: a file on its way in, its lines with what was found of each, and mappings that are kept."""

from __future__ import annotations

import datetime as dt
import enum
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now
from app.core.errors import DisanError


class ImportState(enum.StrEnum):
    """How far an import has come; what fails on the way goes back to where a person can mend it, or to the end."""

    READING = "reading"
    READ = "read"
    CHECKING = "checking"
    CHECKED = "checked"
    WRITING = "writing"
    WRITTEN = "written"
    REFUSED = "refused"
    DROPPED = "dropped"


class Verdict(enum.StrEnum):
    """What becomes of a line."""

    NEW = "new"
    UPDATE = "update"
    SAME = "same"
    DUPLICATE = "duplicate"
    KEPT = "kept"
    ERROR = "error"
    HEADING = "heading"
    LEFT_OUT = "left_out"


class Choice(enum.StrEnum):
    """What a person says of a line that may be another's, or that shall not come in."""

    NEW = "new"
    UPDATE = "update"
    LEAVE = "leave"


class Import(Model):
    """A file that somebody takes in as records of a kind, from its reading to the changeset that it made.

    `file` is its name in the folder of imports, `name` what its owner calls it. `sheets` tells of each sheet its name,
    its columns, where its table begins, and how many lines it has. `mapping` gives paths by the column's number as
    text, `constants` what every line says beside, `options` further wishes (`system`: an EPSG code). `checked` counts
    lines that have a verdict, `counts` how many of each. `error` is a sentence with its values.
    """

    __tablename__ = "imports"

    id: Mapped[int] = mapped_column(primary_key=True)
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"), index=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    name: Mapped[str] = mapped_column(sa.String(200))
    file: Mapped[str] = mapped_column(sa.String(64))
    format: Mapped[str | None] = mapped_column(sa.String(10))
    state: Mapped[str] = mapped_column(sa.String(10), default=ImportState.READING, index=True)
    sheets: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    sheet: Mapped[int | None]
    mapping: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    constants: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    notes: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    total: Mapped[int] = mapped_column(default=0)
    checked: Mapped[int] = mapped_column(default=0)
    counts: Mapped[dict[str, int]] = mapped_column(sa.JSON, default=dict)
    error: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    changeset_id: Mapped[int | None] = mapped_column(sa.ForeignKey("changesets.id"), index=True)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    actor: Mapped[User] = relationship()

    @property
    def problem(self) -> DisanError | None:
        """What went wrong, for an audience to translate."""
        return DisanError(self.error["message"], **self.error["params"]) if self.error else None


class ImportLine(Model):
    """A line of a sheet, and what was found of it.

    `number` is its number in the sheet, `cells` are as the file has them; `formulas` are columns whose values formulas
    give, `is_heading` says that merged cells make it a title. `code` is the record's, its own or the one it is given;
    `payload` what the record would say, None where it says that already; `beside` is the decision that
    the line names. `faults` are at columns, `notes` are sentences that bar nothing, `candidates`
    records that it may be. `choice` and `chosen` are what a person decided.
    """

    __tablename__ = "import_lines"

    import_id: Mapped[int] = mapped_column(sa.ForeignKey("imports.id", ondelete="CASCADE"), primary_key=True)
    sheet: Mapped[int] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[list[Any]] = mapped_column(sa.JSON)
    formulas: Mapped[list[int]] = mapped_column(sa.JSON, default=list)
    is_heading: Mapped[bool] = mapped_column(default=False)
    problems: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    verdict: Mapped[str | None] = mapped_column(sa.String(10))
    code: Mapped[str | None] = mapped_column(sa.String(60))
    base_version: Mapped[int | None]
    payload: Mapped[dict[str, Any] | None] = mapped_column(sa.JSON(none_as_null=True))
    beside: Mapped[dict[str, str] | None] = mapped_column(sa.JSON(none_as_null=True))
    faults: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    candidates: Mapped[list[dict[str, Any]]] = mapped_column(sa.JSON, default=list)
    choice: Mapped[str | None] = mapped_column(sa.String(10))
    chosen: Mapped[str | None] = mapped_column(sa.String(60))

    __table_args__ = (sa.Index(None, "import_id", "sheet", "verdict", "number"),)


class SavedMapping(Model):
    """How the columns of a source were mapped: the same headings in a file of the same kind mean the same again."""

    __tablename__ = "import_mappings"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(sa.String(40))
    fingerprint: Mapped[str] = mapped_column(sa.String(64))
    mapping: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    constants: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    options: Mapped[dict[str, Any]] = mapped_column(sa.JSON, default=dict)
    user_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    updated_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)

    __table_args__ = (sa.UniqueConstraint("kind", "fingerprint"),)
