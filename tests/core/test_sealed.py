"""Sealed processes: what ends them, and what that says of the file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from app.core import sealed
from tests.harness import pictures

_BOUNDS = sealed.Bounds(memory_bytes=2_000_000_000, cpu_s=30, wall_s=60, answer_bytes=40_000_000)


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
