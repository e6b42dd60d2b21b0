"""The page of an error at the desk; for who is not logged in, the log-in with what they had typed kept."""

from __future__ import annotations

from flask import render_template, request

from app.desk.context import choose_language, page_context
from app.desk.kept import kept_form
from app.http.actor import current_actor


def render_error(status: int, title: str, message: str) -> str:
    """Make the page of an error."""
    choose_language()
    if status == 401:
        kept = kept_form()
        # A page that was asked for is gone back to; a form that was sent is kept instead.
        target = request.full_path.rstrip("?") if request.method == "GET" else ""
        return render_template(
            "desk/login.html", **page_context(None), message=message, kept=kept, target=target, name=""
        )
    return render_template("desk/error.html", **page_context(_who()), status=status, title=title, message=message)


def _who() -> object:
    """Give who is logged in, if that can be told: an error may come of the database itself."""
    try:
        return current_actor()
    except Exception:  # noqa: BLE001 (the page of an error must not fail for another one)
        return None
