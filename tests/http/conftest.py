"""What tests of the shared manners ask for: an application with quotas, over the seed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.harness.databases import Databases, open_app

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask

ANONYMOUS, KEYED = 5, 8


@pytest.fixture
def limited_app(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Flask]:
    """An application with small quotas over a seed of its own."""
    database = databases.copy(engine_name, tmp_path / "data", seeded=True)
    with open_app(database, DISAN_QUOTA_ANONYMOUS=str(ANONYMOUS), DISAN_QUOTA_KEYED=str(KEYED)) as app:
        yield app
    databases.drop(database)
