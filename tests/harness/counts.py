"""How many examples a test tries: few and always the same in `make test`, many and new ones in `make test-full`."""

from __future__ import annotations

import os

from hypothesis import settings

IS_FULL = os.environ.get("DISAN_TEST_COUNTS") == "full"


def counts(normal: int, full: int) -> int:
    """Choose the number of examples by DISAN_TEST_COUNTS: `@settings(max_examples=counts(50, 2500))`."""
    return full if IS_FULL else normal


def load_profile() -> None:
    """Choose hypothesis's profile; no deadline, since a database's first answer is slow and its next one quick."""
    settings.register_profile("normal", deadline=None, derandomize=True, max_examples=50, database=None)
    settings.register_profile("full", deadline=None, max_examples=1000, print_blob=True)
    settings.load_profile("full" if IS_FULL else "normal")
