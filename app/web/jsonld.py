"""Published things in schema.org terms, for search engines and apps."""

from __future__ import annotations

import re
from typing import Any

from flask import json

from app.http.settings import absolute
from app.publication.schema_org import type_of
from app.web.context import licence
from app.web.jsonld_hours import describe_hours, is_free, site_hours

_CLOCK = re.compile(r"[0-2]\d:[0-5]\d")


def describe_site(feature: dict[str, Any]) -> dict[str, Any]:
    """Describe a published site; what is unknown is left out, and an approximate place says how approximate it is."""
    site = feature["properties"]
    body: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": type_of("sites"),
        "@id": absolute(site["url"]),
        "url": absolute(site["url"]),
        "identifier": site["code"],
        "name": site["name"],
        "alternateName": [other["text"] for other in site["other_names"]],
        "description": site["description"],
        "image": _images(site),
        "address": _address(site),
        "geo": _geo(feature),
        "openingHoursSpecification": site_hours(site["visit"]),
        "isAccessibleForFree": is_free(site["visit"]),
        "sameAs": [fact["value"] for fact in site["visit"] if fact["topic"] == "website"],
        "containedInPlace": _member(site["parent"]) if site["parent"] else None,
        "containsPlace": [_member(component) for component in site["components"]],
        "mainEntityOfPage": _page(site),
    }
    return _known(body)


def _known(body: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in body.items() if value not in (None, [], "")}


def _page(item: dict[str, Any]) -> dict[str, Any]:
    """Describe the page about something: the licence is that of what is said there, not of the thing itself."""
    return _known(
        {
            "@type": "WebPage",
            "@id": absolute(item["url"]),
            "inLanguage": item["description_lang"] or item["name_lang"],
            "license": licence(item["licence"])["url"],
            "creditText": item["attribution"],
            "dateModified": item["modified_at"],
        }
    )


def _images(item: dict[str, Any]) -> list[dict[str, Any]]:
    """Describe its public pictures, the cover first, each with its own licence."""
    return [
        _known(
            {
                "@type": "ImageObject",
                "contentUrl": absolute(image["url"]),
                "width": image["width"],
                "height": image["height"],
                "caption": image["alt"],
                "creditText": image["creator"],
                "copyrightNotice": image["rights_holder"],
                "license": image["rights"],
                # The page tells the licence and the credit of each of its pictures.
                "acquireLicensePage": absolute(item["url"]) if image["rights"] else None,
            }
        )
        for image in item["images"]
    ]


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


def describe_item(collection: str, feature: dict[str, Any], day: str) -> dict[str, Any]:
    """Describe a published item other than a site; an event by the next time it is held, seen from `day`."""
    item = feature["properties"]
    body: dict[str, Any] = {
        "@context": "https://schema.org",
        "@type": type_of(collection, item.get("category")),
        "@id": absolute(item["url"]),
        "url": absolute(item["url"]),
        "identifier": item["code"],
        "name": item["name"],
        "alternateName": [other["text"] for other in item.get("other_names", ())],
        "description": item["description"],
        "image": _images(item),
        **_OF_COLLECTION[collection](feature, day),
        "mainEntityOfPage": _page(item),
    }
    return _known(body)


def _of_event(feature: dict[str, Any], day: str) -> dict[str, Any]:
    event = feature["properties"]
    ahead = next((one for one in event["occurrences"] if one["ends_on"] >= day), None)
    name = event["venue"] or event["site_name"] or event["place"]
    location = {"@type": "Place", "name": name, "address": event["place"], "geo": _geo(feature)}
    return {
        "startDate": _instant(ahead["starts_on"], event["time_start"]) if ahead else None,
        "endDate": _end(ahead, event) if ahead else None,
        # A note tells in words what has become of it, which may be that it is off.
        "eventStatus": "https://schema.org/EventScheduled" if ahead and not event["status_note"] else None,
        "eventAttendanceMode": "https://schema.org/OfflineEventAttendanceMode" if name else None,
        "location": _known(location) if name else None,
        "organizer": {"@type": "Organization", "name": event["organiser"]} if event["organiser"] else None,
    }


def _instant(day: str, time: str | None) -> str:
    """Write a day, with its time where that is known: there is one zone in the country."""
    return f"{day}T{time[:5]}:00+07:00" if time and _CLOCK.match(time) else day


def _end(held: dict[str, Any], event: dict[str, Any]) -> str:
    """Write when a time of an event ends; by the day alone where the clock has passed midnight."""
    starts, ends = _instant(held["starts_on"], event["time_start"]), _instant(held["ends_on"], event["time_end"])
    return ends if ends >= starts else str(held["ends_on"])


def _of_place(feature: dict[str, Any], day: str) -> dict[str, Any]:
    del day
    place = feature["properties"]
    return {
        "address": place["address"],
        "geo": _geo(feature),
        "openingHours": place["opening_hours"],
        "openingHoursSpecification": describe_hours(place["opening_hours"]),
        "telephone": place["phone"],
        "sameAs": place["website"],
        "containedInPlace": _site_of(place),
    }


def _of_itinerary(feature: dict[str, Any], day: str) -> dict[str, Any]:
    del day
    stops = [
        {
            "@type": "ListItem",
            "position": stop["position"],
            "item": {"@type": "TouristAttraction", "name": stop["name"]}
            | ({"@id": absolute(stop["url"])} if stop["url"] else {}),
        }
        for stop in feature["properties"]["stops"]
    ]
    return {
        "itinerary": {
            "@type": "ItemList",
            "itemListOrder": "https://schema.org/ItemListOrderAscending",
            "numberOfItems": len(stops),
            "itemListElement": stops,
        }
    }


def _of_notice(feature: dict[str, Any], day: str) -> dict[str, Any]:
    del day
    notice = feature["properties"]
    return {
        "text": notice["description"],
        "datePosted": notice["from"],
        "expires": notice["until"],
        "spatialCoverage": _site_of(notice),
    }


def _of_practice(feature: dict[str, Any], day: str) -> dict[str, Any]:
    del feature, day
    return {}


def _of_artefact(feature: dict[str, Any], day: str) -> dict[str, Any]:
    del day
    artefact = feature["properties"]
    return {
        "material": artefact["material_labels"],
        "temporal": artefact["dated_label"] or artefact["period_label"] or artefact["period"],
        "award": artefact["recognition_labels"],
        "maintainer": _holder(artefact),
        "contentLocation": _site_of(artefact),
    }


def _of_document(feature: dict[str, Any], day: str) -> dict[str, Any]:
    del day
    document = feature["properties"]
    return {
        "temporal": document["dated_label"] or document["period"],
        "materialExtent": document["extent"],
        "award": document["inscription_labels"],
        "maintainer": _holder(document),
        "itemLocation": _site_of(document),
    }


def _holder(item: dict[str, Any]) -> dict[str, str] | None:
    """Name who keeps something where that is an organisation; persons are not named."""
    is_named = item["holder"] and item["holder_kind"] not in (None, "person")
    return {"@type": "Organization", "name": item["holder"]} if is_named else None


_OF_COLLECTION = {
    "artefacts": _of_artefact,
    "documentary": _of_document,
    "events": _of_event,
    "intangible": _of_practice,
    "itineraries": _of_itinerary,
    "notices": _of_notice,
    "places": _of_place,
}


def _site_of(item: dict[str, Any]) -> dict[str, str] | None:
    return _member({"url": item["site_url"], "name": item["site_name"]}) if item["site"] else None


def script_text(body: dict[str, Any]) -> str:
    """Write JSON for a script element: only these characters could end one there, and JSON takes their escapes."""
    return json.dumps(body, ensure_ascii=False).replace("<", "\\u003c").replace("&", "\\u0026")
