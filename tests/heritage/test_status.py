"""A site's legal standing on a day, derived from decisions."""

from __future__ import annotations

import datetime as dt

import pytest

from app.heritage.models import Decision, DecisionItem, InventoryEntry
from app.heritage.status import derive_standing

LATER = dt.date(2026, 1, 1)


def item(date: str | None, action: str = "rank", level: str | None = "national", **fields: str) -> DecisionItem:
    decision = Decision(code=f"D-{date}-{action}-{level}", date=date)
    return DecisionItem(action=action, level=level, decision=decision, **fields)


def test_standing_is_the_highest_level_in_force() -> None:
    found = derive_standing([item("2005-01-01", level="provincial"), item("2010-01-01", level="national")], [], LATER)
    assert found.level == "national"


@pytest.mark.parametrize(
    ("day", "level"),
    [
        (dt.date(2004, 12, 31), None),
        (dt.date(2005, 1, 1), "provincial"),
        (dt.date(2009, 12, 31), "provincial"),
        (dt.date(2010, 1, 1), "national"),
    ],
)
def test_standing_depends_on_the_day(day: dt.date, level: str | None) -> None:
    items = [item("2005-01-01", level="provincial"), item("2010-01-01", level="national")]
    assert derive_standing(items, [], day).level == level


def test_standing_without_a_date_counts_as_in_force_and_is_flagged() -> None:
    found = derive_standing([item(None)], [], dt.date(1950, 1, 1))
    assert (found.level, found.is_certain, found.chain[0].is_undated) == ("national", False, True)


def test_standing_is_uncertain_within_the_span_a_year_may_mean() -> None:
    assert not derive_standing([item("2006")], [], dt.date(2006, 6, 1)).is_certain
    assert derive_standing([item("2006")], [], dt.date(2007, 1, 1)).is_certain


def test_cancellation_of_a_level_leaves_the_lower_one() -> None:
    items = [item("2005-01-01", level="provincial"), item("2010-01-01"), item("2021-11-12", action="cancel")]
    assert derive_standing(items, [], dt.date(2021, 11, 11)).level == "national"
    assert derive_standing(items, [], LATER).level == "provincial"


def test_cancellation_without_a_level_ends_every_level_before_it() -> None:
    items = [item("2005-01-01", level="provincial"), item("2010-01-01"), item("2021", action="cancel", level=None)]
    assert derive_standing(items, [], LATER).level is None


def test_cancellation_does_not_reach_a_later_ranking() -> None:
    items = [item("2010-01-01"), item("2015-01-01", action="cancel"), item("2020-01-01")]
    found = derive_standing(items, [], LATER)
    assert [step.is_in_force for step in found.chain] == [False, True, True]
    assert found.level == "national"


def test_cancellation_of_one_decision_leaves_the_other() -> None:
    first, second = item("2005-01-01", level="provincial"), item("2006-01-01", level="provincial")
    ending = item("2021", action="cancel", level=None)
    ending.cancels = first.decision
    found = derive_standing([first, second, ending], [], LATER)
    assert [step.is_in_force for step in found.chain] == [False, True, True]
    assert found.level == "provincial"


def test_recognition_stands_until_it_is_cancelled() -> None:
    given = item("2012-10-01", action="recognise", level=None, recognition="national_treasure")
    ending = item("2020-01-01", action="cancel", level=None, recognition="national_treasure")
    assert derive_standing([given], [], LATER).recognitions == ("national_treasure",)
    assert derive_standing([given, ending], [], dt.date(2019, 1, 1)).recognitions == ("national_treasure",)
    assert derive_standing([given, ending], [], LATER).recognitions == ()


def test_inscription_is_no_level() -> None:
    found = derive_standing(
        [item("1999-12-04", action="inscribe", level=None, inscription="world_heritage")], [], LATER
    )
    assert (found.level, found.inscriptions) == (None, ("world_heritage",))


def test_inventory_list_counts_only_while_it_lasts_and_below_every_rank() -> None:
    entry = InventoryEntry(list_name="2019-2024", listed_from="2019-11-05", listed_until="2024")
    assert derive_standing([], [entry], dt.date(2019, 11, 4)).level is None
    assert derive_standing([], [entry], dt.date(2024, 12, 31)).level == "inventoried"
    assert derive_standing([], [entry], dt.date(2025, 1, 1)).level is None
    assert derive_standing([item("2020")], [entry], dt.date(2022, 1, 1)).level == "national"


def test_chain_comes_by_date_with_undated_ones_last() -> None:
    found = derive_standing([item(None), item("2010"), item("1985-03-19")], [], LATER)
    assert [step.decision.date for step in found.chain] == ["1985-03-19", "2010", None]
