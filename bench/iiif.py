"""A tile of the image service against one feature by its code, asked in turn of one running server.

    .venv/bin/python bench/iiif.py [sqlite|postgis] [--pairs 3000]

It publishes a site with a map sheet, serves it, asks for a tile and for the feature again and again over one connection
each, and prints medians and the ratio, which may be 1.3 at most.
"""

from __future__ import annotations

import argparse
import contextlib
import http.client
import itertools
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from app.core.db import db, upgrade_schema  # noqa: E402 - the root comes first
from app.exchange.seed import load_seed  # noqa: E402
from tests.harness import media, pictures, server  # noqa: E402
from tests.harness.databases import Database, open_app  # noqa: E402
from tests.postgis import start_cluster  # noqa: E402

MOST_RATIO = 1.3
# With noise in it, so that a tile is as heavy as one of a scanned map.
SHEET = (4608, 3072)
# Of the seed, with a long text and decisions; and the one that shows the sheet.
FEATURES = {"feature (seed)": "QNM-0001", "feature (with a picture)": "QNM-9001"}


@contextlib.contextmanager
def served(engine: str, folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """Serve a seeded register with a sheet; gives the server's address and what is told of the sheet."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(start_cluster()) if engine == "postgis" else None
        database = Database(engine, "bench", folder / "data", cluster.create_database("bench") if cluster else "")
        with open_app(database) as app:
            with app.app_context():
                upgrade_schema(db.engine)
                load_seed(db.session(), app.config["DISAN"])
                db.session.commit()
            image = media.show(app, pictures.encoded(pictures.picture(*SHEET)), medium_type="map")
        yield stack.enter_context(server.serve(database, folder / "server.log")), image


def ask(connection: http.client.HTTPConnection, path: str) -> tuple[float, int]:
    """Ask for an address; gives the milliseconds and the bytes of the answer."""
    began = time.perf_counter()
    connection.request("GET", path, headers={"Accept": "*/*"})
    answer = connection.getresponse()
    size = len(answer.read())
    elapsed = (time.perf_counter() - began) * 1000
    if answer.status != http.client.OK:
        sys.exit(f"{path}: {answer.status}")
    return elapsed, size


def measure(url: str, image: dict[str, Any], pairs: int) -> float:
    """Ask in turn and print what it took; gives the larger of the ratios of a tile to a feature."""
    width, height, side = image["service"]["width"], image["service"]["height"], image["service"]["tile_px"]
    squares = [(left, top) for left in range(0, width - side, side) for top in range(0, height - side, side)]
    tiles = itertools.cycle(
        f"{image['service']['id']}/{left},{top},{side},{side}/{side},{side}/0/default.jpg" for left, top in squares
    )
    paths = {
        name: itertools.repeat(f"/api/v1/collections/sites/items/{code}?f=json") for name, code in FEATURES.items()
    }
    paths = {"tile": tiles, **paths}
    host = url.removeprefix("http://")
    connections = {name: http.client.HTTPConnection(host) for name in paths}
    took: dict[str, list[float]] = {name: [] for name in paths}
    sizes = dict.fromkeys(paths, 0)
    for turn in range(pairs + pairs // 10):
        # Whoever is asked first may find the processor colder.
        for name in list(paths)[:: 1 if turn % 2 else -1]:
            elapsed, sizes[name] = ask(connections[name], next(paths[name]))
            if turn >= pairs // 10:
                took[name].append(elapsed)
    print(f"{'':28}{'median ms':>10}{'p95 ms':>10}{'bytes':>10}{'tile / it':>12}")
    middle = {name: statistics.median(times) for name, times in took.items()}
    for name, times in took.items():
        late = statistics.quantiles(times, n=20)[-1]
        print(f"{name:28}{middle[name]:10.2f}{late:10.2f}{sizes[name]:10,}{middle['tile'] / middle[name]:12.2f}")
    return max(middle["tile"] / middle[name] for name in FEATURES)


def main() -> None:
    """Read the command line, serve, measure; ends with 1 when a tile costs too much."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="?", default="sqlite", choices=["sqlite", "postgis"])
    parser.add_argument("--pairs", type=int, default=3000)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary, served(given.engine, Path(temporary)) as (url, image):
        print(f"{given.engine}, {given.pairs} pairs, in turn", flush=True)
        ratio = measure(url, image, given.pairs)
    sys.exit(f"a tile costs {ratio:.2f} times a feature, at most {MOST_RATIO}" if ratio > MOST_RATIO else 0)


if __name__ == "__main__":
    main()
