"""Which reader a file is shown to, and what its record may call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.config import Settings
from app.core.errors import InvalidInput
from app.media.families import FAMILIES, PICTURE, check_fit, family_of, family_of_file, inspect_file, render_file
from tests.harness import pictures


def test_beginning_of_a_file_chooses_its_reader_and_its_name_does_not(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    path.write_bytes(pictures.encoded(pictures.picture()))
    assert family_of_file(path) is PICTURE
    facts = inspect_file(path, "song.mp3", settings=Settings())
    assert (facts.media_type, facts.width, facts.page_count, facts.duration_s) == ("image/jpeg", 600, None, None)
    (page,) = render_file(path, "song.mp3", settings=Settings())
    assert (page.number, max(one.width or 0 for one in page.files)) == (1, 600)


def test_families_share_no_type_of_file() -> None:
    types = [media_type for family in FAMILIES for media_type in family.media_types]
    assert len(types) == len(set(types))
    assert all(family_of(media_type).media_types >= {media_type} for media_type in types)


@pytest.mark.parametrize("medium_type", ["photograph", "scan", "panorama", "a_word_of_ones_own"])
def test_record_calls_a_file_what_it_can_be(medium_type: str) -> None:
    check_fit(medium_type, "image/heic", "a.heic")


@pytest.mark.parametrize("medium_type", ["document", "audio", "video"])
def test_record_that_calls_a_picture_what_it_cannot_be_is_refused(medium_type: str) -> None:
    with pytest.raises(InvalidInput, match=r"“a\.heic” is a picture: choose photograph") as refused:
        check_fit(medium_type, "image/heic", "a.heic")
    assert refused.value.params["field"] == "medium_type"
