"""By what a search found a feature: a name of it, in its language or another, its place, or the rest of its text."""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Literal, NamedTuple, TypeAlias

import sqlalchemy as sa

from app.core.db import Reads
from app.core.text import fold, words
from app.publication.models import ITEMS, TEXTS
from app.publication.suggestions import has_words
from app.publication.typos import names_in

By: TypeAlias = Literal["name", "other_name", "foreign_name", "place", "old_place", "text"]
# What stands in a feature beside what it says: search does not look there.
_NOT_SAID = frozenset(
    ("code", "url", "licence", "attribution", "sources", "images", "documents", "recordings", "modified_at", "tags")
)
_WORD = re.compile(r"\w+")
# So many letters are shown before and behind the first word that was found in a text.
_AROUND = 60


class Part(NamedTuple):
    """A piece of a text, and whether it is one of the words that were looked for."""

    text: str
    is_hit: bool


class Reason(NamedTuple):
    """By what something was found; what shows it, in pieces; and the language of that where it is another."""

    by: By
    parts: list[Part]
    language: str | None = None


def read_reasons(
    reads: Reads, language: str, text: str, features: Sequence[Mapping[str, Any]]
) -> dict[tuple[str, str], Reason]:
    """Tell by what the words found features, by collection and code; each has its `collection` among its properties.

    A feature found by words of which this sees nothing lies, or lay, in a place that is so called.
    """
    found: dict[tuple[str, str], Reason] = {}
    rest: dict[tuple[str, str], Mapping[str, Any]] = {}
    wanted = words(fold(text))
    for feature in features:
        shown = feature["properties"]
        key = (shown["collection"], shown["code"])
        if reason := _by_name(shown, wanted):
            found[key] = reason
        else:
            rest[key] = shown
    foreign = _read_names(reads, language, rest)
    for key, shown in rest.items():
        names = ((other, name) for other, name in foreign.get(key, ()) if has_words(name, wanted))
        first = next(names, None)
        if first:
            found[key] = Reason("foreign_name", split(first[1], wanted), first[0])
        else:
            found[key] = _by_place(shown, wanted) or _by_text(shown, wanted)
    return found


def _by_name(shown: Mapping[str, Any], wanted: Sequence[str]) -> Reason | None:
    for place, name in enumerate(names_in(dict(shown))):
        if has_words(name, wanted):
            return Reason("other_name" if place else "name", split(name, wanted))
    return None


def _read_names(
    reads: Reads, language: str, keys: Iterable[tuple[str, str]]
) -> dict[tuple[str, str], list[tuple[str, str]]]:
    """Read the names that things have in other languages than one, each with its language."""
    wanted = set(keys)
    if not wanted:
        return {}
    rows = reads.execute(
        sa.select(ITEMS.c.collection, ITEMS.c.code, TEXTS.c.language, TEXTS.c.feature)
        .join(TEXTS, TEXTS.c.item_id == ITEMS.c.id)
        .where(ITEMS.c.collection.in_({name for name, _ in wanted}), TEXTS.c.language != language)
        .where(ITEMS.c.code_key.in_({code.lower() for _, code in wanted}))
        .order_by(TEXTS.c.language)
    )
    found: dict[tuple[str, str], list[tuple[str, str]]] = {}
    for collection, code, other, feature in rows:
        if (collection, code) in wanted:
            names = names_in(json.loads(feature)["properties"])
            found.setdefault((collection, code), []).extend((other, name) for name in names)
    return found


def _by_place(shown: Mapping[str, Any], wanted: Sequence[str]) -> Reason | None:
    for name in ("unit_name", "site_name", "place", "address"):
        text = shown.get(name)
        if isinstance(text, str) and has_words(text, wanted):
            return Reason("place", split(text, wanted))
    for address in shown.get("addresses") or ():
        if has_words(address["text"], wanted):
            return Reason("old_place", split(address["text"], wanted))
    return None


def _by_text(shown: Mapping[str, Any], wanted: Sequence[str]) -> Reason:
    said = [text for name, value in shown.items() if name not in _NOT_SAID for text in _texts(value)]
    best = next((text for text in said if has_words(text, wanted)), None)
    return Reason("text", excerpt(best, wanted)) if best else Reason("old_place", [])


def _texts(value: Any, name: str = "") -> Iterator[str]:
    if isinstance(value, str):
        if not name.endswith(("url", "code", "_lang", "language")):
            yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(one, key)
    elif isinstance(value, list):
        for one in value:
            yield from _texts(one, name)


def split(text: str, wanted: Sequence[str]) -> list[Part]:
    """Take a text apart into what was looked for and the rest; the last word may be the beginning of one."""
    text = unicodedata.normalize("NFC", text)
    parts: list[Part] = []
    end = 0
    for match in _WORD.finditer(text):
        folded = fold(match[0])
        if folded in wanted or (wanted and folded.startswith(wanted[-1])):
            if match.start() > end:
                parts.append(Part(text[end : match.start()], is_hit=False))
            parts.append(Part(match[0], is_hit=True))
            end = match.end()
    return [*parts, Part(text[end:], is_hit=False)] if end < len(text) else parts


def excerpt(text: str, wanted: Sequence[str]) -> list[Part]:
    """Give the part of a text around the first word that was looked for, taken apart as `split` does."""
    parts = split(" ".join(text.split()), wanted)
    before = len(parts[0].text) if parts and not parts[0].is_hit else 0
    whole = "".join(part.text for part in parts)
    start, end = max(before - _AROUND, 0), before + 2 * _AROUND
    # Not in the middle of a word.
    if start:
        start = whole.find(" ", start, before) + 1 or start
    if end < len(whole):
        end = whole.rfind(" ", before + 1, end) if " " in whole[before + 1 : end] else end
    cut = ("… " if start else "") + whole[start:end] + (" …" if end < len(whole) else "")
    return split(cut, wanted)
