"""Finished text: what an answer reads off a feature that was written when it was published, and adds to it."""

from __future__ import annotations

import json

_BEFORE_ID = '{"type":"Feature","id":'
_decode = json.JSONDecoder().raw_decode


def add_property(feature: str, name: str, value: str | int | None) -> str:
    """Put one more property after a finished feature's properties, which are the last of its members."""
    return f"{feature[:-2]},{json.dumps(name)}:{json.dumps(value, ensure_ascii=False)}}}}}"


def code_of(feature: str) -> str:
    """Read the id off a finished feature, its second member, without reading the rest."""
    return str(_decode(feature, len(_BEFORE_ID))[0])
