"""How much is told of what is tied to a site: of an event or a place there no more than of the site itself."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry

from app.core.localized import LocalizedText
from app.heritage.models import LocationPolicy, Site
from app.heritage.policies import binding_policy
from app.places.gazetteer import KnownUnit
from app.places.models import Unit
from app.publication.media_properties import MEDIA_PROPERTIES, render_media
from app.publication.redaction import published_place
from app.publication.schema import Place, Property, Workshop
from app.publication.shared import full_unit_name, render_doubts, render_sources
from app.publication.sites import site_pages


class Located(Protocol):
    """A location of an event or a place, as the register keeps it."""

    role: Any
    geom: Any
    accuracy_m: Any
    obtained: Any
    credit: Any


@dataclass(frozen=True, slots=True)
class Tie:
    """What a record's tie to a site allows; `site` may be none, `unit` is the record's own.

    The site's policy binds whether or not the site is public; it is named only when it is.
    """

    site: Site | None
    unit: Unit | None
    locations: Sequence[Located] = ()

    @property
    def policy(self) -> LocationPolicy:
        """The strictest policy of the site and all it is a component of; exact where there is no site."""
        return binding_policy(self.site) if self.site else LocationPolicy.EXACT

    @property
    def is_exact(self) -> bool:
        """Whether the place may be told as it is."""
        return self.policy == LocationPolicy.EXACT

    @property
    def is_text_open(self) -> bool:
        """Whether free text may be shown: that of a restricted place needs the reviewer's word for the site."""
        return self.is_exact or (self.site is not None and self.site.is_text_cleared)

    @property
    def shown_site(self) -> Site | None:
        """The site, if the public may know of it."""
        return self.site if self.site and self.site.is_public else None

    @property
    def shown_location(self) -> Located | None:
        """The record's own location that stands for it, where the place may be told exactly."""
        if not self.is_exact:
            return None
        first = next(iter(self.locations), None)
        return next((location for location in self.locations if location.role == "main"), first)

    @property
    def place(self) -> Place | None:
        """Where the public is told that it is: its own location, else what is told of the site."""
        location = self.shown_location
        if location is None:
            return published_place(self.shown_site, self.policy) if self.shown_site else None
        geometry: BaseGeometry = location.geom
        point = geometry.representative_point()
        exact = Point(round(point.x, 7), round(point.y, 7))
        return Place(exact.x, exact.y, location.accuracy_m, exact)

    @property
    def shown_unit(self) -> Unit | None:
        """The unit it lies in: its own, or of a site; of a restricted site only the site's, of a hidden one none."""
        if self.policy == LocationPolicy.HIDDEN:
            return None
        of_site = self.shown_site.current_unit if self.shown_site else None
        return (self.unit or of_site) if self.is_exact else of_site


def within(workshop: Workshop, tie: Tie) -> list[KnownUnit]:
    """Give every unit, old and new, that something lies in, as far as that may be told."""
    unit = tie.shown_unit
    if unit is None:
        return []
    if tie.policy == LocationPolicy.UNIT_ONLY:
        return workshop.gazetteer.ancestry(unit.id)
    past, current = ([], unit.id) if unit.is_in_force else ([unit.id], None)
    return workshop.gazetteer.containing(past, current)


def place_values(workshop: Workshop, tie: Tie) -> list[tuple[str, str]]:
    """Give the values by which things are filtered by their place."""
    values = [("within", unit.public_id) for unit in within(workshop, tie)]
    values.append(("location_policy", str(tie.policy)))
    if tie.shown_unit:
        values.append(("unit", tie.shown_unit.public_id))
    if tie.shown_site:
        values.append(("site", tie.shown_site.code))
    return values


def place_names(workshop: Workshop, tie: Tie) -> list[str]:
    """Give the names, old and new, by which search finds the place; of its site too."""
    names = [name for unit in within(workshop, tie) for name in (*unit.name.values(), *unit.other_names)]
    return [*names, *(tie.shown_site.name.values() if tie.shown_site else ())]


def site_properties(workshop: Workshop, tie: Tie, language: str) -> dict[str, Any]:
    """Give `site`, `site_name` and `site_url`, all null where there is no site that the public may know of."""
    site = tie.shown_site
    return {
        "site": site.code if site else None,
        "site_name": (workshop.text(site.name, language) or site.code) if site else None,
        "site_url": site_pages(workshop, site)[language] if site else None,
    }


def place_properties(workshop: Workshop, tie: Tie, language: str) -> dict[str, Any]:
    """Give what is told of the place: its unit, and the point's precision and origin."""
    unit, place, location = tie.shown_unit, tie.place, tie.shown_location
    obtained: LocalizedText | None = location.obtained if location else None
    return {
        "unit": unit.public_id if unit else None,
        "unit_name": full_unit_name(workshop, unit, language) if unit else None,
        "location_policy": str(tie.policy),
        "location_precision_m": place.precision_m if place else None,
        "location_source": workshop.text(obtained, language),
    }


def attribution(workshop: Workshop, tie: Tie) -> str:
    """Name whom to credit: the deployment, and whoever the licence of the point asks to credit."""
    credit = tie.shown_location.credit if tie.shown_location else None
    return f"{workshop.settings.attribution}; {credit}" if credit else workshop.settings.attribution


def render_other_names(names: Sequence[Any], *, is_text_open: bool) -> list[Mapping[str, Any]]:
    """Give other names: `text`, `language`, and `note` where free text may be shown."""
    return [
        {"text": other.text, "language": other.language, "note": other.note if is_text_open else None}
        for other in names
    ]


SITE_LINK = (
    Property("site", "string", "Code of the site it belongs to.", is_queryable=True),
    Property("site_name", "string", "The site's name."),
    Property("site_url", "string", "Path of the site's page.", format="uri-reference"),
)
PLACE_PROPERTIES = (
    Property("unit", "string", "The administrative unit it lies in.", is_queryable=True),
    Property("within", "string", "A unit, old or new, it lies or lay in.", is_queryable=True, is_filter_only=True),
    Property("unit_name", "string", "The name of `unit` and of those above it."),
    Property(
        "location_policy", "string", "How much of the place is told.", scheme="location_policies", is_queryable=True
    ),
    Property("location_precision_m", "integer", "Within how many metres of the point it is.", is_queryable=True),
    Property("location_source", "string", "How the point was obtained."),
)
RECORD_PROPERTIES = (
    Property("doubts", "array", "What is uncertain: `tag`, `label`, `note`.", items="object"),
    Property("tags", "array", "Subjects.", is_queryable=True),
    Property("sources", "array", "Where it comes from: `citation`, `page`, `url`.", items="object"),
    *MEDIA_PROPERTIES,
    Property("licence", "string", "SPDX id of the record's licence."),
    Property("attribution", "string", "Whom to credit."),
    Property("url", "string", "Path of its page.", format="uri-reference"),
    Property(
        "modified_at", "string", "When this feature last changed in public.", format="date-time", is_queryable=True
    ),
)


def record_properties(
    workshop: Workshop, record: Any, tie: Tie, language: str, *, credit: str, url: str
) -> dict[str, Any]:
    """Give the end of every record's properties: doubts, tags, sources, licence, whom to credit, its page."""
    return {
        "doubts": render_doubts(workshop, record, language, is_text_open=tie.is_text_open),
        "tags": record.tags if tie.is_text_open else [],
        "sources": render_sources(record) if tie.is_text_open else [],
        **render_media(workshop, record.id, language),
        "licence": record.licence or workshop.settings.licence,
        "attribution": credit,
        "url": url,
    }
