"""What every page of the desk is given: who works, in which language, where one can go, and what was just done."""

from __future__ import annotations

import base64
import binascii
import datetime as dt
import hmac
import json
import re
from collections.abc import Mapping
from typing import Any, NamedTuple
from urllib.parse import urlencode

from babel.dates import format_datetime
from flask import Flask, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, Subject, is_permitted
from app.catalogue import KINDS
from app.core.clock import VIETNAM, format_length
from app.core.errors import DisanError
from app.core.localized import LANGUAGE_NAMES, pick
from app.http.actor import current_actor, drop_cookie, read_cookie, set_cookie, sign
from app.http.i18n import LANGUAGE_COOKIE, catalogue, current_language, sentence
from app.http.security import is_desk
from app.http.settings import RELEASE, current_settings
from app.visitors.queries import HANDLE

_NOTICES = "disan_notices"
# A cookie holds 4 kB; what does not fit is left out.
_LONGEST_NOTICES = 2500
_YEAR_S = 31_536_000


def read_key(text: str | None) -> int | None:
    """Read the number that a form or an address holds, such as a row's key; None for anything that is none."""
    return int(text) if text and re.fullmatch("[0-9]{1,9}", text) else None


class Notice(NamedTuple):
    """A sentence about what was just done; `tone` is `done`, `info`, `warning` or `error`."""

    tone: str
    text: str


def init_app(app: Flask) -> None:
    """Finish each answer of the desk: it is nobody else's to keep or to list, and it carries what was told."""
    app.after_request(_finish)
    app.jinja_env.globals["is_permitted"] = may
    app.jinja_env.globals["desk_path"] = "/desk/{}".format
    app.jinja_env.filters["browser"] = browser
    app.jinja_env.filters["moment"] = moment
    app.jinja_env.filters["shown"] = shown
    app.jinja_env.filters["length_of_time"] = format_length
    app.jinja_env.globals["desk"] = "/desk"


def say(text: str, **params: Any) -> str:
    """Say an English sentence (a msgid) in the request's language."""
    said = catalogue(current_language()).gettext(text)
    return said % params if params else said


def shown(text: Mapping[str, str] | None) -> str:
    """Give a text of a record in the reader's language or the next there is."""
    found = pick(text, current_language(), current_settings().languages)
    return found[0] if found else ""


def moment(at: dt.datetime) -> str:
    """Write an instant as people here read it: the register's own clock (UTC+7), in the request's language."""
    language = current_language()
    return str(format_datetime(at, "short" if language == "vi" else "medium", tzinfo=VIETNAM, locale=language))


# What browsers and systems call themselves, the more particular first: most also claim to be those below them.
_BROWSERS = {
    "coc_coc": "Cốc Cốc",
    "Edg": "Edge",
    "OPR/": "Opera",
    "SamsungBrowser": "Samsung Internet",
    "Firefox": "Firefox",
    "Chrome": "Chrome",
    "Safari": "Safari",
}
_SYSTEMS = {
    "Windows": "Windows",
    "Android": "Android",
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Mac OS": "macOS",
    "Linux": "Linux",
}


def browser(agent: str | None) -> str:
    """Name a browser and its system by what it says of itself; whatever is not known, as it stands."""
    text = agent or ""
    known = [next((name for mark, name in names.items() if mark in text), "") for names in (_BROWSERS, _SYSTEMS)]
    return ", ".join(name for name in known if name) or text or "–"


def may(permission: str, subject: Subject | None = None) -> bool:
    """Tell whether whoever acts may do it; for templates: `{% if is_permitted("users:manage") %}`."""
    actor = current_actor()
    return actor is not None and is_permitted(actor, Permission(permission), subject)


def tell(message: str, *, tone: str = "done", **params: Any) -> None:
    """Tell the person something on the page that they see next, be it after a redirect; `message` is a msgid."""
    g.setdefault("told", []).append(Notice(tone, say(message, **params)))


def tell_error(error: DisanError) -> None:
    """Tell the person on the next page what went wrong."""
    g.setdefault("told", []).append(Notice("error", sentence(error)))


def take_told() -> list[str]:
    """Give what was told in this request, for a script that shows it at once; the next page does not say it again."""
    return [notice.text for notice in g.pop("told", [])]


def render(template: str, status: int = 200, *, section: str | None = None, **values: Any) -> Response:
    """Answer with a page of the desk; `section` is its entry in the navigation, by default its address'."""
    body = render_template(f"desk/{template}", **page_context(section), **values)
    return Response(body, status, mimetype="text/html")


def go(path: str, told: str = "", *, tone: str = "done") -> BaseResponse:
    """Lead on after an act; `told`, in the reader's language, stands on the page that follows."""
    if told:
        g.setdefault("told", []).append(Notice(tone, told))
    return redirect(path, 303)


def page_context(section: str | None = None) -> dict[str, Any]:
    """Give what `desk/base.html` needs."""
    language, settings = current_language(), current_settings()
    actor = _known_actor()
    tenant = pick(settings.tenant_name, language, settings.languages)
    return {
        "lang": language,
        "languages": [
            {
                "code": code,
                "name": LANGUAGE_NAMES.get(code, code),
                "url": _here_in(code),
                "is_current": code == language,
            }
            for code in settings.languages
        ],
        "tenant_name": tenant[0] if tenant else "",
        "actor": actor,
        "navigation": _navigation(actor, section) if actor else [],
        "section": section,
        "notices": _take_notices(),
        "release": RELEASE,
    }


def _known_actor() -> User | None:
    """Give who acts; the page of an error is made even if that is what went wrong."""
    try:
        return current_actor()
    except DisanError:
        return None


def _here_in(language: str) -> str:
    """Give this page's address in another language; the answer to a form is gone, its address stays."""
    args = [(name, value) for name, value in request.args.items(multi=True) if name != "lang"]
    kept = args if request.method == "GET" else []
    return f"{request.path}?{urlencode([*kept, ('lang', language)])}"


def _navigation(actor: User, section: str | None) -> list[dict[str, Any]]:
    """Give the entries of the navigation that the actor may follow, the current one marked."""
    entries = [
        ("home", "/desk/", "Home"),
        ("register", "/desk/register", "Register"),
        ("changesets", "/desk/changesets", "Changesets"),
        ("legal", "/desk/legal", "Legal"),
        ("dossiers", "/desk/dossiers", "Procedures"),
        ("counts", "/desk/counts", "Counts"),
        ("reports", "/desk/reports", "Reports"),
        ("visits", "/desk/visits", "Visits"),
        ("users", "/desk/users", "Users"),
        ("audit", "/desk/audit", "Activity log"),
        ("backups", "/desk/backups", "Backups"),
    ]
    if not is_permitted(actor, Permission.MANAGE_USERS):
        entries = [entry for entry in entries if entry[0] not in ("users", "backups")]
    if not is_permitted(actor, HANDLE):
        entries = [entry for entry in entries if entry[0] != "reports"]
    # The longest path that begins this one; the home page begins them all and is only itself.
    here = section or next(
        (name for name, path, _ in entries[1:] if request.path == path or request.path.startswith(f"{path}/")),
        "home" if request.path == "/desk/" else None,
    )
    kind = request.args.get("kind")
    return [
        {
            "name": name,
            "url": path,
            "label": say(label),
            "is_current": name == here,
            "is_here": request.path == path,
            "children": [
                {
                    "url": f"/desk/register?kind={each.name}",
                    "label": say(each.title),
                    "is_current": kind == each.name,
                }
                for each in KINDS.values()
            ]
            if name == "register"
            else [],
        }
        for name, path, label in entries
    ]


def _take_notices() -> list[Notice]:
    """Give what was told before the redirect and in this request; each is shown once."""
    told = [*_read_notices(), *g.get("told", [])]
    g.told, g.notices_shown = [], True
    return told


def _read_notices() -> list[Notice]:
    payload, _, signature = read_cookie(_NOTICES).partition(".")
    if not payload or not hmac.compare_digest(signature.encode(), sign("notices", payload).encode()):
        return []
    try:
        return [Notice(str(tone), str(text)) for tone, text in json.loads(base64.urlsafe_b64decode(payload))]
    except (ValueError, TypeError, binascii.Error):
        return []


def _finish(response: Response) -> Response:
    if not is_desk(request.path):
        return response
    headers = response.headers
    headers["Cache-Control"] = "no-store"
    headers["X-Robots-Tag"] = "noindex"
    headers["Referrer-Policy"] = "same-origin"
    headers["Content-Language"] = current_language()
    asked = request.args.get("lang", "")
    if asked in current_settings().languages and asked != request.cookies.get(LANGUAGE_COOKIE):
        keep_language(response, asked)
    if told := g.get("told"):
        set_cookie(response, _NOTICES, _write_notices(told))
    elif g.get("notices_shown") and read_cookie(_NOTICES):
        drop_cookie(response, _NOTICES)
    return response


def _write_notices(told: list[Notice]) -> str:
    payload = ""
    for count in range(len(told), 0, -1):
        text = json.dumps([tuple(notice) for notice in told[:count]], ensure_ascii=False)
        payload = base64.urlsafe_b64encode(text.encode()).decode()
        if len(payload) <= _LONGEST_NOTICES:
            break
    return f"{payload}.{sign('notices', payload)}"


def keep_language(response: Response, language: str) -> None:
    """Remember in the browser which language the desk is read in; no secret, and the same over TLS."""
    response.set_cookie(LANGUAGE_COOKIE, language, max_age=_YEAR_S, path="/desk", httponly=True, samesite="Lax")
