"""Where files lie, in a folder and in a bucket: kept wholly or not at all, streamed, and told when out of reach."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from app.config import ROOT, Settings, read_settings
from app.core.db import now
from app.core.errors import InvalidInput, Unavailable
from app.media.buckets import check_bucket, read_bucket
from app.media.storage import UNFINISHED, Storage, media_type_of, original_key, rendition_key, rendition_name
from tests.harness.buckets import KEY_ID, SECRET, make_bucket
from tests.harness.server import free_port

KEY = original_key("ab" * 32)


@pytest.fixture
def settings(media_place: dict[str, str], tmp_path: Path) -> Settings:
    return read_settings({"DISAN_DATA": str(tmp_path), **media_place})


@pytest.fixture
def storage(settings: Settings) -> Storage:
    return Storage(settings)


def keys(storage: Storage, folder: str) -> list[str]:
    return [entry.key for chunk in storage.entries(folder) for entry in chunk]


def test_content_is_kept_and_streamed(storage: Storage, tmp_path: Path) -> None:
    content = bytes(range(256)) * 80_000
    path = tmp_path / "given"
    path.write_bytes(content)
    storage.keep(KEY, path)
    assert storage.has(KEY)
    size, pieces = storage.read(KEY)
    first = next(pieces)
    assert 0 < len(first) < len(content)
    assert size == len(content)
    assert first + b"".join(pieces) == content
    with storage.fetched(KEY) as copy:
        assert copy.read_bytes() == content
    assert not copy.exists()


def test_keeping_again_mends_and_makes_new(storage: Storage) -> None:
    begun = now() - dt.timedelta(seconds=2)
    storage.keep(KEY, b"damaged")
    storage.keep(KEY, b"as it was")
    assert b"".join(storage.read(KEY)[1]) == storage.load(KEY) == b"as it was"
    entry = storage.find(KEY)
    assert entry is not None
    assert (entry.byte_count, entry.written_at > begun) == (9, True)


def test_entries_are_those_of_a_folder_until_they_are_removed(storage: Storage) -> None:
    other = rendition_key("0" * 32 + ".webp")
    storage.keep(KEY, b"a")
    storage.keep(other, b"b")
    assert (keys(storage, "originals"), keys(storage, "renditions"), keys(storage, UNFINISHED)) == ([KEY], [other], [])
    storage.remove(other)
    storage.remove(other)
    assert (keys(storage, "originals"), keys(storage, "renditions")) == ([KEY], [])


def test_what_is_not_there_is_said_to_be_missing(storage: Storage) -> None:
    key = rendition_key("0" * 32 + ".webp")
    assert not storage.has(key)
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    with pytest.raises(FileNotFoundError):
        storage.load(key)
    with pytest.raises(FileNotFoundError), storage.fetched(key):
        pass


@pytest.mark.parametrize("key", ["../outside", "a/../../outside", "/outside"])
def test_key_that_leads_out_is_refused(tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match=r"no key"):
        Storage(Settings(data=tmp_path)).keep(key, b"x")
    with pytest.raises(ValueError, match=r"no key"):
        Storage(Settings(data=tmp_path)).load(key)


def test_key_that_leads_out_of_a_bucket_is_refused(bucket_server: str, tmp_path: Path) -> None:
    storage = Storage(read_settings({"DISAN_DATA": str(tmp_path), **make_bucket(bucket_server)}))
    with pytest.raises(ValueError, match=r"\.\."):
        storage.keep("../outside", b"x")


def test_two_writers_of_the_same_leave_one_whole_file(settings: Settings, tmp_path: Path) -> None:
    path = tmp_path / "given"
    path.write_bytes(os.urandom(9_000_000))
    storage = Storage(settings)
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda _: storage.keep(KEY, path), range(8)))
    assert b"".join(storage.read(KEY)[1]) == path.read_bytes()
    assert keys(storage, UNFINISHED) == []


# Of the service nothing but the storage is loaded: the whole takes seconds.
ALONE = f"""
import sys, types
app = sys.modules["app"] = types.ModuleType("app")
app.__path__ = [{str(ROOT / "app")!r}]
"""
WRITER = """
import os, sys
from pathlib import Path
from app.config import read_settings
from app.media.storage import Storage
storage = Storage(read_settings(os.environ))
print("begun", flush=True)
storage.keep(sys.argv[1], Path(sys.argv[2]))
"""


@contextlib.contextmanager
def writing(path: Path, **settings: str) -> Iterator[None]:
    """Keep a file in a process of its own, which is killed in the end and must not have come to its own."""
    process = subprocess.Popen([sys.executable, "-c", ALONE + WRITER, KEY, path], env=settings, stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        assert process.stdout.readline() == b"begun\n"
        yield
    finally:
        process.kill()
        process.communicate()
    assert process.returncode == -signal.SIGKILL


def test_killed_writer_leaves_no_half_file_in_a_folder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    # Opened for both, so that the pipe does not end before the writer does.
    with pipe.open("r+b", buffering=0) as out, writing(pipe, DISAN_DATA=str(tmp_path)):
        # More than a pipe holds: the writer has most of it, and waits for more.
        out.write(bytes(1_000_000))
    storage = Storage(Settings(data=tmp_path))
    assert not storage.has(KEY)
    assert keys(storage, "originals") == []
    (left,) = (tmp_path / "media" / UNFINISHED).iterdir()
    assert keys(storage, UNFINISHED) == [f"{UNFINISHED}/{left.name}"]


def test_killed_writer_leaves_no_half_file_in_a_bucket(bucket_server: str, tmp_path: Path) -> None:
    large = tmp_path / "large"
    with large.open("wb") as file:
        file.truncate(300_000_000)
    place = {"DISAN_DATA": str(tmp_path), **make_bucket(bucket_server)}
    with writing(large, **place):
        time.sleep(0.5)
    storage = Storage(read_settings(place))
    assert not storage.has(KEY)
    assert keys(storage, "originals") == []


def test_failed_writer_leaves_nothing(tmp_path: Path) -> None:
    storage = Storage(Settings(data=tmp_path))
    with pytest.raises(Unavailable):
        storage.keep(KEY, tmp_path / "not there")
    assert keys(storage, UNFINISHED) == []


READER = """
import os, resource, sys
from pathlib import Path
from app.config import read_settings
from app.media.storage import Storage
storage = Storage(read_settings(os.environ))
storage.keep("originals/aa/small", b"x")
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
storage.keep(sys.argv[1], Path(sys.argv[2]))
with storage.fetched(sys.argv[1]) as copy:
    assert copy.stat().st_size == Path(sys.argv[2]).stat().st_size
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_large_file_is_not_held_in_memory(media_place: dict[str, str], tmp_path: Path) -> None:
    path = tmp_path / "large"
    with path.open("wb") as file:
        file.truncate(100_000_000)
    done = subprocess.run(
        [sys.executable, "-c", ALONE + READER, KEY, str(path)],
        env={"DISAN_DATA": str(tmp_path), **media_place},
        capture_output=True,
        text=True,
        check=True,
    )
    # In kilobytes.
    assert int(done.stdout) < 50_000


def test_bucket_that_is_not_there_is_told(bucket_server: str, tmp_path: Path) -> None:
    place = make_bucket(bucket_server) | {"DISAN_MEDIA_BUCKET": "s3://no-such-bucket"}
    settings = read_settings({"DISAN_DATA": str(tmp_path), **place})
    with pytest.raises(Unavailable, match=r"The bucket no-such-bucket at http://127.* \(NoSuchBucket\)"):
        check_bucket(settings)
    with pytest.raises(Unavailable, match="out of reach"):
        Storage(settings).keep(KEY, b"x")


def test_service_that_does_not_answer_is_told_at_once(bucket_server: str, tmp_path: Path) -> None:
    place = make_bucket(bucket_server)
    check_bucket(read_settings(place))
    settings = read_settings(place | {"DISAN_MEDIA_ENDPOINT": f"http://127.0.0.1:{free_port()}"})
    begun = now()
    with pytest.raises(Unavailable, match="cannot be reached") as told:
        check_bucket(settings)
    assert now() - begun < dt.timedelta(seconds=5)
    assert SECRET not in str(told.value)
    for ask in (lambda: Storage(settings).has(KEY), lambda: Storage(settings).read(KEY)):
        with pytest.raises(Unavailable, match="out of reach"):
            ask()
    with pytest.raises(Unavailable, match="out of reach"):
        list(Storage(settings).entries("originals"))


def test_environment_of_amazon_leads_nowhere_else(
    bucket_server: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{free_port()}")
    monkeypatch.setenv("AWS_SESSION_TOKEN", "somebody else's")
    storage = Storage(read_settings({"DISAN_DATA": str(tmp_path), **make_bucket(bucket_server)}))
    storage.keep(KEY, b"x")
    assert storage.has(KEY)


GOOD = {
    "DISAN_MEDIA_BUCKET": "s3://disan/files",
    "DISAN_MEDIA_ENDPOINT": "https://s3.example.vn:9000",
    "DISAN_MEDIA_KEY_ID": KEY_ID,
    "DISAN_MEDIA_SECRET": SECRET,
}


@pytest.mark.parametrize(
    ("other", "told"),
    [
        ({"DISAN_MEDIA_BUCKET": ""}, "none is named"),
        ({"DISAN_MEDIA_BUCKET": "disan"}, "cannot be “disan”"),
        ({"DISAN_MEDIA_BUCKET": "s3://disan/../other"}, "cannot be “s3://disan/../other”"),
        ({"DISAN_MEDIA_SECRET": ""}, "both DISAN_MEDIA_KEY_ID and DISAN_MEDIA_SECRET"),
        ({"DISAN_MEDIA_KEY_ID": ""}, "both DISAN_MEDIA_KEY_ID and DISAN_MEDIA_SECRET"),
        ({"DISAN_MEDIA_ENDPOINT": "s3.example.vn"}, "DISAN_MEDIA_ENDPOINT"),
        ({"DISAN_MEDIA_ENDPOINT": "http://s3.example.vn"}, "plain http"),
        ({"DISAN_MEDIA_ENDPOINT": "https://a:b@s3.example.vn"}, "DISAN_MEDIA_ENDPOINT"),
        ({"DISAN_MEDIA_ENDPOINT": "https://s3.example.vn/disan"}, "DISAN_MEDIA_ENDPOINT"),
        ({"DISAN_MEDIA_ENDPOINT": "https://s3.example.vn:port"}, "DISAN_MEDIA_ENDPOINT"),
    ],
)
def test_settings_that_contradict_each_other_are_told(other: dict[str, str], told: str) -> None:
    with pytest.raises(InvalidInput, match=told) as error:
        read_bucket(read_settings(GOOD | other))
    assert SECRET not in str(error.value)


def test_bucket_is_read_from_the_settings() -> None:
    found = read_bucket(read_settings(GOOD))
    assert found is not None
    assert (found.name, found.folder, found.endpoint) == ("disan", "files", "https://s3.example.vn:9000")
    amazons = read_bucket(read_settings(GOOD | {"DISAN_MEDIA_ENDPOINT": "", "DISAN_MEDIA_REGION": "ap-southeast-1"}))
    assert amazons is not None
    assert amazons.endpoint == "https://s3.ap-southeast-1.amazonaws.com"
    for here in ("http://localhost:9000", "http://127.0.0.1", "http://[::1]:9000"):
        assert read_bucket(read_settings(GOOD | {"DISAN_MEDIA_ENDPOINT": here}))
    assert read_bucket(Settings()) is None


def test_secrets_are_in_no_repr() -> None:
    settings = read_settings(GOOD | {"DISAN_DATABASE_URL": "postgresql+psycopg://disan:geheim@localhost/disan"})
    for shown in (repr(settings), repr(read_bucket(settings)), str(settings)):
        assert SECRET not in shown
        assert "geheim" not in shown


def test_rendition_is_named_by_its_content() -> None:
    one, other = rendition_name(b"a", "image/jpeg"), rendition_name(b"b", "image/jpeg")
    assert one != other
    assert [media_type_of(rendition_name(b"a", kind)) for kind in ("image/avif", "image/webp", "image/jpeg")] == [
        "image/avif",
        "image/webp",
        "image/jpeg",
    ]
    for name in ("a.jpg", one.upper(), one + "x", "../" + one, one.replace(".jpg", ".svg")):
        assert media_type_of(name) is None
