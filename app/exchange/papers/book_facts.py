"""What the register book says: the sites of a unit, a level or an inventory list, as the law has them on a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.errors import InvalidInput
from app.core.text import fold
from app.exchange.papers.asking import Asked, Row
from app.exchange.papers.care_facts import holds
from app.exchange.papers.site_facts import address_of
from app.exchange.papers.wording import join, name_concept, name_concepts, name_decision, name_unit, title_of
from app.heritage.models import Custodianship, DecisionItem, Site
from app.heritage.queries import read_chain
from app.heritage.status import INVENTORIED, LEVELS, Standing, derive_standing
from app.places.models import Unit
from app.records.models import Record
from app.records.register import RegisterEntry, RegisterFacet

UNRANKED = "unranked"
# More rows than a book that anybody prints; whoever has more chooses a unit.
MOST_ROWS = 2000
# Of so many the standing on a day is derived within a request.
_MOST_LOOKED_AT = 5000
_NO_LEVEL = "Chưa xếp hạng, chưa kiểm kê"
_ORDER = (*LEVELS, INVENTORIED, UNRANKED)


def _sites(asked: Asked) -> Sequence[Site]:
    """Read the sites that the book may hold, by name; whether their standing is the one asked for is said later."""
    query = sa.select(Site).where(Record.deleted_at.is_(None), Record.version > 0)
    if asked.book.unit:
        within = (
            sa.select(RegisterEntry.record_id)
            .join(RegisterFacet, RegisterFacet.entry_id == RegisterEntry.id)
            .where(RegisterFacet.name == "within", RegisterFacet.value == asked.book.unit, RegisterFacet.kind == "site")
        )
        query = query.where(Site.id.in_(within))
    if not asked.book.with_components:
        query = query.where(Site.parent_id.is_(None))
    count = asked.session.scalar(sa.select(sa.func.count()).select_from(query.subquery())) or 0
    if count > _MOST_LOOKED_AT:
        raise _too_long(count)
    whole = query.options(
        selectinload(Site.other_names),
        selectinload(Site.inventory_entries),
        selectinload(Site.custodianships).selectinload(Custodianship.party),
        selectinload(Site.current_unit),
    )
    found = asked.session.scalars(whole).all()
    return sorted(found, key=lambda site: (fold(title_of(site)), site.code))


def _chosen(asked: Asked) -> list[tuple[Site, Standing]]:
    """Give the book's sites with their standing on the day, the highest level first."""
    if "book" not in asked.kept:
        asked.kept["book"] = _choose(asked)
    chosen: list[tuple[Site, Standing]] = asked.kept["book"]
    return chosen


def _choose(asked: Asked) -> list[tuple[Site, Standing]]:
    sites = _sites(asked)
    chains: dict[int, list[DecisionItem]] = {}
    for item in read_chain(asked.session, [site.id for site in sites]):
        chains.setdefault(item.record_id, []).append(item)
    wanted = asked.book
    found = []
    for site in sites:
        standing = derive_standing(chains.get(site.id, ()), site.inventory_entries, asked.day)
        lists = {one.list_name for one in site.inventory_entries if holds(asked, one.listed_from, one.listed_until)}
        if wanted.level and (standing.level or UNRANKED) != wanted.level:
            continue
        if wanted.inventory and wanted.inventory not in lists:
            continue
        found.append((site, standing))
    if len(found) > MOST_ROWS:
        raise _too_long(len(found))
    return sorted(found, key=lambda one: _ORDER.index(one[1].level or UNRANKED))


def _too_long(count: int) -> InvalidInput:
    return InvalidInput(
        "This book would be made of %(count)s sites; at most %(most)s fit. Choose a unit.", count=count, most=MOST_ROWS
    )


def _name_level(asked: Asked, level: str | None) -> str:
    return name_concept(asked.vocabulary, "levels", level) or _NO_LEVEL


def _rows(asked: Asked) -> list[Row]:
    chosen = _chosen(asked)
    withheld = asked.withheld_of([site for site, _ in chosen])
    return [
        _row(asked, number, site, standing, withheld[site.code])
        for number, (site, standing) in enumerate(chosen, start=1)
    ]


def _row(asked: Asked, number: int, site: Site, standing: Standing, withheld: frozenset[str]) -> Row:
    giving = [step for step in standing.chain if step.is_in_force and step.item.level == standing.level]
    custodians = (title_of(one.party) for one in site.custodianships if holds(asked, one.since, one.until))
    inscriptions = name_concepts(asked.vocabulary, "inscriptions", standing.inscriptions)
    decided = join((name_decision(step.decision) for step in giving), "; ")
    is_ranked = standing.level in LEVELS
    return {
        "number": str(number),
        "code": site.code,
        "name": title_of(site),
        "other_names": join(one.text for one in site.other_names) or "",
        "type": name_concepts(asked.vocabulary, "site_types", site.types),
        "address": address_of(asked, site, withheld, "book.rows"),
        "level": _name_level(asked, standing.level),
        "decision": decided if is_ranked else decided or "",
        "custodian": join(dict.fromkeys(custodians), "; "),
        "note": join([inscriptions, None if standing.is_certain else asked.words["uncertain"]], "; ") or "",
    }


def _totals(asked: Asked) -> list[Row]:
    counts = Counter(standing.level or UNRANKED for _, standing in _chosen(asked))
    return [
        {"level": _name_level(asked, None if level == UNRANKED else level), "count": str(counts[level])}
        for level in _ORDER
        if counts[level]
    ]


def _scope(asked: Asked) -> str:
    wanted = asked.book
    unit = asked.session.scalar(sa.select(Unit).where(Unit.public_id == wanted.unit)) if wanted.unit else None
    level = _name_level(asked, None if wanted.level == UNRANKED else wanted.level) if wanted.level else None
    parts = [
        f"Địa bàn: {name_unit(unit)}" if unit else "Toàn bộ địa bàn quản lý",
        f"cấp xếp hạng: {level}" if level else None,
        f"danh mục: {wanted.inventory}" if wanted.inventory else None,
        None if wanted.with_components else "không kể di tích thành phần",
    ]
    return join(parts, "; ") or ""


FACTS: dict[str, Callable[[Asked], Any]] = {
    "book.scope": _scope,
    "book.count": lambda asked: str(len(_chosen(asked))),
    "book.totals": _totals,
    "book.rows": _rows,
}
