"""Somebody who sends files to a served desk from outside, as a script with their session does."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import requests
from lxml import html

from tests.harness.served_desk import COOKIE, Desk

INCOMING = "/desk/media/incoming"
_TUS = {"Tus-Resumable": "1.0.0"}
_WAIT_S = 180


class Sender:
    """A session of the desk over HTTP: files sent in pieces and taken in, pages and files got."""

    def __init__(self, desk: Desk) -> None:
        self.url = desk.url
        self.http = requests.Session()
        self.http.headers["Cookie"] = f"{COOKIE}={desk.secret}"
        page = html.fromstring(self.get("/desk/media/upload").text)
        self.http.headers["X-CSRF-Token"] = str(page.xpath("//meta[@name='csrf-token']/@content")[0])

    def get(self, path: str) -> requests.Response:
        """Get a page or a file."""
        return self.http.get(f"{self.url}{path}", timeout=_WAIT_S)

    def post(self, path: str, **fields: str) -> requests.Response:
        """Send a form."""
        return self.http.post(f"{self.url}{path}", data=fields, timeout=_WAIT_S)

    def begin(self, size: int, name: str) -> str:
        """Begin a file, and give its path."""
        told = {"Upload-Length": str(size), "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
        answer = self.http.post(f"{self.url}{INCOMING}", headers={**_TUS, **told}, timeout=_WAIT_S)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])

    def offset(self, path: str) -> int:
        """Ask how much has come."""
        answer = self.http.head(f"{self.url}{path}", headers=_TUS, timeout=_WAIT_S)
        assert answer.status_code == 200, answer.status_code
        return int(answer.headers["Upload-Offset"])

    def go_on(self, path: str, data: bytes, piece: int = 1 << 20) -> None:
        """Send what has not come yet."""
        offset = self.offset(path)
        while offset < len(data):
            told = {**_TUS, "Upload-Offset": str(offset), "Content-Type": "application/offset+octet-stream"}
            body = data[offset : offset + piece]
            answer = self.http.patch(f"{self.url}{path}", data=body, headers=told, timeout=_WAIT_S)
            assert answer.status_code == 204, answer.text
            offset = int(answer.headers["Upload-Offset"])

    def take(self, path: str, **fields: str) -> requests.Response:
        """Take a file in."""
        told = {"Accept": "application/json"}
        return self.http.post(f"{self.url}{path}/take", data=fields, headers=told, timeout=_WAIT_S)

    def send(self, data: bytes, name: str, **fields: str) -> requests.Response:
        """Send a file and take it in."""
        path = self.begin(len(data), name)
        self.go_on(path, data)
        return self.take(path, **fields)


def memory_of(url: str) -> int:
    """Give how many bytes the server's own processes hold, those that decode left out (Linux)."""
    mark = f"DISAN_PORT={url.rpartition(':')[2]}".encode()
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if mark not in (folder / "environ").read_bytes().split(b"\0"):
                continue
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if b"work" in words or b"-I" in words:
                continue
            rows: dict[str, Any] = dict(
                line.split(":", 1) for line in (folder / "status").read_text(encoding="utf-8").splitlines()
            )
            total += int(rows.get("VmRSS", "0 kB").split()[0]) * 1024
        except (FileNotFoundError, ProcessLookupError, PermissionError):
            continue
    return total
