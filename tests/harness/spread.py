"""How pytest-xdist spreads the suite: what shares the dear fixtures of an engine runs in one process, and early."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from xdist.scheduler import LoadScopeScheduling

from tests.harness.databases import ENGINES

if TYPE_CHECKING:
    from xdist.workermanage import WorkerController

_ENGINE = re.compile(rf"\[(?:.*-)?({'|'.join(ENGINES)})[-\]]")
# Tests in these that name no engine ask both.
_OF_BOTH = (
    *("tests/engine/", "tests/api/test_items.py", "tests/api/test_reshaping.py", "tests/publication/test_tiles.py"),
    *("tests/publication/test_cells.py", "tests/publication/test_filtering.py", "tests/api/test_fuzz.py"),
    "tests/register_api/test_fuzz.py",
)
# What measures how quick a page is has the machine to itself, when all else is done.
_ALONE = "tests/browser/test_lighthouse.py"
# What takes longest comes first, so that no process is left alone with it at the end.
_TURNS = (
    *ENGINES[::-1],
    *(f"tests/{name}" for name in ("test_cli.py", "browser/", "media/", "exchange/", "contract/", "publication/")),
)


class ByEngine(LoadScopeScheduling):
    """Gives a process all tests of an engine, and of the others all of a file.

    What asks both engines goes with those of PostgreSQL, whose templates the processes do not share. What wants to be
    alone goes to the last process, once the others have ended.

    The marks that xdist has for that (`--dist loadgroup`) have no effect with pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        return scope_of(nodeid)

    def _reschedule(self, node: WorkerController) -> None:
        if node.shutting_down or next(iter(self.workqueue), None) != _ALONE:
            super()._reschedule(node)
            return
        others = [other for other in self.nodes if other is not node]
        if any(not other.shutting_down for other in others):
            node.shutdown()
        elif not any(self._pending_of(self.assigned_work[other]) for other in others):
            super()._reschedule(node)

    def remove_node(self, node: WorkerController) -> str | None:
        """Forget a process that has ended; the last one may have waited for that."""
        crashed = super().remove_node(node)
        for other in self.nodes:
            self._reschedule(other)
        return crashed


def scope_of(nodeid: str) -> str:
    """Give the name of what a test stays together with."""
    if engine := _ENGINE.search(nodeid):
        return engine[1]
    if nodeid.startswith(_OF_BOTH):
        return ENGINES[-1]
    return nodeid.split("::", 1)[0]


def turn_of(nodeid: str) -> int:
    """Give the turn of a test's scope in a run, from 0 on."""
    scope = scope_of(nodeid)
    if scope == _ALONE:
        return len(_TURNS) + 1
    return next((turn for turn, name in enumerate(_TURNS) if scope.startswith(name)), len(_TURNS))
