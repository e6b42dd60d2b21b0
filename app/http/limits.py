"""Quotas of the public API: each request is counted for its key or its address, and is told where that stands."""

from __future__ import annotations

import threading
import time
from typing import cast

from flask import Flask, Response, current_app, g, request
from sqlalchemy.orm import Session

from app.accounts.secrets import hash_secret, make_secret
from app.config import Settings
from app.core.db import db
from app.core.errors import QuotaExceeded, UnknownKey
from app.http.actor import remote_address
from app.http.i18n import current_language
from app.http.settings import absolute
from app.publication.links import API
from app.subscriptions.counts import Counts
from app.subscriptions.queries import find_key
from app.subscriptions.quotas import WINDOW_S, Policy, Standing, count_key, tag_of_address

_FILE = "quotas.counts"
# Scripts of our own pages speak for all the visitors behind one address of a mobile network. Only a browser tells the
# truth in `Sec-Fetch-Site`: so they have more, and not as much as they like.
_PAGES_TIMES = 20
# So long is a key believed without looking again; it is revoked within that time.
_BELIEVED_S = 30.0
_MOST_BELIEVED = 10_000
# Keys that are unknown, from one address in a minute; more are not looked up.
_GUESSES = Policy("key-guesses", 60)
_QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"


class Limits:
    """What one process knows of quotas: the policies, the counts it shares with others, the keys it has looked up."""

    def __init__(self, settings: Settings) -> None:
        self.anonymous = Policy("anonymous", settings.quota_anonymous)
        self.pages = Policy("pages", settings.quota_anonymous * _PAGES_TIMES)
        self.keyed = Policy("key", settings.quota_keyed)
        # `disan serve` makes one for all its processes; a process by itself needs none that others know.
        self.secret = settings.quota_secret or make_secret()
        self._path = settings.data / _FILE
        self._counts: Counts | None = None
        self._opening = threading.Lock()
        self._looked_up: dict[str, tuple[bool, float]] = {}

    @property
    def counts(self) -> Counts:
        """The counts, opened when first asked for."""
        # Opened but once: closing a second one would take this process's locks off the file.
        with self._opening:
            if self._counts is None:
                self._counts = Counts(self._path)
            return self._counts

    def count_address(self, policy: Policy, address: str, lasts_s: int = WINDOW_S) -> Standing:
        """Count a request from an address."""
        tag = tag_of_address(policy.name, address, self.secret)
        return Standing(policy, *self.counts.add(tag, lasts_s))

    def count_key(self, secret: str, address: str) -> Standing:
        """Count a request with a key; raises `UnknownKey`, and `QuotaExceeded` for too many unknown ones."""
        key_hash = hash_secret(secret)
        is_good, at = self._looked_up.get(key_hash, (False, -_BELIEVED_S))
        if time.monotonic() - at > _BELIEVED_S:
            is_good = self._look_up(secret, key_hash, address)
        if not is_good:
            raise UnknownKey(
                "The key in X-API-Key is unknown or was revoked. Leave it out, or get one at %(link)s.",
                link=developers_page(),
            )
        return count_key(self.counts, self.keyed, key_hash)

    def _look_up(self, secret: str, key_hash: str, address: str) -> bool:
        tag = tag_of_address(_GUESSES.name, address, self.secret)
        if self.counts.read(tag) >= _GUESSES.quota:
            raise exceeded(Standing(_GUESSES, *self.counts.add(tag, WINDOW_S)))
        # In a session of its own: the view's is left as it is.
        with Session(db.engine) as own:
            is_good = find_key(own, secret) is not None
        if not is_good:
            self.counts.add(tag, WINDOW_S)
        if len(self._looked_up) >= _MOST_BELIEVED:
            self._looked_up.clear()
        self._looked_up[key_hash] = (is_good, time.monotonic())
        return is_good

    def forget(self, secret: str) -> None:
        """Believe a key no longer, in this process at once; the others follow."""
        self._looked_up.pop(hash_secret(secret), None)


def init_app(app: Flask) -> None:
    """Count what comes to the API, refuse what is too much, and tell everybody where they stand."""
    app.extensions["disan_limits"] = Limits(app.config["DISAN"])
    app.before_request(_count)
    app.after_request(_tell)


def current_limits() -> Limits:
    """Give the limits of the application that serves the request."""
    return cast("Limits", current_app.extensions["disan_limits"])


def developers_page() -> str:
    """Give the address where developers get a key."""
    return absolute(f"/{current_language()}/developers")


def _count() -> None:
    """Count a request to the API; a preflight is the browser's own and cannot carry a key."""
    if not request.path.startswith(API) or request.method == "OPTIONS":
        return
    limits, environ = current_limits(), request.environ
    standing: Standing | None
    if secret := environ.get("HTTP_X_API_KEY"):
        standing = limits.count_key(secret, remote_address())
    else:
        is_ours = environ.get("HTTP_SEC_FETCH_SITE") == "same-origin"
        policy = limits.pages if is_ours else limits.anonymous
        standing = limits.count_address(policy, remote_address()) if policy.quota > 0 else None
    if standing is not None and standing.policy.quota > 0:
        g.standing = standing
        if standing.is_exceeded:
            raise exceeded(standing)


def exceeded(standing: Standing) -> QuotaExceeded:
    """Give the error of who asked for more than their quota, with the problem type that the standard registers.

    Source: draft-ietf-httpapi-ratelimit-headers-10, “Problem Types”.
    """
    g.standing = standing
    told = {"type": _QUOTA_EXCEEDED, "violated-policies": [standing.policy.name]}
    most, seconds = standing.policy.quota, standing.reset_s
    if standing.policy.name == "key":
        return QuotaExceeded(
            "A key has %(most)s requests a minute. Go on in %(seconds)s seconds.",
            most=most,
            seconds=seconds,
            further=told,
        )
    return QuotaExceeded(
        "There are %(most)s requests a minute. Go on in %(seconds)s seconds, or get a free key at %(link)s.",
        most=most,
        seconds=seconds,
        link=developers_page(),
        further=told,
    )


def _tell(response: Response) -> Response:
    """Say where the reader stands, in the fields of draft-ietf-httpapi-ratelimit-headers-10."""
    standing: Standing | None = g.get("standing")
    if standing is None:
        return response
    name, quota = standing.policy.name, standing.policy.quota
    response.headers["RateLimit-Policy"] = f'"{name}";q={quota};w={WINDOW_S}'
    response.headers["RateLimit"] = f'"{name}";r={standing.left};t={standing.reset_s}'
    if response.status_code == 429:
        response.headers["Retry-After"] = str(standing.reset_s)
    return response
