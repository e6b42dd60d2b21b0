"""COLLECTIONS: the one list of public collections, by name."""

from __future__ import annotations

from app.publication.admin_units import ADMIN_UNITS
from app.publication.artefacts import ARTEFACTS
from app.publication.documentary import DOCUMENTARY
from app.publication.events import EVENTS
from app.publication.intangible import INTANGIBLE
from app.publication.itineraries import ITINERARIES
from app.publication.notices import NOTICES
from app.publication.schema import Collection
from app.publication.sites import SITES
from app.publication.visitor_places import PLACES
from app.publication.zones import ZONES

COLLECTIONS: dict[str, Collection] = {
    collection.name: collection
    for collection in (
        SITES,
        ZONES,
        ARTEFACTS,
        INTANGIBLE,
        DOCUMENTARY,
        EVENTS,
        ITINERARIES,
        PLACES,
        NOTICES,
        ADMIN_UNITS,
    )
}
