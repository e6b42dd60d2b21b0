"""The database handle, the base of every model, and the schema's only maker: the migrations."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy.orm import DeclarativeBase, Session

from app.core.errors import Unavailable

MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class Model(DeclarativeBase):
    """Base of every table; constraint names are fixed so that migrations can name them on both engines."""

    metadata = sa.MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


db = SQLAlchemy(metadata=Model.metadata)

# What reads the publication: a session in whose transaction it is written, or a connection that does nothing else.
Reads: TypeAlias = Session | sa.Connection
# The engine by which the public reads: the same database, in connections of its own.
READING = "reading"


def bind_reading(url: str | sa.URL) -> dict[str, dict[str, Any]]:
    """Give Flask-SQLAlchemy's setting for the engine by which the public reads.

    Each statement commits by itself, so that a read is one round trip: nothing to begin, nothing to roll back.
    """
    return {
        READING: {
            "url": url,
            "isolation_level": "AUTOCOMMIT",
            "pool_reset_on_return": None,
            "skip_autocommit_rollback": True,
        }
    }


def reading_engine() -> sa.Engine:
    """Give the engine by which the public reads; its connections cannot write."""
    return db.engines[READING]


class UtcDateTime(sa.types.TypeDecorator[dt.datetime]):
    """An aware instant, kept as UTC on both engines; a naive one is refused."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Turn an aware instant into UTC; SQLite's own type then leaves the offset out."""
        del dialect
        if value is None:
            return None
        if value.tzinfo is None:
            msg = f"naive datetime {value!r}"
            raise ValueError(msg)
        return value.astimezone(dt.UTC)

    def process_result_value(self, value: dt.datetime | None, dialect: sa.Dialect) -> dt.datetime | None:
        """Give back an aware UTC instant."""
        del dialect
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


def now() -> dt.datetime:
    """Give the present instant, aware, in UTC, to the microsecond."""
    return dt.datetime.now(dt.UTC)


def begin_write(session: Session) -> None:
    """Take the writer's place at once, before anything is read.

    On SQLite a transaction that reads first and writes later fails when another writer came between; one that says
    so at the start waits its turn. PostgreSQL needs nothing. Call it as the first statement of the unit of work.
    """
    session.connection(execution_options={"disan_write": True})


def _alembic() -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    return config


def upgrade_schema(engine: sa.Engine, revision: str = "head") -> None:
    """Bring the schema to `revision` by the migrations; raises `Unavailable` when the database is out of reach."""
    with connect(engine) as connection:
        upgrade_on(connection, revision)


def upgrade_on(connection: sa.Connection, revision: str = "head") -> None:
    """Do the same on a connection, within its transaction where it has begun one."""
    config = _alembic()
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


def downgrade_schema(engine: sa.Engine, revision: str = "base") -> None:
    """Take the schema back to `revision`; the operator's way out, not a part of any normal work."""
    config = _alembic()
    with connect(engine) as connection:
        config.attributes["connection"] = connection
        command.downgrade(config, revision)


def is_schema_current(connection: sa.Connection) -> bool:
    """Tell whether the database has every migration of this release and no other."""
    heads = set(ScriptDirectory.from_config(_alembic()).get_heads())
    return set(MigrationContext.configure(connection).get_current_heads()) == heads


def schema_revision(connection: sa.Connection) -> str:
    """Give the migration at which the database stands; "" where it has none, or several at once."""
    heads = MigrationContext.configure(connection).get_current_heads()
    return heads[0] if len(heads) == 1 else ""


def knows_revision(revision: str) -> bool:
    """Tell whether this release has a migration of that name."""
    return any(step.revision == revision for step in ScriptDirectory.from_config(_alembic()).walk_revisions())


def change_rows(session: Session, statement: sa.Update | sa.Delete) -> int:
    """Update or delete rows without looking at those that the session holds; gives how many."""
    result = session.execute(statement.execution_options(synchronize_session=False))
    # What changes rows has a cursor's result; `Session.execute` says less.
    return cast("sa.CursorResult[Any]", result).rowcount


def connect(engine: sa.Engine) -> sa.Connection:
    """Open a connection, or raise `Unavailable` with an address that shows no password and the driver's reason."""
    try:
        return engine.connect()
    except sa.exc.OperationalError as error:
        raise unreachable(engine.url, error) from error


def unreachable(url: sa.URL, error: Exception) -> Unavailable:
    """Say that the database at `url` cannot be reached, why, and which setting to look at."""
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()
    return Unavailable(
        "The database %(url)s cannot be reached (%(reason)s). Check that it runs and that DISAN_DATABASE_URL is right.",
        url=url.render_as_string(hide_password=True),
        reason=reason[0] if reason else type(error).__name__,
    )
