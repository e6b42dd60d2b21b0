"""Languages of the interface: which one a request gets, and the catalogues of its sentences."""

from __future__ import annotations

import gettext
import io
from functools import lru_cache

from babel.messages.catalog import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, g, has_request_context, request

from app.config import ROOT
from app.core.errors import DisanError, InvalidInput
from app.http.negotiation import choose_among_languages
from app.http.security import is_desk
from app.http.settings import current_settings

# What the desk's pages were last read in, in this browser.
LANGUAGE_COOKIE = "disan_language"
# The line at the head of a catalogue that no native reader has read.
UNREVIEWED = "# Not reviewed by a native reader.\n"
TRANSLATIONS = ROOT / "app" / "translations"


def init_app(app: Flask) -> None:
    """Give templates `_()` and `ngettext()` in the request's language."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        lambda text: catalogue(current_language()).gettext(text),
        lambda one, many, count: catalogue(current_language()).ngettext(one, many, count),
        newstyle=True,
    )


@lru_cache
def catalogue(language: str) -> gettext.NullTranslations:
    """Read a language's catalogue from its .po files, one an audience; sentences without a translation stay English."""
    messages = Catalog(locale=language)
    for path in sorted((TRANSLATIONS / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id:
                    messages[message.id] = message
    compiled = io.BytesIO()
    write_mo(compiled, messages)
    compiled.seek(0)
    return gettext.GNUTranslations(compiled)


@lru_cache
def is_reviewed(language: str) -> bool:
    """Tell whether somebody who speaks a language has read all its catalogues; one that nobody read says so."""
    files = (TRANSLATIONS / language / "LC_MESSAGES").glob("*.po")
    return not any(UNREVIEWED in path.read_text(encoding="utf-8") for path in files)


def content_language(language: str | None = None) -> str:
    """Give the published language in which a page of the request's language, or of another, tells of records.

    It is the page's own where that is published; else English, which most who read neither can read; else the default.
    """
    asked, settings = language or current_language(), current_settings()
    if asked in settings.languages:
        return asked
    return "en" if "en" in settings.languages else settings.default_language


def choose_page_language() -> str:
    """Choose the language of a visitor's page: the reader's first that pages speak, else the default."""
    settings = current_settings()
    return choose_among_languages(settings.page_languages, settings.default_language)


def choose_language(asked: str | None) -> str:
    """Choose the language of an answer: the one asked for, else the reader's first that is published, else the default.

    Raises `InvalidInput` when the one asked for is not published (RFC 9110, 12.5.4, leaves that to us).
    """
    languages = current_settings().languages
    if asked:
        if asked not in languages:
            raise InvalidInput(
                "There is no language “%(value)s” here; there are: %(choices)s.",
                field="lang",
                value=asked[:20],
                choices=", ".join(languages),
            )
        return asked
    return choose_among_languages(tuple(languages), current_settings().default_language)


def set_language(language: str) -> None:
    """Make a language the request's own, for sentences from here on."""
    g.language = language


def current_language() -> str:
    """Give the request's language: the one chosen, else the one its address names, else the reader's.

    The desk has no language in its paths: there it is the one last chosen, else the deployment's first, whatever the
    browser prefers.
    """
    if not has_request_context():
        return "en"
    if "language" not in g:
        g.language = _language_of_request() or choose_language(None)
    return str(g.language)


def _language_of_request() -> str | None:
    settings = current_settings()
    named = request.path.split("/")[1]
    if named in settings.page_languages:
        return named
    said = [request.args.get("lang", "")]
    if is_desk(request.path):
        said += [request.cookies.get(LANGUAGE_COOKIE, ""), settings.default_language]
    return next((language for language in said if language in settings.languages), None)


def sentence(error: DisanError) -> str:
    """Say what went wrong in the request's language."""
    text = catalogue(current_language()).gettext(error.message)
    params = {name: sentence(value) if isinstance(value, DisanError) else value for name, value in error.params.items()}
    return text % params if params else text
