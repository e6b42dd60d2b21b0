"""The pictures that stand with a record in public: what is told of them, and where their renditions are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.orm import Session, selectinload

from app.core.batches import batches
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
from app.media.families import PICTURE
from app.media.models import Medium, Placement, StoredFile
from app.records.models import Record, Relation, Visibility
from app.tourism.models import Event, Notice, Stop, VisitorPlace

if TYPE_CHECKING:
    from app.publication.schema import Workshop

_ADDRESS = "/media/{}"
_NAME = re.compile(r"/media/([0-9a-f]{32}\.(?:avif|webp|jpg))")
# What a reader without `srcset` is given.
_PLAIN_PX = 960


class Picture(NamedTuple):
    """A public medium, its file, which has its renditions, and the role in which it stands with a record."""

    medium: Medium
    file: StoredFile
    role: str


def find_pictures(session: Session, keys: Iterable[int]) -> dict[int, list[Picture]]:
    """Give the pictures of records that the public may see, by the records' keys: covers first, then by rank and code.

    A picture tells a place. One that stands with anything whose place is told less than exactly is shown nowhere,
    unless a reviewer has said of the picture that it tells nothing.
    """
    found: dict[int, list[tuple[bool, int, str, Picture]]] = {}
    for chunk in batches(sorted(keys)):
        query = (
            sa.select(Placement, Medium, StoredFile)
            .join(Medium, Medium.id == Placement.medium_id)
            .join(StoredFile, StoredFile.id == Medium.file_id)
            .where(
                Placement.target_id.in_(chunk),
                Medium.visibility == Visibility.PUBLIC,
                Medium.deleted_at.is_(None),
                StoredFile.rendered_at.is_not(None),
                StoredFile.media_type.in_(PICTURE.media_types),
            )
            .options(selectinload(StoredFile.renditions))
        )
        rows = session.execute(query).all()
        withheld = _telling(session, {medium.id for _, medium, _ in rows if not medium.is_place_cleared})
        for placement, medium, file in rows:
            if medium.id not in withheld:
                row = (placement.role != "cover", placement.rank, medium.code, Picture(medium, file, placement.role))
                found.setdefault(placement.target_id, []).append(row)
    return {key: [row[3] for row in sorted(rows, key=lambda row: row[:3])] for key, rows in found.items()}


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
    # A survey tells as much as what was surveyed.
    closed |= set(session.scalars(sa.select(Survey.id).where(Survey.subject_id.in_(closed))))
    shown = sa.select(Placement.medium_id).where(Placement.medium_id.in_(medium_ids), Placement.target_id.in_(closed))
    return set(session.scalars(shown))


def _with_subjects(targets: sa.Select[Any]) -> sa.CompoundSelect[Any]:
    return targets.union(sa.select(Survey.subject_id).where(Survey.id.in_(targets)))


def _places_of(targets: sa.CompoundSelect[Any]) -> sa.CompoundSelect[Any]:
    """Say at which sites records are: which they are, belong to, were found at, stop at, or decide on."""
    pairs: tuple[tuple[Any, Any], ...] = (
        (Site.id, Site.id),
        *((model.id, model.site_id) for model in (Zone, Artefact, DocumentaryItem, Work, Event, VisitorPlace, Notice)),
        (PracticePlace.element_id, PracticePlace.site_id),
        (Stop.itinerary_id, Stop.site_id),
        (DecisionItem.decision_id, DecisionItem.record_id),
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


def render_images(workshop: Workshop, record: Record, language: str) -> list[dict[str, Any]]:
    """Give a record's pictures for a language."""
    return [_render(workshop, picture, language) for picture in workshop.pictures.get(record.id, ())]


def _render(workshop: Workshop, picture: Picture, language: str) -> dict[str, Any]:
    medium = picture.medium
    by_type: dict[str, list[tuple[int, int, str]]] = {}
    for rendition in picture.file.renditions:
        if rendition.width and rendition.height:
            size = (rendition.width, rendition.height, _ADDRESS.format(rendition.name))
            by_type.setdefault(rendition.media_type, []).append(size)
    plain = sorted(by_type["image/jpeg"])
    width, height, url = max((size for size in plain if size[0] <= _PLAIN_PX), default=plain[0])
    title = workshop.text(medium.title, language)
    return {
        "code": medium.code,
        "role": picture.role,
        "role_label": workshop.label("media_roles", picture.role, language),
        "url": url,
        "width": width,
        "height": height,
        "srcset": _srcset(plain),
        "sources": [
            {"type": media_type, "srcset": _srcset(sorted(by_type[media_type]))}
            for media_type in ("image/avif", "image/webp")
        ],
        "placeholder": picture.file.placeholder,
        "title": title,
        "alt": workshop.text(medium.alt, language) or title,
        "caption": workshop.text(medium.caption, language),
        "creator": medium.creator,
        "rights_holder": medium.rights_holder,
        "licence": medium.licence,
        "licence_label": workshop.label("licences", medium.licence, language),
    }


def _srcset(sizes: Sequence[tuple[int, int, str]]) -> str:
    return ", ".join(f"{url} {width}w" for width, _, url in sizes)


def names_in(images: Iterable[Mapping[str, Any]]) -> set[str]:
    """Give the names of the renditions that rendered pictures lead to; what their texts say is no address."""
    addresses = [text for image in images for text in (image["url"], image["srcset"])]
    addresses += [source["srcset"] for image in images for source in image["sources"]]
    return {name for address in addresses for name in _NAME.findall(address)}
