"""What search engines are given: robots.txt, the sitemap index and its files, held to the rules of sitemaps.org."""

from __future__ import annotations

import urllib.robotparser
from typing import TYPE_CHECKING

from lxml import etree, html

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask.testing import FlaskClient

NAMES = {"s": "http://www.sitemaps.org/schemas/sitemap/0.9", "x": "http://www.w3.org/1999/xhtml"}
LANGUAGES = ["vi", "en", "zh", "ja", "ko", "fr"]


def read(client: FlaskClient, path: str) -> etree._Element:
    response = client.get(path)
    assert response.status_code == 200, path
    assert response.mimetype == "application/xml"
    return etree.fromstring(response.data)


def files(client: FlaskClient) -> list[str]:
    locations = read(client, "/sitemap.xml").xpath("/s:sitemapindex/s:sitemap/s:loc/text()", namespaces=NAMES)
    return [str(one).removeprefix("http://localhost") for one in locations]


def test_robots_names_the_sitemap_and_closes_what_is_a_visitors_own(seeded_client: FlaskClient) -> None:
    robots = urllib.robotparser.RobotFileParser()
    # Python's reader takes the first rule that matches, search engines the longest.
    lines = [line for line in seeded_client.get("/robots.txt").text.splitlines() if line != "Allow: /"]
    robots.parse(lines)
    assert robots.site_maps() == ["http://localhost/sitemap.xml"]
    assert robots.can_fetch("any", "/vi/sites/chua-cau-qnm-0002")
    for path in ("/vi/near", "/ja/saved?codes=QNM-0002", "/en/report?about=QNM-0002", "/desk/"):
        assert not robots.can_fetch("any", path), path


def test_sitemap_lists_every_public_site_in_every_language(seeded_client: FlaskClient) -> None:
    listed: list[str] = []
    for path in files(seeded_client):
        if path.startswith("/sitemaps/sites-"):
            listed += read(seeded_client, path).xpath("/s:urlset/s:url/s:loc/text()", namespaces=NAMES)
    count = seeded_client.get("/api/v1/collections/sites/items?limit=1").get_json()["numberMatched"]
    assert len(listed) == len(set(listed)) == count * len(LANGUAGES)
    assert "http://localhost/ja/sites/japanese-covered-bridge-qnm-0002" in listed
    assert "http://localhost/vi/sites/chua-cau-qnm-0002" in listed


def test_sitemap_files_keep_the_rules_of_the_schema(seeded_client: FlaskClient) -> None:
    for path in files(seeded_client):
        urls = read(seeded_client, path).xpath("/s:urlset/s:url", namespaces=NAMES)
        assert 0 < len(urls) <= 50_000
        for url in urls:
            names = [etree.QName(child).localname for child in url]
            assert names[0] == "loc"
            assert names[1:] == [*["lastmod"] * ("lastmod" in names), *["link"] * (len(LANGUAGES) + 1)]
            said = url.xpath("x:link[@rel='alternate']/@hreflang", namespaces=NAMES)
            # As the pages themselves name them.
            assert said == ["vi", "en", "zh-Hans", "ja", "ko", "fr", "x-default"]
            # A page names itself among its alternates, or none of them counts.
            assert url.findtext("s:loc", namespaces=NAMES) in url.xpath("x:link/@href", namespaces=NAMES)


def test_sitemap_leads_to_pages_that_are_canonical(seeded_client: FlaskClient) -> None:
    for path in files(seeded_client):
        if path == "/sitemaps/pages.xml":
            continue
        address = str(read(seeded_client, path).xpath("string(/s:urlset/s:url[4]/s:loc)", namespaces=NAMES))
        response = seeded_client.get(address)
        assert response.status_code == 200
        assert f'<link rel="canonical" href="{address}">' in response.text


def test_sitemap_is_not_sent_twice(seeded_client: FlaskClient) -> None:
    for path in ("/sitemap.xml", *files(seeded_client)):
        etag = seeded_client.get(path).headers["ETag"]
        assert seeded_client.get(path, headers={"If-None-Match": etag}).status_code == 304


def test_sitemap_file_costs_no_more_with_more_records(
    seeded_client: FlaskClient, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    path = next(one for one in files(seeded_client) if one.startswith("/sitemaps/sites-"))
    with count_queries() as statements:
        seeded_client.get(path)
    assert len(statements) <= 3


def test_sitemap_without_records_is_not_found(seeded_client: FlaskClient) -> None:
    for name in ("sites-999999", "sites-x", "sites-99999999999999999999", "admin-units-0", "nothing-0"):
        assert seeded_client.get(f"/sitemaps/{name}.xml").status_code == 404, name


def test_list_with_filters_is_canonical_without_what_nobody_knows(seeded_client: FlaskClient) -> None:
    text = seeded_client.get("/en/sites?fbclid=x&rank=national&utm_source=y").text
    assert '<link rel="canonical" href="http://localhost/en/sites?rank=national">' in text
    assert '<link rel="alternate" hreflang="ja" href="http://localhost/ja/sites?rank=national">' in " ".join(
        text.split()
    )


def test_later_page_of_a_list_names_the_first_as_its_own(seeded_client: FlaskClient) -> None:
    text = seeded_client.get("/en/sites").text
    later = html.fromstring(text).xpath("string(//a[contains(@href, 'cursor=')]/@href)")
    assert '<link rel="canonical" href="http://localhost/en/sites">' in seeded_client.get(later).text
