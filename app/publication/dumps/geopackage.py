"""Dumps as GeoPackage: one table of features, named like the collection."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from shapely.geometry import shape

from app.publication.dumps.layers import GeoPackage, Layer
from app.publication.dumps.rows import Row, Table


class GeoPackageWriter:
    """Writes a table named like the collection (`-` becomes `_`), with `fid`, `geom` (WGS 84) and all properties.

    Lists and objects are JSON, and so declared. The same publication gives the same bytes.
    """

    def __init__(self, path: Path, table: Table) -> None:
        title, said = (
            _in(dict(text), table.language) for text in (table.collection.title, table.collection.description)
        )
        self._layer = Layer(
            table.collection.name.replace("-", "_"),
            title,
            said,
            table.columns,
            table.changed_at,
            "POINT" if table.collection.geometry == "point" else "GEOMETRY",
        )
        self._file = GeoPackage(path)
        self._file.add_layer(self._layer)

    def add(self, rows: Sequence[Row]) -> None:
        """Write some features more, and their bounds into the R*Tree."""
        found = ((row.feature["geometry"], row.feature["properties"]) for row in rows)
        self._file.add(self._layer, [(shape(place) if place else None, said) for place, said in found])

    def close(self) -> None:
        """Write what belongs at the end."""
        self._file.close()


def _in(text: dict[str, str], language: str) -> str:
    return text.get(language) or text["en"]
