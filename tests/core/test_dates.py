"""Dates as well as they are known: what is read, what it bounds, how it is written out."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.dates import FuzzyDate, format_edtf, parse_edtf, year_bounds
from app.core.errors import InvalidInput

EDTF_TEXT = st.text(alphabet="0123456789X-/.,~?%[]{}Y ", max_size=24)


def days(text: str) -> tuple[str | None, str | None]:
    fuzzy = parse_edtf(text)
    return tuple(day.isoformat() if day else None for day in (fuzzy.earliest, fuzzy.latest))  # type: ignore[return-value]


def test_parse_edtf_gives_all_that_is_known() -> None:
    assert parse_edtf("1471~/1473?") == FuzzyDate(
        edtf="1471~/1473?",
        earliest=date(1471, 1, 1),
        latest=date(1473, 12, 31),
        year_from=1471,
        year_to=1473,
        is_approximate=True,
        is_uncertain=True,
    )


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1985", "1985-01-01", "1985-12-31"),
        ("1985-02", "1985-02-01", "1985-02-28"),
        ("1984-02", "1984-02-01", "1984-02-29"),
        ("1985-03-19", "1985-03-19", "1985-03-19"),
        ("17XX", "1700-01-01", "1799-12-31"),
        ("196X", "1960-01-01", "1969-12-31"),
        ("1XXX", "1000-01-01", "1999-12-31"),
        ("1985-XX", "1985-01-01", "1985-12-31"),
        ("1985-03-XX", "1985-03-01", "1985-03-31"),
        ("196X-02-29", "1960-02-29", "1969-02-28"),
        ("1960/1973", "1960-01-01", "1973-12-31"),
        ("2012-07/2013-03", "2012-07-01", "2013-03-31"),
        ("1985-34", "1985-04-01", "1985-06-30"),
        ("1985-41", "1985-07-01", "1985-12-31"),
        ("[1667,1668,1670..1672]", "1667-01-01", "1672-12-31"),
        ("{1960,1961-12}", "1960-01-01", "1961-12-31"),
        ("9999~", "9999-01-01", "9999-12-31"),
        ("0001", "0001-01-01", "0001-12-31"),
    ],
)
def test_parse_edtf_bounds_a_date(text: str, earliest: str, latest: str) -> None:
    assert days(text) == (earliest, latest)


@pytest.mark.parametrize(
    ("text", "earliest", "latest"),
    [
        ("1985/..", "1985-01-01", None),
        ("../1985", None, "1985-12-31"),
        ("1985/", "1985-01-01", None),
        ("/1985", None, "1985-12-31"),
        ("../..", None, None),
        ("[..1984]", None, "1984-12-31"),
        ("[1667..]", "1667-01-01", None),
        ("XXXX", None, None),
        ("XXXX-05-12", None, None),
    ],
)
def test_parse_edtf_leaves_an_open_or_unknown_end_without_bound(
    text: str, earliest: str | None, latest: str | None
) -> None:
    assert days(text) == (earliest, latest)


@pytest.mark.parametrize("text", ["17XX/1850~", "19XX/..", "196X?/197X~", "../18XX", "17XX~/1802-05"])
def test_parse_edtf_reads_intervals_that_the_library_refuses(text: str) -> None:
    assert parse_edtf(text).edtf == text


def test_parse_edtf_bounds_a_season_by_its_year_for_spring_is_lunar() -> None:
    assert days("1968-21") == ("1968-01-01", "1968-12-31")


@pytest.mark.parametrize(
    ("text", "years"),
    [
        ("-0043", (-43, -43)),
        ("0000", (0, 0)),
        ("-01XX", (-199, -100)),
        ("-01XX/0100", (-199, 100)),
        ("-0100-XX", (-100, -100)),
        ("Y-400000000", (-400_000_000, -400_000_000)),
        ("Y12000", (12_000, 12_000)),
    ],
)
def test_year_bounds_reach_beyond_what_a_date_can_say(text: str, years: tuple[int, int]) -> None:
    assert year_bounds(text) == years


@pytest.mark.parametrize("text", ["-0043", "0000", "-01XX", "Y12000", "-0043-03-15"])
def test_parse_edtf_gives_no_day_before_year_1_or_after_9999(text: str) -> None:
    assert days(text) == (None, None)


@pytest.mark.parametrize("text", [None, "", " "])
def test_year_bounds_of_no_text_are_unknown(text: str | None) -> None:
    assert year_bounds(text) == (None, None)


@pytest.mark.parametrize(
    ("text", "approximate", "uncertain"),
    [
        ("1471", False, False),
        ("1471~", True, False),
        ("1471?", False, True),
        ("1471%", True, True),
        ("17XX~", True, False),
        ("1985-~03", True, False),
        ("[1667?,1668]", False, True),
    ],
)
def test_parse_edtf_tells_about_from_uncertain(text: str, approximate: bool, uncertain: bool) -> None:  # noqa: FBT001
    fuzzy = parse_edtf(text)
    assert (fuzzy.is_approximate, fuzzy.is_uncertain) == (approximate, uncertain)


def test_parse_edtf_tidies_blanks_and_small_x() -> None:
    assert parse_edtf(" 17xx ").edtf == "17XX"


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "junk",
        "19/3/1985",
        "1985-3",
        "1985-13",
        "-0000",
        "thế kỷ 17",
        "1985 - 1990",
        "1985–1990",
        "/",
        "//",
        "1985/1986/1987",
        "[1667/1700]",
        "{1960,1961}/1970",
        "1985-03-19T10:00:00",
        "1985-1X",
        "1985-0X",
        "1985-04-3X",
        "1950S2",
        "Y17E7",
        "Y1E999999999",
        "1985-21^a",
        "١٩٨٥",
        "1985\x00",
        "[",
        "{1960",
        "9" * 10000,
        "[1667," * 20,
    ],
)
def test_parse_edtf_refuses_and_says_how_to_write_it(text: str) -> None:
    with pytest.raises(InvalidInput, match="Write 1985, 1985-03, 1985-03-19, 17XX"):
        parse_edtf(text)


def test_parse_edtf_names_the_value_it_refuses() -> None:
    with pytest.raises(InvalidInput, match="“19/3/1985” is not a date") as caught:
        parse_edtf("19/3/1985")
    assert caught.value.params["value"] == "19/3/1985"


@pytest.mark.parametrize("text", ["1985-02-29", "1900-02-29", "1985-02-29~", "1985-02-29/1990", "{1985-02-29,1986}"])
def test_parse_edtf_refuses_a_day_that_is_not_in_the_calendar(text: str) -> None:
    with pytest.raises(InvalidInput, match="28 days"):
        parse_edtf(text)


@pytest.mark.parametrize("text", ["1973/1960", "1985-03/1985-02", "18XX/17XX", "1900~/-0100"])
def test_parse_edtf_refuses_an_interval_that_ends_before_it_begins(text: str) -> None:
    with pytest.raises(InvalidInput, match="ends before it begins"):
        parse_edtf(text)


def test_parse_edtf_refuses_a_year_that_no_database_column_holds() -> None:
    with pytest.raises(InvalidInput, match="too far"):
        parse_edtf("Y99999999999")


def test_parse_edtf_writes_nothing_to_the_console(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(InvalidInput):
        parse_edtf("1985-1X")
    assert capsys.readouterr() == ("", "")


def test_parse_edtf_answers_the_longest_text_soon() -> None:
    started = time.perf_counter()
    parse_edtf("[" + ",".join(["1667"] * 12) + "]")
    assert time.perf_counter() - started < 2


@given(st.dates())
def test_parse_edtf_reads_every_day_back(day: date) -> None:
    fuzzy = parse_edtf(day.isoformat())
    assert (fuzzy.earliest, fuzzy.latest, fuzzy.year_from) == (day, day, day.year)


@given(EDTF_TEXT)
def test_parse_edtf_reads_or_refuses_whatever_is_written(text: str) -> None:
    try:
        fuzzy = parse_edtf(text)
    except InvalidInput:
        return
    assert fuzzy.earliest is None or fuzzy.latest is None or fuzzy.earliest <= fuzzy.latest
    assert fuzzy.year_from is None or fuzzy.year_to is None or fuzzy.year_from <= fuzzy.year_to
    assert parse_edtf(fuzzy.edtf) == fuzzy
    assert format_edtf(text, "vi")
    assert format_edtf(text, "en")


@pytest.mark.parametrize(
    ("text", "vietnamese", "english"),
    [
        ("1985-03-19", "ngày 19 tháng 3 năm 1985", "19 March 1985"),
        ("1985-03-09", "ngày 9 tháng 3 năm 1985", "9 March 1985"),
        ("2012-07", "tháng 7 năm 2012", "July 2012"),
        ("1985", "1985", "1985"),
        ("1985-XX-XX", "1985", "1985"),
        ("1985-03-XX", "tháng 3 năm 1985", "March 1985"),
        ("196X", "thập niên 1960", "1960s"),
        ("16XX", "thế kỷ 17", "17th century"),
        ("20XX", "thế kỷ 21", "21st century"),
        ("10XX", "thế kỷ 11", "11th century"),
        ("00XX", "thế kỷ 1", "1st century"),
        ("1XXX", "thiên niên kỷ 2", "2nd millennium"),
        ("1X85", "1X85", "1X85"),
        ("1960/1973", "1960–1973", "1960–1973"),
        ("2012-07/2013-03", "tháng 7 năm 2012 – tháng 3 năm 2013", "July 2012 – March 2013"),
        ("06XX/07XX", "thế kỷ 7–8", "7th–8th centuries"),
        ("1471~", "khoảng 1471", "about 1471"),
        ("17XX~", "khoảng thế kỷ 18", "about the 18th century"),
        ("1471~/1473~", "khoảng 1471–1473", "about 1471–1473"),
        ("1471/1473~", "1471 – khoảng 1473", "1471 – about 1473"),
        ("1471?", "1471 (?)", "1471 (?)"),
        ("1471%", "khoảng 1471 (?)", "about 1471 (?)"),
        ("1985/..", "từ 1985", "since 1985"),
        ("19XX/..", "từ thế kỷ 20", "since the 20th century"),
        ("../1985", "đến 1985", "until 1985"),
        ("1985/", "1985 – không rõ", "1985 – unknown"),
        ("../..", "không rõ", "unknown"),
        ("XXXX", "không rõ", "unknown"),
        ("-0043", "44 trước Công nguyên", "44 BC"),
        ("0000", "1 trước Công nguyên", "1 BC"),
        ("-0043-03", "tháng 3 năm 44 trước Công nguyên", "March 44 BC"),
        ("-01XX", "thế kỷ 2 trước Công nguyên", "2nd century BC"),
        ("1968-21", "mùa xuân năm 1968", "spring 1968"),
        ("1985-34", "quý 2 năm 1985", "second quarter of 1985"),
        ("1985-37", "bốn tháng đầu năm 1985", "first third of 1985"),
        ("1985-41", "nửa cuối năm 1985", "second half of 1985"),
        ("[1667,1670..1672]", "1667 hoặc 1670–1672", "1667 or 1670–1672"),
        ("{1960,1961-12}", "1960 và tháng 12 năm 1961", "1960 and December 1961"),
    ],
)
def test_format_edtf_writes_vietnamese_and_english(text: str, vietnamese: str, english: str) -> None:
    assert (format_edtf(text, "vi"), format_edtf(text, "en")) == (vietnamese, english)


@pytest.mark.parametrize(("lang", "expected"), [("vi", "không rõ"), ("en", "unknown")])
@pytest.mark.parametrize("text", [None, "", " "])
def test_format_edtf_of_no_text_is_unknown(text: str | None, lang: str, expected: str) -> None:
    assert format_edtf(text, lang) == expected


def test_format_edtf_falls_back_to_english() -> None:
    assert format_edtf("2012-07", "ja") == "July 2012"


def test_format_edtf_refuses_what_is_no_date() -> None:
    with pytest.raises(InvalidInput):
        format_edtf("junk", "vi")
