"""The service is killed at random moments while files come in, are rendered and published; nothing accepted is lost."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import random
import re
import signal
import subprocess
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.jobs.models import Wish, WishState
from app.media.models import StoredFile
from app.publication.models import PublishedFile
from tests.harness import pictures, register
from tests.harness.counts import counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.machines import BASE, make_caller
from tests.harness.senders import Sender
from tests.harness.served_desk import Desk, enter
from tests.harness.server import command, environment, free_port, wait_until_ready

if TYPE_CHECKING:
    from flask import Flask

SITE = "QNM-0001"
PIECE = 20_000
WORKED_WITHIN_S = 60
SETTLED_WITHIN_S = 120


def _fill(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        register.publish(db.session(), ("site", register.site(SITE, location_policy="exact")))
        db.session.commit()


@dataclass
class Office:
    """An office whose server is killed: its database, its port, and whoever works there."""

    database: Database
    log: Path
    port: int
    secret: str
    editor: str
    reviewer: str

    @property
    def url(self) -> str:
        """Where it is served."""
        return f"http://127.0.0.1:{self.port}"

    @contextlib.contextmanager
    def served(self) -> Iterator[None]:
        """Serve it with its worker until the block ends, then kill all that belongs to it."""
        given = {
            "DISAN_HOST": "127.0.0.1",
            "DISAN_PORT": str(self.port),
            # What a killed worker held is taken up soon.
            "DISAN_WORKER_LEASE_SECONDS": "2",
        }
        with self.log.open("ab") as output:
            process = subprocess.Popen(
                command("serve"),
                env=environment(**self.database.config, **given),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        try:
            wait_until_ready(process, self.port, self.log)
            yield
        finally:
            self.kill()
            process.wait()

    def kill(self) -> None:
        """Kill every process of the service at once; those that decode end with their parents."""
        mark = f"DISAN_PORT={self.port}".encode()
        for folder in Path("/proc").glob("[0-9]*"):
            with contextlib.suppress(OSError):
                if mark in (folder / "environ").read_bytes().split(b"\0"):
                    os.kill(int(folder.name), signal.SIGKILL)


@dataclass
class Promised:
    """What the service has said yes to."""

    taken: list[str] = field(default_factory=list)
    published: list[str] = field(default_factory=list)
    under_way: tuple[str, bytes, int] | None = None


class Worker(threading.Thread):
    """Somebody who sends files and publishes pictures until the service is gone."""

    def __init__(self, office: Office, promised: Promised, dice: random.Random) -> None:
        super().__init__(daemon=True)
        self.office, self.promised, self.dice = office, promised, dice
        self.failure: BaseException | None = None

    def run(self) -> None:
        """Work; an answer that is no yes is a failure, silence is the end."""
        try:
            while True:
                self.dice.choice((self.send, self.publish))()
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            return
        except BaseException as error:  # noqa: BLE001 - told by the test
            self.failure = error

    def picture(self) -> bytes:
        """Give a picture that nobody has sent yet."""
        return pictures.encoded(pictures.picture(700, 500, seed=self.dice.randrange(1 << 30)))

    def send(self) -> None:
        """Send a file in pieces and take it in."""
        sender, data = Sender(Desk(self.office.url, self.office.secret)), self.picture()
        path = sender.begin(len(data), "a.jpg")
        for end in range(0, len(data) + PIECE, PIECE):
            self.promised.under_way = (path, data, min(end, len(data)))
            sender.go_on(path, data[: end + PIECE], piece=PIECE)
        # Whoever is told that others are writing tries again, as the script of the page does.
        while (answer := sender.take(path, record=SITE)).status_code in (409, 503):
            time.sleep(0.2)
        assert answer.status_code == 200, answer.text
        self.promised.under_way = None
        self.promised.taken.append(hashlib.sha256(data).hexdigest())

    def publish(self) -> None:
        """Send a file as a machine does, and lead it to the public."""
        data = self.picture()
        fields = {"title": "Ảnh", "alt": "Ảnh", "licence": "CC-BY-4.0", "record": SITE, "role": "detail"}
        sent = self.call(self.office.editor, "/media", data=fields, files={"file": ("b.jpg", data)})
        code, revision = sent["id"], sent["properties"]["revision"]
        self.promised.taken.append(hashlib.sha256(data).hexdigest())
        path = f"/collections/media/items/{code}/transitions"
        self.call(self.office.editor, path, json={"action": "submit", "revision": revision})
        self.call(self.office.reviewer, path, json={"action": "accept", "revision": revision})
        self.call(self.office.reviewer, path, json={"action": "publish"})
        self.promised.published.append(code)

    def call(self, token: str, path: str, **body: Any) -> dict[str, Any]:
        """Speak to the register's API."""
        headers = {"Authorization": f"Bearer {token}"}
        address = f"{self.office.url}{BASE}{path}"
        while (answer := requests.post(address, headers=headers, timeout=60, **body)).status_code == 503:
            time.sleep(0.2)
        assert answer.ok, answer.text
        return dict(answer.json())


@pytest.fixture
def office(databases: Databases, tmp_path: Path) -> Office:
    database = databases.copy("sqlite", tmp_path / "data", fill=_fill)
    with open_app(database) as app:
        editor = make_caller(app, "editor@example.org", Role.EDITOR).token
        reviewer = make_caller(app, "second@example.org", Role.REVIEWER).token
    return Office(database, tmp_path / "server.log", free_port(), enter(database), editor, reviewer)


def test_nothing_accepted_is_lost_and_nothing_is_half_public_whenever_it_is_killed(office: Office) -> None:
    promised, moments = Promised(), random.Random(11)  # noqa: S311 - the same every time
    for round_ in range(counts(1, 30)):
        with office.served():
            worker = Worker(office, promised, random.Random(round_))  # noqa: S311
            worker.start()
            until = time.monotonic() + WORKED_WITHIN_S
            # On the first day something is done, however slow the machine is.
            while not round_ and not promised.published and time.monotonic() < until:
                time.sleep(0.05)
            time.sleep(moments.uniform(0.1, 5.0))
        worker.join(60)
        assert not worker.is_alive()
        assert worker.failure is None, worker.failure
        with office.served():
            settle(office)
            see_what_was_promised(office, promised)
        verified = subprocess.run(
            command("media", "verify", "--remove-orphans", "--grace", "0"),
            env=environment(**office.database.config),
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert verified.returncode == 0, verified.stdout + verified.stderr
        assert not re.search("^(missing|damaged)", verified.stdout, re.MULTILINE), verified.stdout
    assert promised.taken
    assert promised.published


def settle(office: Office) -> None:
    """Wait until the worker has done all that was wished."""
    until = time.monotonic() + SETTLED_WITHIN_S
    open_ones = sa.select(Wish.kind, Wish.state).where(Wish.state.in_([WishState.WAITING, WishState.RUNNING]))
    failed = sa.select(Wish).where(Wish.state == WishState.FAILED)
    with open_app(office.database) as app, app.app_context():
        while left := db.session.execute(open_ones.where(Wish.kind == "render_file")).all():
            assert time.monotonic() < until, left
            db.session.rollback()
            time.sleep(0.1)
        assert not db.session.scalars(failed).all()


def see_what_was_promised(office: Office, promised: Promised) -> None:
    """Look whether every yes holds: files kept, pictures public with all their renditions, pieces not sent twice."""
    with open_app(office.database) as app, app.app_context():
        kept = set(db.session.scalars(sa.select(StoredFile.sha256)))
        named = set(db.session.scalars(sa.select(PublishedFile.name)))
    assert set(promised.taken) <= kept
    site = requests.get(f"{office.url}/api/v1/collections/sites/items/{SITE}", timeout=30).json()
    images = site["properties"]["images"]
    assert set(promised.published) <= {image["code"] for image in images}
    assert {name.rpartition("/")[2] for name in re.findall(r"/media/[^ \"]+", json.dumps(images))} == named
    for name in named:
        answer = requests.get(f"{office.url}/media/{name}", timeout=30)
        assert answer.status_code == 200
        assert hashlib.sha256(answer.content).hexdigest().startswith(name.partition(".")[0])
    if promised.under_way:
        path, data, come = promised.under_way
        sender = Sender(Desk(office.url, office.secret))
        told = {**sender.http.headers, "Tus-Resumable": "1.0.0"}
        # It is not there where it was taken in, and only the answer was lost.
        if requests.head(f"{office.url}{path}", headers=told, timeout=30).ok:
            assert sender.offset(path) >= come
            sender.go_on(path, data)
        assert sender.take(path, record=SITE).status_code == 200
        promised.taken.append(hashlib.sha256(data).hexdigest())
        promised.under_way = None
