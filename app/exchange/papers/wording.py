"""How papers write things: in Vietnamese, by the names of the vocabularies, with dates and numbers as offices do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from babel.numbers import format_decimal

from app.core.dates import format_edtf
from app.core.errors import InvalidInput
from app.core.localized import pick
from app.heritage.models import Decision
from app.places.models import Unit
from app.vocabularies.models import Concept

Vocabulary = Mapping[str, Mapping[str, Concept]]
_LANGUAGES = ("vi", "en")


def say(text: Mapping[str, str] | None) -> str | None:
    """Give a text in Vietnamese, or what there is; None where there is nothing."""
    found = pick(text, "vi", _LANGUAGES)
    return found[0].strip() if found else None


def name_concept(vocabulary: Vocabulary, scheme: str, code: str | None) -> str | None:
    """Name a concept, by its code where it is unknown; None for none."""
    if not code:
        return None
    found = vocabulary.get(scheme, {}).get(code)
    return say(found.label) if found else code.replace("_", " ")


def name_concepts(vocabulary: Vocabulary, scheme: str, codes: Iterable[str]) -> str | None:
    """Name several concepts, by commas; None for none."""
    return join(name_concept(vocabulary, scheme, code) for code in codes)


def join(parts: Iterable[str | None], separator: str = ", ") -> str | None:
    """Join what there is; None where there is nothing."""
    return separator.join(part for part in parts if part) or None


def write_date(edtf: str | None) -> str | None:
    """Write a date in words; one that is none as it was typed."""
    if not edtf:
        return None
    try:
        return format_edtf(edtf, "vi")
    except InvalidInput:
        return edtf


def write_short(decision: Decision) -> str | None:
    """Write a decision's day as 04/02/2009 where it is one day, else in words."""
    if decision.earliest_on and decision.earliest_on == decision.latest_on:
        return f"{decision.earliest_on:%d/%m/%Y}"
    return write_date(decision.date)


def write_number(value: float, pattern: str = "#,##0.##") -> str:
    """Write a number with the comma before its decimals."""
    return str(format_decimal(value, pattern, locale="vi"))


def write_area(square_metres: float | None) -> str | None:
    """Write an area in square metres."""
    return f"{write_number(square_metres, '#,##0.#')} m²" if square_metres else None


def write_metres(value: float) -> str:
    """Write a coordinate as tables of markers have it: metres with two decimals and no marks between thousands."""
    return f"{value:.2f}".replace(".", ",")


def name_decision(decision: Decision | None) -> str | None:
    """Name a decision by number, day and issuer, as far as they are known."""
    if decision is None:
        return None
    number = f"Quyết định số {decision.number}" if decision.number else "Quyết định (chưa rõ số)"
    day = write_short(decision)
    return join([f"{number}{f' ngày {day}' if day else ''}", decision.issuer], " của ")


def _chain(unit: Unit | None) -> Iterator[Unit]:
    while unit is not None:
        yield unit
        unit = unit.parent


def name_unit(unit: Unit | None) -> str | None:
    """Name a unit with those above it."""
    return join(say(one.name) for one in _chain(unit))


def title_of(record: Any) -> str:
    """Give what a record is called, by its code where it has no name."""
    return say(getattr(record, "name", None)) or say(getattr(record, "title", None)) or str(record.code)
