"""A bad line between a browser and the server: it breaks after so many bytes, and is gone for a moment."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

_CHUNK = 1 << 14


@dataclass
class Line:
    """The line's near end, `url`; it breaks each time so many further bytes have gone up, once for each of `cuts`."""

    url: str
    target: tuple[str, int]
    cuts: list[int] = field(default_factory=list)
    away_s: float = 0.5
    breaks: int = 0
    up_bytes: int = 0
    _back_at: float = 0.0
    _open: set[socket.socket] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def count(self, size: int) -> None:
        """Count what goes up, and break where it is time."""
        with self._lock:
            self.up_bytes += size
            if not self.cuts or self.up_bytes < self.cuts[0]:
                return
            del self.cuts[0]
            self.breaks += 1
            self._back_at = time.monotonic() + self.away_s
            for one in list(self._open):
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def carry(self, near: socket.socket) -> None:
        """Carry one connection until either side ends it, or the line breaks."""
        with contextlib.suppress(OSError, ValueError), near, socket.create_connection(self.target) as far:
            if time.monotonic() < self._back_at:
                return
            self._open |= {near, far}
            try:
                while True:
                    readable, _, _ = select.select([near, far], [], [])
                    for source in readable:
                        data = source.recv(_CHUNK)
                        if not data:
                            return
                        if source is near:
                            self.count(len(data))
                        (far if source is near else near).sendall(data)
            finally:
                self._open -= {near, far}


@contextlib.contextmanager
def open_line(url: str, *cuts: int) -> Iterator[Line]:
    """Open a line to a server that breaks after each of `cuts` bytes in all have gone up."""
    parts = urlsplit(url)
    with socket.create_server(("127.0.0.1", 0)) as near:
        line = Line(f"http://127.0.0.1:{near.getsockname()[1]}", (str(parts.hostname), int(parts.port or 80)), [*cuts])
        is_over = threading.Event()

        def listen() -> None:
            near.settimeout(0.2)
            while not is_over.is_set():
                with contextlib.suppress(TimeoutError):
                    one, _ = near.accept()
                    threading.Thread(target=line.carry, args=(one,), daemon=True).start()

        listener = threading.Thread(target=listen, daemon=True)
        listener.start()
        try:
            yield line
        finally:
            is_over.set()
            listener.join()
