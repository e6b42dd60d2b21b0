"""What a record's page says is near it, and what belongs to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from app.web.ages import draw_ages

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

CHUA_CAU = "/en/sites/japanese-covered-bridge-qnm-0002"
MY_SON = "/en/sites/my-son-sanctuary-qnm-0045"


def section(client: FlaskClient, path: str, heading: str) -> str:
    page = client.get(path).text
    assert f"<h2>{heading}</h2>" in page, path
    return page.split(f"<h2>{heading}</h2>")[1].split("</section>")[0]


def test_near_is_told_nearest_first_with_distances(seeded_client: FlaskClient) -> None:
    near = section(seeded_client, CHUA_CAU, "What is near")
    metres = [int(text) for text in re.findall(r"(\d+)\N{NO-BREAK SPACE}m ·", near)]
    assert len(metres) == 6
    assert metres == sorted(metres)
    assert "qnm-0002" not in near.split("<p>")[0]


@pytest.mark.parametrize(("path", "radius_m"), [(CHUA_CAU, 1000), (MY_SON, 2000)])
def test_near_leads_to_a_circle_that_holds_what_it_told(seeded_client: FlaskClient, path: str, radius_m: int) -> None:
    near = section(seeded_client, path, "What is near")
    assert f"&amp;radius={radius_m}" in near
    assert f"All within {radius_m // 1000}\N{NO-BREAK SPACE}km" in near


def test_near_is_not_told_of_a_place_known_to_a_commune_only(seeded_client: FlaskClient) -> None:
    response = seeded_client.get("/en/sites?unit=508~2025")
    rough = re.findall(r'href="(/en/sites/[\w-]+)"', response.text)
    pages = [seeded_client.get(path).text for path in rough]
    unsure = [page for page in pages if "Do not navigate by it" in page]
    assert unsure
    assert not any("What is near" in page for page in unsure)


def test_what_belongs_to_a_site_is_told_by_collection(seeded_client: FlaskClient) -> None:
    assert "iti-" in section(seeded_client, CHUA_CAU, "Itineraries")
    assert "fes-002" in section(seeded_client, MY_SON, "Events")


def test_place_tells_the_itineraries_that_stop_there(seeded_client: FlaskClient) -> None:
    assert "iti-01" in section(seeded_client, "/en/places/museum-of-trade-ceramics-poi-004", "Itineraries")


def test_page_asks_as_often_however_much_belongs_to_it(seeded_client: FlaskClient, count_queries: Any) -> None:
    asked = []
    for path in (MY_SON, CHUA_CAU):
        with count_queries() as statements:
            seeded_client.get(path)
        asked.append(len(statements))
    assert max(asked) <= 20
    assert abs(asked[0] - asked[1]) <= 2


@pytest.mark.parametrize(
    ("first", "last", "starts", "ends"),
    [(-1000, 200, 4, 128), (1471, 1471, None, None), (1990, None, None, 316), (None, None, None, None)],
)
def test_ages_are_drawn_within_the_line(
    seeded_app: Flask, first: int | None, last: int | None, starts: int | None, ends: int | None
) -> None:
    with seeded_app.test_request_context("/en/"):
        bar = draw_ages({"year_from": first, "year_to": last})
    if first is None and last is None:
        assert bar is None
        return
    assert bar
    assert 4 <= bar.x < bar.x + bar.width <= 316
    assert starts in (None, bar.x)
    assert ends is None or abs(ends - bar.x - bar.width) <= 1


def test_ages_say_the_date_in_words(seeded_client: FlaskClient) -> None:
    assert 'aria-label="4th–13th centuries"' in seeded_client.get(MY_SON).text
