"""What visitors are told of their privacy, in their language; docs/privacy.md says it in full, for operators."""

from __future__ import annotations

from flask import Response

from app.http.settings import current_settings
from app.web.context import enter, page_etag, render_page, unchanged


def show_privacy(language: str) -> Response:
    """Show the page."""
    enter(language)
    settings = current_settings()
    etag = page_etag("privacy", settings.visits, settings.reports_months)
    if had := unchanged(etag):
        return had
    return render_page(
        "web/privacy.html",
        etag,
        {code: f"/{code}/privacy" for code in settings.page_languages},
        are_visits_counted=settings.visits,
        months=settings.reports_months,
    )
