"""The public collection `admin-units`: administrative units, those in force and those that were."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.text import document_tokens, slugify
from app.places.gazetteer import KnownUnit
from app.places.models import Unit
from app.publication.links import item_links
from app.publication.redaction import unit_place
from app.publication.schema import Collection, Projection, Property, Rendering, Workshop
from app.publication.touched import Touched

_LEVELS = ("province", "district", "commune")


def _keys() -> sa.Select[int]:
    return sa.select(Unit.id).order_by(Unit.id)


def _affected(touched: Touched) -> set[int]:
    """Find none: units depend on no record; writing them projects them anew."""
    del touched
    return set()


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Unit).where(Unit.id.in_(ids)).options(selectinload(Unit.successors), selectinload(Unit.predecessors))
    )
    for unit in workshop.session.scalars(query):
        yield unit.id, _projection(workshop, unit)


def _projection(workshop: Workshop, unit: Unit) -> Projection:
    parent = workshop.gazetteer[unit.parent_id] if unit.parent_id else None
    values = [("level", unit.level), ("unit_code", unit.code), ("is_in_force", str(unit.is_in_force).lower())]
    if parent:
        values.append(("parent", parent.public_id))
    past, current = ([], unit.id) if unit.is_in_force else ([unit.id], None)
    values += [("within", other.public_id) for other in workshop.gazetteer.containing(past, current)]
    return Projection(
        code=unit.public_id,
        weight=_LEVELS.index(unit.level) + (0 if unit.is_in_force else 8),
        place=unit_place(unit),
        values=tuple(sorted(values)),
        renderings={language: _render(workshop, unit, parent, language) for language in workshop.settings.languages},
        spans=((unit.valid_from, unit.valid_to),),
    )


def _render(workshop: Workshop, unit: Unit, parent: KnownUnit | None, language: str) -> Rendering:
    name = workshop.text(unit.name, language) or unit.code
    pages = {code: f"/{code}/sites?unit={unit.public_id}" for code in workshop.settings.languages}
    properties = {
        "code": unit.public_id,
        "unit_code": unit.code,
        "name": name,
        "other_names": unit.other_names,
        "level": unit.level,
        "valid_from": unit.valid_from.isoformat() if unit.valid_from else None,
        "valid_to": unit.valid_to.isoformat() if unit.valid_to else None,
        "is_in_force": unit.is_in_force,
        "parent": parent.public_id if parent else None,
        "parent_name": workshop.text(parent.name, language) if parent else None,
        "successors": [other.public_id for other in unit.successors],
        "predecessors": [other.public_id for other in unit.predecessors],
        "location_precision_m": unit.location_precision_m,
        "location_source": unit.location_source,
        "note": unit.note,
        "source": unit.source,
        "images": [],
        "documents": [],
        "licence": workshop.settings.licence,
        "attribution": workshop.settings.attribution,
        "url": pages[language],
    }
    above = [workshop.text(other.name, language) or "" for other in workshop.gazetteer.ancestry(unit.id)[1:]]
    tokens = document_tokens([*unit.name.values(), *unit.other_names], above, [unit.public_id])
    slug = f"{slugify(name)}-{unit.public_id}"
    return Rendering(slug, properties, item_links("admin-units", unit.public_id, pages), tokens)


_PROPERTIES = (
    Property(
        "code", "string", "The unit's id: its code, with `~` and its last year once it has ended.", is_queryable=True
    ),
    Property("unit_code", "string", "The official code; the reform of 2025 used codes again.", is_queryable=True),
    Property("name", "string", "The unit's name.", is_queryable=True, is_localized=True),
    Property("other_names", "array", "Other spellings that lists have used."),
    Property("level", "string", "province, district (abolished on 1 July 2025) or commune.", is_queryable=True),
    Property("valid_from", "string", "First day, where it is known.", format="date", is_queryable=True),
    Property("valid_to", "string", "Last day; null while the unit is in force.", format="date", is_queryable=True),
    Property("is_in_force", "boolean", "Whether the unit has not ended.", is_queryable=True),
    Property("parent", "string", "Id of the unit above.", is_queryable=True),
    Property(
        "within",
        "string",
        "A unit, old or new, it is or lies or lay in.",
        is_queryable=True,
        is_filter_only=True,
    ),
    Property("parent_name", "string", "Name of the unit above."),
    Property("successors", "array", "Ids of the units that took over its territory."),
    Property("predecessors", "array", "Ids of the units whose territory it took over, in whole or in part."),
    Property(
        "location_precision_m",
        "integer",
        "Within how many metres of the point the unit's middle is.",
        is_queryable=True,
    ),
    Property("location_source", "string", "How the point was obtained."),
    Property("note", "string", "What else is known of it."),
    Property("source", "string", "Where it comes from."),
    Property("images", "array", "Always empty.", items="object"),
    Property("documents", "array", "Always empty.", items="object"),
    Property("licence", "string", "SPDX id of the licence."),
    Property("attribution", "string", "Whom to credit."),
    Property("url", "string", "Path of the page that lists its sites.", format="uri-reference"),
    Property(
        "modified_at", "string", "When this feature last changed in public.", format="date-time", is_queryable=True
    ),
)

ADMIN_UNITS = Collection(
    name="admin-units",
    kind=None,
    title={"vi": "Đơn vị hành chính", "en": "Administrative units"},
    description={
        "vi": "Đơn vị hành chính hiện nay và trước ngày 01/7/2025, kèm đơn vị kế thừa.",
        "en": "Administrative units of today and of before 1 July 2025, with their successors.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=_keys,
    project=_project,
    affected=_affected,
    span=("valid_from", "valid_to"),
)
