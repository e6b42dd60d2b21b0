"""The preview of a table of 5,000 sites in an empty register and in a large one, interleaved in one run.

    .venv/bin/python bench/imports.py [sqlite|postgis] [--sizes 0,100000] [--rows 5000] [--rounds 2] [--keep FOLDER]

It fills a register of each size, then has the same workbook read, its columns mapped as guessed, and every line
judged, by a worker within this process; it prints the seconds of each step and the ratio of the sizes.
"""

from __future__ import annotations

import argparse
import io
import random
import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import openpyxl  # noqa: E402 - the root comes first
import sqlalchemy as sa  # noqa: E402

from app.core.batches import batches  # noqa: E402
from app.core.db import db  # noqa: E402
from app.heritage.models import Location  # noqa: E402
from app.records.register import RegisterEntry, RegisterShape  # noqa: E402
from bench.desk import registers  # noqa: E402
from tests.harness.intake import Intake  # noqa: E402

if TYPE_CHECKING:
    from flask import Flask

_SHAPE = ("id", "geom", "min_lon", "min_lat", "max_lon", "max_lat")
_UNITS = ("xã Thu Bồn", "Phường Hội An", "xã Duy Phú, huyện Duy Xuyên", "P. Minh An, TP. Hội An", "Phường Tam Kỳ")
_TYPES = ("Kiến trúc nghệ thuật", "Lịch sử", "Khảo cổ", "Di tích lịch sử", "Lịch sử, khảo cổ")
_DATES = ("1850", "thế kỷ XVII", "khoảng 1471", "12/3/1985", "1960-1973", "TK 18", "3/1990")
_WHAT = ("Đình", "Chùa", "Miếu", "Lăng", "Nhà thờ tộc", "Giếng", "Mộ", "Văn chỉ")
_WRONG = (("Loại hình", "không biết"), ("Niên đại", "30/2/1985"), ("Xã/phường", "xã Không Có"), ("Toạ độ Y", None))
_HEADINGS = (
    "STT", "Tên di tích", "Tên khác", "Loại hình", "Niên đại", "Xã/phường", "Địa điểm", "Toạ độ X", "Toạ độ Y", "Nguồn",
    "Mô tả",
)  # fmt: skip


def table(rows: int) -> bytes:
    """Make a workbook as an office would have it, four lines of a hundred wrong."""
    dice = random.Random(1)  # noqa: S311 - the same every time
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("Danh mục")
    sheet.append(["DANH MỤC DI TÍCH"])
    sheet.append([])
    sheet.append(list(_HEADINGS))
    for number in range(1, rows + 1):
        cells: dict[str, Any] = dict(
            zip(
                _HEADINGS,
                [
                    number, f"{dice.choice(_WHAT)} thử nghiệm {number}", f"tên dân gian {number}", dice.choice(_TYPES),
                    dice.choice(_DATES), dice.choice(_UNITS), f"thôn {number % 17}",
                    round(1_756_063 + dice.uniform(-20_000, 20_000), 3), round(561_494 - dice.uniform(0, 20_000), 3),
                    "Hồ sơ kiểm kê", "Mô tả dài. " * 20,
                ],
                strict=True,
            )
        )  # fmt: skip
        if number % 25 == 0:
            name, wrong = _WRONG[number // 25 % len(_WRONG)]
            cells[name] = wrong
        sheet.append(list(cells.values()))
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def place(app: Flask) -> None:
    """Give the entries of a generated register their shapes, which duplicates are sought by; the seed's have theirs."""
    with app.app_context():
        session = db.session()
        query = (
            sa.select(RegisterEntry.id, Location.geom)
            .join(Location, Location.site_id == RegisterEntry.record_id)
            .where(Location.role == "main", RegisterEntry.id.not_in(sa.select(RegisterShape.id)))
        )
        rows = [
            dict(zip(_SHAPE, (key, shape, *shape.bounds), strict=True))
            for key, shape in session.execute(query)
            if shape
        ]
        for chunk in batches(rows, 2000):
            session.execute(sa.insert(RegisterShape), chunk)
        session.commit()
        print(f"{len(rows):,} shapes", flush=True)


def preview(app: Flask, data: bytes) -> tuple[float, float, dict[str, int]]:
    """Read a file and judge its lines; gives the seconds of both and the counts."""
    began = time.perf_counter()
    intake = Intake.begin(app, data, "bench.xlsx", "site")
    read = time.perf_counter()
    found = intake.check()
    return read - began, time.perf_counter() - read, found


def measure(apps: dict[int, Flask], data: bytes, rounds: int) -> None:
    """Preview the table in every register in turn, and print what it took."""
    took: dict[int, list[float]] = {size: [] for size in apps}
    for turn in range(rounds):
        for size, app in apps.items():
            read, judged, found = preview(app, data)
            took[size].append(read + judged)
            print(
                f"round {turn + 1}, {size:>9,} records: read {read:5.1f} s, judged {judged:5.1f} s, {found}", flush=True
            )
    least = {size: min(each) for size, each in took.items()}
    middle = {size: statistics.median(each) for size, each in took.items()}
    first, last = next(iter(apps)), list(apps)[-1]
    print(f"whole preview, median: {', '.join(f'{size:,}: {value:.1f} s' for size, value in middle.items())}")
    print(f"ratio of medians {middle[last] / middle[first]:.2f}, of the least {least[last] / least[first]:.2f}")


def main() -> None:
    """Read the command line, fill, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", nargs="?", default="sqlite", choices=["sqlite", "postgis"])
    parser.add_argument("--sizes", default="0,100000")
    parser.add_argument("--rows", type=int, default=5000)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--keep", type=Path)
    given = parser.parse_args()
    data = table(given.rows)
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.keep or Path(temporary)
        with registers(given.engine, [int(size) for size in given.sizes.split(",")], folder) as apps:
            for app in apps.values():
                place(app)
            print(f"{given.engine}, {given.rows:,} lines, {given.rounds} rounds, sizes in turn", flush=True)
            measure(apps, data, given.rounds)


if __name__ == "__main__":
    main()
