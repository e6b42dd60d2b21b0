"""Features over the API: what can be asked, in which order it comes, and what a mistake is told."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.core.db import db
from app.core.text import fold
from app.places.models import Unit
from app.publication.collections import COLLECTIONS

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

ITEMS = "/api/v1/collections/sites/items"


def ask(client: FlaskClient, path: str = ITEMS, **parameters: Any) -> dict[str, Any]:
    response = client.get(path) if "?" in path else client.get(path, query_string={"lang": "en"} | parameters)
    assert response.status_code == 200, response.text
    body = response.get_json(force=True)
    assert isinstance(body, dict)
    return body


def ids(client: FlaskClient, path: str = ITEMS, **parameters: Any) -> list[str]:
    """Follow `next` to the end; gives the ids in order."""
    found: list[str] = []
    body = ask(client, path, **parameters)
    while True:
        found += [feature["id"] for feature in body["features"]]
        after = [link["href"] for link in body["links"] if link["rel"] == "next"]
        if not after:
            return found
        body = ask(client, after[0].removeprefix("http://localhost"))


def of_district(app: Flask, name: str) -> set[str]:
    """Give the codes of all sites whose historical unit is, or lies in, a former district."""
    from app.heritage.models import Address, Site

    with app.app_context():
        district = db.session.scalars(sa.select(Unit.id).where(Unit.level == "district")).all()
        named = [unit_id for unit_id in district if fold(db.session.get(Unit, unit_id).name["vi"]).endswith(name)]  # type: ignore[union-attr]
        within = sa.select(Unit.id).where(sa.or_(Unit.id.in_(named), Unit.parent_id.in_(named)))
        codes = sa.select(Site.code).join(Address, Address.site_id == Site.id).where(Address.unit_id.in_(within))
        return set(db.session.scalars(codes))


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("my son", "QNM-0045"),
        ("Mỹ Sơn", "QNM-0045"),
        (unicodedata.normalize("NFD", "Mỹ Sơn"), "QNM-0045"),
        ("thanh dia", "QNM-0045"),
        ("chua cau", "QNM-0002"),
        ("Japanese bridge", "QNM-0002"),
        ("hoi quan phuc kien", "QNM-0003"),
        ("dien ban", "QNM-0155"),
        ("duy xuyen", "QNM-0154"),
    ],
)
@pytest.mark.parametrize("lang", ["vi", "en"])
def test_search_finds_first_what_is_meant(seeded_client: FlaskClient, query: str, first: str, lang: str) -> None:
    assert ask(seeded_client, q=query, lang=lang)["features"][0]["id"] == first


@pytest.mark.parametrize(("query", "first"), [("dien ban", "QNM-0155"), ("duy xuyen", "QNM-0154")])
def test_search_for_a_former_district_finds_every_site_of_it_before_all_else(
    seeded_app: Flask, query: str, first: str
) -> None:
    found = ids(seeded_app.test_client(), q=query, limit=1000)
    district = of_district(seeded_app, query)
    assert len(district) > 5
    assert found[0] == first
    named = {code for code in found if query in fold(json.dumps(_names(seeded_app, code), ensure_ascii=False))}
    assert set(found[: len(district | named)]) == district | named


def _names(app: Flask, code: str) -> list[str]:
    properties = ask(app.test_client(), f"{ITEMS}/{code}", lang="vi")["properties"]
    return [properties["name"], *(other["text"] for other in properties["other_names"])]


def test_search_for_a_commune_of_today_finds_what_now_lies_in_it(seeded_client: FlaskClient) -> None:
    found = set(ids(seeded_client, q="thu bon", limit=1000))
    there = set(ids(seeded_client, unit="20611", limit=1000))
    assert there
    assert there <= found


@pytest.mark.parametrize(
    ("marked", "plain"), [("điện bàn", "dien ban"), ("đình", "dinh"), ("Đồng Dương", "dong duong")]
)
def test_search_with_and_without_d_finds_the_same_set(seeded_client: FlaskClient, marked: str, plain: str) -> None:
    assert set(ids(seeded_client, q=marked)) == set(ids(seeded_client, q=plain)) != set()


def test_search_gives_the_same_order_on_both_engines(seeded_apps: dict[str, Flask]) -> None:
    queries = ["my son", "Mỹ Sơn", "thanh dia", "chùa", "dinh", "hoi an", "thap", "a", "di tich", "1272", "nhà thờ tộc"]
    for query in queries:
        for lang in ("vi", "en"):
            sqlite, postgis = (ids(app.test_client(), q=query, lang=lang, limit=7) for app in seeded_apps.values())
            assert sqlite == postgis, query
            assert sqlite


def test_near_gives_the_same_order_on_both_engines(seeded_apps: dict[str, Flask]) -> None:
    for asked in ({"near": "108.326,15.877"}, {"near": "108.326,15.877", "radius": 3000}, {"near": "107.5,15.2"}):
        sqlite, postgis = (ids(app.test_client(), limit=9, **asked) for app in seeded_apps.values())
        assert sqlite == postgis


def test_crawl_gives_everything_once_whatever_the_page(seeded_client: FlaskClient) -> None:
    found = ids(seeded_client, limit=17)
    assert len(found) == len(set(found)) == 200


def test_crawl_goes_on_undisturbed_while_records_move(seeded_copy: Flask) -> None:
    """Items withdrawn or added between two pages neither repeat nor hide others."""
    from app.publication import operations as publication
    from app.records.operations import find_record
    from tests.harness.register import SETTINGS, reviewer

    client = seeded_copy.test_client()
    first = ask(client, limit=50)
    with seeded_copy.app_context():
        gone = find_record(db.session(), first["features"][0]["id"])
        publication.withdraw(db.session(), [gone], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    after = next(link["href"] for link in first["links"] if link["rel"] == "next")
    rest = ask(client, after.removeprefix("http://localhost"))["features"]
    seen = [feature["id"] for feature in (*first["features"], *rest)]
    assert len(seen) == len(set(seen)) == 100


def test_bbox_finds_points_in_it_and_areas_that_meet_it(seeded_copy: Flask) -> None:
    from tests.harness import register

    with seeded_copy.app_context():
        register.publish(db.session(), ("zone", register.zone("QNM-0002-Z1", "QNM-0002")))
        db.session.commit()
    client = seeded_copy.test_client()
    assert "QNM-0002" in ids(client, bbox="108.32,15.87,108.33,15.88", limit=5)
    zones = "/api/v1/collections/zones/items"
    assert ids(client, zones, bbox="108.3269,15.8779,108.4,15.9") == ["QNM-0002-Z1"]
    assert ids(client, zones, bbox="108.3271,15.8779,108.4,15.9") == []


def test_bbox_that_crosses_the_antimeridian_is_two(seeded_client: FlaskClient) -> None:
    assert ids(seeded_client, bbox="170,-10,-170,10") == []
    assert len(ids(seeded_client, bbox="100,0,-170,80", limit=1000)) == 194


def test_near_comes_nearest_first_with_distances_and_without_rough_places(seeded_client: FlaskClient) -> None:
    features = ask(seeded_client, near="108.326,15.877", radius=1000, limit=1000)["features"]
    distances = [feature["properties"]["distance_m"] for feature in features]
    assert features[0]["id"] == "QNM-0002"
    assert distances == sorted(distances)
    assert distances[-1] <= 1000
    assert all(feature["properties"]["location_precision_m"] <= 1000 for feature in features)


def test_filters_hold_together(seeded_client: FlaskClient) -> None:
    features = ask(seeded_client, rank="national", type="archaeological", limit=1000)["features"]
    assert features
    assert {(f["properties"]["rank"], f["properties"]["types"][0]) for f in features} == {
        ("national", "archaeological")
    }


def test_filter_by_a_former_unit_finds_what_lay_in_it(seeded_app: Flask) -> None:
    found = set(ids(seeded_app.test_client(), within="508~2025", limit=1000))
    assert found == of_district(seeded_app, "duy xuyen")


def test_filter_by_the_city_of_today_finds_everything(seeded_client: FlaskClient) -> None:
    assert len(ids(seeded_client, within="48", limit=1000)) == 200


@pytest.mark.parametrize(
    ("parameters", "told"),
    [
        ({"bbox": "108,15,109"}, "bbox: “108,15,109” is not of the form minlon,minlat,maxlon,maxlat"),
        ({"bbox": "a,b,c,d"}, "is not of the form"),
        ({"bbox": "nan,15,109,16"}, "is not of the form"),
        ({"bbox": "108,16,109,15"}, "the southern edge, 16.0, lies north"),
        ({"bbox": "15.8,108.3,15.9,108.4"}, "Are the two swapped?"),
        ({"bbox": "500,15,600,16"}, "outside the Earth"),
        ({"near": "15.877,108.326"}, "Are the two swapped?"),
        ({"near": "108.3"}, "is not of the form lon,lat"),
        ({"near": "108.3,15.8", "radius": "0"}, "radius: “0”"),
        ({"near": "108.3,15.8", "radius": "1e9"}, "up to 100000"),
        ({"radius": "500"}, "radius needs a place"),
        ({"limit": "0"}, "limit: “0” is not a number from 1 to 1000"),
        ({"limit": "-5"}, "limit: “-5”"),
        ({"limit": "ten"}, "limit: “ten”"),
        ({"rnk": "national"}, "did you mean “rank”?"),
        ({"bbx": "1,2,3,4"}, "did you mean “bbox”?"),
        ({"rank": "nationl"}, "did you mean “national”?"),
        ({"type": "temple"}, "there is no “temple”"),
        ({"within": "508~2026"}, "did you mean “508~2025”?"),
        ({"lang": "xx"}, "There is no language “xx” here; there are: vi, en."),
        ({"f": "xml"}, "there is no “xml”"),
        ({"cursor": "zzz"}, "The cursor “zzz” does not belong"),
        ({"q": "?!"}, "has no word in it"),
        ({"q": "a" * 201}, "longer than 200"),
        ({"datetime": "yesterday"}, "RFC 3339"),
        ({"datetime": "2026-13-01"}, "RFC 3339"),
        ({"datetime": "2026-02-30T00:00:00Z"}, "RFC 3339"),
        ({"datetime": "2027-01-01/2026-01-01"}, "RFC 3339"),
        ({"datetime": "../.."}, "RFC 3339"),
    ],
)
def test_mistake_is_told_with_its_value_and_the_mend(
    seeded_client: FlaskClient, parameters: dict[str, str], told: str
) -> None:
    response = seeded_client.get(ITEMS, query_string=parameters, headers={"Accept-Language": "en"})
    body = response.get_json(force=True)
    assert response.status_code == body["status"] == 400
    assert response.content_type == "application/problem+json"
    assert told in body["detail"]
    assert body["description"] == body["detail"]
    assert body["code"] == "InvalidParameterValue"


def test_mistake_is_told_in_the_readers_language(seeded_client: FlaskClient) -> None:
    english, vietnamese = (
        seeded_client.get(ITEMS, query_string={"limit": "0"}, headers={"Accept-Language": lang}).get_json(force=True)
        for lang in ("en", "vi")
    )
    assert "is not a number" in english["detail"]
    assert "không phải là số" in vietnamese["detail"]


def test_parameter_given_twice_is_refused(seeded_client: FlaskClient) -> None:
    assert seeded_client.get(f"{ITEMS}?limit=1&limit=2").status_code == 400


def test_cursor_of_another_order_is_refused(seeded_client: FlaskClient) -> None:
    after = next(link["href"] for link in ask(seeded_client, limit=1)["links"] if link["rel"] == "next")
    cursor = after.split("cursor=")[1].split("&")[0]
    response = seeded_client.get(ITEMS, query_string={"cursor": cursor, "bbox": "108,15,109,16"})
    assert response.status_code == 400


def test_limit_beyond_the_most_is_served_as_the_most(seeded_client: FlaskClient) -> None:
    assert ask(seeded_client, limit=10**9)["numberReturned"] == 200


def test_number_matched_is_told_where_it_is_cheap(seeded_client: FlaskClient) -> None:
    assert ask(seeded_client, limit=1)["numberMatched"] == 200
    assert ask(seeded_client, limit=1, rank="national")["numberMatched"] == 47
    assert "numberMatched" not in ask(seeded_client, limit=1, bbox="108,15,109,16")


def test_number_matched_is_left_out_where_much_would_have_to_be_looked_at(
    seeded_client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = {"limit": 1, "rank": "national", "type": "historical"}
    counted = ask(seeded_client, **both)["numberMatched"]
    assert 0 < counted < 47
    monkeypatch.setattr("app.api.items._MOST_COUNTED", 46)
    assert "numberMatched" not in ask(seeded_client, **both)
    # One value is counted ahead of time, however many have it.
    assert ask(seeded_client, limit=1, rank="national")["numberMatched"] == 47
    # What is not counted ahead is counted that far.
    units = "/api/v1/collections/admin-units/items"
    assert "numberMatched" not in ask(seeded_client, units, limit=1, level="commune")
    monkeypatch.setattr("app.api.items._MOST_COUNTED", 1000)
    assert ask(seeded_client, units, limit=1, level="commune")["numberMatched"] > 200
    assert ask(seeded_client, limit=1, q="chùa")["numberMatched"] > 1
    monkeypatch.setattr("app.publication.pages._MOST_SOUGHT", 199)
    assert "numberMatched" not in ask(seeded_client, limit=1, q="chùa")
    assert ask(seeded_client, limit=100, q="Mỹ Sơn", rank="special_national")["numberMatched"] > 0


def test_self_link_of_a_page_leads_to_that_page(seeded_client: FlaskClient) -> None:
    after = next(link["href"] for link in ask(seeded_client, limit=5)["links"] if link["rel"] == "next")
    page = ask(seeded_client, after.removeprefix("http://localhost"))
    here = next(link["href"] for link in page["links"] if link["rel"] == "self")
    assert ask(seeded_client, here.removeprefix("http://localhost")) == page


def test_address_names_the_same_unit_in_every_language(seeded_client: FlaskClient) -> None:
    for code, told in {
        "QNM-0104": "Nông Sơn",
        "QNM-0138": "Quế Trung",
        "QNM-0144": "Quế Bình",
        "QNM-0002": "186 Trần Phú",
    }.items():
        for lang in ("vi", "en"):
            addresses = ask(seeded_client, f"{ITEMS}/{code}", lang=lang)["properties"]["addresses"]
            assert told in addresses[0]["text"], (code, lang)


def test_item_is_the_same_feature_as_in_the_list(seeded_client: FlaskClient) -> None:
    (feature,) = ask(seeded_client, code="QNM-0045")["features"]
    assert ask(seeded_client, f"{ITEMS}/QNM-0045") == feature
    assert ask(seeded_client, f"{ITEMS}/qnm-0045") == feature


def test_item_says_which_language_it_fell_back_to(seeded_copy: Flask) -> None:
    from tests.harness import register

    with seeded_copy.app_context():
        register.publish(db.session(), ("site", register.site("QNM-9001", name={"vi": "Chỉ tiếng Việt"})))
        db.session.commit()
    found = ask(seeded_copy.test_client(), f"{ITEMS}/QNM-9001", lang="en")["properties"]
    assert (found["name"], found["name_lang"], found["languages"]) == ("Chỉ tiếng Việt", "vi", ["vi"])


def test_item_unknown_is_404_and_withdrawn_is_410_with_its_date(seeded_copy: Flask) -> None:
    from app.publication import operations as publication
    from app.records.operations import find_record
    from tests.harness.register import SETTINGS, reviewer

    client = seeded_copy.test_client()
    assert client.get(f"{ITEMS}/QNM-9999").status_code == 404
    with seeded_copy.app_context():
        record = find_record(db.session(), "QNM-0002")
        publication.withdraw(db.session(), [record], actor=reviewer(db.session()), settings=SETTINGS)
        db.session.commit()
    response = client.get(f"{ITEMS}/QNM-0002", query_string={"lang": "en"})
    assert response.status_code == 410
    assert "QNM-0002 was withdrawn on 20" in response.get_json(force=True)["detail"]


def test_types_never_change_with_the_language(seeded_client: FlaskClient) -> None:
    shapes = [_shape(ask(seeded_client, f"{ITEMS}/QNM-0045", lang=lang)) for lang in ("vi", "en")]
    assert shapes[0] == shapes[1]


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _shape(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_shape(inner) for inner in value]
    return type(value).__name__


@pytest.mark.parametrize("collection", ["sites", "admin-units"])
def test_features_carry_exactly_the_properties_that_are_declared(seeded_client: FlaskClient, collection: str) -> None:
    declared = {found.name for found in COLLECTIONS[collection].properties if not found.is_filter_only}
    features = ask(seeded_client, f"/api/v1/collections/{collection}/items", limit=1000)["features"]
    assert {frozenset(feature["properties"]) for feature in features} == {frozenset(declared)}
    types = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}
    for feature in features:
        for found in COLLECTIONS[collection].properties:
            value = feature["properties"].get(found.name)
            assert value is None or isinstance(value, types[found.type]), (feature["id"], found.name)


@pytest.mark.parametrize(
    "asked", [{}, {"q": "hoi an"}, {"bbox": "108,15,109,16"}, {"near": "108.326,15.877"}, {"rank": "national"}]
)
def test_list_asks_no_more_for_many_features_than_for_few(
    seeded_client: FlaskClient, count_queries: Callable[[], Any], asked: dict[str, str]
) -> None:
    sent = []
    for limit in (2, 40):
        ask(seeded_client, limit=limit, **asked)
        with count_queries() as statements:
            ask(seeded_client, limit=limit, **asked)
        sent.append(len(statements))
    # Search goes tier by tier, and more features reach further down.
    assert max(sent) <= (12 if "q" in asked else 5)
