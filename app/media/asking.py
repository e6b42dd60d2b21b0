"""Asking the sealed readers of files: a few at once, and what ends them told in a sentence."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from app.core import programs, sealed
from app.core.errors import InvalidInput, Unavailable

# In one process of the server; more would only take each other's memory.
_AT_ONCE = threading.BoundedSemaphore(2)
# A request that waits longer keeps others of the server from being answered.
_WAIT_S = 60
_TOO_LONG = "Decoding “%(file)s” takes too long. Make it smaller, and upload that."
_TOO_MUCH = "“%(file)s” cannot be decoded: it is damaged, or takes too much memory. Save it anew, and upload that."


@contextlib.contextmanager
def _turn(name: str) -> Iterator[None]:
    """Wait until it is a file's turn to be read; raises `Unavailable` after a while."""
    if not _AT_ONCE.acquire(timeout=_WAIT_S):
        raise Unavailable("Many files are being read just now. Try “%(file)s” again in a minute.", file=name)
    try:
        yield
    finally:
        _AT_ONCE.release()


def ask_reader(
    module: str, path: Path, name: str, asked: Mapping[str, Any], bounds: sealed.Bounds
) -> tuple[dict[str, Any], bytes]:
    """Let a sealed reader look at a file; gives the head of its answer and the bytes behind it.

    Raises `InvalidInput` with a sentence that says what to do when the reader refuses the file, or the file is too much
    for it, and `Unavailable` when the reader was ended by somebody else, or others' files take too long.
    """
    try:
        with _turn(name):
            said = sealed.ask(module, path, name, asked, bounds)
    except sealed.Ended as ended:
        raise complaint_of(ended, name) from ended
    first, _, rest = said.partition(b"\n")
    head: dict[str, Any] = json.loads(first)
    check_taken(head, name)
    return head, rest


def check_taken(head: Mapping[str, Any], name: str) -> None:
    """Raise `InvalidInput` where a reader's answer begins with why it refuses the file."""
    if "refused" in head:
        raise InvalidInput(head["refused"], field="file", **{"file": name, **head["params"]})


def complaint_of(ended: sealed.Ended, name: str) -> InvalidInput:
    """Give the complaint about a file over which a reader was ended."""
    return InvalidInput(_TOO_LONG if ended.is_late else _TOO_MUCH, field="file", file=name)


def ask_program(
    program: Path, arguments: Sequence[str], path: Path, name: str, bounds: sealed.Bounds, *, refusal: str = _TOO_MUCH
) -> bytes:
    """Let a program that is not ours look at a file, sealed off; gives what it says.

    Raises what `ask_reader` raises; with `refusal` as the sentence, for which `file` is filled in, when the program
    ends with an error.
    """
    try:
        with _turn(name):
            return programs.run_program(program, arguments, path, name, bounds)
    except sealed.Ended as ended:
        raise InvalidInput(_TOO_LONG if ended.is_late else refusal, field="file", file=name) from ended


def too_much(name: str) -> InvalidInput:
    """Give the complaint about a file whose reader answered what it should not."""
    return InvalidInput(_TOO_MUCH, field="file", file=name)
