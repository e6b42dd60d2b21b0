"""A process that changes public records without end, to be killed: `python publishing.py CODE …`."""

from __future__ import annotations

import itertools
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def main(codes: list[str]) -> None:
    """Give each of the sites `codes` a new name, again and again; says so on standard output after each commit."""
    from app import create_app
    from app.core.db import begin_write, db
    from tests.harness import register
    from tests.harness.register import site

    app = create_app({name: value for name, value in os.environ.items() if name.startswith("DISAN_")})
    for turn in itertools.count():
        for code in codes:
            with app.app_context():
                begin_write(db.session())
                register.accept(db.session(), ("site", site(code, name={"vi": f"Tên {os.getpid()}-{turn}"})))
                db.session.commit()
            sys.stdout.write(f"{code}\n")
            sys.stdout.flush()
            # SQLite's one writer's place goes to whoever asks at the right moment: let the other ask, too.
            time.sleep(0.05)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    main(sys.argv[1:])
