"""The pictures for links as they are kept: where other processes keep theirs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from app.web.cards import Card, find_card, make_card

if TYPE_CHECKING:
    from pathlib import Path

CARD = Card("Chùa Cầu", "", "Hội An", "", "", "", "earth")


def test_picture_is_kept_while_another_process_takes_files_away(tmp_path: Path) -> None:
    folder = tmp_path / "cards" / CARD.digest[:2]
    folder.mkdir(parents=True)
    # As a file that was removed after the folder was read.
    (folder / "removed.jpg").symlink_to(tmp_path / "nothing")
    data = make_card(tmp_path, CARD, None)
    assert find_card(tmp_path, CARD) == data
