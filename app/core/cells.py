"""Cells of spreadsheets, which must never be taken for formulas."""

from __future__ import annotations

# What makes a spreadsheet program calculate; the full-width signs do so in East Asian editions.
_ACTIVE = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001 (these very signs are meant)


def plain_cell(text: str) -> str:
    """Give a text so that a spreadsheet shows it and calculates nothing: an apostrophe before what begins a formula."""
    return f"'{text}" if text.startswith(_ACTIVE) else text
