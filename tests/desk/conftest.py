"""Fixtures of the desk's tests: a register with its vocabulary and one public record, and officers who log in."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.officers import Officer

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture
def desk(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application whose register holds the public site QNM-0001 and the vocabulary."""
    with databases.app(engine_name, fill=register.fill) as made:
        yield made


@pytest.fixture
def officer(desk: Flask) -> Callable[..., Officer]:
    """`officer("an")` logs an editor in; `officer("chi", Role.REVIEWER)` somebody with another role."""

    def log_in(name: str, role: Role = Role.EDITOR, **options: Any) -> Officer:
        return Officer(desk, name, role, **options)

    return log_in


@pytest.fixture
def an(officer: Callable[..., Officer]) -> Officer:
    """An editor."""
    return officer("an")
