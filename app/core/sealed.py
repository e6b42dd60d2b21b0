"""A process of its own for what reads hostile files: within bounds of memory and time, writing nothing, no network.

One side asks (`ask`, or `ask_parts` for what is too much to hold), the other seals itself and answers (`seal`, then
`answer`, or `open_answer` and `write_part`); between them there is one pipe.
"""

from __future__ import annotations

import contextlib
import ctypes
import dataclasses
import json
import logging
import os
import resource
import select
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from app.core.errors import Unavailable
from app.core.landlock import bar_changes

_log = logging.getLogger("disan.sealed")

_CHUNK = 1 << 16
# What a part says of itself is a line of at most so much.
_HEAD_BYTES = 4096
# Not from `config`: that would load the database library into each of these processes.
_APP = Path(__file__).resolve().parents[1]
_PR_SET_PDEATHSIG, _PR_SET_NO_NEW_PRIVS = 1, 38
_CLONE_NEWUSER, _CLONE_NEWNET = 0x10000000, 0x40000000
# Ended so, a process was ended by somebody who had nothing to say about the file: an operator, or the system for want
# of memory.
_FROM_OUTSIDE = {-signal.SIGINT, -signal.SIGTERM, -signal.SIGHUP, -signal.SIGKILL}
_FORBIDDEN = ("socket.", "subprocess.", "os.exec", "os.fork", "os.posix_spawn", "os.system", "ctypes.", "shutil.")
# The reader needs none of the service but its own modules; the whole of `app` takes two seconds to load.
_START = (
    "import sys, types; app = types.ModuleType('app'); app.__path__ = [sys.argv[1]]; sys.modules['app'] = app; "
    "import importlib; importlib.import_module(sys.argv[2]).main(sys.argv[3:])"
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a sealed process may use: memory, answer and each file it writes in bytes, times in seconds.

    `open_files` is how many files it may have open at once.
    """

    memory_bytes: int
    cpu_s: int
    wall_s: float
    answer_bytes: int
    file_bytes: int = 0
    open_files: int = 64


class Ended(Exception):
    """A sealed process was ended before it had answered: for its time (`is_late`), or for anything else."""

    def __init__(self, *, is_late: bool) -> None:
        super().__init__("late" if is_late else "lost")
        self.is_late = is_late


def ask(
    module: str, path: Path, name: str, asked: Mapping[str, Any], bounds: Bounds, *, caught: Collection[int] = ()
) -> bytes:
    """Let `module` read a file in a sealed process and give its answer, bytes.

    Raises `Ended` when the file was too much for it, and `Unavailable` when it was ended by somebody else.

    `name` is what the file's owner calls it. The module's `main` is given the path and what is `asked` as JSON, with
    `bounds` and the asking process, `parent`, beside it: it calls `seal` before it looks at the file, and `answer` at
    its end. `caught` are the exits by which a program says that a signal ended it, where it catches those.
    """
    return b"".join(_ask(module, path, name, asked, bounds, caught=caught))


def ask_parts(
    module: str, path: Path, name: str, asked: Mapping[str, Any], bounds: Bounds, *, part_bytes: int
) -> Generator[tuple[dict[str, Any], bytes]]:
    """Let `module` read a file in a sealed process and give what it says part by part: JSON, and the bytes behind it.

    A part holds at most `part_bytes`, and no more than that is kept here. What came before an end that was none counts
    for nothing; closing the iterator ends the process. Raises what `ask` raises.
    """
    held = bytearray()
    pieces = _ask(module, path, name, asked, bounds)
    with contextlib.closing(pieces):
        for piece in pieces:
            held += piece
            while (part := _take_part(held, part_bytes)) is not None:
                yield part
    if held:
        raise Ended(is_late=False)


def _take_part(held: bytearray, most: int) -> tuple[dict[str, Any], bytes] | None:
    """Take the first part off what was heard; None while it is not complete."""
    end = held.find(b"\n") + 1
    if not end and len(held) <= _HEAD_BYTES:
        return None
    if not 0 < end <= _HEAD_BYTES:
        raise Ended(is_late=False)
    head: dict[str, Any] = json.loads(bytes(held[:end]))
    stop = end + int(head.get("bytes", 0))
    if not end <= stop <= end + most:
        raise Ended(is_late=False)
    if len(held) < stop:
        return None
    body = bytes(held[end:stop])
    del held[:stop]
    return head, body


def _ask(
    module: str, path: Path, name: str, asked: Mapping[str, Any], bounds: Bounds, *, caught: Collection[int] = ()
) -> Generator[bytes]:
    """Give the answer as it comes; raises at its end when that was none."""
    told = json.dumps({**asked, "bounds": dataclasses.asdict(bounds), "parent": os.getpid()})
    process = subprocess.Popen(  # noqa: S603 (our own interpreter, and no shell)
        [sys.executable, "-I", "-c", _START, str(_APP), module, str(path.resolve()), told],
        env={"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PROJ_NETWORK": "OFF", "LC_ALL": "C.UTF-8"},
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        # A Ctrl-C in the terminal is for the server, and no word about the file.
        start_new_session=True,
    )
    status, used_s, is_heard = None, 0.0, False
    try:
        with contextlib.suppress(TimeoutError):
            for piece in _listen(process, bounds):
                is_heard = True
                yield piece
            # Its answer is complete: it has closed the pipe.
            status, used_s = _wait(process, bounds.wall_s)
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    if status == 0 and is_heard:
        return
    _log.warning("a reader was ended", extra={"reader": module, "exit": status})
    is_late = status in (None, -signal.SIGXCPU) or used_s >= bounds.cpu_s
    if not is_late and (status in _FROM_OUTSIDE or status in caught):
        raise Unavailable("Reading “%(file)s” was interrupted. Try again.", file=name)
    raise Ended(is_late=is_late)


def _wait(process: subprocess.Popen[bytes], most_s: float) -> tuple[int, float]:
    """Wait for a process's end; gives its status and the processor time that it has used, in seconds."""
    end = time.monotonic() + most_s
    while os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT) is None:
        if time.monotonic() > end:
            raise TimeoutError
        time.sleep(0.002)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, used.ru_utime + used.ru_stime


def _listen(process: subprocess.Popen[bytes], bounds: Bounds) -> Iterator[bytes]:
    """Give what a process says until it closes the pipe; `TimeoutError` when it takes too long or says too much."""
    said = 0
    end = time.monotonic() + bounds.wall_s
    if process.stdout is None:
        raise TimeoutError
    while (left := end - time.monotonic()) > 0 and said <= bounds.answer_bytes:
        is_readable, _, _ = select.select([process.stdout], [], [], left)
        if is_readable:
            chunk = os.read(process.stdout.fileno(), _CHUNK)
            if not chunk:
                return
            said += len(chunk)
            yield chunk
    raise TimeoutError


def seal(bounds: Mapping[str, Any], parent: int, *, calls_c: bool = False) -> None:
    """Give up what reading does not need: memory, time, files to write, other programs, the network.

    Beside what `bind` does, what Python itself is asked to do is refused; `calls_c` leaves it ctypes, for a library
    that is reached by that.
    """
    bind(bounds, parent)
    forbidden = tuple(one for one in _FORBIDDEN if not (calls_c and one == "ctypes."))
    sys.addaudithook(lambda event, arguments: _refuse_more(event, arguments, forbidden))


def bind(bounds: Mapping[str, Any], parent: int) -> None:
    """Let the kernel bind this process, and whatever program takes its place: memory, time, writing, rights.

    A network of its own, and the bar to changing any file, are had where the system allows that.
    """
    for what, most in (
        (resource.RLIMIT_AS, bounds["memory_bytes"]),
        (resource.RLIMIT_FSIZE, bounds["file_bytes"]),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_NOFILE, bounds.get("open_files", 64)),
    ):
        resource.setrlimit(what, (most, most))
    # At the first bound the kernel sends SIGXCPU; at one that is both it would send SIGKILL, which others send, too.
    resource.setrlimit(resource.RLIMIT_CPU, (bounds["cpu_s"], bounds["cpu_s"] + 1))
    if sys.platform == "linux":
        libc = ctypes.CDLL(None, use_errno=True)
        libc.prctl(_PR_SET_PDEATHSIG, 9, 0, 0, 0)
        libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
        if not bounds["file_bytes"]:
            # The limit above stops no one from deleting what is there.
            bar_changes(libc)
        if libc.unshare(_CLONE_NEWUSER | _CLONE_NEWNET):
            libc.unshare(_CLONE_NEWNET)
    if os.getppid() != parent:
        sys.exit(1)


def _refuse_more(event: str, arguments: tuple[Any, ...], forbidden: tuple[str, ...]) -> None:
    is_writing = event == "open" and bool(arguments[2] & (os.O_WRONLY | os.O_RDWR | os.O_CREAT))
    is_ours = event == "open" and arguments[0] == 1
    if event.startswith(forbidden) or (is_writing and not is_ours):
        msg = f"a reader may not do this: {event}"
        raise PermissionError(msg)


def open_answer() -> IO[bytes]:
    """Open the answer of a sealed process that comes in parts; closing it ends the answer."""
    return os.fdopen(1, "wb", closefd=True)


def write_part(out: IO[bytes], head: Mapping[str, Any], body: bytes = b"") -> None:
    """Write a part of an answer: JSON on one line, with the body's length in it, then the body as it is."""
    told = {**head, "bytes": len(body)}
    out.write(json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode() + b"\n" + body)


def answer(head: Mapping[str, Any], bodies: Sequence[bytes] = ()) -> None:
    """Write the answer of a sealed process to standard output: JSON on one line, then the bodies as they are."""
    with os.fdopen(1, "wb", closefd=True) as out:
        out.write(json.dumps(head, ensure_ascii=False, separators=(",", ":")).encode())
        if bodies:
            out.write(b"\n")
            for body in bodies:
                out.write(body)
