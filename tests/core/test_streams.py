"""Files from outside: what they are called in sentences."""

from __future__ import annotations

import pytest

from app.core.streams import shown_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("Chùa Cầu.jpg", "Chùa Cầu.jpg"),
        ("C:\\ảnh\\a b.jpg", "a b.jpg"),
        ("../../a.jpg", "a.jpg"),
        ("a\n b.jpg", "a b.jpg"),
        ("a\x1b]0;title\x07\x1b[31m.jpg", "a]0;title[31m.jpg"),
        ("gpj.\u202eexe", "gpj.exe"),
        ("\x00", "file"),
        ("x" * 300, "x" * 99 + "…"),
    ],
)
def test_name_is_shown_without_folders_and_without_what_cannot_be_seen(name: str, shown: str) -> None:
    assert shown_name(name) == shown
