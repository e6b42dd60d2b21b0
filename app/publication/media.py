"""The media that stand with a record in public: which those are, by what is told of the places that they tell."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, joinedload, selectinload

from app.core.batches import batches, keys_where
from app.heritage.models import (
    Artefact,
    DecisionItem,
    DocumentaryItem,
    LocationPolicy,
    PracticePlace,
    Site,
    Survey,
    Work,
    Zone,
)
from app.heritage.policies import FOUND_AT, binding_policies
from app.media.models import Medium, Placement, StoredFile
from app.records.models import Relation, Visibility
from app.tourism.models import Event, Notice, Stop, VisitorPlace


class Shown(NamedTuple):
    """A public medium, its file, which has its renditions, and the role in which it stands with a record."""

    medium: Medium
    file: StoredFile
    role: str


def find_media(session: Session, keys: Iterable[int]) -> dict[int, list[Shown]]:
    """Give the media that the public may see of records and of the decisions about them, by the keys of these.

    Covers come first, then it goes by rank and code. A picture or a paper tells a place. One that stands with anything
    whose place is told less than exactly is shown nowhere, unless a reviewer has said of it that it tells nothing.
    """
    found: dict[int, dict[tuple[bool, int, str], Shown]] = {}
    for chunk in batches(sorted(keys)):
        decisions = sa.select(DecisionItem.decision_id).where(DecisionItem.record_id.in_(chunk))
        query = (
            sa.select(Placement, Medium, StoredFile)
            .join(Medium, Medium.id == Placement.medium_id)
            .join(StoredFile, StoredFile.id == Medium.file_id)
            .where(
                Placement.target_id.in_(chunk) | Placement.target_id.in_(decisions),
                Medium.visibility == Visibility.PUBLIC,
                Medium.deleted_at.is_(None),
                StoredFile.rendered_at.is_not(None),
            )
            .options(selectinload(StoredFile.renditions), joinedload(StoredFile.pyramid))
        )
        rows = session.execute(query).all()
        withheld = _telling(session, {medium.id for _, medium, _ in rows if not medium.is_place_cleared})
        for placement, medium, file in rows:
            if medium.id not in withheld:
                # A decision may be about records of several chunks.
                order = (placement.role != "cover", placement.rank, medium.code)
                found.setdefault(placement.target_id, {})[order] = Shown(medium, file, placement.role)
    return {key: [rows[order] for order in sorted(rows)] for key, rows in found.items()}


def _telling(session: Session, medium_ids: set[int]) -> set[int]:
    """Give the media, by their keys, that stand with anything whose place is told less than exactly."""
    if not medium_ids:
        return set()
    of_medium = sa.select(Placement.target_id).where(Placement.medium_id.in_(medium_ids))
    targets = _with_subjects(of_medium)
    places = _places_of(targets).subquery()
    rows = session.execute(sa.select(places.c.record_id, Site.code).join(Site, Site.id == places.c.site_id)).all()
    policies = binding_policies(session, {code for _, code in rows})
    closed = {key for key, code in rows if policies.get(code, LocationPolicy.HIDDEN) != LocationPolicy.EXACT}
    for model in (Artefact, DocumentaryItem):
        own = sa.select(model.id).where(
            model.id.in_(targets), model.location_policy.is_not(None), model.location_policy != LocationPolicy.EXACT
        )
        closed |= set(session.scalars(own))
    # A survey tells as much as what was surveyed, a decision as much as what it is about.
    for found, subject in ((Survey.id, Survey.subject_id), (DecisionItem.decision_id, DecisionItem.record_id)):
        closed |= keys_where(session, found, subject, closed)
    shown = sa.select(Placement.medium_id).where(Placement.medium_id.in_(medium_ids), Placement.target_id.in_(closed))
    return set(session.scalars(shown))


def _with_subjects(targets: sa.Select[Any]) -> sa.CompoundSelect[Any]:
    """Add to records what was surveyed by those that are surveys, and what those that are decisions are about."""
    surveyed = sa.select(Survey.subject_id).where(Survey.id.in_(targets))
    decided = sa.select(DecisionItem.record_id).where(DecisionItem.decision_id.in_(targets))
    return targets.union(surveyed, decided)


def _places_of(targets: sa.CompoundSelect[Any]) -> sa.CompoundSelect[Any]:
    """Say at which sites records are: which they are, belong to, were found at, or stop at."""
    pairs: tuple[tuple[Any, Any], ...] = (
        (Site.id, Site.id),
        *((model.id, model.site_id) for model in (Zone, Artefact, DocumentaryItem, Work, Event, VisitorPlace, Notice)),
        (PracticePlace.element_id, PracticePlace.site_id),
        (Stop.itinerary_id, Stop.site_id),
    )
    selects = [
        sa.select(one.label("record_id"), site.label("site_id")).where(one.in_(targets), site.is_not(None))
        for one, site in pairs
    ]
    found = sa.select(Relation.record_id, Relation.target_id).where(
        Relation.record_id.in_(targets), Relation.relation == FOUND_AT
    )
    stops = (
        sa.select(Stop.itinerary_id, VisitorPlace.site_id)
        .join(VisitorPlace, VisitorPlace.id == Stop.place_id)
        .where(Stop.itinerary_id.in_(targets), VisitorPlace.site_id.is_not(None))
    )
    return sa.union(*selects, found, stops)
