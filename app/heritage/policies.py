"""How exactly a place may be told: what a record says itself, and what binds it from above."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import chain
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.heritage.models import Artefact, DocumentaryItem, LocationPolicy, Site
from app.records.models import Revision, RevisionState

_STRICTNESS = [LocationPolicy.EXACT, LocationPolicy.BLURRED, LocationPolicy.UNIT_ONLY, LocationPolicy.HIDDEN]
_OPEN = LocationPolicy.EXACT
_BLURRED_BY_DEFAULT = frozenset({"archaeological"})
# The relation of a thing to the site where it was found.
FOUND_AT = "found_at"


def strictest(*policies: LocationPolicy) -> LocationPolicy:
    """Give the strictest of some policies; exact when there is none."""
    return max(policies, key=_STRICTNESS.index, default=LocationPolicy.EXACT)


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


def binding_policies(session: Session, codes: Iterable[str]) -> dict[str, LocationPolicy]:
    """Give the same for many sites by their codes; one that waits for its acceptance is bound by what its drafts say.

    In one statement for those that stand, and one more for others; what is no site's code is left out.
    """
    wanted = {*codes} - {""}
    found = _standing_policies(session, wanted)
    return found | _pending_policies(session, wanted - found.keys())


def _pending_policies(session: Session, codes: set[str]) -> dict[str, LocationPolicy]:
    if not codes:
        return {}
    pending = (RevisionState.DRAFT, RevisionState.IN_REVIEW, RevisionState.REJECTED)
    query = sa.select(Revision.code, Revision.payload).where(Revision.kind == "site", Revision.code.in_(sorted(codes)))
    drafts = session.execute(query.where(Revision.state.in_(pending))).all()
    parents = {str(payload.get("parent") or "") for _, payload in drafts}
    # A draft's parent that is a draft itself binds by what it says alone.
    above = _standing_policies(session, parents - {""})
    found: dict[str, LocationPolicy] = {}
    for code, payload in drafts:
        own = own_policy(payload.get("location_policy"), payload.get("types"))
        inherited = above.get(str(payload.get("parent")), LocationPolicy.EXACT)
        found[code] = strictest(found.get(code, LocationPolicy.EXACT), own, inherited)
    return found


def _standing_policies(session: Session, codes: set[str]) -> dict[str, LocationPolicy]:
    wanted = sorted(codes)
    if not wanted:
        return {}
    sites = Site.__table__
    named = sa.select(Site.code, Site.id.label("site_id"), Site.parent_id).where(Site.code.in_(wanted))
    lineage = named.cte("lineage", recursive=True)
    above = sa.select(lineage.c.code, sites.c.id, sites.c.parent_id).where(sites.c.id == lineage.c.parent_id)
    lineage = lineage.union_all(above)
    policies = sa.select(lineage.c.code, sites.c.location_policy, sites.c.types)
    found: dict[str, LocationPolicy] = {}
    for code, policy, types in session.execute(policies.join(sites, sites.c.id == lineage.c.site_id)):
        found[code] = strictest(found.get(code, LocationPolicy.EXACT), own_policy(policy, types))
    return found


def keeping_policy(thing: Artefact | DocumentaryItem) -> LocationPolicy:
    """Give what binds telling where a thing is kept: its own policy, and that of the site where it is."""
    own = LocationPolicy(thing.location_policy) if thing.location_policy else LocationPolicy.EXACT
    return strictest(own, binding_policy(thing.site)) if thing.site else own


def finding_policy(thing: Artefact | DocumentaryItem) -> LocationPolicy:
    """Give what binds telling where a thing was found: its own policy, and those of the sites it is related to so."""
    own = LocationPolicy(thing.location_policy) if thing.location_policy else LocationPolicy.EXACT
    sites = [one.target for one in thing.relations if one.relation == FOUND_AT and isinstance(one.target, Site)]
    return strictest(own, *(binding_policy(site) for site in sites))


# How a kind says what is withheld of each of some payloads; see `records.kinds.Kind`.
Withheld = Callable[[Session, Sequence[Mapping[str, Any]]], list[tuple[str, ...]]]


def withhold(*fields: str, site: str = "site") -> Withheld:
    """Give a `Kind.withheld` that names `fields` where the site named in `site` is told less than exactly.

    Of a site itself (`site="code"`) that no register has yet, decides what the payload says, and what it belongs to.
    """

    def withheld(session: Session, payloads: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
        codes = [str(payload.get(site)) for payload in payloads]
        parents = [str(payload.get("parent")) if site == "code" else "" for payload in payloads]
        known = binding_policies(session, codes + parents)
        policies = [
            known.get(code) or (_said(payload, known.get(parent)) if site == "code" else LocationPolicy.EXACT)
            for payload, code, parent in zip(payloads, codes, parents, strict=True)
        ]
        return [fields if policy != LocationPolicy.EXACT else () for policy in policies]

    def _said(payload: Mapping[str, Any], above: LocationPolicy | None) -> LocationPolicy:
        own = own_policy(payload.get("location_policy"), payload.get("types"))
        return strictest(own, above or LocationPolicy.EXACT)

    return withheld


def withhold_rows(field: str) -> Withheld:
    """Give a `Kind.withheld` that names `field` where one of its rows names a `site` told less than exactly."""

    def withheld(session: Session, payloads: Sequence[Mapping[str, Any]]) -> list[tuple[str, ...]]:
        sites = [_sites_in(payload.get(field)) for payload in payloads]
        known = binding_policies(session, chain.from_iterable(sites))
        are_open = (all(known.get(code, _OPEN) == _OPEN for code in codes) for codes in sites)
        return [() if is_open else (field,) for is_open in are_open]

    return withheld


def _sites_in(rows: object) -> list[str]:
    """Give the codes of sites that rows of a draft, however incomplete, name."""
    found = (row.get("site") for row in rows if isinstance(row, Mapping)) if isinstance(rows, list) else ()
    return [code for code in found if isinstance(code, str)]
