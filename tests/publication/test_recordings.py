"""Recordings in public: played where their record is shown, by ranges, with captions that are gone with them."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

import pytest

from app.core.db import db
from app.media.operations import keep_file, receive_file
from app.publication import operations as publication
from app.publication.queries import read_item
from app.publication.renditions import names_in
from app.records.models import Record
from app.records.register import RegisterFacet
from tests.harness import recordings, register
from tests.harness.register import SETTINGS, editor, reviewer, site
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

CAPTIONS = {"vi": "00:00.000 --> 00:01.000\n<b>Chùa Cầu</b>", "en": "1\n00:00:00,000 --> 00:00:01,000\nCovered bridge"}


@pytest.fixture(autouse=True)
def _vocabulary(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()


def show(app: Flask, data: bytes, medium_type: str, **fields: Any) -> dict[str, Any]:
    """Publish a site with a recording; gives the site's properties in English."""
    with app.app_context():
        session = db.session()
        received = receive_file(io.BytesIO(data), "a", settings=app.config["DISAN"])
        file, _ = keep_file(session, received, actor=editor(session))
        session.commit()
        given = {
            "title": {"vi": "Bài chòi"},
            "alt": {"vi": "Hội bài chòi"},
            "licence": "CC0-1.0",
            "medium_type": medium_type,
        }
        placement = {"uid": "p1", "record": "QNM-9001", "role": "detail", "rank": 0}
        medium = {"code": "QNM-P0001", "file": file.sha256, "placements": [placement], **given, **fields}
        register.publish(session, ("site", site("QNM-9001")), ("media", medium))
        session.commit()
        run_jobs(app)
    with app.app_context():
        return dict(json.loads(read_item(db.session(), "sites", "QNM-9001", "en").feature)["properties"])


def test_film_is_shown_with_poster_captions_and_transcript(app: Flask) -> None:
    client = app.test_client()
    found = show(app, recordings.film(), "video", captions=CAPTIONS, transcript={"vi": "Lời <b>ca</b>"})
    assert (found["images"], found["documents"]) == ([], [])
    (film,) = found["recordings"]
    assert (film["kind"], film["title"], film["width"], film["height"]) == ("film", "Bài chòi", 320, 240)
    assert film["duration_s"] == pytest.approx(2, abs=0.2)
    assert (film["transcript"], film["transcript_lang"]) == ("Lời <b>ca</b>", "vi")
    assert [(one["lang"], one["label"]) for one in film["captions"]] == [("en", "English"), ("vi", "Tiếng Việt")]
    names = names_in(found)
    assert len(names) == 3 * 1 + 1 + 2
    types = {client.get(f"/media/{name}").mimetype for name in names}
    assert types == {"image/avif", "image/webp", "image/jpeg", "video/mp4", "text/vtt"}
    assert set(film["captions"][1]) == {"lang", "label", "url"}
    told = client.get(film["captions"][1]["url"])
    assert told.text == "WEBVTT\n\n00:00:00.000 --> 00:00:01.000\nChùa Cầu"
    page = client.get("/en/sites/x-qnm-9001", follow_redirects=True)
    assert "media-src 'self'" in page.headers["Content-Security-Policy"]
    assert f'<source src="{film["sources"][0]["url"]}" type="video/mp4">' in page.text
    assert f'poster="{film["poster"]["url"]}"' in page.text
    assert f'src="{film["captions"][0]["url"]}"' in page.text
    assert "Lời &lt;b&gt;ca&lt;/b&gt;" in page.text


def test_sound_is_played_by_ranges(app: Flask) -> None:
    client = app.test_client()
    (sound,) = show(app, recordings.sound("ogg"), "audio")["recordings"]
    assert (sound["kind"], sound["poster"], sound["transcript"], sound["captions"]) == ("sound", None, None, [])
    (source,) = sound["sources"]
    whole = client.get(source["url"])
    assert (whole.status_code, whole.mimetype, len(whole.data)) == (200, "audio/mpeg", source["byte_count"])
    assert whole.headers["Accept-Ranges"] == "bytes"
    size, etag = len(whole.data), whole.headers["ETag"]

    def ask(asked: str, **headers: str) -> tuple[int, bytes, str | None]:
        answer = client.get(source["url"], headers={"Range": asked, **headers})
        assert answer.status_code == 416 or answer.headers["Content-Length"] == str(len(answer.data))
        return answer.status_code, answer.data, answer.headers.get("Content-Range")

    assert ask("bytes=0-1") == (206, whole.data[:2], f"bytes 0-1/{size}")
    assert ask("bytes=1000-") == (206, whole.data[1000:], f"bytes 1000-{size - 1}/{size}")
    assert ask("bytes=-10") == (206, whole.data[-10:], f"bytes {size - 10}-{size - 1}/{size}")
    assert ask(f"bytes=5-{size * 9}")[1:] == (whole.data[5:], f"bytes 5-{size - 1}/{size}")
    assert ask("bytes=0-1", **{"If-Range": etag})[0] == 206
    for without in (ask("bytes=0-1", **{"If-Range": '"other"'}), ask("bytes=0-1,5-6"), ask("lines=0-1")):
        assert without == (200, whole.data, None)
    behind = client.get(source["url"], headers={"Range": f"bytes={size}-"})
    assert (behind.status_code, behind.headers["Content-Range"]) == (416, f"bytes */{size}")
    assert client.head(source["url"]).headers["Content-Length"] == str(size)
    assert '<audio controls preload="none"' in client.get("/vi/sites/x-qnm-9001", follow_redirects=True).text


@pytest.mark.parametrize(("given", "is_missed"), [({}, True), ({"transcript": {"vi": "Lời"}}, False)])
def test_recording_that_says_nothing_to_who_cannot_hear_is_a_gap_in_the_register(
    app: Flask,
    given: dict[str, Any],
    is_missed: bool,  # noqa: FBT001
) -> None:
    show(app, recordings.sound(), "audio", **given)
    with app.app_context():
        gaps = {one.value for one in db.session.query(RegisterFacet).filter_by(name="gap")}
    assert ("no_transcript" in gaps) is is_missed


@pytest.mark.parametrize("withdrawn", ["QNM-9001", "QNM-P0001"])
def test_withdrawn_film_is_gone_with_its_captions(app: Flask, withdrawn: str) -> None:
    client = app.test_client()
    (film,) = show(app, recordings.film(), "video", captions=CAPTIONS)["recordings"]
    with app.app_context():
        (record,) = db.session.query(Record).filter_by(code=withdrawn).all()
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    assert client.get(film["sources"][0]["url"], headers={"Range": "bytes=0-1"}).status_code == 410
    assert client.get(film["poster"]["url"]).status_code == 410
    assert client.get(film["captions"][0]["url"]).status_code == 404
