"""A record's page reads what is about that record: SQLite walks through no table that grows with the register."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from tests.harness.databases import Databases
from tests.harness.readers import Reader

if TYPE_CHECKING:
    from flask import Flask

# A subquery of its own, of which the tables are seen by themselves; and what a province has a bounded number of.
_HARMLESS = re.compile(r"anon_\d+|units|concepts")
_WALKED = re.compile(r"SCAN (\w+)")


@pytest.fixture(scope="module")
def register(databases: Databases) -> Iterator[Flask]:
    """The seed in SQLite, whose plans do not depend on how much there is."""
    with databases.app("sqlite", seeded=True) as app:
        yield app


@contextlib.contextmanager
def plans() -> Iterator[dict[str, list[str]]]:
    """Collect the plan of every statement that reads meanwhile."""
    found: dict[str, list[str]] = {}

    def explain(connection: Any, _cursor: Any, statement: str, parameters: Any, *_others: Any) -> None:
        if statement.startswith(("SELECT", "WITH")):
            with contextlib.closing(connection.connection.cursor()) as asked:
                asked.execute(f"EXPLAIN QUERY PLAN {statement}", parameters)
                found[statement] = [row[3] for row in asked.fetchall()]

    sa.event.listen(sa.Engine, "before_cursor_execute", explain)
    try:
        yield found
    finally:
        sa.event.remove(sa.Engine, "before_cursor_execute", explain)


@pytest.mark.parametrize(
    "code", ["QNM-0001", "QNM-0045", "QNM-D0001", "ART-003", "ICH-001", "FES-003", "POI-004", "ITI-03"]
)
def test_page_of_a_record_walks_through_no_table(register: Flask, code: str) -> None:
    officer = Reader(register, f"reader-{code}".lower(), Role.REVIEWER)
    with plans() as found:
        officer.text(f"/desk/records/{code}")
    assert len(found) > 3
    for statement, plan in found.items():
        walked = {match[1] for line in plan if (match := _WALKED.match(line))}
        assert not [name for name in walked if not _HARMLESS.fullmatch(name)], (statement, plan)
