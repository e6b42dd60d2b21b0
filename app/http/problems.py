"""Errors as answers: as problem+json, or as a page."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeAlias

import sqlalchemy as sa
from flask import Flask, Response, current_app, json, request
from werkzeug.exceptions import HTTPException, InternalServerError

from app.core.db import db, unreachable
from app.core.errors import Conflict, DisanError
from app.core.localized import tag_of
from app.http.i18n import catalogue, current_language, sentence
from app.http.logs import request_id
from app.http.problem_types import PATH, PROBLEM_TYPES, problem_type_of
from app.http.security import is_desk, is_register
from app.http.settings import absolute

_log = logging.getLogger("disan.errors")


# Makes the page of an error from its status, title and sentence.
ErrorPage: TypeAlias = Callable[[int, str, str], str]


def init_app(app: Flask, error_page: ErrorPage) -> None:
    """Answer every error, wherever it comes from, in the form of the audience that asked."""
    app.extensions["disan_error_page"] = error_page
    app.register_error_handler(DisanError, _on_disan_error)
    app.register_error_handler(sa.exc.OperationalError, _on_operational_error)
    app.register_error_handler(sa.exc.IntegrityError, _on_lost_race)
    app.register_error_handler(sa.exc.DataError, _on_data_error)
    app.register_error_handler(HTTPException, _on_http_error)
    app.register_error_handler(Exception, _on_accident)
    app.teardown_request(_forget)


def _forget(error: BaseException | None) -> None:
    if error is not None:
        db.session.rollback()


def status_of(error: DisanError) -> int:
    """Give the status of an answer that tells an error."""
    return problem_type_of(error).status


def _on_disan_error(error: DisanError) -> Response:
    found = problem_type_of(error)
    return answer(found.status, found.code, sentence(error), _details(error))


def _details(error: DisanError) -> dict[str, Any]:
    """Give what a program wants to know: which parameter, which value, and what the error has for programs only."""
    names = {"field": "parameter", "value": "value", "nearest": "nearest"}
    told = {names[name]: value for name, value in error.params.items() if name in names and value is not None}
    return {**told, **error.params.get("further", {})}


def _on_operational_error(error: sa.exc.OperationalError) -> Response:
    db.session.rollback()
    if _is_contention(error):
        return answer(503, "ServiceUnavailable", _translated("Others are writing just now. Please try again."), {})
    _log.error(str(unreachable(db.engine.url, error)))
    text = "The database cannot be reached just now. Please try again in a minute."
    return answer(503, "ServiceUnavailable", _translated(text), {})


def _is_contention(error: sa.exc.OperationalError) -> bool:
    """Tell a lock that was not to be had (SQLite), a deadlock or a lost race (PostgreSQL, class 40) from an outage."""
    state = getattr(error.orig, "sqlstate", None) or ""
    return state.startswith("40") or "database is locked" in str(error.orig)


def _on_lost_race(error: sa.exc.IntegrityError) -> Response:
    """Answer who wrote a row that somebody else wrote at the same moment."""
    _log.warning(str(error.orig))
    return _on_disan_error(lost_race())


def lost_race(**params: str) -> Conflict:
    """Give the error of who wrote a row that somebody else wrote at the same moment; the transaction is gone."""
    db.session.rollback()
    return Conflict("Somebody else wrote the same at this moment. Read it again and try once more.", **params)


def _on_data_error(error: sa.exc.DataError) -> Response:
    """Answer a value that no column can hold, such as a forged cursor's number; readers send nothing else."""
    _log.warning(str(error.orig))
    db.session.rollback()
    return answer(400, "InvalidParameterValue", _translated("A value that was sent is out of range."), {})


def _on_http_error(error: HTTPException) -> Response:
    status = error.code or 500
    text = {
        404: "There is nothing at this address.",
        413: "What was sent is larger than %(most)s MB.",
        405: "This address cannot be used with the method %(method)s.",
    }.get(status, error.description or "")
    told = {"method": request.method, "most": (request.max_content_length or 0) // 1024**2}
    response = answer(status, error.name.replace(" ", ""), _translated(text) % told, {})
    for name, value in error.get_headers():
        if name.lower() in ("allow", "retry-after", "location"):
            response.headers[name] = value
    return response


def _on_accident(error: Exception) -> Response:
    _log.exception("unhandled", exc_info=error)
    db.session.rollback()
    text = "Something went wrong on our side. It has been noted under the number %(id)s."
    return answer(InternalServerError.code, "InternalServerError", _translated(text) % {"id": request_id()}, {})


def _translated(text: str) -> str:
    return catalogue(current_language()).gettext(text) if text else ""


def answer(status: int, code: str, detail: str, further: dict[str, Any]) -> Response:
    """Make the answer to an error: RFC 9457 for machines, with OGC's `code` and `description`; a page for people."""
    known = PROBLEM_TYPES.get(code)
    title = _translated(known.title if known else "Error")
    if is_for_machines():
        body = {
            "type": absolute(f"{PATH}/{code}") if known else "about:blank",
            "title": title,
            "status": status,
            "detail": detail,
            "code": code,
            "description": detail,
            **further,
        }
        response = Response(json.dumps(body, ensure_ascii=False), status, mimetype="application/problem+json")
    else:
        page: ErrorPage = current_app.extensions["disan_error_page"]
        response = Response(page(status, title, detail), status, mimetype="text/html")
    response.headers["Content-Language"] = tag_of(current_language())
    response.headers["Cache-Control"] = "no-store"
    response.vary.update(("Accept", "Accept-Language"))
    if status == 401:
        # A challenge must stand there (RFC 9110, 11.6.1); for keys in a header of their own no scheme is registered.
        scheme = "ApiKey" if code == "UnknownKey" else "Bearer"
        response.headers["WWW-Authenticate"] = f'{scheme} realm="disan"'
    if status == 503:
        response.headers["Retry-After"] = "60"
    return response


def is_for_machines() -> bool:
    """Tell whether the request came to an address that speaks to programs, or from a script of the desk."""
    if is_desk(request.path):
        return request.accept_mimetypes.best in ("application/json", "application/problem+json", "application/geo+json")
    return (
        request.path.startswith(("/api/", "/iiif/", "/healthz", "/readyz"))
        or request.path == "/api"
        or is_register(request.path)
    )
