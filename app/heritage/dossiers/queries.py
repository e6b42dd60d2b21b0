"""Looking dossiers up: lists by state, day, person and debtor, one with its checklist, the open ones of a record."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import InstrumentedAttribute, Session, joinedload, selectinload
from sqlalchemy.sql.expression import ColumnElement

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted, is_permitted_anywhere
from app.core.errors import NotFound
from app.core.paging import read_cursor, write_cursor
from app.heritage.dossiers.checklist import Held, Item, make_checklist
from app.heritage.dossiers.facts import About, read_about
from app.heritage.dossiers.models import CLOSED, ENDED, Dossier, DossierPaper, DossierStep, Regulation
from app.heritage.models import LocationPolicy, Zone
from app.heritage.policies import binding_policies
from app.media.models import Medium, Placement, StoredFile
from app.records.kinds import Kinds
from app.records.models import Record
from app.records.shown import read_accepted

_ORDER = "dossiers"
_FAR = dt.date(9999, 12, 31)
# So many open dossiers are looked through for those in which somebody owes something.
MOST_LOOKED_THROUGH = 500


@dataclass(frozen=True, slots=True)
class DossierQuery:
    """Which dossiers are asked for; None binds nothing. `today` is the day by which something is overdue.

    `due_until` asks for those that are due by a day and not overdue; `debtor` for those in which somebody owes a paper,
    which is found out by looking at each.
    """

    today: dt.date
    state: str | None = None
    procedure: str | None = None
    record_id: int | None = None
    one_stop_code: str | None = None
    responsible_id: int | None = None
    is_overdue: bool = False
    due_until: dt.date | None = None
    is_open: bool = False
    debtor: str | None = None
    cursor: str | None = None
    limit: int = 50


def _conditions(query: DossierQuery) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    for column, value in (
        (Dossier.state, query.state),
        (Dossier.record_id, query.record_id),
        (Dossier.responsible_id, query.responsible_id),
    ):
        if value is not None:
            found.append(column == value)
    if query.one_stop_code is not None:
        found.append(sa.func.lower(Dossier.one_stop_code) == query.one_stop_code.lower())
    if query.procedure is not None:
        found.append(Dossier.regulation_id.in_(sa.select(Regulation.id).where(Regulation.procedure == query.procedure)))
    if query.is_overdue:
        found += [Dossier.state.not_in(ENDED), Dossier.due_on < query.today]
    if query.due_until is not None:
        found += [Dossier.state.not_in(ENDED), Dossier.due_on.between(query.today, query.due_until)]
    if query.is_open or query.debtor is not None:
        found.append(Dossier.state.not_in(CLOSED))
    return found


def _whole(query: sa.Select[Dossier]) -> sa.Select[Dossier]:
    return query.options(
        joinedload(Dossier.regulation),
        joinedload(Dossier.record),
        joinedload(Dossier.applicant_party),
        joinedload(Dossier.responsible).lazyload(User.roles),
        selectinload(Dossier.steps).joinedload(DossierStep.actor).lazyload(User.roles),
        selectinload(Dossier.papers).options(
            joinedload(DossierPaper.owed_party), joinedload(DossierPaper.changed_by).lazyload(User.roles)
        ),
    ).execution_options(populate_existing=True)


def read_dossiers(
    session: Session, kinds: Kinds, query: DossierQuery, *, actor: User
) -> tuple[list[tuple[Dossier, list[Item]]], str | None]:
    """Give a page of dossiers with their checklists, what is due first on top, and the next page's cursor.

    Where it is asked who owes something, all that are found come on one page. Raises `InvalidInput` for a cursor of
    another list.
    """
    due = sa.func.coalesce(Dossier.due_on, sa.literal(_FAR, sa.Date))
    wanted = _whole(sa.select(Dossier)).where(*_conditions(query)).order_by(due, Dossier.id.desc())
    if query.debtor is not None:
        rows = session.scalars(wanted.limit(MOST_LOOKED_THROUGH)).all()
        lists = read_checklists(session, kinds, rows, actor=actor)
        return [
            (row, lists[row.id])
            for row in rows
            if any(item.is_owed and item.owed_by == query.debtor for item in lists[row.id])
        ], None
    if query.cursor:
        ordinal, key = (int(part) for part in read_cursor(query.cursor, _ORDER, (int, int)))
        day = dt.date.fromordinal(min(max(ordinal, 1), _FAR.toordinal()))
        last = sa.literal(day, sa.Date)
        wanted = wanted.where(sa.or_(due > last, sa.and_(due == last, Dossier.id < min(key, 2**31 - 1))))
    rows = session.scalars(wanted.limit(query.limit + 1)).all()
    page = rows[: query.limit]
    lists = read_checklists(session, kinds, page, actor=actor)
    found = [(row, lists[row.id]) for row in page]
    if len(rows) <= query.limit:
        return found, None
    return found, write_cursor(_ORDER, (page[-1].due_on or _FAR).toordinal(), page[-1].id)


def count_dossiers(session: Session, queries: Mapping[str, DossierQuery], most: int) -> dict[str, int]:
    """Count what meets each of some queries, in one statement; `most + 1` stands for more."""
    counts = [
        sa.select(sa.func.count())
        .select_from(sa.select(Dossier.id).where(*_conditions(query)).limit(most + 1).subquery())
        .scalar_subquery()
        for query in queries.values()
    ]
    return dict(zip(queries, map(int, session.execute(sa.select(*counts)).one()), strict=True))


def find_dossier(session: Session, dossier_id: int) -> Dossier:
    """Give a dossier with its papers and steps; raises `NotFound`."""
    found = session.scalar(_whole(sa.select(Dossier)).where(Dossier.id == dossier_id))
    if found is None:
        raise NotFound("There is no such dossier.")
    return found


def has_dossiers(record_id: ColumnElement[int] | InstrumentedAttribute[int]) -> ColumnElement[bool]:
    """Say of a record's key whether any dossier is about it."""
    return sa.exists().where(Dossier.record_id == record_id)


def open_dossiers(session: Session, record_id: int) -> Sequence[Dossier]:
    """Give the dossiers about a record that are not closed, the newest first."""
    query = sa.select(Dossier).where(Dossier.record_id == record_id, Dossier.state.not_in(CLOSED))
    whole = query.options(joinedload(Dossier.regulation), joinedload(Dossier.responsible).lazyload(User.roles))
    return session.scalars(whole.order_by(Dossier.id.desc())).all()


def bearing_code(session: Session, dossier: Dossier) -> Sequence[Dossier]:
    """Give the other dossiers that bear the same code in the one-stop system: one may ask for several records."""
    if not dossier.one_stop_code:
        return []
    query = sa.select(Dossier).where(Dossier.one_stop_code == dossier.one_stop_code, Dossier.id != dossier.id)
    return session.scalars(query.options(joinedload(Dossier.record)).order_by(Dossier.id).limit(50)).all()


def read_checklists(
    session: Session, kinds: Kinds, dossiers: Sequence[Dossier], *, actor: User
) -> dict[int, list[Item]]:
    """Give the checklists of dossiers by their keys, in as many statements for many as for one.

    What stands at a site whose place the actor may not see is not counted to them.
    """
    if not dossiers:
        return {}
    records = {dossier.record_id: dossier.record for dossier in dossiers}
    abouts = read_about(session, records)
    for key in _hidden(session, kinds, list(records.values()), actor):
        abouts[key].artefacts = abouts[key].documents = 0
    held = _read_held(session, records, {code for one in dossiers for row in one.papers for code in row.media})
    found = {}
    for dossier in dossiers:
        named = {code for row in dossier.papers for code in row.media}
        mine = held.get(dossier.record_id, {})
        loose = {code: one for code, one in held.get(None, {}).items() if code in named and code not in mine}
        everything = [*mine.values(), *loose.values()]
        found[dossier.id] = make_checklist(dossier, abouts.get(dossier.record_id, About()), everything)
    return found


def _read_held(session: Session, record_ids: Iterable[int], codes: Iterable[str]) -> dict[int | None, dict[str, Held]]:
    """Give the media that stand with records or their zones, by record and code; under None those of some codes."""
    owners = {key: key for key in record_ids}
    of_zones = sa.select(Zone.id, sa.type_coerce(Zone.site_id, sa.Integer))
    zones = session.execute(of_zones.where(Zone.site_id.in_(sorted(owners)), Zone.deleted_at.is_(None))).all()
    owners |= dict(zones)
    standing = (
        sa.select(Placement.target_id, Placement.role, Medium, StoredFile)
        .join(Medium, Medium.id == Placement.medium_id)
        .join(StoredFile, StoredFile.id == Medium.file_id)
        .where(Placement.target_id.in_(sorted(owners)), Medium.deleted_at.is_(None))
        .order_by(Medium.code)
    )
    found: dict[int | None, dict[str, Held]] = {}
    for target, role, medium, file in session.execute(standing):
        mine = found.setdefault(owners[target], {})
        known = mine.get(medium.code)
        mine[medium.code] = Held(medium, file, (known.roles if known else frozenset()) | {role})
    wanted = sorted(codes)
    if wanted:
        named = sa.select(Medium, StoredFile).join(StoredFile, StoredFile.id == Medium.file_id)
        rows = session.execute(named.where(Medium.code.in_(wanted), Medium.deleted_at.is_(None)))
        found[None] = {medium.code: Held(medium, file, frozenset()) for medium, file in rows}
    return found


def read_media_about(session: Session, dossier: Dossier) -> list[Held]:
    """Give the media that stand with the record of a dossier or its zones, or that it names, by code."""
    named = {code for row in dossier.papers for code in row.media}
    found = _read_held(session, [dossier.record_id], named)
    return sorted(
        {**found.get(None, {}), **found.get(dossier.record_id, {})}.values(), key=lambda held: held.medium.code
    )


def _hidden(session: Session, kinds: Kinds, records: Sequence[Record], actor: User) -> set[int]:
    """Give the keys of the sites at which nothing is told to stand: their places are told less than exactly."""
    if is_permitted_anywhere(actor, Permission.SEE_SENSITIVE):
        return set()
    policies = binding_policies(session, [record.code for record in records if record.kind == "site"])
    restricted = [record for record in records if policies.get(record.code, LocationPolicy.EXACT) != "exact"]
    if not restricted or not is_permitted(actor, Permission.SEE_SENSITIVE):
        return {record.id for record in restricted}
    accepted = read_accepted(session, [record.code for record in restricted])
    return {
        record.id
        for record in restricted
        if record.code not in accepted
        or not is_permitted(
            actor,
            Permission.SEE_SENSITIVE,
            kinds.subject(session, kinds[record.kind], accepted[record.code].payload),
        )
    }
