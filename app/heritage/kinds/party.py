"""The kind `party`: how its payload becomes rows, and what the register's index says of it."""

from __future__ import annotations

from typing import Any

from sqlalchemy.orm import Session

from app.config import Settings
from app.core.errors import InvalidInput
from app.heritage.kinds.whereabouts import records_of_parties
from app.heritage.models import Consent, OtherName, Party
from app.heritage.schemas import PartySchema
from app.places.entries import read_unit_id
from app.records.kinds import Facts, Kind, label_from
from app.records.parts import apply_common, named_record, sync_parts, write_fields
from app.vocabularies.checks import check_codes, check_doubts, check_parts


def apply_party(session: Session, settings: Settings, party: Party, data: dict[str, Any]) -> None:
    """Write a party's payload into its rows."""
    del settings
    check_codes(session, "party_kinds", [data["party_kind"]], "party_kind")
    check_parts(session, data, "consents", scope="consent_scopes")
    check_doubts(session, data)
    apply_common(session, party, data)
    write_fields(party, data, "name", "party_kind", "role", "address", "phone", "email", "website")
    write_fields(party, data, "valid_from", "valid_to", "note")
    party.unit_id = read_unit_id(session, data["unit"], "unit")
    successor = named_record(session, Party, data["successor"], "successor")
    _check_succession(party, successor)
    party.successor = successor
    sync_parts(party.other_names, data["other_names"], OtherName)
    sync_parts(party.consents, data["consents"], Consent)


def _check_succession(party: Party, successor: Party | None) -> None:
    """Refuse a successor that the party itself succeeds."""
    after = successor
    while after is not None:
        if after is party:
            raise InvalidInput(
                "successor: %(value)s is succeeded by %(code)s itself.",
                field="successor",
                value=successor.code if successor else "",
                code=party.code,
            )
        after = after.successor


def _describe(session: Session, party: Party) -> Facts:
    del session
    has_contact = any((party.address, party.phone, party.email, party.website))
    return Facts(
        label=party.name,
        names=tuple(other.text for other in party.other_names),
        texts=tuple(text for text in (party.address, party.phone, party.email) if text),
        unit_ids=(party.unit_id,) if party.unit_id else (),
        gaps=() if has_contact else ("no_contact",),
        values=(("party_kind", party.party_kind),),
    )


PARTY = Kind(
    name="party",
    plural="parties",
    title="Party",
    prefix="P",
    model=Party,
    schema=PartySchema,
    apply=apply_party,
    describe=_describe,
    label=label_from("name"),
    dependents=records_of_parties,
)
