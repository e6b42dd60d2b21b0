"""One structured line a request, with an id that the answer carries too."""

from __future__ import annotations

import logging
import re
import sys
import time
import uuid

from flask import Flask, Response, g, request
from pythonjsonlogger.json import JsonFormatter

from app.config import Settings

_log = logging.getLogger("disan.requests")
_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")


def configure_logging(settings: Settings) -> None:
    """Write logs of the service as JSON lines to standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        JsonFormatter(
            "{asctime}{levelname}{name}{message}", style="{", rename_fields={"asctime": "at", "levelname": "level"}
        )
    )
    root = logging.getLogger("disan")
    root.handlers = [handler]
    root.setLevel(settings.log_level)
    root.propagate = False


def init_app(app: Flask) -> None:
    """Log each request when its answer is ready."""
    configure_logging(app.config["DISAN"])
    app.before_request(_begin)
    app.after_request(_end)


def _begin() -> None:
    given = request.headers.get("X-Request-Id", "")
    g.request_id = given if _ID.fullmatch(given) else uuid.uuid4().hex
    g.begun = time.perf_counter()


def request_id() -> str:
    """Give the id of the request being served."""
    return str(g.get("request_id", ""))


def hide_path(shown: str) -> None:
    """Have the log show another path than the request's, which holds a secret."""
    g.logged_path = shown


def _end(response: Response) -> Response:
    response.headers["X-Request-Id"] = request_id()
    milliseconds = (time.perf_counter() - g.get("begun", time.perf_counter())) * 1000
    # Neither address nor query string: both may tell of a person.
    _log.info(
        "request",
        extra={
            "request_id": request_id(),
            "method": request.method,
            "path": g.get("logged_path", request.path),
            "status": response.status_code,
            "ms": round(milliseconds, 1),
            "bytes": response.content_length,
        },
    )
    return response
