"""Filing a report, an officer's acts on it, and erasing what has had its day; these flush and never commit."""

from __future__ import annotations

import datetime as dt
import hashlib
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.secrets import hash_secret, make_secret
from app.catalogue import KINDS
from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict, InvalidInput
from app.core.text import fold
from app.records.shown import read_accepted
from app.visitors.models import ENDED, Report, ReportEvent, ReportLink, ReportStatus, ReportUnit
from app.visitors.photos import Photo
from app.visitors.queries import find_report

# The same said again within these days, and not yet seen to, is the same report.
_REPEATS = dt.timedelta(days=7)
_MONTH_DAYS = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Sent:
    """What came with a form: as `ReportSchema` gives it, about which public record, in which language.

    `suspicion` is empty, or a word for why a program may have sent it. `nonce` is the form's own secret, which makes
    it the same report when a bad line has it sent twice; None where that cannot be told.
    """

    kind: str
    text: str
    place: str
    contact: str
    lon: float | None
    lat: float | None
    code: str | None
    language: str
    photo: Photo | None = None
    suspicion: str = ""
    nonce: str | None = None

    @property
    def digest(self) -> str:
        """What repeats have in common: all that an officer would read, but for where the visitor stood."""
        seen = self.photo.sha256 if self.photo else ""
        parts = (self.code or "", self.kind, fold(self.text), fold(self.place), fold(self.contact), seen)
        return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


def file_report(session: Session, sent: Sent) -> tuple[Report, str]:
    """Keep a report, or fold it into the one that says the same and is not yet seen to; gives the link's secret, too.

    A repeat gets a link of its own, unless it is the same form once more. A repeat that is not suspect lifts the
    suspicion of the first.
    """
    secret = sent.nonce or make_secret()
    known = session.get(ReportLink, hash_secret(secret))
    if known is not None:
        if known.report.digest == sent.digest:
            return known.report, secret
        # The way back and another report by the same form.
        secret = make_secret()
    found = session.scalar(
        sa.select(Report)
        .where(Report.digest == sent.digest, Report.received_at > now() - _REPEATS, Report.status.not_in(ENDED))
        .order_by(Report.id)
        .limit(1)
    )
    if found is None:
        found = _new(session, sent)
    else:
        found.repeats += 1
        found.suspicion = found.suspicion and sent.suspicion
    session.add(ReportLink(secret_hash=hash_secret(secret), report_id=found.id))
    session.flush()
    return found, secret


def _new(session: Session, sent: Sent) -> Report:
    made = Report(
        kind=sent.kind,
        text=sent.text,
        place=sent.place,
        contact=sent.contact,
        lon=sent.lon,
        lat=sent.lat,
        code=sent.code,
        language=sent.language,
        photo=sent.photo.name if sent.photo else None,
        suspicion=sent.suspicion,
        digest=sent.digest,
    )
    accepted = read_accepted(session, [sent.code]).get(sent.code) if sent.code else None
    if accepted is not None and accepted.kind in KINDS:
        subject = KINDS.subject(session, KINDS[accepted.kind], accepted.payload)
        made.record_kind, made.is_placed = subject.kind, subject.places is not None
        made.units = [
            ReportUnit(place=number, unit=unit)
            for number, units in enumerate(subject.places or ())
            for unit in sorted(units)
        ]
    session.add(made)
    session.flush()
    return made


@dataclass(frozen=True, slots=True)
class Decision:
    """What an officer makes of a report: the status, the answer that the visitor reads, a note for colleagues."""

    status: str
    answer: str
    note: str
    is_trusted: bool = False


def handle_report(session: Session, report_id: int, version: int, made: Decision, *, actor: User) -> Report:
    """Give a report a status and an answer, and write down who did.

    Raises `NotFound` where it is not the officer's, `Conflict` when somebody else was first, `InvalidInput` for an end
    without an answer, and for the status that only new ones have.
    """
    report = find_report(session, report_id, actor=actor)
    if report.version != version:
        raise Conflict("Somebody else has changed this report meanwhile. Look at it again, then decide.")
    if report.erased_at is not None:
        raise Conflict("This report was erased for its age; nobody reads an answer to it.")
    if made.status not in set(ReportStatus) - {ReportStatus.RECEIVED}:
        raise InvalidInput("Choose how far the report has come.", field="status")
    if made.status in ENDED and not made.answer:
        raise InvalidInput("Tell the visitor what was done, or why not.", field="answer")
    report.status, report.answer = made.status, made.answer
    if made.is_trusted:
        report.suspicion = ""
    report.changed_at = now()
    report.version += 1
    report.events.append(
        ReportEvent(actor=actor, status=made.status, answer=made.answer, note=made.note, is_trusted=made.is_trusted)
    )
    session.flush()
    return report


def erase_old(session: Session, settings: Settings) -> int:
    """Blank what visitors wrote in reports that came so many months ago, and what was answered; gives how many.

    What is left tells of nobody: the record, what was wrong, the days and the statuses. Photos go with
    `remove_unnamed`, to which they are then unnamed.
    """
    at = now()
    before = at - dt.timedelta(days=settings.reports_months * _MONTH_DAYS)
    old = sa.select(Report).where(Report.received_at < before, Report.erased_at.is_(None))
    count = 0
    for report in session.scalars(old):
        report.text = report.place = report.contact = report.answer = report.digest = ""
        report.lon = report.lat = report.photo = None
        report.erased_at = at
        for event in report.events:
            event.answer = event.note = ""
        count += 1
    session.flush()
    return count
