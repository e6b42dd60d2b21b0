"""COLLECTIONS: the one list of public collections, by name."""

from __future__ import annotations

from app.publication.admin_units import ADMIN_UNITS
from app.publication.events import EVENTS
from app.publication.itineraries import ITINERARIES
from app.publication.notices import NOTICES
from app.publication.schema import Collection
from app.publication.sites import SITES
from app.publication.visitor_places import PLACES
from app.publication.zones import ZONES

COLLECTIONS: dict[str, Collection] = {
    collection.name: collection for collection in (SITES, ZONES, EVENTS, ITINERARIES, PLACES, NOTICES, ADMIN_UNITS)
}
