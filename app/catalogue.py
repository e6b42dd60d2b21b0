"""KINDS: the one list of record kinds, by name."""

from __future__ import annotations

from app.heritage.kinds import KINDS as HERITAGE
from app.records.kinds import Kind

KINDS: dict[str, Kind] = {kind.name: kind for kind in HERITAGE}
