"""Keyset paging: an opaque cursor that carries the place of the last row in a total order."""

from __future__ import annotations

import base64
import binascii
import json
import math
from typing import TypeAlias, cast

from app.core.errors import InvalidInput

Key: TypeAlias = int | float | str

# Three texts of a sorted list, each folded and as it is written, may stand in one.
_LONGEST = 8000


def write_cursor(order: str, *keys: Key) -> str:
    """Write the place after a row as an opaque token: the order's name and the row's keys in that order."""
    text = json.dumps([order, *keys], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(token: str, order: str, kinds: tuple[type, ...]) -> tuple[Key, ...]:
    """Read a token back as the keys of `order`, whose types are `kinds`.

    Raises `InvalidInput` when the token is none of ours, or belongs to another order (the request's parameters were
    changed beside it).
    """
    if len(token) > _LONGEST:
        raise wrong_cursor(token)
    try:
        found, *keys = json.loads(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True))
    except (ValueError, TypeError, RecursionError, binascii.Error) as error:
        raise wrong_cursor(token) from error
    if found != order or len(keys) != len(kinds):
        raise wrong_cursor(token)
    for key, kind in zip(keys, kinds, strict=True):
        if isinstance(key, bool) or not isinstance(key, kind) or not _is_plausible(cast("Key", key)):
            raise wrong_cursor(token)
    return tuple(keys)


def _is_plausible(key: Key) -> bool:
    """Refuse what no row has: whole numbers below nothing, any beyond eight bytes, endless ones, unfit text."""
    if isinstance(key, str):
        return "\x00" not in key and not any("\ud800" <= letter <= "\udfff" for letter in key)
    return math.isfinite(key) and (isinstance(key, float) or 0 <= key < 2**63)


def wrong_cursor(token: str) -> InvalidInput:
    """Give the error for a token that is no place in the list that is asked for."""
    return InvalidInput(
        "The cursor “%(value)s” does not belong to this list. Follow the `next` link of a page as it stands, "
        "or leave `cursor` out to start again.",
        field="cursor",
        value=token[:60],
    )
