"""What a sensitive place withholds of every kind of record that tells it, of many records in one statement."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from tests.harness import register
from tests.harness.readers import Reader

if TYPE_CHECKING:
    from flask import Flask

SECRET, PART, OPEN = "QNM-9001", "QNM-9001-01", "QNM-9002"


@pytest.fixture
def sites(app: Flask) -> Flask:
    """A hidden site, a component of it that says nothing of its own, and an open site."""
    with app.app_context():
        session = db.session()
        register.write_vocabulary(session)
        register.accept(session, ("site", register.site(SECRET, location_policy="hidden")))
        register.accept(session, ("site", register.site(PART, parent=SECRET)), ("site", register.site(OPEN)))
        session.commit()
    return app


def stop(code: str) -> dict[str, Any]:
    return {"stops": [{"uid": "t1", "name": {"vi": "Dừng"}}, {"uid": "t2", "name": {"vi": "Dừng"}, "site": code}]}


@pytest.mark.parametrize(
    ("kind", "told", "withheld"),
    [
        ("site", lambda code: {"code": code}, "locations"),
        ("zone", lambda code: {"site": code}, "entered_text"),
        ("event", lambda code: {"site": code}, "locations"),
        ("place", lambda code: {"site": code}, "locations"),
        ("itinerary", stop, "stops"),
        ("intangible", lambda code: {"places": [{"uid": "p1", "text": "Đình", "site": code}]}, "places"),
        ("artefact", lambda code: {"site": code}, "kept_place"),
        ("artefact", lambda code: {"relations": [{"relation": "found_at", "target": code}]}, "found_at"),
        ("documentary", lambda code: {"site": code}, "kept_place"),
    ],
)
def test_a_place_is_withheld_by_its_site_and_by_what_that_belongs_to(
    sites: Flask,
    count_queries: Callable[[], AbstractContextManager[list[str]]],
    kind: str,
    told: Callable[[str], dict[str, Any]],
    withheld: str,
) -> None:
    with sites.app_context(), count_queries() as statements:
        found = KINDS[kind].withheld(db.session(), [told(code) for code in (SECRET, PART, OPEN, "QNM-7777")])
    assert [withheld in names for names in found] == [True, True, False, False]
    assert set().union(*found) <= set(KINDS[kind].sensitive)
    # One for the sites that stand, one for those that wait for their acceptance.
    assert len(statements) == 2


def test_what_is_at_a_site_that_waits_for_its_acceptance_is_withheld_too(sites: Flask) -> None:
    """An archaeological site and its zone in one changeset: the zone's boundary is as sensitive as the site's point."""
    with sites.app_context():
        session = db.session()
        register.draft(
            session,
            ("site", register.site("QNM-9003", types=["archaeological"])),
            ("site", register.site("QNM-9004", parent=SECRET)),
            ("site", register.site("QNM-9005")),
        )
        payloads = [register.zone("QNM-Z1", code) for code in ("QNM-9003", "QNM-9004", "QNM-9005")]
        found = KINDS["zone"].withheld(session, payloads)
    assert [bool(names) for names in found] == [True, True, False]


def test_a_new_site_is_withheld_by_what_it_says_itself_or_belongs_to(sites: Flask) -> None:
    said: list[tuple[dict[str, Any], bool]] = [
        ({"code": "QNM-7777", "types": ["archaeological"]}, True),
        ({"code": "QNM-7777", "types": ["archaeological"], "location_policy": "exact"}, False),
        ({"code": "QNM-7777", "location_policy": "unit_only"}, True),
        ({"code": "QNM-7777", "parent": PART, "location_policy": "exact"}, True),
        ({"code": ["no code"], "types": "no list", "location_policy": 7, "parent": {}}, False),
        ({}, False),
    ]
    with sites.app_context():
        found = KINDS["site"].withheld(db.session(), [payload for payload, _ in said])
    assert [bool(names) for names in found] == [is_withheld for _, is_withheld in said]


def test_search_and_links_do_not_tell_what_a_page_withholds(sites: Flask) -> None:
    """A thing kept at a hidden site is found by its name, not by the site; the site's page does not name it."""
    with sites.app_context():
        session = db.session()
        kept = register.artefact(
            "ART-9001", site=SECRET, kept_place="Hậu tẩm", holder={"vi": "Ông Bảy"}, holder_kind="person"
        )
        register.accept(session, ("artefact", kept))
        register.accept(session, ("artefact", register.artefact("ART-9002", site=OPEN)))
        session.commit()
    viewer, reviewer = Reader(sites, "vi", Role.VIEWER), Reader(sites, "bi", Role.REVIEWER)
    for words, found in (("ART-9001", True), ("Ông Bảy", False), (f"Di tích {SECRET}", False)):
        assert ("/desk/records/ART-9001" in viewer.text(f"/desk/register/artefact?q={words}")) is found, words
    assert "ART-9001" not in viewer.text(f"/desk/records/{SECRET}")
    assert "ART-9001" in reviewer.text(f"/desk/records/{SECRET}")
    assert "ART-9002" in viewer.text(f"/desk/records/{OPEN}")
