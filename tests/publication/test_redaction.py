"""What the public is told of a place: policies, their defaults, the strictest among ancestors."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.core.errors import Gone, NotFound
from app.engine.questions import Point
from app.publication import operations as publication
from app.publication.conditions import ItemQuery
from app.publication.pages import read_page
from app.publication.queries import read_item
from app.publication.redaction import blur
from tests.harness import register
from tests.harness.register import SETTINGS, decision, reviewer, site, zone

if TYPE_CHECKING:
    from flask import Flask

SECRET = (15.8770831, 108.3260507, 20)
DIGITS = ("15.87708", "108.32605", "8770831", "3260507")


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def read(collection: str, code: str) -> dict[str, Any]:
    found = json.loads(read_item(db.session(), collection, code, "en").feature)
    assert isinstance(found, dict)
    return found


def test_archaeology_is_blurred_by_default_to_the_centre_of_its_cell() -> None:
    register.publish(db.session(), ("site", site("QNM-9001", types=["archaeological"], at=SECRET)))
    found = read("sites", "QNM-9001")
    assert found["geometry"]["coordinates"] == [108.33, 15.87]
    assert found["properties"]["location_precision_m"] == 1600
    assert not any(digits in json.dumps(found) for digits in DIGITS)


def test_blurred_place_keeps_a_precision_that_was_worse() -> None:
    register.publish(db.session(), ("site", site("QNM-9001", location_policy="blurred", at=(15.87, 108.32, 6000))))
    assert read("sites", "QNM-9001")["properties"]["location_precision_m"] == 6000


def test_every_other_type_is_exact_by_default() -> None:
    register.publish(db.session(), ("site", site("QNM-9001", types=["historical"], at=SECRET)))
    assert read("sites", "QNM-9001")["geometry"]["coordinates"] == [108.3260507, 15.8770831]


def test_hidden_place_has_no_geometry_unit_or_address() -> None:
    fields = {"location_policy": "hidden", "address_detail": "12 Trần Phú", "at": SECRET}
    register.publish(db.session(), ("site", site("QNM-9001", **fields)))
    found = read("sites", "QNM-9001")
    assert found["geometry"] is None
    assert (found["properties"]["unit"], found["properties"]["addresses"]) == (None, [])
    assert "Trần Phú" not in json.dumps(found, ensure_ascii=False)


@pytest.mark.parametrize("policy", ["blurred", "unit_only", "hidden"])
def test_component_is_bound_by_its_ancestors_policy_even_an_internal_ones(policy: str) -> None:
    register.accept(db.session(), ("site", site("QNM-9001", location_policy=policy)))
    register.publish(
        db.session(), ("site", site("QNM-9001-A", parent="QNM-9001", at=SECRET, address_detail="12 Trần Phú"))
    )
    found = read("sites", "QNM-9001-A")
    assert found["properties"]["location_policy"] == policy
    assert found["properties"]["parent"] is None
    assert not any(digits in json.dumps(found) for digits in DIGITS)
    assert "Trần Phú" not in json.dumps(found, ensure_ascii=False)


def test_component_is_rendered_anew_when_its_parent_is_restricted() -> None:
    _parent, _ = register.publish(
        db.session(), ("site", site("QNM-9001")), ("site", site("QNM-9001-A", parent="QNM-9001", at=SECRET))
    )
    before = read_item(db.session(), "sites", "QNM-9001-A", "en").version
    register.accept(db.session(), ("site", site("QNM-9001", location_policy="hidden")))
    found = read_item(db.session(), "sites", "QNM-9001-A", "en")
    assert json.loads(found.feature)["geometry"] is None
    assert found.version == before + 1


def test_text_of_a_restricted_site_waits_for_the_reviewers_word() -> None:
    told = {"vi": "Cạnh suối, sau nhà ông A.", "en": "By the stream."}
    restricted = site("QNM-9001", location_policy="blurred", description=told)
    register.publish(db.session(), ("site", restricted))
    assert read("sites", "QNM-9001")["properties"]["description"] is None
    assert _search("stream") == []
    register.accept(db.session(), ("site", {**restricted, "is_text_cleared": True}))
    assert read("sites", "QNM-9001")["properties"]["description"] == "By the stream."
    assert _search("stream") == ["QNM-9001"]


def _search(text: str, **asked: Any) -> list[str]:
    page = read_page(db.session(), ItemQuery("sites", "en", text=text, **asked))
    return [json.loads(feature)["id"] for feature in page.features]


def test_zone_of_an_exact_site_shows_its_area() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")), ("zone", zone("QNM-9001-Z1", "QNM-9001", area_m2=9.5)))
    found = read("zones", "QNM-9001-Z1")
    assert found["geometry"]["type"] == "Polygon"
    assert found["properties"]["area_m2"] == 9.5


def test_zone_of_a_restricted_site_tells_no_more_than_the_site() -> None:
    told = {"boundary_text": {"vi": "Bắc giáp suối"}, "cadastral_sheet": "7", "cadastral_plot": "123", "area_m2": 4321}
    register.publish(
        db.session(),
        ("site", site("QNM-9001", location_policy="blurred", at=SECRET)),
        ("zone", zone("QNM-9001-Z1", "QNM-9001", **told)),
    )
    found = read("zones", "QNM-9001-Z1")
    assert found["geometry"] == read("sites", "QNM-9001")["geometry"]
    assert all(found["properties"][name] is None for name in told)


def test_zone_is_not_public_before_its_site_and_goes_with_it() -> None:
    session = db.session()
    (owner,) = register.accept(session, ("site", site("QNM-9001")))
    register.publish(session, ("zone", zone("QNM-9001-Z1", "QNM-9001")))
    with pytest.raises(NotFound):
        read("zones", "QNM-9001-Z1")
    publication.publish(session, [owner], actor=reviewer(session), settings=SETTINGS)
    assert read("zones", "QNM-9001-Z1")["id"] == "QNM-9001-Z1"
    publication.withdraw(session, [owner], actor=reviewer(session), settings=SETTINGS)
    with pytest.raises(Gone):
        read("zones", "QNM-9001-Z1")


def test_internal_decision_stands_in_no_public_chain() -> None:
    register.publish(db.session(), ("site", site("QNM-9001")))
    (made,) = register.accept(db.session(), ("decision", decision("QNM-D9001", {"record": "QNM-9001"}, number="77/QĐ")))
    found = read("sites", "QNM-9001")["properties"]
    assert (found["rank"], found["decisions"]) == (None, [])
    assert _search("77") == []
    publication.publish(db.session(), [made], actor=reviewer(db.session()), settings=SETTINGS)
    assert read("sites", "QNM-9001")["properties"]["rank"] == "national"


def test_place_blurred_is_found_only_where_it_is_said_to_be() -> None:
    register.publish(db.session(), ("site", site("QNM-9001", location_policy="blurred", at=SECRET)))
    about = (108.3259, 15.8769, 108.3262, 15.8772)
    assert read_page(db.session(), ItemQuery("sites", "en", boxes=(about,))).features == []
    near = ItemQuery("sites", "en", near=Point(SECRET[1], SECRET[0]), radius_m=400)
    assert read_page(db.session(), near).features == []
    centre = (108.3299, 15.8699, 108.3301, 15.8701)
    assert len(read_page(db.session(), ItemQuery("sites", "en", boxes=(centre,))).features) == 1


def test_blur_gives_the_same_cell_for_every_place_in_it() -> None:
    assert blur(108.3201, 15.8601).equals(blur(108.3399, 15.8799))
    assert not blur(108.3201, 15.8601).equals(blur(108.3401, 15.8601))


@pytest.mark.parametrize("policy", ["blurred", "unit_only", "hidden"])
def test_restricted_component_is_not_found_by_its_exact_parent(policy: str) -> None:
    register.publish(
        db.session(),
        ("site", site("QNM-9001")),
        ("site", site("QNM-9001-A", parent="QNM-9001", location_policy=policy)),
        ("site", site("QNM-9001-B", parent="QNM-9001")),
    )
    assert read("sites", "QNM-9001-A")["properties"]["parent"] is None
    assert [one["code"] for one in read("sites", "QNM-9001")["properties"]["components"]] == ["QNM-9001-B"]
    found = read_page(db.session(), ItemQuery("sites", "en", filters=(("parent", "QNM-9001"),))).features
    assert [json.loads(feature)["id"] for feature in found] == ["QNM-9001-B"]


def test_component_stands_under_a_parent_that_is_restricted_alike() -> None:
    register.publish(
        db.session(),
        ("site", site("QNM-9001", location_policy="blurred")),
        ("site", site("QNM-9001-A", parent="QNM-9001")),
    )
    assert read("sites", "QNM-9001-A")["properties"]["parent"]["code"] == "QNM-9001"


def test_order_of_search_does_not_tell_of_an_internal_parent() -> None:
    register.accept(db.session(), ("site", site("QNM-9009")))
    register.publish(db.session(), ("site", site("QNM-9001", parent="QNM-9009")), ("site", site("QNM-9002")))
    assert _search("Site") == ["QNM-9001", "QNM-9002"]


def test_contact_waits_for_consent_even_of_an_open_site() -> None:
    contact = {"uid": "v1", "topic": "contact", "value": "Ông Tê 0905123456"}
    register.publish(db.session(), ("site", site("QNM-9001", visit_facts=[contact])))
    assert "0905123456" not in json.dumps(read("sites", "QNM-9001"))
