"""COLLECTIONS: the one list of public collections, by name."""

from __future__ import annotations

from app.publication.admin_units import ADMIN_UNITS
from app.publication.artefacts import ARTEFACTS
from app.publication.documentary import DOCUMENTARY
from app.publication.intangible import INTANGIBLE
from app.publication.schema import Collection
from app.publication.sites import SITES
from app.publication.zones import ZONES

COLLECTIONS: dict[str, Collection] = {
    collection.name: collection for collection in (SITES, ZONES, ARTEFACTS, INTANGIBLE, DOCUMENTARY, ADMIN_UNITS)
}
