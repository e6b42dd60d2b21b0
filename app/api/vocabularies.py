"""The vocabularies as SKOS, at addresses that name their concepts for good."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from flask import Response

from app.api.answers import JSON, answer_json, api_path, begin, link, wants_page
from app.api.rdf import JSON_LD, answer_rdf, choose_format
from app.core.errors import NotFound
from app.http.parameters import suggest
from app.http.reading import reading
from app.http.settings import absolute
from app.publication.queries import count_concepts, read_concepts

# SKOS, https://www.w3.org/TR/skos-reference; within the document, so that nobody need fetch it.
_CONTEXT = {
    "skos": "http://www.w3.org/2004/02/skos/core#",
    "dct": "http://purl.org/dc/terms/",
    "id": "@id",
    "type": "@type",
    "identifier": "dct:identifier",
    "prefLabel": {"@id": "skos:prefLabel", "@container": "@language"},
    "inScheme": {"@id": "skos:inScheme", "@type": "@id"},
    "concepts": {"@reverse": "skos:inScheme"},
}


def list_vocabularies() -> Response:
    """List the vocabularies, with how many concepts each has."""
    begin(())
    wants_page(has_page=False)
    body = {
        "links": [link("self", api_path("/vocabularies"), JSON)],
        "vocabularies": [
            {"id": scheme, "concept_count": count, "links": [link("item", _path(scheme), JSON_LD)]}
            for scheme, count in count_concepts(reading()).items()
        ],
    }
    return answer_json(body)


def show_vocabulary(scheme: str) -> Response:
    """Give a vocabulary with all its concepts, in its order."""
    begin(())
    media_type = choose_format()
    concepts = _find_vocabulary(scheme)
    body = {
        "@context": _CONTEXT,
        "id": absolute(_path(scheme)),
        "type": "skos:ConceptScheme",
        "identifier": scheme,
        "concepts": [_concept(scheme, code, label) for code, label in concepts.items()],
    }
    return answer_rdf(body, media_type)


def show_concept(scheme: str, code: str) -> Response:
    """Give one concept."""
    begin(())
    media_type = choose_format()
    concepts = _find_vocabulary(scheme)
    if code not in concepts:
        raise NotFound(
            "There is no concept “%(value)s” in %(scheme)s; did you mean “%(nearest)s”?",
            value=code[:60],
            scheme=scheme,
            nearest=suggest(code, concepts) or next(iter(concepts)),
        )
    body = {"@context": _CONTEXT, **_concept(scheme, code, concepts[code]), "inScheme": absolute(_path(scheme))}
    return answer_rdf(body, media_type)


def _find_vocabulary(scheme: str) -> dict[str, dict[str, str]]:
    """Give a vocabulary's labels by code; raises `NotFound` naming the nearest."""
    reads = reading()
    concepts = read_concepts(reads, scheme)
    if not concepts:
        known = count_concepts(reads)
        raise NotFound(
            "There is no vocabulary “%(value)s”; did you mean “%(nearest)s”?",
            value=scheme[:60],
            nearest=suggest(scheme, known) or next(iter(known), "–"),
        )
    return concepts


def _concept(scheme: str, code: str, label: Mapping[str, str]) -> dict[str, Any]:
    labels = {language: text for language, text in sorted(label.items()) if text}
    return {"id": absolute(_path(scheme, code)), "type": "skos:Concept", "identifier": code, "prefLabel": labels}


def _path(*parts: str) -> str:
    return api_path("/vocabularies/" + "/".join(quote(part, safe="") for part in parts))
