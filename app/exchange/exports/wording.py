"""What an export needs to be told by the audience that asked for it: the words of its reader's language."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Protocol


class Wording(Protocol):
    """The words of one language; `languages` are those of the register, the reader's first where it is one of them."""

    language: str
    languages: Sequence[str]

    def say(self, text: str, **params: Any) -> str:
        """Say an English sentence (a msgid)."""
        ...

    def label(self, kind: str, path: str) -> str:
        """Name a field of a kind, a part's field as `list.field`."""
        ...

    def in_order(self, kind: str, names: Iterable[str]) -> list[str]:
        """Put fields of a kind in the order of its form."""
        ...

    def option(self, path: str, value: str) -> str | None:
        """Name one of the values that a field chooses from where no vocabulary holds them; None for any other field."""
        ...

    def term(self, scheme: str, code: str) -> str:
        """Name a concept, by its code where it is unknown."""
        ...

    def scheme_of(self, kind: str, path: str) -> str | None:
        """Give the scheme of a field's concepts."""
        ...

    def is_unit(self, path: str) -> bool:
        """Tell whether a field names an administrative unit."""
        ...

    def is_record(self, kind: str, path: str) -> bool:
        """Tell whether a field names a record."""
        ...

    def date(self, text: str) -> str:
        """Write a date in EDTF in words; one that is none as it stands."""
        ...
