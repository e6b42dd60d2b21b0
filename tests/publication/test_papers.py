"""Papers in public: pages as pictures and the original's checksum, with records and with the decisions about them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
from PIL import Image

from app.core.db import db
from app.publication import operations as publication
from app.publication.queries import read_item
from app.publication.renditions import names_in
from app.records.models import Record
from tests.harness import papers, pictures, register, signing
from tests.harness.media import keep, medium
from tests.harness.register import SETTINGS, artefact, decision, reviewer, site, zone
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

    from app.media.models import StoredFile


@pytest.fixture(autouse=True)
def _vocabulary(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()


def paper(file: StoredFile, *records: str, **fields: Any) -> tuple[str, dict[str, Any]]:
    """Give a payload of the kind `media`, a scan that stands with records."""
    given: dict[str, Any] = {"title": {"vi": "Quyết định 1234", "en": "Decision 1234"}, "alt": {"vi": "Bản quét"}}
    given |= {"medium_type": "scan", "licence": "CC0-1.0", "dated": "2024-05-01"}
    return "media", medium(file, *records, role="scan", **given | fields)


def properties(code: str, language: str = "en") -> dict[str, Any]:
    return dict(json.loads(read_item(db.session(), "sites", code, language).feature)["properties"])


def test_pages_of_a_paper_are_shown_with_its_record_and_the_file_is_not(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        file = keep(app, papers.pdf(2))
        checksum = file.sha256
        register.publish(db.session(), ("site", site("QNM-9001")), paper(file, "QNM-9001"))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        found = properties("QNM-9001")
        assert found["images"] == []
        (shown,) = found["documents"]
        (other,) = properties("QNM-9001", "vi")["documents"]
    assert (shown["title"], shown["role"], shown["page_count"], shown["date"]) == (
        "Decision 1234",
        "scan",
        2,
        "2024-05-01",
    )
    assert (shown["sha256"], shown["licence"]) == (checksum, "CC0-1.0")
    assert [page["alt"] for page in shown["pages"]] == ["page 1 of 2: Decision 1234", "page 2 of 2: Decision 1234"]
    assert other["pages"][0]["alt"] == "trang 1/2: Quyết định 1234"
    assert [page["width"] for page in shown["pages"]] == [960, 960]
    assert " 320w" in shown["pages"][0]["srcset"]
    assert " 320w" not in shown["pages"][1]["srcset"]
    names = names_in(found)
    assert len(names) == 3 * 5
    for name in names:
        answer = client.get(f"/media/{name}")
        assert answer.status_code == 200
        with Image.open(io.BytesIO(answer.data)) as page:
            assert page.width in (320, 960, 1440)
    page = client.get("/en/sites/x-qnm-9001", follow_redirects=True).get_data(as_text=True)
    assert f'src="{shown["pages"][1]["url"]}"' in page
    assert 'alt="page 2 of 2: Decision 1234"' in page
    assert "All 2 pages" in page
    assert checksum in page
    assert client.get(f"/media/{checksum[:32]}.pdf").status_code == 404
    assert client.get(f"/desk/media/originals/{checksum}").status_code in (302, 303, 401)


def test_word_file_makes_nothing_public(app: Flask) -> None:
    with app.app_context():
        file = keep(app, papers.word(), "ly-lich.docx")
        register.publish(db.session(), ("site", site("QNM-9001")), paper(file, "QNM-9001", medium_type="document"))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        found = properties("QNM-9001")
        assert (found["documents"], names_in(found)) == ([], set())


@pytest.mark.parametrize("made", ["paper", "picture"])
def test_scan_of_a_public_decision_is_shown_in_the_chain_of_what_it_is_about(app: Flask, made: str) -> None:
    client = app.test_client()
    with app.app_context():
        file = keep(app, papers.pdf(1) if made == "paper" else pictures.photograph())
        register.publish(db.session(), ("site", site("QNM-9001")))
        register.accept(
            db.session(), ("decision", decision("QNM-D9001", {"record": "QNM-9001"}, number="1234/QĐ-UBND"))
        )
        register.publish(db.session(), paper(file, "QNM-D9001"))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert names_in(properties("QNM-9001")) == set(), "an internal decision appears in no public chain"
        (record,) = db.session.query(Record).filter_by(code="QNM-D9001").all()
        publication.publish(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
        found = properties("QNM-9001")
        (step,) = found["decisions"]
    assert (len(step["documents"]), len(step["images"])) == ((1, 0) if made == "paper" else (0, 1))
    assert (found["documents"], found["images"]) == ([], [])
    address = (step["documents"][0]["pages"] if made == "paper" else step["images"])[0]["url"]
    services = [f"{image['service']['id']}/info.json" for image in step["images"]]
    for one in (address, *services):
        assert client.get(one).status_code == 200
    page = client.get("/en/sites/x-qnm-9001", follow_redirects=True).get_data(as_text=True)
    assert "Scan of the decision" in page
    assert address in page
    with app.app_context():
        (record,) = db.session.query(Record).filter_by(code="QNM-D9001").all()
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    for one in (address, *services):
        assert client.get(one).status_code == 410


def test_signatures_are_told_with_a_public_paper_but_no_person(app: Flask) -> None:
    client = app.test_client()
    data = signing.signed(signing.signed(papers.pdf(1)), signing.chairman(), "Ky2")
    with app.app_context():
        file = keep(app, data)
        register.publish(db.session(), ("site", site("QNM-9001")), paper(file, "QNM-9001"))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        item = read_item(db.session(), "sites", "QNM-9001", "en")
        (shown,) = properties("QNM-9001")["documents"]
    assert shown["signature"] == "unchecked"
    office, person = shown["signatures"]
    assert (office["signer_kind"], office["signer"]) == ("organisation", "UBND tỉnh Quảng Nam")
    assert (person["signer_kind"], person["signer"]) == ("person", None)
    assert person["organisation"] == "UBND tỉnh Quảng Nam"
    page = client.get("/en/sites/x-qnm-9001", follow_redirects=True).get_data(as_text=True)
    assert "certificate was not checked against a list" in page
    assert "by a person of UBND tỉnh Quảng Nam" in page
    for text in (page, item.feature.decode()):
        assert "Nguyễn Văn A" not in text
        assert "049000000000" not in text


_RECOGNISED = {"record": "QNM-A1", "action": "recognise", "level": None, "recognition": "national_treasure"}
# What a decision also tells of → that, and the code that the decision names.
_HIDDEN: dict[str, tuple[list[tuple[str, dict[str, Any]]], str]] = {
    "a site": ([("site", site("QNM-9002"))], "QNM-9002"),
    "a thing at a site": ([("site", site("QNM-9002")), ("artefact", artefact("QNM-A1", site="QNM-9002"))], "QNM-A1"),
    "a zone of a site": ([("site", site("QNM-9002")), ("zone", zone("QNM-9002-Z1", "QNM-9002"))], "QNM-9002-Z1"),
}


@pytest.mark.parametrize("what", _HIDDEN)
def test_scan_of_a_decision_that_also_tells_a_hidden_place_is_shown_nowhere(app: Flask, what: str) -> None:
    others, code = _HIDDEN[what]
    about = decision("QNM-D9001", {"record": "QNM-9001"}, _RECOGNISED if code == "QNM-A1" else {"record": code})
    with app.app_context():
        file = keep(app, papers.pdf(1))
        register.publish(db.session(), ("site", site("QNM-9001")), *others, ("decision", about))
        scan = paper(file, "QNM-D9001")
        register.publish(db.session(), scan)
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert len(properties("QNM-9001")["decisions"][0]["documents"]) == 1
        register.accept(db.session(), ("site", site("QNM-9002", location_policy="hidden")))
        db.session.commit()
        assert names_in(properties("QNM-9001")) == set(), "hidden later, it goes"
        register.accept(db.session(), ("media", scan[1] | {"is_place_cleared": True}))
        db.session.commit()
        assert len(properties("QNM-9001")["decisions"][0]["documents"]) == 1


def test_scan_of_a_decision_about_a_thing_whose_own_place_is_hidden_is_shown_nowhere(app: Flask) -> None:
    about = decision("QNM-D9001", {"record": "QNM-9001"}, _RECOGNISED)
    with app.app_context():
        file = keep(app, papers.pdf(1))
        things = ("site", site("QNM-9001")), ("artefact", artefact("QNM-A1"))
        register.publish(db.session(), *things, ("decision", about))
        register.publish(db.session(), paper(file, "QNM-D9001"))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert len(properties("QNM-9001")["decisions"][0]["documents"]) == 1
        register.accept(db.session(), ("artefact", artefact("QNM-A1", location_policy="hidden")))
        db.session.commit()
        assert names_in(properties("QNM-9001")) == set()


def test_rebuild_changes_nothing(app: Flask) -> None:
    about = decision("QNM-D9001", {"record": "QNM-9001"})
    with app.app_context():
        file = keep(app, papers.pdf(1))
        register.publish(db.session(), ("site", site("QNM-9001")), ("decision", about), paper(file, "QNM-D9001"))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        shown = properties("QNM-9001")
        assert [step.changed for step in publication.rebuild(db.session(), settings=app.config["DISAN"])][-1] == 0
        assert properties("QNM-9001") == shown
