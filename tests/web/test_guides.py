"""What is written for app developers, as pages: all of it is there, every link leads on, and a 304 spares the rest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import lxml.html
import pytest

from app.http.problem_types import PROBLEM_TYPES
from app.web.guides import GUIDES
from app.web.markdown import heading_address, render

if TYPE_CHECKING:
    from flask.testing import FlaskClient

PAGES = [f"/{language}/developers/{guide}" for language in ("vi", "en") for guide in (*GUIDES, "reference")]


@pytest.mark.parametrize("path", PAGES)
def test_page_stands_in_both_languages_and_its_links_lead_somewhere(seeded_client: FlaskClient, path: str) -> None:
    response = seeded_client.get(path)
    assert response.status_code == 200
    assert response.headers["Content-Language"] == path[1:3]
    page = lxml.html.fromstring(response.text)
    for link in page.xpath("//main//a/@href"):
        address, _, part = link.partition("#")
        if address.startswith(("https://", "http://localhost/")) or address == "http://localhost":
            continue
        target = seeded_client.get(address) if address else response
        assert target.status_code == 200, link
        if part:
            assert lxml.html.fromstring(target.text).xpath(f"//*[@id='{part}']"), link


def test_tags_spare_the_page(seeded_client: FlaskClient) -> None:
    for path in PAGES:
        etag = seeded_client.get(path).headers["ETag"]
        assert seeded_client.get(path, headers={"If-None-Match": etag}).status_code == 304
    assert len({seeded_client.get(path).headers["ETag"] for path in PAGES}) == len(PAGES)


def test_guide_names_the_host_at_which_it_is_read(seeded_client: FlaskClient) -> None:
    text = seeded_client.get("/en/developers/tutorial", base_url="https://heritage.example").text
    assert "API=https://heritage.example/api/v1" in text
    assert "127.0.0.1" not in text


def test_what_is_in_english_says_so(seeded_client: FlaskClient) -> None:
    page = lxml.html.fromstring(seeded_client.get("/vi/developers/tutorial").text)
    assert page.xpath("//article/@lang") == page.xpath("//h1/@lang") == ["en"]
    assert "Trang này viết bằng tiếng Anh." in page.text_content()


def test_unknown_guide_is_not_found(seeded_client: FlaskClient) -> None:
    assert seeded_client.get("/en/developers/wonders").status_code == 404
    assert seeded_client.get("/zz/developers/tutorial").status_code == 404


def test_reference_lists_every_operation_without_scripts(seeded_client: FlaskClient) -> None:
    described = seeded_client.get("/api/v1/openapi.json").get_json(force=True)
    page = lxml.html.fromstring(seeded_client.get("/vi/developers/reference").text)
    listed = [code.text_content() for code in page.xpath("//*[@id='plain']//dt/code")]
    assert sorted(listed) == sorted(f"/api/v1{path}" for path in described["paths"])
    assert page.xpath("//*[@id='plain']//h2/text()") == [tag["name"] for tag in described["tags"]]


@pytest.mark.parametrize(
    ("language", "found"), [("vi", "/vi/developers/reference"), ("en", "/en/developers/reference")]
)
def test_service_doc_leads_to_the_reference(seeded_client: FlaskClient, language: str, found: str) -> None:
    links = seeded_client.get("/api/v1/").get_json()["links"]
    (link,) = [link for link in links if link["rel"] == "service-doc"]
    assert (link["type"], link["href"]) == ("text/html", "http://localhost/api/v1/docs")
    response = seeded_client.get("/api/v1/docs", headers={"Accept-Language": language})
    assert (response.status_code, response.location) == (303, found)
    assert "Accept-Language" in response.headers["Vary"]


def test_type_of_a_problem_leads_to_what_it_means(seeded_client: FlaskClient) -> None:
    problem = seeded_client.get("/api/v1/collections/sites/items?limt=1").get_json(force=True)
    assert problem["type"] == "http://localhost/api/v1/problems/InvalidParameterValue"
    for code in PROBLEM_TYPES:
        response = seeded_client.get(f"/api/v1/problems/{code}?lang=en")
        page, _, part = response.location.partition("#")
        assert lxml.html.fromstring(seeded_client.get(page).text).xpath(f"//h3[@id='{part}']/text()") == [code]


def test_problem_that_there_is_not_is_a_problem(seeded_client: FlaskClient) -> None:
    assert seeded_client.get("/api/v1/problems/Wonder").get_json(force=True)["code"] == "NotFound"
    refused = seeded_client.get("/api/v1/docs?f=json").get_json(force=True)
    assert (refused["status"], refused["parameter"]) == (400, "f")


def test_markdown_takes_no_html_and_its_headings_have_addresses() -> None:
    text = (
        "# Title\n\n## GPX, KML and `JSON-LD`\n\n<b>bold</b> [on](other.md#part)\n\n```html\n<script>1</script>\n```\n"
    )
    document = render(text, str.upper)
    assert (document.title, document.parts) == ("Title", (("gpx-kml-and-json-ld", "GPX, KML and JSON-LD"),))
    assert "&lt;b&gt;bold" in document.html
    assert "&lt;script&gt;" in document.html
    assert 'href="OTHER.MD#PART"' in document.html
    assert not re.search(r"<h1|<b>|<script", document.html)


@pytest.mark.parametrize(
    ("heading", "address"), [("What v1 promises", "what-v1-promises"), ("`a_b` – c", "a_b--c"), ("Quan Âm", "quan-âm")]
)
def test_heading_has_the_address_that_code_hosts_give_it(heading: str, address: str) -> None:
    assert heading_address(heading) == address
