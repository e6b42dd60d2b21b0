"""Dumps as text: GeoJSON, which is the finished features joined, and CSV for spreadsheets."""

from __future__ import annotations

import csv
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from app.core.cells import plain_cell
from app.publication.dumps.rows import Row, Table
from app.publication.schema import Property


class GeoJsonWriter:
    """Writes a FeatureCollection (RFC 7946) with a feature a line, as the API shows each."""

    def __init__(self, path: Path, table: Table) -> None:
        self._file = path.open("w", encoding="utf-8", newline="\n")
        self._file.write(f'{{"type":"FeatureCollection","name":{json.dumps(table.collection.name)},"features":[')
        self._before = "\n"

    def add(self, rows: Sequence[Row]) -> None:
        """Write some features more."""
        for row in rows:
            self._file.write(self._before + row.text)
            self._before = ",\n"

    def close(self) -> None:
        """End the collection."""
        self._file.write("\n]}\n")
        self._file.close()


class CsvWriter:
    """Writes CSV (RFC 4180) in UTF-8 with a BOM, without which spreadsheets garble Vietnamese.

    A column for each property that is flat, then `lon` and `lat`. Lists of texts are joined by `; `; lists of objects
    and objects are left out, for no cell can hold them: the other formats have them. No cell is taken for a formula.
    """

    def __init__(self, path: Path, table: Table) -> None:
        self._names = [found.name for found in table.columns if not _is_nested(found)]
        self._file = path.open("w", encoding="utf-8-sig", newline="")
        self._csv = csv.writer(self._file)
        self._csv.writerow([*self._names, "lon", "lat"])

    def add(self, rows: Sequence[Row]) -> None:
        """Write some lines more."""
        for row in rows:
            properties = row.feature["properties"]
            values = [*(properties.get(name) for name in self._names), row.lon, row.lat]
            self._csv.writerow([_cell(value) for value in values])

    def close(self) -> None:
        """End the file."""
        self._file.close()


def _is_nested(found: Property) -> bool:
    return found.type == "object" or (found.type == "array" and found.items == "object")


def _cell(value: Any) -> str:
    """Write a value as the text of a cell."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case int() | float():
            # A number is no formula, whatever its sign.
            return str(value)
        case list():
            return plain_cell("; ".join(str(part) for part in value))
        case _:
            return plain_cell(str(value))
