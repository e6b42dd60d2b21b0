"""Regulations, files and dossiers for tests, written as officers and the seed write them."""

from __future__ import annotations

import datetime as dt
import hashlib
from typing import Any

from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.exchange.imports import import_reference
from app.exchange.seed import SEED, load_rules
from app.exchange.sheets import read_sheet
from app.heritage.dossiers.models import Dossier
from app.heritage.dossiers.operations import open_dossier, take_step
from app.heritage.dossiers.queries import find_dossier
from app.heritage.dossiers.schemas import DossierSchema, StepSchema
from app.media.documents import DOCX, PDF
from app.media.models import StoredFile
from app.records.models import Record
from app.vocabularies.operations import write_concepts
from app.vocabularies.schemas import ConceptSchema
from tests.harness import media, register

TYPES = {"pdf": PDF, "docx": DOCX, "jpg": "image/jpeg"}
REGULATION = "rank-provincial"


def write_rules(session: Session) -> None:
    """Write the vocabulary with the seed's roles of media, and the seed's regulations and rules of days of rest."""
    register.write_vocabulary(session)
    roles = [row for row in read_sheet(SEED / "concepts.csv") if row.cells["scheme"] == "media_roles"]
    actor = system_actor(session, "test-admin", Role.ADMIN)
    import_reference(session, ConceptSchema(), "concept", roles, write_concepts, actor=actor)
    load_rules(session, SEED, writer=actor)


def add_file(session: Session, code: str, record: str, role: str, form: str, **fields: Any) -> None:
    """Accept a medium with a file of a form that stands with a record in a role; the file itself is nowhere."""
    file = StoredFile(
        sha256=hashlib.sha256(code.encode()).hexdigest(),
        name=f"{code}.{form}",
        media_type=TYPES[form],
        byte_count=1000,
        uploaded_by_id=register.editor(session).id,
    )
    session.add(file)
    session.flush()
    kind = "photograph" if form == "jpg" else "document"
    payload = media.medium(file, record, code=code, role=role, medium_type=kind, **fields)
    register.accept(session, ("media", payload))


def open_one(
    session: Session, record: Record, received: dt.date | None = None, *, actor: User | None = None, **fields: Any
) -> Dossier:
    """Open a dossier about a record, received on a day or still being put together."""
    data = DossierSchema().load({"regulation": REGULATION, **fields})
    return open_dossier(session, KINDS, record, data, received, actor=actor or register.editor(session))


def step(
    session: Session, dossier: Dossier, state: str, day: str, note: str = "", *, actor: User | None = None
) -> None:
    """Write down that a dossier came into a state on a day."""
    data = StepSchema().load({"state": state, "happened_on": day, "note": note})
    version = find_dossier(session, dossier.id).version
    take_step(session, KINDS, dossier.id, version, data, actor=actor or register.editor(session))
