"""Files of the release: each has an address that names its content, at which nothing else is ever given."""

from __future__ import annotations

import hashlib
from functools import lru_cache
from urllib.parse import quote

from flask import Flask, redirect, request
from werkzeug.security import safe_join
from werkzeug.wrappers import Response as BaseResponse

from app.config import ROOT

_FOLDER = ROOT / "static"


def init_app(app: Flask) -> None:
    """Lead who asks for another release's file to the present one."""
    app.before_request(_lead_to_present)


@lru_cache
def static_url(path: str) -> str:
    """Give the address of a static file with its content's hash: a new release is never mixed with an old one.

    Raises `OSError` where there is no such file.
    """
    content = (_FOLDER / path).read_bytes()
    return f"/static/{quote(path)}?v={hashlib.sha256(content).hexdigest()[:10]}"


def _lead_to_present() -> BaseResponse | None:
    """Redirect from an address whose hash is not the file's, so that nobody keeps this content under that name.

    A page of the release before, which some cache still gives, has its styles that way.
    """
    asked = request.args.get("v")
    if request.endpoint != "static" or not asked:
        return None
    path = str((request.view_args or {})["filename"])
    if safe_join(str(_FOLDER), path) is None or not (_FOLDER / path).is_file():
        return None
    present = static_url(path)
    if present.endswith(f"?v={asked}"):
        return None
    response = redirect(present, 302)
    response.headers["Cache-Control"] = "no-store"
    return response
