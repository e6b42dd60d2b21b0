"""Documents whose commands are run: their blocks of code by language, and whether what came is what stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from app.config import ROOT

_FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
# A script or a page of a document that names itself is a file, which commands may use.
_FILE_NAME = re.compile(r"(?:# |// |<!-- )([\w-]+\.(?:py|js|html))(?: -->)?\n")
_PRINTED = ("text", "json")
_MARK = "=== the next block ==="
_EXAMPLE_HOST = "http://127.0.0.1:8000"


@dataclass(frozen=True)
class Step:
    """A block of code and what the document shows of what it prints; None where it shows nothing."""

    language: str
    code: str
    printed: str | None


def read_steps(text: str) -> list[Step]:
    """Read a document's blocks; one of text or JSON right behind another is what that one prints."""
    steps: list[Step] = []
    for language, body in _FENCE.findall(text):
        if language in _PRINTED:
            steps[-1] = Step(steps[-1].language, steps[-1].code, body)
        else:
            steps.append(Step(language, body, None))
    return steps


def read_guide(name: str, url: str) -> list[Step]:
    """Read the blocks of a document in docs/api as its page at the service `url` shows them."""
    text = (ROOT / "docs" / "api" / name).read_text(encoding="utf-8")
    return read_steps(text.replace(_EXAMPLE_HOST, url))


def write_files(steps: list[Step], folder: Path) -> None:
    """Write the blocks that name themselves as files."""
    for step in steps:
        if named := _FILE_NAME.match(step.code):
            (folder / named[1]).write_text(step.code, encoding="utf-8")


def run_commands(steps: list[Step], folder: Path, **variables: str) -> list[str]:
    """Run all blocks for the shell in one shell, in order; gives what each printed. Fails at the first that fails."""
    commands = [step.code for step in steps if step.language == "sh"]
    script = f"\nprintf '\\n%s\\n' '{_MARK}'\n".join(commands)
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=folder,
        env=os.environ | {"PATH": path} | variables,
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr
    return done.stdout.split(f"\n{_MARK}\n")


def is_printed(printed: str, shown: str) -> bool:
    """Tell whether what was printed is what a document shows.

    In it `…` alone on a line stands for any lines, also none, and within a line for any text.
    """
    pattern = ""
    for line in shown.rstrip().splitlines():
        if line.strip() == "…":
            pattern += r"(?:.*\n)*?"
        else:
            pattern += ".*?".join(re.escape(part) for part in line.split("…")) + r"\n"
    return re.fullmatch(pattern, printed.rstrip() + "\n") is not None


def complaints(steps: list[Step], printed: list[str]) -> list[str]:
    """Complain of each block that printed something other than the document shows."""
    shells = [step for step in steps if step.language == "sh"]
    return [
        f"{step.code}\nprinted:\n{found}\nand not:\n{step.printed}"
        for step, found in zip(shells, printed, strict=True)
        if step.printed is not None and not is_printed(found, step.printed)
    ]
