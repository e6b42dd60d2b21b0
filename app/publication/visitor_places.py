"""The public collection `places`: services for visitors, their hours, prices and whom to ask."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.dates import format_edtf
from app.core.text import document_tokens
from app.heritage.models import Site
from app.publication.hours import hours_values
from app.publication.links import item_links
from app.publication.schema import Collection, Projection, Property, Rendering, Workshop
from app.publication.shared import (
    NAME_PROPERTIES,
    public_keys,
    record_pages,
    record_slug,
    render_description,
    render_name,
)
from app.publication.tied import (
    PLACE_PROPERTIES,
    RECORD_PROPERTIES,
    SITE_LINK,
    Tie,
    attribution,
    place_names,
    place_properties,
    place_values,
    record_properties,
    render_other_names,
    site_properties,
)
from app.tourism.models import VisitorPlace


def tie_of(place: VisitorPlace) -> Tie:
    """Give what a place's tie to its site allows to be told."""
    return Tie(place.site, place.unit, place.locations)


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(VisitorPlace)
        .where(VisitorPlace.id.in_(ids))
        .options(
            selectinload(VisitorPlace.sources),
            selectinload(VisitorPlace.doubts),
            selectinload(VisitorPlace.other_names),
            selectinload(VisitorPlace.prices),
            selectinload(VisitorPlace.locations),
            selectinload(VisitorPlace.unit),
            selectinload(VisitorPlace.site).options(selectinload(Site.locations), selectinload(Site.current_unit)),
        )
    )
    for place in workshop.session.scalars(query):
        if place.is_public:
            yield place.id, _projection(workshop, place)


def _projection(workshop: Workshop, place: VisitorPlace) -> Projection:
    tie = tie_of(place)
    values = [*place_values(workshop, tie), ("category", place.category)]
    values += [("price", str(price.amount)) for price in place.prices]
    values += [("tags", tag) for tag in (place.tags if tie.is_text_open else ())]
    values += hours_values([(place.opening_hours, place.opening_hours_verified_on)] if place.opening_hours else [])
    return Projection(
        code=place.code,
        weight=0,
        place=tie.place,
        values=tuple(sorted(set(values))),
        renderings={language: _render(workshop, place, tie, language) for language in workshop.settings.languages},
    )


def _is_contact_open(place: VisitorPlace) -> bool:
    """Tell whether telephone and contact may be shown: an organisation's, or a person's who has consented."""
    return place.contact_kind == "organisation" or (place.contact_kind == "person" and place.consent_on is not None)


def _render(workshop: Workshop, place: VisitorPlace, tie: Tie, language: str) -> Rendering:
    is_open, is_contact_open = tie.is_text_open, _is_contact_open(place)
    verified_on = place.opening_hours_verified_on
    pages = record_pages(workshop, "places", place.name, place.code)
    properties: dict[str, Any] = {
        "code": place.code,
        **render_name(workshop, place.name, place.code, language),
        "other_names": render_other_names(place.other_names, is_text_open=is_open),
        "category": place.category,
        "category_label": workshop.label("place_categories", place.category, language),
        **render_description(workshop, place.description, language, is_text_open=is_open),
        "address": workshop.text(place.address, language) if tie.is_exact else None,
        "opening_hours": place.opening_hours,
        "opening_hours_verified_on": verified_on.isoformat() if verified_on else None,
        "prices": [
            {
                "audience": price.audience,
                "audience_label": workshop.label("price_audiences", price.audience, language),
                "amount": price.amount,
                "currency": price.currency,
                "as_of": price.as_of,
                "as_of_label": format_edtf(price.as_of, language) if price.as_of else None,
                "note": price.note if is_open else None,
            }
            for price in place.prices
        ],
        "website": place.website,
        "phone": place.phone if is_contact_open else None,
        "contact": place.contact if is_contact_open and is_open else None,
        "status_note": place.status_note if is_open else None,
        "note": place.note if is_open else None,
        **site_properties(workshop, tie, language),
        **place_properties(workshop, tie, language),
        **record_properties(workshop, place, tie, language, credit=attribution(workshop, tie), url=pages[language]),
        "languages": [code for code in workshop.settings.languages if code in place.name],
    }
    names = [*place.name.values(), *(other.text for other in place.other_names)]
    texts = [place.code, properties["category_label"] or "", properties["description"] or ""]
    texts += place.address.values() if tie.is_exact else ()
    tokens = document_tokens(names, place_names(workshop, tie), texts)
    slug = record_slug(workshop, place.name, place.code, language)
    return Rendering(slug, properties, item_links("places", place.code, pages), tokens)


_PROPERTIES = (
    Property("code", "string", "The place's code, which is the feature's id.", is_queryable=True),
    *NAME_PROPERTIES,
    Property("other_names", "array", "Other names: `text`, `language`, `note`.", items="object"),
    Property("category", "string", "What sort of place it is.", scheme="place_categories", is_queryable=True),
    Property("category_label", "string", "The name of `category`."),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("address", "string", "The address as it is written."),
    Property("opening_hours", "string", "Opening hours in OpenStreetMap's syntax, local time."),
    Property("opening_hours_verified_on", "string", "The day on which they were verified.", format="date"),
    Property(
        "prices",
        "array",
        "What a visit costs: `audience`, `amount` in whole units of `currency`, `as_of` (EDTF), `note`.",
        items="object",
    ),
    Property(
        "price",
        "integer",
        "An `amount` of `prices`, in whole units of its currency.",
        is_queryable=True,
        is_filter_only=True,
    ),
    Property("website", "string", "Its website.", format="uri"),
    Property("phone", "string", "Telephone of the organisation."),
    Property("contact", "string", "Whom to ask."),
    Property("status_note", "string", "Whether it is open, as far as is known."),
    Property("note", "string", "What else is known of it."),
    *SITE_LINK,
    *PLACE_PROPERTIES,
    *RECORD_PROPERTIES,
    Property("languages", "array", "Languages the name is given in."),
)

PLACES = Collection(
    name="places",
    kind="place",
    title={"vi": "Điểm phục vụ", "en": "Visitor places"},
    description={
        "vi": "Quầy vé, bảo tàng, làng nghề, chợ, bến tàu, bãi biển … kèm giờ mở cửa và giá vé nếu biết.",
        "en": "Ticket offices, museums, craft villages, markets, piers, beaches … with hours and prices where known.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=lambda: public_keys("place"),
    project=_project,
    affected=lambda touched: touched.places,
    page="places",
)
