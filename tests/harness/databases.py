"""Databases for the tests: templates made once per engine by the migrations and the seed, and cheap copies of them."""

from __future__ import annotations

import contextlib
import fcntl
import itertools
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self, TypeAlias

import sqlalchemy as sa
from jinja2.bccache import Bucket, BytecodeCache

from tests.postgis import Cluster, start_cluster

if TYPE_CHECKING:
    from flask import Flask

ENGINES = ("sqlite", "postgis")


@dataclass(frozen=True)
class Database:
    """A database and the data folder that goes with it."""

    engine: str
    name: str
    folder: Path
    url: str

    @property
    def config(self) -> dict[str, str]:
        """What `create_app` is given, and a subprocess may have as its environment.

        Without a quota, for all the tests come from one address; and without a thread that writes counts of visits.
        """
        return {
            "DISAN_DATA": str(self.folder),
            "DISAN_DATABASE_URL": self.url,
            "DISAN_QUOTA_ANONYMOUS": "0",
            "DISAN_VISITS": "false",
        }


# Fills the database of an application, and commits.
Fill: TypeAlias = Callable[["Flask"], None]


class Databases:
    """The templates and copies of one process; use it as a context manager.

    `shared` is a folder in which SQLite's templates lie for all the processes of a run: each is made once.
    """

    def __init__(self, folder: Path, shared: Path) -> None:
        self.folder = folder
        self.shared = shared
        self._cluster: Cluster | None = None
        self._templates: dict[tuple[str, Fill | None], Database] = {}
        self._numbers = itertools.count(1)
        self._idle: dict[str, list[tuple[Database, Flask]]] = {engine: [] for engine in ENGINES}
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._stack.close()

    @property
    def cluster(self) -> Cluster:
        """The PostgreSQL server of this run, started when first asked for."""
        if self._cluster is None:
            self._cluster = self._stack.enter_context(start_cluster())
        return self._cluster

    @property
    def is_cluster_running(self) -> bool:
        """Whether any test has asked for PostgreSQL."""
        return self._cluster is not None

    def empty(self, engine: str, folder: Path) -> Database:
        """Make a database without any schema, for the tests of the migrations; `folder` becomes its data folder."""
        folder.mkdir(parents=True, exist_ok=True)
        name = f"t{next(self._numbers)}"
        return Database(engine, name, folder, self.cluster.create_database(name) if engine == "postgis" else "")

    def template(self, engine: str, *, seeded: bool = False, fill: Fill | None = None) -> Database:
        """Give the engine's template, made by the migrations and, if `seeded`, the seed; never write to it.

        `fill` is a function that fills another one; it is asked once for each engine.
        """
        fill = _seed if seeded else fill
        found = self._templates.get((engine, fill))
        if found is None:
            found = self._templates[engine, fill] = self._make_template(engine, fill)
        return found

    def copy(
        self, engine: str, folder: Path, *, seeded: bool = False, fill: Fill | None = None, name: str = ""
    ) -> Database:
        """Copy a template into `folder`, which must not be there yet, and into a database of its own."""
        template = self.template(engine, seeded=seeded, fill=fill)
        shutil.copytree(template.folder, folder)
        name = name or f"t{next(self._numbers)}"
        url = self.cluster.create_database(name, template.name) if engine == "postgis" else ""
        return Database(engine, name, folder, url)

    def drop(self, database: Database) -> None:
        """Drop a copy; what lies in its folder goes with pytest's temporary folders."""
        if database.engine == "postgis":
            self.cluster.drop_database(database.name)

    @contextlib.contextmanager
    def app(self, engine: str, *, seeded: bool = False, fill: Fill | None = None) -> Iterator[Flask]:
        """Give an application over a copy of a template, and drop the copy afterwards.

        The application itself is used again, over the next copy at the same address: its routes and statements are
        compiled by then. A test that changes an application's settings makes its own, by `open_app`.
        """
        # Before an idle one is taken: making a template takes one, too.
        self.template(engine, seeded=seeded, fill=fill)
        if self._idle[engine]:
            database, app = self._idle[engine].pop()
            self.copy(engine, database.folder, seeded=seeded, fill=fill, name=database.name)
        else:
            folder = self.folder / f"app{next(self._numbers)}"
            database = self.copy(engine, folder, seeded=seeded, fill=fill)
            app = _create_app(database)
        try:
            yield app
        finally:
            _close(app)
            self.drop(database)
            shutil.rmtree(database.folder)
            self._idle[engine].append((database, app))

    def _make_template(self, engine: str, fill: Fill | None) -> Database:
        name = f"template-{engine}-{fill.__module__}.{fill.__qualname__}" if fill else f"template-{engine}"
        if engine == "postgis":
            return self._fill(engine, self.folder / name, fill)
        made = self.shared / name
        if fill:
            # Before the lock of this one is held: it is made under a lock of its own.
            self.template(engine)
        with _alone(self.shared / f"{name}.lock"):
            if not made.exists():
                making = self.folder / name
                self._fill(engine, making, fill)
                _settle(making)
                making.rename(made)
        return Database(engine, name, made, "")

    def _fill(self, engine: str, folder: Path, fill: Fill | None) -> Database:
        database = self.copy(engine, folder) if fill else self.empty(engine, folder)
        with open_app(database) as app:
            (fill or _migrate)(app)
        return database


@contextlib.contextmanager
def _alone(lock: Path) -> Iterator[None]:
    """Keep other processes out meanwhile."""
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


class _Compiled(BytecodeCache):
    """Templates compiled once for all the applications of a run."""

    def __init__(self) -> None:
        self._codes: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Give what was compiled before."""
        if code := self._codes.get(bucket.key + bucket.checksum):
            bucket.bytecode_from_string(code)

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep what was compiled."""
        self._codes[bucket.key + bucket.checksum] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@contextlib.contextmanager
def open_app(database: Database, **config: str) -> Iterator[Flask]:
    """Give `create_app` over a database, and close every connection afterwards; `config` overrides single settings."""
    app = _create_app(database, **config)
    try:
        yield app
    finally:
        _close(app)


def _create_app(database: Database, **config: str) -> Flask:
    from app import create_app

    app = create_app({**database.config, **config})
    app.testing = True
    app.jinja_env.bytecode_cache = _COMPILED
    return app


def _migrate(app: Flask) -> None:
    """Bring an empty database to the newest schema by the migrations."""
    from app.core.db import db, upgrade_schema

    with app.app_context():
        upgrade_schema(db.engine)


def _seed(app: Flask) -> None:
    """Load the seed, as `disan seed` does, and let PostgreSQL count its rows, as autovacuum does in real life."""
    from app.core.db import db
    from app.exchange.seed import load_seed

    with app.app_context():
        load_seed(db.session(), app.config["DISAN"])
        db.session.commit()
        if db.engine.dialect.name == "postgresql":
            with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
                connection.execute(sa.text("VACUUM ANALYZE"))


def _close(app: Flask) -> None:
    """Close the pools, or a template could not be copied and a later Python would warn of open databases."""
    from app.core.db import db

    with app.app_context():
        db.session.remove()
        for engine in db.engines.values():
            engine.dispose()


def _settle(folder: Path) -> None:
    """Fold SQLite's write-ahead logs into their databases, so that copying files copies everything."""
    for log in folder.rglob("*-wal"):
        connection = sqlite3.connect(str(log).removesuffix("-wal"))
        try:
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        finally:
            connection.close()
