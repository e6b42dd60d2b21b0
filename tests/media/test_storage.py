"""Where files lie: kept once and streamed."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Settings
from app.media.storage import Storage, media_type_of, original_key, rendition_key, rendition_name


@pytest.fixture
def storage(tmp_path: Path) -> Storage:
    return Storage(Settings(data=tmp_path))


def test_content_is_kept_once_and_streamed(storage: Storage, tmp_path: Path) -> None:
    content = bytes(range(256)) * 5000
    path = tmp_path / "given"
    path.write_bytes(content)
    key = original_key("ab" * 32)
    storage.keep(key, path)
    storage.keep(key, b"something else")
    assert storage.has(key)
    size, pieces = storage.read(key)
    assert size == len(content)
    assert b"".join(pieces) == content
    with storage.fetched(key) as copy:
        assert copy.read_bytes() == content
    assert not copy.exists()


def test_what_is_not_there_is_said_to_be_missing(storage: Storage) -> None:
    key = rendition_key("0" * 32 + ".webp")
    assert not storage.has(key)
    with pytest.raises(FileNotFoundError):
        storage.read(key)
    with pytest.raises(FileNotFoundError), storage.fetched(key):
        pass


def test_key_that_leads_out_is_refused(storage: Storage) -> None:
    with pytest.raises(ValueError, match=r"\.\."):
        storage.keep("../outside", b"x")


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
