"""Two processes that serve share one quota, as granian runs them."""

from __future__ import annotations

import http.client
import threading
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest

from tests.harness.server import serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.databases import Databases

QUOTA = 40
ASKED_BY_EACH = 25


@pytest.fixture
def served(databases: Databases, tmp_path: Path):
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    log = tmp_path / "log"
    with serve(database, log, DISAN_WORKERS="2", DISAN_QUOTA_ANONYMOUS=str(QUOTA)) as url:
        yield urlsplit(url).netloc


def test_served_processes_share_a_quota_exactly(served: str) -> None:
    statuses: list[int] = []

    def ask() -> None:
        for _ in range(ASKED_BY_EACH):
            # A connection of its own each time, so that either process may take it.
            connection = http.client.HTTPConnection(served, timeout=10)
            connection.request("GET", "/api/v1/collections/sites/items/QNM-0002")
            statuses.append(connection.getresponse().status)
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (statuses.count(200), statuses.count(429)) == (QUOTA, 4 * ASKED_BY_EACH - QUOTA)
