"""What hangs on records that change: questions that several collections have, each asked once."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.batches import keys_where
from app.heritage.kinds.whereabouts import records_of_sites
from app.heritage.models import Custodianship, DecisionItem, Site
from app.media.models import Placement
from app.records.models import Relation
from app.tourism.kinds import dependents_of_sites
from app.tourism.models import VisitorPlace


class Touched:
    """Records that change, by their keys in `ids`, and the keys of others that are rendered with what they say."""

    def __init__(self, session: Session, record_ids: Iterable[int]) -> None:
        self.session = session
        self.ids = frozenset(record_ids)
        if session.scalar(sa.select(Placement.id).limit(1)) is not None:
            self.ids |= self._shown_along()

    def _shown_along(self) -> set[int]:
        """Give the records that stand with a picture that shows one of them, or that what is said of one binds."""
        # What a picture stands with is shown with it, and a place that is told otherwise now binds the pictures of all
        # that is there, with whatever else they stand.
        sites = self._with_components(self.keys(Site.id, Site.id, self.ids))
        there = records_of_sites(self.session, sites) | dependents_of_sites(self.session, sites) if sites else set()
        there |= self.keys(DecisionItem.decision_id, DecisionItem.record_id, sites | there | self.ids)
        media = self.ids | self.keys(Placement.medium_id, Placement.target_id, self.ids | sites | there)
        return self.keys(Placement.target_id, Placement.medium_id, media)

    def keys(self, wanted: Any, column: Any, values: Iterable[int]) -> set[int]:
        """Give the keys in `wanted` of rows whose `column` is among `values`, however many those are; no null."""
        return keys_where(self.session, wanted, column, values)

    @cached_property
    def sites_below(self) -> set[int]:
        """The sites among the records and all their components, for a policy binds everything below."""
        return self._with_components(self.keys(Site.id, Site.id, self.ids))

    def _with_components(self, found: set[int]) -> set[int]:
        below = found
        while below:
            below = self.keys(Site.id, Site.parent_id, below) - found
            found = found | below
        return found

    @cached_property
    def decided(self) -> set[int]:
        """The records that decisions among them are about."""
        return self.keys(DecisionItem.record_id, DecisionItem.decision_id, self.ids)

    @cached_property
    def related(self) -> set[int]:
        """The records that have a relation to one of them, or to a site below one of them."""
        return self.keys(Relation.record_id, Relation.target_id, self.ids | self.sites_below)

    @cached_property
    def sites(self) -> set[int]:
        """The sites among them, all below, those that decisions or parties among them are about, and parents."""
        changed = self.keys(Site.id, Site.id, self.ids)
        named = self.keys(Site.id, Site.id, self.decided)
        # A parent and its components show each other's names and ranks.
        found = self.sites_below | named | self.keys(Site.id, Site.parent_id, named)
        found |= self.keys(Custodianship.site_id, Custodianship.party_id, self.ids)
        return found | self.keys(Site.parent_id, Site.id, changed | named)

    @cached_property
    def places(self) -> set[int]:
        """The visitor places among them, and those at a site that one of them touches."""
        at_sites = self.keys(VisitorPlace.id, VisitorPlace.site_id, self.sites)
        return self.keys(VisitorPlace.id, VisitorPlace.id, self.ids) | at_sites
