"""Conditional answers: an ETag on everything, 304 for who has it already."""

from __future__ import annotations

import datetime as dt
import hashlib
import math

from flask import Flask, Response, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.db import now
from app.core.localized import tag_of
from app.http.compression import VARIES
from app.http.i18n import current_language

# Long enough to spare a reader the second look, short enough that a closure is seen soon.
_MAX_AGE_S = 60


_STATIC_MAX_AGE_S = 3600
_YEAR_S = 31_536_000


def init_app(app: Flask) -> None:
    """Let static files be kept: for good where their address carries their content's hash, else for an hour."""
    app.config["SEND_FILE_MAX_AGE_DEFAULT"] = _STATIC_MAX_AGE_S
    app.after_request(_keep_static)


def _keep_static(response: Response) -> Response:
    if request.endpoint == "static" and request.args.get("v") and response.status_code == 200:
        keep_for_good(response)
    return response


def make_etag(*parts: object) -> str:
    """Make an opaque tag of everything an answer depends on."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def is_fresh(etag: str) -> bool:
    """Tell whether the reader has this already, so that the body need not be made."""
    return request.if_none_match.contains_weak(etag)


def keep_briefly(response: BaseResponse) -> None:
    """Let whoever reads a public answer keep it for a minute."""
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_S}, stale-while-revalidate={10 * _MAX_AGE_S}"


def keep_for_good(response: BaseResponse) -> None:
    """Let whoever reads an answer keep it, for its address names its content."""
    response.headers["Cache-Control"] = f"public, max-age={_YEAR_S}, immutable"


def keep_until(response: BaseResponse, end: dt.datetime) -> None:
    """Let whoever reads a public answer keep it until an instant, and no stale one after it."""
    left = max(0, math.ceil((end - now()).total_seconds()))
    response.headers["Cache-Control"] = f"public, max-age={left}"


def cached(response: Response, etag: str) -> Response:
    """Finish a public answer: tag, language, what it varies by, how long it keeps; 304 without a body if it is had."""
    response.set_etag(etag, weak=True)
    keep_briefly(response)
    response.headers["Content-Language"] = tag_of(current_language())
    response.headers["Vary"] = f"Accept, Accept-Language, {VARIES}"
    if is_fresh(etag):
        response.status_code = 304
        response.set_data(b"")
        for name in ("Content-Type", "Content-Length"):
            response.headers.pop(name, None)
    return response
