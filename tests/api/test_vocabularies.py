"""The vocabularies as SKOS: addresses that hold, labels in all languages, JSON-LD and Turtle that say the same."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import rdflib
from rdflib import RDF, SKOS
from rdflib.compare import isomorphic

from app.core.db import begin_write, db
from app.publication import operations as publication
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

LEVELS = "http://localhost/api/v1/vocabularies/levels"


@pytest.fixture
def termed(app: Flask) -> FlaskClient:
    with app.app_context():
        begin_write(db.session())
        register.write_vocabulary(db.session())
        publication.publish_reference(db.session(), settings=register.SETTINGS)
        db.session.commit()
    return app.test_client()


def read(client: FlaskClient, address: str) -> rdflib.Graph:
    path = address.removeprefix("http://localhost")
    linked, turtle = client.get(path), client.get(path, headers={"Accept": "text/turtle"})
    assert linked.content_type == "application/ld+json"
    assert turtle.content_type == "text/turtle; charset=utf-8"
    assert linked.headers["ETag"] != turtle.headers["ETag"]
    graph = rdflib.Graph().parse(data=linked.text, format="json-ld")
    assert isomorphic(graph, rdflib.Graph().parse(data=turtle.text, format="turtle"))
    return graph


def test_list_leads_to_every_vocabulary(termed: FlaskClient) -> None:
    told = {found["id"]: found for found in termed.get("/api/v1/vocabularies").get_json()["vocabularies"]}
    assert told["levels"]["concept_count"] == 4
    assert told["levels"]["links"][0]["href"] == LEVELS


def test_vocabulary_holds_its_concepts_with_labels_in_all_languages(termed: FlaskClient) -> None:
    graph = read(termed, LEVELS)
    scheme = rdflib.URIRef(LEVELS)
    assert (scheme, RDF.type, SKOS.ConceptScheme) in graph
    concepts = list(graph.subjects(SKOS.inScheme, scheme))
    assert len(concepts) == 4
    for concept in concepts:
        assert (concept, RDF.type, SKOS.Concept) in graph
        assert {label.language for label in graph.objects(concept, SKOS.prefLabel)} == {"vi", "en"}


def test_concept_is_at_the_address_that_names_it(termed: FlaskClient) -> None:
    concept = rdflib.URIRef(f"{LEVELS}/national")
    graph = read(termed, str(concept))
    assert (concept, SKOS.inScheme, rdflib.URIRef(LEVELS)) in graph
    assert rdflib.Literal("national", lang="vi") in set(graph.objects(concept, SKOS.prefLabel))


@pytest.mark.parametrize(
    ("query", "accept", "expected"),
    [
        ("", "text/html,*/*;q=0.8", "application/ld+json"),
        ("", "application/json", "application/json"),
        ("?f=ttl", "application/json", "text/turtle; charset=utf-8"),
        ("?f=json", "text/turtle", "application/json"),
    ],
)
def test_format_is_chosen_by_f_then_by_accept(termed: FlaskClient, query: str, accept: str, expected: str) -> None:
    assert termed.get(f"{LEVELS}{query}", headers={"Accept": accept}).content_type == expected


@pytest.mark.parametrize(
    ("path", "status", "named"),
    [
        ("/api/v1/vocabularies/level", 404, "levels"),
        ("/api/v1/vocabularies/levels/nationall", 404, "national"),
        ("/api/v1/vocabularies/levels?f=xml", 400, "xml"),
        ("/api/v1/vocabularies/levels?q=a", 400, "q"),
    ],
)
def test_what_is_not_there_names_the_nearest(termed: FlaskClient, path: str, status: int, named: str) -> None:
    response = termed.get(path + ("&" if "?" in path else "?") + "lang=en")
    assert response.status_code == status
    assert named in response.get_json(force=True)["detail"]
