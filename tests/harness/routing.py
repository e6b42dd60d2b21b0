"""A routing engine for tests: a server of OSRM's interface on loopback, whose ways go round a corner."""

from __future__ import annotations

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

# OSRM's own answers: project-osrm.org/docs/v5.24.0/api.
NO_ROUTE = (400, {"code": "NoRoute", "message": "Impossible route between points"})


@dataclass
class Engine:
    """The engine's address, what it was asked (paths), and what it answers instead of a way.

    `odd` are answers by a part of the path, `slow` parts of those that get none in time, `ends_after` is how many are
    answered before the connections are cut.
    """

    url: str = ""
    asked: list[str] = field(default_factory=list)
    answer: tuple[int, Any] | None = None
    snapped_m: float = 12.5
    odd: dict[str, tuple[int, Any]] = field(default_factory=dict)
    slow: tuple[str, ...] = ()
    ends_after: int | None = None
    is_over: threading.Event = field(default_factory=threading.Event)


@contextlib.contextmanager
def serve_routes() -> Iterator[Engine]:
    """Run the engine until the block ends."""
    engine = Engine()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            engine.asked.append(self.path)
            if engine.ends_after is not None and len(engine.asked) > engine.ends_after:
                self.close_connection = True
                return
            if any(part in self.path for part in engine.slow):
                engine.is_over.wait()
                return
            odd = next((answer for part, answer in engine.odd.items() if part in self.path), None)
            status, body = odd or engine.answer or (200, way(self.path, engine.snapped_m))
            data = body if isinstance(body, bytes) else json.dumps(body).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json; charset=utf-8")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        engine.url = f"http://127.0.0.1:{server.server_port}"
        try:
            yield engine
        finally:
            engine.is_over.set()
            server.shutdown()


def way(path: str, snapped_m: float) -> dict[str, Any]:
    """Answer as OSRM does: first along the parallel, then along the meridian; 1,234.5 m in 900 s."""
    start, end = ([float(part) for part in one.split(",")] for one in path.partition("?")[0].split("/")[-1].split(";"))
    points = [{"location": at, "distance": snapped_m, "name": "", "hint": ""} for at in (start, end)]
    line = {"type": "LineString", "coordinates": [start, [end[0], start[1]], end]}
    route = {"geometry": line, "distance": 1234.5, "duration": 900.4, "weight": 900.4, "weight_name": "duration"}
    return {"code": "Ok", "waypoints": points, "routes": [{**route, "legs": []}]}
