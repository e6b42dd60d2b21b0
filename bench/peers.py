"""The peers that the public API is measured against: their environments, their tables of the same sites, their servers.

    python bench/peers.py     makes the environments `.venv-bench-NAME` from the locks in bench/peers

pygeoapi and tipg serve a table in PostGIS, datasette one in SQLite, each with the indexes that its questions ask for.
All get two processes, as ours do, but datasette, which has one with four threads for SQL.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psycopg
import sqlalchemy as sa

ROOT = Path(__file__).resolve().parents[1]
PEERS = ("pygeoapi", "tipg", "datasette")
WORKERS = 2
_READY_WITHIN_S = 120.0
# The columns of the peers' tables: what a site's feature says, by the path to it.
COLUMNS = (
    "code", "name", "rank", "rank_label", "period", "description", "unit", "unit_name", "location_policy",
    "location_source", "licence", "attribution", "url", "modified_at",
)  # fmt: skip
# What a peer shows beside its columns: the lists of a feature, as JSON text, so that bodies are alike.
_LISTS = ("types", "other_names", "decisions", "inventory", "addresses", "visit", "doubts", "tags", "sources")


def make_environments() -> None:
    """Make each peer's environment anew from its lock."""
    for name in PEERS:
        folder = ROOT / f".venv-bench-{name}"
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)  # noqa: S603 - our own interpreter
        lock = ROOT / "bench" / "peers" / f"requirements-{name}.txt"
        pip = [str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", "--require-hashes"]
        subprocess.run([*pip, "-r", str(lock)], check=True)  # noqa: S603 - the same


def fill_postgis(url: str) -> None:
    """Make the table `peers.sites` from what is published in Vietnamese, with a serial key and all the indexes.

    One that is there already, in a database that is kept, is left.
    """
    columns = ", ".join(f"p.{name}" for name in (*COLUMNS, *_LISTS))
    typed = ", ".join(f"{name} text" for name in (*COLUMNS, *_LISTS))
    indexes = (
        "UNIQUE INDEX peer_code ON peers.sites (code)",
        "INDEX peer_geom ON peers.sites USING gist (geom)",
        "INDEX peer_rank ON peers.sites (rank, unit)",
        "INDEX peer_unit ON peers.sites (unit)",
        "INDEX peer_name ON peers.sites USING gin (name gin_trgm_ops)",
    )
    with psycopg.connect(conninfo(url), autocommit=True) as connection:
        if connection.execute("SELECT to_regclass('peers.peer_name')").fetchone() != (None,):
            return
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        connection.execute("DROP SCHEMA IF EXISTS peers CASCADE")
        connection.execute("CREATE SCHEMA peers")
        connection.execute(
            f"CREATE TABLE peers.sites AS SELECT i.id, {columns}, i.geom::geometry(Point, 4326) AS geom "  # noqa: S608
            "FROM published_items i JOIN published_texts f ON f.item_id = i.id AND f.language = 'vi' "
            f"CROSS JOIN LATERAL json_to_record(f.feature::json -> 'properties') AS p ({typed}) "
            "WHERE i.collection = 'sites' ORDER BY i.id"
        )
        connection.execute("ALTER TABLE peers.sites ADD PRIMARY KEY (id)")
        for index in indexes:
            connection.execute(f"CREATE {index}")
        connection.execute("VACUUM ANALYZE peers.sites")


def conninfo(url: str) -> str:
    """Give a URL of SQLAlchemy's as the driver reads it."""
    return sa.make_url(url).set(drivername="postgresql").render_as_string(hide_password=False)


def fill_sqlite(source: Path, target: Path) -> None:
    """Make datasette's file: the table `sites`, an R*Tree and a full-text index with unicode61 and no marks.

    One that is there already, in a folder that is kept, is left.
    """
    if target.exists():
        return
    columns = ", ".join(f"json_extract(f.feature, '$.properties.{name}') AS {name}" for name in (*COLUMNS, *_LISTS))
    unfinished = target.with_suffix(".part")
    unfinished.unlink(missing_ok=True)
    with contextlib.closing(sqlite3.connect(unfinished)) as connection:
        connection.execute("ATTACH ? AS ours", (str(source),))
        connection.executescript(
            f"CREATE TABLE sites AS SELECT i.id, {columns}, i.lon, i.lat FROM ours.published_items i "  # noqa: S608
            "JOIN ours.published_texts f ON f.item_id = i.id AND f.language = 'vi' WHERE i.collection = 'sites';"
        )
        connection.executescript(
            "CREATE TABLE copy (id INTEGER PRIMARY KEY, code TEXT UNIQUE, "  # noqa: S608 - our own columns
            + ", ".join(f"{name} TEXT" for name in (*COLUMNS[1:], *_LISTS))
            + ", lon REAL, lat REAL); INSERT INTO copy SELECT * FROM sites; DROP TABLE sites; "
            "ALTER TABLE copy RENAME TO sites; CREATE INDEX by_rank ON sites (rank, unit);"
            "CREATE INDEX by_unit ON sites (unit);"
            "CREATE VIRTUAL TABLE sites_rtree USING rtree (id, west, east, south, north);"
            "INSERT INTO sites_rtree SELECT id, lon, lon, lat, lat FROM sites WHERE lon IS NOT NULL;"
            "CREATE VIRTUAL TABLE sites_fts USING fts5 (name, description, content='sites', content_rowid='id', "
            'tokenize="unicode61 remove_diacritics 2"); '
            "INSERT INTO sites_fts (sites_fts) VALUES ('rebuild'); ANALYZE;"
        )
        connection.commit()
    unfinished.rename(target)


def free_port() -> int:
    """Give a loopback port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def serve(name: str, database: str, folder: Path) -> Iterator[tuple[int, int]]:
    """Run a peer over a database (a URL, or datasette's file) meanwhile; gives its port and process."""
    port = free_port()
    command, env = {"tipg": _tipg, "pygeoapi": _pygeoapi, "datasette": _datasette}[name](database, port, folder)
    with run([str(ROOT / f".venv-bench-{name}" / "bin" / command[0]), *command[1:]], env, port, folder) as process:
        yield port, process


def _tipg(url: str, port: int, _folder: Path) -> tuple[list[str], dict[str, str]]:
    env = {
        "DATABASE_URL": conninfo(url), "TIPG_DB_SCHEMAS": '["peers"]', "DB_MAX_CONN_SIZE": "8",
        "TIPG_TABLE_CONFIG__PEERS_SITES__PK": "code", "TIPG_DB_SPATIAL_EXTENT": "false",
        "TIPG_DB_DATETIME_EXTENT": "false", "TIPG_CATALOG_TTL": "86400",
    }  # fmt: skip
    words = ["uvicorn", "tipg.main:app", "--port", str(port), "--workers", str(WORKERS), "--log-level", "error"]
    return [*words, "--loop", "uvloop", "--http", "httptools", "--no-access-log", "--timeout-keep-alive", "75"], env


def _pygeoapi(url: str, port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    found = sa.make_url(url)
    data = {
        "host": found.host, "port": found.port, "dbname": found.database, "user": found.username,
        "password": found.password, "search_path": ["peers"],
    }  # fmt: skip
    provider = {
        "type": "feature", "name": "PostgreSQL", "data": data, "id_field": "code", "table": "sites",
        "geom_field": "geom",
    }  # fmt: skip
    site = {
        "type": "collection", "title": "sites", "description": "sites", "keywords": ["sites"],
        "extents": {"spatial": {"bbox": [100, 8, 112, 24], "crs": "http://www.opengis.net/def/crs/OGC/1.3/CRS84"}},
        "providers": [provider],
    }  # fmt: skip
    someone = {"name": "x", "url": "http://127.0.0.1"}
    config = {
        "server": {
            "bind": {"host": "127.0.0.1", "port": port}, "url": f"http://127.0.0.1:{port}",
            "mimetype": "application/json",
            "encoding": "utf-8", "languages": ["en-US"], "gzip": False, "pretty_print": False,
            "limits": {"default_items": 100, "max_items": 1000}, "map": {"url": "", "attribution": ""},
        },
        "logging": {"level": "ERROR"},
        "metadata": {
            "identification": {
                "title": "x", "description": "x", "keywords": ["x"], "keywords_type": "theme", "terms_of_service": "x",
                "url": "http://127.0.0.1",
            },
            "license": someone, "provider": someone, "contact": {**someone, "position": "x"},
        },
        "resources": {"sites": site},
    }  # fmt: skip
    # JSON is YAML.
    settings, description = folder / "pygeoapi.yml", folder / "pygeoapi-openapi.yml"
    settings.write_text(json.dumps(config), encoding="utf-8")
    env = {"PYGEOAPI_CONFIG": str(settings), "PYGEOAPI_OPENAPI": str(description)}
    program = ROOT / ".venv-bench-pygeoapi" / "bin" / "pygeoapi"
    make = [str(program), "openapi", "generate", str(settings), "--output-file", str(description)]
    subprocess.run(make, env=os.environ | env, check=True, capture_output=True)  # noqa: S603 - the peer's own command
    words = ["gunicorn", "pygeoapi.flask_app:APP", "--bind", f"127.0.0.1:{port}", "--workers", str(WORKERS)]
    return [*words, "--worker-class", "gthread", "--threads", "4", "--keep-alive", "75", "--log-level", "error"], env


_BOX = (
    "SELECT s.* FROM sites_rtree r JOIN sites s ON s.id = r.id "
    "WHERE r.east >= :west AND r.west <= :east AND r.north >= :south AND r.south <= :north LIMIT :most"
)


def _datasette(file: str, port: int, folder: Path) -> tuple[list[str], dict[str, str]]:
    metadata = folder / "datasette.json"
    told = {"databases": {Path(file).stem: {"queries": {"box": {"sql": _BOX}}}}}
    metadata.write_text(json.dumps(told), encoding="utf-8")
    options = ("num_sql_threads", "4"), ("suggest_facets", "off"), ("max_returned_rows", "2000")
    settings = [word for option in options for word in ("--setting", *option)]
    return ["datasette", "serve", "-i", file, "--metadata", str(metadata), "--port", str(port), *settings], {}


@contextlib.contextmanager
def run(command: Sequence[str], env: dict[str, str], port: int, folder: Path) -> Iterator[int]:
    """Run a server meanwhile, in a group of its own that ends with it; gives its process's number."""
    log = folder / f"{Path(command[0]).name}-{port}.log"
    with log.open("wb") as output:
        process = subprocess.Popen(  # noqa: S603 - the commands above
            command,
            env=os.environ | env,
            stdout=output,
            stderr=output,
            stdin=subprocess.DEVNULL,
            start_new_session=True,
        )
    try:
        give_up_at = time.monotonic() + _READY_WITHIN_S
        while True:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                break
            if process.poll() is not None or time.monotonic() > give_up_at:
                sys.exit(f"{command[0]} did not start:\n{log.read_text(errors='replace')[-2000:]}")
            time.sleep(0.2)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, 15)
        process.wait(20)


if __name__ == "__main__":
    make_environments()
