"""Who answers for a site, as the public is told it: organisations by name, persons by their role."""

from __future__ import annotations

from typing import Any

from app.heritage.models import Party, Site
from app.publication.schema import Workshop


def render_responsible(workshop: Workshop, site: Site, language: str, *, is_named: bool) -> list[dict[str, Any]]:
    """Give who answers for a site: `role`, `role_label`, `kind`, `name`, `since`, `until`.

    `is_named` says whether the site's place may be told as finely as the name of an organisation tells it.
    """
    return [
        {
            "role": one.role,
            "role_label": workshop.label("custodian_roles", one.role, language),
            "kind": one.party.party_kind,
            "kind_label": workshop.label("party_kinds", one.party.party_kind, language),
            "name": party_name(workshop, one.party, language) if is_named else None,
            "since": one.since,
            "until": one.until,
        }
        for one in site.custodianships
        if one.party.deleted_at is None
    ]


def party_name(workshop: Workshop, party: Party, language: str) -> str | None:
    """Give a party's name where the public may be told it: a published organisation's, a person's with consent."""
    return workshop.text(party.name, language) if party.is_public and party.may_be_named else None
