"""How exactly a place may be told: what a record says itself, and what binds it from above."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.heritage.models import Artefact, DocumentaryItem, LocationPolicy, Site
from app.records.kinds import Withheld
from app.records.models import Revision, RevisionState

_STRICTNESS = [LocationPolicy.EXACT, LocationPolicy.BLURRED, LocationPolicy.UNIT_ONLY, LocationPolicy.HIDDEN]
_OPEN = LocationPolicy.EXACT
_UNDER_WAY = (RevisionState.DRAFT, RevisionState.IN_REVIEW)
_BLURRED_BY_DEFAULT = frozenset({"archaeological"})
# The relation of a thing to the site where it was found.
FOUND_AT = "found_at"


def strictest(*policies: LocationPolicy) -> LocationPolicy:
    """Give the strictest of some policies; exact when there is none."""
    return max(policies, key=_STRICTNESS.index, default=_OPEN)


def own_policy(policy: object, types: object) -> LocationPolicy:
    """Give the policy a reviewer set, or the default of a site's types: archaeology is blurred, all else exact."""
    if policy in list(LocationPolicy):
        return LocationPolicy(str(policy))
    is_blurred = isinstance(types, list) and not _BLURRED_BY_DEFAULT.isdisjoint(map(str, types))
    return LocationPolicy.BLURRED if is_blurred else LocationPolicy.EXACT


def binding_policy(site: Site) -> LocationPolicy:
    """Give the strictest policy among a site and all it is a component of, published or not."""
    found = own_policy(site.location_policy, site.types)
    above = site.parent
    while above is not None:
        found = strictest(found, own_policy(above.location_policy, above.types))
        above = above.parent
    return found


def binding_policies(session: Session, codes: Iterable[str], *, is_proposed: bool = False) -> dict[str, LocationPolicy]:
    """Give the same for many sites by their codes; what is no site's code is left out.

    A site that does not stand is bound by all that anybody ever proposed of it, given up or not; one that stands, with
    `is_proposed`, by what is under way, too. In one statement, and one more for each generation of proposed sites.
    """
    found: dict[str, LocationPolicy] = {}
    above: dict[str, set[str]] = {}
    wanted = {*codes} - {""}
    asked: set[str] = set()
    while wanted:
        for code, policy, parent in _read_policies(session, sorted(wanted), is_proposed=is_proposed):
            found[code] = strictest(found.get(code, _OPEN), policy)
            if parent:
                above.setdefault(code, set()).add(parent)
        asked |= wanted
        wanted = {parent for parents in above.values() for parent in parents} - asked
    # As often as there are generations at most, for a proposal may name anything.
    for _ in above:
        for code, parents in above.items():
            found[code] = strictest(found[code], *(found[parent] for parent in parents if parent in found))
    return found


def _read_policies(
    session: Session, codes: Sequence[str], *, is_proposed: bool
) -> Iterator[tuple[str, LocationPolicy, str]]:
    """Give, for sites by their codes, each policy that binds them, and the parent that a proposal names."""
    stands = sa.exists().where(Site.code == Revision.code)
    counts = sa.or_(Revision.state.in_(_UNDER_WAY), sa.not_(stands)) if is_proposed else sa.not_(stands)
    proposals = sa.select(
        Revision.code,
        sa.cast(sa.null(), sa.String).label("policy"),
        sa.cast(sa.null(), sa.JSON).label("types"),
        Revision.payload,
    ).where(Revision.kind == "site", Revision.code.in_(codes), Revision.state != RevisionState.ACCEPTED, counts)
    standing = _lineage(codes).add_columns(sa.cast(sa.null(), sa.JSON).label("payload"))
    for code, policy, types, payload in session.execute(standing.union_all(proposals)):
        if payload is None:
            yield code, own_policy(policy, types), ""
        else:
            yield code, _said_policy(payload), _code(payload, "parent")


def _standing_policies(session: Session, codes: Sequence[str]) -> dict[str, LocationPolicy]:
    found: dict[str, LocationPolicy] = {}
    for code, policy, types in session.execute(_lineage(codes)) if codes else ():
        found[code] = strictest(found.get(code, _OPEN), own_policy(policy, types))
    return found


def _lineage(codes: Sequence[str]) -> sa.Select[Any]:
    """Ask for what sites, by their codes, and all that they belong to say of their places."""
    sites = Site.__table__
    named = sa.select(Site.code, Site.id.label("site_id"), Site.parent_id).where(Site.code.in_(codes))
    lineage = named.cte("lineage", recursive=True)
    above = sa.select(lineage.c.code, sites.c.id, sites.c.parent_id).where(sites.c.id == lineage.c.parent_id)
    lineage = lineage.union_all(above)
    policies = sa.select(lineage.c.code, sites.c.location_policy.label("policy"), sites.c.types.label("types"))
    return policies.join(sites, sites.c.id == lineage.c.site_id)


def keeping_policy(thing: Artefact | DocumentaryItem) -> LocationPolicy:
    """Give what binds telling where a thing is kept: its own policy, and that of the site where it is."""
    own = LocationPolicy(thing.location_policy) if thing.location_policy else LocationPolicy.EXACT
    return strictest(own, binding_policy(thing.site)) if thing.site else own


def finding_policy(thing: Artefact | DocumentaryItem) -> LocationPolicy:
    """Give what binds telling where a thing was found: its own policy, and those of the sites it is related to so."""
    own = LocationPolicy(thing.location_policy) if thing.location_policy else LocationPolicy.EXACT
    sites = [one.target for one in thing.relations if one.relation == FOUND_AT and isinstance(one.target, Site)]
    return strictest(own, *(binding_policy(site) for site in sites))


def withhold(*fields: str, without_site: LocationPolicy = _OPEN) -> Withheld:
    """Give a `Kind.withheld` that names `fields` where the site named in `site` is told less than exactly.

    `without_site` counts where a draft names none. A site that nobody knows is told to nobody.
    """

    def withheld(
        session: Session, payloads: Sequence[Mapping[str, Any]], *, is_proposed: bool = False
    ) -> list[tuple[str, ...]]:
        codes = [_code(payload, "site") for payload in payloads]
        known = binding_policies(session, codes, is_proposed=is_proposed)
        policies = (known.get(code, LocationPolicy.HIDDEN) if code else without_site for code in codes)
        return [() if policy == _OPEN else fields for policy in policies]

    return withheld


def withhold_of_sites(*fields: str) -> Withheld:
    """Give the `Kind.withheld` of sites: they are bound by how they stand, what a payload says, and what is above."""

    def withheld(
        session: Session, payloads: Sequence[Mapping[str, Any]], *, is_proposed: bool = False
    ) -> list[tuple[str, ...]]:
        codes = sorted({_code(payload, "code") for payload in payloads} - {""})
        standing = _standing_policies(session, codes)
        parents = [_code(payload, "parent") for payload in payloads]
        above = binding_policies(session, parents, is_proposed=is_proposed)
        policies = (
            strictest(
                standing.get(_code(payload, "code"), _OPEN),
                _said_policy(payload),
                above.get(_code(payload, "parent"), _OPEN),
            )
            for payload in payloads
        )
        return [() if policy == _OPEN else fields for policy in policies]

    return withheld


def _said_policy(payload: Mapping[str, Any]) -> LocationPolicy:
    return own_policy(payload.get("location_policy"), payload.get("types"))


def _code(payload: Mapping[str, Any], name: str) -> str:
    """Give a code that a payload, however incomplete, names."""
    found = payload.get(name)
    return found if isinstance(found, str) else ""


def withhold_rows(field: str) -> Withheld:
    """Give a `Kind.withheld` that names `field` where one of its rows names a `site` told less than exactly."""

    def withheld(
        session: Session, payloads: Sequence[Mapping[str, Any]], *, is_proposed: bool = False
    ) -> list[tuple[str, ...]]:
        sites = [_sites_in(payload.get(field)) for payload in payloads]
        known = binding_policies(session, chain.from_iterable(sites), is_proposed=is_proposed)
        are_open = (all(known.get(code) == _OPEN for code in codes) for codes in sites)
        return [() if is_open else (field,) for is_open in are_open]

    return withheld


def _sites_in(rows: object) -> list[str]:
    """Give the codes of sites that rows of a draft, however incomplete, name."""
    found = (row.get("site") for row in rows if isinstance(row, Mapping)) if isinstance(rows, list) else ()
    return [code for code in found if isinstance(code, str) and code]
