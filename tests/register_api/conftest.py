"""What the tests of the register's API share: a vocabulary, and a machine of each role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import Role
from app.core.db import db
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.machines import Caller, make_caller

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture
def written_app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application with the vocabulary that the payloads name."""
    with databases.app(engine_name, fill=_write) as made:
        yield made


def _write(app: Flask) -> None:
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()


@pytest.fixture
def editor(written_app: Flask) -> Caller:
    """Somebody who writes."""
    return make_caller(written_app, "editor@example.org", Role.EDITOR)


@pytest.fixture
def other(written_app: Flask) -> Caller:
    """Somebody else who writes."""
    return make_caller(written_app, "other@example.org", Role.EDITOR)


@pytest.fixture
def reviewer(written_app: Flask) -> Caller:
    """Somebody who accepts and publishes."""
    return make_caller(written_app, "reviewer@example.org", Role.REVIEWER)


@pytest.fixture
def viewer(written_app: Flask) -> Caller:
    """Somebody who reads."""
    return make_caller(written_app, "viewer@example.org", Role.VIEWER)
