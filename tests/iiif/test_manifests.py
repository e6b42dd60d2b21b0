"""Manifests of records' pictures: IIIF Presentation API 3 with navPlace, made of what is published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.publication import operations as publication
from app.publication.licences import rights_uri
from app.publication.models import PublishedText
from app.publication.queries import read_item
from app.records.models import Record
from tests.harness import media, pictures, register
from tests.harness.register import SETTINGS, reviewer
from tests.iiif.conftest import Shown

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

HERE = "/iiif/sites/QNM-9001/manifest"


def test_manifest_tells_in_every_language_what_is_published(reader: FlaskClient) -> None:
    answer = reader.get(HERE)
    assert answer.content_type == 'application/ld+json;profile="http://iiif.io/api/presentation/3/context.json"'
    manifest = answer.get_json(force=True)
    assert manifest["id"] == f"http://localhost{HERE}"
    assert manifest["label"] == {"vi": ["Di tích QNM-9001"], "en": ["Site QNM-9001"]}
    assert manifest["summary"] == {"vi": ["Phố cổ."]}
    assert manifest["rights"] == "http://creativecommons.org/licenses/by/4.0/"
    assert manifest["requiredStatement"]["label"] == {"vi": ["Ghi công"], "en": ["Attribution"]}
    assert [(one["id"], one["language"]) for one in manifest["homepage"]] == [
        ("http://localhost/vi/sites/di-tich-qnm-9001-qnm-9001", ["vi"]),
        ("http://localhost/en/sites/site-qnm-9001-qnm-9001", ["en"]),
    ]
    (further,) = manifest["seeAlso"]
    assert reader.get(further["id"]).get_json(force=True)["id"] == "QNM-9001"
    (place,) = manifest["navPlace"]["features"]
    assert place["geometry"] == {"type": "Point", "coordinates": [108.32605, 15.877083]}


def test_manifest_has_a_canvas_for_every_picture(reader: FlaskClient, shown: Shown) -> None:
    sheet, photograph = reader.get(HERE).get_json(force=True)["items"]
    assert (sheet["width"], sheet["height"]) == (4200, 1100)
    assert (photograph["width"], photograph["height"]) == (2048, 512)
    assert sheet["label"] == {"vi": ["Tờ bản đồ"], "en": ["Map sheet"]}
    assert sheet["summary"] == {"vi": ["Phố cổ, tỷ lệ 1:500"]}
    assert sheet["requiredStatement"]["value"] == {"vi": ["Sở VHTT · CC-BY-4.0"]}
    assert photograph["rights"] == "http://creativecommons.org/publicdomain/zero/1.0/"
    for canvas, image in ((sheet, shown.sheet), (photograph, shown.photograph)):
        (page,) = canvas["items"]
        (painting,) = page["items"]
        assert painting["target"] == canvas["id"]
        body = painting["body"]
        service = f"http://localhost{image['service']['id']}"
        assert body["service"] == [{"id": service, "type": "ImageService3", "profile": "level0"}]
        assert reader.get(f"{service}/info.json").status_code == 200
        for one in (body, canvas["thumbnail"][0]):
            assert reader.get(one["id"]).content_type == "image/jpeg"


def test_feature_leads_to_its_manifest_where_there_are_pictures(shown: Shown) -> None:
    with shown.app.app_context():
        features = [
            json.loads(read_item(db.session(), "sites", code, "en").feature) for code in ("QNM-9001", "QNM-9002")
        ]
    found = [[link["href"] for link in feature["links"] if "presentation/3" in link["type"]] for feature in features]
    assert found == [[HERE], []]


def test_record_without_pictures_has_no_manifest(reader: FlaskClient) -> None:
    for path in ("/iiif/sites/QNM-9002/manifest", "/iiif/sites/QNM-9999/manifest", "/iiif/secrets/QNM-9001/manifest"):
        answer = reader.get(path)
        assert (answer.status_code, answer.content_type) == (404, "application/problem+json")


def test_item_that_an_earlier_release_rendered_has_no_manifest_and_its_page_leads_to_none(app: Flask) -> None:
    media.show(app, pictures.photograph())
    with app.app_context():
        for text in db.session.scalars(sa.select(PublishedText).where(PublishedText.feature.contains("QNM-P0001"))):
            feature = json.loads(text.feature)
            for image in feature["properties"]["images"]:
                del image["service"], image["sizes"]
            text.feature = json.dumps(feature)
        db.session.commit()
    assert app.test_client().get(HERE).status_code == 404
    page = app.test_client().get("/vi/sites/x-qnm-9001", follow_redirects=True)
    assert page.status_code == 200
    assert "/manifest" not in page.text


def _manifest(app: Flask, **fields: Any) -> dict[str, Any]:
    media.show(app, pictures.encoded(pictures.picture(64, 48)), is_place_cleared=True)
    with app.app_context():
        register.accept(db.session(), ("site", register.site("QNM-9001", **fields)))
        db.session.commit()
    return dict(app.test_client().get(HERE).get_json(force=True))


@pytest.mark.parametrize("policy", ["hidden", "blurred"])
def test_manifest_tells_no_more_of_a_place_than_the_record(app: Flask, policy: str) -> None:
    manifest = _manifest(app, location_policy=policy)
    assert "15.877" not in json.dumps(manifest)
    if policy == "hidden":
        assert "navPlace" not in manifest
        assert manifest["@context"] == "http://iiif.io/api/presentation/3/context.json"
    else:
        (place,) = manifest["navPlace"]["features"]
        assert place["geometry"]["coordinates"] == [108.33, 15.87]


def test_manifest_of_a_withdrawn_record_is_gone(app: Flask) -> None:
    _manifest(app)
    with app.app_context():
        (record,) = db.session.query(Record).filter_by(code="QNM-9001").all()
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    assert app.test_client().get(HERE).status_code == 410


@pytest.mark.parametrize(
    ("licence", "uri"),
    [
        ("CC-BY-NC-ND-4.0", "http://creativecommons.org/licenses/by-nc-nd/4.0/"),
        ("CC-BY-SA-3.0", "http://creativecommons.org/licenses/by-sa/3.0/"),
        ("CC-PDM-1.0", "http://creativecommons.org/publicdomain/mark/1.0/"),
        ("LicenseRef-all-rights-reserved", "http://rightsstatements.org/vocab/InC/1.0/"),
        ("Apache-2.0", None),
        (None, None),
    ],
)
def test_licence_has_the_uri_of_whoever_made_it(licence: str | None, uri: str | None) -> None:
    assert rights_uri(licence) == uri
