"""“Something wrong here?”: the form by which visitors report it, and the private page that tells what became of it."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, Response, redirect, render_template, request
from marshmallow import ValidationError
from sqlalchemy.exc import IntegrityError
from werkzeug.wrappers import Response as BaseResponse

from app.core.clock import VIETNAM
from app.core.db import begin_write, db
from app.core.errors import DisanError, Gone, InvalidInput, NotFound, Unavailable
from app.core.fields import Sentence
from app.http.actor import remote_address
from app.http.i18n import catalogue, content_language, current_language, sentence
from app.http.limits import current_limits
from app.http.logs import hide_path
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.publication.codes import read_by_code
from app.subscriptions.quotas import Policy
from app.visitors.models import Report, ReportKind, ReportStatus
from app.visitors.operations import Sent, file_report
from app.visitors.photos import Photo, find_photo, keep_photo
from app.visitors.queries import find_by_secret
from app.visitors.schemas import LONGEST, ReportSchema
from app.web.context import enter, page_context
from app.web.features import load_feature
from app.web.stamps import make_stamp, open_name, read_stamp, seal_name

KIND_LABELS = {
    ReportKind.DAMAGE: "Something is damaged",
    ReportKind.DANGER: "Something is dangerous",
    ReportKind.INFORMATION: "The information is wrong",
    ReportKind.SIGN: "A sign or the plaque is damaged or missing",
    ReportKind.CLOSED: "It was closed though said to be open",
    ReportKind.OTHER: "Something else",
}
FIELDS = ("kind", "text", "place", "position", "contact")
# No person sees this field, so whoever fills it in is a program, or a browser that was too eager.
HONEYPOT = "website"
# The camera's, and one that was chosen.
_PHOTOS = ("photo", "photo_chosen")
# These can be found only by whoever knows where.
_SOMEWHERE = frozenset({ReportKind.DAMAGE, ReportKind.DANGER, ReportKind.SIGN, ReportKind.CLOSED})
_DAY_S = 86_400


def init_routes(web: Blueprint) -> None:
    """Add the addresses of the form and of the private pages."""
    web.add_url_rule("/<language>/report", "report", show_form, methods=["GET", "POST"])
    web.add_url_rule("/<language>/reports/<secret>", "report_sent", show_report)


@dataclass(frozen=True, slots=True)
class About:
    """The public record that a report is about, as the page names it."""

    code: str
    name: str
    name_lang: str | None
    url: str | None


@dataclass
class _Form:
    """What came with a form, and what is wrong with it; `asked` is the code that it was opened with."""

    asked: str
    about: About | None
    values: dict[str, str] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)
    photo: Photo | None = None
    complaint: str = ""


def show_form(language: str) -> BaseResponse:
    """Show the form, about the record that the address names or about anything; sent, it files the report.

    The form acts for nobody who is known, so it carries no proof of where it comes from.
    """
    enter(language)
    asked = request.values.get("about", "").replace("\x00", "").strip()[:60]
    form = _Form(asked, _find(asked))
    return _take(form) if request.method == "POST" else _page(form)


def _find(code: str) -> About | None:
    """Find what is public under a code; what was withdrawn can be told of in words only."""
    if not code:
        return None
    try:
        found = read_by_code(reading(), code, content_language())
    except (NotFound, Gone):
        return None
    item = load_feature(found.feature)["properties"]
    return About(found.code, item["name"], item.get("name_lang"), item.get("url"))


def _page(form: _Form, status: int = 200) -> Response:
    """Show the form; its stamp is its own, so that no cache may give it to two."""
    rest = f"report?about={form.about.code}" if form.about else "report"
    settings = current_settings()
    response = _private(
        "web/report.html",
        rest,
        status,
        form=form,
        kinds=[(str(kind), _say(label)) for kind, label in KIND_LABELS.items()],
        longest=LONGEST,
        stamp=make_stamp(),
        kept=seal_name(form.photo.name) if form.photo else "",
        is_open=settings.reports_per_day > 0,
        months=settings.reports_months,
        most_mb=settings.reports_photo_mb,
    )
    # What must not be stored, browsers do not fill in again when somebody comes back to it over a broken line.
    response.headers["Cache-Control"] = "private, no-cache"
    return response


def _private(template: str, rest: str, status: int = 200, **values: Any) -> Response:
    paths = {code: f"/{code}/{rest}" for code in current_settings().page_languages}
    response = Response(render_template(template, **page_context(paths), **values), status, mimetype="text/html")
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Content-Language"] = current_language()
    return response


def _say(text: str, **told: object) -> str:
    said = catalogue(current_language()).gettext(text)
    return said % told if told else said


def _take(form: _Form) -> BaseResponse:
    """Read the form; what is wrong is told beside what was typed, what looks like a program's is filed as that."""
    form.values = {name: request.form.get(name, "") for name in FIELDS}
    most = current_settings().reports_per_day
    standing = current_limits().count_address(Policy("reports", most), remote_address(), _DAY_S)
    if standing.is_exceeded:
        form.complaint = _say(
            "From your network so many reports came today that no more are taken. What you wrote is still here: send "
            "it tomorrow or by another network, or tell the staff at the place."
        )
        return _page(form, 429)
    said = _read(form)
    _read_photo(form)
    if form.errors or form.complaint:
        return _page(form, 503 if form.complaint else 422)
    stamp = read_stamp(request.form.get("stamp", ""))
    sent = Sent(
        **said,
        code=form.about.code if form.about else None,
        language=current_language(),
        photo=form.photo,
        suspicion="hidden field" if request.form.get(HONEYPOT) else stamp.suspicion,
        nonce=stamp.nonce,
    )
    return redirect(f"/{current_language()}/reports/{_file(sent)}", 303)


def _read(form: _Form) -> dict[str, Any]:
    schema = ReportSchema(current_settings())
    # A browser ends lines with two characters, and counts one.
    given = {name: text.replace("\r\n", "\n") for name, text in form.values.items()}
    try:
        said: dict[str, Any] = schema.load(given)
    except ValidationError as error:
        messages: dict[str, list[str]] = error.messages_dict
        for name, (first, *_) in messages.items():
            form.errors[name] = sentence(first.error) if isinstance(first, Sentence) else _say(str(first))
        return {}
    if form.about is None and not said["place"] and said["lon"] is None and said["kind"] in _SOMEWHERE:
        form.errors["place"] = _say("Say where it is, so that it can be found.")
    if form.about is None and form.asked:
        said["place"] = "; ".join(part for part in (form.asked, said["place"]) if part)
    return said


def _read_photo(form: _Form) -> None:
    """Keep the photo that came, or find the one that came with the form before."""
    settings = current_settings()
    file = next((file for name in _PHOTOS if (file := request.files.get(name)) and file.filename), None)
    try:
        if file is not None:
            form.photo = keep_photo(file.stream, str(file.filename), settings=settings)
        elif kept := open_name(request.form.get("kept", "")):
            form.photo = find_photo(kept, settings=settings)
    except InvalidInput as error:
        form.errors["photo"] = sentence(error)
    except Unavailable as error:
        form.complaint = sentence(error)


def _file(sent: Sent) -> str:
    """File a report and commit; gives the secret of its private page."""
    session = db.session()
    for is_last in (False, True):
        begin_write(session)
        try:
            _, secret = file_report(session, sent)
            session.commit()
        except IntegrityError:
            # The same form came twice at the same moment; seen afresh, it is there.
            session.rollback()
            if is_last:
                raise
        else:
            break
    return secret


def show_report(language: str, secret: str) -> Response:
    """Tell whoever has the link how far the report has come, and what the officers answer."""
    hide_path(f"/{language}/reports/…")
    enter(language)
    try:
        report = find_by_secret(db.session(), secret)
    except DisanError as error:
        response = _private(
            "web/report_gone.html", "report", 410 if isinstance(error, Gone) else 404, message=sentence(error)
        )
    else:
        response = _private(
            "web/report_sent.html",
            f"reports/{secret}",
            report=report,
            kind=_say(KIND_LABELS[ReportKind(report.kind)]),
            about=_find(report.code or ""),
            steps=_steps(report),
            address=absolute(f"/{language}/reports/{secret}"),
            months=current_settings().reports_months,
        )
    # The address is a secret: no page that this one leads to is told it.
    response.headers["Referrer-Policy"] = "no-referrer"
    return response


_STEPS = {
    ReportStatus.RECEIVED: "Received",
    ReportStatus.SEEN: "Looked at",
    ReportStatus.IN_WORK: "Being dealt with",
    ReportStatus.DONE: "Done",
    ReportStatus.DECLINED: "Closed without action",
}
_AHEAD = (ReportStatus.SEEN, ReportStatus.DONE)


def _steps(report: Report) -> list[dict[str, Any]]:
    """Give the steps that a report has taken, each with its day, and those that lie ahead, without."""
    taken = [(ReportStatus.RECEIVED, report.received_at)]
    for event in report.events:
        if event.status != taken[-1][0]:
            taken.append((ReportStatus(event.status), event.at))
    steps: list[dict[str, Any]] = [{"label": _say(_STEPS[status]), "day": _day(at)} for status, at in taken]
    steps[-1]["is_current"] = True
    order = list(ReportStatus)
    last = order.index(taken[-1][0])
    return steps + [{"label": _say(_STEPS[status])} for status in _AHEAD if order.index(status) > last]


def _day(at: dt.datetime) -> str:
    return at.astimezone(VIETNAM).date().isoformat()
