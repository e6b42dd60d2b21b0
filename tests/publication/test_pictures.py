"""Pictures in public: only renditions, only those that a public record shows, and gone when it is withdrawn."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa
from PIL import Image

from app.core.db import db
from app.media.models import Rendition
from app.publication import operations as publication
from app.publication.queries import read_item
from app.records.models import Record
from tests.harness import pictures, register
from tests.harness.media import keep, medium
from tests.harness.register import SETTINGS, reviewer, site
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _vocabulary(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()


def secret() -> bytes:
    """Give a photograph that says where and when it was taken."""
    return pictures.photograph(taken="2026:03:04 10:20:30", lon=108.3260507, lat=15.8770831)


def images(code: str, collection: str = "sites", language: str = "en") -> list[dict[str, Any]]:
    return list(json.loads(read_item(db.session(), collection, code, language).feature)["properties"]["images"])


def test_picture_is_shown_once_it_is_rendered_and_public(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        register.publish(db.session(), ("site", site("QNM-9001")))
        file = keep(app, secret())
        alt = {"vi": "Cầu có mái ngói", "en": "A bridge with a tiled roof"}
        register.accept(db.session(), ("media", medium(file, "QNM-9001", alt=alt, creator="Nguyễn Văn A")))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert images("QNM-9001") == []
        (record,) = db.session.query(Record).filter_by(code="QNM-P0001").all()
        publication.publish(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
        (image,) = images("QNM-9001")
        (other,) = images("QNM-9001", language="vi")
    assert (image["alt"], other["alt"]) == ("A bridge with a tiled roof", "Cầu có mái ngói")
    assert (image["creator"], image["licence"], image["width"]) == ("Nguyễn Văn A", "CC-BY-4.0", 600)
    page = client.get("/en/sites/x-qnm-9001", follow_redirects=True).get_data(as_text=True)
    assert f'src="{image["url"]}"' in page
    assert 'alt="A bridge with a tiled roof"' in page
    addresses = addresses_in(image)
    assert len(addresses) == 6
    for address in addresses:
        answer = client.get(address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "public, max-age=86400"
        assert client.get(address, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304
        with Image.open(io.BytesIO(answer.data)) as shown:
            assert answer.mimetype == Image.MIME[str(shown.format)]
            assert not shown.getexif()


def addresses_in(image: dict[str, Any]) -> set[str]:
    sets = [image["srcset"], *(source["srcset"] for source in image["sources"])]
    return {part.split()[0] for one in sets for part in one.split(", ")}


def test_picture_rendered_after_it_was_published_comes_by_itself(app: Flask) -> None:
    with app.app_context():
        file = keep(app, secret())
        register.publish(db.session(), ("site", site("QNM-9001")), ("media", medium(file, "QNM-9001")))
        db.session.commit()
        assert images("QNM-9001") == []
        run_jobs(app)
    with app.app_context():
        assert len(images("QNM-9001")) == 1


@pytest.mark.parametrize("withdrawn", ["QNM-9001", "QNM-P0001"])
def test_withdrawn_picture_is_gone(app: Flask, withdrawn: str) -> None:
    client = app.test_client()
    with app.app_context():
        file = keep(app, secret())
        register.publish(db.session(), ("site", site("QNM-9001")), ("media", medium(file, "QNM-9001")))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        address = images("QNM-9001")[0]["url"]
        assert client.get(address).status_code == 200
        (record,) = db.session.query(Record).filter_by(code=withdrawn).all()
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    assert client.get(address).status_code == 410
    assert client.get("/media/" + "0" * 32 + ".jpg").status_code == 404
    assert client.get("/media/x.svg").status_code == 404


def test_picture_of_a_restricted_place_needs_the_reviewers_word_for_it(app: Flask) -> None:
    with app.app_context():
        file = keep(app, secret())
        hidden = site("QNM-9001", location_policy="hidden", is_text_cleared=True)
        picture = medium(file, "QNM-9001")
        register.publish(db.session(), ("site", hidden), ("media", picture))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert images("QNM-9001") == []
        register.accept(db.session(), ("media", picture | {"is_place_cleared": True}))
        db.session.commit()
        assert len(images("QNM-9001")) == 1


_FOUND_AT = [{"uid": "r1", "relation": "found_at", "target": "QNM-9002"}]
_STOP = [{"uid": "s1", "site": "QNM-9002", "name": {"vi": "Mộ"}}]
# What is at a site of archaeology, QNM-9002, in one way or another.
_THERE: dict[str, tuple[str, dict[str, Any]]] = {
    "a component": ("site", site("QNM-9003", parent="QNM-9002")),
    "kept there": ("artefact", {"code": "QNM-A1", "name": {"vi": "Bia"}, "site": "QNM-9002"}),
    "found there": ("artefact", {"code": "QNM-A1", "name": {"vi": "Bia"}, "relations": _FOUND_AT}),
    "a route that stops there": (
        "itinerary",
        {"code": "QNM-H1", "name": {"vi": "Tuyến"}, "mode": "walk", "stops": _STOP},
    ),
    "a decision about it": ("decision", register.decision("QNM-D9001", {"record": "QNM-9002"})),
}


@pytest.mark.parametrize("how", _THERE)
def test_picture_that_also_shows_a_hidden_place_is_shown_nowhere(app: Flask, how: str) -> None:
    hidden = site("QNM-9002", types=["archaeological"])
    with app.app_context():
        file = keep(app, secret())
        register.publish(db.session(), ("site", site("QNM-9001")), ("site", hidden))
        register.accept(db.session(), _THERE[how])
        register.publish(db.session(), ("media", medium(file, "QNM-9001", _THERE[how][1]["code"])))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert images("QNM-9001") == []
        register.accept(db.session(), ("site", {**hidden, "location_policy": "exact"}))
        db.session.commit()
        assert len(images("QNM-9001")) == 1


def test_picture_goes_when_a_place_that_it_also_shows_is_hidden(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        file = keep(app, secret())
        register.publish(db.session(), ("site", site("QNM-9001")), ("site", site("QNM-9002")))
        register.publish(db.session(), ("media", medium(file, "QNM-9001", "QNM-9002")))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        address = images("QNM-9001")[0]["url"]
        register.accept(db.session(), ("site", site("QNM-9002", location_policy="unit_only")))
        db.session.commit()
        assert images("QNM-9001") == images("QNM-9002") == []
    assert client.get(address).status_code == 410


def test_address_in_a_text_publishes_nothing(app: Flask) -> None:
    client = app.test_client()
    with app.app_context():
        file = keep(app, secret())
        register.accept(db.session(), ("site", site("QNM-9001")), ("media", medium(file, "QNM-9001")))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        name = db.session.scalar(sa.select(Rendition.name).limit(1))
        register.publish(db.session(), ("site", site("QNM-9002", description={"vi": f"Xem /media/{name} đi"})))
        db.session.commit()
    assert client.get(f"/media/{name}").status_code == 410


def test_covers_come_first_then_by_rank(app: Flask) -> None:
    with app.app_context():
        file = keep(app, secret())

        def placed(code: str, role: str, rank: int) -> tuple[str, dict[str, Any]]:
            rows = [{"uid": "p1", "record": "QNM-9001", "role": role, "rank": rank}]
            return "media", medium(file, code=code) | {"placements": rows}

        register.publish(db.session(), ("site", site("QNM-9001")))
        register.publish(
            db.session(),
            placed("QNM-P0001", "detail", 2),
            placed("QNM-P0002", "detail", 1),
            placed("QNM-P0003", "cover", 9),
        )
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        assert [one["code"] for one in images("QNM-9001")] == ["QNM-P0003", "QNM-P0002", "QNM-P0001"]


def test_rebuild_changes_nothing(app: Flask) -> None:
    with app.app_context():
        file = keep(app, secret())
        register.publish(db.session(), ("site", site("QNM-9001")), ("media", medium(file, "QNM-9001")))
        db.session.commit()
        run_jobs(app)
    with app.app_context():
        shown = images("QNM-9001")
        assert [step.changed for step in publication.rebuild(db.session(), settings=app.config["DISAN"])][-1] == 0
        assert images("QNM-9001") == shown
