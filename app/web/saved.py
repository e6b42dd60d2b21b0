"""The list that a visitor keeps on their own phone: its page, and the lists that links carry."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from flask import Blueprint, Response, json, request
from werkzeug.utils import redirect
from werkzeug.wrappers import Response as BaseResponse

from app.core import clock
from app.http.answers import GEOJSON
from app.http.caching import cached, is_fresh
from app.http.i18n import catalogue, content_language, current_language
from app.http.mapfiles import FORMS, answer_file
from app.http.marks import say_precision
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.publication.codes import Found, read_many_by_code
from app.publication.collections import COLLECTIONS
from app.publication.queries import read_standings
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.facts import badges, card_lines
from app.web.features import load_feature, word

# As many as an address of the length that every browser and messenger carries has room for.
MOST_CODES = 100
_LONGEST_CODE = 60
# Forms beside those for map applications.
_GEOJSON, _TEXT = "geojson", "txt"
_ALL_FORMS = (*FORMS, _GEOJSON, _TEXT)


@dataclass(frozen=True, slots=True)
class _Asked:
    """The codes that a link carries, each once and in its order, and how many were left out beyond the most."""

    codes: tuple[str, ...]
    left_out: int

    @property
    def query(self) -> str:
        """The codes as the address has them, readable as they are."""
        return f"?codes={quote(','.join(self.codes), safe=',')}" if self.codes else ""


def init_routes(web: Blueprint) -> None:
    """Add the addresses of the list and of its files."""
    web.add_url_rule("/<language>/saved", "saved", show_saved, strict_slashes=False)
    for form in _ALL_FORMS:
        web.add_url_rule(f"/<language>/saved.{form}", f"saved_{form}", show_file, defaults={"form": form})


def show_saved(language: str) -> Response:
    """Show the page that fills itself from the phone, and what a link carries, which is not kept anywhere here."""
    enter(language)
    asked = _read_codes()
    etag = page_etag("saved", asked, sorted(read_standings(reading()).items()) if asked.codes else "", clock.today())
    if had := unchanged(etag):
        return had
    found = read_many_by_code(reading(), asked.codes, content_language())
    features = [(one.collection, load_feature(one.feature)) for one in found.items]
    return render_page(
        "web/saved.html",
        etag,
        {code: f"/{code}/saved{asked.query}" for code in current_settings().page_languages},
        cards=[_card(collection, feature) for collection, feature in features],
        gone=found.gone,
        unknown=[code[:_LONGEST_CODE] for code in found.unknown],
        left_out=asked.left_out,
        most=MOST_CODES,
        query=asked.query,
        is_carried=bool(asked.codes),
        is_placed=any(feature["geometry"] for _, feature in features),
    )


def show_file(language: str, form: str) -> BaseResponse:
    """Give what a link carries as a file; without any code it leads to the page."""
    enter(language)
    asked = _read_codes()
    if not asked.codes:
        return redirect(f"/{language}/saved", 303)
    etag = page_etag("saved", form, asked, sorted(read_standings(reading()).items()))
    if is_fresh(etag):
        return cached(Response(""), etag)
    found = read_many_by_code(reading(), asked.codes, content_language())
    path, name = f"/{language}/saved{asked.query}", _name()
    if form in FORMS:
        return answer_file(
            form, [load_feature(one.feature) for one in found.items], etag, name=name, title=_title(), path=path
        )
    text, media_type = (_geojson(found), GEOJSON) if form == _GEOJSON else (_text(found, path), "text/plain")
    response = Response(text, mimetype=media_type)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return cached(response, etag)


def _read_codes() -> _Asked:
    """Read `codes`, given once or several times, with commas or blanks between them."""
    words = " ".join(request.args.getlist("codes")).replace(",", " ").split()
    codes = dict.fromkeys(word.upper() for word in words)
    return _Asked(tuple(codes)[:MOST_CODES], max(0, len(codes) - MOST_CODES))


def _card(name: str, feature: dict[str, Any]) -> dict[str, Any]:
    collection, item = COLLECTIONS[name], feature["properties"]
    return {
        "item": item,
        "collection": name,
        "geometry": feature["geometry"],
        "kind": word(collection.title),
        "lines": card_lines(collection, item),
        "badges": badges(collection, item),
    }


def _geojson(found: Found) -> str:
    """Write the features as they are published, with the codes of those that are gone beside them."""
    features = ",".join(one.feature.decode() for one in found.items)
    gone = json.dumps([one.code for one in found.gone])
    return f'{{"type":"FeatureCollection","features":[{features}],"gone":{gone}}}'


def _text(found: Found, path: str) -> str:
    """Write the list as a text that a messenger carries: of each name and code, place and how rough that is, page."""
    blocks = [f"{_title()}\n{absolute(path)}"]
    for one in found.items:
        feature = load_feature(one.feature)
        item, shape = feature["properties"], feature["geometry"]
        lines = [f"{item['name']} ({item['code']})"]
        if shape and shape["type"] == "Point":
            lines.append(f"{shape['coordinates'][1]:.5f}, {shape['coordinates'][0]:.5f}")
            lines += filter(None, [say_precision(item["location_precision_m"])])
        blocks.append("\n".join([*lines, absolute(item["url"])]))
    return "\n\n".join(blocks) + "\n"


def _title() -> str:
    return catalogue(current_language()).gettext("Kept places")


def _name() -> str:
    return "disan-saved"
