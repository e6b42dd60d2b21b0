"""What is written for app developers: our documents as pages, and the reference made from the API's description."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from flask import Flask, Response, current_app
from markupsafe import Markup, escape

from app.config import ROOT
from app.core.errors import NotFound
from app.http.settings import absolute, current_settings
from app.publication.links import API
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.markdown import Document, render

# The last part of the page's address → the file.
GUIDES = {"tutorial": "tutorial.md", "cookbook": "cookbook.md", "manual": "README.md", "errors": "errors.md"}
# The host that the documents ask; pages name the one that they are read at.
_EXAMPLE_HOST = "http://127.0.0.1:8000"
_EXTENSION = "disan_api_description"

Describe = Callable[[], dict[str, Any]]


def init_app(app: Flask, describe: Describe) -> None:
    """Keep the maker of the API's description, from which the reference's page is made."""
    app.extensions[_EXTENSION] = describe


def show_guide(language: str, guide: str) -> Response:
    """Show a document; raises `NotFound` for one that there is not."""
    enter(language)
    if guide not in GUIDES:
        raise NotFound("There is nothing at this address.")
    text = _read(guide)
    etag = page_etag("guide", guide, hashlib.sha256(text.encode()).hexdigest())
    if had := unchanged(etag):
        return had
    document = _render(guide, language)
    # Written by ourselves, and escaped but for what Markdown makes.
    html = Markup(document.html.replace(_EXAMPLE_HOST, escape(absolute(""))))  # noqa: S704
    return render_page("web/guide.html", etag, _paths(guide), guide=guide, document=document, html=html)


def show_reference(language: str) -> Response:
    """Show every operation of the API, by group; with scripts a viewer takes the list's place, and asks the API."""
    enter(language)
    describe: Describe = current_app.extensions[_EXTENSION]
    groups = _group(describe())
    etag = page_etag("reference", groups)
    return unchanged(etag) or render_page(
        "web/reference.html", etag, _paths("reference"), guide="reference", groups=groups
    )


def _group(description: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the groups, each with its operations: `path` and `summary`."""
    groups = [{"name": tag["name"], "said": tag.get("description"), "operations": []} for tag in description["tags"]]
    by_name = {group["name"]: group for group in groups}
    for path, methods in description["paths"].items():
        for operation in methods.values():
            by_name[operation["tags"][0]]["operations"].append({"path": API + path, "summary": operation["summary"]})
    return groups


def _read(guide: str) -> str:
    return (ROOT / "docs" / "api" / GUIDES[guide]).read_text(encoding="utf-8")


@lru_cache
def _render(guide: str, language: str) -> Document:
    return render(_read(guide), lambda link: _resolve(link, language))


def _resolve(link: str, language: str) -> str:
    """Give the address of a link of a document: those to other documents lead to their pages, all others stay."""
    name, mark, part = link.partition("#")
    pages = {file: page for page, file in GUIDES.items()}
    return f"/{language}/developers/{pages[name]}{mark}{part}" if name in pages else link


def _paths(rest: str) -> dict[str, str]:
    return {code: f"/{code}/developers/{rest}" for code in current_settings().page_languages}
