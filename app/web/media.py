"""Renditions as the public gets them: what a published text names, and nothing else."""

from __future__ import annotations

from flask import Response, request

from app.core.errors import Gone, NotFound
from app.http.files import current_storage
from app.http.ranges import stream
from app.http.reading import reading
from app.media.storage import CAPTIONS, media_type_of, rendition_key
from app.publication.queries import published_files
from app.publication.recordings import find_captions

# A withdrawn picture stays in a visitor's browser for so long at most; its content never changes.
_KEPT_S = 86_400


def show_file(name: str) -> Response:
    """Give a rendition; 410 for one that is kept and that nothing published shows."""
    media_type = media_type_of(name)
    if media_type is None:
        raise NotFound("There is nothing at this address.")
    key = rendition_key(name)
    if not published_files(reading(), [name]):
        if not current_storage().has(key):
            raise NotFound("There is nothing at this address.")
        raise Gone("This file is not published.")
    if request.if_none_match.contains(name):
        return _finish(Response(status=304), name)
    if media_type == CAPTIONS:
        return _finish(Response(find_captions(reading(), name), mimetype=media_type), name)
    try:
        return _finish(stream(key, media_type, name), name)
    except FileNotFoundError as error:
        raise NotFound("There is nothing at this address.") from error


def _finish(response: Response, name: str) -> Response:
    response.set_etag(name)
    response.headers["Cache-Control"] = f"public, max-age={_KEPT_S}"
    return response
