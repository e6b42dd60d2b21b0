"""What the fields of a form choose from: the terms of the vocabularies, coordinate systems, languages."""

from __future__ import annotations

from babel import Locale, UnknownLocaleError
from sqlalchemy.orm import Session

from app.desk.context import say, shown
from app.desk.forms.labels import OPTIONS
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.vocabularies.queries import read_vocabulary


def choices_for(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Give the terms of every scheme as (code, label), options by their path, coordinate systems under `systems`."""
    choices = {
        scheme: [(code, shown(concept.label)) for code, concept in concepts.items()]
        for scheme, concepts in read_vocabulary(session).items()
    }
    for path, options in OPTIONS.items():
        choices[path] = [(value, say(label)) for value, label in options.items()]
    grid = current_settings().grid
    choices["systems"] = [
        ("EPSG:4326", say("Degrees, WGS 84 (GPS)")),
        (grid, say("VN-2000, the local grid (%(code)s)") % {"code": grid}),
        ("EPSG:4756", say("Degrees, VN-2000")),
        *((code, name) for code, name in _FURTHER if code != grid),
    ]
    return choices


def language_name(code: str) -> str:
    """Give what a language is called in the reader's; its code where that is not known."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(current_language())
    except (UnknownLocaleError, ValueError):
        name = None
    return f"{name[0].upper()}{name[1:]}" if name else code


# Grids that sheets of the wider area are drawn in.
_FURTHER = (
    ("EPSG:5899", "VN-2000 / TM-3 107°45′"),
    ("EPSG:5898", "VN-2000 / TM-3 108°"),
    ("EPSG:3405", "VN-2000 / UTM 48N"),
    ("EPSG:3406", "VN-2000 / UTM 49N"),
    ("EPSG:32648", "WGS 84 / UTM 48N"),
    ("EPSG:32649", "WGS 84 / UTM 49N"),
)
