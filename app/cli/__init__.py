"""The command `disan`: schema, seed, users, publication, server."""

from __future__ import annotations

import contextlib
import gc
import importlib
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator

import click
from granian.constants import Interfaces
from granian.server import Server
from rich.progress import Progress, TaskID
from sqlalchemy.orm import Session, configure_mappers

from app import create_app
from app.accounts.models import Role
from app.accounts.operations import add_user, find_user
from app.accounts.secrets import make_secret
from app.accounts.tokens import DEFAULT_DAYS, DEFAULT_PERMISSIONS, GRANTABLE, add_token
from app.catalogue import KINDS
from app.cli.archives import backup, export, restore
from app.cli.dumps import dump
from app.cli.frame import COLUMNS, Commands, application, console, require_schema, require_storage
from app.cli.imports import import_
from app.cli.keys import keys
from app.cli.media import media
from app.cli.ways import ways
from app.config import ROOT, Settings, read_settings
from app.core.db import begin_write, db, downgrade_schema, upgrade_schema
from app.core.errors import InvalidInput
from app.exchange.imports import Report
from app.exchange.seed import load_seed
from app.jobs.models import WishState
from app.jobs.queries import wishes
from app.media.buckets import check_bucket
from app.publication.operations import rebuild
from app.records import index
from app.worker.child import worker_beside
from app.worker.handlers import HANDLERS, daily_jobs
from app.worker.running import Runner
from app.worker.running import work as run_wishes


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="disan")
def main() -> None:
    """Di Sản: an open register of heritage and relics."""


main.add_command(keys)
main.add_command(dump)
main.add_command(import_)
main.add_command(media)
main.add_command(ways)
main.add_command(backup)
main.add_command(restore)
main.add_command(export)


@main.group("db")
def database() -> None:
    """The schema."""


@database.command()
def upgrade() -> None:
    """Bring the schema to this release."""
    with application():
        _upgrade()
        click.echo("The schema is up to date.")


def _upgrade() -> None:
    """Migrate, and make the register's index where a release before it left records without one."""
    upgrade_schema(db.engine)
    session = db.session()
    begin_write(session)
    if index.is_missing(session):
        index.rebuild(session, KINDS)
    session.commit()


@database.command()
@click.option("--to", "revision", required=True, help="Revision to go back to; `base` drops every table.")
@click.confirmation_option(prompt="This can lose data. Go on?")
def downgrade(revision: str) -> None:
    """Take the schema back."""
    with application():
        downgrade_schema(db.engine, revision)


@main.command()
def seed() -> None:
    """Load the data that comes with the project; a second run changes nothing."""
    with application() as settings:
        require_schema()
        _seed(settings)


def _seed(settings: Settings) -> None:
    with console.status("Reading the seed") as status:
        begin_write(db.session())
        reports = load_seed(db.session(), settings, tell=lambda what: status.update(f"Seed: {what}"))
        db.session.commit()
    for report in reports:
        click.echo(_summary(report))
        for row in report.rows:
            if row.verdict == "kept":
                click.echo(f"  {row.place}: {row.code} is kept as it stands; it was changed here since.")


def _summary(report: Report) -> str:
    counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(report.counts.items()))
    return f"{report.kind}: {counts or 'nothing'}"


@main.group()
def user() -> None:
    """Who may work in the register."""


@user.command("add")
@click.option("--email", required=True)
@click.option("--role", required=True, type=click.Choice([str(role) for role in Role]))
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input instead of asking.")
def user_add(email: str, role: str, *, password_stdin: bool) -> None:
    """Add a person."""
    if password_stdin:
        password = sys.stdin.readline().rstrip("\n")
    else:
        password = click.prompt("Password", hide_input=True, confirmation_prompt=True)
    with application():
        require_schema()
        begin_write(db.session())
        add_user(db.session(), email=email, role=Role(role), password=password)
        db.session.commit()
    click.echo(f"{email} is {role}.")


@main.group()
def token() -> None:
    """Keys with which programs work in the register."""


@token.command("add")
@click.option("--email", required=True, help="Whose permissions the token has.")
@click.option("--name", default="command line", show_default=True, help="What it is for.")
@click.option("--days", default=DEFAULT_DAYS, show_default=True, help="For how many days it is good.")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    type=click.Choice(sorted(str(each) for each in GRANTABLE)),
    help="What it may do; may be given several times. By default: read the register and write drafts.",
)
def token_add(email: str, name: str, days: int, scopes: tuple[str, ...]) -> None:
    """Make a token and print it, this once."""
    with application():
        require_schema()
        session = db.session()
        begin_write(session)
        owner = find_user(session, email)
        _, secret = add_token(
            session, user=owner, actor=owner, name=name, days=days, permissions=scopes or DEFAULT_PERMISSIONS
        )
        session.commit()
    click.echo(secret)


@main.group()
def publication() -> None:
    """What the public sees."""


@publication.command("rebuild")
def publication_rebuild() -> None:
    """Make the publication anew from the register; only what differs is written and journalled."""
    with application() as settings, Progress(*COLUMNS, console=console) as bars:
        require_schema()
        tasks: dict[str, TaskID] = {}
        changed = 0
        for step in rebuild(db.session(), settings=settings):
            db.session.commit()
            if step.collection not in tasks:
                tasks[step.collection] = bars.add_task(step.collection, total=step.total)
            bars.update(tasks[step.collection], completed=step.done)
            changed = step.changed
    click.echo(f"{changed} items changed.")


@main.group()
def register() -> None:
    """The register."""


@register.command()
def reindex() -> None:
    """Make the index of the officers' lists anew."""
    with application():
        require_schema()
        begin_write(db.session())
        index.rebuild(db.session(), KINDS)
        db.session.commit()
    click.echo("The register's index is made anew.")


@main.command()
@click.option("--host", help="Address to listen on (DISAN_HOST).")
@click.option("--port", type=int, help="Port to listen on (DISAN_PORT).")
@click.option("--workers", type=int, help="Server processes (DISAN_WORKERS).")
def serve(host: str | None, port: int | None, workers: int | None) -> None:
    """Serve until interrupted; requests under way are finished."""
    settings = _override(host=host, port=port, workers=workers)
    _require_free(settings)
    with application():
        require_schema()
    require_storage(settings)
    _serve(settings)


@main.command()
@click.option("--port", type=int, help="Port to listen on (DISAN_PORT).")
def demo(port: int | None) -> None:
    """Do everything: schema, seed, server."""
    settings = _override(port=port)
    _require_free(settings)
    with application():
        _upgrade()
        _seed(settings)
    require_storage(settings)
    click.echo(f"Open http://{settings.host}:{settings.port}/ (data in {settings.data}; Ctrl-C stops)")
    _serve(settings)


def _override(**given: str | int | None) -> Settings:
    """Put what the command line gives into the environment, where the server's workers read it too."""
    for name, value in given.items():
        if value is not None:
            os.environ[f"DISAN_{name.upper()}"] = str(value)
    return read_settings(os.environ)


def _require_free(settings: Settings) -> None:
    """Raise `InvalidInput` when the port cannot be had, before anything else is done."""
    if not 1 <= settings.port <= 65535:
        raise InvalidInput("%(value)s is not a port; choose one from 1024 to 65535.", field="port", value=settings.port)
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise InvalidInput(
                "Port %(value)s on %(host)s cannot be used (%(reason)s). Choose another: `make demo PORT=%(other)s` or "
                "`disan serve --port %(other)s`.",
                field="port",
                value=settings.port,
                host=settings.host,
                reason=error.strerror,
                other=settings.port + 1 if settings.port < 65535 else 8000,
            ) from error


def _serve(settings: Settings) -> None:
    """Run granian, whose workers serve the application that is made here from the environment."""
    # In no file, so that what is counted under it tells of no address to whoever has the disk.
    os.environ["DISAN_QUOTA_SECRET"] = settings.quota_secret or make_secret()
    server = Server(
        "wsgi:app",
        address=settings.host,
        port=settings.port,
        interface=Interfaces.WSGI,
        workers=settings.workers,
        workers_kill_timeout=3,
        log_enabled=False,
        websockets=False,
        working_dir=ROOT,
    )
    # A closed terminal ends a demo; granian by itself takes that signal as a wish to reload.
    server.on_startup(lambda: signal.signal(signal.SIGHUP, server.signal_handler_interrupt))
    # The workers are forks of this process, which has the application ready for them: no connection is open yet. Left
    # alone by their collectors, what is loaded stays one copy for all.
    importlib.import_module("wsgi")
    configure_mappers()
    gc.collect()
    gc.freeze()
    with worker_beside() if settings.worker else contextlib.nullcontext():
        server.serve()


@main.command()
@click.option("--parent", type=int, hidden=True, help="The process whose end is this one's.")
def work(parent: int | None) -> None:
    """Run jobs until interrupted; `disan serve` does this itself unless DISAN_WORKER is false."""
    app = create_app()
    settings: Settings = app.config["DISAN"]

    @contextlib.contextmanager
    def sessions() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    with app.app_context():
        require_schema()
    check_bucket(settings)
    logging.getLogger("huey").handlers = logging.getLogger("disan").handlers
    logging.getLogger("huey").setLevel(logging.WARNING)
    run_wishes(Runner(sessions, settings, HANDLERS, daily_jobs(settings)), parent=parent)


@main.group("jobs")
def jobs_() -> None:
    """What waits for the worker, and what failed."""


@jobs_.command("list")
@click.option("--all", "is_all", is_flag=True, help="Those that are done or cancelled as well.")
@click.option("--limit", default=100, show_default=True)
def jobs_list(*, is_all: bool, limit: int) -> None:
    """List jobs, newest first: number, kind, state, time, whose, tries, what went wrong."""
    states = () if is_all else (WishState.WAITING, WishState.RUNNING, WishState.FAILED)
    with application():
        require_schema()
        for found in wishes(db.session(), states=states, limit=limit):
            at = (found.finished_at or found.run_at).isoformat(timespec="seconds")
            told = "" if found.problem is None else f"  {found.problem}"
            click.echo(f"{found.id}  {found.kind}  {found.state}  {at}  {found.actor.name}  {found.attempts}{told}")
