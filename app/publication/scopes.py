"""Where words are looked for: in some collections, in one language; as tokens, and as conditions on the texts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.text import TokenQuery
from app.publication.collections import COLLECTIONS
from app.publication.keys import in_collections


def text_tokens(found_by: Iterable[str], collection: str, language: str) -> list[str]:
    """Give the tokens of a text from those it is found by: each begins with its language, and one is its collection's.

    The tokens of a language are so lists of their own, and none is as long as all texts.
    """
    return [_in_language(token, language) for token in (*found_by, _of_collection(collection))]


def _of_collection(name: str) -> str:
    return f"k_{name.replace('-', '_')}"


def _in_language(token: str, language: str) -> str:
    return f"{language.lower().replace('-', '_')}_{token}"


@dataclass(frozen=True, slots=True)
class Scope:
    """Some collections and a language, whose texts alone may be found."""

    collections: tuple[str, ...]
    language: str

    def bind(self, tier: TokenQuery) -> TokenQuery:
        """Give a tier, which leaves out no other yet, as one that looks for its words here alone."""
        # Several collections have no token in common.
        of_one = self.collections if len(self.collections) == 1 else ()
        return replace(
            tier,
            terms=tuple(_in_language(term, self.language) for term in tier.terms),
            prefix=_in_language(tier.prefix, self.language) if tier.prefix else None,
            scope=tuple(_in_language(_of_collection(name), self.language) for name in of_one),
        )

    def conditions(self, texts: sa.FromClause) -> list[ColumnElement[bool]]:
        """Say of a text, by its key, that it is in the collections; that it is in the language its tokens say."""
        is_all = len(self.collections) == len(COLLECTIONS)
        return [] if is_all else [in_collections(texts.c.id, self.collections)]

    def untold(self, texts: sa.FromClause) -> list[ColumnElement[bool]]:
        """Say of a text what the tokens leave out."""
        return [] if len(self.collections) == 1 else self.conditions(texts)
