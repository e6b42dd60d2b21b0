"""Draws the icons of the app (PNG) from static/img/logo.svg with the Chromium of the tests: `python tools/icons.py`."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from tests.harness.browser import open_browser  # noqa: E402 (found by the line above)

_IMAGES = ROOT / "static" / "img"
# A launcher cuts a maskable icon to its own shape: what matters lies in the middle four fifths.
_ICONS = {"icon-192.png": (192, 1.0), "icon-512.png": (512, 1.0), "icon-maskable.png": (512, 0.8)}
_GROUND = "#a5462c"


def main() -> None:
    """Write every icon."""
    logo = (_IMAGES / "logo.svg").read_text(encoding="utf-8")
    with open_browser() as browser:
        for name, (size, part) in _ICONS.items():
            page = browser.new_page(viewport={"width": size, "height": size})
            inner = round(size * part)
            style = f"margin:0;background:{_GROUND};display:grid;place-items:center;height:{size}px"
            page.set_content(f'<body style="{style}"><div style="width:{inner}px;height:{inner}px">{logo}</div>')
            page.screenshot(path=_IMAGES / name)
            page.close()


if __name__ == "__main__":
    main()
