"""Where words are looked for: in some collections, in one language; as tokens, and as conditions on the texts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core.text import TokenQuery
from app.publication.collections import COLLECTIONS
from app.publication.keys import in_collections


@dataclass(frozen=True, slots=True)
class Scope:
    """Some collections and a language, whose texts alone may be found."""

    collections: tuple[str, ...]
    language: str

    @property
    def tokens(self) -> tuple[str, ...]:
        """The tokens that all texts in it have; several collections have none of their own."""
        of_one = [f"k_{name.replace('-', '_')}" for name in self.collections if len(self.collections) == 1]
        return (*of_one, f"l_{self.language}")

    def bind(self, tier: TokenQuery) -> TokenQuery:
        """Give a tier that looks for its words here alone."""
        return replace(tier, scope=self.tokens)

    def conditions(self, texts: sa.FromClause) -> list[ColumnElement[Any]]:
        """Say of a text that it is here, by its columns."""
        return [texts.c.language == self.language, *self._among(texts)]

    def untold(self, texts: sa.FromClause) -> list[ColumnElement[Any]]:
        """Say of a text what the tokens leave out."""
        return [] if len(self.collections) == 1 else self._among(texts)

    def _among(self, texts: sa.FromClause) -> list[ColumnElement[Any]]:
        is_all = len(self.collections) == len(COLLECTIONS)
        return [] if is_all else [in_collections(texts.c.id, self.collections)]
