"""The page of an error, in the visitor's language, with a way on."""

from __future__ import annotations

from flask import render_template, request

from app.http.i18n import set_language
from app.http.settings import current_settings
from app.web.context import page_context


def render_error(status: int, title: str, message: str) -> str:
    """Make the page of an error."""
    first = request.path.split("/")[1] if "/" in request.path else ""
    if first in current_settings().languages:
        set_language(first)
    return render_template("web/error.html", **page_context({}), status=status, title=title, message=message)
