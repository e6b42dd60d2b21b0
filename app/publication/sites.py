"""The public collection `sites`: what is told of a site, redacted and rendered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.dates import format_edtf
from app.core.localized import pick
from app.core.text import document_tokens
from app.heritage.models import Address, Custodianship, DecisionItem, LocationPolicy, Party, Site
from app.heritage.policies import binding_policy
from app.heritage.status import WORLD_HERITAGE, Standing
from app.places.gazetteer import KnownUnit
from app.publication.custody import render_responsible
from app.publication.hours import hours_values
from app.publication.links import item_links
from app.publication.media_properties import render_media
from app.publication.redaction import main_location, published_place, shown_parent
from app.publication.schema import Collection, Place, Projection, Rendering, Workshop
from app.publication.shared import (
    full_unit_name,
    open_doubts,
    public_keys,
    record_pages,
    record_slug,
    render_doubts,
    render_sources,
)
from app.publication.site_properties import SITE_PROPERTIES
from app.publication.standing import decision_texts, public_standing, standing_order, standing_properties


@dataclass(frozen=True, slots=True)
class _Facts:
    """A site with all that is derived from it once, whatever the language."""

    site: Site
    policy: LocationPolicy
    place: Place | None
    standing: Standing
    units: list[KnownUnit]
    parent: Site | None

    @property
    def is_restricted(self) -> bool:
        return self.policy != LocationPolicy.EXACT

    @property
    def is_place_told(self) -> bool:
        return self.policy != LocationPolicy.HIDDEN

    @property
    def is_past_told(self) -> bool:
        """Whether earlier addresses may be shown: they are finer than the unit of today."""
        return self.policy in (LocationPolicy.EXACT, LocationPolicy.BLURRED)

    @property
    def is_custody_told(self) -> bool:
        """Whether the organisations that answer for it may be named: a commune's committee tells the commune."""
        return self.is_past_told and self.is_text_open

    @property
    def tags(self) -> list[str]:
        """The tags that may be shown; they are words of the officers' own."""
        return self.site.tags if self.is_text_open else []

    @property
    def is_text_open(self) -> bool:
        """Whether free text may be shown: a restricted place's needs the reviewer's word."""
        return not self.is_restricted or self.site.is_text_cleared


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Site)
        .where(Site.id.in_(ids))
        .options(
            selectinload(Site.sources),
            selectinload(Site.doubts),
            selectinload(Site.parent).options(
                selectinload(Site.decision_items).selectinload(DecisionItem.decision),
                selectinload(Site.inventory_entries),
            ),
            selectinload(Site.components).options(
                selectinload(Site.decision_items).selectinload(DecisionItem.decision),
                selectinload(Site.inventory_entries),
            ),
            selectinload(Site.current_unit),
            selectinload(Site.other_names),
            selectinload(Site.addresses).selectinload(Address.unit),
            selectinload(Site.locations),
            selectinload(Site.visit_facts),
            selectinload(Site.inventory_entries),
            selectinload(Site.decision_items).selectinload(DecisionItem.decision),
            selectinload(Site.custodianships).selectinload(Custodianship.party).options(selectinload(Party.consents)),
        )
    )
    for site in workshop.session.scalars(query):
        if site.is_public:
            yield site.id, _projection(workshop, site)


def _projection(workshop: Workshop, site: Site) -> Projection:
    policy = binding_policy(site)
    units = site_units(workshop, site, policy)
    facts = _Facts(site, policy, published_place(site, policy), public_standing(site), units, shown_parent(site))
    return Projection(
        code=site.code,
        weight=(8 if facts.parent else 0) + standing_order(facts.standing),
        place=facts.place,
        values=_values(facts),
        renderings={language: _render(workshop, facts, language) for language in workshop.settings.languages},
    )


def site_units(workshop: Workshop, site: Site, policy: LocationPolicy) -> list[KnownUnit]:
    """Give every unit, old and new, that a site lies or lay in, as far as its policy lets that be told."""
    if policy == LocationPolicy.HIDDEN:
        return []
    past = [address.unit_id for address in site.addresses if address.unit_id is not None]
    # A commune of old is smaller than the one of today: where only the unit is told, the old ones are not.
    return workshop.gazetteer.containing([] if policy == LocationPolicy.UNIT_ONLY else past, site.current_unit_id)


def _values(facts: _Facts) -> tuple[tuple[str, str], ...]:
    site = facts.site
    values = [("type", code) for code in site.types]
    values += [("tags", tag) for tag in facts.tags]
    values += [("within", unit.public_id) for unit in facts.units]
    values += [("doubts", tag) for tag in open_doubts(site)]
    values.append(("location_policy", facts.policy))
    values += [("inscription", code) for code in facts.standing.inscriptions]
    if facts.standing.level:
        values.append(("rank", facts.standing.level))
    if facts.is_place_told and site.current_unit:
        values.append(("unit", site.current_unit.public_id))
    if facts.parent:
        values.append(("parent", facts.parent.code))
    values += hours_values([(fact.value, fact.verified_on) for fact in site.visit_facts if fact.topic == "hours"])
    return tuple(sorted({(name, str(value)) for name, value in values}))


def _render(workshop: Workshop, facts: _Facts, language: str) -> Rendering:
    site, settings = facts.site, workshop.settings
    name, name_language = pick(site.name, language, settings.languages) or (site.code, language)
    pages = site_pages(workshop, site)
    properties: dict[str, Any] = {
        "code": site.code,
        "name": name,
        "name_lang": name_language,
        "other_names": [
            {"text": other.text, "language": other.language, "note": other.note if facts.is_text_open else None}
            for other in site.other_names
        ],
        "types": site.types,
        "type_labels": [workshop.label("site_types", code, language) for code in site.types],
        "types_as_ranked": site.types_as_ranked if facts.is_text_open else [],
        **standing_properties(workshop, facts.standing, language, is_text_open=facts.is_text_open),
        **_inventory(facts),
        **_family_properties(workshop, facts, language),
        "dated": site.dated,
        "dated_label": format_edtf(site.dated, language) if site.dated else None,
        "year_from": site.year_from,
        "year_to": site.year_to,
        **_text_properties(workshop, facts, language),
        **_place_properties(workshop, facts, language),
        "responsible": render_responsible(workshop, site, language, is_named=facts.is_custody_told),
        "visit": _visit(workshop, facts, language),
        "doubts": render_doubts(workshop, site, language, is_text_open=facts.is_text_open),
        "tags": facts.tags,
        "sources": render_sources(site) if facts.is_text_open else [],
        **render_media(workshop, site.id, language),
        "licence": site.licence or settings.licence,
        "attribution": settings.attribution,
        "url": pages[language],
        "languages": [code for code in settings.languages if code in site.name],
    }
    links = item_links("sites", site.code, pages)
    return Rendering(
        record_slug(workshop, site.name, site.code, language), properties, links, _tokens(workshop, facts, language)
    )


def site_pages(workshop: Workshop, site: Site) -> dict[str, str]:
    """Give the path of a site's page by language."""
    return record_pages(workshop, "sites", site.name, site.code)


# Who is called, and how to get there, may tell a person or a place; a contact waits for the record of consent.
_OPEN_TOPICS = ("hours", "ticket", "website")


def _visit(workshop: Workshop, facts: _Facts, language: str) -> list[dict[str, Any]]:
    topics = (*_OPEN_TOPICS, "access") if facts.is_text_open else _OPEN_TOPICS
    return [
        {
            "topic": fact.topic,
            "topic_label": workshop.label("visit_topics", fact.topic, language),
            "value": fact.value,
            "verified_on": fact.verified_on.isoformat() if fact.verified_on else None,
            "source": fact.source if facts.is_text_open else None,
        }
        for fact in facts.site.visit_facts
        if fact.topic in topics
    ]


def _inventory(facts: _Facts) -> dict[str, Any]:
    return {
        "inventory": [
            {
                "list_name": entry.list_name,
                "listed_from": entry.listed_from,
                "listed_until": entry.listed_until,
                "note": entry.note,
            }
            for entry in (facts.site.inventory_entries if facts.is_text_open else ())
        ]
    }


def _family_properties(workshop: Workshop, facts: _Facts, language: str) -> dict[str, Any]:
    def member(other: Site) -> dict[str, Any]:
        name = workshop.text(other.name, language) or other.code
        standing = public_standing(other)
        return {
            "code": other.code,
            "name": name,
            "url": site_pages(workshop, other)[language],
            "rank": standing.level,
            "rank_label": workshop.label("levels", standing.level, language),
            "is_world_heritage": WORLD_HERITAGE in standing.inscriptions,
        }

    components = []
    for other in facts.site.components:
        if other.is_public and shown_parent(other):
            labels = [workshop.label("site_types", code, language) for code in other.types]
            components.append({**member(other), "type_labels": labels})
    return {"parent": member(facts.parent) if facts.parent else None, "components": components}


def _text_properties(workshop: Workshop, facts: _Facts, language: str) -> dict[str, Any]:
    site, languages = facts.site, workshop.settings.languages
    described = pick(site.description, language, languages) if facts.is_text_open else None
    return {
        "period": workshop.text(site.period, language) if facts.is_text_open else None,
        "description": described[0] if described else None,
        "description_lang": described[1] if described else None,
        "significance": workshop.text(site.significance, language) if facts.is_text_open else None,
    }


def _place_properties(workshop: Workshop, facts: _Facts, language: str) -> dict[str, Any]:
    site, unit = facts.site, facts.site.current_unit if facts.is_place_told else None
    location = main_location(site)
    return {
        "unit": unit.public_id if unit else None,
        "unit_name": full_unit_name(workshop, unit, language) if unit else None,
        "address_detail": None if facts.is_restricted else site.address_detail,
        "addresses": [_address(workshop, facts, address, language) for address in site.addresses]
        if facts.is_past_told
        else [],
        "location_policy": str(facts.policy),
        "location_precision_m": facts.place.precision_m if facts.place else None,
        "location_source": workshop.text(location.obtained, language) if location and not facts.is_restricted else None,
    }


def _address(workshop: Workshop, facts: _Facts, address: Address, language: str) -> dict[str, Any]:
    return {
        "role": address.role,
        "role_label": workshop.label("address_roles", address.role, language),
        "text": _address_text(workshop, facts, address, language),
        "unit": address.unit.public_id if address.unit else None,
        "valid_to": address.valid_to,
        "reason": address.reason if facts.is_text_open else None,
    }


def _address_text(workshop: Workshop, facts: _Facts, address: Address, language: str) -> str | None:
    """Give an address as it is written, in another language or without its house where that is wanted.

    Where the text ends in the names of the unit and of those above it, their names in the language take that place; the
    house or hamlet before them is kept or, of a restricted site, left out. A text with other names (the unit or its
    district had those then) is given as it stands, or not at all.
    """
    if not facts.is_restricted and language == workshop.settings.default_language:
        return address.text
    if address.unit is None:
        return None if facts.is_restricted else address.text
    own = full_unit_name(workshop, address.unit, workshop.settings.default_language)
    before, found, after = address.text.casefold().rpartition(own.casefold())
    if not found or after:
        return None if facts.is_restricted else address.text
    house = "" if facts.is_restricted else address.text[: len(before)]
    return house + full_unit_name(workshop, address.unit, language)


def _tokens(workshop: Workshop, facts: _Facts, language: str) -> list[str]:
    site = facts.site
    names = [*site.name.values(), *(other.text for other in site.other_names)]
    places = [name for unit in facts.units for name in (*unit.name.values(), *unit.other_names)]
    texts = [site.code, *decision_texts(facts.standing, is_text_open=facts.is_text_open)]
    texts += [workshop.label("site_types", code, language) or "" for code in site.types]
    texts.append(workshop.label("levels", facts.standing.level, language) or "")
    if facts.is_text_open:
        texts += site.types_as_ranked
        texts += [workshop.text(text, language) or "" for text in (site.period, site.description, site.significance)]
    if not facts.is_restricted:
        texts += [site.address_detail or "", *(address.text for address in site.addresses)]
    return document_tokens(names, places, texts)


SITES = Collection(
    name="sites",
    kind="site",
    title={"vi": "Di tích", "en": "Sites"},
    description={
        "vi": "Di tích lịch sử – văn hóa, danh lam thắng cảnh và thành phần của chúng, kèm căn cứ pháp lý.",
        "en": "Monuments, archaeological sites and landscapes with their components and the decisions they stand on.",
    },
    geometry="point",
    properties=SITE_PROPERTIES,
    keys=lambda: public_keys("site"),
    project=_project,
    affected=lambda touched: touched.sites,
    page="sites",
)
