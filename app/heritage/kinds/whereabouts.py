"""In which administrative units records lie, and whose facts depend on whose: asked by keys and codes."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.batches import batches, keys_where
from app.heritage.models import (
    Artefact,
    Custodianship,
    DecisionItem,
    DocumentaryItem,
    IntangibleElement,
    Party,
    PracticePlace,
    Practitioner,
    Site,
    Survey,
    Work,
    Zone,
)
from app.places.gazetteer import Gazetteer
from app.places.models import Unit
from app.records.models import Relation

# Kinds that lie where their site lies.
_OF_A_SITE: tuple[Any, ...] = (Zone, Artefact, DocumentaryItem, Work)


def units_of_records(session: Session, codes: Iterable[str]) -> set[int]:
    """Give the keys of the units of today that records of any kind lie in, named by their codes."""
    wanted = sorted(set(codes))
    if not wanted:
        return set()
    subjects = sa.select(Survey.subject_id).where(Survey.code.in_(wanted))
    sites = sa.union(
        sa.select(Site.id).where(Site.code.in_(wanted)),
        *(sa.select(model.site_id).where(model.code.in_(wanted)) for model in _OF_A_SITE),
        subjects,
        sa.select(Artefact.site_id).where(Artefact.id.in_(subjects)),
    )
    keys = sa.select(sites.subquery().c[0])
    of_elements = PracticePlace.element_id.in_(
        sa.select(IntangibleElement.id).where(IntangibleElement.code.in_(wanted))
    )
    rows = session.execute(
        sa.union_all(
            sa.select(Site.current_unit_id, sa.literal(0)).where(Site.id.in_(keys)),
            # Where an element is practised is known by units of any time.
            sa.select(PracticePlace.unit_id, sa.literal(1)).where(of_elements),
            sa.select(Site.current_unit_id, sa.literal(1))
            .join(PracticePlace, PracticePlace.site_id == Site.id)
            .where(of_elements),
        )
    ).all()
    today, practised = ({key for key, mark in rows if key is not None and mark == which} for which in (0, 1))
    return today | present_units(session, practised)


def present_units(session: Session, unit_ids: Iterable[int]) -> set[int]:
    """Give the keys of the smallest units of today that surely hold places known by units of any time."""
    wanted = set(unit_ids)
    if not wanted:
        return set()
    past = set(session.scalars(sa.select(Unit.id).where(Unit.id.in_(wanted), Unit.valid_to.is_not(None))))
    found = wanted - past
    if past:
        gazetteer = Gazetteer(session)
        for unit_id in past:
            holding = [unit for unit in gazetteer.containing([unit_id], None) if unit.is_in_force]
            above = {other.id for unit in holding for other in gazetteer.ancestry(unit.id)[1:]}
            found |= {unit.id for unit in holding if unit.id not in above}
    return found


def records_of_sites(session: Session, site_ids: Iterable[int]) -> set[int]:
    """Give the keys of the records that bear a site's name, lie where it lies, or are bound by how it may be told.

    Those are its components, what lies at them, and the things that were found there.
    """
    ids = set(site_ids)
    family = ids | _components(session, ids)
    found = {key for model in _OF_A_SITE for key in keys_where(session, model.id, model.site_id, family)}
    found |= keys_where(session, PracticePlace.element_id, PracticePlace.site_id, family)
    found |= keys_where(session, Relation.record_id, Relation.target_id, family)
    return found | keys_where(session, Survey.id, Survey.subject_id, family) | family - ids


def _components(session: Session, site_ids: Iterable[int]) -> set[int]:
    """Give the keys of the components of sites, and of theirs."""
    sites = Site.__table__
    found: set[int] = set()
    for chunk in batches(sorted(site_ids)):
        below = sa.select(sites.c.id).where(sites.c.parent_id.in_(chunk)).cte("below", recursive=True)
        below = below.union_all(sa.select(sites.c.id).where(sites.c.parent_id == below.c.id))
        found.update(session.scalars(sa.select(below.c.id)))
    return found


def records_of_decisions(session: Session, decision_ids: Iterable[int]) -> set[int]:
    """Give the keys of the records that decisions name, and of the zones and works that rest on them."""
    ids = list(decision_ids)
    return (
        keys_where(session, DecisionItem.record_id, DecisionItem.decision_id, ids)
        | keys_where(session, DecisionItem.record_id, DecisionItem.cancels_id, ids)
        | sites_of_zones(session, keys_where(session, Zone.id, Zone.decision_id, ids))
    )


def sites_of_zones(session: Session, zone_ids: Iterable[int]) -> set[int]:
    """Give the keys of the sites that zones protect."""
    return keys_where(session, Zone.site_id, Zone.id, zone_ids)


def subjects_of_surveys(session: Session, survey_ids: Iterable[int]) -> set[int]:
    """Give the keys of the records that were surveyed."""
    return keys_where(session, Survey.subject_id, Survey.id, survey_ids)


def records_of_parties(session: Session, party_ids: Iterable[int]) -> set[int]:
    """Give the keys of the records that parties answer for, keep, practise, surveyed or worked on."""
    ids = list(party_ids)
    pairs: tuple[tuple[Any, Any], ...] = (
        (Custodianship.site_id, Custodianship.party_id),
        (Artefact.id, Artefact.holder_party_id),
        (DocumentaryItem.id, DocumentaryItem.holder_party_id),
        (Practitioner.element_id, Practitioner.party_id),
        (Survey.id, Survey.surveyor_party_id),
        (Work.id, Work.contractor_party_id),
        (Party.id, Party.successor_id),
    )
    return {key for wanted, column in pairs for key in keys_where(session, wanted, column, ids)}
