"""Tables as offices have them, and imports of them brought to the point where somebody decides."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import openpyxl
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.config import Settings
from app.desk.forms.headings import field_names
from app.exchange.intake.checking import check_lines
from app.exchange.intake.models import Import
from app.exchange.intake.operations import begin_import, map_columns
from app.exchange.intake.reading import read_file
from app.jobs.operations import cancel

HEADINGS = ["STT", "Tên di tích", "Loại hình", "Niên đại", "Xã/phường", "Toạ độ X", "Toạ độ Y", "Ghi chú"]
SITES = [
    [1, "Đình Hiếu Lễ", "Kiến trúc nghệ thuật", "thế kỷ XIX", "P. Cẩm Phô, TP. Hội An", 1756363.5, 561094.2, None],
    [2, "Chùa Cầu", "Kiến trúc nghệ thuật", "thế kỷ XVII", "phường Minh An", 1756063.6, 561494.3, None],
    [3, "Giếng làng", "Kiến trúc dân gian", "31/2/1985", "xã Không Có", 17563635.0, 561494.2, "chưa rõ"],
]


def workbook(rows: Sequence[Sequence[Any]], headings: Sequence[str] = HEADINGS) -> bytes:
    """Write a workbook with a title over the table."""
    book = openpyxl.Workbook()
    sheet = book.active
    sheet.title = "Danh mục"
    sheet.append(["DANH MỤC DI TÍCH NĂM 2025"])
    sheet.merge_cells("A1:F1")
    sheet.append([])
    sheet.append(list(headings))
    for row in rows:
        sheet.append(list(row))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def begin(session: Session, settings: Settings, actor: User, data: bytes, name: str = "di-tich.xlsx") -> Import:
    """Send a file and read it, as the worker does; commits."""
    stream = io.BytesIO(data)
    found = begin_import(session, stream, name, "site", actor=actor, kinds=KINDS, settings=settings)
    key = found.id
    cancel(session, found.options["wish"], actor=actor)
    session.commit()
    read_file(session, found, KINDS, field_names("site"), settings)
    session.commit()
    return session.get_one(Import, key)


def check(session: Session, settings: Settings, actor: User, found: Import) -> None:
    """Take the columns for what they are guessed to be, and judge the lines; commits."""
    mapping = {int(place): path for place, path in found.mapping.items()}
    map_columns(
        session,
        found,
        sheet=found.sheet or 0,
        mapping=mapping,
        constants={},
        system=None,
        actor=actor,
        kinds=KINDS,
        settings=settings,
    )
    cancel(session, found.options["wish"], actor=actor)
    session.commit()
    for _ in check_lines(session, found, found.options["run"], actor=actor, kinds=KINDS, settings=settings):
        session.commit()
    session.commit()
