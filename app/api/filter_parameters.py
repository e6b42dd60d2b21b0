"""The parameters of filtering and sorting as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

from app.api.filters import FILTER_LANGUAGES, LANGUAGES, MOST_CONDITIONS
from app.api.shapes import FILTER_CRS
from app.api.sorting import MOST_KEYS
from app.core.cql2 import MOST_BYTES, MOST_LEVELS
from app.http.answers import CRS84
from app.http.openapi import UNEXPLODED, query_parameter
from app.publication.schema import Collection


def filter_parameters() -> list[dict[str, Any]]:
    """Describe `filter` and what goes with it (OGC 19-079r2, clause 7)."""
    return [
        query_parameter(
            "filter",
            "CQL2 over the queryables: `rank = 'national' AND year_from < 1500`. At most "
            f"{MOST_BYTES} bytes, {MOST_LEVELS} levels and {MOST_CONDITIONS} conditions.",
            {"type": "string", "maxLength": MOST_BYTES},
        ),
        query_parameter(
            "filter-lang",
            "The language of `filter`. `cql-text` is what GDAL calls cql2-text.",
            {"type": "string", "enum": list(FILTER_LANGUAGES), "default": LANGUAGES[0]},
        ),
        query_parameter(
            "filter-crs",
            "The reference system of the geometries in `filter`; latitude comes first in EPSG:4326.",
            {"type": "string", "format": "uri", "enum": list(FILTER_CRS), "default": CRS84},
        ),
    ]


def sortby(collection: Collection) -> dict[str, Any]:
    """Describe `sortby` of a collection."""
    names = [found.name for found in collection.sortables]
    return query_parameter(
        "sortby",
        f"Up to {MOST_KEYS} sortables, each with `+` or `-` before it: `-rank,name`. Those without a value come last.",
        {
            "type": "array",
            "minItems": 1,
            "maxItems": MOST_KEYS,
            "items": {"type": "string", "enum": [sign + name for name in names for sign in ("", "+", "-")]},
        },
        **UNEXPLODED,
    )
