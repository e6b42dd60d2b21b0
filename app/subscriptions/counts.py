"""Counts that all processes of a machine share: a file of fixed size, mapped into memory, in which no name stands."""

from __future__ import annotations

import fcntl
import hashlib
import mmap
import os
import struct
import threading
import time
import weakref
from pathlib import Path

_BUCKETS = 8192
_SLOTS = 8
# The tag under which is counted, when the count ends (seconds of Unix time), and the count.
_SLOT = struct.Struct("<QII")
_BUCKET = struct.Struct("<" + "QII" * _SLOTS)
_MOST = 2**32 - 1


class Counts:
    """A table of counts under 64-bit tags, each of which ends by itself; 65,536 of them in 1 MiB.

    A tag has eight slots to lie in. Where all are taken, the count that ends soonest makes room. The kernel locks
    a bucket while it is changed, so that no count is lost between processes; the lock of a process that dies goes with
    it. The file is made if need be; a count costs some microseconds and reaches no disk by itself.
    """

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        weakref.finalize(self, os.close, self._file)
        size = _BUCKETS * _BUCKET.size
        # Of the same size for whoever comes first or second.
        os.ftruncate(self._file, size)
        self._memory = mmap.mmap(self._file, size)
        # The kernel's locks are a process's, not a thread's.
        self._threads = threading.Lock()

    def add(self, tag: int, lasts_s: int) -> tuple[int, int]:
        """Count one more under a tag: give the count, and in how many seconds it ends.

        A count that is new, or whose time was over, begins at one and lasts for `lasts_s` seconds.
        """
        start, now = _place(tag), int(time.time())
        with self._threads:
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, start)
            try:
                slot, ends_at, count = self._find(start, tag)
                if ends_at <= now:
                    ends_at, count = now + lasts_s, 0
                count = min(count + 1, _MOST)
                _SLOT.pack_into(self._memory, start + slot * _SLOT.size, tag, ends_at, count)
            finally:
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, start)
        return count, ends_at - now

    def read(self, tag: int) -> int:
        """Give the count under a tag, 0 where there is none or its time is over."""
        _, ends_at, count = self._find(_place(tag), tag)
        return count if ends_at > time.time() else 0

    def _find(self, start: int, tag: int) -> tuple[int, int, int]:
        """Find a tag's slot, its end and its count; or the slot that it may take, whose count is over for it."""
        fields = _BUCKET.unpack_from(self._memory, start)
        tags = fields[::3]
        if tag in tags:
            slot = tags.index(tag)
            return slot, fields[3 * slot + 1], fields[3 * slot + 2]
        ends = fields[1::3]
        return ends.index(min(ends)), 0, 0


def _place(tag: int) -> int:
    return (tag % _BUCKETS) * _BUCKET.size


def tag_of(name: str, secret: str = "") -> int:
    """Give the tag under which something is counted; with a secret nobody can tell from it what that is."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), key=secret.encode()[:64], digest_size=8).digest()
    # 0 is an empty slot's.
    return int.from_bytes(digest) or 1
