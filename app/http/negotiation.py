"""Choosing between what a reader accepts and what there is; the same headers come over and over, and are read once."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from flask import request
from werkzeug.datastructures import Accept, LanguageAccept, MIMEAccept
from werkzeug.http import parse_accept_header

# Browsers' are shorter. A longer one is somebody's own, and not kept.
_LONGEST = 300


def choose_type(offered: tuple[str, ...], default: str) -> str:
    """Give the media type that the reader likes best, the first of equals (RFC 9110, 12.5.1); else the default."""
    return _choose(request.environ.get("HTTP_ACCEPT", ""), MIMEAccept, offered) or default


def choose_among_languages(offered: tuple[str, ...], default: str) -> str:
    """Give the language that the reader likes best (RFC 9110, 12.5.4); else the default."""
    return _choose(request.environ.get("HTTP_ACCEPT_LANGUAGE", ""), LanguageAccept, offered) or default


def _choose(accepted: str, kind: type[Accept], offered: tuple[str, ...]) -> str | None:
    choose: Callable[[str, type[Accept], tuple[str, ...]], str | None] = _remembered
    if len(accepted) > _LONGEST:
        choose = _best
    return choose(accepted, kind, offered)


def _best(accepted: str, kind: type[Accept], offered: tuple[str, ...]) -> str | None:
    found: str | None = parse_accept_header(accepted, kind).best_match(offered)
    return found


_remembered = lru_cache(1024)(_best)
