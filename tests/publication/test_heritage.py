"""What the public is told of artefacts, intangible and documentary heritage, and of who answers for a site."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.core.errors import Gone
from app.publication import operations as publication
from app.publication.conditions import ItemQuery
from app.publication.pages import read_page
from app.publication.queries import read_item
from app.records.models import Record
from app.records.operations import find_record
from tests.harness import register
from tests.harness.register import (
    SETTINGS,
    artefact,
    decision,
    documentary,
    intangible,
    party,
    reviewer,
    site,
)

if TYPE_CHECKING:
    from flask import Flask

SECRET = (15.8770831, 108.3260507, 20)
DIGITS = ("15.87708", "108.32605", "8770831", "3260507")
RESTRICTIONS = ("blurred", "unit_only", "hidden")
MOVABLES = (("artefact", "artefacts", artefact), ("documentary", "documentary", documentary))


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def publish(*pairs: tuple[str, dict[str, Any]]) -> list[Record]:
    return register.publish(db.session(), *pairs)


def accept(*pairs: tuple[str, dict[str, Any]]) -> list[Record]:
    return register.accept(db.session(), *pairs)


def text(collection: str, code: str) -> str:
    return read_item(db.session(), collection, code, "en").feature.decode()


def read(collection: str, code: str) -> dict[str, Any]:
    found = json.loads(text(collection, code))["properties"]
    assert isinstance(found, dict)
    return found


def search(collection: str, words: str) -> list[str]:
    page = read_page(db.session(), ItemQuery(collection, "en", text=words))
    return [json.loads(feature)["id"] for feature in page.features]


def recognise(code: str, record: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    given = {"record": record, "action": "recognise", "level": None, "recognition": "national_treasure"}
    return "decision", decision(code, given, **fields)


@pytest.mark.parametrize(("kind", "collection", "make"), MOVABLES)
def test_thing_kept_at_a_site_takes_the_sites_place(kind: str, collection: str, make: Any) -> None:
    publish(("site", site("QNM-9001", at=SECRET)), (kind, make("QNM-X0001", site="QNM-9001", kept_place="Hậu tẩm")))
    found = json.loads(text(collection, "QNM-X0001"))
    assert found["geometry"]["coordinates"] == [108.3260507, 15.8770831]
    assert (found["properties"]["site"], found["properties"]["kept_place"]) == ("QNM-9001", "Hậu tẩm")


@pytest.mark.parametrize("policy", RESTRICTIONS)
@pytest.mark.parametrize("restricted", ["site", "ancestor", "thing"])
@pytest.mark.parametrize(("kind", "collection", "make"), MOVABLES)
def test_thing_is_bound_by_the_strictest_policy_above_it(
    kind: str, collection: str, make: Any, policy: str, restricted: str
) -> None:
    own = {"location_policy": policy}
    place = {"kept_place": "canhvatbatmat", "inventory_code": "canhvatbatmat.1", "holder_kind": "organisation"}
    accept(("site", site("QNM-9000", at=None, **(own if restricted == "ancestor" else {}))))
    publish(
        ("site", site("QNM-9001", at=SECRET, parent="QNM-9000", **(own if restricted == "site" else {}))),
        (
            kind,
            make(
                "QNM-X0001",
                site="QNM-9001",
                holder={"vi": "Đình canhvatbatmat"},
                description={"vi": "canhvatbatmat"},
                provenance={"vi": "canhvatbatmat"},
                sources=[{"uid": "s1", "citation": "canhvatbatmat"}],
                **place,
                **(own if restricted == "thing" else {}),
            ),
        ),
    )
    said = text(collection, "QNM-X0001")
    assert "canhvatbatmat" not in said
    assert not any(digits in said for digits in DIGITS)
    assert search(collection, "canhvatbatmat") == []
    # The site may be named only where that tells no more than the thing's own policy.
    assert (json.loads(said)["properties"]["site"] is None) == (restricted == "thing")
    assert json.loads(said)["properties"]["location_policy"] == policy


def test_thing_at_an_internal_site_tells_nothing_of_it() -> None:
    accept(("site", site("QNM-9001", name={"vi": "Bimatnoibo"}, at=SECRET)))
    publish(("artefact", artefact("QNM-A0001", site="QNM-9001")))
    said = text("artefacts", "QNM-A0001")
    assert "QNM-9001" not in said
    assert "Bimatnoibo" not in said
    assert json.loads(said)["geometry"] is None


@pytest.mark.parametrize("policy", RESTRICTIONS)
def test_find_spot_is_bound_by_the_site_where_it_was_found(policy: str) -> None:
    found_at = {"uid": "r1", "relation": "found_at", "target": "QNM-9001", "note": "hogachvatbatmat"}
    thing = artefact(
        "QNM-A0001", found_at={"vi": "hogachvatbatmat"}, description={"vi": "Tượng"}, relations=[found_at],
        holder={"vi": "Bảo tàng Quảng Nam"}, holder_kind="organisation",
    )  # fmt: skip
    publish(("site", site("QNM-9001", location_policy=policy, at=SECRET)), ("artefact", thing))
    assert "hogachvatbatmat" not in text("artefacts", "QNM-A0001")
    assert read("artefacts", "QNM-A0001")["holder"] == "Bảo tàng Quảng Nam"
    assert [one["code"] for one in read("artefacts", "QNM-A0001")["relations"]] == ["QNM-9001"]
    accept(("artefact", {**thing, "is_text_cleared": True}))
    shown = read("artefacts", "QNM-A0001")
    assert shown["description"] == "Tượng"
    assert (shown["found_at"] == "hogachvatbatmat") == (policy == "blurred")


def test_person_who_keeps_a_thing_is_told_by_kind_only() -> None:
    publish(("artefact", artefact("QNM-A0001", holder={"vi": "Ông Tê"}, holder_kind="person")))
    assert "Ông Tê" not in text("artefacts", "QNM-A0001")
    assert read("artefacts", "QNM-A0001")["holder_kind"] == "person"
    assert search("artefacts", "Ông Tê") == []


def test_party_that_is_a_person_is_named_only_while_the_consent_stands() -> None:
    person = party("QNM-P0001", name={"vi": "Ông Tê"}, party_kind="person", role={"vi": "Nhà sưu tập"})
    consent = {"uid": "c1", "scope": "name", "given_on": "2025-01-02", "document": "Giấy"}
    custody = [{"uid": "c1", "party": "QNM-P0001", "role": "owner"}]
    publish(
        ("party", person),
        ("artefact", artefact("QNM-A0001", holder_party="QNM-P0001")),
        ("intangible", intangible("QNM-I0001", practitioners=[{"uid": "p1", "party": "QNM-P0001"}])),
        ("site", site("QNM-9001", custodianships=custody)),
    )
    shown = [("artefacts", "QNM-A0001"), ("intangible", "QNM-I0001"), ("sites", "QNM-9001")]
    assert not [pair for pair in shown if "Ông Tê" in text(*pair)]
    assert read("artefacts", "QNM-A0001")["holder_role"] == "Nhà sưu tập"
    for consents, is_named in (
        ([{**consent, "scope": "contact"}], False),
        ([consent], True),
        ([{**consent, "withdrawn_on": "2025-03-01"}], False),
    ):
        accept(("party", {**person, "consents": consents}))
        assert [("Ông Tê" in text(*pair)) for pair in shown] == [is_named] * 3


def test_site_names_the_organisation_that_answers_for_it_and_follows_its_name() -> None:
    body = party("QNM-P0001", name={"vi": "Trung tâm Bảo tồn"}, phone="0905123456")
    custody = [{"uid": "c1", "party": "QNM-P0001", "role": "manager", "since": "2025-07"}]
    (record, *_) = publish(("party", body), ("site", site("QNM-9001", custodianships=custody)))
    (one,) = read("sites", "QNM-9001")["responsible"]
    assert (one["role"], one["name"], one["since"]) == ("manager", "Trung tâm Bảo tồn", "2025-07")
    accept(("party", {**body, "name": {"vi": "Trung tâm Quản lý"}}))
    assert read("sites", "QNM-9001")["responsible"][0]["name"] == "Trung tâm Quản lý"
    assert "0905123456" not in text("sites", "QNM-9001")
    publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
    assert read("sites", "QNM-9001")["responsible"][0]["name"] is None


@pytest.mark.parametrize("policy", RESTRICTIONS)
def test_restricted_site_does_not_name_who_answers_for_it(policy: str) -> None:
    custody = [{"uid": "c1", "party": "QNM-P0001", "role": "manager", "basis": "xacanhvatbatmat"}]
    publish(
        ("party", party("QNM-P0001", name={"vi": "UBND xã xacanhvatbatmat"})),
        ("site", site("QNM-9001", location_policy=policy, custodianships=custody)),
    )
    assert "xacanhvatbatmat" not in text("sites", "QNM-9001")
    assert read("sites", "QNM-9001")["responsible"][0]["role"] == "manager"


def test_custody_papers_are_for_the_officers() -> None:
    papers = {
        "land_papers": [{"uid": "l1", "status": "issued", "number": "BA-bimat"}],
        "boundary_markers": [
            {"uid": "m1", "number": "M-bimat", "status": "placed", "entered_text": "15.8771, 108.3261",
             "entered_crs": "EPSG:4326", "note": "bimat"}
        ],
        "steles": [{"uid": "b1", "status": "placed", "note": "bimat"}],
        "certificates": [{"uid": "b1", "status": "delivered", "number": "bimat"}],
    }  # fmt: skip
    publish(("site", site("QNM-9001", **papers)))
    assert "bimat" not in text("sites", "QNM-9001")


@pytest.mark.parametrize(("kind", "collection", "make"), [*MOVABLES, ("intangible", "intangible", intangible)])
def test_recognition_rests_on_public_decisions_alone(kind: str, collection: str, make: Any) -> None:
    publish((kind, make("QNM-X0001")))
    (made,) = accept(recognise("QNM-D9001", "QNM-X0001", number="77777/QĐ-MAT", date="2024-12-31"))
    assert (read(collection, "QNM-X0001")["recognitions"], "77777" in text(collection, "QNM-X0001")) == ([], False)
    publication.publish(db.session(), [made], actor=reviewer(db.session()), settings=SETTINGS)
    shown = read(collection, "QNM-X0001")
    assert shown["recognitions"] == ["national_treasure"]
    assert shown["decisions"][0]["number"] == "77777/QĐ-MAT"
    page = read_page(db.session(), ItemQuery(collection, "en", filters=(("recognition", "national_treasure"),)))
    assert len(page.features) == 1
    publication.withdraw(db.session(), [made], actor=reviewer(db.session()), settings=SETTINGS)
    assert read(collection, "QNM-X0001")["recognitions"] == []


@pytest.mark.parametrize(("kind", "collection", "make"), [*MOVABLES, ("intangible", "intangible", intangible)])
def test_relation_shows_public_records_only_and_follows_them(kind: str, collection: str, make: Any) -> None:
    (target,) = accept(("intangible", intangible("QNM-I0009", name={"vi": "Nghề gốm"})))
    relations = [{"uid": "r1", "relation": "related", "target": "QNM-I0009", "note": "cùng làng"}]
    publish((kind, make("QNM-X0001", relations=relations)))
    assert (read(collection, "QNM-X0001")["relations"], "QNM-I0009" in text(collection, "QNM-X0001")) == ([], False)
    publication.publish(db.session(), [target], actor=reviewer(db.session()), settings=SETTINGS)
    (shown,) = read(collection, "QNM-X0001")["relations"]
    assert (shown["name"], shown["url"]) == ("Nghề gốm", "/en/intangible/nghe-gom-qnm-i0009")
    accept(("intangible", intangible("QNM-I0009", name={"vi": "Nghề mộc"})))
    assert read(collection, "QNM-X0001")["relations"][0]["name"] == "Nghề mộc"
    publication.withdraw(db.session(), [target], actor=reviewer(db.session()), settings=SETTINGS)
    assert read(collection, "QNM-X0001")["relations"] == []


@pytest.mark.parametrize(("kind", "collection", "make"), MOVABLES)
def test_thing_is_rendered_anew_when_an_ancestor_of_its_site_is_restricted(
    kind: str, collection: str, make: Any
) -> None:
    publish(
        ("site", site("QNM-9000")),
        ("site", site("QNM-9001", parent="QNM-9000", at=SECRET)),
        (kind, make("QNM-X0001", site="QNM-9001")),
    )
    assert DIGITS[0] in text(collection, "QNM-X0001")
    accept(("site", site("QNM-9000", location_policy="hidden")))
    assert json.loads(text(collection, "QNM-X0001"))["geometry"] is None


def test_element_tells_nothing_of_a_restricted_or_an_internal_place() -> None:
    accept(("site", site("QNM-9002", name={"vi": "Bimatnoibo"}, at=SECRET)))
    hidden = site("QNM-9001", at=SECRET, location_policy="hidden")
    places = [
        {"uid": "p1", "text": "xacanhvatbatmat", "site": "QNM-9001", "note": "xacanhvatbatmat"},
        {"uid": "p2", "text": "Bimatnoibo", "site": "QNM-9002"},
        {"uid": "p3", "text": "Hội An"},
    ]
    publish(("site", hidden), ("intangible", intangible("QNM-I0001", places=places)))
    said = text("intangible", "QNM-I0001")
    assert not [word for word in ("xacanhvatbatmat", "Bimatnoibo", "QNM-9002", *DIGITS) if word in said]
    assert [(one["text"], one["site"]) for one in read("intangible", "QNM-I0001")["places"]] == [
        (None, "QNM-9001"),
        ("Hội An", None),
    ]
    accept(("site", {**hidden, "location_policy": None}))
    assert "xacanhvatbatmat" in text("intangible", "QNM-I0001")


@pytest.mark.parametrize(("kind", "collection", "make"), [*MOVABLES, ("intangible", "intangible", intangible)])
def test_resolved_doubts_and_officers_notes_are_not_published(kind: str, collection: str, make: Any) -> None:
    doubts = [
        {"uid": "d1", "tag": "rank_unverified", "note": "còn nghi"},
        {"uid": "d2", "tag": "rank_unverified", "note": "daxong", "resolved_on": "2026-01-02", "resolution": "daxong"},
    ]
    publish((kind, make("QNM-X0001", doubts=doubts, note="ghichunoibo")))
    assert [one["note"] for one in read(collection, "QNM-X0001")["doubts"]] == ["còn nghi"]
    assert not [word for word in ("daxong", "ghichunoibo") if word in text(collection, "QNM-X0001")]


@pytest.mark.parametrize("kind", ["survey", "work", "party"])
def test_what_is_for_officers_makes_no_public_item_even_when_published(kind: str) -> None:
    publish(("site", site("QNM-9001")))
    payload = {
        "survey": register.survey("QNM-9001-S1", "QNM-9001", findings={"vi": "bimat"}),
        "work": register.work("QNM-9001-W1", "QNM-9001", state_before={"vi": "bimat"}),
        "party": party("QNM-P0001", name={"vi": "bimat"}),
    }[kind]
    publish((kind, payload))
    assert "bimat" not in text("sites", "QNM-9001")
    assert search("sites", "bimat") == []


def test_withdrawn_artefact_is_gone() -> None:
    publish(("artefact", artefact("QNM-A0001")))
    record = find_record(db.session(), "QNM-A0001")
    publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
    with pytest.raises(Gone):
        read("artefacts", "QNM-A0001")


@pytest.mark.parametrize("collection", ["artefacts", "intangible", "documentary", "sites"])
def test_properties_that_are_shown_are_those_that_are_described(collection: str) -> None:
    from app.publication.collections import COLLECTIONS

    make = {"artefacts": artefact, "intangible": intangible, "documentary": documentary, "sites": site}[collection]
    publish((str(COLLECTIONS[collection].kind), make("QNM-X0001")))
    described = {one.name for one in COLLECTIONS[collection].properties if not one.is_filter_only}
    assert set(read(collection, "QNM-X0001")) == described
