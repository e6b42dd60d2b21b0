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
        languages = current_settings().languages
        said = [request.path.split("/")[1], request.args.get("lang", "")]
        if is_desk(request.path):
            said += [request.cookies.get(LANGUAGE_COOKIE, ""), languages[0]]
        g.language = next((language for language in said if language in languages), None) or choose_language(None)
    return str(g.language)


def sentence(error: DisanError) -> str:
    """Say what went wrong in the request's language."""
    text = catalogue(current_language()).gettext(error.message)
    params = {name: sentence(value) if isinstance(value, DisanError) else value for name, value in error.params.items()}
    return text % params if params else text
