"""Dates as well as they are known: what is read, what it bounds, how it is written out."""

from __future__ import annotations

import time
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.dates import FuzzyDate, format_days, format_edtf, parse_edtf, year_bounds
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
    assert all(format_edtf(text, language) for language in ("vi", "en", "zh", "ja", "ko", "fr"))


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


@pytest.mark.parametrize(
    ("text", "chinese", "japanese", "korean", "french"),
    [
        ("1985-03-01", "1985年3月1日", "1985年3月1日", "1985년 3월 1일", "1er mars 1985"),
        ("2012-07", "2012年7月", "2012年7月", "2012년 7월", "juillet 2012"),
        ("1985", "1985年", "1985年", "1985년", "1985"),
        ("196X", "20世纪60年代", "1960年代", "1960년대", "années 1960"),
        ("190X", "1900年代", "1900年代", "1900년대", "années 1900"),
        ("16XX", "17世纪", "17世紀", "17세기", "XVIIe siècle"),
        ("00XX", "1世纪", "1世紀", "1세기", "Ier siècle"),
        ("03XX", "4世纪", "4世紀", "4세기", "IVe siècle"),
        ("1XXX", "第2个千年", "第2千年紀", "제2천년기", "IIe millénaire"),
        ("1960/1973", "1960–1973年", "1960〜1973年", "1960~1973년", "1960–1973"),
        (
            *("2012-07/2013-03", "2012年7月–2013年3月", "2012年7月〜2013年3月", "2012년 7월 ~ 2013년 3월"),
            "juillet 2012 – mars 2013",
        ),
        ("06XX/07XX", "7–8世纪", "7〜8世紀", "7~8세기", "VIIe–VIIIe siècles"),
        ("1471~", "约1471年", "1471年頃", "1471년경", "vers 1471"),
        ("17XX~", "约18世纪", "18世紀頃", "18세기경", "vers le XVIIIe siècle"),
        ("1471~/1473~", "约1471–1473年", "1471〜1473年頃", "1471~1473년경", "vers 1471–1473"),
        ("1471/1473~", "1471年–约1473年", "1471年〜1473年頃", "1471년 ~ 1473년경", "1471 – vers 1473"),
        ("1471%", "约1471年（？）", "1471年頃（？）", "1471년경(?)", "vers 1471 (?)"),
        ("1985/..", "自1985年起", "1985年から", "1985년부터", "depuis 1985"),
        ("19XX/..", "自20世纪起", "20世紀から", "20세기부터", "depuis le XXe siècle"),
        ("../1985", "至1985年为止", "1985年まで", "1985년까지", "jusqu’en 1985"),
        ("../196X", "至20世纪60年代为止", "1960年代まで", "1960년대까지", "jusqu’aux années 1960"),
        ("../1985-03-01", "至1985年3月1日为止", "1985年3月1日まで", "1985년 3월 1일까지", "jusqu’au 1er mars 1985"),
        ("../1968-22", "至1968年夏为止", "1968年夏まで", "1968년 여름까지", "jusqu’à l’été 1968"),
        ("1985/", "1985年–不详", "1985年〜不明", "1985년 ~ 미상", "1985 – date inconnue"),
        ("-0043", "公元前44年", "紀元前44年", "기원전 44년", "44 av. J.-C."),
        ("-0043-03", "公元前44年3月", "紀元前44年3月", "기원전 44년 3월", "mars 44 av. J.-C."),
        ("-01XX", "公元前2世纪", "紀元前2世紀", "기원전 2세기", "IIe siècle av. J.-C."),
        ("1985-34", "1985年第二季度", "1985年第2四半期", "1985년 2분기", "2e trimestre 1985"),
        ("1985-41", "1985年下半年", "1985年後半", "1985년 하반기", "2e semestre 1985"),
        (
            *("[1667,1670..1672]", "1667年或1670–1672年", "1667年または1670〜1672年", "1667년 또는 1670~1672년"),
            "1667 ou 1670–1672",
        ),
        (
            "{1960,1961-12}",
            "1960年和1961年12月",
            "1960年と1961年12月",
            "1960년 및 1961년 12월",
            "1960 et décembre 1961",
        ),
        ("", "不详", "不明", "미상", "date inconnue"),
    ],
)
def test_format_edtf_writes_the_languages_of_the_pages(
    text: str, chinese: str, japanese: str, korean: str, french: str
) -> None:
    written = tuple(format_edtf(text, language) for language in ("zh", "ja", "ko", "fr"))
    assert written == (chinese, japanese, korean, french)


@pytest.mark.parametrize(
    ("language", "within_month", "across"),
    [
        ("vi", "ngày 10–12 tháng 2 năm 2026", "ngày 28 tháng 2 năm 2026 – ngày 1 tháng 3 năm 2026"),
        ("en", "10–12 February 2026", "28 February 2026 – 1 March 2026"),
        ("zh", "2026年2月10–12日", "2026年2月28日–2026年3月1日"),
        ("ja", "2026年2月10〜12日", "2026年2月28日〜2026年3月1日"),
        ("ko", "2026년 2월 10~12일", "2026년 2월 28일 ~ 2026년 3월 1일"),
        ("fr", "10–12 février 2026", "28 février 2026 – 1er mars 2026"),
    ],
)
def test_format_days_says_the_month_once(language: str, within_month: str, across: str) -> None:
    assert format_days(date(2026, 2, 10), date(2026, 2, 12), language) == within_month
    assert format_days(date(2026, 2, 28), date(2026, 3, 1), language) == across


@pytest.mark.parametrize(("lang", "expected"), [("vi", "không rõ"), ("en", "unknown")])
@pytest.mark.parametrize("text", [None, "", " "])
def test_format_edtf_of_no_text_is_unknown(text: str | None, lang: str, expected: str) -> None:
    assert format_edtf(text, lang) == expected


def test_format_edtf_falls_back_to_english() -> None:
    assert format_edtf("2012-07", "de") == "July 2012"


def test_format_edtf_refuses_what_is_no_date() -> None:
    with pytest.raises(InvalidInput):
        format_edtf("junk", "vi")
