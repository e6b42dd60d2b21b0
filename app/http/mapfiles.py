"""Features as files for map applications: GPX and KML, to be taken along on a telephone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response

from app.http.caching import cached
from app.http.gpx import MEDIA_TYPE as GPX
from app.http.gpx import write_gpx
from app.http.kml import write_kml
from app.http.marks import Told, tell
from app.http.settings import absolute, current_settings
from app.places.kml import MEDIA_TYPE as KML
from app.places.kml import clean_xml

_DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class Form:
    """A form of file: its media type and what writes it from title, address, attribution and features."""

    media_type: str
    write: Callable[[str, str, str, Sequence[Told]], str]


# By the value of `f`, which is the ending of a file's name as well.
FORMS = {"gpx": Form(GPX, write_gpx), "kml": Form(KML, write_kml)}


def answer_file(
    form: str, features: Iterable[Mapping[str, Any]], etag: str, *, name: str, title: str, path: str
) -> Response:
    """Answer with a file `name` of features whose page is at `path`; those without a place are not in it.

    Both forms are in WGS 84 by their standards. Any page on the web may read it.
    """
    settings = current_settings()
    text = FORMS[form].write(clean_xml(title), absolute(path), clean_xml(settings.attribution), tell(features))
    response = Response(_DECLARATION + text, mimetype=FORMS[form].media_type)
    response.headers.set("Content-Disposition", "attachment", filename=f"{name}.{form}")
    response.headers["Access-Control-Allow-Origin"] = "*"
    return cached(response, etag)
