"""Checking that the codes in a payload are concepts of the register's vocabularies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from app.vocabularies.queries import require_concept


def check_codes(session: Session, scheme: str, codes: Iterable[str | None], field: str) -> None:
    """Raise `InvalidInput` for a code that the scheme does not have; an absent one passes."""
    for code in codes:
        if code is not None:
            require_concept(session, scheme, code, field)


def check_parts(session: Session, data: Mapping[str, Any], name: str, **schemes: str) -> None:
    """Check the codes in a list of parts: `check_parts(s, data, "steles", status="stele_statuses")`."""
    for index, row in enumerate(data[name]):
        for key, scheme in schemes.items():
            check_codes(session, scheme, [row[key]], f"{name}.{index}.{key}")


def check_doubts(session: Session, data: Mapping[str, Any]) -> None:
    """Check the tags of doubts and the types of relations."""
    check_codes(session, "doubts", [row["tag"] for row in data["doubts"]], "doubts.tag")
    check_parts(session, data, "relations", relation="relation_types")
