"""Dossiers with their papers and steps, and what they are judged by: regulations, required papers, days of rest."""

from __future__ import annotations

import datetime as dt
import enum

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, mapped_column, relationship

from app.accounts.models import User
from app.core.db import Model, UtcDateTime, now
from app.heritage.models.party import Party
from app.records.models import Record

# No dossier is older.
FIRST_DAY = dt.date(1945, 9, 2)


class Procedure(enum.StrEnum):
    """What a dossier asks for."""

    RANK = "rank"
    SUPPLEMENT = "supplement"
    ADJUST_BOUNDARY = "adjust_boundary"
    CANCEL = "cancel"
    REGISTER = "register"


# The kind of record that a procedure is about.
KIND_OF = dict.fromkeys(Procedure, "site") | {Procedure.REGISTER: "artefact"}


class Debtor(enum.StrEnum):
    """Who owes a paper."""

    APPLICANT = "applicant"
    OFFICE = "office"
    COMMUNE = "commune"
    OTHER = "other"


class Verdict(enum.StrEnum):
    """What is the matter with a required paper."""

    THERE = "there"
    MISSING = "missing"
    OUTDATED = "outdated"
    NOT_APPLICABLE = "not_applicable"


OWED = frozenset({Verdict.MISSING, Verdict.OUTDATED})


class State(enum.StrEnum):
    """How far a dossier has come; `steps.NEXT` says what leads where."""

    PREPARING = "preparing"
    RECEIVED = "received"
    SUPPLEMENT = "supplement"
    IN_WORK = "in_work"
    CONSULTED = "consulted"
    SUBMITTED = "submitted"
    DECIDED = "decided"
    RETURNED = "returned"
    WITHDRAWN = "withdrawn"


# After these a dossier's clock stands for good; after the last two nothing follows.
ENDED = frozenset({State.DECIDED, State.RETURNED, State.WITHDRAWN})
CLOSED = frozenset({State.RETURNED, State.WITHDRAWN})


class Regulation(Model):
    """What a procedure asks for under a law, from when until when, and how long it may take; a reference table.

    `basis` is the law or circular, `source` where that was read and what of it is in doubt. `limit_days` empty means
    that no time limit is known. `is_own` says that the office changed it: the seed then leaves it alone.
    """

    __tablename__ = "regulations"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(60), unique=True)
    procedure: Mapped[str] = mapped_column(sa.String(30))
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    basis: Mapped[str] = mapped_column(sa.Text, default="")
    valid_from: Mapped[dt.date | None]
    valid_until: Mapped[dt.date | None]
    limit_days: Mapped[int | None]
    limit_unit: Mapped[str] = mapped_column(sa.String(10), default="working")
    source: Mapped[str] = mapped_column(sa.Text, default="")
    note: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    is_own: Mapped[bool] = mapped_column(default=False)
    version: Mapped[int] = mapped_column(default=1)
    papers: Mapped[list[RequiredPaper]] = relationship(
        cascade="all, delete-orphan", order_by="(RequiredPaper.position, RequiredPaper.code)", lazy="selectin"
    )

    def is_in_force(self, day: dt.date) -> bool:
        """Tell whether it holds on a day, as far as its dates are known."""
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day <= self.valid_until
        )


class RequiredPaper(Model):
    """A paper that a regulation asks for.

    `condition` names a fact without which it is not asked for (`facts.CONDITIONS`). `forms` are the file forms that all
    have to be there, of each one of several (`docx/doc`); none for a paper that need be no file. `roles` are those of
    media that can be it, `facts` what the record itself can show in its place (`facts.FACTS`). `owed_by` is who owes it
    unless somebody says otherwise. What is dated before `valid_since` is no longer valid, as `obsolete` explains.
    """

    __tablename__ = "regulation_papers"
    __table_args__ = (sa.UniqueConstraint("regulation_id", "code"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    regulation_id: Mapped[int] = mapped_column(sa.ForeignKey("regulations.id"))
    code: Mapped[str] = mapped_column(sa.String(60))
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    condition: Mapped[str | None] = mapped_column(sa.String(40))
    forms: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    roles: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    facts: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    owed_by: Mapped[str] = mapped_column(sa.String(20), default=Debtor.APPLICANT)
    valid_since: Mapped[dt.date | None]
    obsolete: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    note: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    is_retired: Mapped[bool] = mapped_column(default=False)
    is_own: Mapped[bool] = mapped_column(default=False)


class DayKind(enum.StrEnum):
    """A day of rest, or a day of rest that is worked in exchange for another."""

    HOLIDAY = "holiday"
    WORKED = "worked"


class Holiday(Model):
    """A day of rest, or a weekend day that is worked; `rule` proposed it, empty for one that somebody entered.

    `is_on` says that it counts. `is_own` says that the office changed it: proposing the year again leaves it alone.
    """

    __tablename__ = "holidays"
    __table_args__ = (sa.UniqueConstraint("day", "rule"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    day: Mapped[dt.date]
    kind: Mapped[str] = mapped_column(sa.String(10), default=DayKind.HOLIDAY)
    rule: Mapped[str] = mapped_column(sa.String(60), default="")
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    is_on: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(sa.Text, default="")
    is_own: Mapped[bool] = mapped_column(default=False)


class HolidayYear(Model):
    """That a year's days of rest were proposed, and who confirmed them when, on what basis; the year is the key."""

    __tablename__ = "holiday_years"

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    confirmed_at: Mapped[dt.datetime | None] = mapped_column(UtcDateTime)
    confirmed_by_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"))
    basis: Mapped[str] = mapped_column(sa.Text, default="")
    confirmed_by: Mapped[User | None] = relationship()


class HolidayRule(Model):
    """A rule by which days of rest are proposed, see `rest_days.RestRule`."""

    __tablename__ = "holiday_rules"

    id: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(sa.String(40), unique=True)
    position: Mapped[int] = mapped_column(default=0)
    name: Mapped[dict[str, str]] = mapped_column(sa.JSON)
    calendar: Mapped[str] = mapped_column(sa.String(10))
    month: Mapped[int]
    day: Mapped[int]
    shift: Mapped[int] = mapped_column(default=0)
    days: Mapped[int] = mapped_column(default=1)
    is_on: Mapped[bool] = mapped_column(default=True)
    is_moved: Mapped[bool] = mapped_column(default=True)
    source: Mapped[str] = mapped_column(sa.Text, default="")
    is_own: Mapped[bool] = mapped_column(default=False)


class Dossier(Model):
    """A dossier about a record: a site, or an artefact that is to be registered.

    The dossier itself lies in the one-stop system; `one_stop_code` and `one_stop_url` are where. The applicant is a
    party of the register or somebody in words, `applicant_role` what others are told of them (`custodian_roles`).
    `due_on` is what the clock says, kept for lists; `version` counts the changes.
    """

    __tablename__ = "dossiers"

    id: Mapped[int] = mapped_column(primary_key=True)
    regulation_id: Mapped[int] = mapped_column(sa.ForeignKey("regulations.id"), index=True)
    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    one_stop_code: Mapped[str] = mapped_column(sa.String(200), default="", index=True)
    one_stop_url: Mapped[str] = mapped_column(sa.Text, default="")
    state: Mapped[str] = mapped_column(sa.String(20), default=State.PREPARING)
    applicant_party_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    applicant: Mapped[str] = mapped_column(sa.Text, default="")
    applicant_role: Mapped[str] = mapped_column(sa.String(40), default="")
    responsible_id: Mapped[int | None] = mapped_column(sa.ForeignKey("users.id"), index=True)
    note: Mapped[str] = mapped_column(sa.Text, default="")
    received_on: Mapped[dt.date | None]
    due_on: Mapped[dt.date | None]
    version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    regulation: Mapped[Regulation] = relationship()
    record: Mapped[Record] = relationship()
    applicant_party: Mapped[Party | None] = relationship(foreign_keys=[applicant_party_id])
    responsible: Mapped[User | None] = relationship()
    steps: Mapped[list[DossierStep]] = relationship(cascade="all, delete-orphan", order_by="DossierStep.id")
    papers: Mapped[list[DossierPaper]] = relationship(cascade="all, delete-orphan")

    @property
    def is_closed(self) -> bool:
        """Whether nothing more is done with it."""
        return self.state in CLOSED


class DossierStep(Model):
    """That a dossier came into a state on a day; appended, never changed.

    A step that was wrong is taken back by another one, whose `cancels_id` names it and whose state is the one before.
    """

    __tablename__ = "dossier_steps"

    id: Mapped[int] = mapped_column(primary_key=True)
    dossier_id: Mapped[int] = mapped_column(sa.ForeignKey("dossiers.id"), index=True)
    state: Mapped[str] = mapped_column(sa.String(20))
    happened_on: Mapped[dt.date]
    note: Mapped[str] = mapped_column(sa.Text, default="")
    at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    actor_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    cancels_id: Mapped[int | None] = mapped_column(sa.ForeignKey("dossier_steps.id"))
    actor: Mapped[User] = relationship()


class DossierPaper(Model):
    """What somebody said of a required paper of a dossier; what is empty is as the register finds it by itself.

    `media` are codes of media that are it. `reason` says why it is in a form no longer valid, or not asked for.
    """

    __tablename__ = "dossier_papers"

    dossier_id: Mapped[int] = mapped_column(sa.ForeignKey("dossiers.id"), primary_key=True)
    paper_id: Mapped[int] = mapped_column(sa.ForeignKey("regulation_papers.id"), primary_key=True)
    verdict: Mapped[str | None] = mapped_column(sa.String(20))
    media: Mapped[list[str]] = mapped_column(sa.JSON, default=list)
    reason: Mapped[str] = mapped_column(sa.Text, default="")
    note: Mapped[str] = mapped_column(sa.Text, default="")
    owed_by: Mapped[str | None] = mapped_column(sa.String(20))
    owed_party_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parties.id"), index=True)
    owed_since: Mapped[dt.date | None]
    changed_at: Mapped[dt.datetime] = mapped_column(UtcDateTime, default=now)
    changed_by_id: Mapped[int] = mapped_column(sa.ForeignKey("users.id"))
    owed_party: Mapped[Party | None] = relationship()
    changed_by: Mapped[User] = relationship()
