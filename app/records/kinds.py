"""What a kind of record brings: its names, its schema, and how its payload becomes rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from marshmallow import Schema
from sqlalchemy.orm import Session

from app.config import Settings
from app.records.models import Record


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of record, `site` for instance.

    `apply(session, settings, record, data)` writes a payload that `schema` has loaded into the record's typed rows,
    and raises `InvalidInput` where it names something that does not exist.
    """

    name: str
    plural: str
    model: type[Record]
    schema: type[Schema]
    apply: Callable[[Session, Settings, Any, dict[str, Any]], None]
