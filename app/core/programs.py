"""Programs that are not ours, run sealed off as the readers of files are: bound by the kernel, without a network."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from app.core import sealed

# One arena of memory for all threads, or each would reserve its own of what is allowed.
_ENVIRONMENT = {"LC_ALL": "C.UTF-8", "MALLOC_ARENA_MAX": "1"}

# FFmpeg catches what would end it, and leaves with this.
_CAUGHT = (255,)


def run_program(program: Path, arguments: Sequence[str], path: Path, name: str, bounds: sealed.Bounds) -> bytes:
    """Let a program read a file and give what it writes to standard output and error, which must be something.

    `arguments` are the program's, and name the file themselves; `name` is what the file's owner calls it. Of files it
    can write none larger than `bounds.file_bytes`. Raises what `sealed.ask` raises, `Ended` for any exit but 0 too.
    """
    asked = {"program": str(program), "arguments": list(arguments)}
    return sealed.ask(__name__, path, name, asked, bounds, caught=_CAUGHT)


def main(arguments: Sequence[str]) -> None:
    """Give this process its bounds, then its place to the program that the second argument (JSON) names."""
    asked = json.loads(arguments[1])
    sealed.bind(asked["bounds"], asked["parent"])
    os.dup2(1, 2)
    os.execve(asked["program"], [asked["program"], *asked["arguments"]], _ENVIRONMENT)  # noqa: S606 (meant: no shell)
