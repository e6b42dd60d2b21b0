"""The choice of a language."""

from __future__ import annotations

import pytest

from app.core.localized import pick

LANGUAGES = ("vi", "en")


def test_pick_gives_the_asked_language() -> None:
    assert pick({"vi": "Chùa Cầu", "en": "Japanese Bridge"}, "en", LANGUAGES) == ("Japanese Bridge", "en")


def test_pick_gives_a_language_that_is_not_configured_when_asked() -> None:
    assert pick({"vi": "Chùa Cầu", "ja": "来遠橋"}, "ja", LANGUAGES) == ("来遠橋", "ja")


def test_pick_falls_back_in_the_configured_order() -> None:
    assert pick({"en": "Japanese Bridge", "vi": "Chùa Cầu"}, "ko", LANGUAGES) == ("Chùa Cầu", "vi")


def test_pick_falls_back_to_any_language() -> None:
    assert pick({"fr": "Pont japonais"}, "en", LANGUAGES) == ("Pont japonais", "fr")


def test_pick_passes_over_blank_text() -> None:
    assert pick({"en": " \n", "vi": "", "fr": "Pont"}, "en", LANGUAGES) == ("Pont", "fr")


@pytest.mark.parametrize("text", [None, {}, {"vi": " "}])
def test_pick_of_nothing_is_none(text: dict[str, str] | None) -> None:
    assert pick(text, "vi", LANGUAGES) is None
