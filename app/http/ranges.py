"""Files of the storage as answers, wholly or the range that is asked for (RFC 9110, 14), so that players can seek."""

from __future__ import annotations

from flask import Response, request
from werkzeug.datastructures import Range

from app.http.files import current_storage


def stream(key: str, media_type: str, etag: str) -> Response:
    """Answer with what lies under a key, or with a range of it (206); raises FileNotFoundError.

    The content under a key never changes, so a range is right as long as the tag is. Several ranges at once are
    answered with the whole; one that begins behind the end with 416.
    """
    storage = current_storage()
    found = storage.find(key)
    if found is None:
        raise FileNotFoundError(key)
    asked = _asked(etag)
    span = asked.range_for_length(found.byte_count) if asked else None
    if asked and span is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{found.byte_count}"})
    _, pieces = storage.read(key, span)
    first, end = span or (0, found.byte_count)
    response = Response(pieces, status=206 if span else 200, mimetype=media_type)
    response.headers["Content-Length"] = str(end - first)
    response.headers["Accept-Ranges"] = "bytes"
    if span:
        response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{found.byte_count}"
    return response


def _asked(etag: str) -> Range | None:
    """Give the one range of bytes that is asked for; None for all of it."""
    asked, only_if = request.range, request.if_range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or request.method != "GET":
        return None
    if only_if.date is not None or (only_if.etag is not None and only_if.etag != etag):
        return None
    return asked
