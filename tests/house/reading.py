"""How the rules of the house read the checkout: files by folder, and modules as syntax trees."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# What is not ours: made by tools, or kept as others wrote it.
FOREIGN = {".git", ".make", "var", "node_modules", "vendor", "__pycache__"}


@dataclass(frozen=True)
class Source:
    """A text and the name under which a rule complains about it; a sample of a test may stand for a file."""

    name: str
    text: str

    @cached_property
    def tree(self) -> ast.Module:
        """The module's syntax tree."""
        return ast.parse(self.text)

    @property
    def lines(self) -> list[str]:
        """The lines, without their ends."""
        return self.text.splitlines()


def sources(*folders: str, suffixes: tuple[str, ...] = (".py",)) -> Iterator[Source]:
    """Read the files under folders of the checkout, in alphabetical order; `.` is the whole checkout."""
    for folder in folders:
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT)
            if path.suffix in suffixes and path.is_file() and not is_foreign(name):
                yield Source(name.as_posix(), path.read_text(encoding="utf-8"))


def is_foreign(name: Path) -> bool:
    """Tell whether a file is not the house's own work."""
    return any(part in FOREIGN or part.startswith(".venv") or part.endswith(".egg-info") for part in name.parts)


def read(name: str) -> str:
    """Read one file of the checkout."""
    return (ROOT / name).read_text(encoding="utf-8")


def complain(complaints: list[str]) -> None:
    """Fail with every complaint on a line of its own."""
    assert not complaints, "\n" + "\n".join(complaints)
