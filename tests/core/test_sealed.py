"""Sealed processes: what ends them, and what that says of the file."""

from __future__ import annotations

import ctypes
from dataclasses import replace
from pathlib import Path

import pytest

from app.core import sealed
from app.core.programs import run_program
from tests.harness import pictures

_BOUNDS = sealed.Bounds(memory_bytes=2_000_000_000, cpu_s=30, wall_s=60, answer_bytes=40_000_000)


def _knows_landlock() -> bool:
    """Tell whether this kernel has what keeps a process from changing files."""
    return bool(ctypes.CDLL(None).syscall(444, None, ctypes.c_size_t(0), 1) >= 3)


def _render(tmp_path: Path, **bounds: float) -> bytes:
    path = tmp_path / "a.png"
    path.write_bytes(pictures.encoded(pictures.picture(5000, 4000), "PNG", compress_level=1))
    asked = {"pixels": 80_000_000, "widths": [4900, 4800, 4700]}
    return sealed.ask("app.media.image_reader", path, "a.png", asked, replace(_BOUNDS, **bounds))


@pytest.mark.parametrize(
    ("bounds", "is_late"),
    [({"cpu_s": 1}, True), ({"wall_s": 0.05}, True), ({"memory_bytes": 60_000_000}, False)],
)
def test_file_that_is_too_much_is_judged_so(tmp_path: Path, bounds: dict[str, float], is_late: bool) -> None:  # noqa: FBT001
    with pytest.raises(sealed.Ended) as ended:
        _render(tmp_path, **bounds)
    assert ended.value.is_late is is_late


def _parts(tmp_path: Path, *, part_bytes: int = 1_000_000, **bounds: float) -> list[tuple[dict[str, object], bytes]]:
    path = tmp_path / "a.png"
    path.write_bytes(pictures.encoded(pictures.picture(1500, 1100), "PNG", compress_level=1))
    asked = {"pixels": 80_000_000, "tile_px": 512}
    told = replace(_BOUNDS, **bounds)
    return list(sealed.ask_parts("app.media.tile_reader", path, "a.png", asked, told, part_bytes=part_bytes))


def test_answer_comes_in_parts_each_as_it_was_written(tmp_path: Path) -> None:
    first, *tiles, last = _parts(tmp_path)
    assert first == ({"width": 1500, "height": 1100, "bytes": 0}, b"")
    assert last == ({"is_complete": True, "bytes": 0}, b"")
    assert len(tiles) == 9 + 4 + 1
    for head, body in tiles:
        assert len(body) == head["bytes"]
        assert pictures.decoded(body).format == "JPEG"


@pytest.mark.parametrize(
    ("bounds", "is_late"),
    [({"wall_s": 0.05}, True), ({"answer_bytes": 100_000}, True), ({"part_bytes": 5_000}, False)],
    ids=["time", "answer", "part"],
)
def test_answer_in_parts_keeps_its_bounds(tmp_path: Path, bounds: dict[str, int], is_late: bool) -> None:  # noqa: FBT001
    with pytest.raises(sealed.Ended) as ended:
        _parts(tmp_path, **bounds)
    assert ended.value.is_late is is_late


def test_answer_in_parts_that_nobody_wants_ends_its_process(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(pictures.encoded(pictures.picture(4000, 3000), "PNG", compress_level=1))
    asked = {"pixels": 80_000_000, "tile_px": 512}
    parts = sealed.ask_parts("app.media.tile_reader", path, "a.png", asked, _BOUNDS, part_bytes=1_000_000)
    next(parts)
    before = _children()
    parts.close()
    assert len(_children()) < len(before)


def _children() -> set[str]:
    return {key for one in Path("/proc/self/task").glob("*/children") for key in one.read_text().split()}


@pytest.mark.parametrize("held", [b"x" * 5000, b'{"bytes": -3}\n', b'{"bytes": 900}\n', b"x" * 5000 + b"\n"])
def test_part_that_is_none_is_noticed(held: bytes) -> None:
    with pytest.raises(sealed.Ended):
        sealed._take_part(bytearray(held), 500)


def _shell(tmp_path: Path, script: str, **bounds: float) -> bytes:
    path = tmp_path / "a.mp4"
    path.touch()
    return run_program(Path("/bin/sh"), ["-c", script], path, "a.mp4", replace(_BOUNDS, **bounds))


def test_program_is_bound_and_told_nothing_of_the_service(tmp_path: Path) -> None:
    told = _shell(tmp_path, "env; ulimit -c; ulimit -n; ulimit -f; grep NoNewPrivs /proc/self/status; echo no >&2")
    lines = told.decode().splitlines()
    assert {"LC_ALL=C.UTF-8", "MALLOC_ARENA_MAX=1"} <= set(lines)
    assert not [line for line in lines if line.startswith(("DISAN", "PATH=/root", "HOME"))]
    assert lines[-5:] == ["0", "64", "0", "NoNewPrivs:\t1", "no"]


@pytest.mark.parametrize(
    ("script", "bounds", "is_late"),
    [
        ("head -c 100 /dev/zero > {out}; echo written", {"cpu_s": 20}, False),
        ("head -c 9000 /dev/zero > {out} && echo written", {"file_bytes": 5000}, False),
        ("while :; do :; done", {"cpu_s": 1}, True),
        ("echo something; exit 3", {}, False),
    ],
)
def test_program_that_does_too_much_is_ended(
    tmp_path: Path,
    script: str,
    bounds: dict[str, float],
    is_late: bool,  # noqa: FBT001
) -> None:
    out = tmp_path / "out"
    with pytest.raises(sealed.Ended) as ended:
        _shell(tmp_path, "set -e; " + script.format(out=out), **bounds)
    assert ended.value.is_late is is_late
    assert not out.exists() or out.stat().st_size <= bounds.get("file_bytes", 0)


@pytest.mark.parametrize("script", ["rm -f {0}", ": > {0}", "mv {0} {0}.gone", "ln {0} {0}.too", "mkdir {0}.folder"])
@pytest.mark.skipif(not _knows_landlock(), reason="this kernel has no Landlock")
def test_what_is_sealed_changes_no_file(tmp_path: Path, script: str) -> None:
    victim = tmp_path / "victim"
    victim.write_text("kept\n")
    told = _shell(tmp_path, f"({script.format(victim)}) || echo barred; cat {victim}")
    assert told.decode().splitlines()[-2:] == ["barred", "kept"]
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("victim")] == ["victim"]
