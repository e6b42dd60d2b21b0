"""What every page of the desk is given: who is there, the language, the ways to go, and notices after an act."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

from flask import Flask, Response, g, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.models import User
from app.accounts.permissions import Permission, is_permitted
from app.core.localized import pick
from app.http.actor import COOKIE, current_actor
from app.http.i18n import catalogue, current_language, set_language
from app.http.settings import RELEASE, current_settings

_LANGUAGE_COOKIE = "disan_desk_language"
_NOTICE_COOKIE = "disan_notice"
VIET_NAM = dt.timezone(dt.timedelta(hours=7))
_YEAR_S = 31_536_000
_LANGUAGES = {"vi": "Tiếng Việt", "en": "English"}


def init_app(app: Flask) -> None:
    """Give templates the filters of the desk."""
    app.jinja_env.filters["shown"] = shown
    app.jinja_env.filters["moment"] = _moment
    app.jinja_env.globals["desk"] = "/desk"


def choose_language() -> None:
    """Choose the desk's language: the one asked for, remembered, of the person, or the deployment's own."""
    known = [language for language in _LANGUAGES if language in current_settings().languages]
    asked = request.args.get("lang", "")
    if asked in known:
        g.desk_language = asked
        set_language(asked)
        return
    remembered = request.cookies.get(_LANGUAGE_COOKIE, "")
    actor = current_actor() if request.cookies.get(COOKIE) else None
    wanted = [remembered, (actor.language or "") if actor else "", current_settings().default_language]
    set_language(next((language for language in wanted if language in known), "en"))


def remember(response: Response) -> Response:
    """Remember the language that was asked for, and forget a notice that has been shown."""
    if "desk_language" in g:
        response.set_cookie(
            _LANGUAGE_COOKIE, g.desk_language, max_age=_YEAR_S, path="/desk", samesite="Lax", httponly=True
        )
    if g.get("is_notice_shown"):
        response.delete_cookie(_NOTICE_COOKIE, path="/desk")
    return response


def say(text: str) -> str:
    """Say a sentence of ours in the reader's language."""
    return catalogue(current_language()).gettext(text)


def shown(text: Mapping[str, str] | None) -> str:
    """Give a text of a record in the reader's language or the next there is."""
    found = pick(text, current_language(), current_settings().languages)
    return found[0] if found else ""


def _moment(value: dt.datetime) -> str:
    """Write an instant as people here read it: day and time in Viet Nam (UTC+7)."""
    local = value.astimezone(VIET_NAM)
    return f"{local:%d/%m/%Y %H:%M}" if current_language() == "vi" else f"{local:%d %b %Y %H:%M}"


def may(permission: str) -> bool:
    """Tell whether who is there holds a permission anywhere."""
    actor = current_actor()
    return actor is not None and is_permitted(actor, Permission(permission))


def page_context(actor: object) -> dict[str, Any]:
    """Give what `base.html` needs."""
    settings, language = current_settings(), current_language()
    user = cast("User | None", actor)
    return {
        "lang": language,
        "languages": [
            {"code": code, "name": name, "url": _with_language(code), "is_current": code == language}
            for code, name in _LANGUAGES.items()
            if code in settings.languages
        ],
        "tenant_name": (pick(settings.tenant_name, language, settings.languages) or ("", ""))[0],
        "release": RELEASE,
        "user": user,
        "may": (lambda permission: user is not None and is_permitted(user, Permission(permission))),
        "notice": _notice(),
        "here": request.path,
    }


def _with_language(code: str) -> str:
    """Give the address of this page in another language; a form that was sent cannot be asked for again."""
    kept = request.args.to_dict(flat=False) if request.method == "GET" else {}
    return f"?{urlencode({**kept, 'lang': code}, doseq=True)}"


def _notice() -> dict[str, str] | None:
    """Give what the act before had to say."""
    text = request.cookies.get(_NOTICE_COOKIE, "")
    if not text:
        return None
    try:
        kind, said = json.loads(text)
    except (ValueError, TypeError):
        return None
    g.is_notice_shown = True
    return {"kind": str(kind), "text": str(said)}


def render(template: str, status: int = 200, **values: Any) -> Response:
    """Answer with a page of the desk."""
    body = render_template(f"desk/{template}", **page_context(current_actor()), **values)
    return Response(body, status, mimetype="text/html")


def go(path: str, notice: str = "", *, kind: str = "done") -> BaseResponse:
    """Lead on after an act, with a notice that the next page shows once."""
    response = redirect(path, 303)
    if notice:
        text = json.dumps([kind, notice[:600]])
        response.set_cookie(_NOTICE_COOKIE, text, max_age=60, path="/desk", httponly=True, samesite="Lax")
    return response
