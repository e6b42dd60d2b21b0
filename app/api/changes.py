"""The feed of changes: what a mirror reads to stay in step, deletions included."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, json

from app.api.answers import JSON, answer_text, api_path, begin, not_modified, wants_page
from app.http.caching import make_etag
from app.http.i18n import current_language
from app.http.parameters import check_choice, parse_limit, parse_number
from app.http.reading import reading
from app.http.settings import RELEASE, absolute, current_settings
from app.publication.changes import last_change, read_changes, write_changes
from app.publication.collections import COLLECTIONS
from app.publication.licences import rights_uri

PARAMETERS = ("after", "collection", "limit")


def list_changes() -> Response:
    """Give a page of the feed (RPDE 1.0, 5.2: ordered by an incrementing unique change number)."""
    asked = begin(PARAMETERS)
    wants_page(has_page=False)
    after = parse_number("after", asked["after"]) if asked.get("after") else 0
    limit = parse_limit(asked.get("limit") or None)
    collection = check_choice("collection", asked["collection"], COLLECTIONS) if asked.get("collection") else None
    reads, language = reading(), current_language()
    # Read before the rows: a tag may promise less than the page holds, never more.
    etag = make_etag(RELEASE, last_change(reads), language, absolute("/"), after, limit, collection)
    fresh = not_modified(JSON, etag)
    if fresh:
        return fresh
    changes = read_changes(reads, after, language, limit, collection)
    kept = {"collection": collection} if collection else {}
    further = {"after": changes[-1].seq if changes else after, **kept, "limit": limit, "lang": language}
    head = {
        "next": absolute(f"{api_path('/changes')}?{urlencode(further)}"),
        "license": rights_uri(current_settings().licence) or current_settings().licence,
    }
    text = f'{json.dumps(head)[:-1]}, "items": [{",".join(write_changes(changes))}]}}'
    return answer_text(text, JSON, etag)
