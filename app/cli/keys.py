"""The commands `disan key …`: which developers have keys to the public API, and taking one back."""

from __future__ import annotations

import click

from app.cli.frame import application, require_schema
from app.core.db import begin_write, db
from app.subscriptions import operations
from app.subscriptions.queries import read_keys


@click.group("key")
def keys() -> None:
    """Keys to the public API, which developers get at /{lang}/developers."""


@keys.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that were revoked as well.")
def key_list(*, is_all: bool) -> None:
    """List keys, newest first: number, beginning, day, app, e-mail address, what it is for."""
    with application():
        require_schema()
        for key in read_keys(db.session(), with_revoked=is_all):
            ended = f"  revoked {key.revoked_at:%Y-%m-%d}" if key.revoked_at else ""
            click.echo(
                f"{key.id}  {key.prefix}…  {key.created_at:%Y-%m-%d}  {key.name}  {key.email}  {key.purpose}{ended}"
            )


@keys.command("revoke")
@click.argument("number", type=int)
@click.option("--erase", is_flag=True, help="Delete at once all that is known of who had it.")
def key_revoke(number: int, *, erase: bool) -> None:
    """Make a key open nothing, within a minute; what is known of who had it is deleted after 30 days."""
    with application():
        require_schema()
        begin_write(db.session())
        (operations.erase_key if erase else operations.revoke_key)(db.session(), number)
        db.session.commit()
    click.echo(f"Key {number} is {'erased' if erase else 'revoked'}.")
