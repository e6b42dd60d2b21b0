"""Pictures through the IIIF Image API 3, level 0: what there is of each is made beforehand, and nothing else given."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.errors import InvalidInput, NotFound
from app.http.files import current_storage
from app.http.reading import reading
from app.http.settings import absolute
from app.iiif.answers import answer_json_ld
from app.iiif.requests import Asked, read_request
from app.media.storage import rendition_key
from app.media.tiles import Tile, find_tile, level_size, scales_of, tile_key
from app.publication.images import Image, read_image
from app.publication.links import image_path

CONTEXT = "http://iiif.io/api/image/3/context.json"
# A withdrawn picture stays in a visitor's browser for so long at most; its content never changes.
_KEPT_S = 86_400


def to_info(name: str) -> BaseResponse:
    """Lead from a picture's own address to what there is of it (Image API 3, 2.2)."""
    return redirect(absolute(f"{image_path(read_image(reading(), name).name)}/info.json"), 303)


def show_info(name: str) -> Response:
    """Say what there is of a picture (Image API 3, chapter 5)."""
    return answer_json_ld(describe(read_image(reading(), name)), CONTEXT)


def describe(image: Image) -> dict[str, Any]:
    """Give the `info.json` of a picture: its size, whole in which sizes, and which tiles."""
    found: dict[str, Any] = {
        "@context": CONTEXT,
        "id": absolute(image_path(image.name)),
        "type": "ImageService3",
        "protocol": "http://iiif.io/api/image",
        "profile": "level0",
        "width": image.width,
        "height": image.height,
    }
    widest, highest, _ = image.sizes[-1]
    if (widest, highest) != (image.width, image.height):
        # The whole is not given as large as its tiles are, when they are put together.
        found |= {"maxWidth": widest, "maxHeight": highest}
    found["sizes"] = [{"width": width, "height": height} for width, height in _whole_sizes(image)]
    if image.tile_px:
        scales = scales_of(image.width, image.height, image.tile_px)
        found["tiles"] = [{"width": image.tile_px, "height": image.tile_px, "scaleFactors": scales}]
    if image.rights:
        found["rights"] = image.rights
    return found


def _whole_sizes(image: Image) -> list[tuple[int, int]]:
    """Give sizes in which the whole picture is given, the smallest first.

    Beside tiles there are three: that of the coarsest tile, which shows the whole, a middle one and the largest.
    """
    sizes = [(width, height) for width, height, _ in image.sizes]
    if image.tile_px is None:
        return sizes
    # OpenSeadragon before 6 takes a list that is as long as there are levels, five at least, for these levels.
    coarsest = level_size(image.width, image.height, scales_of(image.width, image.height, image.tile_px)[-1])
    return sorted({coarsest, sizes[len(sizes) // 2], sizes[-1]})


def show_image(name: str, region: str, size: str, rotation: str, file: str) -> Response:
    """Give a picture or a tile of it, as `info.json` lists them; raises `NotFound` for any other request, saying so."""
    asked = read_request(region, size, rotation, file)
    image = read_image(reading(), name)
    found = _find(image, asked) if asked.is_plain else None
    if found is None:
        raise _refusal(image, asked)
    etag = f"{name}-{region}-{size}"
    if request.if_none_match.contains(etag):
        return _finish(Response(status=304), etag)
    key = tile_key(name, image.tile_px or 0, found) if isinstance(found, Tile) else rendition_key(found)
    try:
        data = current_storage().load(key)
    except FileNotFoundError as error:
        raise NotFound("There is nothing at this address.") from error
    return _finish(Response(data, mimetype="image/jpeg"), etag)


def _find(image: Image, asked: Asked) -> Tile | str | None:
    """Find the tile, or the rendition by its name, that a request asks for."""
    whole = (0, 0, image.width, image.height)
    if asked.region in (None, whole):
        sizes = [rendition for width, height, rendition in image.sizes if asked.size in (None, (width, height))]
        if sizes:
            return sizes[-1]
    if image.tile_px is None or asked.size is None:
        return None
    return find_tile(image.width, image.height, image.tile_px, asked.region or whole, asked.size)


def _refusal(image: Image, asked: Asked) -> InvalidInput | NotFound:
    """Give the error for what is not made: a size beyond the region's is a mistake (Image API 3, 4.2)."""
    wide, high = asked.region[2:] if asked.region else (image.width, image.height)
    if asked.is_plain and asked.size and (asked.size[0] > wide or asked.size[1] > high):
        return InvalidInput("size: nothing is made larger than it is; the most is %(most)s.", most=f"{wide},{high}")
    sizes = [f"full/{width},{height}/0/default.jpg" for width, height in _whole_sizes(image)]
    info = absolute(f"{image_path(image.name)}/info.json")
    return NotFound(
        "This picture is not made so. Ask for what %(info)s lists: its sizes, and its tiles where it has some.",
        info=info,
        further={"info": info, "sizes": sizes},
    )


def _finish(response: Response, etag: str) -> Response:
    response.set_etag(etag)
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_S}"
    return response
