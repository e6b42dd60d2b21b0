"""Folding, tone positions, words, slugs and search tokens."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.core.text import (
    TOKEN_LENGTH,
    TokenQuery,
    document_tokens,
    excerpt,
    fold,
    normalise_marked,
    query_tiers,
    slugify,
    words,
)

TONES = ("", "\u0300", "\u0301", "\u0303", "\u0309", "\u0323")
VOWELS = {"a": "aăâ", "e": "eê", "i": "i", "o": "oôơ", "u": "uư", "y": "y"}
CONSONANTS = {letter: letter for letter in "bcdghklmnpqrstvx"} | {"đ": "d"}
# The 89 small letters of Vietnamese with their folded form, and the capitals: 178.
SMALL = CONSONANTS | {
    unicodedata.normalize("NFC", vowel + tone): plain
    for plain, vowels in VOWELS.items()
    for vowel in vowels
    for tone in TONES
}
LETTERS = SMALL | {letter.upper(): plain for letter, plain in SMALL.items()}

# Any text, and text that often has the letters and loose marks that the rules are about.
anything = st.text() | st.text(alphabet=[*LETTERS, *TONES[1:], "\u0302", "\u031b", " ", "-", "_"])


def test_vietnamese_letters_are_178() -> None:
    assert len(LETTERS) == 178


def test_fold_makes_every_vietnamese_letter_ascii() -> None:
    assert {letter: fold(letter) for letter in LETTERS} == LETTERS


def test_fold_reads_decomposed_letters() -> None:
    assert {letter: fold(unicodedata.normalize("NFD", letter)) for letter in LETTERS} == LETTERS


@pytest.mark.parametrize("written", ["Đà Nẵng", "đà nẵng", "Da Nang", "da nang", "Ðà Nẵng"])
def test_fold_makes_d_with_and_without_stroke_equal(written: str) -> None:
    assert fold(written) == "da nang"


@given(anything)
def test_fold_is_idempotent(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(anything)
def test_fold_does_not_depend_on_composition(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert fold(composed) == fold(decomposed) == fold(text)


@given(anything)
def test_fold_leaves_no_mark(text: str) -> None:
    assert not [c for c in unicodedata.normalize("NFD", fold(text)) if unicodedata.category(c) == "Mn"]


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        ("Hòa", "hoà"),
        ("hóa", "hoá"),
        ("tỏa", "toả"),
        ("xõa", "xoã"),
        ("họa", "hoạ"),
        ("hòe", "hoè"),
        ("khỏe", "khoẻ"),
        ("thúy", "thuý"),
        ("ủy", "uỷ"),
        ("Ngụy", "nguỵ"),
        ("hòang", "hoàng"),
        ("khủyu", "khuỷu"),
        ("qúy", "quý"),
        ("qủa", "quả"),
        ("qụân", "quận"),
        ("Ðịnh Hòa", "định hoà"),
    ],
)
def test_normalise_marked_puts_the_tone_in_one_place(older: str, newer: str) -> None:
    assert normalise_marked(older) == normalise_marked(newer) == newer


@pytest.mark.parametrize(
    "right", ["quà", "quý", "quạ", "quế", "giá", "già", "gì", "của", "mùa", "thuế", "đường", "huệ"]
)
def test_normalise_marked_keeps_what_is_right(right: str) -> None:
    assert normalise_marked(right) == right


def test_normalise_marked_tells_d_from_d_with_stroke() -> None:
    assert normalise_marked("đa") != normalise_marked("da")


@given(anything)
def test_normalise_marked_is_idempotent(text: str) -> None:
    assert normalise_marked(normalise_marked(text)) == normalise_marked(text)


@given(anything)
def test_normalise_marked_does_not_depend_on_composition(text: str) -> None:
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert normalise_marked(composed) == normalise_marked(decomposed)


@given(anything)
def test_normalise_marked_folds_like_the_text(text: str) -> None:
    assert words(fold(normalise_marked(text))) == words(fold(text))


def test_words_split_at_all_that_is_no_letter_or_digit() -> None:
    assert words("Chùa Cầu (Lai Viễn Kiều), số 1-A_2") == ["Chùa", "Cầu", "Lai", "Viễn", "Kiều", "số", "1", "A", "2"]


def test_words_of_decomposed_text_stay_whole() -> None:
    assert words(unicodedata.normalize("NFD", "Nguyễn Hoàng")) == ["Nguyễn", "Hoàng"]


def test_words_drop_a_mark_that_composes_with_nothing() -> None:
    assert words("x\u0323\u0302y z") == ["xy", "z"]


@given(anything)
def test_words_are_letters_and_digits(text: str) -> None:
    assert all(word.isalnum() for word in words(text))


def test_slugify_joins_folded_words() -> None:
    assert slugify("Đình làng Cẩm Phô – 52 Nguyễn Thị Minh Khai") == "dinh-lang-cam-pho-52-nguyen-thi-minh-khai"


def test_slugify_cuts_between_words() -> None:
    assert slugify("Lăng Bà Chúa " * 20) == ("lang-ba-chua-" * 6)[:-1]


def test_slugify_cuts_one_endless_word() -> None:
    assert slugify("a" * 100) == "a" * 80


def test_slugify_of_no_words_is_empty() -> None:
    assert slugify("… – !") == ""


def test_excerpt_is_one_short_line() -> None:
    assert excerpt("a\nb " * 100, 9) == "a b a b …"


def test_document_tokens_mark_names_places_and_text() -> None:
    assert document_tokens(["Chùa Cầu"], ["Hội An"], ["Thế kỷ 17"]) == sorted(
        [
            "e_chua_cau",
            "ex_chùa_cầu",
            "n_chua",
            "n_cau",
            "nx_chùa",
            "nx_cầu",
            "p_hoi",
            "p_an",
            "px_hội",
            "px_an",
            "a_chua",
            "a_cau",
            "a_hoi",
            "a_an",
            "a_the",
            "a_ky",
            "a_17",
            "ax_chùa",
            "ax_cầu",
            "ax_hội",
            "ax_an",
            "ax_thế",
            "ax_kỷ",
            "ax_17",
        ]
    )


def test_document_tokens_of_an_empty_record_are_none() -> None:
    assert document_tokens(["", "—"], [], [" "]) == []


@given(st.lists(anything), st.lists(anything), st.lists(anything))
def test_document_tokens_hold_letters_digits_and_underscore_only(
    names: list[str], places: list[str], text: list[str]
) -> None:
    tokens = document_tokens(names, places, text)
    assert all(token.replace("_", "").isalnum() and len(token) <= TOKEN_LENGTH for token in tokens)


def test_query_tiers_go_from_whole_name_to_anywhere() -> None:
    assert query_tiers("Chùa Cầu") == [
        TokenQuery(("ex_chùa_cầu",), None),
        TokenQuery(("e_chua_cau",), None),
        TokenQuery(("nx_chùa",), "nx_cầu"),
        TokenQuery(("n_chua",), "n_cau"),
        TokenQuery(("px_chùa",), "px_cầu"),
        TokenQuery(("p_chua",), "p_cau"),
        TokenQuery(("ax_chùa",), "ax_cầu"),
        TokenQuery(("a_chua",), "a_cau"),
    ]


def test_query_tiers_of_one_word_match_its_beginning() -> None:
    assert query_tiers("hội")[2] == TokenQuery((), "nx_hội")


@pytest.mark.parametrize("query", ["", "   ", "—…!", "\u0301"])
def test_query_tiers_of_no_words_are_none(query: str) -> None:
    assert query_tiers(query) == []


def test_query_tiers_are_equal_for_d_with_stroke_when_folded() -> None:
    assert query_tiers("đà nẵng")[1::2] == query_tiers("Da Nang")[1::2]


def test_query_tiers_are_equal_for_both_tone_positions() -> None:
    assert query_tiers("Hòa Vang, thúy") == query_tiers("hoà vang thuý")


def test_query_tiers_are_equal_composed_and_decomposed() -> None:
    assert query_tiers(unicodedata.normalize("NFD", "Thu Bồn")) == query_tiers("Thu Bồn")


def test_query_tiers_read_twelve_words() -> None:
    tier = query_tiers(" ".join(f"w{number}" for number in range(30)))[-1]
    assert (len(tier.terms), tier.prefix) == (11, "a_w11")


def test_query_tiers_read_200_characters() -> None:
    assert query_tiers("x " * 100 + "y")[0].terms == query_tiers("x " * 100)[0].terms


@given(anything)
def test_query_tiers_hold_letters_digits_and_underscore_only(query: str) -> None:
    tiers = query_tiers(query)
    tokens = [token for tier in tiers for token in (*tier.terms, *([tier.prefix] if tier.prefix else []))]
    assert len(tiers) in {0, 8}
    assert all(token.replace("_", "").isalnum() and len(token) <= TOKEN_LENGTH for token in tokens)


@given(anything.filter(lambda name: words(fold(name)) and len(unicodedata.normalize("NFC", name)) <= 200))
def test_query_tiers_of_a_name_find_its_record(name: str) -> None:
    tokens = document_tokens([name], [], [])
    exact, folded, *_ = query_tiers(name)
    assert set(exact.terms) | set(folded.terms) <= set(tokens)


def test_query_tiers_of_a_name_of_many_words_find_its_record() -> None:
    name = "Nhà lưu niệm và khu mộ của cụ Huỳnh Thúc Kháng ở thôn Hội An xã Tiên Cảnh"
    assert query_tiers(name)[0].terms[0] in document_tokens([name], [], [])
