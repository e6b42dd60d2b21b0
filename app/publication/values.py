"""Making typed values of what a projection shows, so that the public side compares and sorts without reading features.

They come from the properties as they are rendered, or from what the projection names beside them: no value tells more
than the published feature.
"""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterator
from typing import Any

from app.core.text import fold, fold_case, fold_marks
from app.publication.having import has_values
from app.publication.hours import HOURS, HOURS_VERIFIED_ON
from app.publication.schema import Collection, Projection, Property, Span, Value, Workshop

# Under this name stand the times of an item's own: of an event its occurrences, of a notice how long it holds.
SPAN = "@span"
# What an end that is open is compared as: no day and no instant reaches so far.
BEGINNING, END = -1e12, 1e12
# What `has` and `open_at` ask for beside the queryables: it is only ever compared as it is written.
_HAS = "has"
_PLAIN = (_HAS, HOURS, HOURS_VERIFIED_ON)


def day_number(day: dt.date) -> float:
    """Give what a day is compared by: the seconds from 1970 to its beginning."""
    return float((day - dt.date(1970, 1, 1)).days * 86_400)


def type_values(workshop: Workshop, collection: Collection, projection: Projection) -> tuple[Value, ...]:
    """Give all values of an item but `modified_at`, sorted; each name and text once."""
    known = {found.name: found for found in collection.queryables}
    given = {
        (name, name, text) for name, text in (("code", projection.code), *projection.values) if name in known
    } | set(_shown(projection, known.values()))
    found = {(kept, text): _typed(workshop, known[name], kept, text) for name, kept, text in given}
    had = [(_HAS, name) for name in has_values(projection)]
    found |= {(name, text): Value(name, text) for name, text in (*had, *projection.values) if name in _PLAIN}
    found |= {(SPAN, value.value): value for value in map(_span, projection.spans)}
    return tuple(found[key] for key in sorted(found))


def _shown(projection: Projection, properties: Any) -> Iterator[tuple[str, str, str]]:
    """Give the values that the renderings show: the property's name, the name they are kept under, the text."""
    for language, rendering in projection.renderings.items():
        for found in properties:
            shown = rendering.properties.get(found.name)
            for one in shown if isinstance(shown, list) else [shown]:
                if isinstance(one, str | int | float):
                    yield found.name, found.in_language(language), write_value(one)


def write_value(value: str | float) -> str:
    """Write a value as it is kept: text composed (NFC), numbers without a needless fraction."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    return str(int(value)) if float(value).is_integer() else str(value)


def _typed(workshop: Workshop, found: Property, kept: str, text: str) -> Value:
    if found.sort == "text":
        return _text(workshop, found, kept, text)
    if found.sort == "number":
        number = float(text)
    elif found.sort == "boolean":
        number = float(text == "true")
    elif found.sort == "date":
        number = day_number(dt.date.fromisoformat(text))
    else:
        number = dt.datetime.fromisoformat(text).timestamp()
    return Value(kept, text, number=number)


def _text(workshop: Workshop, found: Property, kept: str, text: str) -> Value:
    folded, small, bare = fold(text), fold_case(text), fold_marks(text)
    position = _position(workshop, found.scheme, text) if found.scheme else None
    is_sorted = found.is_sortable and not found.scheme
    return Value(
        kept,
        text,
        number=position,
        folded=folded if is_sorted or folded != text else None,
        small=small if small != text else None,
        bare=bare if bare != text else None,
    )


def _position(workshop: Workshop, scheme: str, code: str) -> float:
    """Give the place of a term in its vocabulary; whatever is not in it comes after all terms."""
    codes = list(workshop.vocabulary.get(scheme, ()))
    return float(codes.index(code) if code in codes else len(codes))


def _span(span: Span) -> Value:
    first, last = span
    ends = "/".join(day.isoformat() if day else ".." for day in span)
    return Value(
        SPAN, ends, number=day_number(first) if first else BEGINNING, number_to=day_number(last) if last else END
    )


def modified_at(at: dt.datetime) -> Value:
    """Give the value of the moment at which an item changed in public: RFC 3339, whole seconds, UTC."""
    moment = at.astimezone(dt.UTC).replace(microsecond=0)
    return Value("modified_at", moment.isoformat().replace("+00:00", "Z"), number=moment.timestamp())
