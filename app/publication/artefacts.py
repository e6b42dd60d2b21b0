"""The public collection `artefacts`: what is told of an artefact, redacted and rendered."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.dates import format_edtf
from app.core.localized import pick
from app.core.text import document_tokens
from app.heritage.models import Artefact
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
    NAME_PROPERTIES,
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

_NATIONAL_TREASURE = "national_treasure"


def _affected(touched: Touched) -> set[int]:
    return affected_things(touched, Artefact)


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Artefact)
        .where(Artefact.id.in_(ids))
        .options(*keeping_options(Artefact), selectinload(Artefact.measurements))
    )
    for artefact in workshop.session.scalars(query):
        if artefact.is_public:
            yield artefact.id, _projection(workshop, artefact)


def _projection(workshop: Workshop, artefact: Artefact) -> Projection:
    where, standing = find_whereabouts(workshop, artefact), public_standing(artefact)
    values = keeping_values(where) + listing_values(standing)
    values += [("material", code) for code in artefact.materials]
    values += [("doubts", tag) for tag in open_doubts(artefact)]
    values += [("tags", tag) for tag in (artefact.tags if where.is_text_open else ())]
    for name in ("artefact_kind", "period_concept", "style", "origin"):
        if code := getattr(artefact, name):
            values.append((name, code))
    return Projection(
        code=artefact.code,
        weight=0 if _NATIONAL_TREASURE in standing.recognitions else 1,
        place=where.place,
        values=tuple(sorted(set(values))),
        renderings={
            language: _render(workshop, artefact, where, standing, language) for language in workshop.settings.languages
        },
    )


def _render(workshop: Workshop, artefact: Artefact, where: Whereabouts, standing: Standing, language: str) -> Rendering:
    settings, is_text_open = workshop.settings, where.is_text_open
    name, name_language = pick(artefact.name, language, settings.languages) or (artefact.code, language)
    pages = record_pages(workshop, "artefacts", artefact.name, artefact.code)
    decided = decision_texts(standing, is_text_open=is_text_open)
    properties: dict[str, Any] = {
        "code": artefact.code,
        "name": name,
        "name_lang": name_language,
        "other_names": [
            {"text": other.text, "language": other.language, "note": other.note if is_text_open else None}
            for other in artefact.other_names
        ],
        **_nature(workshop, artefact, language),
        **_age(workshop, artefact, language, is_text_open=is_text_open),
        "measurements": _measurements(workshop, artefact, language, is_text_open=is_text_open),
        **_texts(workshop, where, artefact, language),
        **keeping_properties(workshop, where, language),
        **listing_properties(workshop, standing, language, is_text_open=is_text_open),
        "relations": render_relations(workshop, where.relations, language, is_text_open=is_text_open),
        "doubts": render_doubts(workshop, artefact, language, is_text_open=is_text_open),
        "tags": artefact.tags if is_text_open else [],
        "sources": render_sources(artefact) if is_text_open else [],
        **render_media(workshop, artefact.id, language),
        "licence": artefact.licence or settings.licence,
        "attribution": settings.attribution,
        "url": pages[language],
        "languages": [code for code in settings.languages if code in artefact.name],
    }
    tokens = _tokens(artefact, where, properties, [*decided, *keeping_texts(workshop, where, language)])
    slug = record_slug(workshop, artefact.name, artefact.code, language)
    return Rendering(slug, properties, item_links("artefacts", artefact.code, pages), tokens)


def _nature(workshop: Workshop, artefact: Artefact, language: str) -> dict[str, Any]:
    return {
        "artefact_kind": artefact.artefact_kind,
        "artefact_kind_label": workshop.label("artefact_kinds", artefact.artefact_kind, language),
        "origin": artefact.origin,
        "origin_label": workshop.label("artefact_origins", artefact.origin, language),
        "style": artefact.style,
        "style_label": workshop.label("styles", artefact.style, language),
        "materials": artefact.materials,
        "material_labels": [workshop.label("materials", code, language) for code in artefact.materials],
    }


def _age(workshop: Workshop, artefact: Artefact, language: str, *, is_text_open: bool) -> dict[str, Any]:
    return {
        "period": workshop.text(artefact.period, language) if is_text_open else None,
        "period_concept": artefact.period_concept,
        "period_label": workshop.label("periods", artefact.period_concept, language),
        "dated": artefact.dated,
        "dated_label": format_edtf(artefact.dated, language) if artefact.dated else None,
        "year_from": artefact.year_from,
        "year_to": artefact.year_to,
        "year_note": artefact.year_note if is_text_open else None,
    }


def _measurements(workshop: Workshop, artefact: Artefact, language: str, *, is_text_open: bool) -> list[dict[str, Any]]:
    return [
        {
            "part": workshop.text(one.part, language) if is_text_open else None,
            "measure": one.measure,
            "measure_label": workshop.label("measures", one.measure, language),
            "value": one.value,
            "unit": one.unit,
            "text": one.text if is_text_open else None,
            "note": one.note if is_text_open else None,
        }
        for one in artefact.measurements
    ]


def _texts(workshop: Workshop, where: Whereabouts, artefact: Artefact, language: str) -> dict[str, Any]:
    described = pick(artefact.description, language, workshop.settings.languages) if where.is_text_open else None
    is_found_told = where.is_finding_open and where.is_text_open
    return {
        "description": described[0] if described else None,
        "description_lang": described[1] if described else None,
        "material_note": artefact.material_note if where.is_text_open else None,
        "found_at": workshop.text(artefact.found_at, language) if is_found_told else None,
        "provenance": workshop.text(artefact.provenance, language) if is_found_told else None,
    }


def _tokens(artefact: Artefact, where: Whereabouts, shown: dict[str, Any], further: list[str]) -> list[str]:
    names = [*artefact.name.values(), *(other.text for other in artefact.other_names)]
    told = ("artefact_kind_label", "period", "period_label", "style_label", "description", "found_at", "provenance")
    texts = [artefact.code, *(shown[name] or "" for name in told)]
    texts += [label or "" for label in (*shown["material_labels"], *shown["recognition_labels"])]
    return document_tokens(names, place_names(where), texts + further)


_PROPERTIES = (
    Property("code", "string", "The artefact's code, which is the feature's id.", is_queryable=True),
    *NAME_PROPERTIES,
    Property("other_names", "array", "Other names: `text`, `language`, `note`.", items="object"),
    Property(
        "artefact_kind",
        "string",
        "Relic object, antiquity, national treasure.",
        scheme="artefact_kinds",
        is_queryable=True,
    ),
    Property("artefact_kind_label", "string", "The name of `artefact_kind`."),
    Property("origin", "string", "How it came to where it is.", scheme="artefact_origins", is_queryable=True),
    Property("origin_label", "string", "The name of `origin`."),
    Property("style", "string", "Its style.", scheme="styles", is_queryable=True),
    Property("style_label", "string", "The name of `style`."),
    Property("materials", "array", "What it is made of.", scheme="materials"),
    Property("material", "string", "One of the materials.", scheme="materials", is_queryable=True, is_filter_only=True),
    Property("material_labels", "array", "The names of `materials`."),
    Property("material_note", "string", "More about the material."),
    Property("period", "string", "The period in words."),
    Property("period_concept", "string", "The period.", scheme="periods", is_queryable=True),
    Property("period_label", "string", "The name of `period_concept`."),
    Property("dated", "string", "The dating in EDTF (ISO 8601-2:2019).", format="edtf"),
    Property("dated_label", "string", "The dating in words."),
    Property("year_from", "integer", "First year of the dating; before year 1 negative.", is_queryable=True),
    Property("year_to", "integer", "Last year of the dating.", is_queryable=True),
    Property("year_note", "string", "What sources say of the dating."),
    Property("measurements", "array", "Sizes: `part`, `measure`, `value`, `unit`, `text`, `note`.", items="object"),
    Property("description", "string", "What it is."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("found_at", "string", "Where it was found."),
    Property("provenance", "string", "What became of it since."),
    *KEEPING_PROPERTIES,
    *LISTING_PROPERTIES,
    *CLOSING_PROPERTIES,
)

ARTEFACTS = Collection(
    name="artefacts",
    kind="artefact",
    title={"vi": "Hiện vật", "en": "Artefacts"},
    description={
        "vi": "Di vật, cổ vật và bảo vật quốc gia.",
        "en": "Relic objects, antiquities and national treasures.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=lambda: public_keys("artefact"),
    project=_project,
    affected=_affected,
    page="artefacts",
)
