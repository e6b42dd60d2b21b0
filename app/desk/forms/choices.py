"""What the fields of a form choose from: the terms of the vocabularies, the coordinate systems."""

from __future__ import annotations

from sqlalchemy.orm import Session

from app.desk.context import say, shown
from app.http.settings import current_settings
from app.places.preview import coordinate_systems
from app.vocabularies.queries import read_vocabulary


def choices_for(session: Session) -> dict[str, list[tuple[str, str]]]:
    """Give the terms of every scheme as (code, label), and the coordinate systems under `systems`."""
    choices = {
        scheme: [(code, shown(concept.label)) for code, concept in concepts.items()]
        for scheme, concepts in read_vocabulary(session).items()
    }
    systems = coordinate_systems(current_settings().grid)
    choices["systems"] = [(system.code, say(system.message) % system.params) for system in systems]
    return choices
