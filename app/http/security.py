"""Headers that harden every answer, and how far proxies in front are believed."""

from __future__ import annotations

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix

from app.config import Settings
from app.core.errors import InvalidInput
from app.http.settings import current_settings

# No inline script or style, nothing from elsewhere. JSON-LD blocks are data and are not executed.
_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'self'; script-src 'self'; connect-src 'self'; "
    "manifest-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

# Nothing that the public sends is larger.
_MOST_BYTES = 1024 * 1024
_MOST_OFFICERS_BYTES = 8 * 1024 * 1024


def init_app(app: Flask) -> None:
    """Set the headers; believe as many proxies as the setting says."""
    settings: Settings = app.config["DISAN"]
    app.config["MAX_CONTENT_LENGTH"] = _MOST_BYTES
    app.config["MAX_FORM_MEMORY_SIZE"] = _MOST_OFFICERS_BYTES
    app.config["MAX_FORM_PARTS"] = 20_000
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.before_request(_refuse_nul)
    app.before_request(_widen_for_officers)
    app.after_request(_harden)


def _widen_for_officers() -> None:
    """Take longer bodies where officers write: a form with all that somebody typed must arrive to be answered."""
    if request.path.startswith(("/desk/", "/register/")):
        request.max_content_length = _MOST_OFFICERS_BYTES


def _refuse_nul() -> None:
    """Refuse a NUL in an address before it reaches a database, of which PostgreSQL takes none."""
    if "\x00" in request.path or any("\x00" in text for pair in request.args.items(multi=True) for text in pair):
        raise InvalidInput("The address holds a NUL character; take it out.")


def _harden(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    seconds = current_settings().hsts_seconds
    if seconds:
        headers.setdefault("Strict-Transport-Security", f"max-age={seconds}; includeSubDomains")
    return response
