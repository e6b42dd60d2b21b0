"""For search engines: /robots.txt, the sitemap index, and a file of addresses for every thousand records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from xml.sax.saxutils import escape

from flask import Blueprint, Response

from app.core.errors import NotFound
from app.core.localized import tag_of
from app.http.caching import cached, is_fresh, make_etag
from app.http.i18n import content_language
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.publication.collections import COLLECTIONS
from app.publication.queries import read_number, read_standings
from app.publication.sitemaps import SPAN, find_spans, read_span

_PAGED = {name: found.page for name, found in COLLECTIONS.items() if found.page}
# Ids fit a column of 64 bits, and so do the ends of spans.
_MOST_NUMBER = 2**62 // SPAN
_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_SCHEMA = "http://www.sitemaps.org/schemas/sitemap/0.9"
# Pages that every deployment has in each language, beside the lists.
_STATIC = ("", "calendar", "map", "developers")
# What is one visitor's own, or a form, or for machines that ask for it: nothing that anybody would search for.
_CLOSED = ("near", "saved", "report", "reports")
_CLOSED_ROOTS = ("/desk", "/register/", "/api/v1/collections/", "/api/v1/search", "/oembed")


def init_routes(web: Blueprint) -> None:
    """Mount the files."""
    web.add_url_rule("/robots.txt", "robots", show_robots)
    web.add_url_rule("/sitemap.xml", "sitemap", show_index)
    web.add_url_rule("/sitemaps/pages.xml", "sitemap_pages", show_pages)
    web.add_url_rule("/sitemaps/<collection>-<number>.xml", "sitemap_file", show_file)


def show_robots() -> Response:
    """Let everybody read everything but visitors' own pages, and say where the addresses are."""
    closed = [*_CLOSED_ROOTS]
    closed += [f"/{language}/{page}" for language in current_settings().page_languages for page in _CLOSED]
    lines = ["User-agent: *", "Allow: /", *(f"Disallow: {path}" for path in closed), ""]
    lines += [f"Sitemap: {absolute('/sitemap.xml')}", f"# {absolute('/api/v1/')}", ""]
    return Response("\n".join(lines), mimetype="text/plain")


def show_index() -> Response:
    """Name the files of all collections."""
    reads = reading()
    standings = read_standings(reads)
    etag = _etag("index", sorted(standings.items()))
    if is_fresh(etag):
        return _answer("", etag)
    paths = ["/sitemaps/pages.xml"]
    for name in _PAGED:
        paths += [f"/sitemaps/{name}-{number}.xml" for number in find_spans(reads, name)]
    entries = "".join(f"<sitemap><loc>{escape(absolute(path))}</loc></sitemap>\n" for path in paths)
    return _answer(f'{_HEAD}<sitemapindex xmlns="{_SCHEMA}">\n{entries}</sitemapindex>\n', etag)


def show_pages() -> Response:
    """List the home page, the lists of records and the other pages that always are, in every language."""
    paths = [*_STATIC, *_PAGED.values()]
    etag = _etag("pages")
    return _answer(_urls((dict.fromkeys(current_settings().page_languages, path), "") for path in paths), etag)


def show_file(collection: str, number: str) -> Response:
    """List the records of a collection whose ids lie in a span; raises `NotFound` where there are none."""
    is_number = number.isascii() and number.isdigit() and len(number) < 20 and int(number) < _MOST_NUMBER
    if collection not in _PAGED or not is_number:
        raise NotFound("There is nothing at this address.")
    reads = reading()
    etag = _etag(collection, number, read_number(reads, collection))
    if is_fresh(etag):
        return _answer("", etag)
    listed = read_span(reads, collection, int(number))
    if not listed:
        raise NotFound("There is nothing at this address.")
    page = _PAGED[collection]
    languages = {language: content_language(language) for language in current_settings().page_languages}
    entries = (
        (
            {code: f"{page}/{one.slugs[said]}" for code, said in languages.items() if said in one.slugs},
            one.modified_at.isoformat(timespec="seconds"),
        )
        for one in listed
    )
    return _answer(_urls(entries), etag)


def _urls(entries: Iterable[tuple[Mapping[str, str], str]]) -> str:
    """Write pages, each by its path in each language, with the others as its alternates."""
    default = current_settings().default_language
    parts = [_HEAD, f'<urlset xmlns="{_SCHEMA}" xmlns:xhtml="http://www.w3.org/1999/xhtml">\n']
    for paths, modified_at in entries:
        # A slug is of letters, digits and hyphens.
        addresses = {code: escape(absolute(f"/{code}/{path}")) for code, path in paths.items()}
        named = [
            *((tag_of(code), url) for code, url in addresses.items()),
            *([("x-default", addresses[default])] if default in addresses else []),
        ]
        links = "".join(f'<xhtml:link rel="alternate" hreflang="{code}" href="{url}"/>' for code, url in named)
        lastmod = f"<lastmod>{modified_at}</lastmod>" if modified_at else ""
        parts += [f"<url><loc>{url}</loc>{lastmod}{links}</url>\n" for url in addresses.values()]
    return "".join([*parts, "</urlset>\n"])


def _etag(*parts: object) -> str:
    settings = current_settings()
    return make_etag("sitemap", absolute("/"), settings.page_languages, settings.default_language, *parts)


def _answer(text: str, etag: str) -> Response:
    return cached(Response(text, mimetype="application/xml"), etag)
