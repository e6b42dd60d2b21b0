"""The page of an error inside the desk's frame."""

from __future__ import annotations

from flask import render_template

from app.desk.context import page_context


def render_error(status: int, title: str, message: str) -> str:
    """Make the page of an error."""
    return render_template("desk/error.html", **page_context(), status=status, title=title, message=message)
