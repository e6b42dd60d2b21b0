"""Records as they were held on a day: `?at=2019-06-01`."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlencode

from flask import Response
from werkzeug.datastructures import MultiDict
from werkzeug.http import http_date

from app.catalogue import KINDS
from app.core.db import db, now
from app.core.errors import InvalidInput
from app.core.paging import read_cursor, write_cursor, wrong_cursor
from app.http.answers import GEOJSON, JSON, link
from app.http.caching import make_etag
from app.http.crs import System, say_system, write_geometry
from app.http.i18n import current_language
from app.http.parameters import parse_limit
from app.http.settings import absolute, current_settings
from app.places.entries import shape_of
from app.records.asof import Held, end_of, read_day, read_held, read_held_page
from app.records.kinds import Kind
from app.records.payloads import fill
from app.register_api.access import actor_of_request, answer, item_path, register_path

# What may be asked of the past: the index by which lists are filtered knows today only.
ASKED = ("at", "limit", "cursor", "sortby", "crs", "lang", "f")
_ORDER = "at"


def list_held(kind: Kind, asked: MultiDict[str, str], system: System) -> Response:
    """Give a page of what a kind held at the end of a day, in order of codes; raises `InvalidInput` for a filter."""
    session, day = db.session(), read_day(asked["at"])
    for name, value in asked.items():
        if value and (name not in ASKED or (name == "sortby" and value.lstrip("+") != "code")):
            raise InvalidInput(
                "%(field)s cannot be combined with `at`: what lists are filtered and sorted by is known of today only. "
                "With `at` there are: %(choices)s.",
                field=name,
                choices=", ".join(ASKED[:-2]),
            )
    limit = parse_limit(asked.get("limit") or None)
    after = _read_place(asked["cursor"], day) if asked.get("cursor") else None
    held, following = read_held_page(
        session, KINDS, day, actor=actor_of_request(), kind=kind.name, after=after, limit=limit
    )
    base = register_path(f"/collections/{kind.plural}")
    kept = {name: value for name, value in asked.items() if value and name != "lang"} | {"lang": current_language()}
    links = [link("self", f"{base}/items?{urlencode(kept)}", GEOJSON), link("collection", base, JSON)]
    links.append(link("original", f"{base}/items", GEOJSON))
    if following is not None:
        further = urlencode({**kept, "cursor": write_cursor(_ORDER, day.isoformat(), following)})
        links.append(link("next", f"{base}/items?{further}", GEOJSON))
    body: dict[str, Any] = {"type": "FeatureCollection", "links": links, "numberReturned": len(held)}
    if following is None and after is None:
        body["numberMatched"] = len(held)
    features = [_feature(kind, one, day, system) for one in held]
    return _remember(answer({**body, "features": features}, media_type=GEOJSON), day, f"{base}/items", system)


def _read_place(cursor: str, day: dt.date) -> str:
    told, code = read_cursor(cursor, _ORDER, (str, str))
    if told != day.isoformat():
        raise wrong_cursor(cursor)
    return str(code)


def show_held(kind: Kind, code: str, text: str, system: System) -> Response:
    """Give one record as it was held at the end of a day."""
    day = read_day(text)
    held = read_held(db.session(), KINDS, code, day, actor=actor_of_request(), kind=kind.name)
    feature = _feature(kind, held, day, system)
    response = answer(feature, media_type=GEOJSON, etag=feature["properties"]["etag"])
    return _remember(response, day, item_path(kind, code), system)


def _feature(kind: Kind, held: Held, day: dt.date, system: System) -> dict[str, Any]:
    """Write a record as Features of today are written, with the day that it is told of."""
    path = item_path(kind, held.code)
    shape = None if held.withheld else shape_of(held.payload, current_settings())
    return {
        "type": "Feature",
        "id": held.code,
        "links": [
            {"rel": "self", "type": GEOJSON, "href": f"{path}?at={day.isoformat()}"},
            {"rel": "original", "type": GEOJSON, "href": path},
            {"rel": "collection", "type": JSON, "href": register_path(f"/collections/{kind.plural}")},
            {"rel": "version", "type": JSON, "href": f"{path}/revisions/{held.revision}"},
        ],
        "geometry": write_geometry(shape, system),
        "properties": {
            **fill(kind.schema, held.payload, held.withheld),
            "review_state": "accepted",
            "visibility": held.visibility,
            "version": held.version,
            "revision": None,
            "base_version": None,
            "saved": None,
            "changeset": None,
            "modified_at": held.since.isoformat(),
            "withheld": sorted(held.withheld),
            # No tag of today is like it: who has seen the past has not seen what they would write over.
            "etag": make_etag("at", kind.name, held.code, held.version, held.visibility, *sorted(held.withheld)),
            "as_of": day.isoformat(),
        },
    }


def _remember(response: Response, day: dt.date, original: str, system: System) -> Response:
    """Say of which moment an answer tells, and where today's is (RFC 7089, 2.1.1 and 2.2)."""
    moment = min(end_of(day) - dt.timedelta(seconds=1), now())
    response.headers["Memento-Datetime"] = http_date(moment)
    response.headers["Link"] = f'<{absolute(original)}>; rel="original"'
    return say_system(response, system)
