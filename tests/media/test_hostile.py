"""A served register is sent files that are made to do harm: each is refused with a reason, or made harmless."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import NamedTuple

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.db import db
from app.media.models import Rendition, StoredFile
from tests.harness import hostile, pictures
from tests.harness.counts import counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.recordings import sound
from tests.harness.senders import Sender, memory_of
from tests.harness.served_desk import serve_desk
from tests.harness.working import run_jobs

MOST_GROWTH = 50_000_000
MAGIC = {"image/avif": b"ftypavif", "image/webp": b"WEBP", "image/jpeg": b"\xff\xd8\xff"}
MAGIC |= {"audio/mpeg": b"\xff\xfb", "video/mp4": b"ftypisom"}
# In a quick run every third.
TRIED = sorted(name for name in hostile.FILES if name != "empty")[:: counts(3, 1)]


class Served(NamedTuple):
    """A served register without a worker, somebody who sends to it, and its database."""

    sender: Sender
    database: Database


@pytest.fixture(scope="module")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("hostile")
    database = databases.copy("sqlite", folder / "data")
    with serve_desk(database, folder) as desk:
        yield Served(Sender(desk), database)


def test_hostile_files_are_refused_with_a_reason_or_made_harmless(served: Served) -> None:
    sender, database = served
    # What the first file of a family makes the server load is not what a hostile one takes.
    for data, name in (
        (pictures.photograph(), "a.jpg"),
        (hostile.one_page(), "a.pdf"),
        (hostile.docx(), "a.docx"),
        (sound(), "a.mp3"),
    ):
        assert sender.send(data, name).status_code == 200, name
    before = memory_of(sender.url)
    assert before > 30_000_000
    taken, growth = set(), 0
    for name in TRIED:
        answer = sender.send(hostile.FILES[name](), name)
        if answer.status_code == 200:
            taken.add(name)
        else:
            assert (answer.status_code, answer.json()["parameter"]) == (400, "file"), (name, answer.text)
            assert f"“{name}”" in answer.json()["detail"]
        growth = max(growth, memory_of(sender.url) - before)
    assert taken == hostile.HARMLESS & set(TRIED)
    assert growth <= MOST_GROWTH
    with open_app(database) as app:
        run_jobs(app)
        with app.app_context():
            files = list(db.session.scalars(sa.select(StoredFile).options(selectinload(StoredFile.renditions))))
    assert len(files) == len(taken) + 4
    for file in files:
        see_original(sender, file)
        for rendition in file.renditions:
            see_rendition(sender, rendition)
    assert sender.get("/healthz").status_code == 200


def see_original(sender: Sender, file: StoredFile) -> None:
    """Get a file as an officer does: it is saved, never shown."""
    answer = sender.get(f"/desk/media/originals/{file.sha256}")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert hashlib.sha256(answer.content).hexdigest() == file.sha256


def see_rendition(sender: Sender, rendition: Rendition) -> None:
    """Get a rendition: a picture, sound or film of a type of ours, and nothing but what is seen and heard."""
    answer = sender.get(f"/desk/media/files/{rendition.name}")
    assert answer.headers["Content-Type"] == rendition.media_type
    assert MAGIC[rendition.media_type] in answer.content[:12]
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    if rendition.media_type.startswith("image/"):
        pictures.see_bare(answer.content)
    for told in (hostile.SCRIPT, b"JavaScript", b"PK\x03\x04", b"%PDF", b"ns.adobe.com"):
        assert told not in answer.content


@pytest.mark.parametrize("name", hostile.NAMES)
def test_names_of_files_lead_nowhere_and_are_shown_as_text(served: Served, name: str) -> None:
    sender, database = served
    data = pictures.encoded(pictures.picture(40, 30, seed=len(name)))
    answer = sender.send(data, name)
    assert answer.status_code == 200, answer.text
    sha256 = hashlib.sha256(data).hexdigest()
    saved = sender.get(f"/desk/media/originals/{sha256}").headers["Content-Disposition"]
    assert not {"/", "\\", "\r", "\n"} & set(saved)
    page = sender.get(f"/desk/changesets/{answer.json()['changeset']}/pictures").text
    assert "<img src=x" not in page
    with open_app(database) as app, app.app_context():
        kept = db.session.scalar(sa.select(StoredFile.name).where(StoredFile.sha256 == sha256))
    assert kept
    assert len(kept) <= 100
    assert not {"/", "\\", "\r", "\n", "\u202e"} & set(kept)
