"""A bucket for the tests: moto's server, from an environment of its own, on a free loopback port."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import shutil
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from tests.harness.server import free_port

ROOT = Path(__file__).resolve().parents[2]
KEY_ID, SECRET = "test-key", "a-secret-of-the-tests"
_READY_WITHIN_S = 30.0
_numbers = itertools.count(1)


@contextlib.contextmanager
def serve_buckets() -> Iterator[str]:
    """Serve buckets until the block ends, and give the address, `http://127.0.0.1:PORT`; all lies in memory.

    Raises `RuntimeError` with the end of the server's log when it does not become ready.
    """
    port = free_port()
    command = [ROOT / ".venv-moto/bin/python", "-m", "moto.server", "--host", "127.0.0.1", "--port", str(port)]
    # A killed run must leave no server behind.
    guard = ["setpriv", "--pdeathsig=KILL"] if shutil.which("setpriv") else []
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            [*guard, *command],
            env={"PYTHONDONTWRITEBYTECODE": "1"},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
        )
        try:
            _wait_until_ready(process, port, log)
            yield f"http://127.0.0.1:{port}"
        finally:
            process.kill()
            process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], port: int, log: IO[str]) -> None:
    give_up_at = time.monotonic() + _READY_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_at:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"http://127.0.0.1:{port}/", timeout=5):
            return
        time.sleep(0.05)
    log.seek(0)
    msg = f"moto's server did not become ready; `sh tools/environment.sh test` installs it:\n{log.read()[-3000:]}"
    raise RuntimeError(msg)


def make_bucket(address: str) -> dict[str, str]:
    """Make a bucket that nobody else uses, and give the settings that name a folder in it."""
    name = f"bucket-{next(_numbers)}"
    _ask(address, "PUT", name)
    return {
        "DISAN_MEDIA_BUCKET": f"s3://{name}/some/folder",
        "DISAN_MEDIA_ENDPOINT": address,
        "DISAN_MEDIA_KEY_ID": KEY_ID,
        "DISAN_MEDIA_SECRET": SECRET,
    }


def delete_bucket(place: dict[str, str]) -> None:
    """Delete a bucket that `make_bucket` made and that is empty."""
    _ask(place["DISAN_MEDIA_ENDPOINT"], "DELETE", place["DISAN_MEDIA_BUCKET"].split("/")[2])


def _ask(address: str, method: str, name: str) -> None:
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=10)
    try:
        connection.request(method, f"/{name}")
        status = connection.getresponse().status
        assert status in (200, 204), status
    finally:
        connection.close()
