"""The geometry field's answers: what a typed or drawn place comes to, what looks wrong, what a file holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import IO, Any

import shapely
import sqlalchemy as sa
from flask import Blueprint, Response, jsonify, redirect, request
from shapely.geometry.base import BaseGeometry
from werkzeug.wrappers import Response as BaseResponse

from app.accounts.permissions import Permission, require
from app.core.db import begin_write, db
from app.core.errors import InvalidInput
from app.desk.context import render, say, shown
from app.desk.surroundings import Said, check_places, drafts_beside, say_number, say_warning, visible_sites
from app.exchange.geodata import GeodataReport
from app.exchange.uploads import find_report, is_small, read_now, wish_reading
from app.heritage.models import Site, Zone
from app.heritage.zone_checks import SpatialWarning
from app.http.actor import require_actor
from app.http.i18n import sentence
from app.http.negotiation import choose_type
from app.http.security import GEODATA_UPLOAD
from app.http.settings import current_settings
from app.places.coordinates import WGS84
from app.places.preview import (
    ANY,
    LINE,
    POINT,
    POLYGON,
    SORTS,
    Preview,
    preview_geometry,
    write_geometry,
)

_SORT_NAMES = {POINT: "Point", LINE: "Line", POLYGON: "Area"}
_STYLES = {
    "decimal": "Decimal degrees (WGS 84)",
    "dms": "Degrees, minutes, seconds (WGS 84)",
    "grid": "X, Y on the local grid (%(crs)s)",
}
# A page that waits for a large file to be read asks again after so many seconds.
_ASK_AGAIN_S = 3
# What a form may say of the record around the field; each is checked as hostile text.
_ABOUT = ("site", "code", "zone_type", "edition", "unit", "accuracy_m")


def mount(desk: Blueprint) -> None:
    """Mount the answers; the desk itself asks who is there and whether the form is ours."""
    desk.add_url_rule("/geometry/preview", "preview_geometry", preview, methods=["POST"])
    desk.add_url_rule("/geometry/upload", "upload_geometry", upload, methods=["GET", "POST"])
    desk.add_url_rule("/geometry/upload/<int:wish_id>", "uploaded_geometry", show_upload)


def preview() -> Response:
    """Say what a place comes to, as JSON for the map or as a page for who has no script; nothing is kept.

    JSON in: `text` (or `geometry`, GeoJSON in WGS 84 as drawn) and `crs`; `allowed`; and of the record around it
    `site`, `code`, `zone_type`, `edition`, `unit`, `accuracy_m`. JSON out: `text`,
    `geometry`, `facts`, `rows`, `warnings`; or `problem` with a sentence, and `line`, `lon`, `lat` where it is at one.
    A form names its fields in the address.
    """
    asked = _asked_json() if request.is_json else _asked_form()
    answer = _answer(asked)
    if request.is_json:
        return jsonify(answer)
    return render("geometry_preview.html", answer=answer, text=asked["text"], crs=asked["crs"])


def upload() -> BaseResponse:
    """Say what a file of geodata holds, as JSON for the map or as a page for who has no script; nothing is kept.

    JSON out: `features`, each with `name`, `sort`, `text` and `crs` (what a form's two fields would hold) and
    `problems`; and `notes` on the whole file. A large file is read by the worker: the answer is 202, and `reading` is
    where to ask for what it holds.
    """
    problem, file = "", request.files.get("file")
    if file is not None and file.filename:
        require(require_actor(), Permission.EDIT)
        try:
            if not is_small(file.stream):
                return _read_later(file.stream, file.filename)
            return _tell_read(read_now(file.stream, file.filename, settings=current_settings()))
        except InvalidInput as error:
            problem = sentence(error)
    elif request.method == "POST":
        problem = say("Choose a file.")
    return _tell_read(None, problem)


def _read_later(stream: IO[bytes], name: str) -> BaseResponse:
    session = db.session()
    begin_write(session)
    wish = wish_reading(session, stream, name, actor=require_actor(), settings=current_settings())
    target = f"{GEODATA_UPLOAD}/{wish.id}"
    session.commit()
    return redirect(target, 303) if _wants_page() else _ask_again(target)


def _ask_again(target: str) -> Response:
    response = jsonify({"reading": target})
    response.status_code = 202
    return response


def show_upload(wish_id: int) -> BaseResponse:
    """Say what the worker found in a large file, or that it has not come to its end (202); the page asks again."""
    try:
        found = find_report(db.session(), wish_id, actor=require_actor())
    except InvalidInput as error:
        return _tell_read(None, sentence(error))
    if found is not None:
        return _tell_read(found)
    if not _wants_page():
        return _ask_again(request.path)
    response = render("geometry_upload.html", 202, report=_report(None), problem="", is_read=False, is_waiting=True)
    response.headers["Refresh"] = str(_ASK_AGAIN_S)
    return response


def _tell_read(found: GeodataReport | None, problem: str = "") -> Response:
    """Show what a file holds, or what is wrong with it."""
    report = _report(found)
    if _wants_page():
        return render("geometry_upload.html", report=report, problem=problem, is_read=found is not None)
    return jsonify({**report, "problem": problem})


def _wants_page() -> bool:
    return choose_type(("text/html", "application/json"), "text/html") == "text/html"


def _report(found: GeodataReport | None) -> dict[str, Any]:
    if found is None:
        return {"features": [], "notes": []}
    features = [
        {
            "number": feature.number,
            "name": feature.name,
            "layer": feature.layer,
            "sort": _sort(feature.geometry),
            "text": feature.entered_text if feature.geometry is not None else "",
            "crs": feature.entered_crs,
            "problems": [sentence(problem.sentence) for problem in feature.problems],
        }
        for feature in found.features
    ]
    return {"features": features, "notes": [sentence(note.sentence) for note in found.notes]}


def _sort(shape: BaseGeometry | None) -> str:
    return SORTS.get(shape.geom_type, "") if shape is not None else ""


def _asked_json() -> dict[str, Any]:
    try:
        given = request.get_json(silent=True)
        # A lone surrogate is no character; no database takes it.
        json.dumps(given, ensure_ascii=False).encode()
    except (RecursionError, UnicodeEncodeError) as error:
        raise InvalidInput("Send a JSON object.") from error
    if not isinstance(given, Mapping):
        raise InvalidInput("Send a JSON object.")
    asked = {name: _text(given.get(name)) for name in ("text", "crs", "allowed", *_ABOUT)}
    return {**asked, "geometry": given.get("geometry")}


def _asked_form() -> dict[str, Any]:
    """Read a form's fields; the address says which: `text=locations-0-entered_text&crs=…`, `unit=current_unit`."""
    names = {name: request.args.get(name, "") for name in ("text", "crs", *_ABOUT)}
    asked = {name: _text(request.form.get(field)) if field else "" for name, field in names.items()}
    return {**asked, "allowed": request.args.get("allowed", ANY)[:10], "geometry": None}


def _text(value: object) -> str:
    """Give a text; whatever else was sent is none. NUL is no character of any text."""
    return value.replace("\x00", "").replace("\r\n", "\n") if isinstance(value, str) else ""


def _answer(asked: Mapping[str, Any]) -> dict[str, Any]:
    settings, text, crs = current_settings(), asked["text"], asked["crs"] or WGS84
    neighbours = _Neighbours(asked)
    answer: dict[str, Any] = {"context": neighbours.shapes()}
    try:
        if asked["geometry"] is not None:
            text = write_geometry(_drawn(asked["geometry"]), crs)
        found = preview_geometry(text, crs, settings, allowed=asked["allowed"] or ANY)
    except InvalidInput as error:
        at = {name: error.params[name] for name in ("line", "lon", "lat") if name in error.params}
        line = say("Line %(line)s: ") % at if "line" in at else ""
        return {**answer, "text": text, "problem": {"message": line + sentence(error), **at}}
    warnings = neighbours.check(text, found)
    return {
        **answer,
        "text": text,
        "sort": found.sort,
        "geometry": _geojson(found.geometry),
        "is_swapped": found.is_swapped,
        "at": _at(found),
        "facts": _facts(found),
        "rows": [row._asdict() for row in found.rows],
        "warnings": _swapped(found) + [_warning(warning) for warning in warnings],
    }


def _drawn(given: object) -> BaseGeometry:
    """Read what a map drew; raises `InvalidInput` for anything but a geometry."""
    text = json.dumps(given)
    if not isinstance(given, Mapping) or len(text) > 2_000_000:
        raise InvalidInput("The drawing cannot be read. Draw it again.")
    try:
        shape = shapely.from_geojson(text)
    except shapely.errors.ShapelyError as error:
        raise InvalidInput("The drawing cannot be read. Draw it again.") from error
    if shape.is_empty or not shapely.get_num_coordinates(shape):
        raise InvalidInput("Nothing is drawn yet.")
    return shapely.force_2d(shape)


class _Neighbours:
    """What lies round a place: its site's zones and point, its commune; as far as the reader may see them."""

    def __init__(self, asked: Mapping[str, Any]) -> None:
        self._asked = asked
        self._session = db.session()
        site = self._find(Site, Site.code, asked["site"])
        self._site = next(iter(visible_sites(self._session, [site], require_actor())), None) if site else None
        self._site_code = asked["site"] if site is None or self._site is not None else ""
        # What the reader has under way themselves, of the site and of its other zones.
        beside = drafts_beside(self._session, self._site_code, require_actor()) if self._site_code else []
        self._beside = [one for one in beside if one.code != asked["code"]]

    def _find(self, model: Any, column: Any, value: str) -> Any:
        return self._session.scalar(sa.select(model).where(column == value)) if 0 < len(value) <= 60 else None

    def shapes(self) -> list[dict[str, Any]]:
        """Give the accepted zones and places of the site, for the map to show and to snap to."""
        if self._site is None:
            return []
        query = sa.select(Zone).where(
            Zone.site_id == self._site.id, Zone.deleted_at.is_(None), Zone.code != self._asked["code"]
        )
        zones = [(zone.code, zone.geom) for zone in self._session.scalars(query.order_by(Zone.code)) if zone.geom]
        own = self._asked["code"] == self._site.code
        places = [] if own else [(shown(self._site.name), location.geom) for location in self._site.locations]
        return [{"label": label, "geometry": _geojson(shape)} for label, shape in (*zones, *places)]

    def check(self, text: str, found: Preview) -> list[SpatialWarning]:
        """Look for what is wrong with a place among its neighbours."""
        asked, typed = self._asked, self._asked["accuracy_m"]
        payload = {
            "entered_text": text,
            "entered_crs": found.crs,
            "zone_type": asked["zone_type"],
            "edition": asked["edition"],
            "site": self._site_code,
            "unit": asked["unit"],
            "accuracy_m": int(typed) if typed.isdecimal() and len(typed) < 7 else None,
        }
        own = Said("zone" if asked["zone_type"] else "", asked["code"], payload)
        return check_places(self._session, current_settings(), [own, *self._beside], actor=require_actor()).get(
            asked["code"], []
        )


def _geojson(shape: BaseGeometry) -> Any:
    # 8 decimals are a millimetre; more is noise.
    return json.loads(shapely.to_geojson(shapely.set_precision(shape, 1e-8, mode="pointwise")))


def _at(found: Preview) -> str:
    """Give latitude and longitude for an address `geo:` (RFC 5870), which a device's own map opens."""
    return found.readings[0].text.replace(" ", "")


def _swapped(found: Preview) -> list[dict[str, Any]]:
    if not found.is_swapped:
        return []
    text = "The two values were read in the other order: as written they lie outside the area of the register."
    return [{"code": "swapped", "message": say(text), "geometry": None}]


def _warning(warning: SpatialWarning) -> dict[str, Any]:
    geometry = _geojson(warning.geometry) if warning.geometry is not None else None
    return {"code": warning.code, "message": say_warning(warning), "geometry": geometry}


def _facts(found: Preview) -> list[dict[str, str]]:
    """Say what a place comes to, a label and a value each."""
    corners = say("%(sort)s, %(count)s corners") % {"sort": say(_SORT_NAMES[found.sort]), "count": found.corners}
    facts = [("Shape", say(_SORT_NAMES[found.sort]) if found.sort == POINT else corners)]
    if found.area_m2 is not None and found.grid_area_m2 is not None:
        value = _measure("%(ellipsoid)s m² (%(grid)s m² on the grid)", found.area_m2, found.grid_area_m2)
        facts.append(("Surface area", value))
    if found.length_m is not None and found.grid_length_m is not None:
        label = "Perimeter" if found.sort == POLYGON else "Length"
        facts.append((label, _measure("%(ellipsoid)s m (%(grid)s m on the grid)", found.length_m, found.grid_length_m)))
    said = [{"label": say(label), "value": value} for label, value in facts]
    for reading in found.readings:
        label = say(_STYLES[reading.style]) % {"crs": reading.crs}
        said.append({"label": label, "value": reading.text})
    if found.precision_m is not None:
        value = say("to about %(metres)s m") % {"metres": say_number(found.precision_m, "@@")}
        said.append({"label": say("As written"), "value": value})
    return said


def _measure(message: str, ellipsoid: float, grid: float) -> str:
    return say(message) % {"ellipsoid": say_number(ellipsoid, "#,##0.0"), "grid": say_number(grid, "#,##0.0")}
