"""The desk's words for what is made of records elsewhere: fields, terms and dates in one language, without request."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy.orm import Session

from app.catalogue.references import RECORDS, SCHEMES, UNITS, found_in
from app.config import Settings
from app.core.dates import format_edtf
from app.core.errors import InvalidInput
from app.core.localized import pick
from app.desk.forms.labels import GROUPS, OPTIONS, group_of, label_of, place_of
from app.http.i18n import catalogue
from app.vocabularies.queries import read_vocabulary


class DeskWording:
    """What the desk calls things in a language; the labels of concepts are read once."""

    def __init__(self, session: Session, language: str, settings: Settings) -> None:
        self.language = language
        self.languages: Sequence[str] = settings.languages
        self._terms = {
            (scheme, code): found[0]
            for scheme, concepts in read_vocabulary(session).items()
            for code, concept in concepts.items()
            if (found := pick(concept.label, language, settings.languages))
        }

    def say(self, text: str, **params: Any) -> str:
        """Say an English sentence (a msgid)."""
        said = catalogue(self.language).gettext(text)
        return said % params if params else said

    def label(self, kind: str, path: str) -> str:
        """Name a field of a kind, a part's field as `list.field`."""
        text = label_of(kind, path).text
        return self.say(text[:1].upper() + text[1:])

    def in_order(self, kind: str, names: Iterable[str]) -> list[str]:
        """Put fields of a kind in the order of its form."""
        groups = list(GROUPS)
        return sorted(names, key=lambda name: (groups.index(group_of(kind, name)), place_of(kind, name)))

    def option(self, path: str, value: str) -> str | None:
        """Name one of the values that a field chooses from where no vocabulary holds them; None for any other field."""
        label = OPTIONS.get(path, {}).get(value)
        return self.say(label) if label else None

    def term(self, scheme: str, code: str) -> str:
        """Name a concept, by its code where it is unknown."""
        return self._terms.get((scheme, code), code.replace("_", " "))

    def scheme_of(self, kind: str, path: str) -> str | None:
        """Give the scheme of a field's concepts."""
        return found_in(SCHEMES, kind, path)

    def is_unit(self, path: str) -> bool:
        """Tell whether a field names an administrative unit."""
        return path in UNITS

    def is_record(self, kind: str, path: str) -> bool:
        """Tell whether a field names a record."""
        return found_in(RECORDS, kind, path) is not None

    def date(self, text: str) -> str:
        """Write a date in EDTF in words; one that is none as it stands."""
        try:
            return format_edtf(text, self.language)
        except InvalidInput:
            return text
