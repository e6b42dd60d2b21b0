"""What the commands share: an application around them, where they tell how far they have come, what must be there."""

from __future__ import annotations

import contextlib
import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn

from app import create_app
from app.config import Settings
from app.core.db import connect, db, is_schema_current
from app.core.errors import DisanError, InvalidInput
from app.media.buckets import check_bucket

# To standard error, so that what a command answers can be piped.
console = Console(stderr=True)
COLUMNS = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())


class Commands(click.Group):
    """A group that says what is wrong in a sentence, without a traceback, and leaves with 1."""

    def invoke(self, ctx: click.Context) -> object:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except DisanError as error:
            raise click.ClickException(str(error)) from error


@contextlib.contextmanager
def application() -> Iterator[Settings]:
    """Give the settings within an application, and leave no connection open: what follows may fork."""
    app = create_app()
    with app.app_context():
        try:
            yield app.config["DISAN"]
        finally:
            db.session.remove()
            db.engine.dispose()


def require_schema() -> None:
    """Raise `InvalidInput` when the schema is another release's."""
    with connect(db.engine) as connection:
        if not is_schema_current(connection):
            raise InvalidInput("The schema is not this release's. Run `disan db upgrade` first.")


def require_storage(settings: Settings) -> None:
    """Raise `Unavailable` when the bucket that the settings name cannot be reached.

    A process of its own asks: the client's threads would not outlive the fork of the server's processes.
    """
    if settings.media_bucket:
        with ProcessPoolExecutor(1, mp_context=multiprocessing.get_context("spawn")) as pool:
            pool.submit(check_bucket, settings).result()
