"""The command `disan`: what it does, and what it says when something is wrong."""

from __future__ import annotations

import contextlib
import datetime as dt
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from unittest import mock

import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.accounts.models import Role, User
from app.accounts.operations import has_password, system_actor
from app.accounts.tokens import authenticate_token
from app.cli import main
from app.config import read_settings
from app.core.db import begin_write, db
from app.core.errors import InvalidInput
from app.jobs.operations import claim, fail, finish, wish
from tests.harness.counts import counts
from tests.harness.databases import Database, Databases, open_app
from tests.harness.server import command, environment, free_port


def run(*words: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*words),
        env=environment(**settings),
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def ask(*words: str, stdin: str = "", **settings: str) -> Result:
    """Do as `run` does, in this process, which spares the second or more that a new one takes to begin."""
    # What a command tells its children by the environment ends with it.
    with mock.patch.dict(os.environ):
        result = CliRunner().invoke(main, words, input=stdin, env=settings)
    # An error that nobody foresaw would have been a traceback.
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


@pytest.fixture
def database(databases: Databases, tmp_path: Path) -> Database:
    return databases.copy("sqlite", tmp_path / "data")


def test_help_names_the_commands() -> None:
    told = run("--help").stdout
    assert all(name in told for name in ("db", "demo", "jobs", "publication", "seed", "serve", "user", "work"))


def test_demo_does_everything_and_a_second_run_loses_nothing(tmp_path: Path) -> None:
    for seconds in (180, 60):
        port = free_port()
        begun = time.monotonic()
        log = (tmp_path / "log").open("w+")
        process = subprocess.Popen(
            command("demo", "--port", str(port)),
            env=environment(DISAN_DATA=str(tmp_path / "data")),
            stdout=log,
            stderr=log,
        )
        try:
            body = _fetch(f"http://127.0.0.1:{port}/api/v1/collections/sites/items?limit=1", begun + seconds)
            assert b'"numberMatched": 200' in body
        finally:
            process.send_signal(signal.SIGINT)
            assert process.wait(15) in (0, -signal.SIGINT, 130)
            log.close()


def _fetch(url: str, until: float) -> bytes:
    while True:
        try:
            with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
                return bytes(response.read())
        except OSError:
            if time.monotonic() > until:
                raise
            time.sleep(0.1)


def test_serve_finishes_requests_and_stops_on_sigterm(databases: Databases, tmp_path: Path) -> None:
    from tests.harness.server import serve

    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    with serve(database, tmp_path / "log") as url:
        assert _fetch(f"{url}/healthz", 0) == b'{"status": "ok"}'
    line = (tmp_path / "log").read_text().splitlines()[-1]
    assert '"path": "/healthz", "status": 200' in line
    assert '"request_id": "' in line


@pytest.mark.parametrize("end", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT][: counts(1, 3)])
def test_serve_stops_when_told_or_when_its_terminal_closes(
    database: Database, tmp_path: Path, end: signal.Signals
) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        process = subprocess.Popen(
            command("serve", "--port", str(port)), env=environment(**database.config), stdout=log, stderr=log
        )
        try:
            _fetch(f"http://127.0.0.1:{port}/healthz", time.monotonic() + 30)
            process.send_signal(end)
            assert process.wait(15) == 0
        finally:
            process.kill()
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", port)) != 0


def _workers(parent: int) -> list[int]:
    """The children of a process that are its workers."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            told = (entry / "stat").read_text().rpartition(")")[2].split()
            if int(told[1]) == parent and told[0] != "Z" and b"app.cli\0work" in (entry / "cmdline").read_bytes():
                found.append(int(entry.name))
    return found


def _wait_for(is_so: Callable[[], object]) -> None:
    until = time.monotonic() + 20
    while not is_so():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.1)


def _is_gone(pid: int) -> bool:
    status = Path(f"/proc/{pid}/stat")
    try:
        return status.read_text().rpartition(")")[2].split()[0] == "Z"
    except OSError:
        return True


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT, signal.SIGHUP][: counts(1, 4)])
def test_worker_lives_and_ends_with_the_server(database: Database, tmp_path: Path, end: signal.Signals) -> None:
    """It is begun anew when it is killed, and is gone whichever way the server ends."""
    log = tmp_path / "log"
    with log.open("w") as output:
        process = subprocess.Popen(
            command("serve", "--port", str(free_port())),
            env=environment(**database.config),
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
        try:
            _wait_for(lambda: '"message": "working"' in log.read_text())
            (first,) = _workers(process.pid)
            os.kill(first, signal.SIGKILL)
            _wait_for(lambda: _workers(process.pid) not in ([], [first]))
            _wait_for(lambda: log.read_text().count('"message": "working"') == 2)
            (second,) = _workers(process.pid)
            process.send_signal(end)
            process.wait(15)
            _wait_for(lambda: _is_gone(second))
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    assert "Traceback" not in log.read_text()


def test_server_without_a_worker_has_none(database: Database, tmp_path: Path) -> None:
    port = free_port()
    with (tmp_path / "log").open("w") as log:
        env = environment(**database.config, DISAN_WORKER="false")
        process = subprocess.Popen(command("serve", "--port", str(port)), env=env, stdout=log, stderr=log)
        try:
            _fetch(f"http://127.0.0.1:{port}/readyz", time.monotonic() + 30)
            assert _workers(process.pid) == []
        finally:
            process.terminate()
            process.wait(15)


def test_jobs_that_wait_or_failed_are_listed(database: Database) -> None:
    with open_app(database) as app, app.app_context():
        begin_write(db.session())
        actor = system_actor(db.session(), "somebody", Role.EDITOR)
        wish(db.session(), "good", {}, actor=actor)
        wish(db.session(), "bad", {}, actor=actor)
        wish(db.session(), "later", {}, actor=actor)
        for error in (None, InvalidInput("“%(value)s” cannot be.", value="x")):
            job = claim(db.session(), owner="me", lease=dt.timedelta(minutes=1))
            assert job is not None
            finish(db.session(), job, {}) if error is None else fail(db.session(), job, error, is_final=True)
            db.session.expire_all()
        db.session.commit()
    lines = ask("jobs", "list", **database.config).stdout.splitlines()
    assert [line.split()[:3] for line in lines] == [["3", "later", "waiting"], ["2", "bad", "failed"]]
    assert lines[1].endswith("somebody  1  “x” cannot be.")
    assert len(ask("jobs", "list", "--all", **database.config).stdout.splitlines()) == 3


@pytest.mark.parametrize("words", [("serve",), ("demo",)])
def test_port_in_use_is_told_before_anything_is_done(tmp_path: Path, words: tuple[str, ...]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = ask(*words, "--port", str(port), DISAN_DATA=str(tmp_path / "data"))
    assert done.exit_code == 1
    assert f"Port {port} on 127.0.0.1 cannot be used (Address already in use)" in done.stderr
    assert f"PORT={port + 1}" in done.stderr
    assert not (tmp_path / "data").exists()


def test_port_that_is_none_is_refused() -> None:
    done = ask("serve", "--port", "99999")
    assert (done.exit_code, "99999 is not a port" in done.stderr) == (1, True)


@pytest.mark.parametrize("words", [("seed",), ("serve",), ("publication", "rebuild"), ("db", "upgrade")])
def test_unreachable_database_is_told_without_its_password(tmp_path: Path, words: tuple[str, ...]) -> None:
    settings = {
        "DISAN_DATA": str(tmp_path),
        "DISAN_DATABASE_URL": "postgresql+psycopg://disan:sesame@127.0.0.1:9/disan",
        "DISAN_PORT": str(free_port()),
    }
    if words == ("serve",):
        begun = run(*words, **settings)
        code, told = begun.returncode, begun.stderr
    else:
        asked = ask(*words, **settings)
        code, told = asked.exit_code, asked.stderr
    assert code == 1
    assert "The database postgresql+psycopg://disan:***@127.0.0.1:9/disan cannot be reached" in told
    assert "DISAN_DATABASE_URL" in told
    assert "sesame" not in told
    assert "Traceback" not in told


@pytest.mark.parametrize("words", [("seed",), ("publication", "rebuild")])
def test_schema_that_is_not_there_is_told(tmp_path: Path, words: tuple[str, ...]) -> None:
    done = ask(*words, DISAN_DATA=str(tmp_path))
    assert (done.exit_code, "Run `disan db upgrade` first" in done.stderr) == (1, True)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DISAN_PORT", "eight"),
        ("DISAN_ONE_PERSON_OFFICE", "maybe"),
        ("DISAN_PLAUSIBLE_BOX", "1,2"),
        ("DISAN_TENANT_NAME", "x"),
    ],
)
def test_setting_of_the_wrong_type_is_told_with_its_default(name: str, value: str) -> None:
    with pytest.raises(InvalidInput, match=f"The setting {name} cannot be “{value}”; write it like its default"):
        read_settings({name: value})
    done = ask("seed", **{name: value})
    assert (done.exit_code, f"The setting {name} cannot be “{value}”" in done.stderr) == (1, True)


def test_settings_are_read_as_their_types() -> None:
    found = read_settings({
        "DISAN_LANGUAGES": "vi, en ,fr", "DISAN_ONE_PERSON_OFFICE": "true", "DISAN_PLAUSIBLE_BOX": "1,2,3,4",
        "DISAN_TENANT_NAME": '{"vi": "Huế"}', "DISAN_DATA": "/srv/disan",
    })  # fmt: skip
    assert (found.languages, found.one_person_office, found.plausible_box) == (
        ("vi", "en", "fr"),
        True,
        (1.0, 2.0, 3.0, 4.0),
    )
    assert (dict(found.tenant_name), str(found.data)) == ({"vi": "Huế"}, "/srv/disan")


def test_user_is_added_with_a_hashed_password(database: Database) -> None:
    words = ("user", "add", "--email", "Officer@Example.org", "--role", "editor", "--password-stdin")
    done = ask(*words, stdin="correct horse battery\n", **database.config)
    assert done.exit_code == 0, done.stderr
    with open_app(database) as app, app.app_context():
        user = db.session.scalar(sa.select(User).where(User.name == "officer@example.org"))
        assert user is not None
        assert (user.password_hash or "").startswith("$argon2id$")
        assert has_password(user, "correct horse battery")
        assert not has_password(user, "wrong")
        user.is_active = False
        assert not has_password(user, "correct horse battery")


@pytest.mark.parametrize(
    ("email", "password", "told"),
    [
        ("nobody", "correct horse battery", "is not an e-mail address"),
        ("a@example.org", "short", "at least 12"),
    ],
)
def test_user_that_cannot_be_is_refused(database: Database, email: str, password: str, told: str) -> None:
    words = ("user", "add", "--email", email, "--role", "editor", "--password-stdin")
    done = ask(*words, stdin=f"{password}\n", **database.config)
    assert (done.exit_code, told in done.stderr) == (1, True)


def test_user_twice_is_refused(database: Database) -> None:
    words = ("user", "add", "--email", "a@example.org", "--role", "editor", "--password-stdin")
    assert ask(*words, stdin="correct horse battery\n", **database.config).exit_code == 0
    done = ask(*words, stdin="correct horse battery\n", **database.config)
    assert (done.exit_code, "There is a user a@example.org already" in done.stderr) == (1, True)


def test_token_is_printed_once_and_opens(database: Database) -> None:
    words = ("user", "add", "--email", "a@example.org", "--role", "editor", "--password-stdin")
    assert ask(*words, stdin="correct horse battery\n", **database.config).exit_code == 0
    done = ask("token", "add", "--email", "A@example.org", "--name", "QGIS", "--days", "7", **database.config)
    assert done.exit_code == 0, done.stderr
    with open_app(database) as app, app.app_context():
        user = authenticate_token(db.session(), done.stdout.strip())
        assert (user.name, user.limited_to) == ("a@example.org", {"records:view", "records:edit"})
    for words in (("--scope", "records:publish"), ("--email", "b@example.org"), ("--days", "9999")):
        refused = ask("token", "add", "--email", "a@example.org", *words, **database.config)
        assert (refused.exit_code, refused.stdout) == (1, ""), words


def test_rebuild_says_how_much_changed(databases: Databases, tmp_path: Path) -> None:
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    done = ask("publication", "rebuild", **database.config)
    assert (done.exit_code, done.stdout) == (0, "0 items changed.\n")


# Named by its engine, it runs where that has begun.
@pytest.mark.parametrize("engine", ["postgis"])
def test_running_server_without_its_database_says_so(databases: Databases, tmp_path: Path, engine: str) -> None:
    """503 for people and machines, /healthz stays up, /readyz says which part is missing."""
    database = databases.copy(engine, tmp_path / "data")
    with open_app(database) as app:
        client = app.test_client()
        assert client.get("/readyz").status_code == 200
        with app.app_context():
            db.session.remove()
            db.engine.dispose()
        databases.drop(database)
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert (ready.status_code, ready.get_json()["checks"]["database"]) == (503, "unreachable")
        problem = client.get("/api/v1/collections/sites/items", headers={"Accept-Language": "en"})
        assert (problem.status_code, problem.headers["Retry-After"]) == (503, "60")
        assert "database" in problem.get_json(force=True)["detail"]
        page = client.get("/vi/")
        assert (page.status_code, "<html" in page.text) == (503, True)


def test_environment_of_the_tests_names_no_deployment() -> None:
    assert not [name for name in os.environ if name.startswith("DISAN_") and not name.startswith("DISAN_TEST_")]


def test_upgrade_indexes_the_records_of_a_release_before_the_index(databases: Databases, tmp_path: Path) -> None:
    database = databases.copy("sqlite", tmp_path / "data", seeded=True)
    entries = sa.text("SELECT count(*) FROM register_entries")
    with open_app(database) as app, app.app_context():
        db.session.execute(sa.text("DELETE FROM register_entries"))
        db.session.commit()
    assert ask("db", "upgrade", **database.config).exit_code == 0
    with open_app(database) as app, app.app_context():
        indexed = db.session.scalar(entries)
        assert indexed == db.session.scalar(sa.text("SELECT count(*) FROM records"))
    assert ask("register", "reindex", **database.config).exit_code == 0
