"""Writing concepts: from an import, as a whole list."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.errors import InvalidInput
from app.vocabularies.models import Concept
from app.vocabularies.queries import MEMO
from app.vocabularies.schemas import DETAILS

_PLAIN = ("notation", "parent", "position", "label", "definition", "exact_match")


def write_concepts(session: Session, rows: Sequence[dict[str, Any]], *, actor: User) -> list[str]:
    """Write concepts as `ConceptSchema` loaded them; gives a verdict per row: created, updated or unchanged.

    Raises `InvalidInput` when a concept's parent is not in its scheme.
    """
    require(actor, Permission.WRITE_REFERENCE)
    session.info.pop(MEMO, None)
    concepts = {(concept.scheme, concept.code): concept for concept in session.scalars(sa.select(Concept))}
    verdicts = []
    for row in rows:
        key = (row["scheme"], row["code"])
        values = {name: row[name] for name in _PLAIN}
        values["details"] = {name: row[name] for name in DETAILS if row[name] is not None}
        concept = concepts.get(key)
        if concept is None:
            concept = concepts[key] = Concept(scheme=key[0], code=key[1])
            session.add(concept)
            verdicts.append("created")
        elif any(getattr(concept, name) != value for name, value in values.items()):
            verdicts.append("updated")
        else:
            verdicts.append("unchanged")
        for name, value in values.items():
            setattr(concept, name, value)
    for (scheme, code), concept in concepts.items():
        parent = concept.parent
        if parent and (scheme, parent) not in concepts:
            raise InvalidInput(
                "The concept %(code)s of %(scheme)s has the parent “%(value)s”, which is not there.",
                code=code,
                scheme=scheme,
                value=parent,
            )
    session.flush()
    return verdicts
