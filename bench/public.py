"""The public API against its peers, bare SQL and an empty route: all sides take turns in one run.

    .venv/bin/python bench/public.py [sqlite|postgis] [--sizes 10000] [--rounds 5] [--requests 200] [--keep FOLDER]
                                     [--peers tipg,pygeoapi,datasette]

It publishes `bench/features.py` at each size, serves each, and asks over eight connections that stay open; the peers
serve the largest size. It prints medians of requests a second and milliseconds, and ratios.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import math
import os
import random
import statistics
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote

import psycopg
import sqlalchemy as sa
from psycopg import sql

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from app import create_app  # noqa: E402 - the root comes first
from app.api.cursors import bind_cursor  # noqa: E402
from app.core.db import db, upgrade_schema  # noqa: E402
from app.core.paging import write_cursor  # noqa: E402
from bench import peers  # noqa: E402
from bench.bare import bare_asks  # noqa: E402
from bench.features import TOWNS, fill  # noqa: E402
from bench.generator import FIRST, SECOND, WHOSE  # noqa: E402
from bench.load import CONNECTIONS, Ask, Connection, Took, run  # noqa: E402
from tests.harness.server import command, environment  # noqa: E402
from tests.postgis import start_cluster  # noqa: E402

_ITEMS = "/api/v1/collections/sites/items"
_TILES = "/api/v1/collections/sites/tiles/WebMercatorQuad/{}/{}/{}"
_WARM = 24
_HAD = ("id", "bbox", "page", "text", "tile 0-10", "tile 14")  # asked again by who has them
_PATIENT = ("id", "empty")  # of these a round asks more, for they are quick
# A question, by name; the same for all sides.
Question: TypeAlias = dict[str, Any]
Address: TypeAlias = Callable[[Question], str]


@dataclass(frozen=True, slots=True)
class Side:
    """One that answers: who asks it, eight at once, and with which address each workload asks a question."""

    name: str
    asks: Sequence[Ask]
    addresses: dict[str, Address]


def draw(dice: random.Random, size: int) -> Question:
    """Draw a place near a town, a box, a site, a place in the crawl, and words."""
    _, lon, lat, reach, _ = dice.choices(TOWNS, [town[4] for town in TOWNS])[0]
    lon, lat, half = dice.gauss(lon, reach), dice.gauss(lat, reach), dice.choice((0.05, 0.1, 0.2, 0.5))
    return {
        "code": f"BEN-{dice.randint(1, size):07}",
        "box": (round(lon - half, 4), round(lat - half, 4), round(lon + half, 4), round(lat + half, 4)),
        "after": dice.randint(1, max(1, size - 101)), "lon": round(lon, 5), "lat": round(lat, 5),
        "words": f"{dice.choice((*WHOSE, *FIRST))} {dice.choice(SECOND)}",
        "low": _tile(lon, lat, dice.randint(0, 10)), "high": _tile(lon, lat, 14),
    }  # fmt: skip


def _tile(lon: float, lat: float, z: int) -> tuple[int, int, int]:
    """Give the tile (zoom, column, row) of WebMercatorQuad in which a place lies."""
    north = math.asinh(math.tan(math.radians(lat))) / math.pi
    return z, int((lon + 180) / 360 * 2**z), int((1 - north) / 2 * 2**z)


def _box(question: Question) -> str:
    return ",".join(map(str, question["box"]))


def _cursor(question: Question) -> str:
    return bind_cursor(write_cursor("crawl", question["after"]), ("sites",))


OURS: dict[str, Address] = {
    "empty": lambda _: "/healthz",
    "id": lambda q: f"{_ITEMS}/{q['code']}",
    "bbox": lambda q: f"{_ITEMS}?bbox={_box(q)}&limit=100",
    "filter": lambda q: f"{_ITEMS}?rank={q['rank']}&unit={q['unit']}&limit=50",
    "page": lambda q: f"{_ITEMS}?limit=100&cursor={_cursor(q)}",
    "near": lambda q: f"{_ITEMS}?near={q['lon']},{q['lat']}&limit=20",
    "text": lambda q: f"{_ITEMS}?q={quote(q['words'])}&limit=20",
    "one word": lambda q: f"{_ITEMS}?q={quote(q['words'].partition(' ')[0])}&limit=20",
    "tile 0-10": lambda q: _TILES.format(q["low"][0], q["low"][2], q["low"][1]),
    "tile 14": lambda q: _TILES.format(q["high"][0], q["high"][2], q["high"][1]),
}


def _near_box(question: Question) -> str:
    return ",".join(map(str, question["near_box"]))


def _ogc(items: str, language: str) -> dict[str, Address]:
    """Give the addresses of a peer that speaks OGC API – Features; `near` asks the box that holds the nearest."""

    def filtered(said: str, most: int) -> str:
        return f"{items}?filter={quote(said)}&filter-lang={language}&limit={most}"

    found = {
        "id": lambda q: f"{items}/{q['code']}?f={'json' if language == 'cql-text' else 'geojson'}",
        "bbox": lambda q: f"{items}?bbox={_box(q)}&limit=100",
        "filter": lambda q: f"{items}?rank={q['rank']}&unit={q['unit']}&limit=50",
        "page": lambda q: filtered(f"id > {q['after']}", 100),
        "near": lambda q: f"{items}?bbox={_near_box(q)}&limit=20",
        "text": lambda q: filtered(f"name LIKE '%{q['words']}%'", 20),
        "one word": lambda q: filtered(f"name LIKE '%{q['words'].partition(' ')[0]}%'", 20),
    }
    if language == "cql2-text":
        tiles = f"{items.removesuffix('/items')}/tiles/WebMercatorQuad"
        found |= {
            "tile 0-10": lambda q: "/".join(map(str, (tiles, *q["low"]))),
            "tile 14": lambda q: "/".join(map(str, (tiles, *q["high"]))),
        }
    return found


def _datasette(stem: str) -> dict[str, Address]:
    table = f"/{stem}/sites.json?_shape=array&_nocount=1&_nofacet=1"

    def box(edges: Sequence[float], most: int) -> str:
        west, south, east, north = edges
        return f"/{stem}/box.json?_shape=array&west={west}&south={south}&east={east}&north={north}&most={most}"

    return {
        "id": lambda q: f"{table}&code={q['code']}",
        "bbox": lambda q: box(q["box"], 100),
        "filter": lambda q: f"{table}&rank={q['rank']}&unit={q['unit']}&_size=50",
        "page": lambda q: f"{table}&_size=100&_next={q['after']}",
        "near": lambda q: box(q["near_box"], 20),
        "text": lambda q: f"{table}&_search={quote(q['words'])}&_size=20",
        "one word": lambda q: f"{table}&_search={quote(q['words'].partition(' ')[0])}&_size=20",
    }


def learn(port: int, questions: Sequence[Question]) -> None:
    """Ask ours for a rank and a unit that go together, the box that holds the nearest, and the tags of what is had."""
    connection = Connection(port)
    for question in questions:
        site = json.loads(connection.read(OURS["id"](question)))["properties"]
        question |= {"rank": site["rank"], "unit": site["unit"]}
        found = json.loads(connection.read(OURS["near"](question)))["features"]
        metres = found[-1]["properties"]["distance_m"] + 1 if found else 1000
        high = metres / 110_500
        wide = high / math.cos(math.radians(question["lat"]))
        lon, lat = question["lon"], question["lat"]
        question["near_box"] = tuple(round(edge, 5) for edge in (lon - wide, lat - high, lon + wide, lat + high))
        for workload in _HAD:
            connection.read(OURS[workload](question))
            question[f"tag of {workload}"] = connection.tag
    connection.close()


def _known(workload: str) -> Address:
    return lambda question: f"{OURS[workload](question)} {question[f'tag of {workload}']}"


@contextlib.contextmanager
def serving(data: Path, url: str, workers: int) -> Iterator[tuple[int, int]]:
    """Run `disan serve` meanwhile, without its worker; gives its port and process."""
    port = peers.free_port()
    env = environment(
        DISAN_DATA=str(data), DISAN_DATABASE_URL=url, DISAN_PORT=str(port), DISAN_WORKERS=str(workers),
        DISAN_WORKER="false", DISAN_LOG_LEVEL="WARNING", DISAN_QUOTA_ANONYMOUS="1000000000",
    )  # fmt: skip
    with peers.run(command("serve"), env, port, data) as process:
        yield port, process


def publish(data: Path, url: str, size: int) -> None:
    """Publish the sites, unless that was done before and the database is kept."""
    if (data / "filled").exists():
        return
    app = create_app({"DISAN_DATA": str(data), "DISAN_DATABASE_URL": url, "DISAN_LOG_LEVEL": "WARNING"})
    with app.app_context():
        upgrade_schema(db.engine)
    fill(app, size)
    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()
    (data / "filled").touch()


def _kept_database(server: str, name: str) -> str:
    """Give the URL of a database on a server that stays, made if it is not there."""
    found = sa.make_url(server)
    with psycopg.connect(peers.conninfo(server), autocommit=True) as connection:
        if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", (name,)).fetchone():
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE template0").format(sql.Identifier(name)))
    return found.set(drivername="postgresql+psycopg", database=name).render_as_string(hide_password=False)


def resident_mb(process: int) -> float:
    """Give the megabytes that a server's processes hold, what they share counted once (PSS)."""
    total = 0
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError, ProcessLookupError):
            if os.getpgid(int(folder.name)) == process:
                lines = (folder / "smaps_rollup").read_text().splitlines()
                total += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return total / 1024


def measure(sides: Sequence[Side], questions: Sequence[Question], rounds: int, requests: int) -> None:
    """Let all sides answer in turn, workload by workload, and print what it took; the first round warms up."""
    took: dict[tuple[str, str], list[Took]] = {}
    # Whoever has waited enough gets the rounds that are over.
    with contextlib.suppress(KeyboardInterrupt):
        _take_turns(sides, questions, rounds, requests, took)
    _tell_took(sides, took)


def _take_turns(
    sides: Sequence[Side],
    questions: Sequence[Question],
    rounds: int,
    requests: int,
    took: dict[tuple[str, str], list[Took]],
) -> None:
    workloads = list(dict.fromkeys(name for side in sides for name in side.addresses))
    for turn in range(rounds + 1):
        for workload in workloads:
            for side in sides:
                if workload not in side.addresses:
                    continue
                count = _WARM if not turn else requests * (4 if workload in _PATIENT else 1)
                first = turn * count % len(questions)
                asked = [*questions[first:], *questions[:first]][:count]
                found = run(side.asks, [side.addresses[workload](question) for question in asked])
                if turn:
                    took.setdefault((workload, side.name), []).append(found)


def _tell_took(sides: Sequence[Side], took: dict[tuple[str, str], list[Took]]) -> None:
    heads = (("a second", 10), ("p50 ms", 9), ("p95 ms", 9), ("bytes", 10), ("most", 10), ("ours, times as many", 21))
    print(f"{'':12}{'side':18}" + "".join(f"{head:>{wide}}" for head, wide in heads))
    for workload in dict.fromkeys(name for side in sides for name in side.addresses):
        ours = took.get((workload, sides[0].name), [])
        for side in sides:
            runs = took.get((workload, side.name), [])
            if not runs:
                continue
            times = sorted(time for one in runs for time in one.times)
            ratio = statistics.median(a.rate / b.rate for a, b in zip(ours, runs, strict=False)) if ours else math.nan
            rate, most = statistics.median(one.rate for one in runs), max(one.most for one in runs)
            p50, p95 = times[len(times) // 2], times[int(len(times) * 0.95)]
            print(
                f"{workload:12}{side.name:18}{rate:10,.0f}{p50:9.2f}{p95:9.2f}{runs[0].size:10,}{most:10,}{ratio:21.2f}"
            )


def main() -> None:
    """Read the command line, publish, serve, measure."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("engine", nargs="?", default="sqlite", choices=["sqlite", "postgis"])
    parser.add_argument("--sizes", default="10000")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--requests", type=int, default=200)
    parser.add_argument("--keep", type=Path, help="a folder in which what is published stays for the next run")
    parser.add_argument("--server", help="with --keep, the URL of a PostgreSQL with PostGIS where its databases stay")
    parser.add_argument("--peers", help="which; by default all that speak to the engine, and have an environment")
    given = parser.parse_args()
    sizes = sorted((int(size) for size in given.sizes.split(",")), reverse=True)
    able = ("datasette",) if given.engine == "sqlite" else ("tipg", "pygeoapi")
    asked = able if given.peers is None else [name for name in given.peers.split(",") if name in able]
    workers = 1 if given.engine == "sqlite" else peers.WORKERS
    with contextlib.ExitStack() as stack:
        folder = given.keep or Path(stack.enter_context(tempfile.TemporaryDirectory()))
        is_postgis = given.engine == "postgis"
        cluster = stack.enter_context(start_cluster(is_large=True)) if is_postgis and not given.server else None
        dice = random.Random(11)  # noqa: S311 - the same questions every time
        questions = [draw(dice, sizes[-1]) for _ in range(min(1000, 4 * given.requests))]
        sides, processes = [], {}
        for size in sizes:
            data = folder / f"{given.engine}-{size}"
            if cluster:
                url = cluster.create_database(f"bench{size}")
            else:
                url = _kept_database(given.server, f"disan_bench_{size}") if is_postgis else ""
            data.mkdir(parents=True, exist_ok=True)
            publish(data, url, size)
            port, process = stack.enter_context(serving(data, url, workers))
            processes[f"ours {size:,}"] = process
            addresses = dict(OURS)
            if size == sizes[0]:
                learn(port, questions)
                largest = (data, url)
                addresses |= {f"304 {workload}": _known(workload) for workload in _HAD}
            sides.append(Side(f"ours {size:,}", [Connection(port).ask for _ in range(CONNECTIONS)], addresses))
        data, url = largest
        sides.append(Side("bare SQL", *bare_asks(data, url)))
        source = url
        if asked and is_postgis:
            peers.fill_postgis(url)
        elif asked:
            source = str(data / "peer.db")
            peers.fill_sqlite(data / "disan.sqlite3", Path(source))
        for name in asked:
            port, processes[name] = stack.enter_context(peers.serve(name, source, data))
            addresses = {
                "tipg": _ogc("/collections/peers.sites/items", "cql2-text"),
                "pygeoapi": _ogc("/collections/sites/items", "cql-text"),
                "datasette": _datasette("peer"),
            }[name]
            sides.append(Side(name, [Connection(port).ask for _ in range(CONNECTIONS)], addresses))
        print(f"{given.engine}, load {os.getloadavg()[0]:.1f}, {workers} processes of each server", flush=True)
        measure(sides, questions, given.rounds, given.requests)
        for name, process in processes.items():
            print(f"{name}: {resident_mb(process):.0f} MB")


if __name__ == "__main__":
    main()
