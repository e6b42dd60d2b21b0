"""What looks wrong with a place is told while it is drawn, on the changeset that proposes it, and on the record."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.administration import read_user
from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from app.desk import surroundings
from app.records.drafts import open_changeset, write_draft
from app.records.models import Revision
from tests.harness import register
from tests.harness.officers import FROM_HERE
from tests.harness.readers import Reader
from tests.harness.register import SETTINGS

if TYPE_CHECKING:
    from flask import Flask

MOST_STATEMENTS = 15
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


def test_own_zone_does_not_measure_a_site_that_its_author_may_not_see(app: Flask, an: Reader) -> None:
    """Three zones drawn at random, each told how far the hidden point lies, would give it away."""
    with app.app_context():
        session = db.session()
        register.accept(session, ("site", register.site(SITE, location_policy="hidden")), *zones(108.327))
        session.commit()
        away = "POLYGON((108.4 15.9,108.41 15.9,108.41 15.91,108.4 15.91,108.4 15.9))"
        over = square(108.320, 108.335)
        number = propose(
            an,
            ("zone", register.zone(f"{SITE}-Z8", SITE, entered_text=away)),
            ("zone", register.zone(f"{SITE}-Z9", SITE, zone_type="zone_2", entered_text=over)),
        )
    binh = Reader(app, "binh", Role.REVIEWER)
    for path in (f"/desk/changesets/{number}", f"/desk/records/{SITE}-Z8", f"/desk/records/{SITE}-Z9"):
        assert "outside this zone" not in an.text(path)
        assert FIRST not in an.text(path)
    assert "outside this zone" in binh.text(f"/desk/changesets/{number}")
    assert FIRST in binh.text(f"/desk/changesets/{number}")


def test_only_what_is_undecided_is_judged(app: Flask, an: Reader) -> None:
    """A changeset of the past is not blamed for what came later."""
    with app.app_context():
        session = db.session()
        register.accept(session, ("site", register.site(SITE)), zones(108.327)[0])
        past = session.scalars(sa.select(Revision.changeset_id).where(Revision.code == FIRST)).one()
        register.accept(
            session, ("zone", register.zone(FIRST, SITE, entered_text=square(108.325, 108.3265))), zones(108.3265)[1]
        )
        session.commit()
    assert "overlap" not in Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{past}")


def test_what_a_changeset_takes_away_does_not_count(app: Flask, an: Reader) -> None:
    far = register.site(SITE, at=(15.95, 108.4, 20))
    words = register.zone(FIRST, SITE, entered_text=None, entered_crs=None, boundary_text={"vi": "Theo biên bản"})
    with app.app_context():
        session = db.session()
        register.accept(session, ("site", far), zones(108.327)[0])
        session.commit()
        number = propose(an, ("site", register.site(SITE, at=None)), ("zone", words), zones(108.326)[1])
    assert 'class="notice warning"' not in Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{number}")


def test_more_than_can_be_compared_is_told(app: Flask, an: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(surroundings, "_MOST_TEXT", 100)
    with app.app_context():
        number = propose(an, ("site", register.site(SITE)), *zones(108.326))
    page = Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{number}")
    assert page.count("too many corners") == 2
    assert "overlap" not in page


def test_pages_answer_for_a_hole_that_touches_the_edge(app: Flask, an: Reader) -> None:
    """In degrees the hole meets the edge at a point; on the grid the edge bends and crosses it."""
    hole = "(108.34 15.86,108.345 15.87,108.335 15.87,108.34 15.86)"
    outer = f"POLYGON((108.32 15.86,108.36 15.86,108.36 15.89,108.32 15.89,108.32 15.86),{hole})"
    inner = "POLYGON((108.325 15.85,108.355 15.85,108.355 15.865,108.325 15.865,108.325 15.85))"
    with app.app_context():
        number = propose(
            an,
            ("site", register.site(SITE)),
            ("zone", register.zone(FIRST, SITE, entered_text=inner)),
            ("zone", register.zone(SECOND, SITE, zone_type="zone_2", entered_text=outer)),
        )
    assert "Zones I and II overlap" in Reader(app, "binh", Role.REVIEWER).text(f"/desk/changesets/{number}")


def test_changeset_takes_few_statements(
    app: Flask, an: Reader, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    with app.app_context():
        session = db.session()
        parts = [register.site(f"QNM-01{n:02}", parent=SITE, types=["archaeological"]) for n in range(3, 12)]
        register.accept(session, ("site", register.site(SITE)), *(("site", one) for one in parts))
        standing = [register.zone(f"{one['code']}-Z1", one["code"]) for one in parts]
        register.accept(session, *(("zone", one) for one in standing))
        session.commit()
        changed = [("zone", {**one, "minutes": "Biên bản"}) for one in standing]
        number = propose(an, ("site", register.site(SITE, tags=["x"])), *changed, *zones(108.326))
    for person in (Reader(app, "binh", Role.REVIEWER), Reader(app, "vi", Role.VIEWER)):
        person.text("/desk/")
        with count_queries() as statements:
            person.text(f"/desk/changesets/{number}")
        assert len(statements) <= MOST_STATEMENTS, statements


def test_own_draft_of_a_zone_that_was_never_seen_is_not_measured(app: Flask, an: Reader) -> None:
    """Its author moved it to an open site without having seen its boundary."""
    with app.app_context():
        session = db.session()
        hidden = register.site(SITE, location_policy="hidden")
        register.accept(session, ("site", hidden), ("site", register.site("QNM-0002")), zones(108.327)[0])
        propose(an, ("zone", register.zone(FIRST, "QNM-0002")))
    asked = {"crs": "EPSG:4326", "site": "QNM-0002", "code": "QNM-0002-Z2", "zone_type": "zone_2"}
    told = an.client.post(
        "/desk/geometry/preview?lang=en",
        json={**asked, "text": square(108.320, 108.335)},
        headers={**FROM_HERE, "X-CSRF-Token": an._proof},
    )
    assert [warning["code"] for warning in (told.json or {})["warnings"]] == []
