"""Preparing an engine for use, whichever it is."""

from __future__ import annotations

import sqlalchemy as sa

# Importing `postgis` makes its compilers known, as `sqlite` does.
from app.engine import postgis, sqlite

_ENGINES = {"sqlite": sqlite, "postgresql": postgis}


def configure(engine: sa.Engine) -> None:
    """Make the connections of an engine ready to answer every question; raises KeyError for any other database."""
    _ENGINES[engine.dialect.name].configure(engine)


def configure_reading(engine: sa.Engine) -> None:
    """Do the same for an engine whose connections only read, each statement by itself, and see to it that they do."""
    _ENGINES[engine.dialect.name].configure_reading(engine)
