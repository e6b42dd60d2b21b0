"""What programs are told of an error: of each kind that there is its own type, also where it comes from HTTP itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from werkzeug.exceptions import BadRequest, InternalServerError, MethodNotAllowed, RequestEntityTooLarge

from app.http.problem_types import PROBLEM_TYPES
from app.http.problems import answer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.exceptions import HTTPException


@pytest.mark.parametrize("kind", [BadRequest, MethodNotAllowed, RequestEntityTooLarge, InternalServerError])
def test_errors_of_http_are_in_the_table_by_their_name(kind: type[HTTPException]) -> None:
    found = PROBLEM_TYPES[kind().name.replace(" ", "")]
    assert (found.status, found.errors) == (kind.code, ())


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v1/nothing"), ("POST", "/api/v1/"), ("GET", "/iiif/image/x")]
)
def test_type_and_title_are_those_of_the_code(seeded_client: FlaskClient, method: str, path: str) -> None:
    told = seeded_client.open(path, method=method, headers={"Accept-Language": "en"}).get_json(force=True)
    found = PROBLEM_TYPES[told["code"]]
    assert (told["status"], told["title"]) == (found.status, found.title)
    assert told["type"] == f"http://localhost/api/v1/problems/{found.code}"


def test_what_is_in_no_table_has_no_type_of_its_own(seeded_app: Flask) -> None:
    with seeded_app.test_request_context("/api/v1/"):
        assert answer(418, "Teapot", "short and stout", {}).get_json(force=True)["type"] == "about:blank"


@pytest.mark.parametrize("host", ["", "a b", '"><script>', "[::1", "x:y:z", "đ"])
def test_no_host_makes_an_error_a_fault(seeded_client: FlaskClient, host: str) -> None:
    for path, status in (("/api/v1/nothing", 404), ("/en/developers/tutorial", 200)):
        response = seeded_client.get(path, headers={"Host": host.encode().decode("latin-1")})
        assert response.status_code == status
        assert "<script>" not in response.text.partition("<article")[2]
