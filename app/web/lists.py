"""What every list page does: read the search and the filters, a page of items, and say what cannot be read."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from flask import request

from app.core.errors import InvalidInput
from app.http import parameters
from app.http.i18n import content_language, current_language, sentence
from app.http.mapfiles import FORMS
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.conditions import ItemQuery, weigh
from app.publication.finished import is_placed
from app.publication.pages import Page, count_matches
from app.publication.queries import count_values, count_values_of, read_concepts
from app.publication.typos import read_mended
from app.web.features import word

PAGE = 24
# Beyond this a count says "more than".
MOST_COUNTED = 1000


class Asked:
    """What a visitor asks of a list: the words, the cursor and the filters, by name; anything else is ignored."""

    def __init__(self, page: str, filters: tuple[str, ...]) -> None:
        self.page = page
        self.values = {name: request.args.get(name, "").strip() for name in ("q", "cursor", *filters)}

    def __getitem__(self, name: str) -> str:
        """Give what is asked by a name; empty where nothing is."""
        return self.values[name]

    @property
    def key(self) -> list[tuple[str, str]]:
        """What an ETag names of it."""
        return sorted(self.values.items())

    def address(
        self,
        language: str,
        *,
        without: str | None = None,
        cursor: str | None = None,
        q: str | None = None,
        form: str | None = None,
    ) -> str:
        """Give the address of the same list, from its first page or a cursor, without a filter, or in another form.

        `q` are other words than those that were asked.
        """
        pairs = {name: value for name, value in self.values.items() if value and name not in ("cursor", without)}
        if cursor:
            pairs["cursor"] = cursor
        if q:
            pairs["q"] = q
        path = f"/{language}/{self.page}" + (f".{form}" if form else "")
        return path + (f"?{urlencode(pairs)}" if pairs else "")

    def addresses(self) -> dict[str, str]:
        """Give the address of the list by language."""
        return {code: self.address(code) for code in current_settings().page_languages}


Choices = Mapping[str, list[dict[str, Any]]]


def concept_choices(collection: str, asks: str, scheme: str) -> list[dict[str, Any]]:
    """Give the values of a property that items have: code, label, count, and the property that `asks` for it."""
    counts = count_values(reading(), collection, asks)
    found = {code: word(label) for code, label in read_concepts(reading(), scheme).items()}
    return [
        {"code": code, "label": label or code, "count": counts[code], "asks": asks}
        for code, label in found.items()
        if counts.get(code)
    ]


def read_filters(asked: Asked, choices: Choices) -> tuple[dict[str, Any], list[dict[str, Any]], list[str]]:
    """Give the filters with what is selected, the active ones with how to remove them, and what is wrong."""
    filters: dict[str, Any] = {}
    active: list[dict[str, Any]] = []
    errors: list[str] = []
    for name, options in choices.items():
        chosen = next((option for option in options if option["code"] == asked[name]), None)
        if chosen:
            remove = asked.address(current_language(), without=name)
            active.append({**chosen, "name": name, "remove_url": remove})
        elif asked[name]:
            try:
                parameters.check_choice(name, asked[name], [option["code"] for option in options])
            except InvalidInput as error:
                errors.append(sentence(error))
        filters[name] = {"selected": chosen["code"] if chosen else "", "options": options}
    return filters, active, errors


def read(
    collection: str,
    asked: Asked,
    active: list[dict[str, Any]],
    errors: list[str],
    *,
    lasting_on: dt.date | None = None,
    limit: int = PAGE,
) -> tuple[Page, int | None, str]:
    """Read the page, count the whole, and give the words that were looked for, which may be those that were meant.

    What cannot be read is said in `errors` and left out, to be mended there.
    """
    text, cursor = asked["q"], asked["cursor"] or None
    if text:
        try:
            parameters.parse_text(text)
        except InvalidInput as error:
            errors.append(sentence(error))
            text = ""
    query = ItemQuery(
        collection,
        content_language(),
        limit=limit,
        text=text or None,
        filters=tuple((chip["asks"], chip["code"]) for chip in active),
        lasting_on=lasting_on,
        cursor=cursor,
    )
    query = weigh(query, count_values_of(reading(), collection, query.filters))
    try:
        page, query = read_mended(reading(), query)
    except InvalidInput as error:
        errors.append(sentence(error))
        page, query = read_mended(reading(), replace(query, cursor=None))
    return page, count_matches(reading(), replace(query, cursor=None), MOST_COUNTED), query.text or ""


def list_values(asked: Asked, page: Page, total: int | None, searched: str) -> dict[str, Any]:
    """Give what the list's template needs beside the items: the count, what was looked for, and the ways on and back.

    The ways on keep the words that were meant, so that they need not be found again.
    """
    language = current_language()
    is_mended = searched != asked["q"] and bool(searched)
    words = {"q": searched} if is_mended else {}
    return {
        "total": total,
        "total_is_capped": total is None,
        "searched": searched,
        "is_mended": is_mended,
        "next_url": asked.address(language, cursor=page.next_cursor, **words) if page.next_cursor else None,
        "first_url": asked.address(language) if asked["cursor"] else None,
        "files": {
            form: asked.address(language, form=form, **words) for form in FORMS if any(map(is_placed, page.features))
        },
    }
