"""How pytest-xdist spreads the suite: what shares the dear fixtures of an engine runs in one process."""

from __future__ import annotations

import re

from xdist.scheduler import LoadScopeScheduling

from tests.harness.databases import ENGINES

_ENGINE = re.compile(rf"\[(?:.*-)?({'|'.join(ENGINES)})[-\]]")


class ByEngine(LoadScopeScheduling):
    """Gives a process all tests of an engine; of the others all of a folder, and of those in a browser all of a file.

    The marks that xdist has for that (`--dist loadgroup`) have no effect with pytest 9.
    """

    def _split_scope(self, nodeid: str) -> str:
        if engine := _ENGINE.search(nodeid):
            return engine[1]
        path = nodeid.split("::", 1)[0]
        return path if path.startswith("tests/browser/") else path.split("/")[1]
