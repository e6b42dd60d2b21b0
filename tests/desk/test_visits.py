"""The desk's page of visits: its numbers are those counted, for a time span, for all records or for one."""

from __future__ import annotations

import csv
import datetime as dt
import io
import re
from typing import TYPE_CHECKING, Any

import pytest

from app.core import clock
from app.core.db import db
from app.desk.visits import draw
from app.visitors.visits.operations import add_visits
from app.visitors.visits.sources import Source
from app.visitors.visits.tally import Visit
from tests.harness import register

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from flask import Flask

    from tests.harness.officers import Officer

CODE = "QNM-0001"


def count(app: Flask, *visits: tuple[int, str, str, Source, int]) -> None:
    """Count visits: so many days back, of a code, in a language, from a source, so often."""
    day = clock.today()
    with app.app_context():
        counts = {Visit(day - dt.timedelta(back), code, lang, source): n for back, code, lang, source, n in visits}
        add_visits(db.session(), counts)
        db.session.commit()


def page(officer: Officer, address: str = "/desk/visits", status: int = 200) -> str:
    response = officer.client.get(address)
    assert response.status_code == status, response.text[:3000]
    return re.sub(r"\s+", " ", response.text)


def bars(text: str) -> list[int]:
    """Give the numbers that a page's chart draws, from the left."""
    return [int(found.replace(",", "")) for found in re.findall(r"<title>[^<]*: ([\d,]+)</title>", text)]


def rows(text: str, heading: str) -> list[tuple[str, int]]:
    """Give what the table under a heading counts."""
    table = text.split(f'<caption class="unseen">{heading}</caption>')[1].split("</table>", maxsplit=1)[0]
    cells = re.findall(r'<th scope="row">(.*?)</th> <td class="number" data-label="Visits">([\d,]+)', table)
    return [(re.sub(r"<[^>]*>", "", label).strip(), int(n.replace(",", ""))) for label, n in cells]


@pytest.fixture
def counted(desk: Flask) -> Flask:
    """A desk with visits of yesterday and before."""
    count(
        desk,
        (0, CODE, "vi", Source.QR, 5),
        (1, CODE, "vi", Source.QR, 1200),
        (1, CODE, "en", Source.SEARCH, 3),
        (1, "QNM-0777", "ja", Source.DIRECT, 8),
        (29, CODE, "vi", Source.DIRECT, 2),
        (30, CODE, "vi", Source.DIRECT, 11),
        (89, CODE, "vi", Source.SITE, 4),
        (500, CODE, "vi", Source.SITE, 1000),
    )
    return desk


def test_chart_shows_each_day_as_it_was_counted(counted: Flask, an: Officer) -> None:
    text = page(an)
    assert bars(text) == [2, *[0] * 27, 1211, 5]
    assert "1,218 visits from" in text
    assert "11 in as many days before." in text
    assert [n for _, n in rows(text, "The numbers of the chart")] == bars(text)[::-1]


def test_chart_of_a_longer_span_has_more_days(counted: Flask, an: Officer) -> None:
    shown = bars(page(an, "/desk/visits?period=90"))
    assert (len(shown), shown[0], sum(shown)) == (90, 4, 1218 + 15)


def test_chart_of_a_year_has_a_bar_for_each_month(counted: Flask, an: Officer) -> None:
    text = page(an, "/desk/visits?period=12m")
    shown = bars(text)
    assert (len(shown), sum(shown)) == (12, 1218 + 15)
    assert rows(text, "The numbers of the chart")[0][0] == f"{clock.today():%-m/%Y}"


def test_visits_are_told_by_language_source_and_record(counted: Flask, an: Officer) -> None:
    text = page(an)
    assert rows(text, "Languages of the pages") == [("Tiếng Việt", 1207), ("日本語", 8), ("English", 3)]
    assert rows(text, "How they came") == [("QR plaque", 1205), ("Direct, or not told", 10), ("Search engine", 3)]
    assert rows(text, "Most visited records") == [(f"Site {CODE} {CODE}", 1210), ("QNM-0777 QNM-0777", 8)]


def test_visits_of_one_record_are_its_own(counted: Flask, an: Officer) -> None:
    text = page(an, "/desk/visits?record=qnm-0001&period=30")
    assert sum(bars(text)) == 1210
    assert "Most visited records" not in text
    assert f'href="/desk/records/{CODE}"' in text
    assert 'href="/desk/visits.csv?period=30&amp;record=QNM-0001"' in text


def test_record_shows_its_visits_and_leads_to_them(counted: Flask, an: Officer) -> None:
    text = page(an, f"/desk/records/{CODE}")
    assert sum(bars(text)) == 1210
    assert f'href="/desk/visits?record={CODE}"' in text


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("period=7", "Choose one of the time spans in the list."),
        ("record=QNM-9999", "There is no record QNM-9999."),
        ("record=%3Cb%3E&period=12m", "There is no record &lt;b&gt;."),
    ],
)
def test_what_cannot_be_asked_is_said_and_kept(counted: Flask, an: Officer, asked: str, told: str) -> None:
    for address in ("/desk/visits", "/desk/visits.csv"):
        text = page(an, f"{address}?{asked}&fbclid=x", 422)
        assert told in text
        if "record=QNM" in asked:
            assert 'value="QNM-9999"' in text


def test_page_without_visits_says_so(desk: Flask, an: Officer) -> None:
    text = page(an)
    assert "No visit was counted in this period." in text
    assert "Visits are not counted now: the setting DISAN_VISITS is false." in text


def test_table_has_what_is_kept_and_no_more(counted: Flask, an: Officer) -> None:
    response = an.client.get("/desk/visits.csv?period=90")
    assert response.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert f"visits-{clock.today() - dt.timedelta(89)}-{clock.today()}.csv" in response.headers["Content-Disposition"]
    head, *lines = csv.reader(io.StringIO(response.data.decode("utf-8-sig")))
    assert head == ["Day", "Code", "Record", "Language", "Source", "Visits"]
    assert len(lines) == 7
    assert sum(int(line[5]) for line in lines) == 1218 + 15
    assert lines[-1] == [clock.today().isoformat(), CODE, f"Site {CODE}", "Tiếng Việt", "QR plaque", "5"]


def test_table_holds_nothing_that_a_spreadsheet_would_calculate(desk: Flask, an: Officer) -> None:
    with desk.app_context():
        register.publish(db.session(), ("site", register.site("QNM-0002", name={"vi": "=1+1"})))
        db.session.commit()
    count(desk, (0, "QNM-0002", "vi", Source.QR, 1))
    assert ",'=1+1," in an.client.get("/desk/visits.csv").text


def test_visits_are_for_those_who_are_logged_in(desk: Flask) -> None:
    for address in ("/desk/visits", "/desk/visits.csv"):
        assert desk.test_client().get(address).status_code in (302, 303, 401)


def test_page_costs_the_same_however_much_was_counted(
    counted: Flask, an: Officer, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    page(an)
    with count_queries() as before:
        page(an)
    count(counted, *[(0, f"QNM-{number:04}", "vi", Source.QR, 1) for number in range(100, 130)])
    with count_queries() as after:
        page(an)
    assert len(after) == len(before) <= 12


@pytest.mark.parametrize(
    ("numbers", "heights"), [([0, 4, 1], [0, 100, 25]), ([0, 0], [0, 0]), ([1, 10_000], [1.5, 100])]
)
def test_bars_are_as_high_as_their_numbers(numbers: list[int], heights: list[Any]) -> None:
    chart = draw([(str(number), number) for number in numbers])
    assert [bar.height for bar in chart.bars] == heights
    assert all(bar.y + bar.height == 100 for bar in chart.bars)
    assert (chart.total, chart.most) == (sum(numbers), max(numbers))
