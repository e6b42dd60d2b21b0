"""The command `disan dump`: the publication as files."""

from __future__ import annotations

import click
from rich.progress import Progress, TaskID

from app.cli.frame import COLUMNS, application, console, require_schema
from app.core.db import db
from app.publication.dumps.making import make_dump


@click.command()
def dump() -> None:
    """Write the publication to files in DISAN_DATA/dumps: GeoJSON, CSV, GeoPackage, with a manifest.

    The dump before is served until the new one is whole.
    """
    with application() as settings, Progress(*COLUMNS, console=console) as bars:
        require_schema()
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done)

        made = make_dump(db.engine, settings, tell)
    files = made.manifest.files
    megabytes = sum(found.byte_count for found in files) / 1e6
    click.echo(
        f"{len(files)} files, {megabytes:.1f} MB, up to number {made.manifest.journal} of the journal: {made.folder}"
    )
