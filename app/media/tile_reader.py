"""The process that cuts a large picture into tiles: sealed off, and each tile told as soon as it is made."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import pi_heif
from PIL import Image

from app.core.errors import InvalidInput
from app.core.sealed import open_answer, seal, write_part
from app.media.image_reader import bare_pixels, open_picture
from app.media.tiles import tiles_of

_SAVED_AS: dict[str, Any] = {"format": "JPEG", "quality": 82, "optimize": True}


def main(arguments: Sequence[str]) -> None:
    """Cut the picture that the first argument names into tiles of `tile_px`, as the second (JSON) tells.

    The first part of the answer says `width` and `height`, or is `refused` and `params`; then come the tiles, JPEG, in
    the order of `tiles_of`; the last part says `is_complete`.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    Image.MAX_IMAGE_PIXELS = asked["pixels"]
    seal(asked["bounds"], asked["parent"])
    with open_answer() as out:
        try:
            with open_picture(path, asked["pixels"]) as image:
                shown = bare_pixels(image)
        except InvalidInput as error:
            write_part(out, {"refused": error.message, "params": error.params})
            return
        write_part(out, {"width": shown.width, "height": shown.height})
        _cut(shown, asked["tile_px"], out)
        write_part(out, {"is_complete": True})


def _cut(shown: Image.Image, tile_px: int, out: IO[bytes]) -> None:
    level, scale = shown, 1
    for tile in tiles_of(*shown.size, tile_px):
        if tile.scale != scale:
            # The size of a level is that of the picture, halved and rounded up each time.
            level, scale = level.reduce(2), tile.scale
        left, top = tile.column * tile_px, tile.row * tile_px
        file = io.BytesIO()
        level.crop((left, top, left + tile.width, top + tile.height)).save(file, **_SAVED_AS)
        write_part(out, {}, file.getvalue())
