"""Conditional answers: an ETag on everything, 304 for who has it already."""

from __future__ import annotations

import hashlib

from flask import Response, request

from app.http.i18n import current_language

# Long enough to spare a reader the second look, short enough that a closure is seen soon.
_MAX_AGE_S = 60


def make_etag(*parts: object) -> str:
    """Make an opaque tag of everything an answer depends on."""
    text = "\x1f".join(str(part) for part in parts)
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def is_fresh(etag: str) -> bool:
    """Tell whether the reader has this already, so that the body need not be made."""
    return request.if_none_match.contains_weak(etag)


def cached(response: Response, etag: str) -> Response:
    """Finish a public answer: tag, language, what it varies by, how long it keeps; 304 without a body if it is had."""
    response.set_etag(etag, weak=True)
    response.headers["Cache-Control"] = f"public, max-age={_MAX_AGE_S}, stale-while-revalidate={10 * _MAX_AGE_S}"
    response.headers["Content-Language"] = current_language()
    response.vary.update(("Accept", "Accept-Language"))
    if is_fresh(etag):
        response.status_code = 304
        response.set_data(b"")
        for name in ("Content-Type", "Content-Length"):
            response.headers.pop(name, None)
    return response
