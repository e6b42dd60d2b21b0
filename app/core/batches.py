"""Cutting a long sequence into chunks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")


def batches(rows: Sequence[T], size: int) -> Iterator[Sequence[T]]:
    """Give `rows` in order in chunks of `size`, the last one shorter."""
    for start in range(0, len(rows), size):
        yield rows[start : start + size]
