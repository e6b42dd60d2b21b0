"""What papers say of a site: what it is called, where it lies, what the law says of it, what it is worth."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from app.exchange.papers.asking import Asked, Row
from app.exchange.papers.wording import (
    join,
    name_concept,
    name_concepts,
    name_unit,
    say,
    title_of,
    write_date,
    write_metres,
    write_short,
)
from app.heritage.models import IntangibleElement, InventoryEntry, Site
from app.places.coordinates import to_grid
from app.records.models import Record, Relation

_ROLES = {"main": "Vị trí chính", "entrance": "Lối vào", "part": "Một phần di tích"}


def _other_names(asked: Asked) -> list[Row]:
    return [{"text": one.text, "note": one.note or ""} for one in asked.record.other_names]


def _level(asked: Asked) -> str | None:
    standing = asked.standing
    named = name_concept(asked.vocabulary, "levels", standing.level)
    return join([named, None if standing.is_certain or not named else asked.words["uncertain"]], " ")


def _inscriptions(asked: Asked) -> str | None:
    return name_concepts(asked.vocabulary, "inscriptions", asked.standing.inscriptions)


def _decisions(asked: Asked) -> list[Row]:
    rows: list[Row] = []
    for step in asked.standing.chain:
        what = step.item.level or step.item.inscription or step.item.recognition
        scheme = "levels" if step.item.level else "inscriptions" if step.item.inscription else "recognitions"
        action = name_concept(asked.vocabulary, "decision_actions", step.item.action)
        is_giving = step.item.action in ("rank", "supplement", "inscribe", "recognise")
        rows.append(
            {
                "number": step.decision.number,
                "date": write_short(step.decision),
                "issuer": step.decision.issuer or None,
                "action": join([action, name_concept(asked.vocabulary, scheme, what)], ": "),
                "state": ("Còn hiệu lực" if step.is_in_force else "Hết hiệu lực") if is_giving else "",
            }
        )
    return rows


def _listings(asked: Asked) -> list[Row]:
    entries: list[InventoryEntry] = asked.record.inventory_entries
    return [
        {"list": one.list_name, "since": write_date(one.listed_from), "until": write_date(one.listed_until) or ""}
        for one in entries
    ]


def _address(asked: Asked) -> str | None:
    return address_of(asked, asked.record, asked.withheld, "site.address")


def address_of(asked: Asked, site: Site, withheld: frozenset[str], path: str) -> str | None:
    """Give a site's present address; without its detail where that is withheld."""
    detail = site.address_detail
    if detail and "address_detail" in withheld:
        asked.withhold(path)
        detail = None
    return join([detail, name_unit(site.current_unit)])


def _decided_address(asked: Asked) -> str | None:
    return decided_address_of(asked, asked.record, asked.withheld, "site.decided_address")


def decided_address_of(asked: Asked, site: Site, withheld: frozenset[str], path: str) -> str | None:
    """Give a site's address as the decision writes it."""
    decided = [one.text for one in site.addresses if one.role == "as_decided"]
    if decided and "addresses" in withheld:
        return asked.withhold(path)
    return join(decided, "; ")


def _former_addresses(asked: Asked) -> list[Row]:
    former = [one for one in asked.record.addresses if one.role != "as_decided"]
    if former and "addresses" in asked.withheld:
        return [{"text": asked.withhold("site.former_addresses"), "until": "", "reason": ""}]
    former.sort(key=lambda one: str(one.valid_to or "9999"))
    rows: list[Row] = []
    for one in former:
        until = write_date(one.valid_to)
        rows.append({"text": one.text, "until": f"đến {until}" if until else None, "reason": one.reason})
    return rows


def _route(asked: Asked) -> str | None:
    return join((one.value for one in asked.record.visit_facts if one.topic == "access"), "; ")


def _coordinates(asked: Asked) -> list[Row]:
    places = list(asked.record.locations)
    if places and "locations" in asked.withheld:
        return [{"role": asked.withhold("site.coordinates"), "x": "", "y": "", "accuracy": ""}]
    rows: list[Row] = []
    for one in places:
        middle = one.geom.representative_point()
        point = to_grid(middle.x, middle.y, asked.settings.grid)
        rows.append(
            {
                "role": _ROLES.get(one.role, one.role),
                "x": write_metres(point.north_m),
                "y": write_metres(point.east_m),
                "accuracy": f"± {one.accuracy_m} m" if one.accuracy_m else None,
            }
        )
    return rows


def _intangible(asked: Asked) -> list[Row]:
    """Give the intangible elements that name the site, or that it names."""
    named = sa.select(Relation.record_id).where(Relation.target_id == asked.record.id)
    naming = sa.select(Relation.target_id).where(Relation.record_id == asked.record.id)
    places = IntangibleElement.places.any(site_id=asked.record.id)
    query = sa.select(IntangibleElement).where(
        sa.or_(IntangibleElement.id.in_(named), IntangibleElement.id.in_(naming), places), Record.deleted_at.is_(None)
    )
    found = list(asked.session.scalars(query.order_by(Record.code)))
    withheld = asked.withheld_of(found)
    # By its places it would tell where the site is.
    told = [one for one in found if "places" not in withheld[one.code]]
    if len(told) < len(found):
        asked.withhold("site.intangible")
    return [{"name": title_of(one), "schedule": say(one.schedule) or ""} for one in told]


def _components(asked: Asked) -> list[Row]:
    parts = [one for one in asked.record.components if one.deleted_at is None]
    return [{"code": one.code, "name": title_of(one)} for one in parts]


def _sources(asked: Asked) -> list[Row]:
    return sources_of(asked.record)


def sources_of(record: Record) -> list[Row]:
    """Give what a record rests on, each source once."""
    texts = (join([one.citation, one.page, write_date(one.published)]) for one in record.sources)
    return [{"text": text} for text in dict.fromkeys(texts)]


FACTS: dict[str, Callable[[Asked], Any]] = {
    "site.code": lambda asked: asked.record.code,
    "site.name": lambda asked: say(asked.record.name),
    "site.other_names": _other_names,
    "site.parent": lambda asked: title_of(asked.record.parent) if asked.record.parent else "",
    "site.types": lambda asked: name_concepts(asked.vocabulary, "site_types", asked.record.types),
    "site.types_as_ranked": lambda asked: join(asked.record.types_as_ranked, "; "),
    "site.level": _level,
    "site.inscriptions": lambda asked: _inscriptions(asked) or "",
    "site.decisions": _decisions,
    "site.listings": _listings,
    "site.period": lambda asked: say(asked.record.period) or write_date(asked.record.dated),
    "site.address": _address,
    "site.decided_address": _decided_address,
    "site.former_addresses": _former_addresses,
    "site.route": _route,
    "site.coordinates": _coordinates,
    "site.description": lambda asked: say(asked.record.description),
    "site.significance": lambda asked: say(asked.record.significance),
    "site.intangible": _intangible,
    "site.components": _components,
    "site.sources": _sources,
}
