"""What looks wrong with a place is told while it is drawn, on the changeset that proposes it, and on the record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.administration import read_user
from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from app.records.drafts import open_changeset, write_draft
from tests.harness import register
from tests.harness.officers import FROM_HERE
from tests.harness.readers import Reader
from tests.harness.register import SETTINGS

if TYPE_CHECKING:
    from flask import Flask

SITE = "QNM-0001"
FIRST, SECOND = f"{SITE}-Z1", f"{SITE}-Z2"


def square(west: float, east: float) -> str:
    """A strip about 200 m high, from one longitude to another, at Chùa Cầu."""
    return f"POLYGON(({west} 15.876,{east} 15.876,{east} 15.878,{west} 15.878,{west} 15.876))"


def zones(second_from: float) -> list[tuple[str, dict[str, Any]]]:
    """Zone I, which ends at 108.327, and a zone II that begins somewhere."""
    return [
        ("zone", register.zone(FIRST, SITE)),
        ("zone", register.zone(SECOND, SITE, zone_type="zone_2", entered_text=square(second_from, 108.330))),
    ]


@pytest.fixture
def an(app: Flask) -> Reader:
    """An editor."""
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()
    return Reader(app, "an", Role.EDITOR)


def propose(an: Reader, *payloads: tuple[str, dict[str, Any]]) -> int:
    """Write drafts of somebody's into one changeset; gives its number."""
    session = db.session()
    actor = read_user(session, an.key)
    changeset = open_changeset(session, title="t", actor=actor)
    for kind, payload in payloads:
        write_draft(session, KINDS, kind, payload, changeset=changeset, actor=actor, settings=SETTINGS)
    session.commit()
    return changeset.id


def test_reviewer_is_told_of_zones_that_overlap_within_a_changeset(app: Flask, an: Reader) -> None:
    with app.app_context():
        number = propose(an, ("site", register.site(SITE)), *zones(108.326))
    page = Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{number}")
    assert page.count("Zones I and II overlap") == 2
    assert f"both this zone and {FIRST}" in page


def test_zones_that_touch_and_a_point_within_are_right(app: Flask, an: Reader) -> None:
    with app.app_context():
        number = propose(an, ("site", register.site(SITE)), *zones(108.327))
    assert 'class="notice warning"' not in Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{number}")


def test_point_far_from_the_zones_proposed_with_it_is_told(app: Flask, an: Reader) -> None:
    with app.app_context():
        number = propose(an, ("site", register.site(SITE, at=(15.9, 108.4, 20))), *zones(108.327))
    page = Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{number}")
    assert page.count("m outside this zone") == 2


def test_own_drafts_count_while_a_zone_is_drawn(app: Flask, an: Reader) -> None:
    with app.app_context():
        propose(an, ("site", register.site(SITE)), zones(108.326)[0])
    asked = {"crs": "EPSG:4326", "site": SITE, "code": SECOND, "zone_type": "zone_2"}
    for west, expected in ((108.326, ["zones_overlap"]), (108.327, []), (108.3285, ["zones_apart"])):
        told = an.client.post(
            "/desk/geometry/preview?lang=en",
            json={**asked, "text": square(west, 108.330)},
            headers={**FROM_HERE, "X-CSRF-Token": an._proof},
        )
        assert [warning["code"] for warning in (told.json or {})["warnings"]] == expected


def test_record_tells_what_is_wrong_with_its_place_as_far_as_it_may_be_seen(app: Flask, an: Reader) -> None:
    with app.app_context():
        session = db.session()
        register.accept(session, ("site", register.site(SITE, types=["archaeological"])), *zones(108.326))
        session.commit()
    assert "Zones I and II overlap" in Reader(app, "binh", Role.REVIEWER).text(f"/desk/records/{SECOND}")
    assert "overlap" not in an.text(f"/desk/records/{SECOND}")
