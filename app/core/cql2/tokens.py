"""The words of CQL2 text (OGC 21-065r2, annex B), each with its place, and what is said of one that is out of place."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import NamedTuple

from app.core.errors import InvalidInput
from app.core.text import excerpt

_TOKEN = re.compile(
    r"""
      (?P<text>'(?:[^'\\]|''|\\'|\\)*')
    | (?P<name>"(?:[^"]|"")+")
    | (?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?(?![\w.]))
    | (?P<word>[^\W\d][\w.:]*)
    | (?P<sign><>|<=|>=|[=<>(),])
    | (?P<arithmetic>[+\-*/%^])
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")


class Token(NamedTuple):
    """A word of the text: its kind, itself as it is written, and where it begins, counted from 1."""

    kind: str
    text: str
    position: int

    @property
    def keyword(self) -> str:
        """Give a plain word in capitals, as keywords are compared; a sign as it stands, nothing for the rest."""
        return self.text.upper() if self.kind == "word" else self.text if self.kind == "sign" else ""


def tokenise(text: str) -> Iterator[Token]:
    """Give the words in order, the last one of the kind `end`; raises `InvalidInput` for what is no word."""
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at == len(text):
            yield Token("end", "", at + 1)
            return
        found = _TOKEN.match(text, at)
        if not found:
            raise _no_word(text, at)
        yield Token(str(found.lastgroup), found[0], at + 1)
        at = found.end()


def _no_word(text: str, at: int) -> InvalidInput:
    if text[at] in "'\"":
        return InvalidInput(
            "filter: the quotation that begins at position %(position)s does not end; a quotation mark within a text "
            "is written twice: 'O''Brien'.",
            field="filter",
            value=excerpt(text[at:]),
            position=at + 1,
        )
    if text[at] in "[]":
        return unsupported(Token("sign", text[at], at + 1), "arrays")
    return unexpected(Token("sign", text[at:][:20].split(maxsplit=1)[0], at + 1), "name = 'value'")


def unexpected(token: Token, expected: str) -> InvalidInput:
    """Give the error for a word that stands where another was expected; `expected` is written in CQL2."""
    if token.kind == "end":
        return InvalidInput(
            "filter: it ends at position %(position)s, where %(expected)s was expected.",
            field="filter",
            value="",
            position=token.position,
            expected=expected,
        )
    return InvalidInput(
        "filter: at position %(position)s stands “%(value)s”, where %(expected)s was expected.",
        field="filter",
        value=excerpt(token.text),
        position=token.position,
        expected=expected,
    )


_UNSUPPORTED = {
    "arithmetic": "filter: arithmetic (“%(value)s” at position %(position)s) is not done here; work the value out and "
    "compare a property with it.",
    "function": "filter: there is no function “%(value)s” (position %(position)s); there are CASEI, ACCENTI, DATE, "
    "TIMESTAMP, INTERVAL, BBOX, S_INTERSECTS and its kin, T_INTERSECTS and its kin.",
    "arrays": "filter: arrays (“%(value)s” at position %(position)s) are not compared here; a property with several "
    "values meets a comparison if one of them does: type = 'archaeological'.",
}


def unsupported(token: Token, what: str) -> InvalidInput:
    """Give the error for what CQL2 has and this service has not: `arithmetic`, `function` or `arrays`."""
    return InvalidInput(_UNSUPPORTED[what], field="filter", value=excerpt(token.text), position=token.position)


class Words:
    """A text read word by word: `next` is what comes, and what is taken does not come again."""

    def __init__(self, text: str) -> None:
        self._words = list(tokenise(text))
        self._at = 0

    @property
    def next(self) -> Token:
        """The word that comes."""
        return self._words[self._at]

    def is_call(self) -> bool:
        """Tell whether the word that comes is followed by a parenthesis."""
        return self.next.kind == "word" and self._words[self._at + 1].text == "("

    def take(self) -> Token:
        """Take the word that comes, whatever it is."""
        token = self.next
        self._at += token.kind != "end"
        return token

    def takes(self, keyword: str) -> bool:
        """Take the word that comes if it is this keyword or sign; tells whether it was."""
        is_it = self.next.keyword == keyword
        self._at += is_it
        return is_it

    def expect(self, keyword: str) -> None:
        """Take a keyword or sign; raises `InvalidInput` where something else comes."""
        if not self.takes(keyword):
            raise self.out_of_place(keyword)

    def quoted(self) -> str:
        """Take a text in quotation marks; a mark within it was written twice, or after a backslash."""
        if self.next.kind != "text":
            raise self.out_of_place("'…'")
        return re.sub(r"''|\\'", "'", self.take().text[1:-1])

    def number(self) -> int | float:
        """Take a number."""
        if self.next.kind != "number":
            raise self.out_of_place("108.3")
        token = self.take()
        number = float(token.text)
        if not math.isfinite(number):
            raise unexpected(token, "1.5e3")
        return int(number) if number.is_integer() and abs(number) < 2**53 else number

    def out_of_place(self, expected: str) -> InvalidInput:
        """Give the error for the word that comes; arithmetic is told apart, for it is right CQL2."""
        token = self.next
        if token.kind == "arithmetic" or token.keyword == "DIV" or (token.kind == "number" and token.text[0] in "+-"):
            return unsupported(token, "arithmetic")
        return unexpected(token, expected)
