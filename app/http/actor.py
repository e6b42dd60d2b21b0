"""Who acts: a cookie's session or a machine's token, and what proves that a form is ours."""

from __future__ import annotations

import contextlib
import hashlib
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from urllib.parse import urlsplit

import sqlalchemy as sa
from flask import Flask, Response, current_app, g, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.accounts.secrets import make_secret
from app.accounts.sessions import find_session, touch_session
from app.accounts.tokens import authenticate_token, touch_token
from app.core.db import begin_write, db
from app.core.errors import NotAllowed, NotAuthenticated
from app.http.security import is_desk, is_register
from app.http.settings import current_settings

CSRF_FIELD = "_csrf"
CSRF_HEADER = "X-CSRF-Token"
_SESSION = "disan_session"
_VISITOR = "disan_visitor"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
# How often it is written down that a session or token is in use.
_TOUCH_EVERY_S = 60.0
_touched: dict[str, float] = {}

View = TypeVar("View", bound=Callable[..., object])


class ForeignForm(NotAllowed):
    """A form without the proof that this desk made it for this session: another site's, or made before a new log-in."""


@dataclass(frozen=True, slots=True)
class _Acting:
    user: User
    session_id: int | None
    secret: str


def init_app(app: Flask) -> None:
    """Ask at the desk's door who comes and whether a form is ours; give templates `csrf_field()`."""
    app.before_request(_guard)
    app.after_request(_remember_visitor)
    app.jinja_env.globals["csrf_field"] = csrf_field
    app.jinja_env.globals["csrf_token"] = csrf_token


def open_to_all(view: View) -> View:
    """Mark a view of the desk that takes no log-in, the log-in page for instance."""
    view.is_open = True  # type: ignore[attr-defined]
    return view


def without_role(view: View) -> View:
    """Mark a view of the desk for whoever is logged in, even without any role: one's own account."""
    view.needs_no_role = True  # type: ignore[attr-defined]
    return view


def current_actor() -> User | None:
    """Give who acts in this request, as a row of its session; None for nobody.

    Reading it leaves `db.session` without a transaction, so that a view may still begin with `begin_write`. Raises
    `NotAuthenticated` for a token that opens nothing.
    """
    acting = _acting()
    return acting.user if acting else None


def require_actor() -> User:
    """Give who acts; raises `NotAuthenticated` when nobody does."""
    user = current_actor()
    if user is None:
        raise NotAuthenticated("Log in to go on.")
    return user


def current_session_id() -> int | None:
    """Give the key of the session that the cookie opens, None without one."""
    acting = _acting()
    return acting.session_id if acting else None


def remote_address() -> str:
    """Give the network address that the request came from, as far as proxies are believed."""
    return (request.remote_addr or "")[:45]


def _acting() -> _Acting | None:
    if "acting" not in g:
        g.acting = _find_acting()
    found: _Acting | None = g.acting
    return found


def _find_acting() -> _Acting | None:
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if is_register(request.path) and scheme.lower() == "bearer":
        return _by_token(text.strip())
    secret = request.cookies.get(_cookie(_SESSION), "")
    if not secret or not (is_desk(request.path) or is_register(request.path)):
        return None
    # Read in a session of its own: the view's must not have begun to read before it begins to write.
    with Session(db.engine) as own:
        found = find_session(own, secret, current_settings())
        if found is None:
            return None
        acting = _Acting(db.session().merge(found.user, load=False), found.id, secret)
    _touch(secret, touch_session)
    return acting


def _by_token(text: str) -> _Acting:
    with Session(db.engine) as own:
        user = authenticate_token(own, text)
        mine = db.session().merge(user, load=False)
    mine.limited_to = user.limited_to
    _touch(text, touch_token)
    return _Acting(mine, None, text)


def _touch(secret: str, touch: Callable[[Session, str], None]) -> None:
    """Write down, once a minute at most, that a secret is in use; not worth failing for while others write."""
    at, key = time.monotonic(), hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()
    if at - _touched.get(key, -_TOUCH_EVERY_S) < _TOUCH_EVERY_S:
        return
    if len(_touched) > 10_000:
        _touched.clear()
    _touched[key] = at
    with contextlib.suppress(sa.exc.OperationalError), Session(db.engine) as own, own.begin():
        begin_write(own)
        touch(own, secret)


def _guard() -> None:
    """Let nobody into the desk who is not known, and no form that is not ours; the open pages say so themselves."""
    is_at_desk = is_desk(request.path)
    if not is_at_desk and not is_register(request.path):
        return
    view = current_app.view_functions.get(request.endpoint or "")
    if is_at_desk and view is not None and not getattr(view, "is_open", False):
        actor = require_actor()
        if not getattr(view, "needs_no_role", False):
            require(actor, Permission.VIEW)
    acting = _acting()
    is_by_token = acting is not None and acting.session_id is None
    if request.method not in _SAFE and not is_by_token and (is_at_desk or acting is not None):
        _refuse_foreign_form()


def _refuse_foreign_form() -> None:
    given = request.headers.get(CSRF_HEADER) or (request.form.get(CSRF_FIELD, "") if is_desk(request.path) else "")
    if not hmac.compare_digest(given.encode(), csrf_token().encode()):
        raise ForeignForm("This form was made before you logged in last, or by another site. Nothing was changed.")


def is_from_here() -> bool:
    """Tell whether the browser says that our own page sent the request; one that says nothing is not believed."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    hosts = {request.host, urlsplit(current_settings().public_url).netloc} - {""}
    return urlsplit(request.headers.get("Origin", "")).netloc in hosts


def sign(purpose: str, text: str = "") -> str:
    """Sign a text with the secret of the cookie that this browser has, or is given with the answer."""
    acting = None if g.get("left") else _acting()
    secret = g.get("entered") or (acting.secret if acting else _visitor())
    return hmac.new(secret.encode("utf-8", "surrogateescape"), f"{purpose}\x1f{text}".encode(), "sha256").hexdigest()


def csrf_token() -> str:
    """Give what proves that a form was made by this desk for this session, or for this visitor before log-in."""
    return sign("csrf")


def csrf_field() -> Markup:
    """Give the hidden field that every form of the desk holds."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(CSRF_FIELD, csrf_token())


def _visitor() -> str:
    if "visitor" not in g:
        g.visitor = request.cookies.get(_cookie(_VISITOR), "")[:100]
        if not g.visitor:
            g.visitor = g.new_visitor = make_secret()
    return str(g.visitor)


def _is_secure() -> bool:
    return request.is_secure or current_settings().public_url.startswith("https:")


def _cookie(name: str) -> str:
    """Give a cookie's name: over TLS with the prefix that binds it to this very host (RFC 6265bis, 4.1.3.2)."""
    return f"__Host-{name}" if _is_secure() else name


def set_cookie(response: Response, name: str, value: str, *, max_age: int | None = None) -> None:
    """Set a cookie that scripts do not see and other sites do not send; without `max_age` the browser's end ends it."""
    response.set_cookie(
        _cookie(name), value, max_age=max_age, path="/", secure=_is_secure(), httponly=True, samesite="Lax"
    )


def read_cookie(name: str) -> str:
    """Give the value of a cookie that `set_cookie` set."""
    return request.cookies.get(_cookie(name), "")


def drop_cookie(response: Response, name: str) -> None:
    """Take a cookie back."""
    response.delete_cookie(_cookie(name), path="/", secure=_is_secure(), httponly=True, samesite="Lax")


def let_in(secret: str) -> None:
    """Make a session just opened this browser's own: the answer carries its cookie, and forms in it its proof."""
    g.entered = secret


def let_out() -> None:
    """Take the session's cookie back with the answer."""
    g.left = True


def _remember_visitor(response: Response) -> Response:
    if entered := g.get("entered"):
        set_cookie(response, _SESSION, entered)
        drop_cookie(response, _VISITOR)
        return response
    if g.get("left"):
        drop_cookie(response, _SESSION)
    if new := g.get("new_visitor"):
        set_cookie(response, _VISITOR, new)
    return response
