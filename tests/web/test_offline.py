"""What bad networks need of the server: worker, manifest, the list of kept pages, addresses that name content."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import pytest
from PIL import Image

from app.http.statics import static_url
from app.web.context import release_digest
from tests.harness.databases import open_app
from tests.harness.visited import LANGUAGES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.testing import FlaskClient

    from tests.harness.databases import Databases

MASKED = 0.8


def read(client: FlaskClient, path: str) -> bytes:
    """Read a file of the release."""
    with client.get(path) as answer:
        assert answer.status_code == 200
        return answer.data


@pytest.fixture
def without_worker(engine_name: str, databases: Databases) -> Iterator[FlaskClient]:
    """A client of a service whose office switched the worker off."""
    with open_app(databases.template(engine_name, seeded=True), DISAN_SERVICE_WORKER="false") as app:
        yield app.test_client()


def test_worker_is_the_releases_and_always_revalidated(seeded_client: FlaskClient) -> None:
    answer = seeded_client.get("/sw.js")
    assert answer.status_code == 200
    assert answer.mimetype == "text/javascript"
    assert answer.headers["Cache-Control"] == "no-cache"
    assert answer.text.startswith(f'const RELEASE = "{release_digest()[:16]}";\n')
    again = seeded_client.get("/sw.js", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
    assert again.headers["Cache-Control"] == "no-cache"


def test_worker_switched_off_ends_itself_and_pages_register_none(without_worker: FlaskClient) -> None:
    worker = without_worker.get("/sw.js")
    assert "unregister" in worker.text
    assert "fetch" not in worker.text
    assert worker.headers["Cache-Control"] == "no-cache"
    page = without_worker.get("/en/").text
    assert "offline.js" not in page
    assert "{kept-at}" not in page


@pytest.mark.parametrize("language", LANGUAGES)
def test_manifest_speaks_the_pages_language(seeded_client: FlaskClient, language: str) -> None:
    page = seeded_client.get(f"/{language}/").text
    answer = seeded_client.get(re.findall(r'<link rel="manifest" href="([^"]+)">', page)[0])
    assert answer.mimetype == "application/manifest+json"
    manifest = answer.get_json()
    assert manifest["lang"] == language
    assert manifest["start_url"] == f"/{language}/?from=home"
    assert (manifest["id"], manifest["scope"], manifest["display"]) == ("/", "/", "standalone")
    assert manifest["name"] == re.findall(r'property="og:site_name" content="([^"]+)"', page)[0]
    assert seeded_client.get(manifest["start_url"]).status_code == 200


def test_colours_of_the_manifest_are_the_pages(seeded_client: FlaskClient) -> None:
    manifest = seeded_client.get("/vi/app.webmanifest").get_json()
    tokens = read(seeded_client, "/static/css/tokens.css").decode()
    assert f"--lacquer: {manifest['theme_color']};" in tokens
    assert f"--ground: {manifest['background_color']};" in tokens
    assert f'name="theme-color" content="{manifest["theme_color"]}"' in seeded_client.get("/vi/").text


def test_icons_are_as_large_as_they_say_and_a_launcher_may_cut_the_maskable_one(seeded_client: FlaskClient) -> None:
    icons = seeded_client.get("/vi/app.webmanifest").get_json()["icons"]
    assert {(icon["sizes"], icon["purpose"]) for icon in icons} >= {("192x192", "any"), ("512x512", "maskable")}
    for icon in icons:
        image = Image.open(io.BytesIO(read(seeded_client, icon["src"]))).convert("RGB")
        assert f"{image.width}x{image.height}" == icon["sizes"]
        if icon["purpose"] == "maskable":
            edge = round(image.width * (1 - MASKED) / 2)
            assert image.crop((0, 0, image.width, edge)).getcolors() == [(image.width * edge, (165, 70, 44))]


def test_list_of_kept_pages_is_for_no_search_engine(seeded_client: FlaskClient) -> None:
    answer = seeded_client.get("/en/offline")
    assert answer.status_code == 200
    assert '<meta name="robots" content="noindex">' in answer.text
    assert "data-kept-list></ul>" in answer.text


def test_file_of_another_release_leads_to_the_present_one_and_is_kept_by_nobody(seeded_client: FlaskClient) -> None:
    present = static_url("css/site.css")
    answer = seeded_client.get("/static/css/site.css?v=0123456789")
    assert answer.status_code == 302
    assert answer.headers["Location"] == present
    assert answer.headers["Cache-Control"] == "no-store"
    with seeded_client.get(present) as given:
        assert "immutable" in given.headers["Cache-Control"]
        assert given.data == read(seeded_client, "/static/css/site.css")


@pytest.mark.parametrize("path", ["css/none.css", "../pyproject.toml", "css", "..%2fwsgi.py"])
def test_address_of_no_file_is_not_found_whatever_hash_it_has(seeded_client: FlaskClient, path: str) -> None:
    assert seeded_client.get(f"/static/{path}?v=0123456789").status_code == 404
