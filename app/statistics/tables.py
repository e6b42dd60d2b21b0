"""The tables as they are declared: titles, rules, what stands in rows and columns; read from a file, checked once."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from app.config import Settings
from app.core.errors import InvalidInput
from app.statistics.subjects import SUBJECTS

_OURS = Path(__file__).with_name("tables.toml")
Text = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Axis:
    """What stands in rows or columns: keys of the dimension `by`, and what they are called.

    `scheme` is the vocabulary that names them, `names` is `units` or `records` where those do; `labels` name the
    others. Keys of `order` come first and, where `is_whole`, stand there though they are nothing; those of `last` come
    last; those of `beside` stand after the total and are not in it.
    """

    by: str
    scheme: str
    names: str
    order: tuple[str, ...]
    last: tuple[str, ...]
    beside: tuple[str, ...]
    is_whole: bool
    labels: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Table:
    """A table: what it is called and counts, by what rule, on what legal basis, with what in rows and columns.

    `only` leaves out what has other keys of a dimension; `is_of_period` says that the period matters and not the day
    alone; `chart` is what is drawn: the sums of `rows` or of `columns`.
    """

    code: str
    group: Text
    title: Text
    counts: Text
    subject: str
    rows: Axis
    columns: Axis
    rules: tuple[Text, ...]
    basis: Text
    only: Mapping[str, tuple[str, ...]]
    is_of_period: bool
    chart: str


def read_tables(settings: Settings) -> Mapping[str, Table]:
    """Give the deployment's tables by code, in their order; raises `InvalidInput` for a file that cannot be read."""
    return _read(Path(settings.count_tables) if settings.count_tables else _OURS)


@lru_cache(maxsize=4)
def _read(path: Path) -> Mapping[str, Table]:
    try:
        said = tomllib.loads(path.read_text(encoding="utf-8"))
        tables = [_table(said, one) for one in said["tables"]]
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise InvalidInput(
            "The file of tables %(path)s cannot be read (%(reason)s). Look at DISAN_COUNT_TABLES.",
            path=str(path),
            reason=str(error),
        ) from error
    except (KeyError, TypeError, AttributeError) as error:
        raise InvalidInput(
            "The file of tables %(path)s names something that there is not, or leaves it out: %(reason)s.",
            path=str(path),
            reason=str(error),
        ) from error
    return {table.code: table for table in tables}


def _table(said: Mapping[str, Any], one: Mapping[str, Any]) -> Table:
    if one["subject"] not in SUBJECTS:
        raise KeyError(one["subject"])
    return Table(
        code=one["code"],
        group=said["groups"][one["group"]],
        title=one["title"],
        counts=one["counts"],
        subject=one["subject"],
        rows=_axis(said, one["rows"]),
        columns=_axis(said, one["columns"]),
        rules=tuple(said["rules"][name] for name in one["rules"]),
        basis=said["basis"][one["basis"]],
        only={name: tuple(keys) for name, keys in one.get("only", {}).items()},
        is_of_period=bool(one.get("is_of_period")),
        chart=one.get("chart", "rows"),
    )


def _axis(said: Mapping[str, Any], one: Mapping[str, Any]) -> Axis:
    axis = said["axes"][one.get("axis", one["by"])]
    return Axis(
        by=one["by"],
        scheme=axis.get("scheme", ""),
        names=axis.get("names", ""),
        order=tuple(axis.get("order", ())),
        last=tuple(axis.get("last", ())),
        beside=tuple(axis.get("beside", ())),
        is_whole=bool(axis.get("is_whole")),
        labels=axis.get("labels", {}),
    )
