"""The publication described for data portals: DCAT-AP 3 as JSON-LD, with the API as a service and dumps as files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from app.config import Settings
from app.publication.collections import COLLECTIONS
from app.publication.dumps.folders import DumpCollection, DumpFile, Manifest
from app.publication.dumps.formats import FORMATS
from app.publication.licences import rights_uri
from app.publication.links import API
from app.publication.schema import Collection

CATALOGUE = "dcat.jsonld"

_CRS84 = "http://www.opengis.net/def/crs/OGC/1.3/CRS84"
_FEATURES = "http://www.opengis.net/doc/IS/ogcapi-features-1/1.0"
_EU = "http://publications.europa.eu/resource/authority"
_IANA = "https://www.iana.org/assignments/media-types"
# ISO 639-3 codes, as that list has them.
_LANGUAGES = {"vi": "VIE", "en": "ENG", "zh": "ZHO", "ja": "JPN", "ko": "KOR", "fr": "FRA"}

_TITLE = {"vi": "Di sản %s: dữ liệu mở", "en": "Heritage of %s: open data"}
_DESCRIPTION = {
    "vi": "Sổ đăng ký di sản được công bố: di tích, hiện vật, di sản phi vật thể, sự kiện và dịch vụ cho du khách.",
    "en": "The published register of heritage: sites, artefacts, intangible heritage, events and visitor services.",
}
_SERVICE = {"vi": "Giao diện lập trình (OGC API – Features)", "en": "The API (OGC API – Features)"}
_BY_API = {"vi": "Truy vấn qua giao diện lập trình", "en": "Asked for by the API"}

_PREFIXES = {
    "dcat": "http://www.w3.org/ns/dcat#",
    "dct": "http://purl.org/dc/terms/",
    "foaf": "http://xmlns.com/foaf/0.1/",
    "geo": "http://www.opengis.net/ont/geosparql#",
    "spdx": "http://spdx.org/rdf/terms#",
    "xsd": "http://www.w3.org/2001/XMLSchema#",
}
_TEXTS = ("title", "description")
_ADDRESSES = {
    "dcat": ("accessURL", "downloadURL", "mediaType", "endpointURL", "endpointDescription", "theme"),
    "dct": ("license", "language", "format", "conformsTo"),
}
_NODES = {
    "dcat": ("dataset", "service", "distribution", "accessService", "servesDataset"),
    "dct": ("publisher", "spatial", "temporal"),
}
_VALUES = {
    "issued": ("dct:issued", "xsd:dateTime"),
    "modified": ("dct:modified", "xsd:dateTime"),
    "startDate": ("dcat:startDate", "xsd:dateTime"),
    "endDate": ("dcat:endDate", "xsd:dateTime"),
    "bbox": ("dcat:bbox", "geo:wktLiteral"),
    "byteSize": ("dcat:byteSize", "xsd:nonNegativeInteger"),
    "checksumValue": ("spdx:checksumValue", "xsd:hexBinary"),
}


def _context() -> dict[str, Any]:
    """Give the terms' meaning within the document: a context elsewhere would have to be fetched."""
    terms: dict[str, Any] = {"id": "@id", "type": "@type", "identifier": "dct:identifier", "name": "foaf:name"}
    terms |= {name: {"@id": f"dct:{name}", "@container": "@language"} for name in _TEXTS}
    for prefix, names in _ADDRESSES.items():
        terms |= {name: {"@id": f"{prefix}:{name}", "@type": "@id"} for name in names}
    for prefix, names in _NODES.items():
        terms |= {name: {"@id": f"{prefix}:{name}", "@type": "@id"} for name in names}
    terms |= {name: {"@id": meaning, "@type": kind} for name, (meaning, kind) in _VALUES.items()}
    terms |= {"checksum": "spdx:checksum", "algorithm": {"@id": "spdx:algorithm", "@type": "@id"}}
    return _PREFIXES | terms


def describe_catalogue(settings: Settings, manifest: Manifest | None, base: str) -> dict[str, Any]:
    """Describe everything (DCAT-AP 3.0): catalogue, a dataset for each collection, the API; files where a dump is.

    `base` is scheme and host; empty, addresses are relative to the document's.
    """
    catalogue: dict[str, Any] = {
        "@context": _context(),
        "id": _address(base, f"/{CATALOGUE}"),
        "type": "dcat:Catalog",
        "title": {language: text % _tenant(settings, language) for language, text in _TITLE.items()},
        "description": _DESCRIPTION,
        "publisher": {"type": "foaf:Agent", "name": settings.attribution},
        "license": _licence(settings.licence),
        "language": _languages(settings.languages),
        "spatial": _location(list(settings.plausible_box)),
        "dataset": [_dataset(settings, manifest, base, collection) for collection in COLLECTIONS.values()],
        "service": _service(settings, base),
    }
    return catalogue | ({"modified": manifest.made_at} if manifest else {})


def write_catalogue(path: Path, settings: Settings, manifest: Manifest) -> None:
    """Write the catalogue beside the files that it describes."""
    described = describe_catalogue(settings, manifest, settings.public_url.rstrip("/"))
    path.write_text(json.dumps(described, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def file_path(found: DumpFile) -> str:
    """Give the root-relative address under which a file has this content and no other."""
    return f"{API}/dumps/{found.name}?v={found.version}"


def _dataset(settings: Settings, manifest: Manifest | None, base: str, collection: Collection) -> dict[str, Any]:
    told = _told(manifest, collection)
    dataset: dict[str, Any] = {
        "id": _address(base, f"/collections/{collection.name}"),
        "type": "dcat:Dataset",
        "identifier": collection.name,
        "title": dict(collection.title),
        "description": dict(collection.description),
        "publisher": {"type": "foaf:Agent", "name": settings.attribution},
        "theme": f"{_EU}/data-theme/EDUC",
        "language": _languages(settings.languages),
        "conformsTo": _CRS84,
        "spatial": _location(told.bbox if told and told.bbox else list(settings.plausible_box)),
        "distribution": [
            _by_api(settings, base, collection),
            *(
                _distribution(base, found)
                for found in (manifest.files if manifest else ())
                if _is_of(found, collection)
            ),
        ],
    }
    if told and told.published_from and told.changed_at:
        dataset["issued"], dataset["modified"] = told.published_from, told.changed_at
        dataset["temporal"] = {
            "type": "dct:PeriodOfTime",
            "startDate": told.published_from,
            "endDate": told.changed_at,
        }
    return dataset


def _told(manifest: Manifest | None, collection: Collection) -> DumpCollection | None:
    return next((one for one in manifest.collections if one.name == collection.name), None) if manifest else None


def _is_of(found: DumpFile, collection: Collection) -> bool:
    return found.collection == collection.name


def _by_api(settings: Settings, base: str, collection: Collection) -> dict[str, Any]:
    return {
        "type": "dcat:Distribution",
        "title": _BY_API,
        "accessURL": _address(base, f"/collections/{collection.name}/items"),
        "accessService": _service_address(base),
        "mediaType": f"{_IANA}/application/geo+json",
        "license": _licence(settings.licence),
        "conformsTo": _FEATURES,
    }


def _distribution(base: str, found: DumpFile) -> dict[str, Any]:
    known = FORMATS[found.format]
    return {
        "id": base + file_path(found),
        "type": "dcat:Distribution",
        "title": {"en": found.name},
        "accessURL": _address(base, "/dumps"),
        "downloadURL": base + file_path(found),
        "mediaType": f"{_IANA}/{found.media_type}",
        "format": f"{_EU}/file-type/{known.file_type}",
        "conformsTo": known.standard,
        "byteSize": str(found.byte_count),
        "language": _languages([found.language]),
        "license": _licence(found.licence),
        "checksum": {
            "type": "spdx:Checksum",
            "algorithm": "spdx:checksumAlgorithm_sha256",
            "checksumValue": found.sha256,
        },
    }


def _service(settings: Settings, base: str) -> dict[str, Any]:
    return {
        "id": _service_address(base),
        "type": "dcat:DataService",
        "title": _SERVICE,
        "description": _DESCRIPTION,
        "publisher": {"type": "foaf:Agent", "name": settings.attribution},
        "license": _licence(settings.licence),
        "endpointURL": _address(base, "/"),
        "endpointDescription": _address(base, "/openapi.json"),
        "conformsTo": _FEATURES,
        "servesDataset": [_address(base, f"/collections/{name}") for name in COLLECTIONS],
    }


def _service_address(base: str) -> str:
    return _address(base, "/#service")


def _address(base: str, path: str) -> str:
    return f"{base}{API}{path}"


def _tenant(settings: Settings, language: str) -> str:
    return settings.tenant_name.get(language) or next(iter(settings.tenant_name.values()))


def _languages(codes: list[str] | tuple[str, ...]) -> list[str]:
    return [f"{_EU}/language/{_LANGUAGES[code]}" for code in codes if code in _LANGUAGES]


def _licence(spdx: str) -> str:
    return rights_uri(spdx) or f"https://spdx.org/licenses/{spdx}"


def _location(box: list[float]) -> dict[str, str]:
    west, south, east, north = box
    ring = f"{west} {south}, {east} {south}, {east} {north}, {west} {north}, {west} {south}"
    return {"type": "dct:Location", "bbox": f"POLYGON(({ring}))"}
