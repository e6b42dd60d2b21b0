"""How exactly a place may be told: what a record says itself, and what binds it from above."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.heritage.models import Artefact, DocumentaryItem, LocationPolicy, Site

_STRICTNESS = [LocationPolicy.EXACT, LocationPolicy.BLURRED, LocationPolicy.UNIT_ONLY, LocationPolicy.HIDDEN]
_BLURRED_BY_DEFAULT = frozenset({"archaeological"})
# The relation of a thing to the site where it was found.
FOUND_AT = "found_at"


def strictest(*policies: LocationPolicy) -> LocationPolicy:
    """Give the strictest of some policies; exact when there is none."""
    return max(policies, key=_STRICTNESS.index, default=LocationPolicy.EXACT)


def own_policy(site: Site) -> LocationPolicy:
    """Give the policy a reviewer set, or the default of the site's types: archaeology is blurred, all else exact."""
    if site.location_policy:
        return LocationPolicy(site.location_policy)
    return LocationPolicy.BLURRED if _BLURRED_BY_DEFAULT.intersection(site.types) else LocationPolicy.EXACT


def binding_policy(site: Site) -> LocationPolicy:
    """Give the strictest policy among a site and all it is a component of, published or not."""
    found = own_policy(site)
    above = site.parent
    while above is not None:
        found = strictest(found, own_policy(above))
        above = above.parent
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


def withhold(*fields: str, site: str = "site") -> Callable[[Session, Mapping[str, Any]], tuple[str, ...]]:
    """Give a `Kind.withheld` that names `fields` where the site named in `site` is told less than exactly.

    Of a site itself (`site="code"`) that no register has yet, what the payload says of its policy decides.
    """

    def withheld(session: Session, payload: Mapping[str, Any]) -> tuple[str, ...]:
        code = payload.get(site)
        found = session.scalar(sa.select(Site).where(Site.code == code)) if isinstance(code, str) else None
        if found is not None:
            policy = binding_policy(found)
        elif site == "code":
            policy = own_policy(Site(location_policy=payload.get("location_policy"), types=payload.get("types") or []))
        else:
            policy = LocationPolicy.EXACT
        return fields if policy != LocationPolicy.EXACT else ()

    return withheld
