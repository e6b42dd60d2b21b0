"""How the image service answers: JSON-LD or JSON, as the reader asks for."""

from __future__ import annotations

from typing import Any

from flask import Response, json

from app.http.caching import cached, make_etag
from app.http.negotiation import choose_type
from app.http.settings import RELEASE

JSON = "application/json"


def answer_json_ld(body: dict[str, Any], profile: str) -> Response:
    """Answer with a document in JSON-LD of a profile, or as plain JSON to whoever would rather have that.

    Which of the two is told by `Accept` (Image API 3, 5.1; Presentation API 3, 6.2); a browser shows the plain one.
    """
    text = json.dumps(body, ensure_ascii=False)
    linked = "application/ld+json"
    best = choose_type((linked, JSON, "text/html"), linked)
    media_type = f'{linked};profile="{profile}"' if best == linked else JSON
    response = Response(text)
    response.headers["Content-Type"] = media_type
    return cached(response, make_etag(RELEASE, media_type, text))
