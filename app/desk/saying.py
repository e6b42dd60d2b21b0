"""What a record says, as its pages show it: its fields in the groups of its form, its places, its doubts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from app.desk.context import say
from app.desk.forms.labels import GROUPS, group_of
from app.desk.labels import COMMON
from app.desk.places import derive_place
from app.desk.present import Names, Shown, show_fields
from app.records.kinds import Kind

# Fields that a page shows in sections of their own.
APART = {
    "site": ("addresses", "current_unit", "address_detail", "locations"),
    "decision": ("items",),
    "media": ("file",),
}


def say_groups(
    kind: Kind,
    payload: Mapping[str, Any],
    names: Names,
    withheld: frozenset[str],
    *,
    apart: Iterable[str] = (),
) -> list[tuple[str, list[Shown]]]:
    """Group what a record says as its form does, but for what has a section of its own."""
    left = {*COMMON, *apart}
    by_group: dict[str, list[str]] = {}
    for name in kind.schema().fields:
        if name not in left:
            by_group.setdefault(group_of(kind.name, name), []).append(name)
    shown_groups = []
    for group, title in GROUPS.items():
        found = show_fields(kind, payload, by_group.get(group, ()), names, withheld)
        if found:
            shown_groups.append((say(title), found))
    return shown_groups


def say_places(payload: Mapping[str, Any], names: Names, withheld: frozenset[str], settings: Any) -> dict[str, Any]:
    """Give a site's three addresses, and its locations as they were entered and derived."""
    addresses = [row for row in payload.get("addresses") or [] if isinstance(row, Mapping)]
    unit = payload.get("current_unit")
    past = [row for row in addresses if row.get("role") != "as_decided"]
    return {
        "withheld": withheld,
        "decided": [row for row in addresses if row.get("role") == "as_decided"],
        "historical": sorted(past, key=lambda row: str(row.get("valid_to") or "9999")),
        "unit": names.unit(unit) if isinstance(unit, str) and unit else "",
        "detail": payload.get("address_detail") or "",
        "locations": []
        if "locations" in withheld
        else [derive_place(settings, row) for row in payload.get("locations") or [] if isinstance(row, Mapping)],
    }


def say_doubts(payload: Mapping[str, Any], names: Names) -> list[dict[str, Any]]:
    """Give the doubts about a record, the open ones first."""
    rows = [row for row in payload.get("doubts") or [] if isinstance(row, Mapping)]
    doubts = [{**row, "label": names.concept("doubts", str(row.get("tag", "")))} for row in rows]
    return sorted(doubts, key=lambda row: bool(row.get("resolved_on")))
