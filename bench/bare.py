"""The limit: the same finished text by one statement over the driver alone, without a server in between."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import psycopg
import sqlalchemy as sa

from bench.load import CONNECTIONS, Ask

_FEATURE = "SELECT t.feature FROM {} JOIN published_texts t ON t.item_id = p.id AND t.language = 'vi'"
_PAGE = "(SELECT id FROM published_items WHERE collection = 'sites' AND {} ORDER BY {} LIMIT {}) p"
_POINT = "ST_SetSRID(ST_MakePoint({0}, {1}), 4326)"
_NEAREST = f"{_POINT.format('lon', 'lat')} <-> {_POINT.format('%s', '%s')}"
_KEEP: Sequence[tuple[str, str, str]] = (
    ("id", f"{_FEATURE.format('published_items p')} WHERE p.collection = 'sites' AND p.code_key = lower(%s)", "code"),
    ("page", _FEATURE.format(_PAGE.format("id > %s", "id", 100)), "after"),
    ("near", _FEATURE.format(_PAGE.format("lon IS NOT NULL", _NEAREST, 20)), "lon lat"),
)


def bare_asks(data: Path, url: str) -> tuple[list[Ask], dict[str, Callable[[dict[str, Any]], str]]]:
    """Give who asks the database, each over a connection of its own, and how a workload's question is written.

    What is asked is written as the workload's name and the statement's values, with blanks between. SQLite has no
    nearest of its own.
    """
    kept = [one for one in _KEEP if url or one[0] != "near"]

    def address(workload: str, names: str) -> Callable[[dict[str, Any]], str]:
        return lambda question: " ".join([workload, *(str(question[name]) for name in names.split())])

    statements = {name: statement if url else statement.replace("%s", "?") for name, statement, _ in kept}
    addresses = {name: address(name, names) for name, _, names in kept}
    return [_asker(data, url, statements) for _ in range(CONNECTIONS)], addresses


def _asker(data: Path, url: str, statements: dict[str, str]) -> Ask:
    connection: Any
    if url:
        conninfo = sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)
        connection = psycopg.connect(conninfo, autocommit=True)
    else:
        # One thread at a time asks, if not always the same.
        connection = sqlite3.connect(f"file:{data / 'disan.sqlite3'}?mode=ro", uri=True, check_same_thread=False)

    def ask(asked: str) -> int:
        workload, *texts = asked.split(" ")
        values = texts if workload == "id" else [float(text) if "." in text else int(text) for text in texts]
        return sum(len(feature.encode()) for (feature,) in connection.execute(statements[workload], values))

    return ask
