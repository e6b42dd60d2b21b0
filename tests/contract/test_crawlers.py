"""Eight clients crawl a served register while others publish: no duplicate, no gap, no torn record."""

from __future__ import annotations

import contextlib
import json
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from app.core.db import begin_write, db
from app.publication import operations as publication
from app.records.operations import find_record
from tests.harness import publishing, register
from tests.harness.counts import counts
from tests.harness.databases import Database, open_app
from tests.harness.publishing import is_torn, numbered
from tests.harness.register import SETTINGS, reviewer
from tests.harness.server import environment, serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.databases import Databases

CLIENTS = 8
API = "/api/v1"
# Those that are there from the beginning to the end; some of them change without end.
STAYING = [f"QNM-9{number:03}" for number in range(60)]
CHANGING = (tuple(STAYING[3:60:6]), tuple(STAYING[5:60:6]))
ITEMS = f"{API}/collections/sites/items?limit=7&lang=vi"


def _get(address: str) -> dict[str, Any]:
    with urllib.request.urlopen(address, timeout=60) as response:  # noqa: S310 - our own server
        found: dict[str, Any] = json.load(response)
    return found


def _crawl(url: str) -> list[dict[str, Any]]:
    """Follow `next` to the end; gives the features in the order they come."""
    found, address = [], f"{url}{ITEMS}"
    while address:
        page = _get(address)
        found += page["features"]
        address = next((link["href"] for link in page["links"] if link["rel"] == "next"), "")
    return found


def _follow(address: str) -> Iterator[dict[str, Any]]:
    """Follow the feed until a page is empty; gives the pages, the empty one too."""
    while True:
        page = _get(address)
        yield page
        if not page["items"]:
            return
        address = page["next"]


class Client:
    """Crawls everything again and again, and keeps a copy in step by the feed."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.next = f"{url}{API}/changes?limit=9&lang=vi"
        self.copy: dict[str, dict[str, Any]] = {}
        self.numbers: list[int] = []

    def work(self, crawls: int, changes: int) -> int:
        """Crawl so often, and on until so many changes were published meanwhile; gives how many features were seen."""
        self.catch_up()
        seen, first = 0, self.numbers[-1]
        while crawls > 0 or self.numbers[-1] - first < changes:
            crawls -= 1
            found = _crawl(self.url)
            codes = [feature["id"] for feature in found]
            assert len(codes) == len(set(codes)), "a duplicate"
            assert set(STAYING) <= set(codes), f"a gap: {sorted(set(STAYING) - set(codes))}"
            assert not [feature for feature in found if is_torn(feature)]
            seen += len(found)
            self.catch_up()
        return seen

    def catch_up(self) -> None:
        """Read what has changed."""
        for page in _follow(self.next):
            for change in page["items"]:
                self.numbers.append(change["modified"])
                if change["state"] == "deleted":
                    self.copy.pop(change["id"], None)
                else:
                    assert not is_torn(change["data"])
                    self.copy[change["id"]] = change["data"]
            self.next = page["next"]


def _come_and_go(database: Database, ending: threading.Event) -> None:
    """Publish new sites and withdraw them again, so that rows come and go between the pages."""
    with open_app(database) as app:
        number = 0
        while not ending.is_set():
            # Who waited too long for SQLite's one writer begins again, as an officer would.
            with contextlib.suppress(sa.exc.OperationalError), app.app_context():
                session = db.session()
                begin_write(session)
                register.publish(session, ("site", numbered(f"QNM-8{number:04}", number)))
                if number >= 5:
                    old = find_record(session, f"QNM-8{number - 5:04}")
                    publication.withdraw(session, [old], actor=reviewer(session), settings=SETTINGS)
                session.commit()
                number += 1
            # SQLite's one writer's place goes to whoever asks at the right moment: let the others ask, too.
            ending.wait(0.05)


def _wait_for_all(url: str) -> None:
    """Wait until each of the publishers has published something."""
    waiting = {("QNM-8",), *CHANGING}
    while waiting:
        for page in _follow(f"{url}{API}/changes?after={len(STAYING)}&limit=1000"):
            codes = [change["id"] for change in page["items"]]
            waiting = {one for one in waiting if not any(code.startswith(one) for code in codes)}
        time.sleep(0.1)


def test_crawlers_beside_publishers_see_everything_once_and_whole(
    engine_name: str, databases: Databases, tmp_path: Path, figure: Callable[[str, int], None]
) -> None:
    database = databases.copy(engine_name, tmp_path / "data")
    with open_app(database) as app, app.app_context():
        register.write_vocabulary(db.session())
        register.publish(db.session(), *(("site", numbered(code, 0)) for code in STAYING))
        db.session.commit()
    ending = threading.Event()
    with serve(database, tmp_path / "server.log", DISAN_WORKERS="2") as url, ThreadPoolExecutor(CLIENTS + 1) as pool:
        publishers = [
            subprocess.Popen(
                [sys.executable, publishing.__file__, *codes],
                env=environment(**database.config),
                stdout=subprocess.DEVNULL,
            )
            for codes in CHANGING
        ]
        try:
            coming = pool.submit(_come_and_go, database, ending)
            _wait_for_all(url)
            clients = [Client(url) for _ in range(CLIENTS)]
            working = [pool.submit(client.work, counts(2, 12), counts(10, 200)) for client in clients]
            seen = [one.result() for one in working]
            assert not [one for one in publishers if one.poll() is not None], "a publisher ended by itself"
        finally:
            ending.set()
            for one in publishers:
                one.terminate()
                one.wait()
        coming.result()
        for client in clients:
            client.catch_up()
            assert client.numbers == sorted(set(client.numbers))
            assert client.copy == {feature["id"]: feature for feature in _crawl(url)}
        last = client.numbers[-1]
    databases.drop(database)
    figure("features seen by 8 crawlers beside publishers", sum(seen))
    figure("changes published meanwhile", last - len(STAYING))
