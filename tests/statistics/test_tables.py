"""What each subject counts, by which rules, at which day; and the tables that a deployment declares."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.config import Settings
from app.core.db import db
from app.core.errors import InvalidInput
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.statistics.cells import Counted, ListQuery, count_table, list_rows
from app.statistics.questions import Question, Rules
from app.statistics.tables import read_tables
from tests.harness import register
from tests.harness.register import SETTINGS, artefact, decision, site, survey, work, zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from contextlib import AbstractContextManager

    from flask import Flask

TABLES = read_tables(SETTINGS)


@pytest.fixture(autouse=True)
def _context(app: Flask) -> Iterator[None]:
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def _count(code: str, question: Question) -> Counted:
    return count_table(db.session(), TABLES[code], question)


def _listed(code: str, question: Question, row: str | None = None, column: str | None = None) -> list[str]:
    page = list_rows(db.session(), TABLES[code], question, ListQuery(row, column, limit=1000))
    return sorted(one.code for one in page.rows)


def _accept(*pairs: tuple[str, dict[str, object]]) -> None:
    register.accept(db.session(), *pairs)


def _units() -> None:
    """Write a province, two communes in force, the district and the communes that they were."""
    rows = [
        {"code": "48", "name": {"vi": "Đà Nẵng"}, "level": "province", "valid_from": "2025-07-01"},
        {"code": "49", "name": {"vi": "Quảng Nam"}, "level": "province", "valid_to": "2025-06-30"},
        *(
            {
                "code": code,
                "name": {"vi": f"Huyện {code}"},
                "level": "district",
                "valid_to": "2025-06-30",
                "parent": "49",
            }
            for code in ("503", "508")
        ),
        *(
            {"code": code, "name": {"vi": f"Xã {code}"}, "level": "commune", "valid_from": "2025-07-01", "parent": "48"}
            for code in ("20410", "20611")
        ),
        *(
            {
                "code": code,
                "name": {"vi": f"Xã cũ {code}"},
                "level": "commune",
                "valid_to": "2025-06-30",
                "parent": parent,
                "successors": after,
            }
            for code, parent, after in (
                ("20398", "503", ["20410"]),
                ("20399", "503", ["20410"]),
                ("20600", "503", ["20611"]),
                ("20601", "508", ["20611"]),
            )
        ),
    ]
    schema = UnitSchema()
    actor = system_actor(db.session(), "test-admin", Role.ADMIN)
    write_units(db.session(), [dict(schema.load(row)) for row in rows], actor=actor)


def test_special_national_sites_count_among_the_national_ones_if_that_is_the_rule() -> None:
    _accept(
        ("site", site("QNM-1")),
        ("site", site("QNM-2")),
        ("decision", decision("QNM-D1", {"record": "QNM-1"}, {"record": "QNM-2"}, date="1990-01-01")),
        ("decision", decision("QNM-D2", {"record": "QNM-1", "level": "special_national"}, date="2000-01-01")),
    )
    day = dt.date(2010, 1, 1)
    apart = _count("sites_by_type", Question.as_of(day))
    assert [apart.cell(row, None).number for row in ("special_national", "national", None)] == [1, 1, 2]
    question = Question.as_of(day, Rules(special_in_national=True))
    among = _count("sites_by_type", question)
    assert [among.cell(row, None).number for row in ("special_national", "national", "of_special", None)] == [
        0,
        2,
        1,
        2,
    ]
    assert "special_national" not in {key.key for key in among.rows}
    assert _listed("sites_by_type", question, "of_special") == ["QNM-1"]
    assert _listed("sites_by_type", question) == ["QNM-1", "QNM-2"]


def test_ranking_after_a_cancellation_is_a_new_one_and_a_cancelled_one_was_one() -> None:
    _accept(
        ("site", site("QNM-1", types=["historical"])),
        ("decision", decision("QNM-D1", {"record": "QNM-1", "level": "provincial"}, date="2009-02-04")),
    )
    _accept(
        (
            "decision",
            decision(
                "QNM-D2", {"record": "QNM-1", "action": "cancel", "level": None, "cancels": "QNM-D1"}, date="2021-11-12"
            ),
        ),
        ("decision", decision("QNM-D3", {"record": "QNM-1", "level": "provincial"}, date="2023-03-31")),
        ("decision", decision("QNM-D4", {"record": "QNM-1", "level": "provincial"}, date="2024-05-05")),
    )
    found = {
        year: _count("rankings", Question.over(year)).cell("provincial", None).number for year in range(2008, 2025)
    }
    assert {year for year, number in found.items() if number} == {2009, 2023}
    assert _listed("rankings", Question.over(2023, 1)) == ["QNM-1"]
    assert _listed("rankings", Question.over(2023, 2)) == []
    standing = [
        _count("sites_by_type", Question.as_of(dt.date(year, 12, 31))).cell("provincial", None).number
        for year in (2010, 2022, 2023)
    ]
    assert standing == [1, 0, 1]


@pytest.mark.parametrize(
    ("date", "year", "quarter", "row"),
    [
        ("2024-03-31", 2024, 1, "national"),
        ("2024-04-01", 2024, 1, None),
        ("2024-04-01", 2024, 2, "national"),
        ("2024-03", 2024, 1, "national"),
        ("2024", 2024, 1, "maybe"),
        ("2024", 2024, None, "national"),
        ("202X", 2024, None, "maybe"),
        ("../2024", 2023, None, "maybe"),
        ("2023/2025", 2024, None, "maybe"),
        ("2024-12-31", 2024, 4, "national"),
        ("2024-12-31", 2025, 1, None),
        (None, 2024, None, "undated"),
    ],
)
def test_decision_lies_in_a_period_if_all_its_days_do(
    date: str | None, year: int, quarter: int | None, row: str | None
) -> None:
    _accept(("site", site("QNM-1")), ("decision", decision("QNM-D1", {"record": "QNM-1"}, date=date)))
    counted = _count("rankings", Question.over(year, quarter))
    assert {key: cell.number for (key, _), cell in counted.cells.items()} == ({row: 1} if row else {})
    assert counted.cell(None, None).number == (row == "national")


def test_cancelled_title_counts_no_more_and_an_undated_cancellation_makes_the_rest_uncertain() -> None:
    _accept(
        *(("artefact", artefact(code)) for code in ("ART-1", "ART-2")),
        (
            "decision",
            decision(
                "QNM-D1",
                *(
                    {"record": code, "action": "recognise", "level": None, "recognition": "national_treasure"}
                    for code in ("ART-1", "ART-2")
                ),
                date="2012-10-01",
            ),
        ),
    )
    assert _count("treasures", Question.over(2012)).cell(None, "in_period").number == 2
    _accept(
        (
            "decision",
            decision(
                "QNM-D2",
                {"record": "ART-1", "action": "cancel", "level": None, "recognition": "national_treasure"},
                date="2020-01-01",
            ),
        )
    )
    assert _listed("treasures", Question.over(2019)) == ["ART-1", "ART-2"]
    assert _listed("treasures", Question.over(2020)) == ["ART-2"]
    assert _count("treasures", Question.over(2020)).cell(None, "earlier").uncertain == 0


def test_unit_counts_even_where_the_place_is_withheld_and_addresses_of_such_sites_play_no_part() -> None:
    _units()
    address = [{"uid": "a1", "role": "historical", "text": "Xã cũ", "unit": "20601~2025", "valid_to": "2025-06-30"}]
    _accept(
        ("site", site("QNM-1", current_unit="20410", location_policy="hidden")),
        ("site", site("QNM-2", current_unit="20611", addresses=address)),
        ("site", site("QNM-3", current_unit="20611", addresses=address, types=["archaeological"])),
        ("site", site("QNM-4", current_unit="20611", addresses=address, parent="QNM-3")),
        ("site", site("QNM-5")),
    )
    question = Question.as_of(dt.date(2026, 1, 1))
    by_unit = _count("sites_by_unit", question)
    assert {row: by_unit.cell(row, None).number for row in ("20410", "20611", "none")} == {
        "20410": 1,
        "20611": 3,
        "none": 1,
    }
    # All that went into the first commune lay in one district; what went into the second, in two.
    assert _listed("sites_by_district", question, "503~2025") == ["QNM-1"]
    assert _listed("sites_by_district", question, "508~2025") == ["QNM-2"]
    assert _listed("sites_by_district", question, "uncertain") == ["QNM-3", "QNM-4", "QNM-5"]
    within = Question.as_of(dt.date(2026, 1, 1), unit="508~2025")
    assert _listed("sites_by_type", within) == ["QNM-2"]
    assert _listed("sites_by_type", Question.as_of(dt.date(2026, 1, 1), unit="48")) == [
        "QNM-1",
        "QNM-2",
        "QNM-3",
        "QNM-4",
    ]


def test_zones_surveys_and_works() -> None:
    words = {"entered_crs": None, "boundary_text": {"vi": "Bắc giáp đường"}}
    _accept(
        *(("site", site(code)) for code in ("QNM-1", "QNM-2", "QNM-3")),
        ("decision", decision("QNM-D1", {"record": "QNM-1"}, date="1990")),
        ("zone", zone("QNM-1-Z1", "QNM-1", decision="QNM-D1")),
        (
            "zone",
            zone("QNM-1-Z2", "QNM-1", zone_type="zone_2", minutes="Biên bản 1988", entered_text=None, **words),
        ),
        ("zone", zone("QNM-2-Z1", "QNM-2")),
        ("survey", survey("SUR-1", "QNM-1", surveyed_on="2024-11-30", condition="deteriorating")),
        ("survey", survey("SUR-2", "QNM-1", surveyed_on="2025-06-30")),
        ("survey", survey("SUR-3", "QNM-2", surveyed_on="2025")),
        ("work", work("WRK-1", "QNM-1", started_on="2023-05-01", finished_on="2024-12-31", state="finished")),
        ("work", work("WRK-2", "QNM-2", started_on="2025-02")),
        ("work", work("WRK-3", "QNM-2")),
    )
    day = Question.as_of(dt.date(2025, 12, 31))
    zones = _count("zones", day)
    assert {key: cell.number for key, cell in zones.cells.items()} == {
        ("zone_1", "decision"): 1,
        ("zone_2", "minutes"): 1,
        ("zone_1", "none"): 1,
    }
    papers = {column: _listed("sites_by_zone_papers", day, column=column) for column in ("all", "some", "none")}
    assert papers == {"all": ["QNM-1"], "some": ["QNM-2"], "none": ["QNM-3"]}
    assert _listed("sites_by_condition", Question.as_of(dt.date(2025, 1, 1)), "deteriorating") == ["QNM-1"]
    assert _listed("sites_by_condition", day, "good") == ["QNM-1", "QNM-2"]
    assert _listed("sites_by_condition", day, "unsurveyed") == ["QNM-3"]
    assert _listed("surveys", Question.over(2024)) == ["SUR-1"]
    assert _listed("surveys", Question.over(2025, 2)) == ["SUR-2", "SUR-3"]
    assert _count("surveys", Question.over(2025, 2)).cell(None, None).uncertain == 1
    assert _count("surveys", Question.over(2025)).cell(None, None).uncertain == 0
    assert _listed("works", Question.over(2024)) == ["WRK-1", "WRK-3"]
    assert _listed("works", Question.over(2025)) == ["WRK-2", "WRK-3"]
    assert _listed("works", Question.over(2025, 1)) == ["WRK-2", "WRK-3"]
    assert _count("works", Question.over(2025)).cell(None, None).uncertain == 1


def test_table_takes_as_many_statements_for_many_sites_as_for_few(
    count_queries: Callable[[], AbstractContextManager[list[str]]],
) -> None:
    taken = []
    for number in (1, 30):
        _accept(*(("site", site(f"QNM-{number}{index:02}", at=None)) for index in range(number)))
        db.session().commit()
        with count_queries() as statements:
            for code in TABLES:
                _count(code, Question.as_of(dt.date(2025, 1, 1)))
        taken.append(len(statements))
    assert taken[0] == taken[1]


def test_office_declares_tables_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "tables.toml"
    path.write_text(
        """
        [groups.all]
        vi = "Bảng"
        [basis.own]
        vi = "Mẫu của Sở"
        [rules.own]
        vi = "Đếm theo mẫu của Sở."
        [axes.level]
        scheme = "levels"
        [axes.condition]
        scheme = "condition_grades"
        [[tables]]
        code = "mau_01"
        group = "all"
        title = { vi = "Mẫu 01" }
        counts = { vi = "di tích" }
        subject = "sites"
        rows = { by = "condition" }
        columns = { by = "level" }
        only = { level = ["national"] }
        basis = "own"
        rules = ["own"]
        """,
        encoding="utf-8",
    )
    tables = read_tables(Settings(count_tables=str(path)))
    assert [*tables] == ["mau_01"]
    _accept(
        *(("site", site(code)) for code in ("QNM-1", "QNM-2")),
        ("decision", decision("QNM-D1", {"record": "QNM-1"}, date="1990")),
    )
    counted = count_table(db.session(), tables["mau_01"], Question.as_of(dt.date(2025, 1, 1)))
    assert {key: cell.number for key, cell in counted.cells.items()} == {("unsurveyed", "national"): 1}


@pytest.mark.parametrize("text", ["[[tables]]\ncode = 1", "no toml", "[[tables]]\ncode='x'\nsubject='other'", None])
def test_file_of_tables_that_cannot_be_is_refused_with_its_name(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / f"{abs(hash(text))}.toml"
    if text is not None:
        path.write_text(text, encoding="utf-8")
    with pytest.raises(InvalidInput, match=str(path)):
        read_tables(Settings(count_tables=str(path)))


def test_every_text_of_our_tables_is_in_both_languages() -> None:
    for table in TABLES.values():
        texts = [table.title, table.counts, table.group, table.basis, *table.rules]
        texts += [label for axis in (table.rows, table.columns) for label in axis.labels.values()]
        assert all({*text} == {"vi", "en"} and all(text.values()) for text in texts), table.code
