"""Exports for maps: GeoPackage with a layer a kind, GeoJSON as the register's API writes records, and KML."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import shapely
from shapely.geometry.base import BaseGeometry

from app.config import Settings
from app.core.localized import pick
from app.exchange.exports.columns import Column, main_columns
from app.exchange.exports.context import Context
from app.exchange.exports.gathering import Exported, Gathered, OfKind, parts_of
from app.places.entries import shape_of
from app.places.kml import NAMESPACES, add_data, add_geometry, add_text, clean_xml
from app.publication.dumps.layers import GeoPackage, Layer
from app.publication.schema import Property
from app.records.payloads import fill
from app.records.shapes import has_locations, has_shape, main_entry

_BATCH = 500
# 9 decimals of a degree are a tenth of a millimetre.
_DECIMALS = 9
_STATES = {"public": "Public", "internal": "Internal"}


def place_of(one: Exported, settings: Settings) -> BaseGeometry | None:
    """Give where a record lies in WGS 84, None for nowhere and where any field that tells it is withheld."""
    return None if one.withheld else shape_of(one.payload, settings)


def write_geopackage(path: Path, gathered: Gathered, context: Context) -> None:
    """Write a GeoPackage: a layer for each kind, with the columns of its main table and its parts as JSON.

    Records that lie nowhere are rows as well, a kind whose records cannot lie anywhere is a table without geometries.
    The place is in WGS 84; `entered_text` and `entered_crs` say it as it was entered.
    """
    with closing(GeoPackage(path)) as file:
        for found in gathered.kinds:
            # Names of columns that differ in capitals only are one in SQL.
            columns = tuple({one.heading.casefold(): one for one in main_columns(found, context.wording)}.values())
            layer = Layer(
                found.kind.plural.replace("-", "_"),
                context.wording.say(found.kind.title),
                " ".join(context.notes(gathered)),
                _properties(found, columns, context),
                found.changed_at,
                "GEOMETRY" if has_shape(found.kind.schema) else None,
            )
            file.add_layer(layer)
            rows: list[tuple[BaseGeometry | None, Mapping[str, Any]]] = []
            for one in found.rows():
                rows.append((place_of(one, context.settings), _row(found, columns, one)))
                if len(rows) == _BATCH:
                    file.add(layer, rows)
                    rows = []
            file.add(layer, rows)


def _properties(found: OfKind, columns: tuple[Column, ...], context: Context) -> list[Property]:
    say, kind = context.wording.say, found.kind
    told = [Property(one.heading, _type(one), _meaning(one, kind.name, context)) for one in columns]
    if has_locations(kind.schema):
        told += [
            Property("entered_text", "string", say("The main location as it was entered.")),
            Property("entered_crs", "string", say("The coordinate system in which it was entered.")),
        ]
    parts = [name for name in parts_of(kind) if found.parts[name]]
    told += [Property(name, "array", context.wording.label(kind.name, name), items="object") for name in parts]
    return [
        *told,
        Property("visibility", "string", say("State")),
        Property("version", "integer", say("Version")),
        Property("modified_at", "string", say("Changed"), format="date-time"),
        Property("withheld", "string", say("Withheld")),
    ]


def _type(column: Column) -> Any:
    return {"Integer": "integer", "Float": "number", "Boolean": "boolean"}.get(type(column.field).__name__, "string")


def _meaning(column: Column, kind: str, context: Context) -> str:
    label = context.wording.label(kind, column.path)
    return f"{label} ({column.language})" if column.language else label


def _row(found: OfKind, columns: tuple[Column, ...], one: Exported) -> dict[str, Any]:
    row: dict[str, Any] = {column.heading: column.value(one.payload) for column in columns}
    if has_locations(found.kind.schema) and (entry := main_entry(one.payload)):
        row |= {"entered_text": entry.text, "entered_crs": entry.crs}
    # An empty list says nothing; SQL has a word for that.
    row |= {name: one.payload.get(name) or None for name in parts_of(found.kind)}
    return row | {
        "visibility": one.visibility,
        "version": one.version,
        "modified_at": one.modified_at,
        "withheld": ", ".join(one.withheld) or None,
    }


def write_geojson(path: Path, gathered: Gathered, context: Context) -> None:
    """Write a FeatureCollection (RFC 7946) with a feature a line, as the register's API writes accepted records.

    Records of several kinds stand in one collection; `kind` tells them apart.
    """
    with path.open("w", encoding="utf-8", newline="\n") as file:
        head = {"type": "FeatureCollection", "name": context.title(), "notes": context.notes(gathered)}
        file.write(json.dumps(head, ensure_ascii=False)[:-1] + ', "features": [')
        before = "\n"
        for found, one in _each(gathered):
            file.write(before + json.dumps(_feature(found, one, context), ensure_ascii=False))
            before = ",\n"
        file.write("\n]}\n")


def _each(gathered: Gathered) -> Iterator[tuple[OfKind, Exported]]:
    return ((found, one) for found in gathered.kinds for one in found.rows())


def _feature(found: OfKind, one: Exported, context: Context) -> dict[str, Any]:
    shape = place_of(one, context.settings)
    return {
        "type": "Feature",
        "id": one.code,
        "geometry": None if shape is None else shapely.geometry.mapping(_rounded(shape)),
        "properties": {
            "kind": found.kind.name,
            **fill(found.kind.schema, one.payload, frozenset(one.withheld)),
            "visibility": one.visibility,
            "version": one.version,
            "modified_at": one.modified_at,
            "withheld": list(one.withheld),
        },
    }


def _rounded(shape: BaseGeometry) -> BaseGeometry:
    return shapely.transform(shape, lambda points: points.round(_DECIMALS))


def write_kml(path: Path, gathered: Gathered, context: Context) -> None:
    """Write a document (KML 2.2) with a folder for each kind and a placemark for each record, placed or not."""
    head = ET.Element("Document")
    add_text(head, "name", clean_xml(context.title()))
    add_text(head, "description", clean_xml("\n".join(context.notes(gathered))))
    opened = " ".join(f'{name}="{value}"' for name, value in NAMESPACES.items())
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write(f'<?xml version="1.0" encoding="UTF-8"?>\n<kml {opened}>\n<Document>\n')
        file.writelines(ET.tostring(child, encoding="unicode") + "\n" for child in head)
        for found in gathered.kinds:
            name = ET.Element("name")
            name.text = clean_xml(context.wording.say(found.kind.title))
            file.write(f"<Folder>{ET.tostring(name, encoding='unicode')}\n")
            file.writelines(_placemark(found, one, context) + "\n" for one in found.rows())
            file.write("</Folder>\n")
        file.write("</Document>\n</kml>\n")


def _placemark(found: OfKind, one: Exported, context: Context) -> str:
    say = context.wording.say
    placemark = ET.Element("Placemark")
    add_text(placemark, "name", clean_xml(_pick(one.label, context) or one.code))
    ET.SubElement(placemark, "atom:link", {"href": f"{context.base}/desk/records/{one.code}"})
    text = one.payload.get("description")
    add_text(placemark, "description", clean_xml(_pick(text, context) if isinstance(text, Mapping) else ""))
    pairs = (
        ("code", one.code),
        ("kind", say(found.kind.title)),
        ("state", say(_STATES[one.visibility])),
        ("rank", "; ".join(context.wording.term("levels", code) for code in one.rank)),
        ("modified_at", one.modified_at),
        ("withheld", ", ".join(one.withheld)),
    )
    add_data(placemark, ((name, clean_xml(value)) for name, value in pairs))
    shape = place_of(one, context.settings)
    if shape is not None:
        add_geometry(placemark, shape)
    return ET.tostring(placemark, encoding="unicode")


def _pick(text: Mapping[str, str], context: Context) -> str:
    found = pick(text, context.wording.language, context.wording.languages)
    return found[0] if found else ""
