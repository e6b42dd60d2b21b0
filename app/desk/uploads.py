"""The desk's end of the tus protocol (tus.io, 1.0.0): files that come in pieces and go on after the line has broken.

Core with the extensions creation, expiration and termination; then an address of our own, at which what has come is
taken in.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Callable
from functools import wraps

from flask import Blueprint, Response, request
from werkzeug.exceptions import RequestEntityTooLarge
from werkzeug.http import http_date

from app.core.db import db
from app.core.errors import InvalidInput, PreconditionFailed, UnknownType
from app.desk.taking import read_given, take_incoming
from app.http.actor import require_actor
from app.http.security import INCOMING
from app.http.settings import current_settings
from app.media import incoming
from app.media.families import most_mb
from app.media.incoming import Incoming

_VERSION = "1.0.0"
_EXTENSIONS = "creation,expiration,termination"
_PIECE = "application/offset+octet-stream"
_NUMBER = re.compile(r"[0-9]{1,15}")


def mount(desk: Blueprint) -> None:
    """Mount the addresses: one to begin at, and one for each file."""
    base = INCOMING.removeprefix("/desk")
    desk.add_url_rule(base, "begin_incoming", _begin, methods=["POST"], provide_automatic_options=False)
    desk.add_url_rule(base, "incoming_options", _tell_options, methods=["OPTIONS"], provide_automatic_options=False)
    # HEAD is asked for by name: a GET would answer with a file that nobody has looked at.
    desk.add_url_rule(f"{base}/<key>", "incoming", _go_on, methods=["PATCH", "DELETE", "HEAD"])
    desk.add_url_rule(f"{base}/<key>/take", "take_incoming", _take, methods=["POST"])
    desk.after_app_request(_say_version)


def _in_version(view: Callable[..., Response]) -> Callable[..., Response]:
    """Refuse a client that speaks another version of the protocol."""

    @wraps(view)
    def checked(**values: str) -> Response:
        if request.headers.get("Tus-Resumable") != _VERSION:
            raise PreconditionFailed("Files are received by tus %(version)s.", version=_VERSION)
        response = view(**values)
        response.headers["Cache-Control"] = "no-store"
        return response

    return checked


def _say_version(response: Response) -> Response:
    """Say which version of the protocol is spoken, errors included; a client of another one needs it most."""
    if request.path == INCOMING or request.path.startswith(f"{INCOMING}/"):
        response.headers["Tus-Resumable"] = response.headers["Tus-Version"] = _VERSION
    return response


def _tell_options() -> Response:
    response = Response(status=204)
    response.headers["Tus-Extension"] = _EXTENSIONS
    response.headers["Tus-Max-Size"] = str(incoming.most_bytes(current_settings()))
    return response


@_in_version
def _begin() -> Response:
    settings = current_settings()
    size = _number("Upload-Length")
    if size > incoming.most_bytes(settings):
        request.max_content_length = most_mb(settings) * 1024**2
        raise RequestEntityTooLarge
    begun = incoming.begin(settings, _file_name(), size, actor=require_actor())
    response = Response(status=201)
    response.headers["Location"] = f"{INCOMING}/{begun.key}"
    return _tell(response, begun)


@_in_version
def _go_on(key: str) -> Response:
    settings = current_settings()
    found = incoming.find(settings, key, actor=require_actor())
    if request.method == "DELETE":
        incoming.drop(settings, key)
        return Response(status=204)
    response = Response(status=204)
    if request.method == "PATCH":
        if request.mimetype != _PIECE:
            raise UnknownType("Pieces of a file are sent as %(type)s.", type=_PIECE)
        offset = incoming.append(settings, found, _number("Upload-Offset"), request.stream)
        response.headers["Upload-Offset"] = str(offset)
    else:
        response.status_code = 200
        response.headers["Upload-Offset"] = str(found.offset)
        response.headers["Upload-Length"] = str(found.byte_count)
    return _tell(response, found)


def _tell(response: Response, found: Incoming) -> Response:
    response.headers["Upload-Expires"] = http_date(found.until)
    return response


def _number(header: str) -> int:
    text = request.headers.get(header, "")
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("The header %(header)s must be a number of bytes.", header=header)
    return int(text)


def _file_name() -> str:
    """Read what the file is called from `Upload-Metadata`: pairs of a key and its value in base64, by commas."""
    for pair in request.headers.get("Upload-Metadata", "").split(","):
        name, _, value = pair.strip().partition(" ")
        if name == "filename":
            try:
                return base64.b64decode(value, validate=True).decode()
            except (binascii.Error, UnicodeDecodeError) as error:
                raise InvalidInput("The header %(header)s cannot be read.", header="Upload-Metadata") from error
    return ""


def _take(key: str) -> Response:
    """Take a file in with what the upload's form says of it; gives the changeset and what is to be told, as JSON.

    Whoever asks again, for the answer was lost, is given it again. A problem with the parameter `file` says that the
    file is refused for good.
    """
    taken = take_incoming(db.session(), key, read_given(request.form))
    outcome = {"changeset": taken.changeset_id, "told": taken.told}
    return Response(json.dumps(outcome, ensure_ascii=False), mimetype="application/json")
