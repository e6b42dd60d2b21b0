"""Reading concepts: whole schemes at once, for labels and for checking codes."""

from __future__ import annotations

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.errors import InvalidInput
from app.vocabularies.models import Concept

MEMO = "concept codes"


def read_vocabulary(session: Session) -> dict[str, dict[str, Concept]]:
    """Give every concept by scheme and code, each scheme in its own order."""
    vocabulary: dict[str, dict[str, Concept]] = {}
    for concept in session.scalars(sa.select(Concept).order_by(Concept.scheme, Concept.position, Concept.code)):
        vocabulary.setdefault(concept.scheme, {})[concept.code] = concept
    return vocabulary


def require_concept(session: Session, scheme: str, code: str, field: str) -> None:
    """Raise `InvalidInput`, listing what there is, unless the scheme has the code.

    The codes are read once per session; `write_concepts` makes it forget them.
    """
    known: dict[str, list[str]] | None = session.info.get(MEMO)
    if known is None:
        known = session.info[MEMO] = {}
        for found, value in session.execute(sa.select(Concept.scheme, Concept.code).order_by(Concept.position)):
            known.setdefault(found, []).append(value)
    codes = known.get(scheme, [])
    if code not in codes:
        raise InvalidInput(
            "%(field)s: “%(value)s” is not in the list %(scheme)s; there are %(choices)s.",
            field=field,
            value=code,
            scheme=scheme,
            choices=", ".join(codes) or "none",
        )
