"""The landing page and the declaration of conformance (OGC 17-069r4, 7.2 and 7.4)."""

from __future__ import annotations

from flask import Response

from app.api.answers import GEOJSON, HTML, JSON, OPENAPI, answer_json, api_path, begin, link, to_page, wants_page
from app.api.rdf import JSON_LD
from app.core.localized import pick
from app.http.answers import STYLES, TILESETS, TILING_SCHEMES
from app.http.i18n import current_language
from app.http.settings import current_settings

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    *(
        f"http://www.opengis.net/spec/ogcapi-features-3/1.0/conf/{name}"
        for name in ("queryables", "queryables-query-parameters", "filter", "features-filter")
    ),
    *(
        f"http://www.opengis.net/spec/cql2/1.0/conf/{name}"
        for name in (
            *("cql2-text", "cql2-json", "basic-cql2", "advanced-comparison-operators"),
            *("case-insensitive-comparison", "accent-insensitive-comparison"),
            *("basic-spatial-functions", "basic-spatial-functions-plus", "spatial-functions", "temporal-functions"),
        )
    ),
    # No part of the standard yet; the classes are named as the proposal names them.
    "http://www.opengis.net/spec/ogcapi-features-8/0.0/conf/sorting",
    "http://www.opengis.net/spec/ogcapi-features-8/0.0/conf/features-sorting",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tileset",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/tilesets-list",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/dataset-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/geodata-tilesets",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/mvt",
    "http://www.opengis.net/spec/ogcapi-tiles-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/tms/2.0/conf/tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilematrixset",
    "http://www.opengis.net/spec/tms/2.0/conf/json-tilesetmetadata",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
)

_TITLE = {"vi": "Di sản %(tenant)s: dữ liệu mở", "en": "Heritage of %(tenant)s: open data"}
_DESCRIPTION = {
    "vi": "Di tích, căn cứ pháp lý, khu vực bảo vệ và đơn vị hành chính, theo chuẩn OGC API – Features.",
    "en": "Sites, the decisions they stand on, protection zones and administrative units, as OGC API – Features.",
}


def landing() -> Response:
    """Show where everything is."""
    begin(())
    language = current_language()
    if wants_page():
        return to_page(f"/{language}/")
    settings = current_settings()
    tenant = pick(settings.tenant_name, language, settings.languages)
    body = {
        "title": _TITLE.get(language, _TITLE["en"]) % {"tenant": tenant[0] if tenant else ""},
        "description": _DESCRIPTION.get(language, _DESCRIPTION["en"]),
        "attribution": settings.attribution,
        "links": [
            link("self", api_path("/?f=json"), JSON, "This document"),
            link("alternate", f"/{language}/", HTML, "The website"),
            link("service-desc", api_path("/openapi.json"), OPENAPI, "The API in OpenAPI 3.0"),
            link("service-doc", api_path("/docs"), HTML, "The API for people: reference, tutorial, cookbook"),
            link("conformance", api_path("/conformance"), JSON, "What the API conforms to"),
            link("data", api_path("/collections"), JSON, "The collections"),
            {**link("search", api_path("/search?q={q}"), GEOJSON, "Search in all collections"), "templated": True},
            {**link("suggestions", api_path("/suggest?q={q}"), JSON, "Names that begin so"), "templated": True},
            link(TILESETS, api_path("/tiles"), JSON, "Vector tiles"),
            link(TILING_SCHEMES, api_path("/tileMatrixSets"), JSON, "The tiles' grid"),
            link(STYLES, api_path("/styles"), JSON, "Styles for maps"),
            link("related", api_path("/events.ics"), "text/calendar", "Events as a calendar to subscribe to"),
            link("changes", api_path("/changes"), JSON, "What changed, to stay in step (RPDE)"),
            link("related", api_path("/vocabularies"), JSON, "The vocabularies (SKOS)"),
            link("related", api_path("/dumps"), JSON, "Dumps of everything"),
            link("describedby", api_path("/dcat.jsonld"), JSON_LD, "The catalogue (DCAT-AP)"),
        ],
    }
    return answer_json(body)


def conformance() -> Response:
    """Declare the conformance classes."""
    begin(())
    wants_page(has_page=False)
    return answer_json({"conformsTo": list(CONFORMANCE)})
