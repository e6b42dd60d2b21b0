"""The public collection `sites`: what is told of a site, redacted and rendered."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from app.core.batches import keys_where
from app.core.dates import format_edtf
from app.core.localized import pick
from app.core.text import document_tokens, slugify
from app.heritage.models import Address, DecisionItem, LocationPolicy, Site
from app.heritage.status import Standing
from app.places.models import Unit
from app.publication.links import item_links, page_path
from app.publication.redaction import binding_policy, main_location, published_place
from app.publication.schema import Collection, Place, Projection, Property, Rendering, Workshop
from app.publication.shared import render_doubts, render_sources
from app.publication.standing import decision_texts, public_standing, standing_order, standing_properties
from app.records.models import Record, Visibility


@dataclass(frozen=True, slots=True)
class _Facts:
    """A site with all that is derived from it once, whatever the language."""

    site: Site
    policy: LocationPolicy
    place: Place | None
    standing: Standing
    units: list[Unit]

    @property
    def is_restricted(self) -> bool:
        return self.policy != LocationPolicy.EXACT

    @property
    def is_place_told(self) -> bool:
        return self.policy != LocationPolicy.HIDDEN

    @property
    def is_text_open(self) -> bool:
        """Whether free text may be shown: a restricted place's needs the reviewer's word."""
        return not self.is_restricted or self.site.is_text_cleared


def _keys() -> sa.Select[int]:
    return (
        sa.select(Record.id)
        .where(Record.kind == "site", Record.visibility == Visibility.PUBLIC, Record.deleted_at.is_(None))
        .order_by(Record.id)
    )


def affected_sites(session: Session, record_ids: Iterable[int]) -> set[int]:
    """Find the sites among the records, all below these, those that decisions among them name, and the parents."""
    changed = keys_where(session, Site.id, Site.id, record_ids)
    named = keys_where(session, DecisionItem.site_id, DecisionItem.decision_id, record_ids)
    # A policy binds everything below; a parent shows its components' names and ranks.
    found = changed | named
    below = changed
    while below:
        below = keys_where(session, Site.id, Site.parent_id, below) - found
        found |= below
    return found | keys_where(session, Site.parent_id, Site.id, changed | named)


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Site)
        .where(Site.id.in_(ids))
        .options(
            selectinload(Site.sources),
            selectinload(Site.doubts),
            selectinload(Site.parent),
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
        )
    )
    for site in workshop.session.scalars(query):
        if site.is_public:
            yield site.id, _projection(workshop, site)


def _projection(workshop: Workshop, site: Site) -> Projection:
    policy = binding_policy(site)
    past = [address.unit_id for address in site.addresses if address.unit_id is not None]
    units = workshop.gazetteer.containing(past, site.current_unit_id) if policy != LocationPolicy.HIDDEN else []
    facts = _Facts(site, policy, published_place(site, policy), public_standing(site), units)
    return Projection(
        code=site.code,
        weight=(8 if site.parent_id else 0) + standing_order(facts.standing),
        place=facts.place,
        values=_values(facts),
        renderings={language: _render(workshop, facts, language) for language in workshop.settings.languages},
    )


def _values(facts: _Facts) -> tuple[tuple[str, str], ...]:
    site = facts.site
    values = [("type", code) for code in site.types]
    values += [("tags", tag) for tag in site.tags]
    values += [("within", unit.public_id) for unit in facts.units]
    values += [("doubts", doubt.tag) for doubt in site.doubts]
    values.append(("location_policy", facts.policy))
    values += [("inscription", code) for code in facts.standing.inscriptions]
    if facts.standing.level:
        values.append(("rank", facts.standing.level))
    if facts.is_place_told and site.current_unit:
        values.append(("unit", site.current_unit.public_id))
    if site.parent and site.parent.is_public:
        values.append(("parent", site.parent.code))
    return tuple(sorted({(name, str(value)) for name, value in values}))


def _render(workshop: Workshop, facts: _Facts, language: str) -> Rendering:
    site, settings = facts.site, workshop.settings
    name, name_language = pick(site.name, language, settings.languages) or (site.code, language)
    pages = site_pages(workshop, site)
    properties: dict[str, Any] = {
        "code": site.code,
        "name": name,
        "name_lang": name_language,
        "other_names": [{"text": o.text, "language": o.language, "note": o.note} for o in site.other_names],
        "types": site.types,
        "type_labels": [workshop.label("site_types", code, language) for code in site.types],
        "types_as_ranked": site.types_as_ranked,
        **standing_properties(workshop, facts.standing, language, is_text_open=facts.is_text_open),
        **_inventory(facts),
        **_family_properties(workshop, site, language),
        "period": workshop.text(site.period, language),
        "dated": site.dated,
        "dated_label": format_edtf(site.dated, language) if site.dated else None,
        "year_from": site.year_from,
        "year_to": site.year_to,
        **_text_properties(workshop, facts, language),
        **_place_properties(workshop, facts, language),
        "visit": [
            {
                "topic": fact.topic,
                "topic_label": workshop.label("visit_topics", fact.topic, language),
                "value": fact.value,
                "verified_on": fact.verified_on.isoformat() if fact.verified_on else None,
                "source": fact.source,
            }
            for fact in site.visit_facts
            if not (facts.is_restricted and fact.topic == "access")
        ],
        "doubts": render_doubts(workshop, site, language, is_text_open=facts.is_text_open),
        "tags": site.tags,
        "sources": render_sources(site),
        "images": [],
        "licence": site.licence or settings.licence,
        "attribution": settings.attribution,
        "url": pages[language],
        "languages": [code for code in settings.languages if code in site.name],
    }
    links = item_links("sites", site.code, pages)
    return Rendering(site_slug(workshop, site, language), properties, links, _tokens(workshop, facts, language))


def site_slug(workshop: Workshop, site: Site, language: str) -> str:
    """Give a site's slug in a language: its folded name and its code, of which only the code decides."""
    name = workshop.text(site.name, language) or ""
    return f"{slugify(name)}-{site.code.lower()}".lstrip("-")


def site_pages(workshop: Workshop, site: Site) -> dict[str, str]:
    """Give the path of a site's page by language."""
    return {
        language: page_path("sites", language, site_slug(workshop, site, language))
        for language in workshop.settings.languages
    }


def _inventory(facts: _Facts) -> dict[str, Any]:
    return {
        "inventory": [
            {
                "list_name": entry.list_name,
                "listed_from": entry.listed_from,
                "listed_until": entry.listed_until,
                "note": entry.note if facts.is_text_open else None,
            }
            for entry in facts.site.inventory_entries
        ]
    }


def _family_properties(workshop: Workshop, site: Site, language: str) -> dict[str, Any]:
    def member(other: Site) -> dict[str, Any]:
        name = workshop.text(other.name, language) or other.code
        return {"code": other.code, "name": name, "url": site_pages(workshop, other)[language]}

    components = []
    for other in site.components:
        if other.is_public:
            level = public_standing(other).level
            components.append(
                {
                    **member(other),
                    "rank": level,
                    "rank_label": workshop.label("levels", level, language),
                    "type_labels": [workshop.label("site_types", code, language) for code in other.types],
                }
            )
    return {"parent": member(site.parent) if site.parent and site.parent.is_public else None, "components": components}


def _text_properties(workshop: Workshop, facts: _Facts, language: str) -> dict[str, Any]:
    site, languages = facts.site, workshop.settings.languages
    described = pick(site.description, language, languages) if facts.is_text_open else None
    return {
        "description": described[0] if described else None,
        "description_lang": described[1] if described else None,
        "significance": workshop.text(site.significance, language) if facts.is_text_open else None,
    }


def _place_properties(workshop: Workshop, facts: _Facts, language: str) -> dict[str, Any]:
    site, unit = facts.site, facts.site.current_unit if facts.is_place_told else None
    location = main_location(site)
    return {
        "unit": unit.public_id if unit else None,
        "unit_name": _full_name(workshop, unit, language) if unit else None,
        "address_detail": None if facts.is_restricted else site.address_detail,
        "addresses": [_address(workshop, facts, address, language) for address in site.addresses]
        if facts.is_place_told
        else [],
        "location_policy": str(facts.policy),
        "location_precision_m": facts.place.precision_m if facts.place else None,
        "location_source": workshop.text(location.obtained, language) if location and not facts.is_restricted else None,
    }


def _address(workshop: Workshop, facts: _Facts, address: Address, language: str) -> dict[str, Any]:
    text = address.text
    if facts.is_restricted or language != workshop.settings.default_language:
        # As written it may name a house or a hamlet; and it is Vietnamese. The unit's name stands in.
        text = _full_name(workshop, address.unit, language) if address.unit else ("" if facts.is_restricted else text)
    return {
        "role": address.role,
        "role_label": workshop.label("address_roles", address.role, language),
        "text": text,
        "unit": address.unit.public_id if address.unit else None,
        "valid_to": address.valid_to,
        "reason": address.reason if facts.is_text_open else None,
    }


def _full_name(workshop: Workshop, unit: Unit, language: str) -> str:
    return ", ".join(workshop.text(above.name, language) or above.code for above in workshop.gazetteer.ancestry(unit))


def _tokens(workshop: Workshop, facts: _Facts, language: str) -> list[str]:
    site = facts.site
    names = [*site.name.values(), *(other.text for other in site.other_names)]
    places = [name for unit in facts.units for name in (*unit.name.values(), *unit.other_names)]
    texts = [site.code, *site.types_as_ranked, *decision_texts(facts.standing)]
    texts += [workshop.label("site_types", code, language) or "" for code in site.types]
    texts.append(workshop.label("levels", facts.standing.level, language) or "")
    for text in (site.period, site.description, site.significance):
        if facts.is_text_open or text is site.period:
            texts.append(workshop.text(text, language) or "")
    if not facts.is_restricted:
        texts += [site.address_detail or "", *(address.text for address in site.addresses)]
    return document_tokens(names, places, texts)


_PROPERTIES = (
    Property("code", "string", "The site's code, which is the feature's id.", is_queryable=True),
    Property("name", "string", "The official name, in the language asked for or the next one there is."),
    Property("name_lang", "string", "The language `name` is in."),
    Property("other_names", "array", "Other names: `text`, `language`, `note`.", items="object"),
    Property("types", "array", "Types under Law 45/2024/QH15, art. 21.", scheme="site_types"),
    Property("type", "string", "One of the types.", scheme="site_types", is_queryable=True, is_filter_only=True),
    Property("type_labels", "array", "The names of `types`."),
    Property("types_as_ranked", "array", "The type in the words of the ranking decision."),
    Property("rank", "string", "The highest level in force.", scheme="levels", is_queryable=True),
    Property("rank_label", "string", "The name of `rank`."),
    Property("is_rank_certain", "boolean", "False where an undated or half-dated decision decides the rank."),
    Property("is_world_heritage", "boolean", "Whether UNESCO has inscribed it; not a rank."),
    Property(
        "inscription",
        "string",
        "A list it is inscribed on.",
        scheme="inscriptions",
        is_queryable=True,
        is_filter_only=True,
    ),
    Property("decisions", "array", "The decisions about the site by date, undated ones last.", items="object"),
    Property("inventory", "array", "Inventory lists the site is on: `list_name`, `listed_from` …", items="object"),
    Property("parent", "object", "The site it is a component of: `code`, `name`, `url`.", is_queryable=True),
    Property("components", "array", "Its public components: `code`, `name`, `url`, `rank` …", items="object"),
    Property("period", "string", "The period in words."),
    Property("dated", "string", "The dating in EDTF (ISO 8601-2:2019).", format="edtf"),
    Property("dated_label", "string", "The dating in words."),
    Property("year_from", "integer", "First year of the dating; before year 1 negative."),
    Property("year_to", "integer", "Last year of the dating."),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("significance", "string", "Why it matters."),
    Property("unit", "string", "The administrative unit it lies in today.", is_queryable=True),
    Property("within", "string", "A unit, old or new, it lies or lay in.", is_queryable=True, is_filter_only=True),
    Property("unit_name", "string", "The name of `unit` and of those above it."),
    Property("address_detail", "string", "House and street, or hamlet."),
    Property("addresses", "array", "Earlier addresses: `role`, `text`, `unit`, `valid_to`, `reason`.", items="object"),
    Property(
        "location_policy", "string", "How much of the place is told.", scheme="location_policies", is_queryable=True
    ),
    Property("location_precision_m", "integer", "Within how many metres of the point the site is."),
    Property("location_source", "string", "How the point was obtained."),
    Property("visit", "array", "Facts for visitors: `topic`, `value`, `verified_on`, `source`.", items="object"),
    Property("doubts", "array", "What is uncertain: `tag`, `label`, `note`.", items="object", is_queryable=True),
    Property("tags", "array", "Subjects.", is_queryable=True),
    Property("sources", "array", "Where it comes from: `citation`, `page`, `url`.", items="object"),
    Property("images", "array", "Pictures: `url`, `srcset`, `alt`, `creator`, `licence` …", items="object"),
    Property("licence", "string", "SPDX id of the record's licence."),
    Property("attribution", "string", "Whom to credit."),
    Property("url", "string", "Path of the site's page.", format="uri-reference"),
    Property("languages", "array", "Languages the name is given in."),
    Property("modified_at", "string", "When this feature last changed in public.", format="date-time"),
)

SITES = Collection(
    name="sites",
    kind="site",
    title={"vi": "Di tích", "en": "Sites"},
    description={
        "vi": "Di tích lịch sử – văn hóa, danh lam thắng cảnh và thành phần của chúng, kèm căn cứ pháp lý.",
        "en": "Monuments, archaeological sites and landscapes with their components and the decisions they stand on.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=_keys,
    project=_project,
    affected=affected_sites,
    page="sites",
)
