"""Files of the storage as answers, wholly or the range that is asked for (RFC 9110, 14), so that players can seek."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Response, request
from werkzeug.datastructures import Range

from app.http.files import current_storage


def stream(key: str, media_type: str, etag: str) -> Response:
    """Answer with what lies under a key, or with a range of it (206); raises FileNotFoundError.

    The content under a key never changes, so a range is right as long as the tag is. Several ranges at once are
    answered with the whole; one that begins behind the end with 416.
    """
    storage, asked = current_storage(), _asked(etag)
    if asked is None:
        size, pieces = storage.read(key)
        return _answer(pieces, size, media_type)
    found = storage.find(key)
    if found is None:
        raise FileNotFoundError(key)
    span = asked.range_for_length(found.byte_count)
    if span is None:
        return Response(status=416, headers={"Content-Range": f"bytes */{found.byte_count}"})
    first, end = span
    response = _answer(storage.read(key, span)[1], end - first, media_type, 206)
    response.headers["Content-Range"] = f"bytes {first}-{end - 1}/{found.byte_count}"
    return response


def _answer(pieces: Iterator[bytes], size: int, media_type: str, status: int = 200) -> Response:
    response = Response(pieces, status=status, mimetype=media_type)
    response.headers["Content-Length"] = str(size)
    response.headers["Accept-Ranges"] = "bytes"
    return response


def _asked(etag: str) -> Range | None:
    """Give the one range of bytes that is asked for; None for all of it."""
    asked, only_if = request.range, request.if_range
    if asked is None or asked.units != "bytes" or len(asked.ranges) != 1 or request.method != "GET":
        return None
    if only_if.date is not None or (only_if.etag is not None and only_if.etag != etag):
        return None
    return asked
