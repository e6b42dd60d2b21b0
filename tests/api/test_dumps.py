"""Dumps and the catalogue as the API serves them: found, verified, resumed, replaced, and nothing beside them."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest
import rdflib
from rdflib import DCAT, DCTERMS, RDF

from app.core.db import db
from app.publication.collections import COLLECTIONS
from app.publication.dumps.making import make_dump
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SPDX = rdflib.Namespace("http://spdx.org/rdf/terms#")


@pytest.fixture
def dumped(app: Flask) -> Flask:
    register.fill(app)
    dump(app)
    return app


def dump(app: Flask) -> None:
    with app.app_context():
        make_dump(db.engine, app.config["DISAN"])


def files(client: FlaskClient) -> dict[str, dict[str, Any]]:
    return {found["name"]: found for found in client.get("/api/v1/dumps").get_json()["files"]}


def local(address: str) -> str:
    return address.removeprefix("http://localhost")


def test_no_dump_is_told_and_no_error(client: FlaskClient) -> None:
    told = client.get("/api/v1/dumps?lang=en").get_json()
    assert (told["made_at"], told["files"]) == (None, [])
    assert "disan dump" in told["description"]
    assert client.get("/api/v1/dumps/sites.vi.csv").status_code == 404
    catalogue = rdflib.Graph().parse(data=client.get("/api/v1/dcat.jsonld").text, format="json-ld")
    assert len(list(catalogue.subjects(RDF.type, DCAT.Dataset))) == len(COLLECTIONS)
    assert not list(catalogue.subjects(DCAT.downloadURL))


def test_every_file_of_the_list_is_what_the_list_says(dumped: Flask) -> None:
    client = dumped.test_client()
    for name, found in files(client).items():
        with client.get(local(found["url"])) as response:
            assert response.status_code == 200
            assert hashlib.sha256(response.data).hexdigest() == found["sha256"]
            assert len(response.data) == found["byte_count"]
            headers = response.headers
        assert headers["ETag"] == f'"{found["sha256"]}"'
        assert headers["Content-Type"].partition(";")[0] == found["media_type"]
        assert headers["Content-Disposition"] == f"attachment; filename={name}"
        assert headers["Content-Language"] == found["language"]
        assert headers["Access-Control-Allow-Origin"] == "*"
        assert "immutable" in headers["Cache-Control"]


def test_download_can_be_resumed_and_is_304_for_who_has_it(dumped: Flask) -> None:
    client = dumped.test_client()
    found = files(client)["sites.vi.geojson"]
    path = local(found["url"])
    with client.get(path) as response:
        whole, etag = response.data, response.headers["ETag"]
    with client.get(path, headers={"Range": "bytes=10-", "If-Range": etag}) as rest:
        assert (rest.status_code, rest.data) == (206, whole[10:])
    with client.get(path, headers={"Range": "bytes=10-", "If-Range": '"another"'}) as other:
        assert (other.status_code, other.data) == (200, whole)
    with client.get(path, headers={"Range": "bytes=999999999-"}) as beyond:
        assert beyond.status_code == 416
    with client.get(path, headers={"If-None-Match": etag}) as same:
        assert (same.status_code, same.data) == (304, b"")


def test_address_of_a_content_that_was_replaced_is_gone(dumped: Flask) -> None:
    client = dumped.test_client()
    old = local(files(client)["sites.vi.geojson"]["url"])
    with dumped.app_context():
        register.publish(db.session(), ("site", register.site("QNM-0002")))
        db.session.commit()
    dump(dumped)
    with client.get(old) as kept:
        assert kept.status_code == 200
    dump(dumped)
    assert client.get(old).status_code == 410
    with client.get("/api/v1/dumps/sites.vi.geojson") as newest:
        assert b"QNM-0002" in newest.data
        assert "immutable" not in newest.headers["Cache-Control"]


@pytest.mark.parametrize(
    "name", ["..%2fdisan.sqlite3", "%2e%2e%2flock", "lock", "manifest.json", "sites.vi", "SITES.vi.csv"]
)
def test_nothing_else_of_the_folder_is_served(dumped: Flask, name: str) -> None:
    assert dumped.test_client().get(f"/api/v1/dumps/{name}").status_code == 404


def test_manifest_says_where_the_changes_go_on(dumped: Flask) -> None:
    told = dumped.test_client().get("/api/v1/dumps").get_json()
    links = {found["rel"]: found["href"] for found in told["links"]}
    assert told["journal"] == 1
    assert links["next"] == "http://localhost/api/v1/changes?after=1"


def test_catalogue_meets_what_dcat_ap_requires(dumped: Flask) -> None:
    client = dumped.test_client()
    response = client.get("/api/v1/dcat.jsonld")
    assert response.content_type == "application/ld+json"
    graph = rdflib.Graph().parse(data=response.text, format="json-ld")
    (catalogue,) = graph.subjects(RDF.type, DCAT.Catalog)
    for name in ("title", "description", "publisher", "license", "language", "spatial", "modified"):
        assert list(graph.objects(catalogue, DCTERMS[name])), name
    assert len(list(graph.objects(catalogue, DCAT.dataset))) == len(COLLECTIONS)
    for dataset in graph.objects(catalogue, DCAT.dataset):
        assert (dataset, RDF.type, DCAT.Dataset) in graph
        assert len({title.language for title in graph.objects(dataset, DCTERMS.title)}) >= 2
        assert list(graph.objects(dataset, DCTERMS.conformsTo))
        assert list(graph.objects(dataset, DCTERMS.spatial))
        for distribution in graph.objects(dataset, DCAT.distribution):
            assert list(graph.objects(distribution, DCAT.accessURL))
            assert list(graph.objects(distribution, DCTERMS.license))
    (service,) = graph.objects(catalogue, DCAT.service)
    assert graph.value(service, DCAT.endpointURL) == rdflib.URIRef("http://localhost/api/v1/")
    sites = rdflib.URIRef("http://localhost/api/v1/collections/sites")
    assert (service, DCAT.servesDataset, sites) in graph
    assert graph.value(sites, DCTERMS.temporal) is not None
    told = {found["url"]: found for found in files(client).values()}
    for file in graph.subjects(DCAT.downloadURL):
        checksum = graph.value(file, SPDX.checksum)
        assert str(graph.value(checksum, SPDX.checksumValue)) == told[str(file)]["sha256"]
        assert int(str(graph.value(file, DCAT.byteSize))) == told[str(file)]["byte_count"]
