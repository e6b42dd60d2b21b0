"""What a browser is told of the renditions of a picture or a page: addresses, sizes, and which formats there are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from app.media.models import Rendition

_ADDRESS = "/media/{}"
_NAME = re.compile(r"/media/([0-9a-f]{32}\.\w+)")
# What a reader without `srcset` is given.
_PLAIN_PX = 960


def name_in(address: str) -> str:
    """Give the name of the rendition that an address leads to."""
    return address.removeprefix(_ADDRESS.format(""))


def render_sources(renditions: Iterable[Rendition]) -> dict[str, Any]:
    """Give `url`, `width`, `height` and `srcset` of the JPEG, and `sources` with the `srcset` of better formats."""
    by_type = _by_type(renditions)
    plain = by_type["image/jpeg"]
    width, height, url = max((size for size in plain if size[0] <= _PLAIN_PX), default=plain[0])
    return {
        "url": url,
        "width": width,
        "height": height,
        "srcset": _srcset(plain),
        "sources": [
            {"type": media_type, "srcset": _srcset(by_type[media_type])} for media_type in ("image/avif", "image/webp")
        ],
    }


def render_sizes(renditions: Iterable[Rendition]) -> list[dict[str, Any]]:
    """Give `url`, `width` and `height` of each JPEG, the smallest first."""
    return [{"url": url, "width": width, "height": height} for width, height, url in _by_type(renditions)["image/jpeg"]]


def _by_type(renditions: Iterable[Rendition]) -> dict[str, list[tuple[int, int, str]]]:
    """Give width, height and address by type, the smallest first."""
    found: dict[str, list[tuple[int, int, str]]] = {}
    for rendition in renditions:
        if rendition.width and rendition.height:
            size = (rendition.width, rendition.height, address_of(rendition.name))
            found.setdefault(rendition.media_type, []).append(size)
    return {media_type: sorted(sizes) for media_type, sizes in found.items()}


def address_of(name: str) -> str:
    """Give where a rendition is, by its name."""
    return _ADDRESS.format(name)


def _srcset(sizes: Sequence[tuple[int, int, str]]) -> str:
    return ", ".join(f"{url} {width}w" for width, _, url in sizes)


def images_in(properties: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Give the pictures that a feature shows, those of its decisions among them."""
    return [image for shown in showing(properties) for image in shown.get("images", ())]


def showing(properties: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Give what shows media in a feature: itself, and the decisions about it."""
    return (properties, *properties.get("decisions", ()))


def names_in(properties: Mapping[str, Any]) -> set[str]:
    """Give the names of the renditions that a feature's media and its decisions' lead to; no text is an address."""
    found: set[str] = set()
    for shown in showing(properties):
        pages = [page for paper in shown.get("documents", ()) for page in paper["pages"]]
        recordings = shown.get("recordings", ())
        posters = [recording["poster"] for recording in recordings if recording["poster"]]
        for recording in recordings:
            heard = (one["url"] for one in (*recording["sources"], *recording["captions"]))
            found |= {name for address in heard for name in _NAME.findall(address)}
        for picture in (*shown.get("images", ()), *pages, *posters):
            addresses = [picture["url"], picture["srcset"], *(source["srcset"] for source in picture["sources"])]
            found |= {name for address in addresses for name in _NAME.findall(address)}
    return found
