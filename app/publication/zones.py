"""The public collection `zones`: protection zones of public sites, as far as the site's place may be told."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.text import document_tokens, slugify
from app.heritage.models import LocationPolicy, Site, Zone
from app.heritage.policies import binding_policy
from app.publication.links import item_links
from app.publication.redaction import published_place
from app.publication.schema import Collection, Place, Projection, Property, Rendering, Workshop
from app.publication.shared import public_keys, render_doubts, render_sources
from app.publication.sites import site_pages, site_units
from app.publication.touched import Touched


def _affected(touched: Touched) -> set[int]:
    """Find the zones that are among the records, rest on one of them, or belong to a site that one of them touches."""
    return (
        touched.keys(Zone.id, Zone.id, touched.ids)
        | touched.keys(Zone.id, Zone.decision_id, touched.ids)
        | touched.keys(Zone.id, Zone.site_id, touched.sites)
    )


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Zone)
        .where(Zone.id.in_(ids))
        .options(
            selectinload(Zone.sources),
            selectinload(Zone.doubts),
            selectinload(Zone.decision),
            selectinload(Zone.site).options(
                selectinload(Site.locations), selectinload(Site.addresses), selectinload(Site.current_unit)
            ),
        )
    )
    for zone in workshop.session.scalars(query):
        if zone.is_public and zone.site is not None and zone.site.is_public:
            yield zone.id, _projection(workshop, zone, zone.site)


def _projection(workshop: Workshop, zone: Zone, site: Site) -> Projection:
    policy = binding_policy(site)
    values = [("site", site.code), ("zone_type", zone.zone_type)]
    values += [("within", unit.public_id) for unit in site_units(workshop, site, policy)]
    return Projection(
        code=zone.code,
        weight=0,
        place=_place(zone, site, policy),
        values=tuple(sorted(values)),
        renderings={
            language: _render(workshop, zone, site, policy, language) for language in workshop.settings.languages
        },
    )


def _place(zone: Zone, site: Site, policy: LocationPolicy) -> Place | None:
    """Give the zone's area with a point in it; of a restricted site, no more than the site's own place."""
    if policy != LocationPolicy.EXACT:
        return published_place(site, policy)
    if zone.geom is None:
        return None
    point = zone.geom.representative_point()
    return Place(round(point.x, 7), round(point.y, 7), zone.accuracy_m, zone.geom)


def _render(workshop: Workshop, zone: Zone, site: Site, policy: LocationPolicy, language: str) -> Rendering:
    is_exact = policy == LocationPolicy.EXACT
    is_text_open = is_exact or site.is_text_cleared
    decision = zone.decision if zone.decision and zone.decision.is_public else None
    type_label = workshop.label("zone_types", zone.zone_type, language)
    site_name = workshop.text(site.name, language) or site.code
    name = f"{type_label} – {site_name}"
    pages = site_pages(workshop, site)
    place = _place(zone, site, policy)
    properties: dict[str, Any] = {
        "code": zone.code,
        "name": name,
        "site": site.code,
        "site_name": site_name,
        "zone_type": zone.zone_type,
        "zone_type_label": type_label,
        "edition": zone.edition if is_text_open else None,
        "boundary_text": workshop.text(zone.boundary_text, language) if is_exact else None,
        "area_m2": zone.area_m2 if is_exact else None,
        "cadastral_sheet": zone.cadastral_sheet if is_exact else None,
        "cadastral_plot": zone.cadastral_plot if is_exact else None,
        "decision": decision.code if decision else None,
        "decision_number": decision.number if decision else None,
        "decision_date": decision.date if decision else None,
        "minutes": zone.minutes if is_text_open else None,
        "minutes_date": zone.minutes_date if is_text_open else None,
        "location_policy": str(policy),
        "location_precision_m": place.precision_m if place else None,
        "doubts": render_doubts(workshop, zone, language, is_text_open=is_text_open),
        "sources": render_sources(zone) if is_text_open else [],
        "images": [],
        "documents": [],
        "licence": zone.licence or workshop.settings.licence,
        "attribution": workshop.settings.attribution,
        "url": pages[language],
    }
    tokens = document_tokens([name, *site.name.values()], [], [zone.code])
    slug = f"{slugify(name)}-{zone.code.lower()}"
    return Rendering(slug, properties, item_links("zones", zone.code, pages), tokens)


_PROPERTIES = (
    Property("code", "string", "The zone's code, which is the feature's id.", is_queryable=True),
    Property("name", "string", "The zone's type and its site's name.", is_queryable=True, is_localized=True),
    Property("site", "string", "Code of the site it protects.", is_queryable=True),
    Property("site_name", "string", "The site's name."),
    Property("within", "string", "A unit its site lies or lay in.", is_queryable=True, is_filter_only=True),
    Property("zone_type", "string", "Zone I, zone II or a buffer.", scheme="zone_types", is_queryable=True),
    Property("zone_type_label", "string", "The name of `zone_type`."),
    Property("edition", "string", "Which edition of the boundary this is."),
    Property("boundary_text", "string", "The boundary in the words of the minutes."),
    Property("area_m2", "number", "The area that the papers give, in square metres.", is_queryable=True),
    Property("cadastral_sheet", "string", "Sheet of the cadastral map."),
    Property("cadastral_plot", "string", "Plot on that sheet."),
    Property("decision", "string", "Code of the decision that set it.", is_queryable=True),
    Property("decision_number", "string", "That decision's number."),
    Property("decision_date", "string", "That decision's date in EDTF.", format="edtf"),
    Property("minutes", "string", "The minutes of the delimitation."),
    Property("minutes_date", "string", "The date of the minutes in EDTF.", format="edtf"),
    Property(
        "location_policy", "string", "How much of the place is told.", scheme="location_policies", is_queryable=True
    ),
    Property("location_precision_m", "integer", "Within how many metres the boundary is known.", is_queryable=True),
    Property("doubts", "array", "What is uncertain: `tag`, `label`, `note`.", items="object"),
    Property("sources", "array", "Where it comes from: `citation`, `page`, `url`.", items="object"),
    Property("images", "array", "Pictures.", items="object"),
    Property("documents", "array", "Papers.", items="object"),
    Property("licence", "string", "SPDX id of the record's licence."),
    Property("attribution", "string", "Whom to credit."),
    Property("url", "string", "Path of the page of its site.", format="uri-reference"),
    Property(
        "modified_at", "string", "When this feature last changed in public.", format="date-time", is_queryable=True
    ),
)

ZONES = Collection(
    name="zones",
    kind="zone",
    title={"vi": "Khu vực bảo vệ", "en": "Protection zones"},
    description={
        "vi": "Khu vực bảo vệ I, II và vùng đệm của di tích.",
        "en": "Protection zones I and II and buffers of the sites.",
    },
    geometry="area",
    properties=_PROPERTIES,
    keys=lambda: public_keys("zone"),
    project=_project,
    affected=_affected,
)
