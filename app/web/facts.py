"""What the pages say of each property of a collection: labels and order in one place, values as people read them."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from babel import Locale
from babel.dates import get_day_names
from babel.numbers import format_decimal

from app.core.dates import format_days, format_edtf
from app.http.i18n import catalogue, content_language, current_language
from app.http.settings import current_settings
from app.publication.schema import Collection, Property


def _(text: str) -> str:
    """Mark a sentence for the catalogues; it is translated when it is shown."""
    return text


# The facts of an item's page; a property that stands in no list is shown under its own name, unless it is elsewhere.
LABELS = {
    "artefact_kind": _("Sort of object"),
    "origin": _("How it came here"),
    "style": _("Style"),
    "materials": _("Materials"),
    "material": _("Materials"),
    "material_note": _("About the material"),
    "period": _("Period"),
    "period_concept": _("Period"),
    "dated": _("Dating"),
    "year_from": _("First year"),
    "year_to": _("Last year"),
    "year_note": _("About the dating"),
    "measurements": _("Measurements"),
    "found_at": _("Where it was found"),
    "provenance": _("Provenance"),
    "holder": _("Kept by"),
    "holder_kind": _("Kind of keeper"),
    "holder_role": _("Kept by"),
    "kept_place": _("Where it is kept"),
    "inventory_code": _("Inventory code"),
    "recognitions": _("Recognised as"),
    "recognition": _("Recognised as"),
    "inscriptions": _("Inscribed on"),
    "inscription": _("Inscribed on"),
    "decisions": _("Decisions"),
    "relations": _("Related"),
    "domain": _("Domain under Law 45/2024/QH15"),
    "is_domain_reviewed": _("The domain has been reviewed"),
    "domain_as_recorded": _("Domains as recorded"),
    "domain_as_recorded_labels": _("Domains as recorded"),
    "community": _("Community"),
    "practitioners": _("Practitioners"),
    "places": _("Where it is practised"),
    "schedule": _("When it is practised"),
    "significance": _("Significance"),
    "transmission": _("Transmission"),
    "safeguarding": _("Safeguarding"),
    "scripts": _("Scripts"),
    "script": _("Scripts"),
    "text_languages": _("Languages of the text"),
    "carrier": _("Carrier"),
    "extent": _("Extent"),
    "author": _("Author"),
    "type": _("Type"),
    "rank": _("Rank"),
    "unit": _("Commune or ward"),
    "category": _("Kind"),
    "notice_kind": _("Kind"),
    "severity": _("Importance"),
    "rule_label": _("When"),
    "date_note": _("About the days"),
    "time_start": _("Begins at"),
    "time_end": _("Ends at"),
    "time_note": _("About the times"),
    "last_known": _("Last known to be held"),
    "status_note": _("Status"),
    "place": _("Place"),
    "venue": _("Venue"),
    "organiser": _("Organiser"),
    "intangible": _("Intangible heritage"),
    "site": _("Site"),
    "mode": _("Travel"),
    "difficulty": _("Difficulty"),
    "duration_h": _("Time needed"),
    "date_rule": _("On which days"),
    "dwell_basis": _("Times at the stops"),
    "address": _("Address"),
    "opening_hours": _("Opening hours"),
    "website": _("Website"),
    "phone": _("Telephone"),
    "contact": _("Contact"),
    "note": _("Note"),
    "from": _("From"),
    "until": _("Until"),
}
# Said elsewhere on the page, or for machines only.
_ELSEWHERE = frozenset(
    {
        "code",
        "name",
        "name_lang",
        "other_names",
        "description",
        "description_lang",
        "languages",
        "period_concept",
        "period_label",
        "domains_as_recorded",
        "calendar",
        "recurrence",
        "rules",
        "occurrences",
        "stops",
        "prices",
        "opening_hours",
        "opening_hours_verified_on",
        "address",
        "organiser_party",
        "site_name",
        "site_url",
        "unit",
        "unit_name",
        "location_policy",
        "location_precision_m",
        "location_source",
        "doubts",
        "tags",
        "sources",
        "images",
        "documents",
        "recordings",
        "licence",
        "attribution",
        "url",
        "modified_at",
    }
)
# Words of the officers' own, which are in the deployment's first language.
_OWN_WORDS = frozenset(
    {
        *("date_note", "time_note", "status_note", "year_note", "material_note", "note"),
        *("organiser", "contact", "kept_place"),
    }
)
# Said in the page's language, or in none: names of terms, numbers, days, codes.
_NO_WORDS = frozenset(
    {
        *("rule_label", "domain_as_recorded_labels", "measurements", "text_languages"),
        *("inventory_code", "phone", "opening_hours", "time_start", "time_end"),
    }
)
_YEARS = ("year_from", "year_to")
_BADGES = {"events": ("category",), "places": ("category",), "itineraries": ("mode",), "notices": ("severity",)}
_CARD = {
    "events": ("rule_label", "place"),
    "places": ("address",),
    "itineraries": ("duration_h", "date_rule"),
    "notices": ("notice_kind", "from", "until"),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """A line of the table of facts: its label, and its values as text with an address where they lead somewhere.

    `lang` is the language of a record's words, None for what is said in the page's.
    """

    name: str
    label: str
    values: tuple[tuple[str, str | None], ...]
    lang: str | None = None


def translated(text: str) -> str:
    """Give a sentence in the request's language."""
    return catalogue(current_language()).gettext(text)


def label_of(name: str) -> str:
    """Name a property in the request's language; one without a label by its own name."""
    known = LABELS.get(name)
    return translated(known) if known else name.replace("_", " ").capitalize()


def page_properties(collection: Collection) -> dict[str, Property]:
    """Give the properties that the table of facts may show, by name, in the collection's order."""
    names = {found.name for found in collection.properties}
    return {
        found.name: found
        for found in collection.properties
        if not found.is_filter_only and found.name not in _ELSEWHERE and _base(found.name, names) == found.name
    }


def page_facts(collection: Collection, item: dict[str, Any]) -> list[Fact]:
    """Give the facts of an item in the order of the collection's properties, those that are not known left out."""
    return [
        Fact(name, label_of(name), values, _language_of(found, item))
        for name, found in page_properties(collection).items()
        if (values := _values(found, item))
    ]


def _base(name: str, names: set[str]) -> str:
    """Give the property that another one words: `category` for `category_label`; itself for any other."""
    for ending, worded in (("_label", ""), ("_labels", "s")):
        stem = f"{name.removesuffix(ending)}{worded}"
        if name.endswith(ending) and stem in names:
            return stem
    return name


def _language_of(found: Property, item: dict[str, Any]) -> str | None:
    """Give the language of a property's words; None where they are ours, or there are none."""
    if found.name in _OWN_WORDS:
        return current_settings().default_language
    is_ours = found.scheme or found.format or found.type in ("integer", "number", "boolean") or found.name in _NO_WORDS
    return (
        None
        if is_ours or (found.name == "period" and _period(item) == item.get("period_label"))
        else content_language()
    )


def _period(item: dict[str, Any]) -> str | None:
    """Give the period in the record's own words, else its name in the vocabulary."""
    return item.get("period") or item.get("period_label")


def _values(found: Property, item: dict[str, Any]) -> tuple[tuple[str, str | None], ...]:
    if found.name == "period":
        period = _period(item)
        return ((period, None),) if period else ()
    if found.name in _YEARS and item.get("dated"):
        # They follow from the date, which says it better.
        return ()
    if found.name == "site" and not isinstance(item.get("site"), dict):
        return ((item["site_name"], item["site_url"]),) if item.get("site") else ()
    worded = item.get(f"{found.name}_label") or item.get(f"{found.name.removesuffix('s')}_labels")
    if worded:
        return tuple((str(one), None) for one in (worded if isinstance(worded, list) else [worded]) if one)
    value = item.get(found.name)
    several = value if isinstance(value, list) else [value]
    return tuple(written for one in several if (written := _written(found, one)))


def _written(found: Property, value: Any) -> tuple[str, str | None] | None:
    """Write one value; what is an object is told by its name or its text."""
    if isinstance(value, dict) and "measure" in value:
        return _measured(value), None
    if isinstance(value, dict):
        text = value.get("name") or value.get("label") or value.get("text")
        return (str(text), value.get("url")) if text else None
    if value is None or value == "":
        return None
    text = _plain(found, value)
    return text, str(value) if found.format == "uri" else None


def _measured(one: dict[str, Any]) -> str:
    """Write a measurement: “Height 126.5 cm”, “Diameter (lid) 12 cm”; one that is told in words as it stands."""
    what = f"{one['measure_label']} ({one['part']})" if one["part"] else one["measure_label"]
    if one["value"] is None:
        return f"{what}: {one['text']}"
    size = format_decimal(one["value"], locale=current_language())
    return f"{what} {size}" + (f"\N{NO-BREAK SPACE}{one['unit']}" if one["unit"] else "")


# Rules of days and times, such as `Mo-Fr 07:00-11:30,13:30-17:00; Sa off`; anything beyond is shown as it stands.
_DAYS = ("Mo", "Tu", "We", "Th", "Fr", "Sa", "Su")
_DAY = rf"(?:{'|'.join(_DAYS)}|PH)"
_TIMES = r"\d\d:\d\d-\d\d:\d\d"
_RULE = re.compile(rf"({_DAY}(?:[-,]{_DAY})*) ?({_TIMES}(?:, ?{_TIMES})*|off|closed)")


def hours_words(text: str) -> str:
    """Write opening hours in the forms that are common in words, anything else as it stands."""
    if text == "24/7":
        return translated(_("Day and night, every day"))
    rules = [_RULE.fullmatch(rule.strip()) for rule in text.split(";") if rule.strip()]
    if not rules or not all(rules):
        return text
    return "; ".join(_rule_words(rule[1], rule[2]) for rule in rules if rule)


def _rule_words(days: str, times: str) -> str:
    hours = times.replace("-", "–").replace(",", ", ").replace("  ", " ")
    if times in ("off", "closed"):
        hours = translated(_("closed"))
    if days == "Mo-Su":
        return translated(_("Every day %(hours)s")) % {"hours": hours}
    names = get_day_names("abbreviated", locale=current_language())
    said = {short: names[number] for number, short in enumerate(_DAYS)} | {"PH": translated(_("public holidays"))}
    written = re.sub(_DAY, lambda found: said[found[0]], days).replace("-", "–").replace(",", ", ")
    return f"{written}: {hours}"


def _year(year: int) -> str:
    """Write a year; before our era they are negative, without a year 0, where EDTF has 0000 for 1 BC."""
    edtf = f"{year:04d}" if year > 0 else f"-{-year - 1:04d}" if year < -1 else "0000"
    return format_edtf(edtf, current_language())


def language_name(code: str) -> str:
    """Name a language in the request's language; one that nobody knows by its code."""
    return str(Locale.parse(current_language()).languages.get(code, code))


_WRITTEN_BY_NAME: dict[str, Callable[[Any], str]] = {
    "text_languages": language_name,
    "year_from": _year,
    "year_to": _year,
}


def _plain(found: Property, value: Any) -> str:
    language = current_language()
    if write := _WRITTEN_BY_NAME.get(found.name):
        return write(value)
    if isinstance(value, bool):
        return translated(_("Yes")) if value else translated(_("No"))
    if isinstance(value, int | float):
        number = str(format_decimal(value, locale=language))
        return translated(_("%(count)s hours")) % {"count": number} if found.name.endswith("_h") else number
    if found.format == "uri":
        return str(value).partition("://")[2].rstrip("/")
    if found.format in ("date", "edtf"):
        return format_edtf(value, language)
    return str(value)


def badges(collection: Collection, item: dict[str, Any]) -> list[str]:
    """Give the badges of an item: the names of a few of its values."""
    found = (item.get(f"{name}_label") for name in _BADGES.get(collection.name, ()))
    return [text for text in found if text]


def card_lines(collection: Collection, item: dict[str, Any]) -> list[str]:
    """Give the lines under an item's name in a list."""
    by_name = {found.name: found for found in collection.properties}
    lines = []
    for name in _CARD.get(collection.name, ("unit_name",)):
        values = [text for text, _url in _values(by_name[name], item)] if name in by_name else []
        if values:
            lines.append(f"{label_of(name)}: {', '.join(values)}" if name in ("from", "until") else ", ".join(values))
    return lines


def days_between(first: str, last: str) -> str:
    """Write a span of days, within a month shortly: “ngày 10–12 tháng 2 năm 2026”, “10–12 February 2026”."""
    return format_days(dt.date.fromisoformat(first), dt.date.fromisoformat(last), current_language())
