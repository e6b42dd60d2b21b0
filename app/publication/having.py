"""HAS: what a feature may have that a reader asks for by `has=`: pictures, hours, a place."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from app.core.localized import LocalizedText
from app.publication.schema import Collection, Projection

Shown = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Having:
    """One thing to have: its name for people, the properties that can hold it, and whether a feature has it.

    Without `within` a place is meant, which any feature can have. `is_had` looks at the properties as they are shown.
    """

    label: LocalizedText
    within: tuple[str, ...]
    is_had: Callable[[Shown], bool]


def _any_of(*names: str) -> Callable[[Shown], bool]:
    return lambda shown: any(shown.get(name) for name in names)


def _recording(kind: str) -> Callable[[Shown], bool]:
    return lambda shown: any(one["kind"] == kind for one in shown.get("recordings") or ())


def _fact(topic: str, *names: str) -> Callable[[Shown], bool]:
    """Tell whether a site's facts for visitors speak of a topic, or another thing's property does."""
    others = _any_of(*names)
    return lambda shown: any(fact["topic"] == topic for fact in shown.get("visit") or ()) or others(shown)


def _property(name: str, vi: str, en: str) -> Having:
    return Having({"vi": vi, "en": en}, (name,), _any_of(name))


HAS: dict[str, Having] = {
    "images": _property("images", "Hình ảnh", "Pictures"),
    "documents": _property("documents", "Tài liệu", "Papers"),
    "recordings": _property("recordings", "Ghi âm, ghi hình", "Sound and film"),
    "audio": Having({"vi": "Ghi âm", "en": "Sound"}, ("recordings",), _recording("sound")),
    "film": Having({"vi": "Phim", "en": "Film"}, ("recordings",), _recording("film")),
    "location": Having({"vi": "Vị trí trên bản đồ", "en": "A place on the map"}, (), lambda _: False),
    "description": _property("description", "Mô tả", "Description"),
    "hours": Having(
        {"vi": "Giờ mở cửa", "en": "Opening hours"}, ("visit", "opening_hours"), _fact("hours", "opening_hours")
    ),
    "ticket": Having({"vi": "Giá vé", "en": "Ticket prices"}, ("visit", "prices"), _fact("ticket", "prices")),
    "website": Having({"vi": "Trang web", "en": "Website"}, ("visit", "website"), _fact("website", "website")),
    "phone": _property("phone", "Điện thoại", "Telephone"),
    "dates": _property("occurrences", "Ngày tổ chức", "Dates"),
    "decisions": _property("decisions", "Quyết định", "Decisions"),
    "components": _property("components", "Thành phần", "Components"),
}


def has_choices(collection: Collection) -> tuple[str, ...]:
    """Give what features of a collection may have."""
    shown = {found.name for found in collection.properties}
    return tuple(name for name, having in HAS.items() if not having.within or not shown.isdisjoint(having.within))


def has_values(projection: Projection) -> list[str]:
    """Give what a feature has, as far as it is shown, in any language."""
    found = {"location"} if projection.place else set()
    for rendering in projection.renderings.values():
        found |= {name for name, having in HAS.items() if having.is_had(rendering.properties)}
    return sorted(found)
