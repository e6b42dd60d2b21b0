"""What `make test` leaves to `make test-full`: a test on the other engine, at another width, in another language."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable

from tests.harness.databases import ENGINES

# What differs between the engines: their indexes and questions, their schema, how they lock and number, and what the
# statements about those do with the same data. All else asks the same of both; every fourth test of it runs on PostGIS.
_ON_BOTH_ENGINES = (
    "engine/",
    "test_migrations.py",
    *(f"publication/test_{name}.py" for name in ("cells", "journal", "killed_publishers", "tallies", "tiles")),
    *(f"records/test_{name}.py" for name in ("index", "lists")),
    *(f"statistics/test_{name}.py" for name in ("standing", "tables", "frozen")),
    "desk/test_visitor_counts.py",
)
_POSTGIS_OF = 4
# In a browser a test runs in one view, but for these: each view has pages of its own, or another menu.
_IN_EVERY_VIEW = ("browser/test_desk_pages.py", "browser/test_desk.py::test_menu_opens")

_ENGINE = re.compile(rf"\b({'|'.join(ENGINES)})(?=[-\]])")
_VIEW = re.compile(r"(?<=[\[-])(phone|desktop|390|1280|vi|en|light|dark)(?=[-\]])")


def repetitions(nodeids: Iterable[str]) -> set[str]:
    """Give the tests that repeat another one of these; of each family one is not among them, always the same."""
    families: dict[str, list[str]] = {}
    for nodeid in nodeids:
        families.setdefault(_family(nodeid), []).append(nodeid)
    found: set[str] = set()
    for name, members in families.items():
        found |= set(members) - {_chosen(name, members)}
    return found


def _family(nodeid: str) -> str:
    path = nodeid.removeprefix("tests/")
    if path.startswith("browser/"):
        return nodeid if path.startswith(_IN_EVERY_VIEW) else _VIEW.sub("*", nodeid)
    return nodeid if path.startswith(_ON_BOTH_ENGINES) else _ENGINE.sub("*", nodeid)


def _chosen(name: str, members: list[str]) -> str:
    number = zlib.crc32(name.encode())
    if members[0].startswith("tests/browser/"):
        return members[number % len(members)]
    return members[-1 if number % _POSTGIS_OF == 0 else 0]
