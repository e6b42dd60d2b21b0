"""Where a movable thing is kept and was found, as far as the public is told."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import selectinload
from sqlalchemy.orm.interfaces import LoaderOption

from app.heritage.models import Artefact, DecisionItem, DocumentaryItem, LocationPolicy, Party, Site
from app.heritage.models.party import PERSON
from app.heritage.policies import binding_policy, finding_policy, keeping_policy, strictest
from app.places.gazetteer import KnownUnit
from app.places.models import Unit
from app.publication.custody import party_name
from app.publication.redaction import published_place
from app.publication.schema import Place, Property, Workshop
from app.publication.shared import full_unit_name, record_pages, shown_relations
from app.publication.touched import Touched
from app.records.models import Relation


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """A movable thing with what binds telling its place, and what may be told.

    `site` is the site where it is kept, if it may be named; `units` those that it may be said to lie in.
    """

    thing: Artefact | DocumentaryItem
    keeping: LocationPolicy
    finding: LocationPolicy
    site: Site | None
    place: Place | None
    units: list[KnownUnit]

    @property
    def policy(self) -> LocationPolicy:
        """The stricter of the two."""
        return strictest(self.keeping, self.finding)

    @property
    def is_text_open(self) -> bool:
        """Whether free text may be shown: a restricted place's needs the reviewer's word."""
        return self.policy == LocationPolicy.EXACT or self.thing.is_text_cleared

    @property
    def is_keeping_open(self) -> bool:
        """Whether the holder and the place in the site may be told."""
        return self.keeping == LocationPolicy.EXACT

    @property
    def is_finding_open(self) -> bool:
        """Whether the find spot may be told, which is finer than any unit."""
        return self.finding == LocationPolicy.EXACT or (
            self.finding == LocationPolicy.BLURRED and self.thing.is_text_cleared
        )

    @property
    def unit(self) -> Unit | None:
        """The unit of today that may be told."""
        site = self.thing.site
        is_told = site is not None and site.is_public and self.keeping != LocationPolicy.HIDDEN
        return site.current_unit if site and is_told else None

    @property
    def relations(self) -> list[Relation]:
        """The relations that may be told."""
        return shown_relations(self.thing, self.policy)


def find_whereabouts(workshop: Workshop, thing: Artefact | DocumentaryItem) -> Whereabouts:
    """Say where a thing is, under its own policy and those of the sites where it is and was found."""
    keeping, finding = keeping_policy(thing), finding_policy(thing)
    site = thing.site if thing.site and thing.site.is_public else None
    place: Place | None = None
    units: list[KnownUnit] = []
    if site is not None and keeping != LocationPolicy.HIDDEN:
        place = published_place(site, keeping)
        past = [address.unit_id for address in site.addresses if address.unit_id is not None]
        past = [] if keeping == LocationPolicy.UNIT_ONLY else past
        units = workshop.gazetteer.containing(past, site.current_unit_id)
    # A site that is told more exactly than the thing would tell where the thing is.
    shown = site if site and keeping in (LocationPolicy.EXACT, binding_policy(site)) else None
    return Whereabouts(thing, keeping, finding, shown, place, units)


def keeping_properties(workshop: Workshop, where: Whereabouts, language: str) -> dict[str, Any]:
    """Give who keeps a thing and where; a person is never named without consent."""
    thing, site, unit = where.thing, where.site, where.unit
    party = thing.holder_party if thing.holder_party and thing.holder_party.deleted_at is None else None
    kind = party.party_kind if party else thing.holder_kind
    return {
        "holder": _holder_name(workshop, thing, party, language) if where.is_keeping_open else None,
        "holder_kind": kind,
        "holder_kind_label": workshop.label("party_kinds", kind, language),
        "holder_role": workshop.text(party.role, language) if party and party.is_public else None,
        "site": site.code if site else None,
        "site_name": (workshop.text(site.name, language) or site.code) if site else None,
        "site_url": record_pages(workshop, "sites", site.name, site.code)[language] if site else None,
        "kept_place": thing.kept_place if where.is_keeping_open and where.is_text_open else None,
        "inventory_code": thing.inventory_code if where.is_keeping_open else None,
        "unit": unit.public_id if unit else None,
        "unit_name": full_unit_name(workshop, unit, language) if unit else None,
        "location_policy": str(where.policy),
        "location_precision_m": where.place.precision_m if where.place else None,
    }


def _holder_name(
    workshop: Workshop, thing: Artefact | DocumentaryItem, party: Party | None, language: str
) -> str | None:
    if party is not None:
        return party_name(workshop, party, language)
    is_named = thing.holder_kind is not None and thing.holder_kind != PERSON
    return workshop.text(thing.holder, language) if is_named else None


def keeping_values(where: Whereabouts) -> list[tuple[str, str]]:
    """Give the values by which the place of a thing is filtered."""
    values = [("within", unit.public_id) for unit in where.units]
    values += [("location_policy", str(where.policy))]
    values += [("unit", where.unit.public_id)] if where.unit else []
    values += [("site", where.site.code)] if where.site else []
    return values + ([("holder_kind", where.thing.holder_kind)] if where.thing.holder_kind else [])


def keeping_texts(workshop: Workshop, where: Whereabouts, language: str) -> list[str]:
    """Give the words about its place that a thing is found by."""
    shown = keeping_properties(workshop, where, language)
    return [str(shown[name] or "") for name in ("holder", "site_name", "kept_place", "inventory_code")]


def place_names(where: Whereabouts) -> list[str]:
    """Give the names that the units of a thing's place have or had."""
    return [name for unit in where.units for name in (*unit.name.values(), *unit.other_names)]


def affected_things(touched: Touched, model: type[Artefact | DocumentaryItem]) -> set[int]:
    """Find the things among the records, kept at or found at a site of theirs, held by them, decided on, or related."""
    found = touched.keys(model.id, model.site_id, touched.sites_below)
    found |= touched.keys(model.id, model.holder_party_id, touched.ids)
    return found | touched.keys(model.id, model.id, touched.ids | touched.decided | touched.related)


def keeping_options(model: Any) -> tuple[LoaderOption, ...]:
    """Give what to load with things, so that rendering them asks nothing more."""
    return (
        selectinload(model.sources),
        selectinload(model.doubts),
        selectinload(model.other_names),
        selectinload(model.relations).selectinload(Relation.target),
        selectinload(model.decision_items).selectinload(DecisionItem.decision),
        selectinload(model.site).options(
            selectinload(Site.current_unit), selectinload(Site.locations), selectinload(Site.addresses)
        ),
        selectinload(model.holder_party).selectinload(Party.consents),
    )


KEEPING_PROPERTIES = (
    Property("holder", "string", "The organisation that keeps it; a person is not named."),
    Property("holder_kind", "string", "What sort of holder it is.", scheme="party_kinds", is_queryable=True),
    Property("holder_kind_label", "string", "The name of `holder_kind`."),
    Property("holder_role", "string", "What a private holder is called in place of the name."),
    Property("site", "string", "Code of the site where it is kept.", is_queryable=True),
    Property("site_name", "string", "The site's name."),
    Property("site_url", "string", "Path of the site's page.", format="uri-reference"),
    Property("kept_place", "string", "Where in the site."),
    Property("inventory_code", "string", "Its code in the relic's inventory of artefacts."),
    Property("unit", "string", "The administrative unit it is kept in.", is_queryable=True),
    Property("within", "string", "A unit, old or new, it is kept in.", is_queryable=True, is_filter_only=True),
    Property("unit_name", "string", "The name of `unit` and of those above it."),
    Property(
        "location_policy", "string", "How much of the place is told.", scheme="location_policies", is_queryable=True
    ),
    Property("location_precision_m", "integer", "Within how many metres of the point it is kept.", is_queryable=True),
)
