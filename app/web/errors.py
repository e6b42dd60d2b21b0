"""The page of an error, in the visitor's language, with a way on."""

from __future__ import annotations

from flask import render_template

from app.web.context import page_context


def render_error(status: int, title: str, message: str) -> str:
    """Make the page of an error."""
    return render_template("web/error.html", **page_context({}), status=status, title=title, message=message)
