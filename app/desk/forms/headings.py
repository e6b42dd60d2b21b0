"""What forms call the fields of a kind, in every language of the desk: by these a table's headings are known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache

from app.catalogue import KINDS
from app.desk.forms.labels import label_of
from app.http.i18n import catalogue
from app.records.schemas import part_schema

LANGUAGES = ("vi", "en")


@lru_cache(maxsize=32)
def field_names(kind: str) -> Mapping[str, Sequence[str]]:
    """Give the labels of a kind's fields by path; those of a part are its list's with its own."""
    found: dict[str, Sequence[str]] = {}
    for name, field in KINDS[kind].schema().fields.items():
        found[name] = [_said(kind, name, language) for language in LANGUAGES]
        inner = part_schema(field)
        for key in inner.fields if inner is not None else ():
            path = f"{name}.{key}"
            found[path] = [f"{_said(kind, name, each)} {_said(kind, path, each)}" for each in LANGUAGES]
    return found


def _said(kind: str, path: str, language: str) -> str:
    return catalogue(language).gettext(label_of(kind, path).text)
