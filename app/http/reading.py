"""The connection by which a request reads the publication: no session, no transaction, nothing to write with."""

from __future__ import annotations

from typing import cast

import sqlalchemy as sa
from flask import Flask, g

from app.core.db import reading_engine


def init_app(app: Flask) -> None:
    """Give the connection back when the request is over."""
    app.teardown_appcontext(_give_back)


def reading() -> sa.Connection:
    """Give the request's connection to the publication, taken from the pool when first asked for.

    Each statement is a transaction of its own and sees what is committed when it runs: read what vouches for rows, a
    collection's number, before the rows.
    """
    if "reading" not in g:
        g.reading = reading_engine().connect()
    return cast("sa.Connection", g.reading)


def _give_back(_error: BaseException | None) -> None:
    found: sa.Connection | None = g.pop("reading", None)
    if found is not None:
        found.close()
