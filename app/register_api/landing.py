"""The landing page and the declaration of conformance."""

from __future__ import annotations

from flask import Response

from app.core.localized import pick
from app.http.answers import JSON, OPENAPI, begin, link
from app.http.i18n import current_language
from app.http.settings import current_settings
from app.register_api.access import answer, check_format, register_path
from app.register_api.media import MULTIPART

CONFORMANCE = (
    "http://www.opengis.net/spec/ogcapi-common-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-common-2/1.0/conf/collections",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/core",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/oas30",
    "http://www.opengis.net/spec/ogcapi-features-1/1.0/conf/geojson",
    "http://www.opengis.net/spec/ogcapi-features-2/1.0/conf/crs",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/create-replace-delete",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/update",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/optimistic-locking-etags",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/features",
    "http://www.opengis.net/spec/ogcapi-features-4/1.0/conf/crs",
)
_TITLE = {"vi": "Sổ đăng ký di sản %(tenant)s", "en": "Register of the heritage of %(tenant)s"}
_DESCRIPTION = {
    "vi": "Sổ đăng ký nội bộ theo chuẩn OGC API – Features: đọc trạng thái đã được chấp nhận, ghi bản nháp của mình.",
    "en": "The internal register as OGC API – Features: read what has been accepted, write drafts of your own.",
}


def landing() -> Response:
    """Show where everything is."""
    begin(())
    check_format()
    language, settings = current_language(), current_settings()
    tenant = pick(settings.tenant_name, language, settings.languages)
    return answer(
        {
            "title": _TITLE.get(language, _TITLE["en"]) % {"tenant": tenant[0] if tenant else ""},
            "description": _DESCRIPTION.get(language, _DESCRIPTION["en"]),
            "links": [
                link("self", register_path("/"), JSON, "This document"),
                link("service-desc", register_path("/openapi.json"), OPENAPI, "The API in OpenAPI 3.0"),
                link("conformance", register_path("/conformance"), JSON, "What the API conforms to"),
                link("data", register_path("/collections"), JSON, "The collections"),
                link("media", register_path("/media"), MULTIPART, "Where files are sent (POST)"),
            ],
        }
    )


def conformance() -> Response:
    """Declare the conformance classes."""
    begin(())
    check_format()
    return answer({"conformsTo": list(CONFORMANCE)})
