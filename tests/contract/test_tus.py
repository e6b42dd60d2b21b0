"""A standard client of the tus protocol sends a file to the desk in pieces, over a line that breaks, and resumes it."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
from lxml import html
from tusclient.client import TusClient
from tusclient.exceptions import TusUploadFailed

from tests.harness import lines, pictures
from tests.harness.databases import Databases
from tests.harness.served_desk import COOKIE, Desk, serve_desk

INCOMING = "/desk/media/incoming"


@pytest.fixture
def desk(databases: Databases, tmp_path: Path) -> Iterator[Desk]:
    with serve_desk(databases.copy("sqlite", tmp_path / "data"), tmp_path) as served:
        yield served


def headers(desk: Desk) -> dict[str, str]:
    """Give what a client of somebody who is logged in sends along: the session, and the proof that the page holds."""
    cookie = {"Cookie": f"{COOKIE}={desk.secret}"}
    page = html.fromstring(requests.get(f"{desk.url}/desk/media/upload", headers=cookie, timeout=20).text)
    return {**cookie, "X-CSRF-Token": str(page.xpath("//meta[@name='csrf-token']/@content")[0])}


def test_tuspy_goes_on_where_the_line_broke(desk: Desk) -> None:
    data = pictures.encoded(pictures.picture(1600, 1200), quality=95)
    given = headers(desk)
    with lines.open_line(desk.url, len(data) // 2) as line:
        uploader = TusClient(f"{line.url}{INCOMING}", headers=given).uploader(
            file_stream=io.BytesIO(data), chunk_size=len(data) // 10, metadata={"filename": "a.jpg"}
        )
        with pytest.raises((TusUploadFailed, requests.ConnectionError, OSError)):
            uploader.upload()
    assert line.breaks == 1
    address = str(uploader.url).replace(line.url, desk.url)
    resumed = TusClient(f"{desk.url}{INCOMING}", headers=given).uploader(
        file_stream=io.BytesIO(data), chunk_size=len(data) // 10, url=address
    )
    assert 0 < resumed.offset < len(data)
    resumed.upload()
    assert resumed.offset == len(data)
    taken = requests.post(f"{address}/take", headers={**given, "Accept": "application/json"}, timeout=60)
    assert taken.status_code == 200
    assert taken.json()["changeset"]
