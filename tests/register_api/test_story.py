"""The whole story of a record over the register's API, from a draft in metres to a tombstone in public."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.harness.machines import Caller

if TYPE_CHECKING:
    from flask import Flask

SITE, DECISION, ZONE = "QNM-9001", "QNM-D901", "QNM-9001-Z1"
PUBLIC = f"/api/v1/collections/sites/items/{SITE}"
BRIDGE = {"entered_text": "1756063.592 561494.291", "entered_crs": "EPSG:5899"}
SQUARE = "POLYGON((108.325 15.876,108.327 15.876,108.327 15.878,108.325 15.878,108.325 15.876))"


def site(**fields: Any) -> dict[str, Any]:
    location = {"uid": "l1", "role": "main", **BRIDGE}
    return {"code": SITE, "name": {"vi": "Chùa Cầu", "en": "Covered Bridge"}, "locations": [location], **fields}


def draft_all(editor: Caller) -> dict[str, Any]:
    """Draft a site, a decision and a zone in one changeset; gives the site as its author sees it."""
    drafted = editor.add("sites", site())
    query = f"?changeset={drafted['properties']['changeset']}"
    item = {"uid": "i1", "action": "rank", "level": "national", "record": SITE}
    editor.add("decisions", {"code": DECISION, "issuer": "Bộ Văn hóa", "date": "1990", "items": [item]}, query)
    zone = {"code": ZONE, "site": SITE, "zone_type": "zone_1", "entered_text": SQUARE, "entered_crs": "EPSG:4326"}
    editor.add("zones", {**zone, "decision": DECISION}, query)
    return drafted


def lead(caller: Caller, action: str, revision: int | None = None, **body: Any) -> dict[str, Any]:
    response = caller.lead("sites", SITE, action, revision, **body)
    assert response.status_code in (200, 201), response.text
    return dict(response.get_json(force=True))


def published(editor: Caller, reviewer: Caller) -> None:
    draft_all(editor)
    lead(editor, "submit", 1)
    lead(reviewer, "accept", 1)
    for plural, code in (("decisions", DECISION), ("zones", ZONE), ("sites", SITE)):
        assert reviewer.lead(plural, code, "publish").status_code == 200


def test_draft_in_metres_is_seen_by_its_author_alone(editor: Caller, reviewer: Caller) -> None:
    drafted = draft_all(editor)
    assert [round(value, 5) for value in drafted["geometry"]["coordinates"]] == [108.32605, 15.87708]
    assert drafted["properties"]["review_state"] == "draft"
    assert drafted["properties"]["locations"][0]["entered_text"] == BRIDGE["entered_text"]
    assert [found["id"] for found in editor.read("/collections/sites/items")["features"]] == [SITE]
    assert reviewer.read("/collections/sites/items")["features"] == []
    assert reviewer.get(f"/collections/sites/items/{SITE}").status_code == 404


def test_changeset_is_rejected_mended_accepted_and_only_then_published(
    written_app: Flask, editor: Caller, reviewer: Caller
) -> None:
    draft_all(editor)
    handed_in = lead(editor, "submit", 1)
    assert {(found["code"], found["state"]) for found in handed_in["revisions"]} == {
        (code, "in_review") for code in (SITE, DECISION, ZONE)
    }
    assert reviewer.read(f"/collections/sites/items/{SITE}/revisions/1")["properties"]["name"]["vi"] == "Chùa Cầu"
    assert reviewer.lead("sites", SITE, "reject", 1).status_code == 422
    lead(reviewer, "reject", 1, comment="Thiếu tên gọi khác")
    lead(editor, "reopen", 1)
    mended = editor.patch("sites", SITE, {"other_names": [{"text": "Lai Viễn Kiều", "language": "vi"}]})
    assert (mended.status_code, mended.json["properties"]["saved"]) == (200, 2)
    lead(editor, "submit", 1)
    assert editor.lead("sites", SITE, "accept", 1).status_code == 403
    accepted = lead(reviewer, "accept", 1)
    assert (accepted["version"], accepted["visibility"]) == (1, "internal")
    public = written_app.test_client()
    assert public.get(PUBLIC).status_code == 404
    assert lead(reviewer, "publish")["visibility"] == "public"
    assert public.get(PUBLIC).status_code == 200
    found = public.get("/api/v1/collections/sites/items?q=chua cau").get_json(force=True)
    assert [feature["id"] for feature in found["features"]] == [SITE]


def test_overtaken_revision_comes_back_with_all_that_merging_takes(
    editor: Caller, other: Caller, reviewer: Caller
) -> None:
    published(editor, reviewer)
    assert editor.patch("sites", SITE, {"tags": ["one"], "period": {"vi": "thế kỷ XVII"}}).status_code == 200
    assert other.patch("sites", SITE, {"tags": ["two"], "dated": "16XX"}).status_code == 200
    lead(editor, "submit", 2)
    lead(reviewer, "accept", 2)
    refused = other.lead("sites", SITE, "submit", 3)
    assert refused.status_code == 409
    said = refused.get_json(force=True)
    assert (said["base"].get("tags", []), said["current"]["tags"], said["own"]["tags"]) == ([], ["one"], ["two"])
    assert said["conflicts"] == ["/tags"]
    assert said["merged"]["period"] == {"vi": "thế kỷ XVII"}
    path = f"/collections/sites/items/{SITE}"
    merged = {**said["merged"], "tags": ["one", "two"]}
    tag = other.get(path).headers["ETag"]
    put = other.call("PUT", f"{path}?onto={said['version']}", {"type": "Feature", "properties": merged}, If_Match=tag)
    assert (put.status_code, put.json["properties"]["base_version"]) == (200, 2)
    lead(other, "submit", 3)
    lead(reviewer, "accept", 3)
    now = reviewer.read(path)["properties"]
    assert (now["tags"], now["dated"], now["period"]) == (["one", "two"], "16XX", {"vi": "thế kỷ XVII"})
    changes = reviewer.read(f"{path}/revisions/1...3")["changes"]
    assert {"pointer": "/dated", "before": None, "after": "16XX"} in changes


def test_first_version_is_restored_through_review(editor: Caller, reviewer: Caller) -> None:
    published(editor, reviewer)
    assert editor.patch("sites", SITE, {"name": {"en": "Wrong"}}).status_code == 200
    lead(editor, "submit", 2)
    lead(reviewer, "accept", 2)
    restored = editor.lead("sites", SITE, "restore", 1)
    assert (restored.status_code, restored.json["revisions"][0]["state"]) == (201, "draft")
    lead(editor, "submit", 3)
    lead(reviewer, "accept", 3)
    assert reviewer.read(f"/collections/sites/items/{SITE}")["properties"]["name"]["en"] == "Covered Bridge"


@pytest.mark.parametrize("action", ["withdraw", "delete"])
def test_public_is_told_that_a_record_is_gone(
    written_app: Flask, editor: Caller, reviewer: Caller, action: str
) -> None:
    published(editor, reviewer)
    lead(reviewer, action)
    assert written_app.test_client().get(PUBLIC).status_code == 410
    path = f"/collections/sites/items/{SITE}"
    assert reviewer.get(path).status_code == (410 if action == "delete" else 200)
    lead(reviewer, "undelete" if action == "delete" else "publish")
    assert written_app.test_client().get(PUBLIC).status_code == 200


def test_delete_takes_its_permission_and_leaves_a_tombstone(editor: Caller, reviewer: Caller) -> None:
    published(editor, reviewer)
    path = f"/collections/sites/items/{SITE}"
    tag = reviewer.get(path).headers["ETag"]
    assert editor.call("DELETE", path, If_Match=tag).status_code == 403
    assert reviewer.call("DELETE", path).status_code == 428
    assert reviewer.call("DELETE", path, If_Match=tag).status_code == 204
    assert reviewer.call("DELETE", path, If_Match=tag).status_code == 410
    assert reviewer.read("/collections/sites/items")["features"] == []
    assert reviewer.lead("sites", SITE, "delete").status_code == 409
