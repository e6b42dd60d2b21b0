"""The geometry field's answers: who may ask, what is said of a site's neighbours, and of whom they are kept."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

# Chùa Cầu, whose place is told; and a site of archaeology, whose place is blurred.
OPEN_SITE, RESTRICTED_SITE = "QNM-0002", "QNM-0031"
BOW_TIE = "1756000 561400\n1756100 561500\n1756100 561400\n1756000 561500"


def enter(app: Flask, role: str) -> tuple[FlaskClient, dict[str, str]]:
    """Let somebody in; gives their client and the header that proves a form is ours."""
    from app.accounts.models import Role
    from app.accounts.operations import add_user
    from app.accounts.sessions import open_session
    from app.config import Settings
    from app.http.actor import csrf_token
    from tests.harness.officers import SESSION_COOKIE

    with app.app_context():
        user = add_user(db.session(), email=f"{role}@example.org", role=Role(role), password="a long pass phrase")
        db.session.flush()
        secret = open_session(db.session(), user, settings=Settings(), agent="tests")
        db.session.commit()
    client = app.test_client()
    client.set_cookie(SESSION_COOKIE, secret)
    with app.test_request_context("/desk/", headers={"Cookie": f"{SESSION_COOKIE}={secret}"}):
        return client, {"X-CSRF-Token": csrf_token()}


def ask(app: Flask, role: str = "editor", **asked: Any) -> dict[str, Any]:
    """What is said of a place, in English."""
    client, headers = enter(app, role)
    answer = client.post("/desk/geometry/preview?lang=en", json={"crs": "EPSG:5899", **asked}, headers=headers)
    assert answer.status_code == 200
    return dict(answer.json or {})


def test_nobody_asks_without_logging_in_or_from_elsewhere(seeded_copy: Flask) -> None:
    asked = {"text": "15.88, 108.33", "crs": "EPSG:4326"}
    assert seeded_copy.test_client().post("/desk/geometry/preview", json=asked).status_code == 401
    client, _ = enter(seeded_copy, "viewer")
    assert client.post("/desk/geometry/preview", json=asked).status_code == 403
    assert client.post("/desk/geometry/upload", data={}).status_code == 403


def test_a_place_is_said_in_every_system_and_what_looks_wrong(seeded_copy: Flask) -> None:
    found = ask(seeded_copy, text="561494,291 1756063,592", unit="20413")
    assert {"15.8770830, 108.3260500", "X=1756063.592 Y=561494.291"} <= {fact["value"] for fact in found["facts"]}
    assert [warning["code"] for warning in found["warnings"]] == ["swapped"]
    assert found["geometry"]["type"] == "Point"


def test_a_boundary_that_crosses_itself_is_a_problem_with_its_place(seeded_copy: Flask) -> None:
    problem = ask(seeded_copy, text=BOW_TIE)["problem"]
    assert "at X=1756050.00 Y=561450.00" in problem["message"]
    assert problem["lon"] == pytest.approx(108.32564, abs=0.001)


def test_a_line_that_cannot_be_read_is_named(seeded_copy: Flask) -> None:
    problem = ask(seeded_copy, text="1756000 561400\ncột mốc\n1756100 561400")["problem"]
    assert problem["line"] == 2
    assert problem["message"].startswith("Line 2: ")


def test_a_drawing_is_written_in_the_chosen_system(seeded_copy: Flask) -> None:
    drawn = {"type": "Polygon", "coordinates": [[[108.32, 15.87], [108.33, 15.87], [108.33, 15.88], [108.32, 15.87]]]}
    found = ask(seeded_copy, geometry=drawn)
    assert found["text"].splitlines()[0].startswith("1: 17")
    assert len(found["rows"]) == 3


@pytest.mark.parametrize("drawn", [[], "x", {"type": "Point"}, {"type": "Point", "coordinates": []}, {"a": 1}, 7])
def test_a_drawing_that_is_none_is_a_problem(seeded_copy: Flask, drawn: object) -> None:
    assert "problem" in ask(seeded_copy, geometry=drawn)


def test_a_restricted_site_tells_its_place_only_to_who_may_see_it(seeded_copy: Flask) -> None:
    area = "1: 1756000 561400\n2: 1756100 561400\n3: 1756100 561500"
    about = {"text": area, "site": RESTRICTED_SITE, "zone_type": "zone_1"}
    hidden = ask(seeded_copy, "editor", **about)
    assert hidden["context"] == []
    assert hidden["warnings"] == []
    seen = ask(seeded_copy, "reviewer", **about)
    assert seen["context"]
    assert "zone_far_from_point" in {warning["code"] for warning in seen["warnings"]}
    assert ask(seeded_copy, "viewer", **{**about, "site": OPEN_SITE})["context"]


def test_a_file_is_read_and_nothing_kept(seeded_copy: Flask) -> None:
    client, headers = enter(seeded_copy, "editor")
    geometry = {"type": "Point", "coordinates": [108.326, 15.877]}
    file = json.dumps({"type": "Feature", "properties": {"name": "Chùa Cầu"}, "geometry": geometry}).encode()
    data = {"file": (io.BytesIO(file), "place.geojson")}
    answer = client.post("/desk/geometry/upload", data=data, headers={**headers, "Accept": "application/json"})
    (feature,) = (answer.json or {})["features"]
    assert (feature["name"], feature["sort"], feature["crs"]) == ("Chùa Cầu", "point", "EPSG:4326")
    refused = client.post(
        "/desk/geometry/upload",
        data={"file": (io.BytesIO(b"not geodata"), "a.kml")},
        headers={**headers, "Accept": "application/json"},
    )
    assert (refused.json or {})["problem"]


@pytest.mark.parametrize("body", [b"[" * 100_000, b'{"text": "1 2", "crs": "EPSG:4326", "site": "\\ud800"}', b"5"])
def test_json_that_cannot_be_read_is_refused(app: Flask, body: bytes) -> None:
    client, headers = enter(app, "editor")
    answer = client.post("/desk/geometry/preview", data=body, headers=headers, content_type="application/json")
    assert answer.status_code == 400


def test_a_large_file_is_read_by_the_worker_and_told_to_its_owner(app: Flask) -> None:
    client, headers = enter(app, "editor")
    place = {
        "type": "Feature",
        "properties": {"name": "Mỹ Sơn"},
        "geometry": {"type": "Point", "coordinates": [108, 15]},
    }
    file = json.dumps(place).encode() + b" " * 3_000_000

    def send(accepted: str, holding: bytes = file) -> TestResponse:
        # Written out here: of so large a form the test client leaves a file open.
        head = b'--x\r\nContent-Disposition: form-data; name="file"; filename="large.geojson"\r\n\r\n'
        kind = "multipart/form-data; boundary=x"
        given = {"data": head + holding + b"\r\n--x--\r\n", "content_type": kind}
        return client.post("/desk/geometry/upload", headers={**headers, "Accept": accepted}, **given)

    answer, page = send("application/json"), send("text/html")
    assert (answer.status_code, page.status_code) == (202, 303)
    asked = (answer.json or {})["reading"]
    assert client.get(asked, headers={"Accept": "application/json"}).status_code == 202
    waiting = client.get(page.location)
    assert (waiting.status_code, waiting.headers["Refresh"]) == (202, "3")
    run_jobs(app)
    found = client.get(asked, headers={"Accept": "application/json"}).json or {}
    assert [(one["name"], one["sort"]) for one in found["features"]] == [("Mỹ Sơn", "point")]
    assert "Mỹ Sơn" in client.get(page.location).text
    other, _ = enter(app, "reviewer")
    assert other.get(asked).status_code == 404
    too_large = send("application/json", b" " * 21_000_000)
    assert "20 MB" in (too_large.json or {})["problem"]


def test_the_page_without_a_script_says_the_same(seeded_copy: Flask) -> None:
    client, headers = enter(seeded_copy, "editor")
    answer = client.post(
        "/desk/geometry/preview?text=a.entered_text&crs=a.entered_crs&allowed=polygon&lang=vi",
        data={"a.entered_text": BOW_TIE.replace("\n", "\r\n"), "a.entered_crs": "EPSG:5899"},
        headers=headers,
    )
    assert "Ranh giới tự cắt" in answer.get_data(as_text=True)
    assert "<form" in client.get("/desk/geometry/upload").get_data(as_text=True)
