"""Exports as JSON-LD: records in schema.org's terms, their places as GeoSPARQL has them, all else as properties."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import shapely

from app.exchange.exports.columns import Column, main_columns
from app.exchange.exports.context import Context
from app.exchange.exports.gathering import Exported, Gathered, OfKind
from app.exchange.exports.geodata import place_of
from app.publication.licences import rights_uri
from app.publication.schema_org import type_of
from app.records.payloads import rows_of

# Written out: a context that lies elsewhere would have to be fetched by whoever reads the file.
_CONTEXT: dict[str, Any] = {
    "@vocab": "https://schema.org/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "url": {"@type": "@id"},
    "isPartOf": {"@type": "@id"},
    "about": {"@type": "@id"},
    "dateModified": {"@type": "https://schema.org/DateTime"},
}
_NAMES = ("name", "title")
_TOLD = (*_NAMES, "code", "description", "parent", "site", "record", "licence", "tags")
# The field that tells a narrower type.
_CATEGORY = {"place": "category", "party": "party_kind"}


def write_jsonld(path: Path, gathered: Gathered, context: Context) -> None:
    """Write a document (JSON-LD 1.1) with a node for each record, one a line."""
    head = {
        "@type": "Dataset",
        "name": context.title(),
        "description": " ".join(context.notes(gathered)),
        "dateCreated": gathered.at.isoformat(timespec="seconds"),
    }
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(json.dumps({"@context": _CONTEXT}, ensure_ascii=False)[:-1] + ', "@graph": [\n')
        file.write(json.dumps(head, ensure_ascii=False))
        for found in gathered.kinds:
            columns = main_columns(found, context.wording)
            for one in found.rows():
                file.write(",\n" + json.dumps(_node(found, columns, one, context), ensure_ascii=False))
        file.write("\n]}\n")


def _address(code: str, context: Context) -> str:
    """Give a record's lasting name: the address of its plaque."""
    return f"{context.base}/q/{code}"


def _node(found: OfKind, columns: tuple[Column, ...], one: Exported, context: Context) -> dict[str, Any]:
    """Describe a record; what is unknown or withheld is left out."""
    payload, kind = one.payload, found.kind
    named = next((payload[name] for name in _NAMES if payload.get(name)), one.label)
    category = payload.get(_CATEGORY.get(kind.name, ""))
    node: dict[str, Any] = {
        "@id": _address(one.code, context),
        "@type": type_of(kind.plural, category if isinstance(category, str) else None),
        "identifier": one.code,
        "name": _texts(named),
        "alternateName": [row["text"] for row in rows_of(payload, "other_names") if row.get("text")],
        "description": _texts(payload.get("description")),
        "keywords": payload.get("tags"),
        "license": _licence(payload.get("licence")),
        "url": f"{context.base}/desk/records/{one.code}",
        "isPartOf": _named(payload, "parent", context),
        "about": _named(payload, "site", context) or _named(payload, "record", context),
        "dateModified": one.modified_at,
        "citation": [row["citation"] for row in rows_of(payload, "sources") if row.get("citation")],
        **_place(one, context),
        "additionalProperty": list(_further(found, columns, one, context)),
    }
    return {name: value for name, value in node.items() if value not in (None, [], "", {})}


def _licence(spdx: Any) -> str | None:
    """Give a licence's address; one that no list knows as it is written."""
    return (rights_uri(spdx) or spdx) if isinstance(spdx, str) and spdx else None


def _named(payload: Mapping[str, Any], name: str, context: Context) -> str | None:
    code = payload.get(name)
    return _address(code, context) if isinstance(code, str) and code else None


def _texts(text: Any) -> list[dict[str, str]]:
    if not isinstance(text, Mapping):
        return []
    return [{"@value": said, "@language": language} for language, said in text.items() if said]


def _place(one: Exported, context: Context) -> dict[str, Any]:
    """Tell a place as well-known text, and a point as schema.org has it, too."""
    shape = place_of(one, context.settings)
    if shape is None:
        return {}
    text = shapely.to_wkt(shape, rounding_precision=9)
    geometry = {"@type": "geo:Geometry", "geo:asWKT": {"@value": text, "@type": "geo:wktLiteral"}}
    told: dict[str, Any] = {"geo:hasGeometry": geometry}
    if isinstance(shape, shapely.Point):
        told["geo"] = {"@type": "GeoCoordinates", "longitude": round(shape.x, 9), "latitude": round(shape.y, 9)}
    return told


def _further(found: OfKind, columns: tuple[Column, ...], one: Exported, context: Context) -> Iterator[dict[str, Any]]:
    """Give every other statement of the record itself: the register's name for it, what that means, the value."""
    for column in columns:
        value = column.value(one.payload)
        if value is None or value is False or column.name in _TOLD:
            continue
        told: dict[str, Any] = {
            "@type": "PropertyValue",
            "propertyID": column.name,
            "name": context.wording.label(found.kind.name, column.path),
            "value": {"@value": value, "@language": column.language} if column.language else value,
        }
        yield told
