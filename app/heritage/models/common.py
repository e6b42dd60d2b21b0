"""What several kinds of heritage have in common: further names, threats, and where a movable thing is kept."""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import sqlalchemy as sa
from sqlalchemy.orm import Mapped, declared_attr, mapped_column, relationship

from app.core.db import Model
from app.records.models import Part

if TYPE_CHECKING:
    from app.heritage.models.party import Party
    from app.heritage.models.site import Site


class LocationPolicy(enum.StrEnum):
    """How much of a place the public is told, from most to least."""

    EXACT = "exact"
    BLURRED = "blurred"
    UNIT_ONLY = "unit_only"
    HIDDEN = "hidden"


class OtherName(Part, Model):
    """Another name of a record; `language` is a code, `und` where it is not one language's; `note` tells its origin."""

    __tablename__ = "record_other_names"

    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    text: Mapped[str] = mapped_column(sa.Text)
    language: Mapped[str] = mapped_column(sa.String(20))
    note: Mapped[str | None] = mapped_column(sa.Text)


class Threat(Part, Model):
    """What endangers a thing, as a survey found it or a record tells it: a concept of `threats`, and a note."""

    __tablename__ = "record_threats"

    record_id: Mapped[int] = mapped_column(sa.ForeignKey("records.id"), index=True)
    threat: Mapped[str] = mapped_column(sa.String(40))
    note: Mapped[str | None] = mapped_column(sa.Text)


class Named:
    """Mixin of a record that has a name by language and further names."""

    name: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)

    @declared_attr
    @classmethod
    def other_names(cls) -> Mapped[list[OtherName]]:
        """Give its further names in order."""
        return relationship(cascade="all, delete-orphan", order_by="OtherName.position")


class Dated:
    """Mixin of a record that is of some age: in words, in EDTF, and between which years; before year 1 negative."""

    period: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    dated: Mapped[str | None] = mapped_column(sa.String(100))
    year_from: Mapped[int | None]
    year_to: Mapped[int | None]


class Kept:
    """Mixin of a movable thing: who keeps it, where, and how much of that the public is told.

    It is kept at a site of the register (`site`, with `kept_place` and `plan_number` on the site's plan), by a party,
    or by somebody who is known in words only (`holder`, of the kind `holder_kind` of the scheme `party_kinds`: a
    person's name is never told). `location_policy` empty means exact; the policies of the site and of those above bind.
    """

    holder: Mapped[dict[str, str]] = mapped_column(sa.JSON, default=dict)
    holder_kind: Mapped[str | None] = mapped_column(sa.String(40))
    kept_place: Mapped[str | None] = mapped_column(sa.Text)
    plan_number: Mapped[str | None] = mapped_column(sa.String(40))
    location_policy: Mapped[str | None] = mapped_column(sa.String(10))
    is_text_cleared: Mapped[bool] = mapped_column(default=False)
    site_id: Mapped[int | None] = mapped_column(sa.ForeignKey("sites.id"), index=True)
    holder_party_id: Mapped[int | None] = mapped_column(sa.ForeignKey("parties.id"), index=True)

    @declared_attr
    @classmethod
    def site(cls) -> Mapped[Site | None]:
        """Give the site where it is kept."""
        return relationship("Site", foreign_keys=f"{cls.__name__}.site_id")

    @declared_attr
    @classmethod
    def holder_party(cls) -> Mapped[Party | None]:
        """Give the party that keeps it."""
        return relationship("Party", foreign_keys=f"{cls.__name__}.holder_party_id")
