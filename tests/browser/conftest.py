"""What the tests in a browser share beside the fixtures of the whole suite."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from tests.harness import audits

if TYPE_CHECKING:
    from tests.harness.databases import Databases


@pytest.fixture(scope="session")
def pictured_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of the seed in which one site has photographs; only read."""
    with audits.serve_with_pictures(databases, tmp_path_factory.mktemp("pictured")) as url:
        yield url
