"""A site in schema.org terms (TouristAttraction and LandmarksOrHistoricalBuildings), for search engines and apps."""

from __future__ import annotations

from typing import Any

from app.http.settings import absolute
from app.web.context import licence


def describe_site(feature: dict[str, Any]) -> dict[str, Any]:
    """Describe a published site; what is unknown is left out, and an approximate place says how approximate it is."""
    site = feature["properties"]
    body: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": ["TouristAttraction", "LandmarksOrHistoricalBuildings"],
        "@id": absolute(site["url"]),
        "url": absolute(site["url"]),
        "identifier": site["code"],
        "name": site["name"],
        "alternateName": [other["text"] for other in site["other_names"]],
        "description": site["description"],
        "inLanguage": site["description_lang"],
        "address": _address(site),
        "geo": _geo(feature),
        "sameAs": [fact["value"] for fact in site["visit"] if fact["topic"] == "website"],
        "containedInPlace": _member(site["parent"]) if site["parent"] else None,
        "containsPlace": [_member(component) for component in site["components"]],
        "license": licence(site["licence"])["url"],
        "creditText": site["attribution"],
        "dateModified": site["modified_at"],
    }
    return {name: value for name, value in body.items() if value not in (None, [], "")}


def _member(member: dict[str, Any]) -> dict[str, str]:
    return {"@type": "LandmarksOrHistoricalBuildings", "@id": absolute(member["url"]), "name": member["name"]}


def _address(site: dict[str, Any]) -> dict[str, str] | None:
    if not site["unit_name"]:
        return None
    address = {"@type": "PostalAddress", "addressCountry": "VN", "addressLocality": site["unit_name"]}
    if site["address_detail"]:
        address["streetAddress"] = site["address_detail"]
    return address


def _geo(feature: dict[str, Any]) -> dict[str, Any] | None:
    """Give a point where it is known to within 500 m, else the circle it lies in."""
    geometry, precision_m = feature["geometry"], feature["properties"]["location_precision_m"]
    if geometry is None:
        return None
    lon, lat = geometry["coordinates"][:2]
    point = {"@type": "GeoCoordinates", "longitude": lon, "latitude": lat}
    if precision_m is not None and precision_m <= 500:
        return point
    return {"@type": "GeoCircle", "geoMidpoint": point, "geoRadius": precision_m} if precision_m else None
