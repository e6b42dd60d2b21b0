"""Headers that harden every answer, and how far proxies in front are believed."""

from __future__ import annotations

import re

from flask import Flask, Response, request
from werkzeug.middleware.proxy_fix import ProxyFix
from werkzeug.routing import IntegerConverter

from app.config import Settings
from app.core.errors import InvalidInput
from app.http.settings import current_settings
from app.media.families import most_mb

# No inline script or style, nothing from elsewhere. JSON-LD blocks are data and are not executed.
_POLICY = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self'; script-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


# Officers send texts, drawings and sheets; what is too long for a field is then refused beside it, not as a whole.
OFFICERS_BODY = 8 * 1024 * 1024
_OFFICERS_FIELDS = 20_000
# Where officers send files of geodata, of which the setting says how large they may be.
GEODATA_UPLOAD = "/desk/geometry/upload"
IMPORTS = "/desk/imports"
# And pictures, several in one request.
MEDIA_UPLOAD = "/desk/media/upload"
MEDIA_AT_ONCE = 10
# And pieces of files, which go on where the line broke.
INCOMING = "/desk/media/incoming"
# And papers that come back signed.
_SIGNED_PAPER = re.compile("/desk/papers/given/[0-9]{1,9}/signed")
# Machines send one file in a request.
MEDIA_BY_MACHINE = "/register/v1/media"
# Where visitors report what is wrong, with a photo.
_REPORT = re.compile("/[^/]+/report")
REPORTS_BODY = 256 * 1024


class _Key(IntegerConverter):
    """A number in an address, which a column can hold: there is nothing at a longer one."""

    regex = r"\d{1,9}"


def is_desk(path: str) -> bool:
    """Tell whether an address is the officers' desk's."""
    return path == "/desk" or path.startswith("/desk/")


def is_register(path: str) -> bool:
    """Tell whether an address is the register's, for officers' machines."""
    return path == "/register/v1" or path.startswith("/register/v1/")


def init_app(app: Flask) -> None:
    """Set the headers; believe as many proxies as the setting says."""
    settings: Settings = app.config["DISAN"]
    # Nothing public is larger; the longest query string is a search.
    app.config["MAX_CONTENT_LENGTH"] = 1024 * 1024
    if settings.trusted_proxies:
        count = settings.trusted_proxies
        app.wsgi_app = ProxyFix(app.wsgi_app, x_for=count, x_proto=count, x_host=count)  # type: ignore[method-assign]
    app.url_map.converters["int"] = _Key
    app.before_request(_take_large)
    app.before_request(_refuse_nul)
    app.after_request(_harden)


def _take_large() -> None:
    path = request.path
    if is_desk(path) or is_register(path):
        request.max_content_length = OFFICERS_BODY
        request.max_form_memory_size = OFFICERS_BODY
        request.max_form_parts = _OFFICERS_FIELDS
    if path == MEDIA_UPLOAD:
        most = max(MEDIA_AT_ONCE * current_settings().media_max_mb, most_mb(current_settings()))
        request.max_content_length = OFFICERS_BODY + most * 1_000_000
    if path.startswith(f"{INCOMING}/"):
        request.max_content_length = most_mb(current_settings()) * 1_000_000
    if _SIGNED_PAPER.fullmatch(path):
        request.max_content_length = OFFICERS_BODY + current_settings().media_max_mb * 1_000_000
    if path == MEDIA_BY_MACHINE:
        request.max_content_length = OFFICERS_BODY + most_mb(current_settings()) * 1_000_000
    if _REPORT.fullmatch(path):
        # Half as much again: a photo that is somewhat too large is refused with what was typed beside it.
        request.max_content_length = REPORTS_BODY + current_settings().reports_photo_mb * 1_500_000
    if path == IMPORTS:
        request.max_content_length = OFFICERS_BODY + current_settings().import_max_mb * 1_000_000
    if path == GEODATA_UPLOAD:
        request.max_content_length = OFFICERS_BODY + current_settings().geodata_max_mb * 1_000_000


def _refuse_nul() -> None:
    """Refuse a NUL in an address before it reaches a database, of which PostgreSQL takes none."""
    places = [("", request.path), *request.args.items(multi=True)]
    for name, value in places:
        if "\x00" in name or "\x00" in value:
            raise InvalidInput("The address holds a NUL character; take it out.", field=name[:60] or None)


def _harden(response: Response) -> Response:
    headers = response.headers
    headers.setdefault("Content-Security-Policy", _POLICY)
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Referrer-Policy", "strict-origin-when-cross-origin")
    seconds = current_settings().hsts_seconds
    if seconds:
        headers.setdefault("Strict-Transport-Security", f"max-age={seconds}; includeSubDomains")
    return response
