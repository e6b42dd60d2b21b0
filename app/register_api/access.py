"""Who asks, and how the register's API answers: a token or a session, private JSON."""

from __future__ import annotations

import json
from typing import Any

from flask import Response, g, request

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.catalogue import KINDS
from app.core.errors import InvalidInput, NotAuthenticated, NotFound, UnknownType
from app.http.actor import current_actor
from app.http.answers import JSON
from app.http.parameters import check_choice, suggest
from app.records.kinds import Kind

REGISTER = "/register/v1"


def enter() -> None:
    """Let in who may read the register; `app.http.actor` knows tokens and sessions, and refuses what others forged."""
    actor = current_actor()
    if actor is None:
        raise NotAuthenticated("Send a token: `Authorization: Bearer …`. Everybody makes their own at the desk.")
    require(actor, Permission.VIEW)
    g.register_actor = actor


def actor_of_request() -> User:
    """Give who asks."""
    found: User = g.register_actor
    return found


def register_path(path: str = "") -> str:
    """Give a path of this API."""
    return f"{REGISTER}{path}"


def item_path(kind: Kind, code: str) -> str:
    """Give the path of a record."""
    return register_path(f"/collections/{kind.plural}/items/{code}")


def find_kind(plural: str) -> Kind:
    """Give the kind of a collection; raises `NotFound` naming the nearest."""
    plurals = {kind.plural: kind for kind in KINDS.values()}
    if plural not in plurals:
        raise NotFound(
            "There is no collection “%(value)s”; did you mean “%(nearest)s”?",
            value=plural[:60],
            nearest=suggest(plural, plurals) or next(iter(plurals)),
        )
    return plurals[plural]


def answer(body: Any, status: int = 200, media_type: str = JSON, etag: str | None = None) -> Response:
    """Answer with JSON, under a tag where it has one."""
    response = Response(json.dumps(body, ensure_ascii=False), status, mimetype=media_type)
    if etag is not None:
        response.set_etag(etag)
        if request.method == "GET" and request.if_none_match.contains(etag):
            response.status_code = 304
            response.set_data(b"")
    return response


def check_format() -> None:
    """Raise `InvalidInput` for a form of answer that there is not; there is JSON only."""
    if request.args.get("f"):
        check_choice("f", request.args["f"], ("json",))


def read_body(*types: str) -> dict[str, Any]:
    """Read the request's JSON object; raises `UnknownType` for another media type, `InvalidInput` for what is none."""
    if request.mimetype not in types:
        raise UnknownType(
            "Send %(choices)s; “%(value)s” is not read here.", choices=", ".join(types), value=request.mimetype[:80]
        )
    try:
        body = json.loads(request.get_data(), parse_constant=_refuse_constant)
        # A lone surrogate is no character; no database takes it.
        json.dumps(body, ensure_ascii=False).encode()
    except (ValueError, RecursionError) as error:
        raise InvalidInput("The body is not JSON that can be read: %(reason)s.", reason=str(error)[:200]) from error
    if not isinstance(body, dict):
        raise InvalidInput("The body is JSON, but no object.")
    return body


def _refuse_constant(name: str) -> None:
    raise ValueError(name)
