"""What a sensitive place withholds of every kind of record that tells it, of many records in one statement."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.administration import read_user
from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from app.records import operations as records
from app.records.drafts import open_changeset, write_draft
from app.records.models import Revision
from app.records.queries import own_draft
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
    # Of a site that nobody knows nothing is told, but that a thing was found there, for that may be no site.
    is_unknown_kept = kind != "site" and withheld != "found_at"
    assert [withheld in names for names in found] == [True, True, False, is_unknown_kept]
    assert set().union(*found) <= set(KINDS[kind].sensitive)
    # One for the sites that stand, one for what is proposed of them.
    assert len(statements) <= 2


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


def test_a_zone_whose_site_nobody_knows_is_told_to_nobody(sites: Flask) -> None:
    with sites.app_context():
        payloads = [{"entered_text": "1 2"}, {"site": ["x"]}, {"site": "QNM-7777"}, {"site": OPEN}]
        found = KINDS["zone"].withheld(db.session(), payloads)
    assert [bool(names) for names in found] == [True, True, True, False]


@pytest.mark.parametrize(
    ("leave", "is_new", "is_kept"),
    [
        ("draft", False, True),
        ("submit", False, True),
        ("discard", False, False),
        ("draft", True, True),
        ("reject", True, True),
        ("discard", True, True),
    ],
)
def test_a_proposal_to_hide_a_site_binds_its_zones(sites: Flask, leave: str, *, is_new: bool, is_kept: bool) -> None:
    """What is proposed with it, until it is decided; of a site that does not stand, for good; not what is accepted."""
    code = "QNM-9003" if is_new else OPEN
    with sites.app_context():
        session = db.session()
        changeset = register.draft(session, ("site", register.site(code, location_policy="hidden")))
        actor = register.editor(session)
        if leave in ("submit", "reject"):
            records.submit(session, KINDS, changeset, actor=actor, settings=register.SETTINGS)
        if leave == "reject":
            records.reject(session, KINDS, changeset, actor=register.reviewer(session), comment="no")
        if leave == "discard":
            records.discard(session, KINDS, changeset, actor=actor)
        zone = [register.zone("QNM-Z1", code)]
        (proposed,) = KINDS["zone"].withheld(session, zone, is_proposed=True)
        (accepted,) = KINDS["zone"].withheld(session, zone)
    assert (bool(proposed), bool(accepted)) == (is_kept, is_new)


def test_a_new_site_binds_what_belongs_to_it_down_the_generations(sites: Flask) -> None:
    family = ("QNM-9003", "QNM-9004", "QNM-9005", "QNM-9006")
    with sites.app_context():
        session = db.session()
        hidden = register.site(family[0], location_policy="hidden")
        below = [register.site(code, parent=above) for above, code in itertools.pairwise(family)]
        register.draft(session, *(("site", one) for one in (*reversed(below), hidden)))
        register.draft(session, ("site", register.site("QNM-9007", parent="QNM-7777")))
        found = KINDS["zone"].withheld(session, [register.zone("QNM-Z1", code) for code in (*family, "QNM-9007")])
    assert [bool(names) for names in found] == [True, True, True, True, False]


def test_what_was_hidden_before_is_not_told_by_what_it_became(sites: Flask) -> None:
    """The page of the change that opens a site, and an old draft, still say nothing of the place that was hidden."""
    with sites.app_context():
        session = db.session()
        register.accept(session, ("site", register.site("QNM-9003", at=(15.9, 108.4123, 5), location_policy="hidden")))
        old = register.draft(session, ("site", register.site("QNM-9003", at=(15.9, 108.4123, 5))))
        register.accept(session, ("site", register.site("QNM-9003", location_policy="exact")))
        session.commit()
        opened = session.scalars(sa.select(Revision).where(Revision.code == "QNM-9003", Revision.number == 3)).one()
        paths = [f"/desk/changesets/{number}" for number in (opened.changeset_id, old.id)]
        begun = paths[1]
    paths += [f"/desk/records/QNM-9003/revisions/{shown}" for shown in ("2", "3", "2...3")]
    viewer, reviewer = Reader(sites, "vi", Role.VIEWER), Reader(sites, "bi", Role.REVIEWER)
    for path in paths:
        assert "4123" not in viewer.text(path), path
    assert [path for path in paths if "4123" not in reviewer.text(path)] == [begun]
    assert "108.32605" in viewer.text("/desk/records/QNM-9003")


def test_own_draft_that_was_overtaken_does_not_tell_what_was_hidden(sites: Flask) -> None:
    editor = Reader(sites, "an", Role.EDITOR)
    with sites.app_context():
        session = db.session()
        register.accept(session, ("site", register.site("QNM-9003", at=(15.9, 108.4123, 5), location_policy="hidden")))
        actor = read_user(session, editor.key)
        changeset = open_changeset(session, title="t", actor=actor)
        said = register.site("QNM-9003", at=(15.9, 108.4123, 5), location_policy="exact")
        write_draft(session, KINDS, "site", said, changeset=changeset, actor=actor, settings=register.SETTINGS)
        register.accept(session, ("site", register.site("QNM-9003", location_policy="exact")))
        session.commit()
        number = changeset.id
    for path in ("/desk/records/QNM-9003/edit", "/desk/records/QNM-9003/merge", f"/desk/changesets/{number}"):
        assert "4123" not in editor.text(path), path


def test_field_that_a_form_did_not_show_is_kept(sites: Flask) -> None:
    """The site was hidden when the form was opened, and is open when it is sent."""
    editor = Reader(sites, "an", Role.EDITOR)
    zone = register.zone(f"{SECRET}-Z1", SECRET)
    with sites.app_context():
        session = db.session()
        register.accept(session, ("zone", zone))
        session.commit()
    form = editor.read(f"/desk/records/{SECRET}-Z1/edit").text
    assert zone["entered_text"] not in form
    withheld = re.search(r'name="withheld"\s+value="([^"]+)"', form)
    assert withheld
    with sites.app_context():
        register.accept(db.session(), ("site", register.site(SECRET, location_policy="exact")))
        db.session.commit()
    fields = {"site": SECRET, "zone_type": "zone_1", "minutes": "Biên bản", "base": "1", "withheld": withheld[1]}
    editor.send(f"/desk/records/{SECRET}-Z1/edit", {"do": "save", **fields})
    with sites.app_context():
        draft = own_draft(db.session(), f"{SECRET}-Z1", editor.key)
        assert draft
        assert (draft.payload["minutes"], draft.payload["entered_text"]) == ("Biên bản", zone["entered_text"])


def test_search_does_not_tell_what_was_hidden_above(sites: Flask) -> None:
    """The site is hidden after its component and the thing found there were written."""
    with sites.app_context():
        session = db.session()
        register.accept(session, ("site", register.site("QNM-9003")))
        lay = {"uid": "a1", "role": "historical", "text": "Xóm Bí Mật"}
        part = register.site("QNM-9003-01", parent="QNM-9003", addresses=[lay])
        register.accept(session, ("site", part))
        register.accept(session, ("artefact", register.artefact("ART-9003", site="QNM-9003-01")))
        session.commit()
    viewer = Reader(sites, "vi", Role.VIEWER)
    asked = (("site?q=Xóm Bí Mật", "QNM-9003-01"), ("artefact?q=Di tích QNM-9003-01", "ART-9003"))
    for query, code in asked:
        assert f'/desk/records/{code}"' in viewer.text(f"/desk/register/{query}"), query
    with sites.app_context():
        register.accept(db.session(), ("site", register.site("QNM-9003", location_policy="hidden")))
        db.session.commit()
    for query, code in asked:
        assert f'/desk/records/{code}"' not in viewer.text(f"/desk/register/{query}"), query


def test_a_draft_that_hides_a_site_does_not_tell_its_place(sites: Flask) -> None:
    """Colleagues read drafts; the find's place, written together with the wish to hide it, is not for them."""
    hiding = register.site(OPEN, at=(15.9, 108.4, 5), types=["archaeological"], location_policy="hidden")
    with sites.app_context():
        session = db.session()
        register.draft(session, ("site", hiding))
        session.commit()
    for path in (f"/desk/records/{OPEN}/revisions/2", f"/desk/records/{OPEN}/revisions/1...2"):
        assert "108.4" in Reader(sites, "bi", Role.REVIEWER).text(path)
        assert "108.4" not in Reader(sites, "vi", Role.VIEWER).text(path)
    # What stands is as open as before.
    assert "108.32605" in Reader(sites, "el", Role.EDITOR).text(f"/desk/records/{OPEN}")


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
