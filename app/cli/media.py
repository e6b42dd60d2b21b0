"""The commands `disan media …`: whether the files are there and whole."""

from __future__ import annotations

import datetime as dt
import sys
from collections import Counter

import click
from rich.progress import Progress, TaskID

from app.cli.frame import COLUMNS, application, console, require_schema
from app.core.db import db, now
from app.media.storage import Storage
from app.media.verification import Fault, mend_made, remove_orphan, verify


@click.group()
def media() -> None:
    """Files: pictures as they came, and what was made of them."""


@media.command("verify")
@click.option("--remove-orphans", is_flag=True, help="Delete files that nothing names.")
@click.option("--mend", is_flag=True, help="Have missing and damaged renditions and tiles made again by the worker.")
@click.option(
    "--grace", "grace_min", default=60, show_default=True, help="Age in minutes below which a file is no orphan."
)
def media_verify(*, remove_orphans: bool, mend: bool, grace_min: int) -> None:
    """Read every file again and say what is missing, damaged or named by nothing.

    Leaves with 1 while anything is left that was neither deleted nor will be made again.
    """
    before = now() - dt.timedelta(minutes=grace_min)
    # On a terminal the lines go above the bars, by a way that `click.echo` does not know; what is piped stays apart.
    bars = Progress(*COLUMNS, console=console, redirect_stdout=sys.stdout.isatty())
    counts, left = Counter[str](), 0
    with application() as settings, bars:
        require_schema()
        session, storage = db.session(), Storage(settings)
        tasks: dict[str, TaskID] = {}
        for step in verify(session, storage, before=before):
            if step.what not in tasks:
                tasks[step.what] = bars.add_task(step.what, total=step.total)
            bars.update(tasks[step.what], completed=step.done, total=step.total)
            counts[step.what] = step.done
            for finding in step.findings:
                counts[finding.fault] += 1
                if finding.fault is Fault.ORPHAN:
                    is_mended = remove_orphans and remove_orphan(session, storage, finding, before=before)
                else:
                    is_mended = mend and mend_made(session, storage, finding)
                    session.commit()
                left += not is_mended
                done = ("Deleted." if finding.fault is Fault.ORPHAN else "Will be made again.") if is_mended else ""
                sys.stdout.write(f"{finding.fault}  {finding.key}  {done or finding.advice}\n")
    click.echo(
        f"{counts['originals']} originals, {counts['renditions']} renditions, {counts['tiles']} pictures in tiles: "
        f"{counts[Fault.MISSING]} missing, {counts[Fault.DAMAGED]} damaged; {counts[Fault.ORPHAN]} orphans. "
        f"Left to mend: {left}."
    )
    sys.exit(1 if left else 0)
