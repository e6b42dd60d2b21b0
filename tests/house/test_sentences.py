"""Whatever the register says to officers is said in Vietnamese, too: the catalogue lacks no sentence of it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from app.http.i18n import catalogue

APP = Path(__file__).resolve().parents[2] / "app"
# The rooms whose sentences reach officers; what the API's descriptions say is for developers, in English.
ROOMS = ("accounts", "core", "desk", "engine", "exchange", "heritage", "jobs", "places", "records", "statistics")
ROOMS += ("tourism", "worker")
# English by their nature: patterns of marshmallow's own messages, which `desk/forms/messages.py` words anew, and the
# import of units, which is a command's.
ELSEWHERE = {"core/fields.py", "core/complaints.py", "places/schemas.py"}
SENTENCE = re.compile(r"[A-ZĐ“%].* .*[.?!]", re.DOTALL)
FILES = sorted(path for room in ROOMS for path in (APP / room).rglob("*.py"))


def sentences(path: Path) -> list[tuple[int, str]]:
    """Give the sentences in a module's code, with their lines; docstrings are none of them."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    said = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [
        (node.lineno, node.value)
        for node in ast.walk(tree)
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and id(node) not in said
        and SENTENCE.fullmatch(node.value)
    ]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(APP).as_posix())
def test_every_sentence_has_its_vietnamese(path: Path) -> None:
    if path.relative_to(APP).as_posix() in ELSEWHERE:
        return
    known = catalogue("vi")
    untold = [(line, text) for line, text in sentences(path) if known.gettext(text) == text]
    assert untold == []
