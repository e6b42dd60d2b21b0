"""The home page, and the way to it."""

from __future__ import annotations

from typing import Any

from flask import Response, redirect
from werkzeug.wrappers import Response as BaseResponse

from app.core import clock
from app.http.i18n import choose_page_language, content_language, current_language
from app.http.reading import reading
from app.http.settings import current_settings
from app.http.statics import static_url
from app.publication.conditions import ItemQuery
from app.publication.pages import count_matches, read_page
from app.publication.queries import read_standings
from app.web.calendars import coming_soon
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.features import load_feature
from app.web.items import PAGES, notices_about, title_of
from app.web.lists import MOST_COUNTED
from app.web.sites import rank_choices, type_choices

_OUTSTANDING = 6
_COMING_DAYS, _MOST_COMING = 30, 4


def root() -> BaseResponse:
    """Lead to the home page in the visitor's language."""
    response = redirect(f"/{choose_page_language()}/", 302)
    response.vary.add("Accept-Language")
    return response


def favicon() -> BaseResponse:
    """Lead to the icon, for programs that ask for it where it stood thirty years ago."""
    return redirect(static_url("img/icon-192.png"), 302)


def home(language: str) -> Response:
    """Show what this is, the search, what there is by type and rank, and the outstanding sites."""
    enter(language)
    reads = reading()
    standings = read_standings(reads)
    etag = page_etag("home", sorted(standings.items()), clock.today())
    if had := unchanged(etag):
        return had
    outstanding = ItemQuery("sites", content_language(), limit=_OUTSTANDING, filters=(("rank", "special_national"),))
    return render_page(
        "web/home.html",
        etag,
        {code: f"/{code}/" for code in current_settings().page_languages},
        count=standings.get("sites", (0, 0))[1],
        notices=notices_about(None),
        others=_others(standings),
        types=_linked("type", type_choices()),
        ranks=_linked("rank", rank_choices()),
        coming=coming_soon(_COMING_DAYS, _MOST_COMING),
        outstanding=[load_feature(feature) for feature in read_page(reads, outstanding).features],
    )


def _others(standings: dict[str, tuple[int, int]]) -> list[dict[str, Any]]:
    """Give the other collections that have anything to show, with the address of the list of each."""
    language, content = current_language(), content_language()
    counts: dict[str, int | None] = {page: standings.get(found.name, (0, 0))[1] for page, found in PAGES.items()}
    if counts.get("notices"):
        # What is over is not counted, for the list does not show it.
        lasting = ItemQuery("notices", content, lasting_on=clock.today())
        counts["notices"] = count_matches(reading(), lasting, MOST_COUNTED)
    return [
        {"label": title_of(PAGES[page]), "url": f"/{language}/{page}", "count": count}
        for page, count in counts.items()
        if count != 0
    ]


def _linked(name: str, choices: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give choices with the address of the list that each leads to."""
    return [{**choice, "url": f"/{current_language()}/sites?{name}={choice['code']}"} for choice in choices]
