"""The officers' desk at two sizes of the register: lists, searches, record pages, interleaved in one run.

    .venv/bin/python bench/desk.py [sqlite|postgis] [--sizes 10000,100000] [--rounds 15] [--keep FOLDER]

It fills a register of each size, logs a reviewer in, asks every page of both in turn, and prints medians and ratios.
With `--keep` SQLite's registers stay in the folder and are used again.
"""

from __future__ import annotations

import argparse
import contextlib
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

from app import create_app  # noqa: E402 - the root comes first
from app.accounts.models import Role  # noqa: E402
from app.core.db import db, upgrade_schema  # noqa: E402
from bench.generator import RARE_TAG, RARE_WORD, fill  # noqa: E402
from tests.harness.queries import count_queries  # noqa: E402
from tests.harness.readers import Reader  # noqa: E402
from tests.postgis import start_cluster  # noqa: E402

if TYPE_CHECKING:
    from flask import Flask

PAGES = {
    "home": "/desk/",
    "list, first page": "/desk/register",
    "list, deep page": "/desk/register?sort=name&kind=site",
    "list, common filter": "/desk/register?state=public",
    "list, common filter of a kind": "/desk/register/site?gap=no_point",
    "list, unit and rank": "/desk/register/site?unit=20410&rank=national",
    "list, two common filters": "/desk/register?state=public&has=gap",
    "list, rare filter": f"/desk/register?tag={RARE_TAG}",
    "list, no hit": "/desk/register?tag=khong+co",
    "search, rare word": f"/desk/register?q={RARE_WORD}",
    "search, common word": "/desk/register?q=phuoc",
    "search, two words": "/desk/register?q=dinh+lang+phuoc",
    "search, place": "/desk/register?q=quang+nam",
    "search, no hit": "/desk/register?q=zzzzqq",
    "search, word and filters": "/desk/register/site?q=phuoc&state=public",
    "record, site": "/desk/records/BEN-000777",
    "record, decision": "/desk/records/BEN-D000777",
    "record, seed": "/desk/records/QNM-0001",
    "legal, decisions": "/desk/legal",
    "counts, sites by type": "/desk/counts/sites_by_type?on=2010-12-31",
    "counts, sites by unit": "/desk/counts/sites_by_unit?on=2010-12-31",
    "counts, list of a cell": "/desk/counts/sites_by_type/list?on=2010-12-31&row=national",
}
_DEEP = 40
_MOST_STATEMENTS = 15


@contextlib.contextmanager
def registers(engine: str, sizes: list[int], folder: Path) -> Iterator[dict[int, Flask]]:
    """Give an application over a register of each size, filled if it is not there yet."""
    with contextlib.ExitStack() as stack:
        cluster = stack.enter_context(start_cluster()) if engine == "postgis" else None
        found = {}
        for size in sizes:
            data = folder / f"{engine}-{size}"
            is_there = engine == "sqlite" and (data / "filled").exists()
            url = cluster.create_database(f"bench{size}") if cluster else ""
            app = create_app({"DISAN_DATA": str(data), "DISAN_DATABASE_URL": url, "DISAN_LOG_LEVEL": "WARNING"})
            if not is_there:
                began = time.perf_counter()
                with app.app_context():
                    upgrade_schema(db.engine)
                fill(app, size)
                (data / "filled").touch()
                print(f"filled {size:,} records in {time.perf_counter() - began:.0f} s", flush=True)
            found[size] = app
        yield found
        for app in found.values():
            with app.app_context():
                db.session.remove()
                db.engine.dispose()


def deepen(reader: Reader, path: str) -> str:
    """Follow a list's next links far into it; gives the address of the page there."""
    for _ in range(_DEEP):
        following = re.search(r'href="([^"]+)" rel="next"', reader.read(path).text)
        if following is None:
            break
        path = following[1].replace("&amp;", "&")
    return path


def measure(apps: dict[int, Flask], rounds: int) -> None:
    """Ask every page of every size in turn, and print what it took."""
    readers = {size: Reader(app, f"bench{time.time_ns()}", Role.REVIEWER) for size, app in apps.items()}
    pages = {size: dict(PAGES) for size in apps}
    for size, reader in readers.items():
        pages[size]["list, deep page"] = deepen(reader, PAGES["list, deep page"])
    took: dict[tuple[str, int], list[float]] = {}
    statements: dict[str, int] = {}
    for turn in range(rounds + 1):
        for name in PAGES:
            for size, reader in readers.items():
                with count_queries() as sent:
                    began = time.perf_counter()
                    response = reader.read(pages[size][name])
                    elapsed = time.perf_counter() - began
                if response.status_code != 200:
                    sys.exit(f"{pages[size][name]}: {response.status_code}")
                statements[name] = max(statements.get(name, 0), len(sent))
                if turn:  # the first turn warms up
                    took.setdefault((name, size), []).append(elapsed * 1000)
    sizes = list(apps)
    heads = "".join(f"{size:>12,}" for size in sizes)
    print(f"{'median ms':32}{heads}{'ratio':>8}{'min ratio':>11}{'statements':>12}")
    for name in PAGES:
        middle = [statistics.median(took[name, size]) for size in sizes]
        least = [min(took[name, size]) for size in sizes]
        numbers = "".join(f"{value:12.1f}" for value in middle)
        print(f"{name:32}{numbers}{middle[-1] / middle[0]:8.2f}{least[-1] / least[0]:11.2f}{statements[name]:12}")
    over = [name for name, count in statements.items() if count > _MOST_STATEMENTS]
    print(f"pages over {_MOST_STATEMENTS} statements: {', '.join(over) or 'none'}")


def main() -> None:
    """Read the command line, fill, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="?", default="sqlite", choices=["sqlite", "postgis"])
    parser.add_argument("--sizes", default="10000,100000")
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        with registers(given.engine, [int(size) for size in given.sizes.split(",")], folder) as apps:
            print(f"{given.engine}, {given.rounds} rounds, sizes in turn", flush=True)
            measure(apps, given.rounds)


if __name__ == "__main__":
    main()
