"""The public collection `documentary`: what is told of documentary heritage, redacted and rendered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa

from app.core.dates import format_edtf
from app.core.localized import pick
from app.core.text import document_tokens
from app.heritage.models import DocumentaryItem
from app.heritage.status import Standing
from app.publication.keeping import (
    KEEPING_PROPERTIES,
    Whereabouts,
    affected_things,
    find_whereabouts,
    keeping_options,
    keeping_properties,
    keeping_texts,
    keeping_values,
    place_names,
)
from app.publication.links import item_links
from app.publication.media_properties import render_media
from app.publication.schema import Collection, Projection, Property, Rendering, Workshop
from app.publication.shared import (
    CLOSING_PROPERTIES,
    LISTING_PROPERTIES,
    open_doubts,
    public_keys,
    record_pages,
    record_slug,
    render_doubts,
    render_relations,
    render_sources,
)
from app.publication.standing import decision_texts, listing_properties, listing_values, public_standing
from app.publication.touched import Touched


def _affected(touched: Touched) -> set[int]:
    return affected_things(touched, DocumentaryItem)


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = sa.select(DocumentaryItem).where(DocumentaryItem.id.in_(ids)).options(*keeping_options(DocumentaryItem))
    for item in workshop.session.scalars(query):
        if item.is_public:
            yield item.id, _projection(workshop, item)


def _projection(workshop: Workshop, item: DocumentaryItem) -> Projection:
    where, standing = find_whereabouts(workshop, item), public_standing(item)
    values = keeping_values(where) + listing_values(standing)
    values += [("script", code) for code in item.scripts]
    values += [("doubts", tag) for tag in open_doubts(item)]
    values += [("tags", tag) for tag in (item.tags if where.is_text_open else ())]
    values += [("carrier", item.carrier)] if item.carrier else []
    return Projection(
        code=item.code,
        weight=0 if standing.inscriptions else 1,
        place=where.place,
        values=tuple(sorted(set(values))),
        renderings={
            language: _render(workshop, item, where, standing, language) for language in workshop.settings.languages
        },
    )


def _render(
    workshop: Workshop, item: DocumentaryItem, where: Whereabouts, standing: Standing, language: str
) -> Rendering:
    settings, is_text_open = workshop.settings, where.is_text_open
    name, name_language = pick(item.name, language, settings.languages) or (item.code, language)
    pages = record_pages(workshop, "documentary", item.name, item.code)
    properties: dict[str, Any] = {
        "code": item.code,
        "name": name,
        "name_lang": name_language,
        "other_names": [
            {"text": other.text, "language": other.language, "note": other.note if is_text_open else None}
            for other in item.other_names
        ],
        "scripts": item.scripts,
        "script_labels": [workshop.label("scripts", code, language) for code in item.scripts],
        "text_languages": item.languages,
        "carrier": item.carrier,
        "carrier_label": workshop.label("document_carriers", item.carrier, language),
        "dated": item.dated,
        "dated_label": format_edtf(item.dated, language) if item.dated else None,
        "year_from": item.year_from,
        "year_to": item.year_to,
        **_texts(workshop, where, item, language),
        **keeping_properties(workshop, where, language),
        **listing_properties(workshop, standing, language, is_text_open=is_text_open),
        "relations": render_relations(workshop, where.relations, language, is_text_open=is_text_open),
        "doubts": render_doubts(workshop, item, language, is_text_open=is_text_open),
        "tags": item.tags if is_text_open else [],
        "sources": render_sources(item) if is_text_open else [],
        **render_media(workshop, item.id, language),
        "licence": item.licence or settings.licence,
        "attribution": settings.attribution,
        "url": pages[language],
        "languages": [code for code in settings.languages if code in item.name],
    }
    names = [*item.name.values(), *(other.text for other in item.other_names)]
    told = ("carrier_label", "period", "extent", "author", "description", "significance", "provenance")
    texts = [item.code, *(properties[key] or "" for key in told)]
    texts += [label or "" for label in (*properties["script_labels"], *properties["inscription_labels"])]
    texts += keeping_texts(workshop, where, language) + decision_texts(standing, is_text_open=is_text_open)
    tokens = document_tokens(names, place_names(where), texts)
    slug = record_slug(workshop, item.name, item.code, language)
    return Rendering(slug, properties, item_links("documentary", item.code, pages), tokens)


def _texts(workshop: Workshop, where: Whereabouts, item: DocumentaryItem, language: str) -> dict[str, Any]:
    described = pick(item.description, language, workshop.settings.languages) if where.is_text_open else None
    found: dict[str, Any] = {
        "description": described[0] if described else None,
        "description_lang": described[1] if described else None,
    }
    for name in ("period", "extent", "author", "significance"):
        found[name] = workshop.text(getattr(item, name), language) if where.is_text_open else None
    is_found_told = where.is_finding_open and where.is_text_open
    found["provenance"] = workshop.text(item.provenance, language) if is_found_told else None
    return found


_PROPERTIES = (
    Property("code", "string", "The item's code, which is the feature's id.", is_queryable=True),
    Property(
        "name",
        "string",
        "The title, in the language asked for or the next one there is.",
        is_queryable=True,
        is_localized=True,
    ),
    Property("name_lang", "string", "The language `name` is in."),
    Property("other_names", "array", "Other titles: `text`, `language`, `note`.", items="object"),
    Property("scripts", "array", "The scripts it is written in.", scheme="scripts"),
    Property("script", "string", "One of the scripts.", scheme="scripts", is_queryable=True, is_filter_only=True),
    Property("script_labels", "array", "The names of `scripts`."),
    Property("text_languages", "array", "The languages of its text (BCP 47)."),
    Property("carrier", "string", "What it is written on.", scheme="document_carriers", is_queryable=True),
    Property("carrier_label", "string", "The name of `carrier`."),
    Property("extent", "string", "How much there is."),
    Property("author", "string", "Who made it."),
    Property("period", "string", "The period in words."),
    Property("dated", "string", "The dating in EDTF (ISO 8601-2:2019).", format="edtf"),
    Property("dated_label", "string", "The dating in words."),
    Property("year_from", "integer", "First year of the dating; before year 1 negative.", is_queryable=True),
    Property("year_to", "integer", "Last year of the dating.", is_queryable=True),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("significance", "string", "Why it matters."),
    Property("provenance", "string", "Where it comes from."),
    *KEEPING_PROPERTIES,
    *LISTING_PROPERTIES,
    *CLOSING_PROPERTIES,
)

DOCUMENTARY = Collection(
    name="documentary",
    kind="documentary",
    title={"vi": "Di sản tư liệu", "en": "Documentary heritage"},
    description={
        "vi": "Tư liệu Hán Nôm, mộc bản, văn bia và di sản tư liệu khác.",
        "en": "Manuscripts, woodblocks, inscriptions and other documentary heritage.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=lambda: public_keys("documentary"),
    project=_project,
    affected=_affected,
    page="documentary",
)
