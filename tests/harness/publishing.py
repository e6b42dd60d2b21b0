"""A process that changes public records without end, to be killed: `python publishing.py CODE …`."""

from __future__ import annotations

import contextlib
import itertools
import os
import sys
import time
from pathlib import Path
from typing import Any

import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[2]


def numbered(code: str, number: int) -> dict[str, Any]:
    """Give a site whose name, description and latitude say a number."""
    from tests.harness.register import site

    told = {language: f"{os.getpid()}-{number}" for language in ("vi", "en")}
    return site(code, name=told, description=told, at=(15 + number % 1000 / 1000, 108.3, 20))


def is_torn(feature: dict[str, Any]) -> bool:
    """Tell whether a feature of such a site says two numbers."""
    told = feature["properties"]
    number = int(told["name"].rpartition("-")[2])
    latitude = feature["geometry"]["coordinates"][1]
    return told["description"] != told["name"] or abs(latitude - 15 - number % 1000 / 1000) > 1e-6


def main(codes: list[str]) -> None:
    """Change each of the sites `codes`, again and again; says so on standard output after each commit.

    Name, description and place say the same number, so that a torn record shows.
    """
    from app import create_app
    from app.core.db import begin_write, db
    from tests.harness import register

    app = create_app({name: value for name, value in os.environ.items() if name.startswith("DISAN_")})
    for turn in itertools.count():
        for code in codes:
            # Who waited too long for SQLite's one writer begins again, as an officer would.
            with contextlib.suppress(sa.exc.OperationalError), app.app_context():
                begin_write(db.session())
                register.accept(db.session(), ("site", numbered(code, turn)))
                db.session.commit()
                sys.stdout.write(f"{code}\n")
                sys.stdout.flush()
            # SQLite's one writer's place goes to whoever asks at the right moment: let the other ask, too.
            time.sleep(0.05)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1:])
