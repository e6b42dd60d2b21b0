"""Text in several languages, `{"vi": …, "en": …}`, and the choice of the one a reader gets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TypeAlias

LocalizedText: TypeAlias = dict[str, str]

# What languages call themselves.
LANGUAGE_NAMES = {"vi": "Tiếng Việt", "en": "English", "zh": "中文", "ja": "日本語", "ko": "한국어", "fr": "Français"}
# How pages and answers name a language (BCP 47) where its code alone does not say in which script it is written.
LANGUAGE_TAGS = {"zh": "zh-Hans"}


def tag_of(language: str) -> str:
    """Give the tag (BCP 47) by which a page or an answer names its language."""
    return LANGUAGE_TAGS.get(language, language)


def pick(text: Mapping[str, str] | None, lang: str, languages: Sequence[str]) -> tuple[str, str] | None:
    """Choose the text for a reader of `lang`, and say which language it is in: `(text, language)`.

    The asked language comes first, then `languages` in their order (the configured fallback chain), then whatever else
    there is, in the order it was written. A blank text does not count; None when nothing is left.
    """
    if not text:
        return None
    for code in (lang, *languages, *text):
        value = text.get(code)
        if value and not value.isspace():
            return value, code
    return None
