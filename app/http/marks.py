"""What a map application is told of published features: places to go to, drawn ways, where it all comes from."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import shapely
from babel.numbers import format_decimal
from shapely.geometry.base import BaseGeometry

from app.http.i18n import catalogue, current_language
from app.http.settings import absolute
from app.places.kml import clean_xml
from app.publication.licences import rights_uri

# A place known less well is nothing to navigate by.
_ROUGH_M = 500
# The properties of which the first there is says what sort of thing it is.
_KINDS = ("category_label", "mode_label", "artefact_kind_label", "domain_label", "notice_kind_label", "level_label")


@dataclass(frozen=True, slots=True)
class Mark:
    """A place to go to: degrees WGS 84, its name, what is said of it, and the address of its page."""

    lon: float
    lat: float
    name: str
    text: str
    url: str | None


@dataclass(frozen=True, slots=True)
class Told:
    """A feature in the request's language; `credit` is its licence and whom to credit, in words.

    `marks` are the places to go to: its own, or the stops of an itinerary (`is_route`) in order. `ways` are the lines
    of a way that is drawn, as (longitude, latitude).
    """

    code: str
    name: str
    kind: str
    text: str
    credit: str
    licence_uri: str | None
    url: str
    modified_at: str
    geometry: BaseGeometry
    is_route: bool
    marks: tuple[Mark, ...]
    ways: tuple[tuple[tuple[float, float], ...], ...]


def tell(features: Iterable[Mapping[str, Any]]) -> list[Told]:
    """Tell features as a map application is told them; those without a published place are left out."""
    return [_tell(feature) for feature in features if feature["geometry"]]


def _tell(feature: Mapping[str, Any]) -> Told:
    item, shape = feature["properties"], shapely.geometry.shape(feature["geometry"])
    stops = item.get("stops")
    text = _paragraphs(item.get("rule_label"), item.get("description"))
    name, url = clean_xml(item["name"]), absolute(item["url"])
    if stops is None:
        point = shape.representative_point()
        said = _paragraphs(text, say_precision(item["location_precision_m"]))
        marks: list[Mark] = [Mark(point.x, point.y, name, said, url)]
    else:
        marks = [_stop(stop) for stop in stops if stop["lon"] is not None]
    lines = shapely.get_parts(shape) if shape.geom_type in ("LineString", "MultiLineString") else ()
    return Told(
        code=item["code"],
        name=name,
        kind=clean_xml(
            next((item[name] for name in _KINDS if item.get(name)), "") or ", ".join(item.get("type_labels", ()))
        ),
        text=text,
        credit=clean_xml(_credit(item)),
        licence_uri=rights_uri(item["licence"]),
        url=url,
        modified_at=item["modified_at"],
        geometry=shape,
        is_route=stops is not None,
        marks=tuple(marks),
        ways=tuple(tuple((lon, lat) for lon, lat, *_ in line.coords) for line in lines),
    )


def _stop(stop: Mapping[str, Any]) -> Mark:
    stay = _("about %(count)s minutes") % {"count": _number(stop["dwell_min"])} if stop["dwell_min"] else None
    said = _paragraphs(stay, stop["text"], say_precision(stop["location_precision_m"]))
    url = absolute(stop["url"]) if stop["url"] else None
    return Mark(stop["lon"], stop["lat"], clean_xml(f"{stop['position']}. {stop['name']}"), said, url)


def say_precision(precision_m: int | None) -> str | None:
    """Warn of a place that is not to be navigated by."""
    if precision_m is None:
        return _("Coordinates are recorded, but how precise they are is unknown.")
    if precision_m <= _ROUGH_M:
        return None
    text = _("Approximate: somewhere within about %(distance)s. Do not navigate by it.")
    return text % {"distance": f"{_number(precision_m)}\N{NO-BREAK SPACE}m"}


def _credit(item: Mapping[str, Any]) -> str:
    text = _("Licence: %(licence)s. Credit: “%(credit)s”.")
    return text % {"licence": item["licence"], "credit": item["attribution"]}


def _paragraphs(*texts: str | None) -> str:
    return clean_xml("\n".join(text for text in texts if text))


def _(text: str) -> str:
    return catalogue(current_language()).gettext(text)


def _number(value: float) -> str:
    return str(format_decimal(value, locale=current_language()))
