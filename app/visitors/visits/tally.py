"""Counts that a process gathers in its memory and hands over every minute, so that no request waits for a database."""

from __future__ import annotations

import datetime as dt
import logging
import os
import threading
from collections import Counter
from collections.abc import Callable, Mapping
from multiprocessing.util import Finalize
from typing import NamedTuple

from app.visitors.visits.sources import Source

_log = logging.getLogger("disan.visits")
# What a process gathered since is lost if it is killed.
_EVERY_S = 60.0
# Of a database that cannot be written, a process remembers no more than this: some ten megabytes.
_MOST = 50_000


class Visit(NamedTuple):
    """All that is known of a visit: the day, the record, the page's language, and how the visitor came."""

    day: dt.date
    code: str
    language: str
    source: Source


class Tally:
    """The counts of one process until `store` has them; what it could not store it is given again a minute later.

    The thread that stores them starts with the first count, in whatever process that is: a server's processes are forks
    of one that counts nothing. At the end of the process the rest is stored.
    """

    def __init__(self, store: Callable[[Mapping[Visit, int]], None], every_s: float = _EVERY_S) -> None:
        self._store = store
        self._every_s = every_s
        self._counts: Counter[Visit] = Counter()
        self._lock = threading.Lock()
        # Held while counts are on their way, so that the last flush of a process waits for the one before.
        self._storing = threading.Lock()
        self._process = 0
        self._over = threading.Event()

    def count(self, visit: Visit) -> None:
        """Count a visit; costs a microsecond."""
        with self._lock:
            if visit in self._counts or len(self._counts) < _MOST:
                self._counts[visit] += 1
            is_first = self._process != os.getpid()
            self._process = os.getpid()
        if is_first:
            self._start()

    def flush(self) -> None:
        """Store what was gathered; where that fails it is kept for the next time, and the log says so."""
        with self._storing:
            with self._lock:
                counts, self._counts = self._counts, Counter()
            if not counts:
                return
            try:
                self._store(counts)
            # Whatever it is: counts are worth no page, and no thread that would end with it.
            except Exception as error:  # noqa: BLE001
                _log.warning("Visits could not be stored; they are kept for the next minute.", exc_info=error)
                with self._lock:
                    self._counts.update(counts)

    def stop(self) -> None:
        """Store the rest, and no more after it unless somebody counts again."""
        self._over.set()
        self.flush()
        self._process = 0

    def _start(self) -> None:
        self._over = threading.Event()
        # `atexit` is not heard of in the server's processes, which `multiprocessing` ends.
        Finalize(None, self.stop, exitpriority=1)
        threading.Thread(target=self._run, args=(self._over,), name="visits", daemon=True).start()

    def _run(self, over: threading.Event) -> None:
        while not over.wait(self._every_s):
            self.flush()
