"""Names that are offered while somebody types, and names that are sent instead of codes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.accounts.models import Role
from tests.harness.officers import Officer

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

EDIT = "/desk/records/QNM-0002/edit"


def test_units_are_found_by_old_and_new_names_without_marks(seeded_app: Flask) -> None:
    client = Officer(seeded_app, "an", Role.EDITOR).client
    found = client.get("/desk/pick/units?q=duy xuyen").json
    assert found
    assert len(found) <= 10
    assert all(one["text"].startswith(one["value"]) for one in found)
    assert client.get("/desk/pick/units?q=").json == []
    assert client.get("/desk/pick/units?q=zzzz").json == []


def test_records_are_found_by_code_or_words_and_kind(seeded_app: Flask) -> None:
    client = Officer(seeded_app, "an", Role.EDITOR).client
    found = client.get("/desk/pick/records?kind=site&q=chua cau").json
    assert "QNM-0002" in [one["value"] for one in found]
    assert "QNM-0002" in [one["value"] for one in client.get("/desk/pick/records?q=QNM-0002").json]
    assert client.get("/desk/pick/records?kind=zone&q=chua cau").json == []


def test_nobody_is_offered_anything_who_is_not_logged_in(seeded_client: FlaskClient) -> None:
    answer = seeded_client.get("/desk/pick/units?q=hoi")
    assert answer.status_code == 303
    assert answer.location.startswith("/desk/login")


def test_names_typed_instead_of_codes_are_resolved(seeded_copy: Flask) -> None:
    an = Officer(seeded_copy, "an", Role.EDITOR)
    page = an.get(EDIT).form().fill(parent="my son sanctuary", current_unit="phường Hội An").press("save")
    assert page.errors() == {}
    assert page.value("parent").startswith("QNM-0045 – ")
    assert "Hội An" in page.value("current_unit")
    assert page.value("current_unit").split(" – ")[0].isdigit()


def test_name_of_several_is_told_with_their_codes_and_stays(seeded_copy: Flask) -> None:
    an = Officer(seeded_copy, "an", Role.EDITOR)
    page = an.get(EDIT).form().fill(parent="nhà thờ", current_unit="không có xã này").press("save")
    assert "QNM-" in page.errors()["parent"]
    assert page.value("parent") == "nhà thờ"
    assert "không có xã này" in page.errors()["current_unit"]
