"""What `make test-full` proved, counted by family of tests and written to docs/verification.md."""

from __future__ import annotations

import datetime as dt
import os
import platform
import re
import shutil
import sqlite3
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from typing import Any, ClassVar

import pytest

from tests.harness.counts import IS_FULL

PACKAGES = ("sqlalchemy", "flask", "granian", "shapely", "pyproj", "hypothesis", "pytest", "owslib")
PROGRAMS = {"GDAL": "ogrinfo", "Chromium": "chromium"}
# Hypothesis's statistics, a phase each: "- 100 passing, 0 failing, and 3 invalid test cases".
_EXAMPLES_RUN = "random examples"
_EXAMPLES = re.compile(r"(\d+) passing(?: examples)?, (\d+) failing")


@dataclass
class Family:
    """The tests of one folder under tests/."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    examples: int = 0
    seconds: float = 0.0


class Verification:
    """A pytest plugin that counts; it writes only at the full counts and for the whole suite.

    Where several processes test, the one that leads them adds up what their reports say.
    """

    NAME: ClassVar[str] = "disan-verification"

    def __init__(self, config: pytest.Config) -> None:
        self.config = config
        self.families: defaultdict[str, Family] = defaultdict(Family)
        self.figures: defaultdict[str, int] = defaultdict(int)
        self.versions: dict[str, str] = {"Python": platform.python_version(), "SQLite": sqlite3.sqlite_version}

    @classmethod
    def of(cls, config: pytest.Config) -> Verification:
        """Give the plugin of this run."""
        plugin = config.pluginmanager.get_plugin(cls.NAME)
        assert isinstance(plugin, Verification)
        return plugin

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_makereport(self, item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
        """Write into the report of a finished test what it counted, for the process that adds it up."""
        report: pytest.TestReport = yield
        if call.when == "call":
            report.user_properties.append((_EXAMPLES_RUN, count_examples(getattr(item, "hypothesis_statistics", ""))))
        return report

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count a finished test; setup and teardown add their seconds."""
        if hasattr(self.config, "workerinput"):
            return
        family = self.families[family_of(report.nodeid)]
        family.seconds += report.duration
        if report.failed:
            family.failed += 1
        elif report.skipped:
            family.skipped += 1
        elif report.when == "call":
            family.passed += 1
            for what, number in report.user_properties:
                if what == _EXAMPLES_RUN:
                    family.examples += int(str(number))
                else:
                    self.figures[what] += int(str(number))

    def add_versions(self, versions: dict[str, str]) -> None:
        """Note versions that only this process knows."""
        self.versions |= versions
        if hasattr(self.config, "workeroutput"):
            self.config.workeroutput["versions"] = self.versions

    @pytest.hookimpl(optionalhook=True)
    def pytest_testnodedown(self, node: Any) -> None:
        """Take over what a process knew that ends."""
        self.versions |= getattr(node, "workeroutput", {}).get("versions", {})

    def pytest_sessionfinish(self, session: pytest.Session, exitstatus: int) -> None:
        """Write the report, unless the run was a part of the suite only, or was broken off."""
        is_led = hasattr(self.config, "workerinput")
        if is_led or exitstatus not in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
            return
        options = session.config.option
        is_whole = (
            not options.keyword and not options.markexpr and not options.maxfail and not getattr(options, "lf", False)
        )
        if IS_FULL and is_whole and session.config.args_source is not pytest.Config.ArgsSource.ARGS:
            path = self.config.rootpath / "docs" / "verification.md"
            path.write_text(self.render(dt.datetime.now(dt.UTC).date()), encoding="utf-8")
            print(f"\nFigures written to {path.relative_to(self.config.rootpath)}", file=sys.stderr)  # noqa: T201

    def render(self, day: dt.date) -> str:
        """Write the report in Markdown: the families in alphabetical order, then figures, then versions."""
        lines = [
            "# What the full test run proved",
            "",
            f"Written by `make test-full` on {day.isoformat()}; the next run replaces it. {machine()}.",
            "",
            "| family | passed | failed | skipped | random examples | seconds |",
            "|---|--:|--:|--:|--:|--:|",
        ]
        total = Family()
        for name, family in sorted(self.families.items()):
            lines.append(row(name, family))
            for what in vars(total):
                setattr(total, what, getattr(total, what) + getattr(family, what))
        lines.append(row("**all**", total))
        if self.figures:
            lines += ["", "| counted by the tests themselves | |", "|---|--:|"]
            lines += [f"| {what} | {number:,} |" for what, number in sorted(self.figures.items())]
        lines += ["", "| version | |", "|---|---|"]
        lines += [f"| {name} | {version} |" for name, version in (self.versions | outer_versions()).items()]
        return "\n".join(lines) + "\n"


def row(name: str, family: Family) -> str:
    """Write one line of the table."""
    numbers = f"{family.passed:,} | {family.failed:,} | {family.skipped:,} | {family.examples:,} | {family.seconds:.1f}"
    return f"| {name} | {numbers} |"


def family_of(nodeid: str) -> str:
    """Name a test's family: the folder under tests/, or the file for one that lies in tests/ itself."""
    return nodeid.split("::", 1)[0].split("/")[1].removesuffix(".py")


def count_examples(statistics: str) -> int:
    """Add up the examples that hypothesis ran, over its phases."""
    return sum(int(passing) + int(failing) for passing, failing in _EXAMPLES.findall(statistics))


def machine() -> str:
    """Describe the machine, since seconds depend on it."""
    return f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} processors"


def outer_versions() -> dict[str, str]:
    """Look up the versions of packages and programs that the suite leans on, where they are there."""
    found = {}
    for name, program in PROGRAMS.items():
        if path := shutil.which(program):
            said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
            number = re.search(r"\d+(\.\d+)+", said)
            found[name] = number.group() if number else "unknown"
    return found | {name: metadata.version(name) for name in PACKAGES}
