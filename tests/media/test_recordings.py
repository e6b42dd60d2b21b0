"""Sound and film are decoded by a program that is sealed off, and written anew bare; the rest is refused."""

from __future__ import annotations

import os
import signal
import threading
import time
from dataclasses import replace
from pathlib import Path

import pytest

from app.config import Settings
from app.core.errors import DisanError, InvalidInput, Unavailable
from app.core.sealed import Bounds
from app.media import ffmpeg
from app.media.facts import FileFacts, RenderedFile
from app.media.families import FILM, SOUND, check_fit, family_of, family_of_file, inspect_file, render_file
from app.media.storage import media_type_of, rendition_name
from tests.harness import pictures, recordings
from tests.harness.working import children

SETTINGS = Settings()


def _file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file.jpg"
    path.write_bytes(data)
    return path


def _inspect(tmp_path: Path, data: bytes) -> FileFacts:
    return inspect_file(_file(tmp_path, data), "a", settings=SETTINGS)


def _render(tmp_path: Path, data: bytes) -> list[tuple[RenderedFile, bytes]]:
    """Give the renditions of a recording with their bytes, the one that is played last."""
    (found,) = (
        [(one, one.data if isinstance(one.data, bytes) else one.data.read_bytes()) for one in page.files]
        for page in render_file(_file(tmp_path, data), "a", settings=SETTINGS)
    )
    return found


@pytest.mark.parametrize(
    ("ending", "media_type"),
    [("mp4", "video/mp4"), ("mov", "video/mp4"), ("webm", "video/webm"), ("mkv", "video/webm")],
)
def test_film_is_known_by_what_is_in_it(tmp_path: Path, ending: str, media_type: str) -> None:
    facts = _inspect(tmp_path, recordings.film(ending))
    assert (facts.media_type, facts.width, facts.height) == (media_type, 320, 240)
    assert facts.duration_s == pytest.approx(2, abs=0.2)
    assert family_of(facts.media_type) is FILM


def test_what_a_telephone_wrote_beside_a_film_is_offered_and_not_written_along(tmp_path: Path) -> None:
    data = recordings.film()
    facts = _inspect(tmp_path, data)
    assert (facts.taken, facts.lat, facts.lon) == ("2024-05-01T10:00:00", 15.8771, 108.3261)
    *posters, (film, written) = _render(tmp_path, data)
    assert (film.media_type, film.width, film.height) == ("video/mp4", 320, 240)
    assert written.index(b"moov") < written.index(b"mdat")
    assert {one.media_type for one, _ in posters} == {"image/avif", "image/webp", "image/jpeg"}
    for told in (b"Ten rieng", b"Ghi chu rieng", b"loci"):
        assert told in data
        assert not any(told in content for _, content in (*posters, (film, written)))
    again = _inspect(tmp_path, written)
    assert (again.taken, again.lat, again.camera, again.duration_s) == (None, None, "", facts.duration_s)


@pytest.mark.parametrize(
    ("size", "further", "seen"),
    [
        ("1920x1080", (), (1280, 720)),
        ("1080x1920", (), (720, 1280)),
        ("2000x400", (), (1280, 256)),
        ("321x241", ("-pix_fmt", "yuv444p"), (320, 240)),
        # Four to three, in pixels that are broader than high.
        ("720x576", ("-vf", "setsar=16/15"), (768, 576)),
    ],
)
def test_film_is_never_larger_than_720p_nor_than_it_is(
    tmp_path: Path, size: str, further: tuple[str, ...], seen: tuple[int, int]
) -> None:
    film, written = _render(tmp_path, recordings.film("mp4", 0.4, size, *further))[-1]
    assert (film.width, film.height) == seen
    again = _inspect(tmp_path, written)
    assert (again.width, again.height) == seen


@pytest.mark.parametrize("ending", ["mp3", "m4a", "wav", "flac", "ogg", "opus"])
def test_sound_of_any_container_is_written_as_mp3_and_bare(tmp_path: Path, ending: str) -> None:
    data = recordings.sound(ending)
    facts = _inspect(tmp_path, data)
    assert (facts.width, facts.page_count) == (None, None)
    assert facts.duration_s == pytest.approx(2, abs=0.2)
    assert family_of(facts.media_type) is SOUND
    ((heard, written),) = _render(tmp_path, data)
    assert (heard.media_type, heard.width) == ("audio/mpeg", None)
    assert not any(told.encode() in written for told in recordings.SAID.values())
    assert _inspect(tmp_path, written).duration_s == pytest.approx(2, abs=0.2)


@pytest.mark.parametrize("name", recordings.HOSTILE)
def test_what_is_no_sound_recording_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    make, why = recordings.HOSTILE[name]
    with pytest.raises(InvalidInput, match=why) as refused:
        inspect_file(_file(tmp_path, make()), name, settings=SETTINGS)
    assert f"“{name}”" in str(refused.value)
    assert refused.value.params["field"] == "file"


def test_film_that_boasts_of_its_length_is_as_long_as_what_is_in_it(tmp_path: Path) -> None:
    assert _inspect(tmp_path, recordings.boasting_film()).duration_s == pytest.approx(2, abs=0.2)


def test_cover_that_boasts_does_no_harm_to_a_song(tmp_path: Path) -> None:
    ((heard, written),) = _render(tmp_path, recordings.cover_bomb())
    assert heard.media_type == "audio/mpeg"
    assert b"IHDR" not in written


def test_subtitles_within_a_film_are_not_written_along(tmp_path: Path) -> None:
    data = recordings.film_with_subtitles("<script>alert(1)</script>")
    assert b"alert(1)" in data
    assert b"alert(1)" not in _render(tmp_path, data)[-1][1]


def test_recording_that_is_too_long_or_too_large_is_refused(tmp_path: Path) -> None:
    path = _file(tmp_path, recordings.sound("ogg", 62))
    with pytest.raises(InvalidInput, match="is longer than 1 minutes"):
        inspect_file(path, "a", settings=Settings(media_max_minutes=1))
    with pytest.raises(InvalidInput, match="is larger than 0 MB"):
        inspect_file(path, "a", settings=Settings(media_max_recording_mb=0))


def test_pictures_in_the_container_of_films_stay_pictures(tmp_path: Path) -> None:
    for form in ("HEIF", "AVIF"):
        assert _inspect(tmp_path, pictures.encoded(pictures.picture(), form)).media_type.startswith("image/")
    assert family_of_file(_file(tmp_path, recordings.film())) is SOUND


@pytest.mark.parametrize(
    ("media_type", "right", "why"),
    [("audio/ogg", "audio", "is a sound recording"), ("video/mp4", "video", "is a film")],
)
def test_record_calls_a_recording_what_it_is(media_type: str, right: str, why: str) -> None:
    check_fit(right, media_type, "a")
    for wrong in {"audio", "video", "photograph", "document"} - {right}:
        with pytest.raises(InvalidInput, match=why):
            check_fit(wrong, media_type, "a")


@pytest.mark.parametrize("media_type", ["audio/mpeg", "video/mp4", "text/vtt"])
def test_name_of_what_is_played_tells_its_type(tmp_path: Path, media_type: str) -> None:
    named = rendition_name(_file(tmp_path, b"abc"), media_type)
    assert named == rendition_name(b"abc", media_type)
    assert media_type_of(named) == media_type


@pytest.mark.parametrize("ending", ["flac", "ogg"])
def test_recording_says_when_it_was_made_unless_that_is_no_day(tmp_path: Path, ending: str) -> None:
    assert _inspect(tmp_path, recordings.told("2024-05-01T03:00:00Z", ending)).taken == "2024-05-01T10:00:00"
    assert _inspect(tmp_path, recordings.told("9999-12-31T23:59:59Z", ending)).taken is None


def test_film_whose_pictures_end_before_its_sound_has_a_poster(tmp_path: Path) -> None:
    made = _render(tmp_path, recordings.short_pictures())
    assert {one.media_type for one, _ in made} == {"image/avif", "image/webp", "image/jpeg", "video/mp4"}


def test_film_in_a_codec_that_is_not_listed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="cannot be played"):
        _inspect(tmp_path, recordings.of_an_unlisted_codec())


def test_program_that_catches_signals_is_judged_by_its_time_and_by_who_ended_it(tmp_path: Path) -> None:
    path = _file(tmp_path, recordings.film("mp4", 60, "1280x720"))
    slowly = ("-map", "0:v", "-vf", "scale=1920:1080", "-f", "null", "-")
    bounds = Bounds(ffmpeg.MEMORY_BYTES, cpu_s=1, wall_s=60.0, answer_bytes=ffmpeg.ANSWER_BYTES)
    with pytest.raises(InvalidInput, match="takes too long"):
        ffmpeg.run(path, "a", slowly, bounds)
    said: list[type[BaseException]] = []

    def ask() -> None:
        try:
            ffmpeg.run(path, "a", slowly, replace(bounds, cpu_s=60))
        except DisanError as error:
            said.append(type(error))

    asked = threading.Thread(target=ask)
    asked.start()
    while asked.is_alive():
        for process in children(b"ffmpeg"):
            os.kill(process, signal.SIGTERM)
        time.sleep(0.01)
    asked.join()
    assert said == [Unavailable]
