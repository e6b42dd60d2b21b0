"""Administrative units through time: who succeeds whom, and where a place lay and lies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import db
from app.core.errors import InvalidInput
from app.places.gazetteer import Gazetteer
from app.places.models import Unit
from app.places.operations import write_units
from app.places.schemas import UnitSchema

if TYPE_CHECKING:
    from flask import Flask


def unit(code: str, name: str, level: str = "commune", **fields: Any) -> dict[str, Any]:
    return dict(UnitSchema().load({"code": code, "name": {"vi": name}, "level": level, **fields}))


# Two communes of one district went into X, one of them in part into Y; X took an old code.
UNITS = [
    unit("49", "Old province", "province", valid_to="2025-06-30", successors=["48"]),
    unit("48", "New city", "province", valid_from="2025-07-01"),
    unit("508", "District", "district", valid_to="2025-06-30", parent="49", successors=["101", "102"]),
    unit("101", "Commune A", valid_to="2025-06-30", parent="508", successors=["101"]),
    unit("103", "Commune B", valid_to="2025-06-30", parent="508", successors=["101", "102"]),
    unit("101", "Commune X", valid_from="2025-07-01", parent="48"),
    unit("102", "Commune Y", valid_from="2025-07-01", parent="48"),
]


@pytest.fixture(autouse=True)
def _units(app: Flask):  # noqa: ANN202
    with app.app_context():
        write_units(db.session(), UNITS, actor=system_actor(db.session(), "admin", Role.ADMIN))
        yield


def find(public_id: str) -> Unit:
    found = db.session.scalar(sa.select(Unit).where(Unit.public_id == public_id))
    assert found is not None
    return found


def names(historical: list[str], current: str | None) -> set[str]:
    gazetteer = Gazetteer(db.session())
    units = gazetteer.containing([find(code).id for code in historical], find(current).id if current else None)
    return {found.name["vi"] for found in units}


def test_unit_whose_code_was_used_again_has_its_last_year_in_its_id() -> None:
    assert find("101").name["vi"] == "Commune X"
    assert find("101~2025").name["vi"] == "Commune A"


def test_successor_is_the_row_in_force_the_day_after() -> None:
    assert [other.public_id for other in find("101~2025").successors] == ["101"]
    assert find("101~2025").parent is find("508~2025")


def test_place_bears_every_name_its_units_had_and_have() -> None:
    assert names(["101~2025"], None) == {"Commune A", "District", "Old province", "Commune X", "New city"}


def test_place_of_a_divided_commune_lies_in_no_commune_until_it_is_known() -> None:
    assert names(["103~2025"], None) == {"Commune B", "District", "Old province", "New city"}
    assert names(["103~2025"], "102") == {"Commune B", "District", "Old province", "New city", "Commune Y"}


def test_place_known_by_its_present_commune_has_what_all_predecessors_share() -> None:
    assert names([], "101") == {"Commune X", "New city", "District", "Old province"}
    assert names([], "102") == {"Commune Y", "New city", "Commune B", "District", "Old province"}


def test_units_are_written_again_without_a_change() -> None:
    actor = system_actor(db.session(), "admin", Role.ADMIN)
    assert set(write_units(db.session(), UNITS, actor=actor)) == {"unchanged"}


def test_unit_that_ends_keeps_its_identity_and_gets_another_id() -> None:
    actor = system_actor(db.session(), "admin", Role.ADMIN)
    before = find("102").id
    ended = unit("102", "Commune Y", valid_from="2025-07-01", valid_to="2030-12-31", parent="48", successors=["102"])
    begun = unit("102", "Commune Z", valid_from="2031-01-01", parent="48")
    assert write_units(db.session(), [ended, begun], actor=actor) == ["updated", "created"]
    assert find("102~2030").id == before
    assert [other.name["vi"] for other in find("102~2030").successors] == ["Commune Z"]


def test_unit_naming_a_successor_that_is_not_in_force_is_refused() -> None:
    actor = system_actor(db.session(), "admin", Role.ADMIN)
    with pytest.raises(InvalidInput, match="Unit 104 names unit 999"):
        write_units(db.session(), [unit("104", "C", valid_to="2025-06-30", successors=["999"])], actor=actor)


@pytest.mark.parametrize(
    "loop",
    [
        [unit("201", "A", valid_from="2025-07-01", parent="201")],
        [
            unit("201", "A", valid_from="2025-07-01", parent="202"),
            unit("202", "B", valid_from="2025-07-01", parent="201"),
        ],
        [
            unit("201", "A", valid_from="2025-07-01", successors=["202"]),
            unit("202", "B", valid_from="2025-07-01", successors=["201"]),
        ],
    ],
)
def test_unit_that_leads_back_to_itself_is_refused(loop: list[dict[str, Any]]) -> None:
    actor = system_actor(db.session(), "admin", Role.ADMIN)
    with pytest.raises(InvalidInput, match="leads back to itself"):
        write_units(db.session(), loop, actor=actor)
