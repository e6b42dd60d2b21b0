"""What every page is given: language, tenant, addresses in other languages, and filters for numbers and dates."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from babel.numbers import format_currency, format_decimal
from flask import Flask, Response, render_template, request

from app.config import ROOT
from app.core.clock import format_length
from app.core.dates import format_edtf
from app.core.errors import NotFound
from app.core.localized import LANGUAGE_NAMES, tag_of
from app.http.caching import cached, is_fresh, make_etag
from app.http.i18n import catalogue, content_language, current_language, is_reviewed, set_language
from app.http.settings import RELEASE, absolute, current_settings
from app.http.statics import static_url
from app.publication.links import manifest_path
from app.web.ages import draw_ages
from app.web.art import choose_art
from app.web.facts import language_name
from app.web.features import word
from app.web.navigation import first_ways, further_ways

_LICENCES = {
    "CC-BY-4.0": ("CC BY 4.0", "https://creativecommons.org/licenses/by/4.0/"),
    "CC0-1.0": ("CC0 1.0", "https://creativecommons.org/publicdomain/zero/1.0/"),
    "CC-BY-SA-4.0": ("CC BY-SA 4.0", "https://creativecommons.org/licenses/by-sa/4.0/"),
}


def init_app(app: Flask) -> None:
    """Add the filters and the stable parts of the context."""
    app.jinja_env.filters["language_name"] = language_name
    app.jinja_env.filters["tag"] = tag_of
    app.jinja_env.filters["number"] = _number
    app.jinja_env.filters["date"] = _date
    app.jinja_env.filters["distance"] = _distance
    app.jinja_env.filters["fact"] = _fact
    app.jinja_env.filters["length_of_time"] = format_length
    app.jinja_env.filters["price"] = _amount
    app.jinja_env.filters["art"] = choose_art
    app.jinja_env.filters["ages"] = draw_ages
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.globals["manifest_path"] = manifest_path
    app.jinja_env.globals["release"] = RELEASE


def enter(language: str) -> None:
    """Take the language of the address as the request's; raises `NotFound` for one that is not published."""
    if language not in current_settings().page_languages:
        raise NotFound("There is nothing at this address.")
    set_language(language)


@lru_cache
def release_digest() -> str:
    """Tell this release's pages from another's."""
    digest = hashlib.sha256(RELEASE.encode())
    for folder in (ROOT / "app" / "templates", ROOT / "app" / "translations", ROOT / "static"):
        for path in sorted(folder.rglob("*.*")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def page_etag(*parts: object) -> str:
    """Make the tag of a page from what its content depends on, the templates included."""
    return make_etag(release_digest(), absolute("/"), current_language(), *parts)


def unchanged(etag: str) -> Response | None:
    """Answer 304 if the visitor has the page, before anything is read for it."""
    return cached(Response("", mimetype="text/html"), etag) if is_fresh(etag) else None


def render_page(template: str, etag: str, paths: Mapping[str, str], **values: Any) -> Response:
    """Answer with a page; `paths` is where the same page is in each language."""
    return cached(Response(render_template(template, **page_context(paths), **values), mimetype="text/html"), etag)


def page_context(paths: Mapping[str, str]) -> dict[str, Any]:
    """Give what `base.html` needs."""
    language, settings = current_language(), current_settings()
    name = word(settings.tenant_name)
    alternates = [{"lang": tag_of(code), "url": absolute(path)} for code, path in paths.items()]
    if settings.default_language in paths:
        alternates.append({"lang": "x-default", "url": absolute(paths[settings.default_language])})
    return {
        "lang": language,
        "is_reviewed": is_reviewed(language),
        # The language of records' texts that do not say theirs.
        "content_lang": content_language(),
        "languages": [
            {
                "code": code,
                "name": LANGUAGE_NAMES.get(code, code),
                "url": paths.get(code, f"/{code}/"),
                "is_current": code == language,
            }
            for code in settings.page_languages
        ],
        "site_title": catalogue(language).gettext("Heritage of %(tenant)s") % {"tenant": name},
        "tenant_name": name,
        "canonical_url": absolute(paths[language]) if language in paths else None,
        "alternates": alternates,
        "page_path": paths.get(language, f"/{language}/"),
        "ways": first_ways(),
        "further_ways": further_ways(),
        "keeps_pages": settings.service_worker,
        "licence": licence(settings.licence),
        "attribution": settings.attribution,
        "default_language": settings.default_language,
        "q": request.args.get("q", "")[:200],
    }


def licence(identifier: str) -> dict[str, str]:
    """Give a licence's id, short name and address."""
    label, url = _LICENCES.get(identifier, (identifier, f"https://spdx.org/licenses/{identifier}.html"))
    return {"id": identifier, "label": label, "url": url}


def _number(value: float | None) -> str:
    return "" if value is None else str(format_decimal(value, locale=current_language()))


def _date(value: str | None) -> str:
    """Write an instant's day, or a date that may be known in part (EDTF), in words."""
    return format_edtf(value.partition("T")[0], current_language()) if value else ""


def _distance(metres: float | None) -> str:
    if metres is None:
        return ""
    if metres < 1000:
        return f"{_number(round(metres))}\N{NO-BREAK SPACE}m"
    kilometres = format_decimal(metres / 1000, format="#,##0.#", locale=current_language())
    return f"{kilometres}\N{NO-BREAK SPACE}km"


_PRICE = re.compile(r"([0-9]+) VND")


def _fact(value: str) -> str:
    """Write a visit fact as people read it: a price with its digits grouped, anything else as it stands."""
    price = _PRICE.fullmatch(value)
    return str(format_currency(int(price[1]), "VND", locale=current_language())) if price else value


def _amount(price: Mapping[str, Any]) -> str:
    """Write what something costs: its amount with the sign of the currency."""
    return str(format_currency(price["amount"], price["currency"], locale=current_language()))
