"""What lets others show a record: its picture for links, a card to embed, the oEmbed endpoint, and the page's head."""

from __future__ import annotations

import html
import re
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from flask import Blueprint, Response, json, render_template, request
from markupsafe import Markup

from app.core.errors import Gone, InvalidInput, NotFound
from app.http.caching import cached, is_fresh, keep_briefly, make_etag
from app.http.files import current_storage
from app.http.i18n import catalogue, content_language, current_language, set_language
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.media.storage import rendition_key
from app.publication.codes import read_by_code
from app.publication.collections import COLLECTIONS
from app.publication.queries import Item, find_code, read_item
from app.web import cards
from app.web.context import enter, page_context, page_etag
from app.web.features import load_feature, page_paths, word
from app.web.jsonld import script_text
from app.web.qr import plaque_address

# The size of the embedded card where nobody asks for another.
EMBED_WIDTH, EMBED_HEIGHT = 480, 420
_LEAST_WIDTH, _LEAST_HEIGHT = 200, 160
_LOCALES = {"vi": "vi_VN", "en": "en_GB", "zh": "zh_CN", "ja": "ja_JP", "ko": "ko_KR", "fr": "fr_FR"}
# A card stands in pages of others, runs nothing and sends nothing.
_EMBED_POLICY = (
    "default-src 'none'; img-src 'self'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors *"
)
_OF_PAGES = {found.page: name for name, found in COLLECTIONS.items() if found.page}
_ADDRESS = re.compile(r"/(?P<language>[a-z-]{2,10})/(?P<page>[a-z]+)/(?P<slug>[^/]+)/?")
_PLAQUE = re.compile(r"/q/(?P<code>[^/]+)/?")
_CACHE_S = 86_400


def init_routes(web: Blueprint) -> None:
    """Mount the pictures, the cards and the endpoint."""
    web.add_url_rule("/<language>/share/<code>.jpg", "share_card", show_card)
    web.add_url_rule("/<language>/embed/<code>", "embed", show_embed)
    web.add_url_rule("/oembed", "oembed", show_oembed)


def share_values(collection: str, feature: dict[str, Any], found: Item) -> dict[str, Any]:
    """Give what the head of a record's page and its block about sharing say, for `_head.html`.

    `feature` is what the page tells of what was `found`.
    """
    item, language = feature["properties"], current_language()
    address = absolute(item["url"])
    card = _card(found)
    files = [(f"{item['url']}.jsonld", "application/ld+json")]
    if feature["geometry"]:
        files += [(f"{item['url']}.gpx", "application/gpx+xml")]
        files += [(f"{item['url']}.kml", "application/vnd.google-earth.kml+xml")]
    if collection in ("events", "itineraries"):
        files += [(f"{item['url']}.ics", "text/calendar")]
    cover = cards.cover_of(item)
    locales = [_LOCALES.get(code, code) for code in page_paths(feature)]
    own = _LOCALES.get(language, language)
    return {
        "url": address,
        "type": "place" if collection in ("sites", "places") else "article",
        "image": absolute(_card_path(item["code"], card)),
        "image_alt": (cover["alt"] if cover and cover["alt"] else item["name"]),
        "width": cards.WIDTH,
        "height": cards.HEIGHT,
        "locale": own,
        "locales": [one for one in locales if one != own],
        "files": files,
        "oembed": f"{absolute('/oembed')}?{urlencode({'url': address, 'format': 'json'})}",
        "embed": _frame(item, EMBED_WIDTH, EMBED_HEIGHT),
        "plaque": plaque_address(item["code"]),
        "crumbs": Markup(script_text(_crumbs(collection, item))),  # noqa: S704 (escaped there)
    }


def _crumbs(collection: str, item: dict[str, Any]) -> dict[str, Any]:
    """Describe the way to a record as schema.org's BreadcrumbList: home, list, what it is part of, itself."""
    language = current_language()
    steps = [
        (page_context({})["site_title"], f"/{language}/"),
        (word(COLLECTIONS[collection].title), f"/{language}/{COLLECTIONS[collection].page}"),
        *([(item["parent"]["name"], item["parent"]["url"])] if item.get("parent") else []),
        (item["name"], item["url"]),
    ]
    return {
        "@context": "https://schema.org",
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": name, "item": absolute(path)}
            for number, (name, path) in enumerate(steps, 1)
        ],
    }


def _card(found: Item) -> cards.Card:
    """Choose a record's card; it speaks the language in which records are published, whose letters the font has."""
    content = content_language()
    item = json.loads(found.feature)["properties"]
    owner = catalogue(content).gettext("Heritage of %(tenant)s") % {"tenant": _tenant(content)}
    return cards.card_of(item, owner)


def _tenant(language: str) -> str:
    names = current_settings().tenant_name
    return str(names.get(language) or next(iter(names.values())))


def _card_path(code: str, card: cards.Card) -> str:
    return f"/{content_language()}/share/{quote(code)}.jpg?v={card.digest[:10]}"


def show_card(language: str, code: str) -> Response:
    """Give the picture that stands with links to a record; raises `Gone` where it was withdrawn, `NotFound`."""
    enter(language)
    card = _card(read_by_code(reading(), code, content_language()))
    response = Response(status=304) if is_fresh(card.digest) else Response(_drawn(card), mimetype=cards.MEDIA_TYPE)
    response.set_etag(card.digest)
    if request.args.get("v") == card.digest[:10]:
        # A withdrawn record's picture stays nowhere for longer.
        response.headers["Cache-Control"] = f"public, max-age={_CACHE_S}"
    else:
        keep_briefly(response)
    return response


def _drawn(card: cards.Card) -> bytes:
    folder = current_settings().data
    kept = cards.find_card(folder, card)
    if kept is not None:
        return kept
    picture = None
    if card.picture:
        try:
            picture = current_storage().load(rendition_key(card.picture))
        except FileNotFoundError as error:
            raise NotFound("There is nothing at this address.") from error
    return cards.make_card(folder, card, picture)


def show_embed(language: str, code: str) -> Response:
    """Show a record's card, to stand in pages of others: no script, and every link leads out of the frame."""
    enter(language)
    found = read_by_code(reading(), code, content_language())
    etag = page_etag("embed", found.code, found.version)
    feature = load_feature(found.feature)
    context = page_context({})
    item = feature["properties"]
    cover = cards.cover_of(item)
    text = "" if is_fresh(etag) else render_template("web/embed.html", **context, item=item, cover=cover)
    response = cached(Response(text, mimetype="text/html"), etag)
    response.headers["Content-Security-Policy"] = _EMBED_POLICY
    # The page is the record's; its card is not to be found beside it.
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _frame(item: dict[str, Any], width: int, height: int) -> str:
    """Write the element that embeds a record's card."""
    address = absolute(f"/{current_language()}/embed/{quote(item['code'])}")
    return (
        f'<iframe src="{html.escape(address)}" title="{html.escape(item["name"])}" width="{width}" height="{height}" '
        'loading="lazy" style="border:0;max-width:100%"></iframe>'
    )


def show_oembed() -> Response:
    """Tell how to embed the page at `url` (oEmbed 1.0, type rich): 501 for other formats, 404 for other pages."""
    if request.args.get("format", "json") != "json":
        return Response("This service answers in JSON: ask with format=json.\n", status=501, mimetype="text/plain")
    url = request.args.get("url", "").strip()
    if not url:
        raise InvalidInput("Give the address of a record's page: /oembed?url=…", field="url")
    found, language = _find(url)
    set_language(language)
    feature = load_feature(found.feature)
    item = feature["properties"]
    width = _within("maxwidth", EMBED_WIDTH, _LEAST_WIDTH)
    height = _within("maxheight", EMBED_HEIGHT, _LEAST_HEIGHT)
    settings = current_settings()
    body = {
        "version": "1.0",
        "type": "rich",
        "title": item["name"],
        "author_name": item["attribution"],
        "provider_name": page_context({})["site_title"],
        "provider_url": absolute(f"/{language}/"),
        "cache_age": 3600,
        "thumbnail_url": absolute(_card_path(item["code"], _card(found))),
        "thumbnail_width": cards.WIDTH,
        "thumbnail_height": cards.HEIGHT,
        "html": _frame(item, width, height),
        "width": width,
        "height": height,
    }
    # A thumbnail may be no larger than what was asked for; then there is none.
    if request.args.get("maxwidth") or request.args.get("maxheight"):
        body = {name: value for name, value in body.items() if not name.startswith("thumbnail_")}
    text = json.dumps(body, ensure_ascii=False)
    return cached(Response(text, mimetype="application/json"), make_etag("oembed", settings.licence, text))


def _within(name: str, usual: int, least: int) -> int:
    """Read a limit in pixels: the card is no larger, and never so small that nothing can be read."""
    text = request.args.get(name, "").strip()
    if not text:
        return usual
    if not (text.isascii() and text.isdigit() and len(text) < 7):
        raise InvalidInput("%(field)s: “%(value)s” is not a whole number of pixels.", field=name, value=text[:20])
    return max(least, min(usual, int(text)))


def _find(url: str) -> tuple[Item, str]:
    """Find the record that a page of ours is about, and the page's language; raises `NotFound` for any other."""
    missing = NotFound("There is no page of a record of ours at “%(value)s”.", value=url[:200])
    try:
        asked = urlsplit(url)
    except ValueError as error:
        raise missing from error
    if asked.scheme not in ("http", "https") or asked.netloc != urlsplit(absolute("/")).netloc:
        raise missing
    try:
        if plaque := _PLAQUE.fullmatch(asked.path):
            language = current_settings().default_language
            return read_by_code(reading(), plaque["code"], content_language(language)), language
        page = _ADDRESS.fullmatch(asked.path)
        if page is None or page["language"] not in current_settings().page_languages or page["page"] not in _OF_PAGES:
            raise missing
        collection, language = _OF_PAGES[page["page"]], page["language"]
        code = find_code(reading(), collection, page["slug"])
        return read_item(reading(), collection, code, content_language(language)), language
    except (Gone, NotFound) as error:
        raise missing from error
