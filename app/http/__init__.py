"""What all audiences share: errors to statuses, languages, who acts, quotas, caching, logs, every answer's headers."""

from __future__ import annotations

from flask import Flask

from app.http import (
    actor,
    caching,
    compression,
    deprecation,
    health,
    i18n,
    kept,
    limits,
    logs,
    problems,
    reading,
    security,
    sharing,
    statics,
    turns,
)


def init_app(app: Flask, error_page: problems.ErrorPage) -> None:
    """Put in place what every answer goes through; `error_page` makes the page of an error for people."""
    security.init_app(app)
    sharing.init_app(app)
    caching.init_app(app)
    logs.init_app(app)
    statics.init_app(app)
    i18n.init_app(app)
    kept.init_app(app)
    compression.init_app(app)
    limits.init_app(app)
    deprecation.init_app(app)
    actor.init_app(app)
    reading.init_app(app)
    problems.init_app(app, error_page)
    health.init_app(app)
    turns.init_app(app)
