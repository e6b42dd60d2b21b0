"""Records: a page of them, and one, as whoever asks sees them."""

from __future__ import annotations

import dataclasses
from urllib.parse import urlencode

from flask import Response, request
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from app.accounts.models import User
from app.core.db import db
from app.core.text import words
from app.http import parameters
from app.http.answers import GEOJSON, JSON, begin, link
from app.http.crs import read_box, read_system, say_system
from app.http.i18n import current_language
from app.records.kinds import Kind
from app.records.queries import EntryQuery, count_entries, read_entries
from app.records.shapes import has_shape
from app.records.shown import read_facet_names
from app.register_api.access import actor_of_request, answer, check_format, find_kind, register_path
from app.register_api.features import make_feature
from app.register_api.standing import Standing, read_standing, read_standings
from app.register_api.then import list_held, show_held

PARAMETERS = ("bbox", "bbox-crs", "crs", "limit", "cursor", "q", "sortby", "at")
ORDERS = {"code": "code", "name": "name", "-modified_at": "updated"}
STATES = ("public", "internal", "new", "draft", "in_review", "rejected")
# Whose open work it is and when something is due are the desk's questions.
_NOT_ASKED = ("draft_by", "in_review_by", "rejected_by", "due")


def filter_names(session: Session) -> list[str]:
    """Name what `name=value` filters by: the values of the register's index."""
    return [name for name in read_facet_names(session) if name not in _NOT_ASKED]


def list_items(name: str) -> Response:
    """Give a page of a kind's records (OGC 17-069r4, 7.15): every accepted one, and new ones that are the reader's.

    With `at` those that were there on a day, as they were held then.
    """
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    names = filter_names(session)
    asked = begin((*PARAMETERS, *names))
    check_format()
    system = read_system("crs", asked.get("crs"))
    if asked.get("at"):
        return list_held(kind, asked, system)
    query = _read_query(kind, asked, names, actor)
    shown, after = _read_shown(session, kind, query, actor)
    features = [make_feature(standing, system) for standing in shown]
    base = register_path(f"/collections/{kind.plural}")
    links = [link("self", _address(f"{base}/items", asked), GEOJSON), link("collection", base, JSON)]
    if after:
        links.append(link("next", _address(f"{base}/items", asked, cursor=after), GEOJSON))
    body = {"type": "FeatureCollection", "links": links, "numberReturned": len(features)}
    if after is None and query.cursor is None:
        body["numberMatched"] = len(features)
    elif query.within is None and (count := count_entries(session, query)) is not None:
        body["numberMatched"] = count
    response = answer({**body, "features": features}, media_type=GEOJSON)
    return say_system(response, system)


def _read_query(kind: Kind, asked: MultiDict[str, str], names: list[str], actor: User) -> EntryQuery:
    # A parameter without a value asks nothing: forms send those.
    given = {key: value for key, value in asked.items() if value}
    if "state" in given:
        parameters.check_choice("state", given["state"], STATES)
    order = parameters.check_choice("sortby", given.get("sortby", "code").lstrip("+"), ORDERS)
    text = parameters.parse_text(given["q"]) if "q" in given else None
    return EntryQuery(
        kind=kind.name,
        text=text if text and words(text) else None,
        filters=tuple((name, given[name]) for name in names if name in given),
        without=(("state", "deleted"),),
        within=read_box(given["bbox"], read_system("bbox-crs", given.get("bbox-crs"))) if "bbox" in given else None,
        reader=actor.id,
        sort=ORDERS[order],
        limit=parameters.parse_limit(given.get("limit")),
        cursor=given.get("cursor"),
    )


def _read_shown(session: Session, kind: Kind, query: EntryQuery, actor: User) -> tuple[list[Standing], str | None]:
    """Give a page of what the actor may see, and the cursor of the next one.

    A record whose place is withheld lies in no box: not even a short page or an empty next one may tell that it does.
    """
    if query.within is not None and not has_shape(kind.schema):
        return [], None
    shown: list[tuple[Standing, str]] = []
    cursor, is_more = query.cursor, True
    while is_more and len(shown) <= query.limit:
        page = read_entries(session, dataclasses.replace(query, cursor=cursor, limit=query.limit + 1))
        standings = read_standings(session, kind, page.entries, actor)
        for entry, place in zip(page.entries, page.cursors, strict=True):
            standing = standings.get(entry.code)
            if standing is not None and not (query.within is not None and standing.hidden):
                shown.append((standing, place))
        cursor, is_more = page.next_cursor, page.next_cursor is not None
    after = shown[query.limit - 1][1] if len(shown) > query.limit else None
    return [standing for standing, _ in shown[: query.limit]], after


def _address(path: str, asked: MultiDict[str, str], **changed: str) -> str:
    kept = {key: value for key, value in asked.items() if value and key != "lang"}
    return f"{path}?{urlencode({**kept, 'lang': current_language(), **changed})}"


def show_item(name: str, code: str) -> Response:
    """Give one record: the reader's own draft over the accepted state; 410 once it has been deleted.

    With `at` the accepted state of a day; 404 where it was not there then.
    """
    begin(("crs", "at"))
    check_format()
    kind, actor, session = find_kind(name), actor_of_request(), db.session()
    system = read_system("crs", request.args.get("crs"))
    if request.args.get("at"):
        return show_held(kind, code, request.args["at"], system)
    standing = read_standing(session, kind, code, actor)
    response = answer(make_feature(standing, system), media_type=GEOJSON, etag=standing.etag)
    return say_system(response, system)


def show_options(name: str, code: str) -> Response:
    """Say what can be done here by a client that sends back what it has read.

    PATCH and DELETE work too. They are not offered, for a GIS that finds them here (QGIS) sends them without saying
    what it has seen, and would be refused; its PUT carries the property `etag`.
    """
    del name, code
    begin(())
    response = Response(status=204)
    response.headers["Allow"] = "GET, HEAD, OPTIONS, PUT"
    return response
