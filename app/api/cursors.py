"""Cursors as clients get them: bound to the list they come from, so that one of another list is told, not followed."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence

from app.core.paging import wrong_cursor

_SEAL_BYTES = 6


def bind_cursor(cursor: str, collections: Sequence[str]) -> str:
    """Give a cursor of `app.publication` as one of the list of some collections."""
    return _seal(cursor, collections) + cursor


def unbind_cursor(token: str, collections: Sequence[str]) -> str:
    """Give back what `bind_cursor` was given; raises `InvalidInput` for one of another list, or of nobody's."""
    cursor = token[len(_seal("", ())) :]
    if token != bind_cursor(cursor, collections):
        raise wrong_cursor(token)
    return cursor


def _seal(cursor: str, collections: Sequence[str]) -> str:
    """Sum up whose cursor it is. It is no secret: a place in a public list is nothing to be protected."""
    text = " ".join((*collections, cursor))
    # Half a surrogate pair, which a forger may send, is in no sum of ours.
    found = hashlib.blake2b(text.encode(errors="replace"), digest_size=_SEAL_BYTES)
    return base64.urlsafe_b64encode(found.digest()).decode()
