"""Looking reports up: the visitor's by a private link, the officers' as far as their scopes reach."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased, joinedload, selectinload
from sqlalchemy.sql.expression import ColumnElement

from app.accounts.models import RoleGrant, User
from app.accounts.permissions import Permission, is_permitted, permissions_of
from app.accounts.secrets import hash_secret
from app.core.errors import Gone, NotFound
from app.core.paging import read_cursor, write_cursor
from app.visitors.models import Report, ReportEvent, ReportLink, ReportStatus, ReportUnit

# Who may change a record may see what visitors say of it, and answer.
HANDLE = Permission.EDIT
_ORDER = "reports"
_MOST = 1000


def find_by_secret(session: Session, secret: str) -> Report:
    """Give the report that a private link opens; raises `NotFound`, and `Gone` when it was erased for its age."""
    link = session.get(ReportLink, hash_secret(secret))
    if link is None:
        raise NotFound("There is no report at this address. Compare it with the one that you kept, to the last letter.")
    if link.report.erased_at is not None:
        raise Gone("This report was erased for its age, as was said when it was sent.")
    return link.report


def within_scope(actor: User) -> ColumnElement[bool]:
    """Say which reports an officer handles: what `is_permitted` says of the records, as a condition of a list.

    Those about no record are for whom no scope binds.
    """
    if not is_permitted(actor, HANDLE):
        return sa.false()
    grants = [grant for grant in actor.roles if HANDLE in permissions_of(grant)]
    if any(not grant.is_scoped for grant in grants):
        return sa.true()
    is_of_kind = [_is_of_kind(grant) for grant in grants]
    everywhere = [_is_of_kind(grant) for grant in grants if grant.unit is None]
    # Every place of the record must lie in one of the units.
    other, same = aliased(ReportUnit), aliased(ReportUnit)
    held = sa.exists().where(
        same.report_id == other.report_id,
        same.place == other.place,
        sa.or_(sa.false(), *(sa.and_(same.unit == g.unit, _is_of_kind(g)) for g in grants if g.unit is not None)),
    )
    is_within = sa.and_(
        sa.exists().where(other.report_id == Report.id), ~sa.exists().where(other.report_id == Report.id, ~held)
    )
    reached = sa.or_(sa.false(), *everywhere, sa.and_(sa.or_(*is_of_kind), sa.or_(~Report.is_placed, is_within)))
    return sa.and_(Report.record_kind != "", reached)


def _is_of_kind(grant: RoleGrant) -> ColumnElement[bool]:
    return Report.record_kind.in_(grant.kinds) if grant.kinds else sa.true()


@dataclass(frozen=True, slots=True)
class ReportQuery:
    """Which reports are asked for; None binds nothing. Those that look like a program's are asked for by themselves."""

    status: str | None = None
    kind: str | None = None
    code: str | None = None
    is_suspect: bool = False
    cursor: str | None = None
    limit: int = 50


def _conditions(actor: User, query: ReportQuery) -> list[ColumnElement[bool]]:
    found = [within_scope(actor), Report.suspicion != "" if query.is_suspect else Report.suspicion == ""]
    pairs = ((Report.status, query.status), (Report.kind, query.kind), (Report.code, query.code))
    return found + [column == value for column, value in pairs if value is not None]


def read_reports(session: Session, query: ReportQuery, *, actor: User) -> tuple[Sequence[Report], str | None]:
    """Give a page of the reports that an officer handles, the newest first, and the next page's cursor.

    Raises `InvalidInput` for a cursor of another list.
    """
    wanted = sa.select(Report).where(*_conditions(actor, query))
    if query.cursor:
        (last,) = read_cursor(query.cursor, _ORDER, (int,))
        wanted = wanted.where(Report.id < min(int(last), 2**31 - 1))
    rows = session.scalars(wanted.order_by(Report.id.desc()).limit(query.limit + 1)).all()
    page = rows[: query.limit]
    return page, write_cursor(_ORDER, page[-1].id) if len(rows) > query.limit else None


def count_reports(session: Session, queries: Sequence[ReportQuery], most: int, *, actor: User) -> list[int]:
    """Count what meets each of some queries, in one statement; `most + 1` stands for more."""
    counts = []
    for query in queries:
        found = sa.select(Report.id).where(*_conditions(actor, query)).limit(most + 1).subquery()
        counts.append(sa.select(sa.func.count()).select_from(found).scalar_subquery())
    return [int(count) for count in session.execute(sa.select(*counts)).one()]


def count_new(session: Session, most: int, *, actor: User) -> tuple[int, int]:
    """Count the reports that nobody has looked at, and those among them that look like a program's."""
    queries = [ReportQuery(status=ReportStatus.RECEIVED, is_suspect=suspect) for suspect in (False, True)]
    new, suspect = count_reports(session, queries, most, actor=actor)
    return new, suspect


def is_reported(code: ColumnElement[str] | InstrumentedAttribute[str]) -> ColumnElement[bool]:
    """Say of a record's code whether any report is about it, whoever handles that."""
    return sa.exists().where(Report.code == code)


def count_about(session: Session, code: str, *, actor: User) -> int:
    """Count the reports about a record that an officer handles, but for those that look like a program's."""
    return count_reports(session, [ReportQuery(code=code)], _MOST, actor=actor)[0]


def find_report(session: Session, report_id: int, *, actor: User) -> Report:
    """Give a report with what was done to it; raises `NotFound` where there is none that the officer handles.

    That there is one for others is nobody's to know.
    """
    found = session.scalar(
        sa.select(Report)
        .where(Report.id == report_id, within_scope(actor))
        .options(selectinload(Report.events).options(joinedload(ReportEvent.actor).lazyload(User.roles)))
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound("There is no such report, or it is for officers of another place.")
    return found
