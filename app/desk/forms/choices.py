"""What the fields of a form choose from: the terms of the vocabularies, coordinate systems, languages."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from sqlalchemy.orm import Session

from app.core.dates import format_edtf
from app.core.errors import InvalidInput
from app.desk.context import say, shown
from app.desk.forms.labels import OPTIONS
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.places.preview import coordinate_systems
from app.vocabularies.queries import read_vocabulary


def choices_for(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Give the terms of every scheme as (code, label), options by their path, coordinate systems under `systems`."""
    choices = {
        scheme: [(code, shown(concept.label)) for code, concept in concepts.items()]
        for scheme, concepts in read_vocabulary(session).items()
    }
    for path, options in OPTIONS.items():
        choices[path] = [(value, say(label)) for value, label in options.items()]
    systems = coordinate_systems(current_settings().grid)
    choices["systems"] = [(system.code, say(system.message) % system.params) for system in systems]
    return choices


def language_name(code: str) -> str:
    """Give what a language is called in the reader's; its code where that is not known."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(current_language())
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name[0].upper()}{name[1:]}" if name else code


def echo_of(date: str) -> str:
    """Give a date as people read it (“ngày 19 tháng 3 năm 1985” for 1985-03-19); "" for what is no date."""
    try:
        return format_edtf(date, current_language())
    except InvalidInput:
        return ""
