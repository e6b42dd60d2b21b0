"""Who acts: the person of a session, or the owner of a token; and the proof that a form is ours."""

from __future__ import annotations

import datetime as dt
import hashlib
import hmac
from collections.abc import Callable
from urllib.parse import urlsplit

from flask import Flask, Response, g, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts import login
from app.accounts.models import User, UserSession
from app.accounts.tokens import authenticate_token, note_use
from app.core.db import begin_write, db
from app.core.errors import NotAllowed, NotAuthenticated
from app.http.settings import current_settings

COOKIE = "disan_session"
CSRF_FIELD = "_csrf"
_SAFE = ("GET", "HEAD", "OPTIONS")


def init_app(app: Flask) -> None:
    """Give templates the hidden field that every form of the desk carries."""
    app.jinja_env.globals["csrf_field"] = csrf_field


def is_write() -> bool:
    """Tell whether the request may change something."""
    return request.method not in _SAFE


def current_session() -> UserSession | None:
    """Give the session whose cookie the request carries, unless it has ended.

    A request that may change something takes the writer's place before anything is read (`core.db.begin_write`).
    """
    if "user_session" not in g:
        secret = request.cookies.get(COOKIE, "")
        if is_write() and not db.session().in_transaction():
            begin_write(db.session())
        found = login.find_session(db.session(), secret, current_settings()) if secret else None
        g.user_session = found
        if found is not None and login.is_touch_due(found):
            if is_write():
                login.touch(db.session(), found.id)
            else:
                _apart(lambda session: login.touch(session, found.id))
    return g.user_session  # type: ignore[no-any-return]


def _apart(write: Callable[[Session], None]) -> None:
    """Write something small in a transaction of its own, for a request that only reads."""
    with Session(db.engine) as session, session.begin():
        begin_write(session)
        write(session)


def current_actor() -> User | None:
    """Give who is logged in here, None for nobody."""
    found = current_session()
    return found.user if found else None


def require_actor() -> User:
    """Give who is logged in; raises `NotAuthenticated`."""
    actor = current_actor()
    if actor is None:
        raise NotAuthenticated("Log in to go on.")
    return actor


def bearer_actor() -> User | None:
    """Give the owner of the token that the request carries (RFC 6750), limited to what the token may do.

    Raises `NotAuthenticated` for a token that is not in force; None where there is none.
    """
    kind, _, secret = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() != "bearer":
        return None
    if is_write() and not db.session().in_transaction():
        begin_write(db.session())
    user = authenticate_token(db.session(), secret.strip())
    if user is None:
        raise NotAuthenticated("This token is unknown, has expired or was revoked.")
    if is_write():
        note_use(db.session(), secret.strip())
    else:
        _apart(lambda session: note_use(session, secret.strip()))
    return user


def set_session(response: Response, secret: str) -> None:
    """Hand the browser a session's secret, which scripts cannot read and other sites cannot send."""
    response.set_cookie(
        COOKIE,
        secret,
        max_age=dt.timedelta(hours=current_settings().session_hours),
        httponly=True,
        secure=request.is_secure,
        samesite="Lax",
        path="/",
    )


def clear_session(response: Response) -> None:
    """Take the secret back."""
    response.delete_cookie(COOKIE, path="/")


def csrf_token() -> str:
    """Give the proof that a form of this session carries: made from its secret, so that nothing needs keeping."""
    return hashlib.sha256(b"form:" + request.cookies.get(COOKIE, "").encode()).hexdigest()[:40]


def csrf_field() -> Markup:
    """Write the hidden field of a form."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def check_csrf() -> None:
    """Raise `NotAllowed` unless a request that may change something comes from a page of this session."""
    if not is_write():
        return
    given = request.headers.get("X-CSRF-Token") or request.form.get(CSRF_FIELD, "")
    if not is_same_origin() or not hmac.compare_digest(given, csrf_token()):
        raise NotAllowed("This form does not come from your session. Open the page again and send it once more.")


def is_same_origin() -> bool:
    """Tell whether a request comes from a page of ours, as far as the browser says (Fetch Metadata, Origin)."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc in (request.host, urlsplit(current_settings().public_url).netloc)
