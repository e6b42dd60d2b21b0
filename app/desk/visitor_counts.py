"""Figures of visitors at the desk: entered in a grid, of a place's year or of a month; read from a sheet."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput
from app.core.streams import read_pieces, shown_name
from app.desk.context import go, read_key, render, say, shown
from app.desk.counts import workbook_response
from app.desk.visits import written
from app.http.actor import require_actor
from app.http.i18n import current_language, sentence
from app.records.models import Record
from app.records.operations import find_record
from app.records.queries import read_entry
from app.statistics.questions import read_year
from app.tourism.visitor_counts.models import Basis, VisitorCount
from app.tourism.visitor_counts.operations import Figure, Written, months_of, write_figures
from app.tourism.visitor_counts.queries import KINDS_COUNTED, read_current, read_places, read_reports
from app.tourism.visitor_counts.sheets import MOST_PROBLEMS, Limits, Sheet, read_sheet, write_template

_HERE = "/desk/visitors"
_BASES = {Basis.TICKETED: "Tickets", Basis.ESTIMATED: "Estimate"}
_FIELDS = ("domestic", "international", "total")
_EXPLAINED = (
    "One row for a place and a month; a place’s code is that of its record, listed on the next sheet.",
    "Month: 2025-09 or 9/2025. Day of the report: 2025-10-05 or 5/10/2025.",
    "Leave domestic and international visitors empty where only the total is known; the total is their sum.",
    "A month of which nothing is known has no row: unknown is not 0.",
    "Basis: “vé” (tickets) or “ước tính” (an estimate). Source: the report that the figure is from.",
)


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/visitors", "visitors", show_form, methods=["GET"])
    desk.add_url_rule("/visitors", "save_visitors", save, methods=["POST"])
    desk.add_url_rule("/visitors/template", "visitors_template", give_template)
    desk.add_url_rule("/visitors/import", "import_visitors", take_sheet, methods=["GET", "POST"])


def show_form() -> Response:
    """Show the grid of a place's year, or of a month of all places, with what was reported before."""
    require_actor()
    return _form(db.session())


def _form(session: Session, errors: Sequence[DisanError] = ()) -> Response:
    given = request.values
    code = given.get("place", "").strip().upper()[:60]
    year, month = read_year(given.get("year", "")), _month(given.get("month"))
    entry = read_entry(session, code) if code else None
    complaint = ""
    if code and (entry is None or entry.kind not in KINDS_COUNTED or entry.record_id is None):
        entry, complaint = None, say("There is no site and no visitor place %(code)s.", code=code)
    rows, history = [], []
    if entry is not None:
        year = year or today().year
        rows = _rows_of_place(session, find_record(session, entry.code), year)
        history = _history(session, find_record(session, entry.code), year)
    elif month is not None and not code:
        rows = _rows_of_month(session, month)
    usual = {"source": "", "reported_on": today().isoformat(), "basis": str(Basis.TICKETED)}
    return render(
        "visitors.html",
        422 if errors or complaint else 200,
        section="counts",
        entry=entry,
        title=shown(entry.label) if entry else f"{month:%m/%Y}" if month else "",
        place=code,
        year=year or today().year,
        month=f"{month:%Y-%m}" if month else "",
        rows=[_typed(row) if errors else row for row in rows],
        history=history,
        places=[(one.code, shown(one.label)) for one in read_places(session, since=_since())],
        bases=[(str(basis), say(label)) for basis, label in _BASES.items()],
        typed={name: given.get(name, "") or value for name, value in usual.items()},
        problems=[(error.params.get("place") or None, sentence(error)) for error in errors],
        complaint=complaint,
        written=written,
    )


def _since() -> dt.date:
    return today().replace(year=today().year - 2, month=1, day=1)


def _month(text: str | None) -> dt.date | None:
    try:
        found = dt.date.fromisoformat(f"{text}-01") if text else None
    except ValueError:
        return None
    return found if found and read_year(str(found.year)) else None


def _row(code: str, label: str, month: dt.date, found: VisitorCount | None) -> dict[str, Any]:
    key = f"{code}.{month:%Y-%m}"
    is_known = found is not None and found.total is not None
    return {
        "key": key,
        "label": label,
        "seen": found.id if found else 0,
        "numbers": {name: getattr(found, name) if is_known else None for name in _FIELDS},
        "source": found.source if found and is_known else "",
        "basis": say(_BASES[Basis(found.basis)]) if found and is_known else "",
        "reported_on": found.reported_on if found and is_known else None,
        "is_future": month > today(),
    }


def _typed(row: dict[str, Any]) -> dict[str, Any]:
    """Give a row as it was typed."""
    return {**row, "numbers": {name: request.form.get(f"{row['key']}.{name}", "") for name in _FIELDS}}


def _rows_of_place(session: Session, record: Record, year: int) -> list[dict[str, Any]]:
    found = read_current(session, [record.id], [*months_of(year)])
    return [_row(record.code, f"{month:%m/%Y}", month, found.get((record.id, month))) for month in months_of(year)]


def _rows_of_month(session: Session, month: dt.date) -> list[dict[str, Any]]:
    places = read_places(session, since=_since())
    found = read_current(session, [one.record_id for one in places if one.record_id is not None], [month])
    return [_row(one.code, shown(one.label), month, found.get((one.record_id or 0, month))) for one in places]


def _history(session: Session, record: Record, year: int) -> list[VisitorCount]:
    """Give what was reported and then corrected, with what took its place."""
    months = [*months_of(year)]
    reports = read_reports(session, record.id, months[0], months[-1])
    corrected = {one.month for one in reports if not one.is_current}
    return [one for one in reports if one.month in corrected]


def save() -> BaseResponse:
    """Write the rows of the grid in which something was changed; what was typed stays when one is refused."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    require(actor, Permission.EDIT)
    try:
        done = write_figures(session, KINDS, _read_grid(session), actor=actor)
    except DisanError as error:
        session.rollback()
        if error.params.get("field") or error.params.get("place"):
            return _form(session, [error])
        raise
    kept = {name: request.form.get(name, "") for name in ("place", "year", "month") if request.form.get(name)}
    response = go(f"{_HERE}?{urlencode(kept)}", _say_written(done))
    session.commit()
    return response


def _say_written(done: Written) -> str:
    return say(
        "%(new)s figures are new, %(corrected)s corrected, %(same)s were there already.",
        new=done.new,
        corrected=done.corrected,
        same=done.same,
    )


def _read_grid(session: Session) -> list[Figure]:
    """Read the rows whose numbers are other than those that are kept."""
    form = request.form
    keys = [name.removesuffix(".seen") for name in form if name.endswith(".seen")][:1000]
    figures = []
    seen = {key: read_key(form.get(f"{key}.seen")) or 0 for key in keys}
    kept = _kept(session, [*seen.values()])
    for key, before in seen.items():
        code, _, text = key.rpartition(".")
        month = _month(text)
        if month is None:
            continue
        numbers = {name: _number(form.get(f"{key}.{name}", ""), f"{key}.{name}") for name in _FIELDS}
        found = kept.get(before)
        was = {name: getattr(found, name) if found else None for name in _FIELDS}
        if numbers == was:
            continue
        if found is not None and numbers["total"] == was["total"] and _has_new_parts(numbers, was):
            # The sum that stood there was not typed anew.
            numbers["total"] = None
        figures.append(
            Figure(
                code=code,
                month=month,
                **numbers,
                basis=form.get("basis", ""),
                source=form.get("source", ""),
                reported_on=_day(form.get("reported_on", "")),
                seen=before,
                place=f"{key}.total",
            )
        )
    return figures


def _has_new_parts(numbers: dict[str, int | None], was: dict[str, int | None]) -> bool:
    parts = [numbers["domestic"], numbers["international"]]
    return None not in parts and parts != [was["domestic"], was["international"]]


def _kept(session: Session, keys: Sequence[int]) -> dict[int, VisitorCount]:
    found = (session.get(VisitorCount, key) for key in keys if key)
    return {one.id: one for one in found if one is not None}


def _number(text: str, place: str) -> int | None:
    plain = "".join(text.split()).replace(".", "").replace(",", "")
    if not plain:
        return None
    if not (plain.isascii() and plain.isdigit() and len(plain) <= 12):
        raise InvalidInput("“%(value)s” is no whole number.", value=text[:40], field="total", place=place)
    return int(plain)


def _day(text: str) -> dt.date:
    try:
        return dt.date.fromisoformat(text.strip())
    except ValueError as error:
        sentence_ = "Write the day as year-month-day: 2010-12-31."
        raise InvalidInput(sentence_, field="reported_on", place="reported_on") from error


def give_template() -> Response:
    """Give the template for figures, with the places that are known."""
    require_actor()
    session = db.session()
    places = [(one.code, shown(one.label)) for one in read_places(session, since=_since())]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "visitors.xlsx"
        write_template(path, current_language(), places, [say(line) for line in _EXPLAINED])
        body = path.read_bytes()
    return workbook_response(body, "visitors")


def take_sheet() -> BaseResponse:
    """Read a sheet of figures and write them all, or say what is wrong at which cell and write nothing."""
    actor = require_actor()
    require(actor, Permission.EDIT)
    if request.method == "GET":
        return _sheet_page()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _sheet_page([say("Choose a file.")])
    session, name = db.session(), shown_name(file.filename)
    try:
        sheet = _read_upload(file.stream, name)
        if sheet.problems:
            return _sheet_page([sentence(one) for one in sheet.problems[:MOST_PROBLEMS]], len(sheet.problems))
        begin_write(session)
        done = write_figures(session, KINDS, sheet.figures, actor=actor, corrects=bool(request.form.get("correct")))
    except DisanError as error:
        session.rollback()
        place = error.params.get("place")
        return _sheet_page([f"{place}: {sentence(error)}" if place else sentence(error)])
    response = go(_HERE, _say_written(done))
    session.commit()
    return response


def _read_upload(stream: IO[bytes], name: str) -> Sheet:
    """Read an uploaded sheet, of which nothing is kept."""
    limits = Limits()
    too_large = InvalidInput(
        "“%(file)s” is larger than %(most)s MB. Split it.", file=name, most=limits.file_bytes // 10**6
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        with path.open("wb") as kept:
            for piece in read_pieces(stream, name, limits.file_bytes, too_large):
                kept.write(piece)
        return read_sheet(path, name, limits=limits)


def _sheet_page(problems: Sequence[str] = (), count: int = 0) -> Response:
    return render(
        "visitors_import.html",
        422 if problems else 200,
        section="counts",
        problems=[(None, one) for one in problems],
        count=count or len(problems),
        shown_problems=len(problems),
        explained=[say(line) for line in _EXPLAINED],
        correct=bool(request.form.get("correct")),
    )
