"""Bodies of answers that a process keeps for whoever asks for them next: tiles, and what was compressed."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Hashable
from typing import cast

from flask import Flask, current_app

# Of answers; beyond it those go that were not asked for the longest.
_MOST_BYTES = 8 * 1024 * 1024
# What a body takes beside its bytes, keys and all: measured, empty ones took half as much.
ENTRY_BYTES = 500


class Kept:
    """Bodies by what they are of, at most so many bytes of them, each with its entry's; threads may share it."""

    def __init__(self, most_bytes: int) -> None:
        self.most_bytes = most_bytes
        self.byte_count = 0
        self._bodies: OrderedDict[Hashable, bytes] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, key: Hashable) -> bytes | None:
        """Give a body; None where it is not kept."""
        with self._lock:
            found = self._bodies.get(key)
            if found is not None:
                self._bodies.move_to_end(key)
            return found

    def keep(self, key: Hashable, body: bytes) -> None:
        """Keep a body, and let go of others if need be; one that would take half of the room is not kept."""
        if 2 * _size(body) > self.most_bytes:
            return
        with self._lock:
            before = self._bodies.pop(key, None)
            self.byte_count += _size(body) - (0 if before is None else _size(before))
            self._bodies[key] = body
            while self.byte_count > self.most_bytes:
                _, gone = self._bodies.popitem(last=False)
                self.byte_count -= _size(gone)


def _size(body: bytes) -> int:
    return len(body) + ENTRY_BYTES


def init_app(app: Flask) -> None:
    """Make the room for answers, which all that keep some share."""
    app.extensions["disan_answers"] = Kept(_MOST_BYTES)


def kept_answers() -> Kept:
    """Give the process's room for answers; keys name the content, so that what has changed has another."""
    return cast("Kept", current_app.extensions["disan_answers"])
