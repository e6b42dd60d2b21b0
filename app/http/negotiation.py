"""Choosing between what a reader accepts and what there is; the same headers come over and over, and are read once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import TypeAlias

from flask import request
from werkzeug.datastructures import LanguageAccept, MIMEAccept
from werkzeug.http import parse_accept_header

# Browsers' are shorter. A longer one is somebody's own, and not kept.
_LONGEST = 300


def choose_type(offered: tuple[str, ...], default: str) -> str:
    """Give the media type that the reader likes best, the first of equals (RFC 9110, 12.5.1); else the default."""
    return _choose(request.environ.get("HTTP_ACCEPT", ""), _best_type, offered) or default


def choose_among_languages(offered: tuple[str, ...], default: str) -> str:
    """Give the language that the reader likes best (RFC 9110, 12.5.4); else the default.

    A tag with a country or a script stands for its language: telephones send “ja-JP,en;q=0.9”, and mean Japanese.
    """
    return _choose(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""), _best_language, offered) or default


_Best: TypeAlias = Callable[[str, tuple[str, ...]], str | None]


def _choose(accepted: str, best: _Best, offered: tuple[str, ...]) -> str | None:
    return best(accepted, offered) if len(accepted) > _LONGEST else _remembered(best, accepted, offered)


@lru_cache(1024)
def _remembered(best: _Best, accepted: str, offered: tuple[str, ...]) -> str | None:
    return best(accepted, offered)


def _best_type(accepted: str, offered: tuple[str, ...]) -> str | None:
    found: str | None = parse_accept_header(accepted, MIMEAccept).best_match(offered)
    return found


def _best_language(accepted: str, offered: tuple[str, ...]) -> str | None:
    for tag, quality in parse_accept_header(accepted, LanguageAccept):
        language = tag.lower().partition("-")[0]
        if quality > 0 and language in offered:
            return language
        if quality > 0 and tag == "*":
            return offered[0]
    return None
