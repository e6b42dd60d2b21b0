"""The tutorial and the cookbook: every command and program of them, run against a served register."""

from __future__ import annotations

import contextlib
import json
import subprocess
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app.core.db import begin_write, db
from app.publication import operations as publication
from app.records.operations import find_record
from app.subscriptions import operations
from tests.harness.databases import Database, Databases, open_app
from tests.harness.guides import Step, complaints, is_printed, read_guide, run_commands, write_files
from tests.harness.register import SETTINGS, reviewer
from tests.harness.server import command, environment, serve
from tests.house.reading import complain


@dataclass(frozen=True)
class Service:
    """A served register, and a key to its API."""

    url: str
    key: str
    database: Database


@contextlib.contextmanager
def serve_register(engine: str, databases: Databases, folder: Path) -> Iterator[Service]:
    """Serve a copy of the seed with the quotas that are usual, and a key."""
    database = databases.copy(engine, folder / "data", seeded=True)
    quotas = {"DISAN_QUOTA_ANONYMOUS": "600", "DISAN_QUOTA_KEYED": "6000"}
    with open_app(database) as app, app.app_context():
        begin_write(db.session())
        _, key = operations.make_key(db.session(), name="a", email="a@example.org", purpose="b")
        db.session.commit()
    with serve(database, folder / "log", **quotas) as url:
        yield Service(url, key, database)
    databases.drop(database)


@pytest.fixture(scope="module")
def service(engine_name: str, databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A served register with a dump, which is only read."""
    with serve_register(engine_name, databases, tmp_path_factory.mktemp("guides")) as served:
        config = environment(**served.database.config)
        subprocess.run(command("dump"), check=True, capture_output=True, env=config)
        yield served


def features(url: str) -> dict[str, object]:
    """Read all that is public, by collection and code."""
    with urllib.request.urlopen(f"{url}/api/v1/collections") as answer:  # noqa: S310
        names = [found["id"] for found in json.load(answer)["collections"]]
    found = {}
    for name in names:
        with urllib.request.urlopen(f"{url}/api/v1/collections/{name}/items?limit=1000&lang=en") as answer:  # noqa: S310
            found |= {f"{name}/{feature['id']}": feature for feature in json.load(answer)["features"]}
    return found


def read_mirror(folder: Path) -> dict[str, object]:
    """Read the mirror that the tutorial's program keeps."""
    return dict(json.loads((folder / "mirror.json").read_text(encoding="utf-8"))["features"])


def test_commands_of_the_tutorial_print_what_it_shows(service: Service, tmp_path: Path) -> None:
    steps = read_guide("tutorial.md", service.url)
    write_files(steps, tmp_path)
    complain(complaints(steps, run_commands(steps, tmp_path, KEY=service.key)))


def test_mirror_of_the_tutorial_is_what_is_public_and_stays_so(
    engine_name: str, databases: Databases, tmp_path: Path
) -> None:
    once_more = [Step("sh", "python3 mirror.py\n", None)]
    with serve_register(engine_name, databases, tmp_path / "served") as service:
        write_files(read_guide("tutorial.md", service.url), tmp_path)
        run_commands(once_more, tmp_path)
        assert read_mirror(tmp_path) == features(service.url)
        with open_app(service.database) as app, app.app_context():
            begin_write(db.session())
            withdrawn = [find_record(db.session(), "QNM-0200")]
            publication.withdraw(db.session(), withdrawn, actor=reviewer(db.session()), settings=SETTINGS)
            db.session.commit()
        run_commands(once_more, tmp_path)
        assert "sites/QNM-0200" not in read_mirror(tmp_path)
        assert read_mirror(tmp_path) == features(service.url)


def test_commands_of_the_cookbook_print_what_it_shows(service: Service, tmp_path: Path) -> None:
    steps = read_guide("cookbook.md", service.url)
    write_files(steps, tmp_path)
    complain(complaints(steps, run_commands(steps, tmp_path)))


@pytest.mark.parametrize(
    ("printed", "shown", "is_same"),
    [
        ("a\nb\nc\n", "a\n…\nc\n", True),
        ("a\nc\n", "a\n…\nc\n", True),
        ("a 1 b\n", "a … b\n", True),
        ("a\nb\n", "a\n", False),
        ("a\nb\nc\n", "a … c\n", False),
        ("a.b\n", "axb\n", False),
    ],
)
def test_what_is_left_out_may_be_anything_and_the_rest_nothing_else(printed: str, shown: str, is_same: bool) -> None:  # noqa: FBT001
    assert is_printed(printed, shown) is is_same
