"""Counting who looks at the pages of records: no address, no cookie, no name of a browser is kept (docs/privacy.md)."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import lru_cache
from typing import cast
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Response, current_app, g, request

from app.core.clock import today
from app.core.db import begin_write, db
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.visitors.visits.operations import add_visits
from app.visitors.visits.sources import classify, is_person
from app.visitors.visits.tally import Tally, Visit

_log = logging.getLogger("disan.visits")
_TALLY = "disan_visits"
# How browsers say that they fetch a page in case it is wanted: today, Safari and before, Firefox before.
_PURPOSES = ("HTTP_SEC_PURPOSE", "HTTP_PURPOSE", "HTTP_X_MOZ")
# A service worker that fetches a page which somebody opens says so by this header, with the page that led there: a
# browser calls that a script's fetch, and tells no referrer of another site. What it fetches to keep goes without.
_OPENED_FROM = "HTTP_X_OPENED_FROM"


def init_app(app: Flask, web: Blueprint) -> None:
    """Count the visits of the pages of `web`, unless the setting says that none is counted."""
    if not app.config["DISAN"].visits:
        return

    def store(counts: Mapping[Visit, int]) -> None:
        with app.app_context():
            session = db.session()
            begin_write(session)
            add_visits(session, counts)
            session.commit()

    app.extensions[_TALLY] = Tally(store)
    web.after_request(_count)


def tally_of(app: Flask) -> Tally:
    """Give the counts that an application has gathered; raises `KeyError` where it counts none."""
    return cast("Tally", app.extensions[_TALLY])


def show_of(code: str) -> None:
    """Say that the answer to this request is the page of a record."""
    g.shown_code = code


def _count(response: Response) -> Response:
    """Count the page of a record that was looked at, also where the browser had it already and only asked."""
    code = g.get("shown_code")
    if code is None or request.method != "GET" or response.status_code not in (200, 304):
        return response
    try:
        # What the headers object makes of this costs four times as much.
        said = request.environ.get
        agent, purpose = said("HTTP_USER_AGENT", ""), next(filter(None, map(said, _PURPOSES)), "")
        mode, referrer = said("HTTP_SEC_FETCH_MODE", ""), said("HTTP_REFERER", "")
        if (told := said(_OPENED_FROM)) is not None and said("HTTP_SEC_FETCH_SITE", "") == "same-origin":
            mode, referrer = "navigate", told
        if is_person(agent, purpose=purpose, mode=mode):
            own = _own_hosts(request.host, current_settings().public_url)
            source = classify(referrer, agent, request.args, own)
            tally_of(current_app).count(Visit(today(), code, current_language(), source))
    except Exception:  # noqa: BLE001 (whatever it is)
        # A count is worth no page.
        _log.exception("A visit could not be counted.")
    return response


@lru_cache(maxsize=64)
def _own_hosts(host: str, public_url: str) -> frozenset[str]:
    """Give the names of this service's host, without port: the one asked, and the public's."""
    hosts = (urlsplit(address).hostname for address in (f"//{host}", public_url))
    return frozenset(host for host in hosts if host)
