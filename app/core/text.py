"""Vietnamese text for search and addresses: folding, marked and folded words, slugs, search tokens."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import lru_cache

SLUG_LENGTH = 80
QUERY_LENGTH = 200
QUERY_WORDS = 12
TOKEN_LENGTH = 120
_NAME_LENGTH = 200

# Ð (eth) and Ɖ are other letters that look like Đ, and stand for it in text from older Vietnamese encodings.
_LOOKALIKES = str.maketrans("ðɖ", "đđ")
# In NFD: grave, acute, tilde, hook above, dot below; circumflex, breve and horn are part of the vowel, not tones.
_TONE = "([\u0300\u0301\u0303\u0309\u0323])"
_MARK = "[\u0300-\u036f]"
# After q the u is part of the consonant and carries no tone: "qúy" and "qủa" belong to the next vowel.
_TONE_ON_QU = re.compile(rf"(qu){_TONE}([aeioy][\u0302\u0306\u031b]?)(?!{_MARK})")
# The older style writes the tone of an open oa, oe, uy on its first vowel: "hòa", "hòe", "thúy".
_TONE_ON_GLIDE = re.compile(rf"(o(?=.[ae])|u(?=.y)){_TONE}([aey])(?!{_MARK})")


class _Letters(dict[int, str | None]):
    """A table for `str.translate` that asks once of each letter what becomes of it."""

    def __init__(self, change: Callable[[str], str | None]) -> None:
        super().__init__()
        self._change = change

    def __missing__(self, code: int) -> str | None:
        changed = self[code] = self._change(chr(code))
        return changed


_WITHOUT_MARKS = _Letters(lambda letter: None if unicodedata.category(letter) == "Mn" else letter)
_WITHOUT_LOOSE_MARKS = _Letters(lambda letter: None if unicodedata.category(letter).startswith("M") else letter)
_SMALL = _Letters(str.lower)
_PLAIN_D = str.maketrans("đĐðÐɖƉ", "dDdDdD")
_SPACED = _Letters(lambda letter: letter if letter.isalnum() else " ")


def fold(text: str) -> str:
    """Fold text to what a search compares: no marks, đ as d, small letters, composed (NFC).

    All 178 letters of Vietnamese become ASCII, whether they arrive composed or decomposed; folding what is folded
    changes nothing. Both engines compare what this one function made, never their own folding (design, section 5).
    """
    bare = unicodedata.normalize("NFD", text).translate(_WITHOUT_MARKS)
    return unicodedata.normalize("NFC", bare.casefold().translate(_LOOKALIKES).replace("đ", "d"))


def fold_case(text: str) -> str:
    """Fold capitals only, letter by letter (NFC): CQL2's CASEI; `fold` of it is `fold` of the text."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_SMALL))


def fold_marks(text: str) -> str:
    """Fold marks only, đ as d and Đ as D (NFC): CQL2's ACCENTI; `fold` of it is `fold` of the text."""
    bare = unicodedata.normalize("NFD", text).translate(_WITHOUT_MARKS)
    return unicodedata.normalize("NFC", bare.translate(_PLAIN_D))


def normalise_marked(text: str) -> str:
    """Normalise text whose marks count: composed (NFC), small letters, đ and all marks kept, one place for the tone.

    The canonical form is the newer style, the tone on the main vowel: `hoà`, `hoè`, `thuý`, `uỷ`; so `Hòa` and `Hoà`
    are equal, and the common misspellings `hòang` and `qúy` equal `hoàng` and `quý`. In `quà`, `quý`, `giá` and `của`
    the tone stands right already and stays.
    """
    small = unicodedata.normalize("NFC", text).lower().translate(_LOOKALIKES)
    apart = _TONE_ON_QU.sub(r"\1\3\2", unicodedata.normalize("NFD", small))
    return unicodedata.normalize("NFC", _TONE_ON_GLIDE.sub(r"\1\3\2", apart))


def words(text: str) -> list[str]:
    """Split text into its words in order: runs of letters and digits (`str.isalnum` on NFC), as they are written.

    A mark that has no composed form with its letter is dropped and does not split the word.
    """
    plain = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).translate(_WITHOUT_LOOSE_MARKS))
    return plain.translate(_SPACED).split()


def slugify(text: str) -> str:
    """Give the readable part of an address: folded words joined by `-`, at most 80 characters, cut between words.

    Text without a word gives the empty string; a first word longer than the limit is cut within.
    """
    slug = ""
    for word in words(fold(text)):
        longer = f"{slug}-{word}" if slug else word[:SLUG_LENGTH]
        if len(longer) > SLUG_LENGTH:
            break
        slug = longer
    return slug


def excerpt(text: str, length: int = 60) -> str:
    """Cut text to at most `length` characters on one line, for a message that names what somebody wrote."""
    line = " ".join(text[: length * 4].split())
    return line if len(line) <= length else line[: length - 1] + "…"


@dataclass(frozen=True, slots=True)
class TokenQuery:
    """One tier of a search: a record matches when it holds every one of `terms`, and a token that begins with `prefix`.

    `terms` are whole tokens as `document_tokens` makes them; `prefix` is None where none is matched by its beginning.
    A record that matches one of `without` does not match. `scope` are tokens that very many records have, of whom alone
    some shall be found: an engine may go by other columns for these.
    """

    terms: tuple[str, ...]
    prefix: str | None = None
    without: tuple[TokenQuery, ...] = ()
    scope: tuple[str, ...] = ()


def document_tokens(names: Iterable[str], places: Iterable[str], text: Iterable[str]) -> list[str]:
    """Make the search tokens of a record in one language, sorted and unique, from its names, its places and other text.

    `e_` is a whole name, its words joined by `_`; `n_` a word of a name, `p_` of a place, `a_` of anything. Each comes
    folded, and with an `x` (`ex_`, `nx_`, `px_`, `ax_`) with its marks. A token holds only letters, digits and `_`,
    at most 120 characters.
    """
    tokens: set[str] = set()
    for kind, parts in (("n", names), ("p", places), ("a", text)):
        for part in parts:
            for form, normal in _FORMS:
                found = _words_of_name(normal, part) if len(part) <= _NAME_LENGTH else tuple(words(normal(part)))
                tokens.update(_token(f"{scope}{form}", word) for word in found for scope in {kind, "a"})
                if kind == "n" and found:
                    tokens.add(_token(f"e{form}", *found))
    return sorted(tokens)


def query_tiers(query: str) -> list[TokenQuery]:
    """Turn what somebody typed into at most eight conjunctions, the best matches first; none when it holds no word.

    In order: the whole name, words of names, words of places, words anywhere; in each with exact marks, then folded.
    In the tiers of words the last word counts as the beginning of one, for whoever is still typing. The first 200
    characters are read, and the first 12 words; a whole name is compared as far as a token reaches.
    """
    composed = unicodedata.normalize("NFC", query[: QUERY_LENGTH * 4])[:QUERY_LENGTH]
    typed = [(form, words(normal(composed))) for form, normal in _FORMS]
    if not all(found for _, found in typed):
        return []
    tiers = [TokenQuery((_token(f"e{form}", *found),)) for form, found in typed]
    for scope in ("n", "p", "a"):
        for form, found in typed:
            *terms, last = (_token(f"{scope}{form}", word) for word in found[:QUERY_WORDS])
            tiers.append(TokenQuery(tuple(dict.fromkeys(terms)), last))
    return tiers


# The forms of a token, the better match first: with its marks, then folded; the letter that says so, and what makes it.
_FORMS: tuple[tuple[str, Callable[[str], str]], ...] = (("x", normalise_marked), ("", fold))


@lru_cache(maxsize=8192)
def _words_of_name(normal: Callable[[str], str], name: str) -> tuple[str, ...]:
    """Give the words of a short text in one of its forms; names of units and concepts come again in every record."""
    return tuple(words(normal(name)))


def _token(kind: str, *parts: str) -> str:
    return f"{kind}_{'_'.join(parts)}"[:TOKEN_LENGTH]
