"""Captions are taken apart and written anew: times and plain text, whatever else was given."""

from __future__ import annotations

import pytest
from marshmallow import ValidationError

from app.core.errors import InvalidInput
from app.media.captions import tidy_captions
from app.media.schemas import MediumSchema

PLAIN = "WEBVTT\n\n00:00:01.000 --> 00:00:04.000\nChùa Cầu\n\n00:01:05.500 --> 01:00:00.000\nHội An\nQuảng Nam\n"
DRESSED = (
    "\ufeffWEBVTT - a title\nKind: captions\n\nSTYLE\n::cue { background: url(https://a.example/x) }\n\n"
    "NOTE who wrote it\n\none\n00:01.000 --> 00:04.000 line:0 align:start\n<v An><b>Chùa</b> Cầu</v>\n\n"
    "01:05.500 --> 01:00:00.000\nHội An\n<i>Quảng Nam</i>"
)


@pytest.mark.parametrize(
    "given",
    [
        PLAIN,
        PLAIN.replace("\n", "\r\n"),
        DRESSED,
        "1\n00:00:01,000 --> 00:00:04,000\nChùa Cầu\n\n2\n00:01:05,500 --> 01:00:00,000\nHội An\nQuảng Nam",
    ],
)
def test_captions_come_out_the_same_however_they_were_dressed(given: str) -> None:
    assert tidy_captions(given) == PLAIN
    assert tidy_captions(tidy_captions(given)) == PLAIN


def test_marks_within_a_text_are_left_out_and_signs_stay_signs() -> None:
    given = "00:01.000 --> 00:02.000\n<script>alert(1)</script> 3 < 4 &amp; &lt;img src=x&gt; --> b"
    written = tidy_captions(given)
    assert written.splitlines()[3] == "alert(1) 3 &lt; 4 &amp; &lt;img src=x&gt; → b"
    assert tidy_captions(written) == written


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ("", "from one to"),
        ("WEBVTT\n\nNOTE nothing else", "from one to"),
        ("Chùa Cầu", "cannot be read: “Chùa Cầu”"),
        ("00:05.000 --> 00:04.000\nA", "cannot be read: “00:05.000"),
        ("00:05.000 --> 00:06.000\nA\n\n00:01.000 --> 00:02.000\nB", "cannot be read: “00:01.000"),
        ("00:05.000 --> 00:06.000", "cannot be read"),
        ("00:99.000 --> 00:99.500\nA", "cannot be read"),
        ("00:00.000 --> 00:01.000\nA\n\n" * 5001, "from one to 5000"),
    ],
)
def test_captions_that_cannot_be_read_are_refused_with_the_block_that_is_wrong(given: str, why: str) -> None:
    with pytest.raises(InvalidInput, match=why):
        tidy_captions(given)


def test_record_keeps_captions_by_language_as_they_were_written_anew() -> None:
    given = {
        "code": "QNM-P0001",
        "title": {"vi": "A"},
        "alt": {"vi": "A"},
        "medium_type": "video",
        "licence": "CC0-1.0",
    }
    given |= {"file": "0" * 64}
    schema = MediumSchema(partial=True)
    found = schema.load({**given, "captions": {"vi": DRESSED, "en": ""}})
    assert found["captions"] == {"vi": PLAIN.strip()}
    with pytest.raises(ValidationError) as refused:
        schema.load({**given, "captions": {"vi": PLAIN, "en": "nothing of the sort"}})
    assert list(refused.value.normalized_messages()) == ["captions"]


@pytest.mark.parametrize("text", ["a&#10;&#10;b", "a &amp;lt; b", "<b>a</b> &gt; b", "a --&gt; b"])
def test_what_was_written_anew_is_taken_again_as_it_is(text: str) -> None:
    once = tidy_captions(f"00:01.000 --> 00:02.000\n{text}\n")
    assert tidy_captions(once) == once


def test_captions_that_are_too_long_once_written_are_refused_at_once() -> None:
    cues = "\n".join(f"{n // 60:02}:{n % 60:02}.000 --> {n // 60:02}:{n % 60:02}.900\n{'&' * 25}\n" for n in range(900))
    with pytest.raises(InvalidInput, match="longer than 100000 characters"):
        tidy_captions(cues)
