"""Asking over connections that stay open: so many at once, each the next of a list of addresses, timed one by one."""

from __future__ import annotations

import contextlib
import socket
import statistics
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

CONNECTIONS = 8
# Asks once; gives the size of what came, in bytes.
Ask: TypeAlias = Callable[[str], int]


@dataclass(frozen=True, slots=True)
class Took:
    """One run of a list: requests a second, milliseconds of each, the median size and the largest in bytes."""

    rate: float
    times: list[float]
    size: int
    most: int


class Connection:
    """One connection to a server over HTTP/1.1 that is kept; what comes is read and thrown away."""

    def __init__(self, port: int) -> None:
        self.port, self.tag = port, ""
        self.head = f"HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/geo+json, application/json\r\n"
        self.socket = self._open()

    def _open(self) -> socket.socket:
        opened = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return opened

    def close(self) -> None:
        """Close it."""
        self.socket.close()

    def ask(self, path: str) -> int:
        """Ask for an address; gives how large the answer's body is."""
        return len(self.read(path))

    def read(self, path: str) -> bytes:
        """Ask for an address and give the body; `path` may be followed by a blank and a tag that is had already.

        Raises `RuntimeError` for any status but 200, or 304 where a tag was sent.
        """
        path, _, tag = path.partition(" ")
        had = f"If-None-Match: {tag}\r\n" if tag else ""
        received = self._send(f"GET {path} {self.head}{had}\r\n".encode())
        while (end := received.find(b"\r\n\r\n")) < 0:
            received += self._more()
        head, body = received[:end].lower(), [received[end + 4 :]]
        status = int(head[9:12])
        if status != (304 if tag else 200):
            msg = f"{path}: {status} {received[:600]!r}"
            raise RuntimeError(msg)
        if (at := head.find(b"etag:")) >= 0:
            self.tag = received[at + 5 :].split(b"\r\n", 1)[0].strip().decode()
        if status == 304:
            return b""
        if (at := head.find(b"content-length:")) >= 0:
            missing = int(head[at + 15 :].split(b"\r\n", 1)[0]) - len(body[0])
            while missing > 0:
                body.append(self._more())
                missing -= len(body[-1])
        elif b"transfer-encoding: chunked" in head:
            while not body[-1].endswith(b"0\r\n\r\n"):
                body.append(self._more())
        if b"connection: close" in head:
            self.close()
            self.socket = self._open()
        return b"".join(body)

    def _send(self, request: bytes) -> bytes:
        """Send a request and give what comes first; a connection that the server closed while idle is opened anew."""
        with contextlib.suppress(OSError):
            self.socket.sendall(request)
            if received := self.socket.recv(262_144):
                return received
        self.close()
        self.socket = self._open()
        self.socket.sendall(request)
        return self._more()

    def _more(self) -> bytes:
        more = self.socket.recv(262_144)
        if not more:
            msg = "the server closed the connection"
            raise RuntimeError(msg)
        return more


def run(asks: Sequence[Ask], paths: Sequence[str]) -> Took:
    """Ask for every address once, shared out among the askers, who work at once."""
    times: list[float] = []
    sizes: list[int] = []
    errors: list[Exception] = []
    remaining = iter(paths)
    lock = threading.Lock()

    def work(ask: Ask) -> None:
        try:
            while not errors:
                with lock:
                    path = next(remaining, None)
                if path is None:
                    return
                began = time.perf_counter()
                size = ask(path)
                times.append((time.perf_counter() - began) * 1000)
                sizes.append(size)
        except Exception as error:  # noqa: BLE001 - told to the one who waits
            errors.append(error)

    threads = [threading.Thread(target=work, args=(ask,)) for ask in asks]
    began = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    elapsed = time.perf_counter() - began
    if errors:
        raise errors[0]
    return Took(len(paths) / elapsed, times, int(statistics.median(sizes)), max(sizes))
