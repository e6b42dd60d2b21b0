"""Sound and film on a tourist's page in a real browser: they fit, hold no barrier known to axe, and are played."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.core.db import db
from app.media.operations import keep_file, receive_file
from tests.harness import recordings, register, server
from tests.harness.browser import open_page
from tests.harness.databases import Databases, open_app
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from playwright.sync_api import Browser

# With this folder named the pictures of the pages are left in it, to be looked at.
PICTURES = os.environ.get("DISAN_TEST_PICTURES", "")


@pytest.fixture(scope="module")
def recordings_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server over a site with a film that has captions, and a song with its words."""
    folder = tmp_path_factory.mktemp("recordings")
    database = databases.copy("sqlite", folder / "data")
    captions = {"en": "00:00.000 --> 00:05.000\nThe covered bridge", "vi": "00:00.000 --> 00:05.000\nChùa Cầu"}
    with open_app(database) as app, app.app_context():
        register.write_vocabulary(db.session())
        register.publish(db.session(), ("site", register.site("QNM-9001")))
        film = recordings.film("mp4", 1, "1280x720")
        _show(app, "QNM-P1", film, medium_type="video", captions=captions)
        _show(app, "QNM-P2", recordings.sound("ogg", 6), medium_type="audio", transcript={"vi": "Lời ca"})
        run_jobs(app)
    with server.serve(database, folder / "server.log") as url:
        yield url


def _show(app: Flask, code: str, data: bytes, **fields: Any) -> None:
    """Publish a recording that stands with the site."""
    session = db.session()
    file, _ = keep_file(
        session, receive_file(io.BytesIO(data), code, settings=app.config["DISAN"]), actor=register.editor(session)
    )
    given = {"code": code, "file": file.sha256, "licence": "CC0-1.0", "alt": {"vi": "Bản ghi"}}
    given["title"] = {"vi": f"Bản ghi {code}", "en": f"Recording {code}"}
    given["placements"] = [{"uid": "p1", "record": "QNM-9001", "role": "detail", "rank": 0}]
    register.publish(session, ("media", {**given, **fields}))
    session.commit()


@pytest.mark.parametrize("width", [390, 1280])
def test_recordings_fit_and_hold_no_barrier(browser: Browser, recordings_server: str, width: int) -> None:
    with open_page(browser, {"width": width, "height": 800}, recordings_server) as page:
        page.goto("/en/sites/x-qnm-9001")
        assert page.locator("video[controls]").count() == page.locator("audio[controls]").count() == 1
        assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
        page.get_by_text("Transcript").click()
        assert page.get_by_text("Lời ca").is_visible()
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        if PICTURES:
            page.screenshot(path=Path(PICTURES) / f"recordings-{width}.png", full_page=True)


def test_sound_is_sought_and_captions_are_fetched(browser: Browser, recordings_server: str) -> None:
    with open_page(browser, {"width": 390, "height": 800}, recordings_server) as page:
        page.goto("/en/sites/x-qnm-9001")
        page.locator("audio").evaluate(
            "sound => new Promise((done, failed) => { sound.onerror = failed; sound.onseeked = done;"
            " sound.onloadedmetadata = () => { sound.currentTime = 4; }; sound.preload = 'auto'; sound.load(); })"
        )
        seconds, at = page.locator("audio").evaluate("sound => [sound.duration, sound.currentTime]")
        assert (seconds, at) == (pytest.approx(6, abs=0.3), pytest.approx(4, abs=0.3))
        said = page.locator("video track[srclang=en]").evaluate(
            "track => new Promise((done, failed) => { track.onerror = failed;"
            " track.onload = () => done([...track.track.cues].map(cue => cue.text));"
            " track.track.mode = 'disabled'; track.track.mode = 'showing';"
            " if (track.readyState === 2) track.onload(); })"
        )
        assert said == ["The covered bridge"]
