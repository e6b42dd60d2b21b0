"""Di Sản: an open register of heritage and relics, and the tourism service that grows from it."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from flask import Flask, request

from app import api, desk, http, iiif, register_api, web
from app.api.openapi import describe_api
from app.config import ROOT, read_settings
from app.core.db import bind_reading, db, reading_engine
from app.core.errors import InvalidInput
from app.engine.setup import configure, configure_reading
from app.http.security import is_desk
from app.media.buckets import read_bucket


class _Service(Flask):
    """The application, none of whose functions is asynchronous: nobody need look at each before it is called."""

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """Give a function as it is."""
        return func


def create_app(environ: Mapping[str, str] | None = None) -> Flask:
    """Make the application; the settings are read from the process's environment unless another one is given.

    Raises `InvalidInput` for a setting that cannot be read, for those that contradict each other, and for a data folder
    that cannot be written.
    """
    settings = read_settings(os.environ if environ is None else environ)
    app = _Service(__name__, static_folder=str(ROOT / "static"))
    app.config["DISAN"] = settings
    app.config["SQLALCHEMY_DATABASE_URI"] = settings.sqlalchemy_url
    app.config["SQLALCHEMY_BINDS"] = bind_reading(settings.sqlalchemy_url)
    _make_folder(settings.data)
    read_bucket(settings)
    db.init_app(app)
    with app.app_context():
        configure(db.engine)
        configure_reading(reading_engine())
    http.init_app(app, _render_error)
    api.init_app(app)
    register_api.init_app(app)
    iiif.init_app(app)
    desk.init_app(app)
    web.init_app(app, describe_api)
    return app


def _render_error(status: int, title: str, message: str) -> str:
    """Make the page of an error in the frame of the audience that asked."""
    render = desk.render_error if is_desk(request.path) else web.render_error
    return render(status, title, message)


def _make_folder(data: Path) -> None:
    """Make the data folder if need be; raises `InvalidInput` naming it and the reason when it cannot be written."""
    try:
        data.mkdir(parents=True, exist_ok=True)
        if not os.access(data, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise InvalidInput(
            "The data folder %(value)s cannot be written (%(reason)s). Choose another: `make demo DATA=…`, DISAN_DATA.",
            field="data",
            value=data,
            reason=error.strerror,
        ) from error
