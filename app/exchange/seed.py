"""Loading the province's data that comes with the project, through the same import that officers use."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.config import ROOT, Settings
from app.exchange.coercion import part_names
from app.exchange.imports import Report, import_records, import_reference
from app.exchange.sheets import read_sheet, read_sheets
from app.heritage.dossiers.holidays import write_rules
from app.heritage.dossiers.regulations import write_regulations
from app.heritage.dossiers.schemas import HolidayRuleSchema, RegulationSchema
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.publication import operations as publication
from app.records import index
from app.records.drafts import open_changeset
from app.records.models import ChangesetKind, Record
from app.records.operations import submit
from app.vocabularies.operations import write_concepts
from app.vocabularies.schemas import ConceptSchema

SEED = ROOT / "seed"
# Records before the decisions that name them; what is named before what names it.
_SEEDED = ("site", "artefact", "intangible", "decision", "event", "place", "itinerary")


def load_seed(
    session: Session, settings: Settings, *, folder: Path = SEED, tell: Callable[[str], None] = lambda _: None
) -> list[Report]:
    """Load the seed's concepts, units, regulations and records of every kind, and publish the records that are new.

    Everything happens in one transaction, which the caller commits: all or nothing. The actors are `seed-import`, who
    writes, and `seed-review`, who accepts and publishes. A second run changes nothing; what an officer has changed or
    withdrawn since stays as they left it. `tell` is told what is being done. Raises `InvalidInput` naming file and
    line.
    """
    writer = system_actor(session, "seed-import", Role.ADMIN)
    reviewer = system_actor(session, "seed-review", Role.REVIEWER)
    tell("concepts")
    concepts = list(read_sheet(folder / "concepts.csv"))
    reports = [import_reference(session, ConceptSchema(), "concept", concepts, write_concepts, actor=writer)]
    tell("administrative units")
    units = list(read_sheet(folder / "units.csv"))
    reports.append(import_reference(session, UnitSchema(), "unit", units, write_units, actor=writer))
    if any(row.verdict != "unchanged" for report in reports for row in report.rows):
        publication.publish_reference(session, settings=settings)
    tell("regulations")
    reports += load_rules(session, folder, writer=writer)
    with index.postponed(session, KINDS):
        reports += _load_records(session, settings, folder, tell=tell, writer=writer, reviewer=reviewer)
    session.flush()
    return reports


def load_rules(session: Session, folder: Path, *, writer: User) -> list[Report]:
    """Import what dossiers are judged by: regulations with their papers, and the rules by which years are proposed."""
    regulations = read_sheets(folder, "regulations", part_names(RegulationSchema()))
    rules = list(read_sheet(folder / "holiday_rules.csv"))
    return [
        import_reference(session, RegulationSchema(), "regulation", regulations, write_regulations, actor=writer),
        import_reference(session, HolidayRuleSchema(), "holiday rule", rules, write_rules, actor=writer),
    ]


def _load_records(
    session: Session, settings: Settings, folder: Path, *, tell: Callable[[str], None], writer: User, reviewer: User
) -> list[Report]:
    """Import the sheets of every kind as one changeset, which is reviewed and its new records published."""
    reports: list[Report] = []
    changeset = open_changeset(session, title="seed", actor=writer, kind=ChangesetKind.IMPORT)
    for name in _SEEDED:
        kind = KINDS[name]
        tell(kind.plural)
        rows = read_sheets(folder, kind.plural, part_names(kind.schema()))
        reports.append(import_records(session, KINDS, kind, rows, changeset=changeset, actor=writer, settings=settings))
    session.refresh(changeset)
    if changeset.revisions:
        tell("review")
        submit(session, KINDS, changeset, actor=writer, settings=settings)
        publication.accept(session, changeset, actor=reviewer, settings=settings)
        created = [row.code for report in reports for row in report.rows if row.verdict == "created"]
        tell("publication")
        records = session.scalars(sa.select(Record).where(Record.code.in_(created)).order_by(Record.id)).all()
        publication.publish(session, records, actor=reviewer, settings=settings)
    else:
        session.delete(changeset)
    return reports
