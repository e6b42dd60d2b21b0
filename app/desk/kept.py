"""What somebody typed when their session had ended: kept in the log-in form, and sent once more after it."""

from __future__ import annotations

import base64
import binascii
import json

from flask import request

from app.http.actor import CSRF_FIELD, is_same_origin

_MOST_BYTES = 6 * 1024 * 1024


def kept_form() -> str:
    """Give the form that the request brought, with its address, as text for a hidden field; "" where there is none.

    A form that another site sent is not kept: it would be sent in the officer's name after the log-in.
    """
    if request.method != "POST" or not is_same_origin() or not request.form:
        return ""
    pairs = [[name, value] for name, value in request.form.items(multi=True) if name != CSRF_FIELD]
    text = json.dumps([request.path, pairs], ensure_ascii=False)
    return base64.b64encode(text.encode()).decode() if len(text) <= _MOST_BYTES else ""


def read_kept(text: str) -> tuple[str, list[tuple[str, str]]] | None:
    """Read a kept form back as its address and its fields; None for anything else, or an address outside the desk."""
    try:
        path, pairs = json.loads(base64.b64decode(text, validate=True))
        fields = [(str(name), str(value)) for name, value in pairs]
    except (ValueError, TypeError, binascii.Error):
        return None
    return (path, fields) if is_inside(str(path)) else None


def is_inside(path: str) -> bool:
    """Tell whether an address is one of the desk's own, so that nobody is led elsewhere."""
    return path == "/desk" or (path.startswith("/desk/") and "\\" not in path and "//" not in path)
