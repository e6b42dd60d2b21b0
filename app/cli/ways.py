"""The command `disan ways`: the ways between the stops of itineraries, from the routing engine, on demand."""

from __future__ import annotations

import click

from app.cli.frame import application, require_schema
from app.core import clock
from app.core.db import begin_write, db
from app.publication.operations import show_ways
from app.publication.routing import find_ways


@click.command()
def ways() -> None:
    """Ask the routing engine (DISAN_ROUTING_URL) for the ways between stops that are missing or old, and publish them.

    The worker does so every night; without an engine, the ways that were found before are taken back.
    """
    with application() as settings:
        require_schema()
        session, today = db.session(), clock.today()
        asked = find_ways(session, settings, today)
        begin_write(session)
        changed = show_ways(session, asked, today, settings=settings)
        session.commit()
    found = sum(one.line is not None for one in asked.found)
    click.echo(f"{found} {'way' if found == 1 else 'ways'} found, {len(changed)} changed")
