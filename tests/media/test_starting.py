"""What the service says of its place for files when it starts, and while it runs."""

from __future__ import annotations

import http.client
import json
import subprocess
from pathlib import Path

import pytest

from app import create_app
from app.core.errors import InvalidInput
from tests.harness.buckets import SECRET, delete_bucket, make_bucket
from tests.harness.databases import Database, Databases
from tests.harness.server import command, environment, free_port, serve


@pytest.fixture
def database(databases: Databases, tmp_path: Path) -> Database:
    return databases.copy("sqlite", tmp_path / "data")


def ready(address: str) -> tuple[int, str]:
    """Give the status of /readyz and what it says of the storage."""
    connection = http.client.HTTPConnection(address.removeprefix("http://"), timeout=30)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        return answer.status, json.load(answer)["checks"]["storage"]
    finally:
        connection.close()


def test_server_serves_from_a_bucket_and_says_when_it_is_gone(
    database: Database, bucket_server: str, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    place = make_bucket(bucket_server)
    # It has more processes than one, and is ready only when each question to the bucket is answered.
    with serve(database, log, DISAN_WORKERS="2", **place) as address:
        assert [ready(address) for _ in range(4)] == [(200, "ok")] * 4
        delete_bucket(place)
        assert ready(address) == (503, "unreachable")
    said = log.read_text()
    assert "NoSuchBucket" in said
    assert SECRET not in said


@pytest.mark.parametrize("what", ["serve", "work"])
def test_start_without_the_bucket_is_refused_in_a_sentence(database: Database, bucket_server: str, what: str) -> None:
    place = make_bucket(bucket_server) | {"DISAN_MEDIA_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    words = [what, "--port", str(free_port())] if what == "serve" else [what]
    done = subprocess.run(
        command(*words),
        env=environment(**database.config, **place),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Error: The bucket " in done.stderr
    assert "Check DISAN_MEDIA_BUCKET" in done.stderr
    assert "Traceback" not in done.stderr
    assert SECRET not in done.stderr + done.stdout


def test_settings_that_contradict_each_other_stop_the_start(database: Database) -> None:
    with pytest.raises(InvalidInput, match="none is named"):
        create_app(database.config | {"DISAN_MEDIA_SECRET": SECRET})
