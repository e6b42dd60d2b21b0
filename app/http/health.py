"""Whether the process lives, and whether it can serve."""

from __future__ import annotations

import logging
import os
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, json

from app.core.db import connect, db, is_schema_current
from app.core.errors import DisanError, Unavailable
from app.http.settings import current_settings
from app.media.buckets import check_bucket

_log = logging.getLogger("disan.health")


def init_app(app: Flask) -> None:
    """Serve /healthz and /readyz."""
    app.add_url_rule("/healthz", "healthz", healthz)
    app.add_url_rule("/readyz", "readyz", readyz)


def healthz() -> Response:
    """Say that the process answers; asks nothing of anybody else."""
    return _answer(200, {"status": "ok"})


def readyz() -> Response:
    """Say whether database, schema and storage are as they must be: 200, or 503 naming what is not."""
    checks = {"database": "ok", "migrations": "ok", "storage": "ok"}
    try:
        with connect(db.engine) as connection:
            connection.execute(sa.text("SELECT 1"))
            if not is_schema_current(connection):
                checks["migrations"] = "The schema is not this release's; run `disan db upgrade`."
    except (DisanError, sa.exc.SQLAlchemyError) as error:
        # Why, and where it is, is nobody else's business.
        _log.error(str(error).splitlines()[0])
        checks["database"] = "unreachable"
        checks["migrations"] = "unknown"
    settings = current_settings()
    if not os.access(settings.data, os.W_OK):
        checks["storage"] = "The data folder cannot be written."
    try:
        check_bucket(settings)
    except Unavailable as error:
        _log.error(str(error))
        checks["storage"] = "unreachable"
    is_ready = all(state == "ok" for state in checks.values())
    return _answer(200 if is_ready else 503, {"status": "ok" if is_ready else "not ready", "checks": checks})


def _answer(status: int, body: dict[str, Any]) -> Response:
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/json")
    response.headers["Cache-Control"] = "no-store"
    return response
