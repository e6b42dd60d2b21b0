"""Files sent by officers' machines: decoded, kept, and begun as the draft of a record that is led on like any other."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.media.models import StoredFile
from tests.harness import pictures
from tests.harness.machines import BASE, Caller
from tests.harness.working import run_jobs
from tests.register_api.test_writes import accepted, pointers

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

SITE = "QNM-9001"


def send(
    caller: Caller, data: bytes | None, name: str = "giếng_cổ.jpg", query: str = "", **fields: str
) -> TestResponse:
    """Send a file with what is known of it."""
    parts: dict[str, Any] = dict(fields)
    if data is not None:
        parts["file"] = (io.BytesIO(data), "giếng_cổ.jpg")
    headers = {"Authorization": f"Bearer {caller.token}"}
    return caller.app.test_client().post(
        f"{BASE}/media{query}", data=parts, headers=headers, content_type="multipart/form-data"
    )


def test_file_becomes_the_draft_of_a_record_and_is_published(
    written_app: Flask, editor: Caller, reviewer: Caller
) -> None:
    accepted(editor, reviewer, location_policy="exact")
    assert reviewer.lead("sites", SITE, "publish").status_code == 200
    said = {"title": "Giếng", "alt": '{"vi": "Giếng đá", "en": "A well"}', "licence": "CC-BY-4.0", "creator": "An"}
    answer = send(editor, pictures.photograph(taken="2026:03:04 10:20:30"), record=SITE, role="cover", **said)
    assert answer.status_code == 201, answer.text
    medium = answer.get_json(force=True)
    code, told = medium["id"], medium["properties"]
    assert answer.headers["Location"] == f"{BASE}/collections/media/items/{code}"
    assert medium["duplicates"] == []
    assert told["title"] == {"vi": "Giếng"}
    assert told["alt"] == {"vi": "Giếng đá", "en": "A well"}
    assert (told["dated"], told["medium_type"], told["licence"]) == ("2026-03-04", "photograph", "CC-BY-4.0")
    assert [(row["record"], row["role"]) for row in told["placements"]] == [(SITE, "cover")]
    for caller, action in ((editor, "submit"), (reviewer, "accept"), (reviewer, "publish")):
        led = caller.lead("media", code, action, None if action == "publish" else told["revision"])
        assert led.status_code == 200, led.text
    run_jobs(written_app)
    public = written_app.test_client().get(f"/api/v1/collections/sites/items/{SITE}").get_json(force=True)
    assert [image["code"] for image in public["properties"]["images"]] == [code]


def test_title_is_the_files_name_until_another_is_said(editor: Caller) -> None:
    answer = send(editor, pictures.photograph())
    assert answer.get_json(force=True)["properties"]["title"] == {"vi": "giếng cổ"}


def test_same_file_is_told(editor: Caller) -> None:
    first = send(editor, pictures.photograph()).get_json(force=True)
    second = send(editor, pictures.photograph(), query=f"?changeset={first['properties']['changeset']}")
    assert second.status_code == 201, second.text
    again = second.get_json(force=True)
    assert again["duplicates"] == [first["id"]]
    assert again["properties"]["changeset"] == first["properties"]["changeset"]


@pytest.mark.parametrize(
    ("fields", "pointer"),
    [
        ({"record": "QNM-4711"}, "/record"),
        ({"dated": "gestern"}, "/dated"),
        ({"titel": "Giếng"}, "/titel"),
        ({"title": "x" * 501}, "/title/vi"),
    ],
)
def test_what_is_wrong_is_named_before_the_file_is_decoded(
    written_app: Flask, editor: Caller, fields: dict[str, str], pointer: str
) -> None:
    assert pointers(send(editor, b"no picture", **fields)) == [pointer]
    with written_app.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0


def test_file_that_is_refused_leaves_nothing(written_app: Flask, editor: Caller) -> None:
    answer = send(editor, b"<svg/>")
    assert answer.status_code == 400
    assert answer.get_json(force=True)["parameter"] == "file"
    assert pointers(send(editor, None)) == ["/file"]
    assert editor.call("POST", "/media", {}).status_code == 415
    assert editor.read("/collections/media/items")["features"] == []
    assert not (written_app.config["DISAN"].data / "media" / "originals").exists()


def test_only_who_edits_sends_files(written_app: Flask, viewer: Caller) -> None:
    assert send(viewer, pictures.photograph()).status_code == 403
    assert written_app.test_client().post(f"{BASE}/media").status_code == 401
