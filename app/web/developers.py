"""The page where developers read the rules of the API and get a key, and the one where they look after it."""

from __future__ import annotations

from typing import Any

from flask import Response, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from app.core.db import begin_write, db
from app.core.localized import tag_of
from app.http.actor import remote_address
from app.http.i18n import catalogue, current_language
from app.http.limits import current_limits
from app.http.settings import absolute, current_settings
from app.publication.links import API
from app.subscriptions import operations
from app.subscriptions.models import ApiKey
from app.subscriptions.queries import find_key
from app.subscriptions.quotas import Policy, read_usage
from app.subscriptions.schemas import KeySchema
from app.web.context import enter, page_context, page_etag, render_page, unchanged

FIELDS = ("name", "email", "purpose")
# No person sees this field, so whoever fills it in is a program.
HONEYPOT = "website"
_DAY_S = 86_400


def show_developers(language: str) -> BaseResponse:
    """Show what the API is, its rules and the form for a key; sent, the form makes one, which is shown this once.

    The form acts for nobody who is known, so it carries no proof of where it comes from.
    """
    enter(language)
    if request.method == "POST":
        return _make_key()
    rules = _rules()
    etag = page_etag("developers", sorted(rules.items()))
    return unchanged(etag) or render_page(
        "web/developers.html", etag, _paths("developers"), values={}, errors={}, **rules
    )


def show_key(language: str) -> BaseResponse:
    """Show the form for looking after a key; sent, it tells of the key's use, revokes it, or deletes it.

    Whoever has the key may do all three: it is in the form's body, never in an address.
    """
    enter(language)
    if request.method == "POST":
        return _look_after()
    etag = page_etag("key")
    return unchanged(etag) or render_page("web/key.html", etag, _paths("developers/key"), key=None, said="", error="")


def _rules() -> dict[str, Any]:
    settings = current_settings()
    return {
        "api_url": absolute(f"{API}/"),
        "anonymous": settings.quota_anonymous,
        "keyed": settings.quota_keyed,
        "keys_per_day": settings.keys_per_day,
    }


def _paths(rest: str) -> dict[str, str]:
    return {code: f"/{code}/{rest}" for code in current_settings().page_languages}


def _private(template: str, status: int = 200, **values: Any) -> Response:
    """Answer with a page that is nobody else's: it is kept nowhere, and has no tag."""
    paths = _paths("developers/key" if template == "web/key.html" else "developers")
    response = Response(render_template(template, **page_context(paths), **values), status, mimetype="text/html")
    response.headers["Cache-Control"] = "no-store"
    response.headers["Content-Language"] = tag_of(current_language())
    return response


def _say(text: str, **told: object) -> str:
    said = catalogue(current_language()).gettext(text)
    return said % told if told else said


def _make_key() -> Response:
    values = {name: request.form.get(name, "") for name in FIELDS}
    errors = {name: _say(str(texts[0])) for name, texts in KeySchema().validate(values).items()}
    if not request.form.get("consent"):
        errors["consent"] = _say("Without this a key cannot be given.")
    if request.form.get(HONEYPOT):
        errors["form"] = _say("This was filled in as only a program does. Leave the field “Website” empty.")
    if errors:
        return _private("web/developers.html", 400, values=values, errors=errors, **_rules())
    most = current_settings().keys_per_day
    standing = current_limits().count_address(Policy("keys", most), remote_address(), _DAY_S)
    if standing.is_exceeded:
        errors["form"] = _say(
            "From your network %(most)s keys were made within a day; that is all. Please come back tomorrow.", most=most
        )
        return _private("web/developers.html", 429, values=values, errors=errors, **_rules())
    session = db.session()
    begin_write(session)
    _, secret = operations.make_key(session, **KeySchema().load(values))
    session.commit()
    return _private("web/developers.html", secret=secret, values={}, errors={}, **_rules())


def _look_after() -> Response:
    session, secret, wish = db.session(), request.form.get("key", "").strip(), request.form.get("do", "see")
    if wish in ("revoke", "erase"):
        begin_write(session)
    key = find_key(session, secret, with_revoked=True)
    if key is None:
        error = _say("There is no such key. Compare it with what you kept; a key that was deleted is gone for good.")
        return _private("web/key.html", 404, key=None, said="", error=error)
    if wish == "erase":
        operations.erase_key(session, key.id)
        return _done(secret, None, _say("The key is deleted, and with it all that was kept of you."))
    if wish == "revoke" and key.revoked_at is None:
        operations.revoke_key(session, key.id)
        return _done(secret, key, _say("The key is revoked: within a minute it opens nothing any more."))
    usage = read_usage(current_limits().counts, key.secret_hash)
    return _private("web/key.html", key=key, usage=usage, said="", error="")


def _done(secret: str, key: ApiKey | None, said: str) -> Response:
    current_limits().forget(secret)
    usage = read_usage(current_limits().counts, key.secret_hash) if key else []
    response = _private("web/key.html", key=key, usage=usage, said=said, error="")
    db.session.commit()
    return response
