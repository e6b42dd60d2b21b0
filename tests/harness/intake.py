"""Tables taken in, as an officer does it: a file, its columns, its lines, drafts; and workbooks to take in."""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import openpyxl
import sqlalchemy as sa

from app.accounts.models import User
from app.catalogue import KINDS
from app.core.db import begin_write, db
from app.exchange.intake import operations
from app.exchange.intake.models import Choice, Import, ImportLine, ImportState, Verdict
from app.exchange.intake.returning import return_file
from tests.harness import register
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class Told:
    """What was found of a line."""

    number: int
    verdict: str
    code: str | None
    faults: tuple[tuple[int | None, str], ...]
    candidates: tuple[str, ...]
    payload: dict[str, Any] | None


@dataclass
class Intake:
    """One import, gone on with step by step; whatever the worker is wished to do is done at once."""

    app: Flask
    id: int

    @classmethod
    def begin(cls, app: Flask, file: Path | bytes, name: str, kind: str) -> Intake:
        """Upload a file and have it read."""
        data = file if isinstance(file, bytes) else file.read_bytes()
        with cls._writing(app) as session:
            made = operations.begin_import(
                session, io.BytesIO(data), name, kind, actor=register.editor(session), kinds=KINDS,
                settings=app.config["DISAN"],
            )  # fmt: skip
            key = made.id
        run_jobs(app)
        return cls(app, key)

    @staticmethod
    @contextlib.contextmanager
    def _writing(app: Flask) -> Iterator[Session]:
        with app.app_context():
            session = db.session()
            begin_write(session)
            yield session
            session.commit()

    @contextlib.contextmanager
    def changing(self) -> Iterator[tuple[Session, Import, User]]:
        """Give the import to be changed; what is written is committed."""
        with self._writing(self.app) as session:
            actor = register.editor(session)
            yield session, operations.find_import(session, self.id, actor=actor, is_held=True), actor

    @contextlib.contextmanager
    def seen(self) -> Iterator[tuple[Session, Import]]:
        """Give the import to be read."""
        with self.app.app_context():
            yield db.session(), db.session().get_one(Import, self.id)

    @property
    def state(self) -> str:
        """How far it has come."""
        with self.seen() as (_, found):
            return found.state

    @property
    def problem(self) -> str:
        """What its owner is told; "" for nothing."""
        with self.seen() as (_, found):
            return str(found.problem) if found.problem else ""

    @property
    def counts(self) -> dict[str, int]:
        """How many lines have each verdict."""
        with self.seen() as (_, found):
            return dict(found.counts)

    @property
    def mapping(self) -> dict[int, str]:
        """What its columns are guessed or said to be."""
        with self.seen() as (_, found):
            return {int(column): path for column, path in found.mapping.items()}

    def check(
        self,
        mapping: Mapping[int, str] | None = None,
        *,
        constants: Mapping[str, str] | None = None,
        system: str | None = None,
        sheet: int | None = None,
    ) -> dict[str, int]:
        """Say what the columns are, as guessed if nothing else is said; gives how many lines have each verdict."""
        with self.changing() as (session, found, actor):
            operations.map_columns(
                session, found, sheet=found.sheet if sheet is None else sheet, mapping=mapping or self.mapping,
                constants=constants or {}, system=system, actor=actor, kinds=KINDS, settings=self.app.config["DISAN"],
            )  # fmt: skip
        run_jobs(self.app)
        assert self.state == ImportState.CHECKED, self.problem
        return self.counts

    def choose(self, choice: Choice, *numbers: int, verdict: Verdict | None = None, code: str = "") -> int:
        """Decide what becomes of lines."""
        with self.changing() as (session, found, actor):
            count = operations.choose(session, found, choice, actor=actor, numbers=numbers, verdict=verdict, code=code)
        run_jobs(self.app)
        return count

    def write(self, title: str = "Nhập danh mục") -> int:
        """Have the drafts written; gives the changeset."""
        with self.changing() as (session, found, actor):
            operations.wish_writing(session, found, actor=actor, title=title)
        run_jobs(self.app)
        with self.seen() as (_, found):
            assert found.state == ImportState.WRITTEN, self.problem
            assert found.changeset_id is not None
            return found.changeset_id

    def lines(self, *verdicts: str) -> list[Told]:
        """Give what was found of the sheet's lines."""
        with self.seen() as (session, found):
            query = sa.select(ImportLine).where(ImportLine.import_id == self.id, ImportLine.sheet == found.sheet)
            rows = session.scalars(query.order_by(ImportLine.number)).all()
            return [
                Told(
                    row.number,
                    row.verdict or "",
                    row.code,
                    tuple((fault["column"], fault["message"]) for fault in row.faults),
                    tuple(one["code"] for one in row.candidates),
                    row.payload,
                )
                for row in rows
                if not verdicts or row.verdict in verdicts
            ]

    def returned(self, path: Path) -> Path:
        """Have the workbook returned with its notes."""
        with self.seen() as (session, found):
            made = return_file(session, found, str, settings=self.app.config["DISAN"])
        return Path(made.replace(path))


def workbook(*lines: Sequence[Any], title: str = "Danh mục", **sheets: Sequence[Sequence[Any]]) -> bytes:
    """Give a workbook of these lines, and of further sheets."""
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = title
    for line in lines:
        sheet.append(list(line))
    for name, rows in sheets.items():
        added = book.create_sheet(name)
        for row in rows:
            added.append(list(row))
    return saved(book)


def saved(book: openpyxl.Workbook) -> bytes:
    """Give a workbook's bytes."""
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()
