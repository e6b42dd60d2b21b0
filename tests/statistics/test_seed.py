"""Counts of the seed reconcile with lists made by hand from its papers, and with another reading of its sheets."""

from __future__ import annotations

import csv
import datetime as dt
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from app.core.db import db
from app.statistics.cells import Counted, Listed, ListQuery, count_table, list_rows
from app.statistics.questions import Question
from app.statistics.tables import Table, read_tables
from tests.harness.counts import counts
from tests.harness.register import SETTINGS
from tests.house.reading import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flask import Flask

SEED = ROOT / "seed"
TABLES = read_tables(SETTINGS)


def _codes(*parts: str) -> set[str]:
    """Write out `0036-0042`, `0069`."""
    found = set()
    for part in parts:
        first, _, last = part.partition("-")
        found |= {f"QNM-{number:04}" for number in range(int(first), int(last or first) + 1)}
    return found


# What the decisions of the seed say, read by eye. Those without a date are in force on every day, and uncertain.
UNDATED_NATIONAL = _codes("0066-0067", "0080", "0083-0085", "0099-0100")
UNDATED_PROVINCIAL = _codes("0118-0130", "0140-0141", "0171-0172", "0176-0178", "0199")
NATIONAL_1990 = _codes("0065", "0009", "0015", "0001", "0003", "0061-0063", "0002")
NATIONAL_1991_TO_2010 = _codes("0021", "0169", "0008", "0168", "0070", "0010", "0152", "0064", "0057", "0163") | _codes(
    "0082", "0167", "0036-0042", "0069"
)
PROVINCIAL_2010 = _codes("0091", "0095", "0175", "0198", "0086", "0191", "0027", "0174")
NATIONAL_2011_TO_2025 = _codes(
    "0094", "0091", "0096", "0162", "0068", "0079", "0095", "0097", "0086", "0101", "0098", "0200"
)
PROVINCIAL_2011_TO_2025 = _codes(
    "0173", "0164", "0131", "0043-0044", "0098", "0179", "0189-0190", "0111-0117"
) | _codes("0102-0110", "0016-0017", "0132-0139", "0194-0197", "0165")
BY_HAND = {
    dt.date(1990, 12, 31): {
        "special_national": set(),
        "national": NATIONAL_1990 | UNDATED_NATIONAL,
        "provincial": UNDATED_PROVINCIAL,
    },
    dt.date(2010, 6, 30): {
        "special_national": _codes("0001", "0045"),
        "national": (NATIONAL_1990 | NATIONAL_1991_TO_2010 | UNDATED_NATIONAL) - _codes("0001"),
        "provincial": PROVINCIAL_2010 | UNDATED_PROVINCIAL,
    },
    dt.date(2025, 12, 31): {
        "special_national": _codes("0001", "0045", "0057", "0058-0060"),
        "national": (NATIONAL_1990 | NATIONAL_1991_TO_2010 | NATIONAL_2011_TO_2025 | UNDATED_NATIONAL)
        - _codes("0001", "0057"),
        # Three of them have become national since.
        "provincial": (PROVINCIAL_2010 | PROVINCIAL_2011_TO_2025 | UNDATED_PROVINCIAL)
        - _codes("0091", "0095", "0086", "0098"),
    },
}
# What is certain of these by hand: rankings whose whole date lies before the day.
DAYS = [*BY_HAND]


def sheet(name: str) -> list[dict[str, str]]:
    with (SEED / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return [*csv.DictReader(file)]


@pytest.fixture(autouse=True)
def _context(seeded_app: Flask) -> Iterator[None]:
    with seeded_app.app_context():
        yield


def _count(code: str, question: Question) -> Counted:
    return count_table(db.session(), TABLES[code], question)


def _listed(code: str, question: Question, row: str | None = None, column: str | None = None) -> set[str]:
    page = list_rows(db.session(), TABLES[code], question, ListQuery(row, column, limit=10_000))
    assert len({(one.code, one.part) for one in page.rows}) == len(page.rows)
    return {one.code for one in page.rows}


def _levels(day: dt.date) -> dict[str, str]:
    """Give the level of every site on a day, by the lists above and the seed's own inventory."""
    inventoried = {row["code"] for row in sheet("sites.inventory_entries")}
    ranked = {code: level for level, codes in BY_HAND[day].items() for code in codes}
    return {
        row["code"]: ranked.get(row["code"], "inventoried" if row["code"] in inventoried else "unranked")
        for row in sheet("sites")
    }


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_sites_by_level_are_those_of_the_list_made_by_hand(day: dt.date) -> None:
    question = Question.as_of(day)
    for level, codes in BY_HAND[day].items():
        assert _listed("sites_by_type", question, level) == codes, level
    by_level: dict[str, set[str]] = {}
    for code, level in _levels(day).items():
        by_level.setdefault(level, set()).add(code)
    for level in ("inventoried", "unranked"):
        assert _listed("sites_by_type", question, level) == by_level.get(level, set()), level


@pytest.mark.parametrize("day", DAYS, ids=str)
def test_cells_by_type_and_by_unit_are_those_of_the_sheets(day: dt.date) -> None:
    levels, question = _levels(day), Question.as_of(day)
    rows = sheet("sites")
    by_type = Counter((levels[row["code"]], row["types"]) for row in rows)
    counted = _count("sites_by_type", question)
    assert {key: cell.number for key, cell in counted.cells.items()} == by_type
    assert counted.cell(None, None).number == 200
    by_unit = Counter((row["current_unit"] or "none", levels[row["code"]]) for row in rows)
    assert {key: cell.number for key, cell in _count("sites_by_unit", question).cells.items()} == by_unit


def test_uncertain_are_those_whose_date_or_list_is_unknown_or_may_lie_later() -> None:
    question = Question.as_of(dt.date(2025, 12, 31))
    counted = _count("sites_by_type", question)
    undated = UNDATED_NATIONAL | UNDATED_PROVINCIAL
    assert counted.cell("national", None).uncertain == len(UNDATED_NATIONAL)
    assert counted.cell("provincial", None).uncertain == len(
        UNDATED_PROVINCIAL & _listed("sites_by_type", question, "provincial")
    )
    assert len(undated) == 29
    # Nothing is known of the day on which a site came onto the inventory.
    assert counted.cell("inventoried", None).uncertain == counted.cell("inventoried", None).number == 82


def test_former_district_is_that_of_the_former_address() -> None:
    parents = {(row["code"], row["valid_to"][:4]): row for row in sheet("units") if row["valid_to"]}
    policies = {
        row["code"]: row["location_policy"] or ("blurred" if row["types"] == "archaeological" else "exact")
        for row in sheet("sites")
    }
    above = {row["code"]: row["parent"] for row in sheet("sites")}
    wanted: dict[str, set[str]] = {}
    for row in sheet("sites.addresses"):
        code, _, year = row["unit"].partition("~")
        unit = parents.get((code, year))
        if unit is None or policies[row["code"]] != "exact" or policies.get(above[row["code"]], "exact") != "exact":
            continue
        district = unit if unit["level"] == "district" else None
        if district is None:
            ends = [one for (key, _), one in parents.items() if key == unit["parent"] and one["level"] == "district"]
            district = next((one for one in ends if one["valid_to"] >= unit["valid_to"]), None)
        if district:
            wanted.setdefault(row["code"], set()).add(f"{district['code']}~{district['valid_to'][:4]}")
    assert len(wanted) > 150
    question = Question.as_of(dt.date(2025, 12, 31))
    found = {
        one.code: one.row
        for one in list_rows(db.session(), TABLES["sites_by_district"], question, ListQuery(limit=1000)).rows
    }
    assert len(found) == 200
    for code, districts in wanted.items():
        assert found[code] == (min(districts) if len(districts) == 1 else "uncertain"), code


def test_rankings_of_a_year_and_its_quarters() -> None:
    def ranked(year: int, quarter: int | None = None, row: str | None = None) -> set[str]:
        return _listed("rankings", Question.over(year, quarter), row)

    assert ranked(2021) == _codes("0102-0110", "0016")
    assert ranked(2021, 3) == _codes("0102-0107")
    assert ranked(2021, 4) == _codes("0108-0110", "0016")
    # The last day of a year is still its own.
    assert ranked(2020, 4) == _codes("0111-0117")
    assert ranked(2021, 1) == set()
    # Of ten decisions the year alone is known: they are the year's, and no quarter's for certain.
    assert ranked(2023, row="provincial") == _codes("0017", "0132-0139", "0194", "0195-0197")
    assert ranked(2023, row="national") == _codes("0098")
    assert ranked(2023, 1) == _codes("0098")
    assert ranked(2023, 4) == _codes("0195-0197")
    assert ranked(2023, 4, "maybe") == _codes("0017", "0132-0139", "0194")
    assert ranked(2023, 4, "undated") == UNDATED_NATIONAL | UNDATED_PROVINCIAL
    # A second decision for the same level is no new ranking (Hội quán Phúc Kiến in 1990, Đình Sơn Phong in 1991).
    assert ranked(1990) == _codes("0002")
    assert ranked(1991) == _codes("0021", "0169", "0008", "0168")


def test_treasures_and_titles_in_the_year_and_cumulative() -> None:
    question = Question.over(2024)
    counted = _count("treasures", question)
    assert _listed("treasures", question, column="in_period") == {f"ART-{number:03}" for number in range(8, 15)}
    earlier = {
        "ART-001",
        "ART-002",
        "ART-003",
        "ART-004",
        "ART-005",
        "ART-006",
        "ART-007",
        "ART-015",
        "ART-016",
        "ART-017",
    }
    assert _listed("treasures", question, column="earlier") == earlier
    assert counted.cell(None, None).number == 17
    assert _listed("world_heritage", question) == _codes("0001", "0045")
    assert _listed("world_heritage", Question.over(1999), column="in_period") == _codes("0001", "0045")
    assert _listed("world_heritage", Question.over(1998)) == set()
    crafts = {f"ICH-{number:03}" for number in range(20, 27)}
    assert _listed("intangible_titles", question, "provincial_traditional_craft", "in_period") == crafts
    assert _listed("intangible_titles", question, "intangible_national", "undated") == {"ICH-019"}
    # What UNESCO inscribes is not in the national column again.
    by_domain = _listed("intangible_by_domain", question, column="intangible_unesco")
    assert by_domain == {"ICH-001"}
    assert "ICH-001" not in _listed("intangible_by_domain", question, column="intangible_national")


@pytest.mark.parametrize("day", DAYS, ids=str)
@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.code)
def test_every_list_sums_to_its_cell_and_every_total_to_its_cells(table: Table, day: dt.date) -> None:
    """One list is read and parted into all cells; some are asked for by themselves, in full runs all of them."""
    for question in (Question.as_of(day), Question.over(day.year, 4)):
        counted = count_table(db.session(), table, question)
        whole = ListQuery(limit=10_000, is_whole=True)
        rows = list_rows(db.session(), table, question, whole).rows
        parted: dict[tuple[str, str], list[Listed]] = {}
        for one in rows:
            parted.setdefault((one.row, one.column), []).append(one)
        assert {key: _sums(found) for key, found in parted.items()} == {
            key: (cell.rows, cell.number, cell.uncertain) for key, cell in counted.cells.items()
        }
        every = [
            *((key.key, None) for key in counted.rows),
            *((None, key.key) for key in counted.columns),
            (None, None),
        ]
        every += counted.cells
        for row, column in every[:: counts(max(1, len(every) // 8), 1)]:
            cell = counted.cell(row, column)
            found = list_rows(db.session(), table, question, ListQuery(row, column, limit=10_000)).rows
            assert _sums(found) == (cell.rows, cell.number, cell.uncertain), (row, column)


def _sums(rows: Sequence[Listed]) -> tuple[int, int, int]:
    return len(rows), sum(one.number or 0 for one in rows), sum(not one.is_certain for one in rows)


def test_count_within_a_unit_is_the_row_of_that_unit() -> None:
    day = dt.date(2025, 12, 31)
    whole = _count("sites_by_unit", Question.as_of(day))
    within = _count("sites_by_type", Question.as_of(day, unit="20410"))
    assert within.cell(None, None).number == whole.cell("20410", None).number == 30
    province = _count("sites_by_type", Question.as_of(day, unit="48"))
    assert province.cell(None, None).number == sum(bool(row["current_unit"]) for row in sheet("sites"))
    district = _count("sites_by_district", Question.as_of(day)).cell("508~2025", None).number
    assert _count("sites_by_type", Question.as_of(day, unit="508~2025")).cell(None, None).number == district > 0
