"""Preparing an engine for use, whichever it is."""

from __future__ import annotations

import sqlalchemy as sa

# Importing `postgis` makes its compilers known, as `sqlite` does.
from app.engine import postgis, sqlite

_PREPARE = {"sqlite": sqlite.configure, "postgresql": postgis.configure}


def configure(engine: sa.Engine) -> None:
    """Make the connections of an engine ready to answer every question; raises KeyError for any other database."""
    _PREPARE[engine.dialect.name](engine)
