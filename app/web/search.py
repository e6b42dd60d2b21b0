"""The search of everything: what words find, by kind, with what they matched, and facets to narrow it by."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, request
from sqlalchemy.sql.expression import ColumnElement

from app.core import clock
from app.core.errors import InvalidInput
from app.http import parameters
from app.http.i18n import content_language, current_language, sentence
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.collections import COLLECTIONS
from app.publication.facets import FacetValue, read_facets
from app.publication.models import ITEMS
from app.publication.queries import read_concepts
from app.publication.reasons import Reason, read_reasons
from app.publication.search import (
    Found,
    SearchQuery,
    count_by_collection,
    newest_number,
    search_conditions,
    search_items,
)
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.facts import badges, card_lines, label_of
from app.web.features import load_feature, word
from app.web.items import coming
from app.web.lists import MOST_COUNTED

# What has a page that leads on; a zone's is its site's.
SEARCHED = tuple(name for name, found in COLLECTIONS.items() if found.page or name == "admin-units")
# By what a search is narrowed: each is a property of some collection.
FACETS = ("type", "rank", "category", "unit")
_PREVIEW = 4
_PAGE = 24
# Read at once, of all kinds together: enough for the first few of most.
_MIXED = 60
_MOST_VALUES = 12


def init_routes(web: Blueprint) -> None:
    """Mount the page."""
    web.add_url_rule("/<language>/search", "search", show_search)


class _Asked:
    """What a visitor asks: words, a kind, facets, the cursor; `errors` are the sentences about what cannot be read."""

    def __init__(self) -> None:
        self.errors: list[str] = []
        self.values = {name: request.args.get(name, "").strip() for name in ("q", "kind", *FACETS, "cursor")}
        self.text = self._read_text()
        self.kind = self.values["kind"] if self.values["kind"] in SEARCHED else ""
        if self.values["kind"] and not self.kind:
            self.attempt(parameters.check_choice, "kind", self.values["kind"], SEARCHED)
        self.filters = tuple((name, self.values[name][:200]) for name in FACETS if self.values[name])

    def _read_text(self) -> str:
        return self.attempt(parameters.parse_text, self.values["q"]) or "" if self.values["q"] else ""

    def attempt(self, read: Any, *given: Any) -> Any:
        """Give what a reader makes of a value; None where it cannot, which is said."""
        try:
            return read(*given)
        except InvalidInput as error:
            self.errors.append(sentence(error))
            return None

    def address(self, language: str | None = None, **changed: str | None) -> str:
        """Give the address of the same search from its first page, with some values changed; None leaves one out."""
        pairs = {**self.values, "cursor": None, **changed}
        said = urlencode({name: value for name, value in pairs.items() if value})
        return f"/{language or current_language()}/search" + (f"?{said}" if said else "")


def show_search(language: str) -> Response:
    """Show what words find: a few of each kind, or all of one; without words, what can be searched for."""
    enter(language)
    asked = _Asked()
    number = newest_number(reading(), tuple(COLLECTIONS))
    etag = page_etag("search", number, clock.today(), sorted(asked.values.items()))
    if had := unchanged(etag):
        return had
    shown: dict[str, Any] = {"groups": [], "kinds": [], "facets": [], "searched": "", "total": 0}
    if asked.text:
        shown |= _search(asked)
    return render_page(
        "web/search.html",
        etag,
        {code: asked.address(code) for code in current_settings().page_languages},
        errors=asked.errors,
        active=_active(asked, shown["facets"]),
        kind=asked.kind,
        whole_url=asked.address(kind=None, **dict.fromkeys(FACETS)),
        **shown,
    )


def _search(asked: _Asked) -> dict[str, Any]:
    reads = reading()
    query = SearchQuery(
        collections=(asked.kind,) if asked.kind else SEARCHED,
        language=content_language(),
        text=asked.text,
        limit=_PAGE if asked.kind else _MIXED,
        filters=asked.filters,
        cursor=(asked.values["cursor"] or None) if asked.kind else None,
    )
    found = asked.attempt(search_items, reads, query) or search_items(reads, replace(query, cursor=None))
    query = replace(found.asked, cursor=None)
    everywhere = replace(query, collections=SEARCHED)
    counts = count_by_collection(reads, everywhere, MOST_COUNTED)
    text = query.text if query.text != asked.text else None
    return {
        "groups": _groups(asked, found, counts),
        "kinds": [_kind(asked, name, count) for name, count in counts.items() if count != 0],
        "facets": _facets(asked, query),
        "searched": query.text,
        "is_mended": text is not None,
        "total": None if None in counts.values() else sum(count or 0 for count in counts.values()),
        "next_url": asked.address(q=text or asked.text, cursor=found.next_cursor)
        if asked.kind and found.next_cursor
        else None,
        "first_url": asked.address() if query.cursor or asked.values["cursor"] else None,
    }


def _kind(asked: _Asked, name: str, count: int | None) -> dict[str, Any]:
    return {
        "title": word(COLLECTIONS[name].title),
        "count": count,
        "url": asked.address(kind=name),
        "is_chosen": name == asked.kind,
    }


def _groups(asked: _Asked, found: Found, counts: Mapping[str, int | None]) -> list[dict[str, Any]]:
    """Put what was found together by kind, that of the best match first, a few of each unless one is asked for."""
    by_kind: dict[str, list[dict[str, Any]]] = {}
    for text in found.features:
        feature = load_feature(text)
        by_kind.setdefault(feature["properties"]["collection"], []).append(feature)
    if not asked.kind:
        _fill(found, by_kind, counts)
        by_kind = {name: features[:_PREVIEW] for name, features in by_kind.items()}
    features = [feature for kept in by_kind.values() for feature in kept]
    reasons = read_reasons(reading(), content_language(), found.asked.text, features)
    return [
        {
            "title": word(COLLECTIONS[name].title),
            "count": counts.get(name),
            "is_more": counts.get(name) is None or (counts.get(name) or 0) > len(kept),
            "url": asked.address(kind=name),
            "list_url": _list_url(name, found.asked.text),
            "hits": [_hit(name, feature, reasons) for feature in kept],
        }
        for name, kept in by_kind.items()
    ]


def _fill(found: Found, by_kind: dict[str, list[dict[str, Any]]], counts: Mapping[str, int | None]) -> None:
    """Read the first few of kinds that stand so far down among all that none, or too few, of them were read."""
    if found.next_cursor is None:
        return
    for name, count in counts.items():
        if count != 0 and len(by_kind.get(name, ())) < min(_PREVIEW, count or _PREVIEW):
            query = replace(found.asked, collections=(name,), limit=_PREVIEW, cursor=None)
            by_kind[name] = [load_feature(text) for text in search_items(reading(), query).features]


def _list_url(name: str, text: str) -> str | None:
    page = COLLECTIONS[name].page
    return f"/{current_language()}/{page}?{urlencode({'q': text})}" if page else None


def _hit(name: str, feature: dict[str, Any], reasons: Mapping[tuple[str, str], Reason]) -> dict[str, Any]:
    item, collection = feature["properties"], COLLECTIONS[name]
    reason = reasons[name, item["code"]]
    upcoming = coming(item, clock.today().isoformat())
    # Where the page says more than what is in the name, the words are shown in it.
    is_own = reason.by == "name"
    return {
        "item": item,
        "name": reason.parts if is_own else None,
        "reason": None if is_own else reason,
        "lines": _lines(name, item),
        "badges": badges(collection, item) if name != "sites" else [],
        "next": upcoming[0] if upcoming else None,
    }


def _lines(name: str, item: dict[str, Any]) -> list[str]:
    lines: list[str | None]
    if name == "sites":
        lines = [" · ".join(item["type_labels"]), item.get("unit_name")]
    elif name == "admin-units":
        lines = [item.get("parent_name")]
    else:
        lines = [*card_lines(COLLECTIONS[name], item)]
    return [line for line in lines if line]


def _facets(asked: _Asked, query: SearchQuery) -> list[dict[str, Any]]:
    """Count the values of properties over what was found, each without what is chosen of itself."""

    def criteria(own: str) -> list[ColumnElement[Any]]:
        return search_conditions(query, ITEMS, without=own)

    filtered = {name for name, _ in asked.filters}
    language = content_language()
    names = [name for name in FACETS if _scheme(query.collections, name) or name == "unit"]
    counted = read_facets(
        reading(),
        query.collections,
        names,
        criteria,
        filtered=filtered,
        language=language,
        languages=current_settings().languages,
    )
    shown = [name for name in names if len(counted[name]) > 1 or name in filtered]
    return [_facet(asked, name, counted[name][:_MOST_VALUES], query.collections) for name in shown]


def _facet(asked: _Asked, name: str, values: Sequence[FacetValue], collections: Sequence[str]) -> dict[str, Any]:
    labels = _labels(collections, name)

    def choice(value: FacetValue) -> dict[str, Any]:
        label = labels.get(value["value"], value["label"])
        return {**value, "label": label, "url": asked.address(**{name: value["value"]})}

    return {"name": name, "label": label_of(name), "values": [choice(value) for value in values]}


def _scheme(collections: Sequence[str], name: str) -> set[str]:
    """Give the vocabularies of a property in some collections: those of `category` differ."""
    return {
        found.scheme
        for collection in collections
        for found in COLLECTIONS[collection].queryables
        if found.name == name and found.scheme
    }


def _labels(collections: Sequence[str], name: str) -> dict[str, str]:
    """Say a property's values in the page's language."""
    found: dict[str, str] = {}
    for scheme in sorted(_scheme(collections, name)):
        found |= {code: word(label) or code for code, label in read_concepts(reading(), scheme).items()}
    return found


def _active(asked: _Asked, facets: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Give what narrows the search, each with the address without it."""
    labels = {(facet["name"], value["value"]): value["label"] for facet in facets for value in facet["values"]}
    active = [
        {"label": labels.get(pair, pair[1]), "remove_url": asked.address(**{pair[0]: None})} for pair in asked.filters
    ]
    if asked.kind:
        title = word(COLLECTIONS[asked.kind].title)
        active.append({"label": title, "remove_url": asked.address(kind=None)})
    return active
