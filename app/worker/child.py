"""The worker as a child of the server: begun with it, begun anew if it dies, and ended with it."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator

from app.config import ROOT

_log = logging.getLogger("disan.worker")

_PAUSE_S = 2.0
_GRACE_S = 4.0


@contextlib.contextmanager
def worker_beside() -> Iterator[None]:
    """Keep a worker running, in this process's group and with its environment, for as long as the block runs.

    A worker that ends by itself is begun anew after two seconds. It looks to its parent, so that it ends even when the
    server is killed outright.
    """
    is_over = threading.Event()
    changing = threading.Lock()
    process = _begin()

    def watch() -> None:
        nonlocal process
        while True:
            status = process.wait()
            if is_over.wait(_PAUSE_S):
                return
            with changing:
                if is_over.is_set():
                    return
                _log.warning("the worker ended, beginning another", extra={"exit": status})
                process = _begin()

    threading.Thread(target=watch, name="worker-watcher", daemon=True).start()
    try:
        yield
    finally:
        is_over.set()
        with changing:
            _end(process)


def _begin() -> subprocess.Popen[bytes]:
    """Begin a worker; while it loads it does not hear Ctrl-C, which would only make it complain."""
    command = [sys.executable, "-m", "app.cli", "work", "--parent", str(os.getpid())]
    paths = [str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])]
    heard = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        return subprocess.Popen(  # noqa: S603 (our own command)
            command, env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)}, stdin=subprocess.DEVNULL
        )
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, heard)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(_GRACE_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
