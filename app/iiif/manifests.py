"""Manifests of the pictures of a record (IIIF Presentation API 3), made of what is published of it and nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from flask import Response, json

from app.core.errors import NotFound
from app.http.i18n import catalogue
from app.http.reading import reading
from app.http.settings import absolute, current_settings
from app.iiif.answers import answer_json_ld
from app.publication.collections import COLLECTIONS
from app.publication.licences import rights_uri
from app.publication.links import item_path, manifest_path
from app.publication.texts import read_item_texts

CONTEXT = "http://iiif.io/api/presentation/3/context.json"
_NAV_PLACE = "http://iiif.io/api/extension/navplace/context.json"
_SERVICE_PROFILE = "level0"
# A viewer's strip of thumbnails is about so high.
_THUMB_PX = 320

Feature = dict[str, Any]
Texts = Mapping[str, Any]


def show_manifest(collection: str, code: str) -> Response:
    """Give the manifest of a record, for all languages at once; `NotFound` for one that shows no pictures."""
    if collection not in COLLECTIONS:
        raise NotFound("There is nothing at this address.")
    item = read_item_texts(reading(), collection, code)
    features: dict[str, Feature] = {
        language: json.loads(item.features[language])
        for language in current_settings().languages
        if language in item.features
    }
    images = next(iter(features.values()))["properties"].get("images")
    # An item that an earlier release rendered tells no image service until the publication is rebuilt.
    if not images or any("service" not in image for image in images):
        raise NotFound("No pictures of “%(code)s” are published.", code=item.code)
    return answer_json_ld(describe(collection, item.code, features), CONTEXT)


def describe(collection: str, code: str, features: Mapping[str, Feature]) -> dict[str, Any]:
    """Give the manifest of a record from its features by language, which show the same pictures in the same order."""
    feature = next(iter(features.values()))
    properties, here = feature["properties"], absolute(manifest_path(collection, code))
    named = {one["properties"]["name_lang"]: one["properties"]["name"] for one in features.values()}
    found: dict[str, Any] = {
        "@context": [_NAV_PLACE, CONTEXT] if feature["geometry"] else CONTEXT,
        "id": here,
        "type": "Manifest",
        "label": {language: [name] for language, name in named.items()},
    }
    described = {
        one["properties"]["description_lang"]: [one["properties"]["description"]]
        for one in features.values()
        if one["properties"].get("description")
    }
    found |= {"summary": described} if described else {}
    found |= _rights(properties["licence"], {"none": [properties["attribution"]]})
    found["provider"] = [_provider(properties["attribution"])]
    found["homepage"] = _homepages(features)
    found["seeAlso"] = [_see_also(collection, code)]
    found["thumbnail"] = [_thumbnail(properties["images"][0])]
    if feature["geometry"]:
        place = {"id": f"{here}#place", "type": "Feature", "properties": {"label": found["label"]}}
        features_of = [{**place, "geometry": feature["geometry"]}]
        found["navPlace"] = {"id": f"{here}#places", "type": "FeatureCollection", "features": features_of}
    found["items"] = [_canvas(here, index, features) for index in range(len(properties["images"]))]
    return found


def _rights(licence: str | None, credit: dict[str, list[str]]) -> dict[str, Any]:
    uri = rights_uri(licence)
    return {
        **({"rights": uri} if uri else {}),
        "requiredStatement": {"label": _said("Attribution"), "value": credit},
    }


def _said(text: str) -> dict[str, list[str]]:
    """Say a word of ours in every language."""
    return {language: [catalogue(language).gettext(text)] for language in current_settings().languages}


def _provider(name: str) -> dict[str, Any]:
    home = absolute("/")
    page = {"id": home, "type": "Text", "label": {"none": [name]}, "format": "text/html"}
    return {"id": home, "type": "Agent", "label": {"none": [name]}, "homepage": [page]}


def _homepages(features: Mapping[str, Feature]) -> list[dict[str, Any]]:
    return [
        {
            "id": absolute(one["properties"]["url"]),
            "type": "Text",
            "label": {one["properties"]["name_lang"]: [one["properties"]["name"]]},
            "format": "text/html",
            "language": [language],
        }
        for language, one in features.items()
    ]


def _see_also(collection: str, code: str) -> dict[str, Any]:
    return {
        "id": absolute(f"{item_path(collection, code)}?f=json"),
        "type": "Dataset",
        "label": {"none": [code]},
        "format": "application/geo+json",
    }


def _canvas(manifest: str, index: int, features: Mapping[str, Feature]) -> dict[str, Any]:
    """Give a picture on a canvas of its own size, as the image service tells it."""
    images = {language: one["properties"]["images"][index] for language, one in features.items()}
    image = next(iter(images.values()))
    here, service = f"{manifest.removesuffix('/manifest')}/canvas/{image['code']}", image["service"]
    shape = {"width": service["width"], "height": service["height"]}
    painting = {
        "id": f"{here}/painting",
        "type": "Annotation",
        "motivation": "painting",
        "body": _body(image, image["sizes"][-1]),
        "target": here,
    }
    found: dict[str, Any] = {"id": here, "type": "Canvas", **shape, "label": _texts(images, lambda one: one["title"])}
    caption = _texts(images, lambda one: one["caption"])
    found |= {"summary": caption} if caption else {}
    attribution = next(iter(features.values()))["properties"]["attribution"]
    found |= _rights(image["licence"], _texts(images, lambda one: _credit(one, attribution)))
    found["thumbnail"] = [_thumbnail(image)]
    found["items"] = [{"id": f"{here}/page", "type": "AnnotationPage", "items": [painting]}]
    return found


def _texts(images: Mapping[str, Texts], pick: Callable[[Texts], str | None]) -> dict[str, list[str]]:
    """Give a text by language; one that repeats an earlier language's is that one's, for want of a translation."""
    found: dict[str, list[str]] = {}
    for language, image in images.items():
        text = pick(image)
        if text and [text] not in found.values():
            found[language] = [text]
    return found


def _credit(image: Texts, attribution: str) -> str:
    return " · ".join(filter(None, (image["creator"] or image["rights_holder"] or attribution, image["licence_label"])))


def _thumbnail(image: Texts) -> dict[str, Any]:
    small = next((size for size in image["sizes"] if size["width"] >= _THUMB_PX), image["sizes"][-1])
    return _body(image, small)


def _body(image: Texts, size: Mapping[str, Any]) -> dict[str, Any]:
    """Give a picture in one of its sizes, and where the image service has the others."""
    service = absolute(image["service"]["id"])
    return {
        "id": f"{service}/full/{size['width']},{size['height']}/0/default.jpg",
        "type": "Image",
        "format": "image/jpeg",
        "width": size["width"],
        "height": size["height"],
        "service": [{"id": service, "type": "ImageService3", "profile": _SERVICE_PROFILE}],
    }
