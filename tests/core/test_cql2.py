"""CQL2 text is read as the package `cql2` reads it, mistakes are told with their place, and bombs cost little."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from typing import Any

import cql2
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.core.cql2 import MOST_BYTES, MOST_LEVELS, read_json, read_text
from app.core.errors import InvalidInput
from tests.harness.counts import counts

EXAMPLES = (
    "name = 'O''Brien'",
    "a NOT BETWEEN -1.5e3 AND 2",
    "a NOT IN ('x', 'y') AND b IN (1, 2)",
    "a LIKE 'Chùa%' OR a NOT LIKE '%\\_'",
    "a IS NULL AND b IS NOT NULL",
    "NOT a = 1 AND b = 2 OR c = 3",
    "NOT (a = 1 OR b = 2)",
    "a = 1 AND (b = 2 AND (c = 3 OR d = 4))",
    "CASEI(a) IN (CASEI('x'), casei('Y'))",
    "ACCENTI(CASEI(a)) = ACCENTI(CASEI('Đình'))",
    "d >= DATE('2020-01-01') AND d < TIMESTAMP('2020-01-01T00:00:00Z')",
    "T_DURING(d, INTERVAL('2020-01-01', '..'))",
    "T_INTERSECTS(INTERVAL(starts_on, ends_on), INTERVAL('2026-01-01', '2026-02-01'))",
    "S_INTERSECTS(geometry, BBOX(108, 15, 109, 16))",
    "S_WITHIN(geometry, POLYGON((0 0, 1 0, 1 1, 0 0), (0.1 0.1, 0.2 0.1, 0.2 0.2, 0.1 0.1)))",
    "S_TOUCHES(geometry, POINT Z (1 2 3))",
    "S_EQUALS(geometry, MULTIPOINT((1 2), (3 4)))",
    "S_CROSSES(geometry, MULTILINESTRING((1 2, 3 4), (5 6, 7 8)))",
    "S_DISJOINT(geometry, GEOMETRYCOLLECTION(POINT(1 2), LINESTRING(1 2, 3 4)))",
    '"my prop" = 1 AND "a""b" = 2 AND eo:cloud < 3 AND x.y > 4',
    "1 < a AND 'x' = b AND a = TRUE",
)


@pytest.mark.parametrize("text", EXAMPLES)
def test_text_is_read_as_the_oracle_reads_it(text: str) -> None:
    assert read_text(text) == cql2.parse_text(text).to_json()


names = st.sampled_from(["name", "rank", "year_from", "tên", "a.b", '"my prop"', '"a""b"'])
# The oracle does not read a mark after a backslash, as the standard has it.
quoted = st.text(st.characters(exclude_characters="\x00\\", exclude_categories=["Cs", "Cc"]), max_size=8).map(
    lambda text: "'" + text.replace("'", "''") + "'"
)
numbers = st.one_of(st.integers(-(10**6), 10**6).map(str), st.floats(-1e6, 1e6).map(repr))
values = st.one_of(quoted, numbers, st.sampled_from(["TRUE", "false"]))
days = st.dates().map(lambda day: f"'{day.isoformat()}'")


def positions(least: int, most: int) -> st.SearchStrategy[str]:
    # The oracle reads no exponent in a geometry.
    pair = st.tuples(st.integers(-180, 180), st.floats(-90, 90)).map(lambda pair: f"{pair[0]} {pair[1]:.5f}")
    return st.lists(pair, min_size=least, max_size=most).map(", ".join)


shapes = st.one_of(
    positions(1, 1).map(lambda p: f"POINT({p})"),
    positions(2, 4).map(lambda p: f"LINESTRING ({p})"),
    positions(4, 6).map(lambda p: f"Polygon(({p}))"),
    positions(1, 3).map(lambda p: f"MULTIPOINT({p})"),
    positions(4, 5).map(lambda p: f"MULTIPOLYGON((({p})), (({p})))"),
    st.lists(st.integers(-90, 90), min_size=4, max_size=4).map(lambda sides: f"BBOX({', '.join(map(str, sides))})"),
)


@st.composite
def predicates(draw: Callable[..., Any]) -> str:
    name = draw(names)
    side = draw(st.sampled_from([name, f"CASEI({name})", f"accenti(casei({name}))"]))
    no = draw(st.sampled_from(["", "NOT ", "not "]))
    relation = draw(st.sampled_from(["INTERSECTS", "WITHIN", "contains", "DISJOINT", "TOUCHES"]))
    moment = draw(st.sampled_from(["AFTER", "BEFORE", "during", "EQUALS", "FINISHEDBY", "MetBy"]))
    low, high = draw(days), draw(st.one_of(days, st.just("'..'")))
    return draw(
        st.one_of(
            st.tuples(st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), values).map(
                lambda t: f"{side} {t[0]} {t[1]}"
            ),
            st.lists(values, min_size=1, max_size=4).map(lambda found: f"{side} {no}IN ({','.join(found)})"),
            st.tuples(numbers, numbers).map(lambda t: f"{name} {no}BETWEEN {t[0]} AND {t[1]}"),
            quoted.map(lambda pattern: f"{side} {no}LIKE {pattern}"),
            st.just(f"{name} IS {no}NULL"),
            shapes.map(lambda shape: f"S_{relation}(geometry, {shape})"),
            st.just(f"T_{moment}({name}, INTERVAL({low}, {high}))"),
            st.just(f"{name} > DATE({low})"),
        )
    )


expressions = st.recursive(
    predicates(),
    lambda inner: st.one_of(
        inner.map(lambda text: f"({text})"),
        inner.map(lambda text: f"NOT ({text})"),
        st.tuples(inner, st.sampled_from(["AND", "or", " \n\tOR "]), inner).map(lambda t: f"{t[0]} {t[1]} {t[2]}"),
    ),
    max_leaves=6,
)


@given(text=expressions)
@settings(max_examples=counts(300, 10_000))
def test_any_expression_is_read_as_the_oracle_reads_it(text: str) -> None:
    found = read_text(text)
    assert found == cql2.parse_text(text).to_json()
    assert read_json(json.dumps(found, ensure_ascii=False)) == found


def told(text: str, read: Callable[[str], Any] = read_text) -> str:
    with pytest.raises(InvalidInput) as raised:
        read(text)
    assert raised.value.params["field"] == "filter"
    return str(raised.value)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "it ends at position 1"),
        ("a =", "it ends at position 4, where name = 'value' was expected"),
        ("a", "it ends at position 2, where = <>"),
        ("'x'", "at position 1 stands “'x'”"),
        ("a = 1 b", "at position 7 stands “b”, where AND, OR was expected"),
        ("(a = 1", "it ends at position 7, where ), AND, OR was expected"),
        ("a IS 3", "at position 6 stands “3”, where NULL was expected"),
        ("a = AND", "at position 5 stands “AND”"),
        ("a = 'x", "the quotation that begins at position 5 does not end"),
        ("a + 1 = 2", "arithmetic (“+” at position 3)"),
        ("a +1 = 2", "arithmetic (“+1” at position 3)"),
        ("a DIV 2 = 1", "arithmetic (“DIV”"),
        ("foo(a) = 1", "there is no function “foo” (position 1)"),
        ("a = [1, 2]", "arrays (“[” at position 5)"),
        ("A_CONTAINS(a, b)", "arrays (“A_CONTAINS” at position 1)"),
        ("a = 1e999", "at position 5 stands “1e999”"),
        ("S_INTERSECTS(geometry, POINT(1))", "at position 31 stands “)”, where 108.3 was expected"),
        ("S_INTERSECTS(geometry, POINT(1 2 3 4))", "at position 36 stands “4”"),
        ("S_INTERSECTS(geometry, 5)", "where geometry, POINT(108.3 15.9)"),
        ("T_AFTER(a, 5)", "where DATE('2026-01-01')"),
        ("a = #", "at position 5 stands “#”"),
        ("a = '\x00'", "the character at position 6"),
        ("a = '\ud800'", "the character at position 6"),
    ],
)
def test_mistake_in_text_is_told_with_its_place(text: str, said: str) -> None:
    assert said in told(text)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "this is not JSON from position 2 on"),
        ("", "this is not JSON from position 1 on"),
        ('{"op": NaN}', "a number in it"),
        ("1" * 5000, "a number in it"),
        ('{"op": "\\u0000"}', "a character that text may not hold"),
        ('{"\\ud800": 1}', "a character that text may not hold"),
    ],
)
def test_mistake_in_json_is_told(text: str, said: str) -> None:
    assert said in told(text, read_json)


def test_depth_is_bounded_and_the_most_is_read() -> None:
    assert read_text("(" * MOST_LEVELS + "a = 1" + ")" * MOST_LEVELS) == read_text("a = 1")
    assert f"more than {MOST_LEVELS} levels" in told("(" * (MOST_LEVELS + 1) + "a = 1" + ")" * (MOST_LEVELS + 1))
    chain = " AND ".join(["a = 1"] * 500)
    assert len(read_text(chain)["args"]) == 500  # type: ignore[index]


BOMBS = (
    "(" * (MOST_BYTES - 8),
    "NOT " * 200 + "a = 1",
    "(" * 200 + "a = 1" + ")" * 200,
    "CASEI(" * 200 + "a" + ")" * 200 + " = 1",
    "a = '" + "''" * 4000,
    "a = " + "1" * 8000 + "x",
    '"' * 8001,
    "a = 'đ'" + " " * MOST_BYTES,
    "S_INTERSECTS(geometry, POLYGON(" + "(" * 4000,
)


@pytest.mark.parametrize("bomb", BOMBS)
def test_bomb_is_refused_at_little_cost(bomb: str) -> None:
    began = time.process_time()
    assert told(bomb).startswith("filter: ")
    assert time.process_time() - began < 0.2


@pytest.mark.parametrize("bomb", ["[" * 8000, '{"op":' * 1300, '["' + "[" * 200 + '"' + ",[" * 2000])
def test_deep_json_is_refused_before_it_is_read(bomb: str) -> None:
    began = time.process_time()
    assert told(bomb, read_json).startswith("filter: ")
    assert time.process_time() - began < 0.2


@given(text=st.text(st.sampled_from("ab'\"()=<>, 1.+-NOTADRILKE[]S_\\"), max_size=40) | st.text(max_size=40))
@settings(max_examples=counts(200, 5000))
def test_anything_is_read_or_refused(text: str) -> None:
    for read in (read_text, read_json):
        try:
            read(text)
        except InvalidInput as error:
            assert str(error).startswith("filter: ")  # noqa: PT017 - either outcome is right
