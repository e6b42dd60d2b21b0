"""What is asked of a collection's features, read from the parameters of `items`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from shapely.geometry.base import BaseGeometry

from app.api.cursors import unbind_cursor
from app.api.extensions import find_unit, read_has, read_opening
from app.api.filters import FILTER_LANGUAGES, LANGUAGES, equals, read_filter
from app.api.shapes import check_filter_crs
from app.api.sorting import read_sort
from app.api.times import read_datetime
from app.core.errors import InvalidInput
from app.http import parameters
from app.http.answers import CRS84
from app.http.crs import System, read_box, read_system
from app.http.i18n import current_language
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.conditions import Box, ItemQuery, weigh
from app.publication.filters import AllOf, Condition
from app.publication.queries import count_values_of, read_concepts, read_values
from app.publication.schema import Collection, Property

_Pair: TypeAlias = tuple[str, str]

# How many values a mistyped one is compared with.
_MOST_SUGGESTED = 500


def read_query(collection: Collection, asked: Mapping[str, str]) -> ItemQuery:
    """Read all that narrows a list or puts it in order; raises `InvalidInput` naming what cannot be read.

    A parameter without a value asks nothing: forms send those.
    """
    given = {key: value for key, value in asked.items() if value}
    if "radius" in given and "near" not in given:
        raise InvalidInput("radius needs a place to measure from: near=lon,lat.", field="radius", value=given["radius"])
    if "near" in given and "sortby" in given:
        raise InvalidInput(
            "sortby: near comes nearest first; leave one of the two out.", field="sortby", value=given["sortby"][:80]
        )
    system = read_system("bbox-crs", given.get("bbox-crs"))
    boxes, area = _read_boxes(given["bbox"], system) if "bbox" in given else ((), None)
    filters, counted = _read_pairs(collection, given)
    query = ItemQuery(
        collection=collection.name,
        language=current_language(),
        limit=parameters.parse_limit(given.get("limit")),
        boxes=boxes,
        area=area,
        near=parameters.parse_near(given["near"], current_settings().plausible_box) if "near" in given else None,
        radius_m=parameters.parse_radius(given["radius"]) if "radius" in given else None,
        text=parameters.parse_text(given["q"]) if "q" in given else None,
        filters=filters,
        opening=read_opening(collection, given["open_at"]) if "open_at" in given else None,
        where=_read_where(collection, given),
        sort=read_sort(collection, current_language(), given["sortby"]) if "sortby" in given else (),
        cursor=unbind_cursor(given["cursor"], (collection.name,)) if "cursor" in given else None,
    )
    return weigh(query, counted)


def _read_pairs(collection: Collection, given: Mapping[str, str]) -> tuple[tuple[_Pair, ...], dict[_Pair, int]]:
    """Read the values that features must have, of properties and of `has`; gives how many have each, if any."""
    having = read_has([collection], given["has"]) if "has" in given else ()
    asked = [found for found in collection.queryables if found.name in given and not _is_typed(found)]
    said = [(found.name, given[found.name]) for found in asked]
    counted = count_values_of(reading(), collection.name, (*said, *having))
    # What some features have is a value; whatever is not among those may be one all the same, or be written otherwise.
    pairs = [
        pair if pair in counted else (found.name, _check_value(collection, found, pair[1]))
        for found, pair in zip(asked, said, strict=True)
    ]
    if new := [pair for pair in pairs if pair not in said]:
        counted |= count_values_of(reading(), collection.name, new)
    return (*pairs, *having), counted


def _is_typed(found: Property) -> bool:
    """Tell whether `name=value` takes any value of a type, not one of those that features have."""
    return found.is_localized or found.sort not in ("text", "boolean")


def _read_where(collection: Collection, given: Mapping[str, str]) -> Condition | None:
    """Read all that a filter or a typed value asks, together."""
    languages = list(current_settings().languages)
    parts = [
        equals(collection, languages, found.name, given[found.name])
        for found in collection.queryables
        if found.name in given and _is_typed(found)
    ]
    language = parameters.check_choice("filter-lang", given.get("filter-lang", LANGUAGES[0]), FILTER_LANGUAGES)
    crs = check_filter_crs(given.get("filter-crs", CRS84))
    if "filter" in given:
        parts.append(read_filter(collection, languages, given["filter"], filter_lang=language, filter_crs=crs))
    if "datetime" in given and (times := read_datetime(collection, given["datetime"])):
        parts.append(times)
    return AllOf(tuple(parts)) if parts else None


def _read_boxes(text: str, system: System) -> tuple[tuple[Box, ...], BaseGeometry | None]:
    """Read `bbox`: as boxes in degrees; of a grid, whose boxes lie askew there, with the shape they enclose."""
    if system.is_geographic:
        return parameters.parse_bbox(text, is_latitude_first=system.is_turned), None
    area = read_box(text, system)
    return (area.bounds,), area


def _check_value(collection: Collection, found: Property, value: str) -> str:
    """Give a value that no feature has as it is written, if one can; raises `InvalidInput` naming the nearest."""
    if found.type == "boolean":
        return parameters.check_choice(found.name, value.lower(), ("true", "false"))
    if found.name == "code":
        # A code that no feature has is an empty answer, not a mistake in the request.
        return value
    reads = reading()
    if found.name in ("unit", "within") and (unit := find_unit(value)):
        # A unit in which there is nothing is an empty answer too.
        return unit
    choices = list(read_concepts(reads, found.scheme)) if found.scheme else []
    return parameters.check_choice(
        found.name, value, choices or read_values(reads, collection.name, found.name, _MOST_SUGGESTED)
    )
