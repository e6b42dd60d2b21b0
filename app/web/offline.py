"""What bad networks need: the worker that keeps pages, the page that lists them, and what makes this an app."""

from __future__ import annotations

from functools import lru_cache

from flask import Blueprint, Response, json

from app.config import ROOT
from app.http.caching import cached, make_etag
from app.http.i18n import catalogue, current_language
from app.http.settings import current_settings
from app.http.statics import static_url
from app.web.context import enter, page_etag, release_digest, render_page, unchanged
from app.web.features import word

# The colours of `tokens.css`: the roof, and the ground.
_THEME, _BACKGROUND = "#2a1a14", "#faf8f3"
# Made by tools/icons.py: what a launcher may cut to its shape has room around it.
_ICONS = (
    ("img/icon-192.png", 192, "any"),
    ("img/icon-512.png", 512, "any"),
    ("img/icon-maskable.png", 512, "maskable"),
)


def init_routes(web: Blueprint) -> None:
    """Mount the worker at the root, whose pages it serves, and the manifest and the list of kept pages per language."""
    web.add_url_rule("/sw.js", "service_worker", show_worker)
    web.add_url_rule("/<language>/app.webmanifest", "manifest", show_manifest)
    web.add_url_rule("/<language>/offline", "offline", show_offline)


def show_worker() -> Response:
    """Give the worker of this release; where the setting is off, the one that ends it in browsers that have it."""
    name = "service-worker" if current_settings().service_worker else "service-worker-off"
    text = f'const RELEASE = "{release_digest()[:16]}";\n{_read_script(name)}'
    response = cached(Response(text, mimetype="text/javascript"), make_etag(text))
    response.headers["Cache-Control"] = "no-cache"
    return response


@lru_cache
def _read_script(name: str) -> str:
    return (ROOT / "static" / "js" / f"{name}.js").read_text(encoding="utf-8")


def show_manifest(language: str) -> Response:
    """Give what a phone needs to put this beside its apps (W3C Web Application Manifest)."""
    enter(language)
    name = word(current_settings().tenant_name)
    manifest = {
        # One app, whatever language it was put there in.
        "id": "/",
        "name": catalogue(current_language()).gettext("Heritage of %(tenant)s") % {"tenant": name},
        "short_name": name,
        "lang": language,
        "dir": "ltr",
        "start_url": f"/{language}/?from=home",
        "scope": "/",
        "display": "standalone",
        "theme_color": _THEME,
        "background_color": _BACKGROUND,
        "icons": [
            {"src": static_url(path), "sizes": f"{size}x{size}", "type": "image/png", "purpose": purpose}
            for path, size, purpose in _ICONS
        ],
    }
    text = json.dumps(manifest, ensure_ascii=False)
    return cached(Response(text, mimetype="application/manifest+json"), make_etag(language, text))


def show_offline(language: str) -> Response:
    """Show what works without a network; the worker puts the pages that this phone keeps into it."""
    enter(language)
    etag = page_etag("offline")
    if had := unchanged(etag):
        return had
    paths = {code: f"/{code}/offline" for code in current_settings().page_languages}
    return render_page("web/offline.html", etag, paths)
