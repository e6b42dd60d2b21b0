"""What is ours, not the standard's: reading `has`, `open_at`, `facets` and units by any code, and what answers add."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql.expression import ColumnElement

from app.core import clock
from app.core.db import now
from app.core.errors import InvalidInput
from app.http.parameters import check_choice, suggest
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.collections import COLLECTIONS
from app.publication.conditions import ItemQuery, conditions
from app.publication.facets import FacetValue, read_facets
from app.publication.finished import add_property, code_of
from app.publication.having import has_choices
from app.publication.models import ITEMS, VALUES
from app.publication.openings import Opening, find_opening, has_hours, verified_days
from app.publication.schema import Collection
from app.publication.tallies import facet_names

EXTENSIONS = ("has", "open_at", "facets")
NOW = "now"
# A date and time with its offset (RFC 3339, 5.6); seconds may be left out.
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt]\d{2}:\d{2}(:\d{2}(\.\d+)?)?([Zz]|[+-]\d{2}:\d{2})")


def read_list(name: str, text: str, choices: Iterable[str]) -> tuple[str, ...]:
    """Read names between commas, each once; raises `InvalidInput` naming the nearest to one that there is not."""
    known = tuple(choices)
    return tuple(dict.fromkeys(check_choice(name, part.strip(), known) for part in text.split(",")))


def read_has(collections: Iterable[Collection], text: str) -> tuple[tuple[str, str], ...]:
    """Read `has`: what features must have, all of it, as pairs for a query's filters."""
    choices = dict.fromkeys(name for collection in collections for name in has_choices(collection))
    return tuple(("has", name) for name in read_list("has", text, choices))


def read_facets_asked(collections: Iterable[Collection], text: str) -> tuple[str, ...]:
    """Read `facets`: the properties whose values are counted."""
    choices = dict.fromkeys(name for collection in collections for name in facet_names(collection))
    return read_list("facets", text, choices)


def read_opening(collection: Collection, text: str) -> Opening:
    """Read `open_at`: an instant, or `now`; raises `InvalidInput` for a collection without hours."""
    if not has_hours(collection):
        raise InvalidInput(
            "open_at: %(collection)s have no opening hours; these have: %(choices)s.",
            field="open_at",
            value=text[:60],
            collection=collection.name,
            choices=", ".join(name for name, other in COLLECTIONS.items() if has_hours(other)),
        )
    west, south, east, north = current_settings().plausible_box
    return find_opening(reading(), collection.name, _read_instant(text), ((west + east) / 2, (south + north) / 2))


def _read_instant(text: str) -> dt.datetime:
    if text == NOW:
        return now()
    if suggest(text, (NOW,)):
        check_choice("open_at", text, (NOW,))
    try:
        # Years at the edge of the calendar have no local time.
        instant = dt.datetime.fromisoformat(text.upper()) if _INSTANT.fullmatch(text) else None
        if instant:
            instant.astimezone(clock.VIETNAM)
    except (ValueError, OverflowError):
        instant = None
    if instant is None:
        raise InvalidInput(
            "open_at: “%(value)s” is neither now nor an instant of RFC 3339 with its offset, such as "
            "2026-11-24T09:00:00+07:00; in an address, + is written %%2B.",
            field="open_at",
            value=text[:60],
        )
    return instant


def find_unit(text: str) -> str | None:
    """Give the id of the unit that a code means: the one so called, else the last one that had the code; None if none.

    `508` was the code of a district and is of no unit today: it means `508~2025`.
    """
    units = sa.select(ITEMS.c.code).where(ITEMS.c.collection == "admin-units")
    reads = reading()
    if found := reads.scalar(units.where(ITEMS.c.code_key == text.lower())):
        return str(found)
    coded = sa.select(VALUES.c.item_id).where(
        VALUES.c.collection == "admin-units", VALUES.c.name == "unit_code", VALUES.c.value == text
    )
    return max(reads.scalars(units.where(ITEMS.c.id.in_(coded))), default=None)


def count_facets(query: ItemQuery, names: Sequence[str]) -> dict[str, list[FacetValue]]:
    """Count the values of properties over all that a query finds, each without the query's filters by itself."""

    def criteria(own: str) -> list[ColumnElement[Any]] | None:
        kept = query.without(own)
        return None if kept.is_whole else conditions(kept, ITEMS)

    return read_facets(
        reading(),
        (query.collection,),
        names,
        criteria,
        filtered={name for name, _ in query.filters},
        language=query.language,
        languages=current_settings().languages,
    )


def with_days(collection: Collection, features: Sequence[bytes]) -> list[bytes]:
    """Say of each feature since when its hours are known to be true (null where nobody verified them): no more."""
    codes = [code_of(feature) for feature in features]
    days = verified_days(reading(), collection.name, codes)
    return [
        add_property(feature, "hours_verified_on", days.get(code))
        for code, feature in zip(codes, features, strict=True)
    ]
