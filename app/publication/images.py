"""Pictures that the public may look at through the image service: what there is of each, and which are gone."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.core.db import Reads
from app.core.errors import Gone, NotFound
from app.publication.models import PublishedImage

IMAGES = PublishedImage.__table__
# A picture may stand with a whole province; what they tell of it is the same, or nearly.
_MOST_ITEMS = 10


@dataclass(frozen=True, slots=True)
class Image:
    """A picture that may be looked at: its size in pixels, whole in `sizes`, or tile by tile where `tile_px` says so.

    A size is (width, height, name of the rendition), the smallest first. `rights` is the URI of the licence.
    """

    name: str
    width: int
    height: int
    sizes: tuple[tuple[int, int, str], ...]
    tile_px: int | None
    rights: str | None


def read_image(reads: Reads, name: str) -> Image:
    """Read what there is of a picture; raises `Gone` when nothing shows it any more, `NotFound` if nothing ever did."""
    named = sa.select(IMAGES.c.told).where(IMAGES.c.name == name)
    rows = reads.scalars(named.order_by(IMAGES.c.told.is_(None), IMAGES.c.item_id).limit(_MOST_ITEMS)).all()
    if not rows:
        raise NotFound("There is nothing at this address.")
    told = [row for row in rows if row is not None]
    if not told:
        raise Gone("This picture is not published.")
    # As a photograph of one item it has no tiles, as a map sheet of another it has.
    row = next((row for row in told if row["tile_px"]), told[0])
    sizes = tuple((width, height, rendition) for width, height, rendition in row["sizes"])
    return Image(name, row["width"], row["height"], sizes, row["tile_px"], row["rights"])


def forget_images(session: Session, item_ids: Sequence[int]) -> None:
    """Note that items show no pictures any more; the names stay, to be told from those that never were."""
    session.execute(sa.update(PublishedImage).where(PublishedImage.item_id.in_(item_ids)).values(told=None))


def write_images(session: Session, item_images: Mapping[int, Iterable[Mapping[str, Any]]]) -> None:
    """Note the pictures that items show, as they are rendered, by the items' keys."""
    rows = [
        {"item_id": item_id, "name": name, "told": told}
        for item_id, images in item_images.items()
        for name, told in _by_name(images).items()
    ]
    if not rows:
        return
    known = sa.tuple_(PublishedImage.name, PublishedImage.item_id)
    session.execute(sa.delete(PublishedImage).where(known.in_([(row["name"], row["item_id"]) for row in rows])))
    session.execute(sa.insert(PublishedImage), rows)


def _by_name(images: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """Give what is told of pictures by their names; of one that stands twice, what tells more."""
    found: dict[str, dict[str, Any]] = {}
    for image in images:
        service = image["service"]
        name = service["id"].rpartition("/")[2]
        if name not in found or service["tile_px"]:
            found[name] = {
                "width": service["width"],
                "height": service["height"],
                "tile_px": service["tile_px"],
                "rights": image["rights"],
                "sizes": [(one["width"], one["height"], one["url"].rpartition("/")[2]) for one in image["sizes"]],
            }
    return found
