"""A throw-away PostgreSQL with PostGIS for one run of the tests, or the one that DISAN_TEST_POSTGIS_URL names.

The cluster lives in a temporary folder, listens on loopback only, and dies with the process that started it, however
that ends. Its default collation is Vietnamese where the server can (ICU, PostgreSQL 15 and later): whatever forgets
`COLLATE "C"` then sorts codes differently from SQLite, and a test says so.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import sqlalchemy as sa
from psycopg import sql

OWNER = "disan"
READY_WITHIN_S = 20.0
STOP_WITHIN_S = 10.0
_ROOM = 3_000_000_000
_DISK = "/tmp"  # noqa: S108 - folders of our own are made in it
# Nothing here survives the run, so nothing need reach the disk; without autovacuum no worker holds a template open.
SERVER_SETTINGS = {
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "autovacuum": "off",
    "jit": "off",
    "shared_buffers": "128MB",
    "max_connections": "200",
    "listen_addresses": "127.0.0.1",
    "log_min_messages": "fatal",
}


class PostgisMissing(RuntimeError):
    """There is no PostgreSQL with PostGIS on this machine, or it does not start."""


@dataclass
class Cluster:
    """A server on which the tests make databases; their names get a prefix, so that a shared server is left clean."""

    server: sa.URL
    prefix: str
    _made: set[str] = field(default_factory=set)

    def url(self, database: str) -> str:
        """Give the SQLAlchemy URL of a database, `postgresql+psycopg://…`, password included."""
        return self.server.set(database=self.prefix + database).render_as_string(hide_password=False)

    def create_database(self, name: str, template: str | None = None) -> str:
        """Make an empty database, or a copy of `template`, which nobody may be connected to; returns its URL."""
        origin = "template0" if template is None else self.prefix + template
        with self.connect() as connection:
            # Copying files needs no log of every page; before PostgreSQL 15 there was no other way, and no word for it.
            how = sql.SQL(" STRATEGY FILE_COPY" if connection.info.server_version >= 150000 else "")
            names = (sql.Identifier(self.prefix + name), sql.Identifier(origin))
            connection.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}{}").format(*names, how))
        self._made.add(name)
        return self.url(name)

    def drop_database(self, name: str) -> None:
        """Drop a database, whoever is still connected; one that is not there is no error."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(self.prefix + name)))
        self._made.discard(name)

    def drop_all(self) -> None:
        """Drop every database made here."""
        for name in sorted(self._made):
            self.drop_database(name)

    def versions(self) -> dict[str, str]:
        """Tell the versions of PostgreSQL and PostGIS, for the report of `make test-full`."""
        with self.connect() as connection:
            query = "SELECT current_setting('server_version'), default_version FROM pg_available_extensions"
            row = connection.execute(f"{query} WHERE name = 'postgis'").fetchone()
        return {"PostgreSQL": row[0].split()[0], "PostGIS": row[1]} if row else {}

    def connect(self) -> psycopg.Connection:
        """Open a connection to the server's own database, each statement for itself."""
        conninfo = self.server.set(drivername="postgresql").render_as_string(hide_password=False)
        return psycopg.connect(conninfo, autocommit=True, connect_timeout=5)

    def _execute(self, statement: sql.Composed) -> None:
        with self.connect() as connection:
            connection.execute(statement)


@contextlib.contextmanager
def start_cluster(*, is_large: bool = False) -> Iterator[Cluster]:
    """Start a cluster and give it, then stop and remove it; raises `PostgisMissing` with the mend.

    A large one lies on the disk, however much memory there is, and has a quarter of that for its pages, as PostgreSQL's
    manual has it.
    """
    prefix = f"disan_{secrets.token_hex(3)}_"
    given = os.environ.get("DISAN_TEST_POSTGIS_URL")
    if given:
        cluster = Cluster(sa.make_url(given).set(drivername="postgresql+psycopg"), prefix)
        try:
            yield cluster
        finally:
            cluster.drop_all()
        return
    # Root cannot run PostgreSQL, and root's TMPDIR may be closed to the user who can; a socket's path must be short.
    folder = Path(tempfile.mkdtemp(prefix="disan-pg-", dir=_DISK if is_large else _roomiest()))
    try:
        with _server(folder, SERVER_SETTINGS | ({"shared_buffers": f"{_quarter_mb()}MB"} if is_large else {})) as url:
            yield Cluster(url, prefix)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _quarter_mb() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 4 // 1024**2


def _roomiest() -> str:
    """Give a folder in memory if a cluster has room there, for every test copies a database; else one on the disk."""
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    is_roomy = memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > _ROOM
    return str(memory) if is_roomy else _DISK


@contextlib.contextmanager
def _server(folder: Path, settings: dict[str, str]) -> Iterator[sa.URL]:
    binaries = find_binaries()
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres")
    password = secrets.token_urlsafe(12)
    _init(binaries, folder, password)
    port = _free_port()
    settings = settings | {"port": str(port), "unix_socket_directories": str(folder)}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    log = folder / "server.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [*_as_owner(dies_with_us=True), str(binaries / "postgres"), "-D", str(folder / "data"), *options],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # a Ctrl-C in the terminal is for pytest, which then stops the server
        )
    url = sa.URL.create("postgresql+psycopg", OWNER, password, "127.0.0.1", port, "postgres")
    try:
        _wait_until_ready(process, Cluster(url, ""), log)
        yield url
    finally:
        _stop(process)


def find_binaries() -> Path:
    """Find the newest PostgreSQL of Debian or Ubuntu that has PostGIS: the folder of `initdb` and `postgres`."""
    found = [
        folder
        for folder in Path("/usr/lib/postgresql").glob("*/bin")
        if Path(f"/usr/share/postgresql/{folder.parent.name}/extension/postgis.control").exists()
        and (folder / "postgres").exists()
    ]
    if not found:
        msg = "There is no PostgreSQL with PostGIS here: `make test` installs it, or set DISAN_TEST_POSTGIS_URL."
        raise PostgisMissing(msg)
    return max(found, key=lambda folder: float(folder.parent.name))


def _as_owner(*, dies_with_us: bool = False) -> list[str]:
    """Give the words that run a command as somebody who may run PostgreSQL, and kill it when this process dies."""
    is_root = os.geteuid() == 0
    if shutil.which("setpriv"):
        words = ["--reuid=postgres", "--regid=postgres", "--init-groups"] if is_root else []
        words += ["--pdeathsig=INT"] if dies_with_us else []
        return ["setpriv", *words] if words else []
    return ["runuser", "-u", "postgres", "--"] if is_root else []


def _init(binaries: Path, folder: Path, password: str) -> None:
    secret = folder / "password"
    secret.write_text(password, encoding="utf-8")
    if os.geteuid() == 0:
        shutil.chown(secret, "postgres")
    command = [*_as_owner(), str(binaries / "initdb"), "-D", str(folder / "data"), "-U", OWNER, f"--pwfile={secret}"]
    command += ["--auth=scram-sha-256", "--encoding=UTF8", "--locale=C.UTF-8", "--no-sync", "--no-instructions"]
    vietnamese = ["--locale-provider=icu", "--icu-locale=vi-VN"]
    for extra in (vietnamese, []):
        shutil.rmtree(folder / "data", ignore_errors=True)
        done = subprocess.run([*command, *extra], cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode == 0:
            secret.unlink()
            return
    msg = f"initdb failed: {done.stderr.strip() or done.stdout.strip()}"
    raise PostgisMissing(msg)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(process: subprocess.Popen[bytes], cluster: Cluster, log: Path) -> None:
    give_up_at = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_at:
        try:
            cluster.connect().close()
        except psycopg.OperationalError:
            time.sleep(0.03)
        else:
            return
    msg = f"PostgreSQL did not start:\n{log.read_text(errors='replace')[-2000:]}"
    raise PostgisMissing(msg)


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Stop the server at once, whoever is connected."""
    if process.poll() is None:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_WITHIN_S)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGQUIT)
            process.wait(STOP_WITHIN_S)
