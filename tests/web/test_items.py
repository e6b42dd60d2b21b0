"""The plain list and page of every collection that has pages, and the notices on the pages they touch."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.core import clock
from app.core.db import db
from app.publication import operations as publication
from app.publication.collections import COLLECTIONS
from app.records.operations import find_record
from app.web.facts import LABELS, page_properties
from app.web.items import PAGES
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SEEDED = {"events": 30, "itineraries": 12, "places": 78}


def get(client: FlaskClient, path: str, status: int = 200) -> str:
    response = client.get(path)
    assert response.status_code == status, path
    return response.text


def jsonld(client: FlaskClient, path: str) -> dict[str, Any]:
    page = get(client, path)
    found = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert found
    body = dict(json.loads(found[1]))
    assert body == json.loads(get(client, f"{path}.jsonld"))
    return body


def test_every_collection_with_a_page_has_routes(seeded_app: Flask) -> None:
    paths = {str(found) for found in seeded_app.url_map.iter_rules()}
    for collection in COLLECTIONS.values():
        if collection.page:
            assert {f"/<language>/{collection.page}", f"/<language>/{collection.page}/<slug>"} <= paths


def test_every_property_that_is_shown_has_a_label() -> None:
    shown = {name for collection in PAGES.values() for name in page_properties(collection)}
    assert shown <= set(LABELS)


def test_every_filter_of_a_list_has_a_label() -> None:
    filters = {found.name for page in PAGES.values() for found in page.queryables if found.scheme}
    assert filters - {"location_policy"} <= set(LABELS)


def facts(client: FlaskClient, path: str) -> list[tuple[str, str]]:
    """Give the table of facts of a page: labels and values as they are read."""
    main = get(client, path).split("<main")[1].split("</main>")[0]
    rows = re.findall(r"<dt>(.*?)</dt>\s*<dd[^>]*>(.*?)</dd>", main, re.DOTALL)
    return [(label.strip(), re.sub(r"<[^>]+>|\s+", " ", value).strip()) for label, value in rows]


@pytest.mark.parametrize(
    ("language", "period", "size", "first"),
    [
        ("en", ("Period", "Champa (Đồng Dương style)"), "Height 226 cm", ("First year", "875")),
        ("vi", ("Thời kỳ", "Champa (phong cách Đồng Dương)"), "Chiều cao 226 cm", ("Từ năm", "875")),
        ("ja", ("時代", "チャンパ"), "高さ 226 cm", ("始まりの年", "875年")),
    ],
)
def test_artefact_page_tells_age_and_measurements(
    seeded_client: FlaskClient, language: str, period: tuple[str, str], size: str, first: tuple[str, str]
) -> None:
    slug = "dai-tho-my-son-a10-art-002" if language == "vi" else "my-son-a10-altar-art-002"
    told = facts(
        seeded_client, seeded_client.get(f"/{language}/artefacts/{slug}").location or f"/{language}/artefacts/{slug}"
    )
    assert [row for row in told if row[0] == period[0]] == [period]
    assert any(size in value for _, value in told)
    assert first in told


def test_years_before_our_era_are_written_as_such(seeded_client: FlaskClient) -> None:
    path = seeded_client.get("/en/artefacts/x-art-011").location
    assert ("First year", "300 BC") in facts(seeded_client, path)


def test_domains_are_told_by_name_once(seeded_client: FlaskClient) -> None:
    path = seeded_client.get("/en/intangible/x-ich-001").location
    told = [row for row in facts(seeded_client, path) if row[0] == "Domains as recorded"]
    assert told == [("Domains as recorded", "Folk performing arts")]


def test_text_of_a_record_says_its_language(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, seeded_client.get("/ja/artefacts/x-art-002").location)
    assert re.search(r'<dt>年代について</dt>\s*<dd lang="vi">', page)
    assert re.search(r'<dt>発見地</dt>\s*<dd lang="en">', page)
    assert re.search(r"<dt>素材</dt>\s*<dd>", page)


@pytest.mark.parametrize(("page", "count"), SEEDED.items())
@pytest.mark.parametrize("language", ["vi", "en"])
def test_list_pages_through_everything_once_and_every_page_opens(
    seeded_client: FlaskClient, page: str, count: int, language: str
) -> None:
    path: str | None = f"/{language}/{page}"
    seen: list[str] = []
    while path:
        text = get(seeded_client, path)
        main = text.split("<main")[1].split("</main>")[0]
        seen += re.findall(rf'<h3>\s*<a href="(/{language}/{page}/[^"]+)"', main)
        after = re.search(r'href="([^"]+)"\s+rel="next"', text)
        path = after[1].replace("&amp;", "&") if after else None
    assert len(seen) == len(set(seen)) == count
    for found in seen[:: 1 if count < 40 else 6]:
        get(seeded_client, found)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/vi/events?q=cau+bong&fbclid=x", "fes-004"),
        ("/en/places?category=museum&q=hoi+an", "poi-003"),
        ("/vi/itineraries?q=con+duong+bao+vat", "iti-08"),
    ],
)
def test_list_searches_and_filters(seeded_client: FlaskClient, path: str, told: str) -> None:
    assert told in get(seeded_client, path)


def test_list_says_what_is_wrong_and_keeps_the_rest(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/places?category=musem&q=hoi+an&cursor=junk")
    assert "did you mean “museum”" in page
    assert "does not belong to this list" in page
    assert "poi-003" in page
    assert "Nothing matches “zzzz”" in get(seeded_client, "/en/events?q=zzzz")


def test_event_page_tells_when_and_where(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/vi/events/le-hoi-ruoc-co-ba-cho-duoc-fes-005")
    for text in (
        "Lễ hội rước Cộ Bà Chợ Được",
        "10–11 tháng Giêng âm lịch hằng năm, chính lễ ngày 11",
        "Chính lễ:",
        "Bình Triều, Thăng Bình",
        "Lăng Bà Chợ Được",
        "Lễ hội truyền thống",
        "CC BY 4.0",
    ):
        assert text in page, text
    assert "Các nguồn ghi ngày khác nhau" in get(seeded_client, "/vi/events/gio-to-nghe-moc-kim-bong-fes-003")


def test_event_page_names_only_days_to_come(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/events/hoi-an-world-heritage-anniversary-free-entry-day-fes-027")
    years = [
        int(year) for year in re.findall(r"4 December (\d{4})", page.split("Coming days")[1].split("</section>")[0])
    ]
    assert years == list(range(years[0], years[-1] + 1))
    assert years[0] >= clock.today().year


def test_event_without_a_rule_says_that_its_days_cannot_be_told(filled_events: FlaskClient) -> None:
    page = get(filled_events, "/en/events/festival-qnm-e1-qnm-e1").split("Coming days")[1].split("</section>")[0]
    assert "Its days cannot be told" in page
    assert "What the source says" in page
    assert "June (not every year)" in page
    assert ".ics" not in page


@pytest.fixture
def filled_events(app: Flask) -> FlaskClient:
    """A register of one event that no rule gives days."""
    with app.app_context():
        register.write_vocabulary(db.session())
        fields = {"calendar": "gregorian", "recurrence": "irregular", "month": 6, "day": None, "is_followed": False}
        register.publish(db.session(), ("event", register.event("QNM-E1", register.rule(**fields))))
        db.session.commit()
    return app.test_client()


def test_event_describes_itself_by_its_next_day(seeded_client: FlaskClient) -> None:
    found = jsonld(seeded_client, "/en/events/hoi-an-full-moon-lantern-night-fes-001")
    assert found["@type"] == "Event"
    assert found["startDate"] >= clock.today().isoformat()
    assert found["location"]["name"] == "Khu phố cổ Hội An"
    irregular = jsonld(seeded_client, "/en/events/tra-my-cinnamon-festival-fes-029")
    assert "startDate" not in irregular


def test_itinerary_page_lists_its_stops_with_their_pages(seeded_client: FlaskClient) -> None:
    path = "/en/itineraries/upper-thu-bon-iti-10"
    page = get(seeded_client, path)
    assert 'href="/en/sites/my-son-sanctuary-qnm-0045"' in page
    assert 'href="/en/places/deo-le-pass-poi-067"' in page
    assert "Dinh Bà Thu Bồn (Trung An, Quế Trung)" in page
    found = jsonld(seeded_client, path)
    assert found["@type"] == "TouristTrip"
    assert [stop["position"] for stop in found["itinerary"]["itemListElement"]] == [1, 2, 3, 4, 5, 6]


def test_place_page_tells_hours_and_prices(seeded_client: FlaskClient) -> None:
    path = "/vi/places/bao-tang-gom-su-mau-dich-poi-004"
    page = get(seeded_client, path)
    for text in ("Hằng ngày 07:00–21:00", "80.000", "Người lớn, khách trong nước", "80 Trần Phú"):
        assert text in page, text
    found = jsonld(seeded_client, path)
    assert (found["@type"], found["openingHours"]) == ("Museum", "Mo-Su 07:00-21:00")
    assert "GeoNames" in get(seeded_client, "/en/places/ma-chau-silk-village-poi-035")


@pytest.mark.parametrize(
    ("path", "kind", "told"),
    [
        ("/en/artefacts/my-son-ekamukhalinga-art-001", "CreativeWork", "material"),
        ("/en/intangible/the-art-of-bai-choi-in-central-viet-nam-ich-001", "Thing", "description"),
        ("/en/places/tra-kieu-ancient-capital-poi-033", ["TouristAttraction", "CivicStructure"], "geo"),
    ],
)
def test_item_describes_itself_in_schema_org(seeded_client: FlaskClient, path: str, kind: object, told: str) -> None:
    found = jsonld(seeded_client, path)
    assert found["@type"] == kind
    assert told in found
    assert found["mainEntityOfPage"]["license"] == "https://creativecommons.org/licenses/by/4.0/"


def test_every_feature_with_a_page_links_to_its_description(seeded_client: FlaskClient) -> None:
    for page in ("sites", *SEEDED, "artefacts", "intangible"):
        path = f"/api/v1/collections/{page}/items?limit=1"
        (feature,) = seeded_client.get(path).get_json(force=True)["features"]
        addresses = [one["href"] for one in feature["links"] if one["type"] == "application/ld+json"]
        assert addresses
        for address in addresses:
            assert json.loads(get(seeded_client, address))["identifier"] == feature["id"]


def test_outdated_slug_leads_to_the_present_one(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/vi/places/xyz-POI-004")
    assert (response.status_code, response.location) == (301, "/vi/places/bao-tang-gom-su-mau-dich-poi-004")


@pytest.mark.parametrize("path", ["/vi/events/fes-999", "/en/places/nothing", "/en/notices/x.jsonld", "/xx/events"])
def test_unknown_item_is_not_found(seeded_client: FlaskClient, path: str) -> None:
    get(seeded_client, path, 404)


def test_withdrawn_item_is_gone(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        session = db.session()
        record = find_record(session, "POI-004")
        publication.withdraw(session, [record], actor=register.reviewer(session), settings=register.SETTINGS)
        session.commit()
    assert "POI-004" in get(seeded_copy.test_client(), "/vi/places/bao-tang-gom-su-mau-dich-poi-004", 410)
    assert "poi-004" not in get(seeded_copy.test_client(), "/vi/itineraries/pho-co-hoi-an-trong-nua-ngay-iti-01")


def test_notice_shows_on_what_it_touches_while_it_holds(seeded_copy: Flask) -> None:
    client = seeded_copy.test_client()
    evil = "</script><img src=x onerror=alert(1)>"
    with seeded_copy.app_context():
        session = db.session()
        unit = find_record(session, "QNM-0045").current_unit.public_id  # type: ignore[attr-defined]
        register.publish(
            session,
            ("notice", register.notice("QNM-N1", title={"vi": "Đóng cửa nhóm A"}, site="QNM-0045", text={"vi": evil})),
            ("notice", register.notice("QNM-N2", title={"vi": "Đã qua"}, site="QNM-0045", ends_on="2020-02-01")),
            ("notice", register.notice("QNM-N3", title={"vi": "Ngập cả xã"}, unit=unit)),
            ("notice", register.notice("QNM-N4", title={"vi": "Nơi khác"}, site="QNM-0002")),
        )
        session.commit()
    component = re.search(r'href="(/vi/sites/[^"]*qnm-0046)"', get(client, "/vi/sites/khu-den-thap-my-son-qnm-0045"))
    assert component
    for path in ("/vi/sites/khu-den-thap-my-son-qnm-0045", component[1]):
        page = get(client, path)
        assert "Đóng cửa nhóm A" in page
        assert "Ngập cả xã" in page
        assert "Đã qua" not in page
        assert "Nơi khác" not in page
    for path in ("/vi/", "/vi/notices"):
        page = get(client, path)
        assert "Nơi khác" in page
        assert "Đã qua" not in page
    assert "hết hiệu lực" in get(client, "/vi/notices/da-qua-qnm-n2")
    page = get(client, "/vi/notices/dong-cua-nhom-a-qnm-n1")
    assert "<img src=x" not in page
    assert "/vi/sites/khu-den-thap-my-son-qnm-0045" in page


def test_home_and_navigation_lead_to_the_lists(seeded_client: FlaskClient) -> None:
    page = get(seeded_client, "/en/")
    for name, count in SEEDED.items():
        assert re.search(rf'href="/en/{name}">\s*<span>[^<]+</span>\s*<b>{count}</b>', page), name
        assert f'href="/en/{name}"' in page.split("</header>")[0]
    assert "/en/notices" not in page.split("</header>")[0]


def test_pages_issue_few_queries(seeded_client: FlaskClient, count_queries) -> None:  # noqa: ANN001
    for path in ("/en/events", "/en/places?q=hoi+an", "/en/places/museum-of-trade-ceramics-poi-004", "/en/"):
        with count_queries() as statements:
            get(seeded_client, path)
        assert len(statements) <= 15, (path, len(statements))


def test_first_view_is_light(seeded_client: FlaskClient) -> None:
    for path in ("/vi/events", "/vi/places", "/vi/itineraries/pho-co-hoi-an-trong-nua-ngay-iti-01"):
        page = get(seeded_client, path)
        assert len(page.encode()) < 45_000, path


def test_unchanged_page_is_not_sent_again(seeded_client: FlaskClient) -> None:
    for path in ("/vi/events", "/vi/places/bao-tang-gom-su-mau-dich-poi-004"):
        etag = seeded_client.get(path).headers["ETag"]
        assert seeded_client.get(path, headers={"If-None-Match": etag}).status_code == 304
