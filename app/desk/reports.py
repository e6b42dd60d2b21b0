"""Visitors' reports at the desk: the inbox, a report with its photo and history, and what officers decide on it."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import require
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput, NotFound
from app.core.localized import LANGUAGE_NAMES
from app.desk.camera import distance_m, places_of
from app.desk.context import go, read_key, render, say, tell_error
from app.desk.surroundings import say_number
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.ranges import stream
from app.http.settings import current_settings
from app.places.coordinates import to_grid
from app.records.queries import read_labels
from app.visitors.models import Report, ReportKind, ReportStatus
from app.visitors.operations import Decision, handle_report
from app.visitors.photos import MEDIA_TYPE, photo_key
from app.visitors.queries import HANDLE, ReportQuery, count_new, find_report, read_reports

KINDS_OF_REPORT = {
    ReportKind.DAMAGE: "Damage",
    ReportKind.DANGER: "Danger",
    ReportKind.INFORMATION: "Wrong information",
    ReportKind.SIGN: "Sign or plaque",
    ReportKind.CLOSED: "Closed though said to be open",
    ReportKind.OTHER: "Something else",
}
STATUSES = {
    ReportStatus.RECEIVED: "New",
    ReportStatus.SEEN: "Looked at",
    ReportStatus.IN_WORK: "Being dealt with",
    ReportStatus.DONE: "Done",
    ReportStatus.DECLINED: "Closed without action",
}
_SUSPICIONS = {
    "hidden field": "A field was filled in that people do not see.",
    "too soon": "It was sent within seconds of opening the form.",
    "too late": "The form was opened more than a day before.",
    "unknown form": "The form was not made by this service, or before its last start.",
}
_LONGEST = 4000
_MOST = 1000
_HERE = "/desk/reports"


def mount(desk: Blueprint) -> None:
    """Add the addresses of this room."""
    desk.add_url_rule("/reports", "reports", list_reports, methods=["GET"])
    desk.add_url_rule("/reports/<int:report_id>", "report", show_report, methods=["GET"])
    desk.add_url_rule("/reports/<int:report_id>", "handle_report", handle, methods=["POST"])
    desk.add_url_rule("/reports/<int:report_id>/photo", "report_photo", show_photo, methods=["GET"])


def list_reports() -> Response:
    """List the reports that the officer handles, the newest first; what looks like a program's is a list of its own."""
    session, actor = db.session(), require_actor()
    require(actor, HANDLE)
    given = {name: request.args.get(name, "").strip()[:60] for name in ("status", "kind", "code", "suspect")}
    query = ReportQuery(
        status=given["status"] if given["status"] in set(ReportStatus) else None,
        kind=given["kind"] if given["kind"] in set(ReportKind) else None,
        code=given["code"].upper() or None,
        is_suspect=given["suspect"] == "1",
        cursor=request.args.get("cursor") or None,
    )
    error = ""
    try:
        rows, cursor = read_reports(session, query, actor=actor)
    except InvalidInput as complaint:
        rows, cursor, error = [], None, sentence(complaint)
    kept = [(name, value) for name, value in given.items() if value]
    return render(
        "reports.html",
        422 if error else 200,
        rows=rows,
        labels=read_labels(session, {row.code for row in rows if row.code}),
        complaint=error,
        typed=given,
        statuses=_choices(STATUSES),
        kinds=_choices(KINDS_OF_REPORT),
        suspects=count_new(session, _MOST, actor=actor)[1],
        most=_MOST,
        first_url=f"{_HERE}?{urlencode(kept)}" if query.cursor else None,
        next_url=f"{_HERE}?{urlencode([*kept, ('cursor', cursor)])}" if cursor else None,
    )


def _choices(labels: dict[Any, str]) -> list[tuple[str, str]]:
    return [(str(value), say(label)) for value, label in labels.items()]


def show_report(report_id: int) -> Response:
    """Show a report with what was done to it; looking changes nothing, for the visitor is told what is done."""
    session, actor = db.session(), require_actor()
    require(actor, HANDLE)
    return _page(session, find_report(session, report_id, actor=actor))


def _page(session: Session, report: Report, error: DisanError | None = None) -> Response:
    typed = request.form if error else {}
    status = report.status if report.status != ReportStatus.RECEIVED else ReportStatus.SEEN
    return render(
        "report.html",
        422 if error else 200,
        report=report,
        label=read_labels(session, {report.code}).get(report.code) if report.code else None,
        kind=say(KINDS_OF_REPORT[ReportKind(report.kind)]),
        statuses=_choices({key: label for key, label in STATUSES.items() if key != ReportStatus.RECEIVED}),
        status_labels=dict(_choices(STATUSES)),
        suspicion=say(_SUSPICIONS.get(report.suspicion, report.suspicion)) if report.suspicion else "",
        language=LANGUAGE_NAMES.get(report.language, report.language),
        position=_say_position(session, report, require_actor()),
        errors={str(error.params.get("field") or ""): sentence(error)} if error else {},
        typed={
            "status": typed.get("status", status),
            "answer": typed.get("answer", report.answer),
            "note": typed.get("note", ""),
        },
        longest=_LONGEST,
        months=current_settings().reports_months,
    )


def _say_position(session: Session, report: Report, actor: User) -> list[str]:
    """Say where the visitor stood, in degrees and as officers' sheets have it, and how far from the record."""
    if report.lon is None or report.lat is None:
        return []
    grid = to_grid(report.lon, report.lat, current_settings().grid)
    found = places_of(session, actor, [report.code]) if report.code else {}
    metres = [distance_m(report.lon, report.lat, place) for place in found.values()]
    said = say(
        "%(place)s (WGS 84); %(crs)s: N %(north)s, E %(east)s",
        place=f"{report.lat:.6f}, {report.lon:.6f}",
        crs=current_settings().grid,
        north=say_number(grid.north_m, "#,##0"),
        east=say_number(grid.east_m, "#,##0"),
    )
    return [said, *(say("%(metres)s m from the record’s place", metres=say_number(far, "#,##0")) for far in metres)]


def handle(report_id: int) -> BaseResponse:
    """Give a report its status and answer; what was typed stays when it is refused."""
    session = db.session()
    begin_write(session)
    actor = require_actor()
    require(actor, HANDLE)
    texts = {name: request.form.get(name, "").replace("\r\n", "\n").strip() for name in ("answer", "note")}
    made = Decision(request.form.get("status", ""), **texts, is_trusted=bool(request.form.get("trusted")))
    try:
        if too_long := next((name for name, text in texts.items() if len(text) > _LONGEST), None):
            raise InvalidInput("This is too long. Say it in fewer words.", field=too_long)
        handle_report(session, report_id, read_key(request.form.get("version")) or 0, made, actor=actor)
    except NotFound:
        raise
    except DisanError as error:
        session.rollback()
        report = find_report(session, report_id, actor=actor)
        if "field" in error.params:
            return _page(session, report, error)
        tell_error(error)
        return go(f"{_HERE}/{report_id}")
    response = go(f"{_HERE}/{report_id}", say("Saved. Whoever sent the report reads it at their private link."))
    session.commit()
    return response


def show_photo(report_id: int) -> Response:
    """Give a report's photo to an officer who handles it."""
    session, actor = db.session(), require_actor()
    require(actor, HANDLE)
    report = find_report(session, report_id, actor=actor)
    if report.photo is None:
        raise NotFound("There is nothing at this address.")
    try:
        return stream(photo_key(report.photo), MEDIA_TYPE, report.photo)
    except FileNotFoundError as error:
        raise NotFound("This file is missing from the storage.") from error
