"""The commands `disan backup`, `disan restore` and `disan export`: the whole register, out and in again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pyrage import x25519
from rich.progress import Progress, TaskID

from app.cli.frame import COLUMNS, application, console, require_schema, require_storage
from app.config import Settings
from app.core.db import db
from app.core.errors import DisanError, InvalidInput, NotFound
from app.exchange.archives.drills import hold_drill
from app.exchange.archives.loading import read_plan
from app.exchange.archives.making import Contents
from app.exchange.archives.reading import check_files, open_archive
from app.exchange.archives.restoring import restore_archive
from app.exchange.archives.sealing import read_identity
from app.exchange.archives.tables import Tell
from app.exchange.archives.targets import Backup, list_backups, make_backup, make_export, scratch_folder

_FOLDER = click.Path(file_okay=False, path_type=Path)
_SOURCE = click.Path(path_type=Path)
_IDENTITY = click.option(
    "--identity",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File with the identity of age that opens what is sealed.",
)


@contextlib.contextmanager
def _bars() -> Iterator[Tell]:
    with Progress(*COLUMNS, console=console, transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def tell(what: str, done: int, total: int | None) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        yield tell


class _Backup(click.Group):
    """A group whose first word may be a folder: `disan backup /mnt/backups` makes one there."""

    def resolve_command(self, ctx: click.Context, args: list[str]) -> Any:
        """Find the command, `make` where none is named."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            args = ["make", *args]
        return super().resolve_command(ctx, args)


@click.group(cls=_Backup, invoke_without_command=False, subcommand_metavar="TARGET | COMMAND [ARGS]...")
def backup() -> None:
    """Back the register up into the folder TARGET, or look at backups.

    `disan backup TARGET` makes a dated backup of database and files while others work. It is sealed to the public key
    in DISAN_BACKUP_KEY, and files that the backup before has are shared with it.
    """


@backup.command()
@click.argument("target", type=_FOLDER)
@click.option("--full", is_flag=True, help="Copy every file anew instead of sharing it with the backup before.")
@click.option("--drill", is_flag=True, help="Try at once whether it can be restored.")
def make(target: Path, *, full: bool, drill: bool) -> None:
    """Make a backup in the folder TARGET; the same as `disan backup TARGET`."""
    with application() as settings, _bars() as tell:
        require_schema()
        require_storage(settings)
        made = make_backup(db.engine, settings, target, is_full=full, tell=tell)
        found = made.backup
        if drill:
            witness = [made.witness] if made.witness else []
            found = hold_drill(found, settings, identities=witness, is_strict=not witness, tell=tell)
    click.echo(str(found.folder))
    _tell(made.contents)
    if drill:
        _tell_drill(found)


def _tell(contents: Contents) -> None:
    click.echo(
        f"{contents.row_count} rows of {len(contents.tables)} tables, {contents.file_count} files "
        f"({contents.new_count} new)."
    )
    for key in contents.faulty[:20]:
        click.echo(f"Missing or damaged in the storage: {key}", err=True)
    if contents.faulty:
        raise InvalidInput(
            "It is made, but %(count)s files that the register names are missing or damaged in the storage. `disan "
            "media verify` says what to do.",
            count=len(contents.faulty),
        )


def _tell_drill(found: Backup) -> None:
    told = found.drill or {}
    if not told.get("is_good"):
        problem = told.get("problem") or {"message": "No drill was held.", "params": {}}
        raise DisanError(f"The drill failed: {problem['message']}", **problem["params"])
    click.echo(f"The drill is passed: {told['rows']} rows restored and compared, {told['files']} checksums.")


@backup.command("list")
@click.argument("target", type=_FOLDER, required=False)
def list_(target: Path | None) -> None:
    """List the backups in TARGET (DISAN_BACKUP_TARGET), newest first: folder, rows, files, what the drill found."""
    with application() as settings:
        for found in list_backups(_target(target, settings)):
            told = found.drill
            drill = "no drill" if told is None else f"drill {told['at']} {'passed' if told['is_good'] else 'FAILED'}"
            sealed = "  sealed" if found.is_sealed else ""
            rows, files = found.info.get("Disan-Rows", "?"), found.info.get("Disan-Files", "?")
            click.echo(f"{found.folder}  {rows} rows  {files} files{sealed}  {drill}")


def _target(target: Path | None, settings: Settings) -> Path:
    if target is None and not settings.backup_target:
        raise InvalidInput("Say which folder: `disan backup list TARGET`, or set DISAN_BACKUP_TARGET.")
    return target or Path(settings.backup_target)


@backup.command("verify")
@click.argument("source", type=_SOURCE)
@_IDENTITY
def verify_(source: Path, identity: Path | None) -> None:
    """Read every file of the backup or export SOURCE and compare it with its checksum; nothing is restored."""
    with (
        application() as settings,
        scratch_folder(settings) as scratch,
        _bars() as tell,
        open_archive(source, identities=_identities(identity), scratch=scratch) as archive,
    ):
        checked = check_files(archive, tell)
        rows = read_plan(archive).row_count if archive.is_open else None
    click.echo(f"{checked.outside} files are what the manifest says.")
    if rows is None:
        click.echo("What is sealed was not opened; give --identity FILE to look into it.")
    else:
        click.echo(f"It holds {rows} rows.")


@backup.command("drill")
@click.argument("source", type=_FOLDER)
@_IDENTITY
def drill_(source: Path, identity: Path | None) -> None:
    """Restore the backup SOURCE into a database that is thrown away, and compare; the result stays beside it."""
    with application() as settings, _bars() as tell:
        wanted = source.resolve()
        known = next((one for one in list_backups(wanted.parent) if one.folder.resolve() == wanted), None)
        if known is None:
            raise NotFound("There is no backup at %(source)s.", source=source)
        found = hold_drill(known, settings, identities=_identities(identity), tell=tell)
    _tell_drill(found)


def _identities(path: Path | None) -> list[x25519.Identity]:
    return [] if path is None else read_identity(path)


@click.command()
@click.argument("source", type=_SOURCE)
@_IDENTITY
def restore(source: Path, identity: Path | None) -> None:
    """Restore the backup or export SOURCE into an empty DISAN_DATA and database.

    Every checksum is looked at before anything is written. Whatever interrupts it, there is no register or the whole.
    """
    with application() as settings, _bars() as tell:
        require_storage(settings)
        done = restore_archive(source, db.engine, settings, identities=_identities(identity), tell=tell)
    click.echo(f"Restored as of {done.made_at}: {done.row_count} rows, {done.file_count} files.")
    if done.content == "export":
        click.echo(
            "An export holds no passwords, tokens or keys. Add an administrator (`disan user add --role admin`), who "
            "sends the others links to set theirs."
        )
    click.echo("Make the dump that the API offers anew: `disan dump`.")


@click.command()
@click.argument("target", type=click.Path(dir_okay=False, path_type=Path))
def export(target: Path) -> None:
    """Write the whole register with its files into one ZIP file TARGET, but for passwords, tokens and keys.

    It holds everything else, sensitive places included. `disan restore` reads it, and so can a stranger.
    """
    with application() as settings, _bars() as tell:
        require_schema()
        require_storage(settings)
        contents = make_export(db.engine, settings, target, tell=tell)
    click.echo(str(target))
    _tell(contents)
