"""Compressed answers: each public text is compressed once, kept for whoever asks for it next, and sent to who takes it.

Never compressed are the desk and the register, whose pages hold secrets beside what their readers typed: the length of
such a page would tell of the secret (BREACH). Nor is anything that has no tag, such as errors and pages with a key.
"""

from __future__ import annotations

import gzip
import re
from functools import lru_cache
from typing import NamedTuple, cast

import brotli
from flask import Flask, Response, current_app, request

from app.core.errors import NotAcceptable
from app.http.kept import Kept, kept_answers
from app.http.security import is_desk, is_register

# What the choice goes by, for `Vary`.
VARIES = "Accept-Encoding"
BROTLI, GZIP, IDENTITY = "br", "gzip", ""
# No client has a longer header; one that is may not fill the memory with what was chosen for it.
_LONGEST_HEADER = 200
# Below this a packet is not saved.
_LEAST_BYTES = 1000
# Files of the release kept by one process.
_MOST_KEPT_BYTES = 8 * 1024 * 1024
# Measured on lists of sites: a step more costs half as much time again for a twentieth of the size.
_ANSWER_LEVELS = {BROTLI: 3, GZIP: 4}
# What is part of the release is compressed once in a process's life.
_STATIC_LEVELS = {BROTLI: 9, GZIP: 9}
_STATIC = "static"
_TEXTS = frozenset({"application/json", "application/javascript", "application/xml", "application/n-triples"})
_TILES = "application/vnd.mapbox-vector-tile"
_WEIGHTED = re.compile(r"\s*([!#$%&'*+.^_`|~0-9A-Za-z-]+)\s*(?:;\s*[qQ]\s*=\s*(0(?:\.\d{0,3})?|1(?:\.0{0,3})?)\s*)?")


def init_app(app: Flask) -> None:
    """Compress what can be, and refuse whoever takes the API's answers in no coding that there is."""
    app.extensions["disan_compressed"] = Kept(_MOST_KEPT_BYTES)
    app.before_request(_refuse)
    app.after_request(_compress)


class Choice(NamedTuple):
    """What of a reader's `Accept-Encoding` follows: the coding that is best, and whether plain text will do as well."""

    coding: str
    is_plain_accepted: bool

    @property
    def is_none(self) -> bool:
        """Whether the reader takes nothing that there is."""
        return not self.coding and not self.is_plain_accepted


_PLAIN = Choice(IDENTITY, is_plain_accepted=True)


def choose(accepted: str | None) -> Choice:
    """Choose the content coding from `Accept-Encoding` (RFC 9110, 12.5.3).

    The one with the highest weight, Brotli before gzip before none; plain text beats them only where it is wished for
    more. Without the header nothing is compressed, and what cannot be read of it asks for nothing.
    """
    return _choose(accepted) if accepted is not None and len(accepted) <= _LONGEST_HEADER else _PLAIN


@lru_cache(maxsize=512)
def _choose(accepted: str) -> Choice:
    weights: dict[str, float] = {}
    for part in accepted.split(","):
        if found := _WEIGHTED.fullmatch(part):
            weights[found[1].lower().removeprefix("x-")] = float(found[2] or 1)
    others = weights.get("*")
    # What is not named is not accepted, but for plain text, which is unless it is refused.
    ours = {name: weights.get(name, others or 0.0) for name in (BROTLI, GZIP)}
    best = max(ours, key=lambda name: ours[name])
    is_wished = ours[best] > 0 and ours[best] >= weights.get("identity", 0.0)
    return Choice(best if is_wished else IDENTITY, weights.get("identity", others) != 0)


@lru_cache(maxsize=256)
def is_text(content_type: str) -> bool:
    """Tell whether a media type is worth compressing: texts, vector tiles and drawings, not pictures or archives."""
    bare = content_type.partition(";")[0].strip().lower()
    return bare.startswith("text/") or bare.endswith(("+json", "+xml")) or bare in _TEXTS or bare == _TILES


def _accepted() -> str | None:
    return cast("str | None", request.environ.get("HTTP_ACCEPT_ENCODING"))


def _refuse() -> None:
    if choose(_accepted()).is_none and request.path.startswith("/api/"):
        raise NotAcceptable(
            "Accept-Encoding: “%(value)s” takes no coding that there is here; there are: br, gzip, identity.",
            field="Accept-Encoding",
            value=str(_accepted()),
        )


def _compress(response: Response) -> Response:
    """Send the body compressed, where the reader takes that and it is worth it."""
    choice = choose(_accepted())
    if request.endpoint == _STATIC:
        return _give_static(response, choice.coding)
    if not choice.coding or response.status_code != 200:
        return response
    headers, path = response.headers, request.path
    # A strong tag may not be given to other bytes; the public's texts all have weak ones.
    if not headers.get("ETag", "").startswith("W/") or response.is_streamed:
        return response
    if not is_text(headers["Content-Type"]) or is_desk(path) or is_register(path):
        return response
    body = response.get_data()
    if len(body) < _LEAST_BYTES and choice.is_plain_accepted:
        return response
    key = (path, request.query_string, headers["ETag"], headers["Content-Type"], len(body), choice.coding)
    kept = kept_answers()
    packed = kept.find(key)
    if packed is None:
        packed = pack(body, choice.coding)
        kept.keep(key, packed)
    _set_body(response, packed, choice.coding)
    return response


def _give_static(response: Response, coding: str) -> Response:
    """Give a file of the release compressed; its tag, which is strong, says in which coding (RFC 9110, 8.8.3.3)."""
    response.headers["Vary"] = VARIES
    is_worth = response.status_code == 200 and (response.content_length or 0) >= _LEAST_BYTES
    if not coding or not is_worth or not is_text(response.headers["Content-Type"]):
        return response
    # It names the file with its size and when it was written.
    tag = f"{response.get_etag()[0]}-{coding}"
    kept = cast("Kept", current_app.extensions["disan_compressed"])
    response.direct_passthrough = False
    packed = kept.find(tag)
    if packed is None:
        packed = pack(response.get_data(), coding, _STATIC_LEVELS)
        kept.keep(tag, packed)
    response.close()
    response.set_etag(tag)
    # A range is one of the file as it lies there.
    response.headers.pop("Accept-Ranges", None)
    if request.if_none_match.contains(tag):
        response.status_code = 304
        response.set_data(b"")
        del response.headers["Content-Length"]
    else:
        _set_body(response, packed, coding)
    return response


def pack(body: bytes, coding: str, levels: dict[str, int] = _ANSWER_LEVELS) -> bytes:
    """Compress a body; the same bytes come of the same body."""
    if coding == BROTLI:
        return cast("bytes", brotli.compress(body, quality=levels[coding]))
    return gzip.compress(body, levels[coding], mtime=0)


def _set_body(response: Response, body: bytes, coding: str) -> None:
    response.set_data(body)
    response.headers["Content-Encoding"] = coding
