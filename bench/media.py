"""Renditions by the worker against the bare Pillow calls, two at once on either side, interleaved in one run.

    .venv/bin/python bench/media.py [--rounds 5] [--files 12]

It makes photographs as cameras and telephones do, lets each side make their renditions in turn, checks that both made
the same, and prints medians and ratios, of time and of the processors' time, which other work on the machine changes
less. The worker's go from its first claim to its last end.
"""

from __future__ import annotations

import argparse
import contextlib
import multiprocessing
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.pool import Pool
from pathlib import Path
from typing import TYPE_CHECKING

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT)]

import numpy as np  # noqa: E402 - the root comes first
import pi_heif  # noqa: E402
import sqlalchemy as sa  # noqa: E402
from PIL import Image, ImageOps  # noqa: E402

from app import create_app  # noqa: E402
from app.accounts.models import Role  # noqa: E402
from app.accounts.operations import system_actor  # noqa: E402
from app.core.db import db, upgrade_schema  # noqa: E402
from app.jobs.models import Wish, WishState  # noqa: E402
from app.media.encoding import SAVED_AS  # noqa: E402
from app.media.images import WIDTHS  # noqa: E402
from app.media.models import Rendition, StoredFile  # noqa: E402
from app.media.operations import keep_file, receive_file, wish_rendering  # noqa: E402
from app.media.storage import rendition_name  # noqa: E402
from tests.harness import pictures  # noqa: E402
from tests.harness.server import command, environment  # noqa: E402

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

_AT_ONCE = 2
_TWELVE, _TWENTY_FOUR = (4000, 3000), (6000, 4000)
# In turn: what cameras and telephones write, and how much of each.
_KINDS = (
    (_TWELVE, "JPEG", 1),
    (_TWENTY_FOUR, "JPEG", 1),
    (_TWELVE, "JPEG", 6),
    (_TWELVE, "HEIF", 1),
)
_LOOK_S = 0.1
_GIVE_UP_S = 900


def photograph(width: int, height: int, seed: int) -> Image.Image:
    """Give what compresses as a photograph does: detail at every scale, the finer the weaker, and a sensor's noise."""
    dice = np.random.default_rng(seed)
    pixels = np.full((height, width, 3), 128, np.float32)
    for cells in (4, 12, 36, 108, 324, 972):
        coarse = dice.normal(128, 40, (cells * height // width + 1, cells, 3)).clip(0, 255).astype(np.uint8)
        grown = Image.fromarray(coarse).resize((width, height), Image.Resampling.BICUBIC)
        pixels += (np.asarray(grown, np.float32) - 128) * (2.5 / cells**0.4)
    pixels += dice.normal(0, 2, (height, width, 1)).astype(np.float32)
    return Image.fromarray(pixels.clip(0, 255).astype(np.uint8))


def make_files(folder: Path, count: int) -> list[Path]:
    """Write photographs of each kind in turn; gives their paths."""
    made = []
    for number in range(count):
        size, kind, orientation = _KINDS[number % len(_KINDS)]
        said = pictures.exif(orientation=orientation, taken="2026:03:04 10:20:30", lon=108.326, lat=15.877)
        path = folder / f"{number:02}.{'jpg' if kind == 'JPEG' else 'heic'}"
        photograph(*size, number).save(path, kind, quality=92 if kind == "JPEG" else 60, exif=said)
        print(f"{path.name}: {size[0]}x{size[1]}, {path.stat().st_size / 1e6:.1f} MB", flush=True)
        made.append(path)
    return made


def render_bare(path: Path, out: Path) -> float:
    """Make a file's renditions by the calls that the sealed reader makes; gives seconds of the processor."""
    began = time.process_time()
    with Image.open(path) as image:
        image.draft(image.mode, (2 * max(WIDTHS), 2 * max(WIDTHS)))
        shown = ImageOps.exif_transpose(image).convert("RGB")
    shown.info = {}
    ratio = shown.height / shown.width
    for width in sorted(WIDTHS, reverse=True):
        shown = shown.resize((width, round(width * ratio)), Image.Resampling.LANCZOS)
        for media_type, how in SAVED_AS.items():
            shown.save(out / f"{path.name}-{width}.{media_type.partition('/')[2]}", **how)
    return time.process_time() - began


@dataclass(frozen=True, slots=True)
class Took:
    """What a round took, in seconds: by the clock, and of the processors."""

    wall: float
    cpu: float


def begin_bare() -> None:
    """Make a process ready; in a session of its own, as a sealed reader is, for the kernel shares by sessions."""
    os.setsid()
    pi_heif.register_heif_opener(thumbnails=False, decode_threads=1)


def run_bare(pool: Pool, paths: Sequence[Path], out: Path) -> Took:
    """Render all files in processes that are running already."""
    began = time.perf_counter()
    cpu = pool.starmap(render_bare, [(path, out) for path in paths], chunksize=1)
    return Took(time.perf_counter() - began, sum(cpu))


def take_in(app: Flask, paths: Sequence[Path]) -> None:
    """Take the files in as an upload does."""
    settings = app.config["DISAN"]
    with app.app_context():
        upgrade_schema(db.engine)
        session = db.session()
        actor = system_actor(session, "bench", Role.EDITOR)
        for path in paths:
            with path.open("rb") as file:
                received = receive_file(file, path.name, settings=settings)
            keep_file(session, received, actor=actor)
        session.commit()


def run_worker(app: Flask, env: dict[str, str]) -> Took:
    """Wish for the renditions of all files and let a worker make them, from its first claim to its last end."""
    with app.app_context():
        session = db.session()
        actor = system_actor(session, "bench", Role.EDITOR)
        for file in session.scalars(sa.select(StoredFile).order_by(StoredFile.id)):
            if file.rendered_at is not None:
                wish_rendering(session, file, actor=actor)
        session.commit()
        with working(env) as process:
            give_up_at = time.monotonic() + _GIVE_UP_S
            before = None
            while time.monotonic() < give_up_at:
                wishes = find_wishes(session)
                if before is None and any(one.started_at for one in wishes):
                    before = cpu_seconds(process.pid)
                if before is not None and all(one.finished_at for one in wishes):
                    break
                time.sleep(_LOOK_S)
            cpu = cpu_seconds(process.pid) - (before or 0)
        if any(one.state != WishState.DONE for one in wishes):
            sys.exit(f"not rendered: {[one.error for one in wishes]}")
        wall = max(one.finished_at for one in wishes) - min(one.started_at for one in wishes)
        return Took(wall.total_seconds(), cpu)


def find_wishes(session: Session) -> Sequence[Wish]:
    """Give the wishes of all files as they are now."""
    session.rollback()
    wished = sa.select(Wish).join(StoredFile, StoredFile.wish_id == Wish.id)
    return session.scalars(wished.execution_options(populate_existing=True)).all()


def cpu_seconds(process: int) -> float:
    """Give what a process, and those that it has waited for, have used of the processors so far."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return sum(int(field) for field in fields[11:15]) / os.sysconf("SC_CLK_TCK")


@contextlib.contextmanager
def working(env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    """Run `disan work` meanwhile."""
    process = subprocess.Popen(command("work"), env=env)  # noqa: S603 - our own command
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def require_same(app: Flask, out: Path) -> None:
    """End the run unless both sides have made the same files, byte by byte."""
    types = {media_type.partition("/")[2]: media_type for media_type in SAVED_AS}
    bare = {rendition_name(path.read_bytes(), types[path.suffix[1:]]) for path in out.iterdir()}
    with app.app_context():
        ours = set(db.session.scalars(sa.select(Rendition.name)))
        db.session.rollback()
    if bare != ours:
        sys.exit(f"the sides made different renditions: {len(bare - ours)} of {len(bare)} bare ones are not ours")


def measure(app: Flask, env: dict[str, str], paths: Sequence[Path], out: Path, rounds: int) -> None:
    """Let both sides work in turn, and print what it took."""
    bares: list[Took] = []
    owns: list[Took] = []
    with multiprocessing.get_context("spawn").Pool(_AT_ONCE, begin_bare) as pool:
        for turn in range(rounds + 1):
            bare, ours = run_bare(pool, paths, out), run_worker(app, env)
            if turn:  # the first turn warms up
                bares.append(bare)
                owns.append(ours)
            else:
                require_same(app, out)
            told = f"{bare.wall:.1f} s, ours {ours.wall:.1f} s; cpu {bare.cpu:.1f} s, ours {ours.cpu:.1f} s"
            print(f"round {turn}: bare {told}; load {os.getloadavg()[0]:.1f}", flush=True)
    print(f"{'median s a file':16}{'bare':>8}{'ours':>8}{'ratio':>8}{'median of ratios':>18}")
    for name in ("wall", "cpu"):
        one = [getattr(took, name) / len(paths) for took in bares]
        other = [getattr(took, name) / len(paths) for took in owns]
        middle, own = statistics.median(one), statistics.median(other)
        ratio = statistics.median(mine / its for its, mine in zip(one, other, strict=True))
        print(f"{name:16}{middle:8.2f}{own:8.2f}{own / middle:8.2f}{ratio:18.2f}")


def main() -> None:
    """Read the command line, make the files, measure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--files", type=int, default=12)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        out = folder / "bare"
        out.mkdir()
        config = {"DISAN_DATA": str(folder / "data"), "DISAN_DATABASE_URL": "", "DISAN_LOG_LEVEL": "WARNING"}
        paths = make_files(folder, given.files)
        app = create_app(config)
        take_in(app, paths)
        measure(app, environment(**config), paths, out, given.rounds)
        with app.app_context():
            db.session.remove()
            db.engine.dispose()


if __name__ == "__main__":
    main()
