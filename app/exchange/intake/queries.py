"""Reading imports for their pages and for the command line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import Session, defer

from app.accounts.models import User
from app.config import Settings
from app.exchange.intake.models import Import, ImportLine, ImportState
from app.exchange.intake.payloads import Plan
from app.exchange.intake.targets import find_target
from app.records.kinds import Kinds

_CHUNK = 500


def own_imports(session: Session, *, actor: User, most: int = 50) -> Sequence[Import]:
    """Give the actor's imports that were not given up, the newest first."""
    query = sa.select(Import).where(Import.actor_id == actor.id, Import.state != ImportState.DROPPED)
    return session.scalars(query.order_by(Import.id.desc()).limit(most)).all()


def plan_of(found: Import, kinds: Kinds, settings: Settings) -> Plan:
    """Give how an import's table is read."""
    kind, languages = kinds[found.kind], settings.languages
    columns = (
        (int(column), find_target(kind, path, languages)) for column, path in sorted(found.mapping.items(), key=_place)
    )
    constants = ((find_target(kind, path, languages), text) for path, text in found.constants.items())
    return Plan(
        kind,
        settings,
        tuple((column, target) for column, target in columns if target is not None),
        tuple((target, text) for target, text in constants if target is not None),
        found.options.get("system"),
    )


def _place(pair: tuple[str, str]) -> int:
    return int(pair[0])


def lines_of(
    session: Session, found: Import, verdicts: Sequence[str], *, after: int = 0, most: int = 50
) -> Sequence[ImportLine]:
    """Give lines of the import's sheet with one of some verdicts (none named: any), by number, from beyond one."""
    query = sa.select(ImportLine).where(
        ImportLine.import_id == found.id, ImportLine.sheet == found.sheet, ImportLine.number > after
    )
    if verdicts:
        query = query.where(ImportLine.verdict.in_(list(verdicts)))
    return session.scalars(query.order_by(ImportLine.number).limit(most)).all()


def every_line(session: Session, found: Import, verdicts: Sequence[str]) -> Iterator[ImportLine]:
    """Give all lines of some verdicts, read a chunk at a time."""
    after = -1
    while chunk := lines_of(session, found, verdicts, after=after, most=_CHUNK):
        yield from chunk
        after = chunk[-1].number
        for line in chunk:
            session.expunge(line)


def first_lines(session: Session, found: Import, sheet: int, most: int) -> Sequence[ImportLine]:
    """Give the first lines of a sheet, whatever has become of them."""
    query = sa.select(ImportLine).where(ImportLine.import_id == found.id, ImportLine.sheet == sheet)
    return session.scalars(query.order_by(ImportLine.number).limit(most).options(defer(ImportLine.payload))).all()


def count_verdicts(session: Session, found: Import) -> dict[str, int]:
    """Count the lines of the import's sheet by verdict."""
    rows = session.execute(
        sa.select(ImportLine.verdict, sa.func.count())
        .where(ImportLine.import_id == found.id, ImportLine.sheet == found.sheet, ImportLine.verdict.is_not(None))
        .group_by(ImportLine.verdict)
    )
    return dict(Counter({str(verdict): int(count) for verdict, count in rows}))
