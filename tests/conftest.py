"""The fixtures that every test may ask for; the whole suite runs on both engines."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import browser as browsers
from tests.harness import buckets, queries, server
from tests.harness import counts as counting
from tests.harness.databases import ENGINES, Database, Databases
from tests.harness.repetitions import repetitions
from tests.harness.spread import ByEngine, turn_of
from tests.harness.verification import Verification

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from playwright.sync_api import Browser, Page

counting.load_profile()


def pytest_configure(config: pytest.Config) -> None:
    """Leave out the settings of any deployment, end in good order, collect the figures that `make test-full` writes."""
    for name in [name for name in os.environ if name.startswith("DISAN_") and not name.startswith("DISAN_TEST_")]:
        del os.environ[name]
    # Whoever ends the run with a plain `kill` gets what Ctrl-C gives: servers stopped, folders removed.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    config.pluginmanager.register(Verification(config), Verification.NAME)


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave repetitions to the full counts, and put first what takes longest."""
    repeated = set() if counting.IS_FULL or config.option.keyword else repetitions(item.nodeid for item in items)
    config.hook.pytest_deselected(items=[item for item in items if item.nodeid in repeated])
    # Stable, so that what shares a module's fixtures stays together.
    items[:] = sorted((item for item in items if item.nodeid not in repeated), key=lambda item: turn_of(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Keep tests in one process that share dear fixtures: see `tests.harness.spread`."""
    return ByEngine(config, log)


@pytest.fixture(scope="session", autouse=True)
def _quick_passwords() -> None:
    """Hash passwords with little work: hundreds of people are made and logged in; the full counts spare none of it."""
    if not counting.IS_FULL:
        from argon2 import PasswordHasher

        from app.accounts import passwords

        passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)


@pytest.fixture(scope="session")
def databases(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Databases]:
    """The makers of templates and copies, for tests that need more databases than the fixtures below give."""
    # The folder above is that of the run where each process has its own within it.
    base = tmp_path_factory.getbasetemp()
    shared = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "templates"
    shared.mkdir(exist_ok=True)
    with Databases(tmp_path_factory.mktemp("databases"), shared) as made:
        yield made
        if made.is_cluster_running:
            Verification.of(pytestconfig).add_versions(made.cluster.versions())


@pytest.fixture(scope="session", params=ENGINES)
def engine_name(request: pytest.FixtureRequest) -> str:
    """`sqlite`, then `postgis`: a test that asks for this, or for an app, runs once on each."""
    return str(request.param)


@pytest.fixture
def empty_database(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[Database]:
    """A database without any schema, for the tests of the migrations; `open_app(empty_database)` gives its app."""
    database = databases.empty(engine_name, tmp_path / "empty")
    yield database
    databases.drop(database)


@pytest.fixture(scope="session")
def template_database(engine_name: str, databases: Databases) -> Database:
    """The engine's database at the newest schema, without data: to be copied, never written to."""
    return databases.template(engine_name)


@pytest.fixture(scope="session")
def seeded_template_database(engine_name: str, databases: Databases) -> Database:
    """The same with the seed loaded."""
    return databases.template(engine_name, seeded=True)


@pytest.fixture
def app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over an empty database of its own: commit as you like."""
    with databases.app(engine_name) as made:
        yield made


@pytest.fixture(scope="session")
def seeded_app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over the seed, shared by the whole run: only read."""
    with databases.app(engine_name, seeded=True) as made:
        yield made


@pytest.fixture
def seeded_copy(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """An application over the seed, in a database of its own: commit as you like."""
    with databases.app(engine_name, seeded=True) as made:
        yield made


@pytest.fixture(scope="session")
def seeded_apps(databases: Databases) -> Iterator[dict[str, Flask]]:
    """Both engines at once over the same seed, by engine's name: to compare their answers; only read."""
    with ExitStack() as stack:
        apps = {name: databases.app(name, seeded=True) for name in ENGINES}
        yield {name: stack.enter_context(made) for name, made in apps.items()}


@pytest.fixture
def empty_apps(databases: Databases) -> Iterator[dict[str, Flask]]:
    """Both engines at once, each over an empty database of its own: to compare what they make of the same data."""
    with ExitStack() as stack:
        yield {name: stack.enter_context(databases.app(name)) for name in ENGINES}


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of `app`."""
    return app.test_client()


@pytest.fixture
def seeded_client(seeded_app: Flask) -> FlaskClient:
    """A client of `seeded_app`: only read."""
    return seeded_app.test_client()


@pytest.fixture
def count_queries() -> Callable[[], AbstractContextManager[list[str]]]:
    """`with count_queries() as statements:` collects the SQL that is sent meanwhile."""
    return queries.count_queries


@pytest.fixture(scope="session")
def counts() -> Callable[[int, int], int]:
    """`counts(normal, full)`, as a fixture; decorators import it from `tests.harness.counts`."""
    return counting.counts


@pytest.fixture
def figure(request: pytest.FixtureRequest) -> Callable[[str, int], None]:
    """`figure("spatial questions asked of both engines", 2500)` adds to the report of `make test-full`."""
    return lambda what, number: request.node.user_properties.append((what, number))


@pytest.fixture(scope="session")
def bucket_server() -> Iterator[str]:
    """The address of a service of buckets, shared by the whole run; `make_bucket(bucket_server)` makes one."""
    with buckets.serve_buckets() as address:
        yield address


@pytest.fixture(params=["folder", "bucket"])
def media_place(request: pytest.FixtureRequest) -> dict[str, str]:
    """The settings of a place for files of its own, in the data folder, then in a bucket: such a test runs on both."""
    if request.param == "folder":
        return {}
    return buckets.make_bucket(request.getfixturevalue("bucket_server"))


@pytest.fixture(scope="session")
def live_server(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of `disan serve` over a seeded SQLite, `http://127.0.0.1:PORT`, shared by the whole run."""
    folder = tmp_path_factory.mktemp("live")
    database = databases.copy("sqlite", folder / "data", seeded=True)
    with server.serve(database, folder / "server.log") as url:
        yield url


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium without a window, shared by the whole run; sessions are made per page."""
    with browsers.open_browser() as opened:
        yield opened


@pytest.fixture
def phone_page(browser: Browser, live_server: str) -> Iterator[Page]:
    """A page on a phone, 360×740: `phone_page.goto("/vi/")`."""
    with browsers.open_page(browser, browsers.PHONE, live_server) as page:
        yield page


@pytest.fixture
def desktop_page(browser: Browser, live_server: str) -> Iterator[Page]:
    """A page on a desk, 1440×900."""
    with browsers.open_page(browser, browsers.DESKTOP, live_server) as page:
        yield page


@pytest.fixture(params=["phone", "desktop"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: str) -> Iterator[Page]:
    """A page on a phone, then one on a desk: a test that asks for this runs on both."""
    viewport = browsers.PHONE if request.param == "phone" else browsers.DESKTOP
    with browsers.open_page(browser, viewport, live_server) as opened:
        yield opened
