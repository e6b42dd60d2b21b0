"""What papers say of an intangible element, and of a decision with what it is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.catalogue import KINDS
from app.exchange.papers.asking import Asked, Row
from app.exchange.papers.care_facts import photos_of, threats_of
from app.exchange.papers.site_facts import address_of, decided_address_of, sources_of
from app.exchange.papers.wording import (
    join,
    name_concept,
    name_concepts,
    name_unit,
    say,
    title_of,
    write_date,
    write_short,
)
from app.heritage.models import DecisionItem, Site
from app.heritage.queries import read_chain
from app.heritage.status import derive_standing
from app.records.models import Record


def _other_names(asked: Asked) -> list[Row]:
    return [{"text": one.text, "note": one.note or ""} for one in asked.record.other_names]


def _places(asked: Asked) -> list[Row]:
    if asked.record.places and "places" in asked.withheld:
        return [{"text": asked.withhold("element.places"), "unit": ""}]
    return [
        {
            "text": join([one.text, one.note], "; "),
            "unit": join([title_of(one.site) if one.site else None, name_unit(one.unit)]) or "",
        }
        for one in asked.record.places
    ]


def _practitioners(asked: Asked) -> list[Row]:
    return [
        {
            "name": title_of(one.party),
            "title": name_concept(asked.vocabulary, "artisan_titles", one.title) or "",
            "since": write_date(one.since) or "",
            "note": one.note or "",
        }
        for one in asked.record.practitioners
    ]


def _transmission(asked: Asked) -> str | None:
    state = name_concept(asked.vocabulary, "transmission_states", asked.record.transmission)
    return join([state, asked.record.transmission_note], ". ")


def _standing(asked: Asked) -> str | None:
    standing = derive_standing(read_chain(asked.session, [asked.record.id]), (), asked.day)
    named = [name_concepts(asked.vocabulary, "inscriptions", standing.inscriptions)]
    named.append(name_concepts(asked.vocabulary, "recognitions", standing.recognitions))
    return join([*named, None if standing.is_certain else asked.words["uncertain"]], "; ")


def _items(asked: Asked) -> list[Row]:
    items: Sequence[DecisionItem] = asked.record.items
    # Held by the session while the rows are written.
    records = _read_subjects(asked, items)
    withheld = asked.withheld_of(records)
    return [_item(asked, number, item, withheld[item.record.code]) for number, item in enumerate(items, start=1)]


def _read_subjects(asked: Asked, items: Sequence[DecisionItem]) -> Sequence[Record]:
    """Read what a decision is about, each once, sites with their addresses."""
    keys = {item.record_id for item in items}
    kinds = asked.session.scalars(sa.select(Record.kind).where(Record.id.in_(keys)).distinct()).all()
    found: list[Record] = []
    for kind in sorted(kinds):
        query = sa.select(KINDS[kind].model).where(Record.id.in_(keys))
        if kind == "site":
            query = query.options(selectinload(Site.addresses), selectinload(Site.current_unit))
        found += asked.session.scalars(query).all()
    return found


def _item(asked: Asked, number: int, item: DecisionItem, withheld: frozenset[str]) -> Row:
    record, vocabulary = item.record, asked.vocabulary
    types, address = None, None
    if isinstance(record, Site):
        types = join(record.types_as_ranked, "; ") or name_concepts(vocabulary, "site_types", record.types)
        address = decided_address_of(asked, record, withheld, "decision.items")
        address = address or address_of(asked, record, withheld, "decision.items")
    what = (
        name_concept(vocabulary, "levels", item.level)
        or name_concept(vocabulary, "inscriptions", item.inscription)
        or name_concept(vocabulary, "recognitions", item.recognition)
    )
    article = f"Điều {item.article}" if item.article else None
    clause = f"khoản {item.clause}" if item.clause else None
    return {
        "number": str(number),
        "code": record.code,
        "name": title_of(record),
        "type": types if isinstance(record, Site) else "",
        "address": address if isinstance(record, Site) else "",
        "action": join([name_concept(vocabulary, "decision_actions", item.action), what], ": "),
        "clause": join([clause, article]),
        "note": item.note or "",
    }


FACTS: dict[str, Callable[[Asked], Any]] = {
    "element.code": lambda asked: asked.record.code,
    "element.name": lambda asked: say(asked.record.name),
    "element.other_names": _other_names,
    "element.domain": lambda asked: name_concept(asked.vocabulary, "intangible_domains_2024", asked.record.domain),
    "element.domains_as_recorded": lambda asked: name_concepts(
        asked.vocabulary, "intangible_domains", asked.record.domains_as_recorded
    ),
    "element.places": _places,
    "element.community": lambda asked: say(asked.record.community),
    "element.practitioners": _practitioners,
    "element.schedule": lambda asked: say(asked.record.schedule),
    "element.description": lambda asked: say(asked.record.description),
    "element.significance": lambda asked: say(asked.record.significance),
    "element.transmission": _transmission,
    "element.threats": lambda asked: threats_of(asked, asked.record.threats),
    "element.safeguarding": lambda asked: say(asked.record.safeguarding),
    "element.standing": _standing,
    "element.photos": photos_of,
    "element.sources": lambda asked: sources_of(asked.record),
    "decision.number": lambda asked: asked.record.number,
    "decision.date": lambda asked: write_short(asked.record),
    "decision.issuer": lambda asked: asked.record.issuer or None,
    "decision.subject": lambda asked: say(asked.record.title),
    "decision.items": _items,
}
