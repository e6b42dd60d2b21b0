"""Finished text: what an answer reads off a feature that was written when it was published, and adds to it.

A finished feature is the bytes that the database holds: most go out as they are, and nobody reads them on the way.
"""

from __future__ import annotations

import json

_BEFORE_ID = '{"type":"Feature","id":'
# In bytes; a code has at most 60 letters.
_LONGEST_ID = 400
_decode = json.JSONDecoder().raw_decode


def add_property(feature: bytes, name: str, value: str | int | None) -> bytes:
    """Put one more property after a finished feature's properties, which are the last of its members."""
    added = f",{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}}}}}"
    return feature[:-2] + added.encode()


def code_of(feature: bytes) -> str:
    """Read the id off a finished feature, its second member, without reading the rest."""
    beginning = feature[len(_BEFORE_ID) : len(_BEFORE_ID) + _LONGEST_ID]
    # What is cut off in the middle of a letter lies behind the id.
    return str(_decode(beginning.decode(errors="ignore"))[0])


def is_placed(feature: bytes) -> bool:
    """Tell whether a finished feature has a published place, without parsing it."""
    return b'"geometry":null' not in feature
