"""The command `disan import`: what a table comes to, what it writes, and what it leaves behind."""

from __future__ import annotations

import os
from pathlib import Path
from unittest import mock

import openpyxl
import pytest
import sqlalchemy as sa
from click.testing import CliRunner, Result

from app.cli import main
from app.core.db import db
from app.exchange.intake.models import ImportLine
from app.jobs.models import Wish, WishState
from app.records.models import Revision
from tests.harness.databases import Database, Databases, open_app
from tests.harness.tables import SITES, workbook

WHO = ("--as", "an@example.vn")


@pytest.fixture
def database(engine_name: str, databases: Databases, tmp_path: Path) -> Database:
    """A register with the seed, and an editor."""
    made = databases.copy(engine_name, tmp_path / "data", seeded=True)
    ask(made, "user", "add", "--email", "an@example.vn", "--role", "editor", "--password-stdin", stdin="mat-khau-thu-1")
    return made


@pytest.fixture
def table(tmp_path: Path) -> Path:
    """A list with a new site, one that is there already, and one with faults."""
    path = tmp_path / "di-tich.xlsx"
    path.write_bytes(workbook(SITES))
    return path


def ask(database: Database, *words: str, stdin: str = "") -> Result:
    with mock.patch.dict(os.environ):
        result = CliRunner().invoke(main, words, input=stdin, env=database.config)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exc_info
    return result


def test_a_dry_run_says_what_is_wrong_in_the_officers_language_and_writes_nothing(
    database: Database, table: Path, tmp_path: Path
) -> None:
    report = tmp_path / "loi.xlsx"
    result = ask(database, "import", str(table), "--kind", "site", *WHO, "--dry-run", "--report", str(report))
    assert result.exit_code == 1
    assert "1 duplicate, 1 error, 2 heading, 1 new" in result.stdout
    assert "Niên đại: Không đọc được “31/2/1985” là thời gian." in result.stdout
    assert "QNM-0002 Chùa Cầu" in result.stdout
    sheet = openpyxl.load_workbook(report)["Danh mục"]
    assert "Không có đơn vị hành chính “xã Không Có”." in str(sheet["I6"].value)
    with open_app(database) as app, app.app_context():
        assert db.session.scalars(sa.select(Revision).where(Revision.state == "draft")).all() == []
        assert db.session.scalar(sa.select(sa.func.count()).select_from(ImportLine)) == 0
        assert not list((app.config["DISAN"].data / "imports").glob("*"))


def test_what_is_right_is_written_as_drafts_and_no_worker_does_it_again(database: Database, table: Path) -> None:
    words = (
        "--leave-faults",
        "--duplicates",
        "update",
        "--set",
        "tags=kiểm kê 2025",
        "--map",
        "Ghi chú=description.vi",
    )
    result = ask(database, "import", str(table), "--kind", "site", *WHO, *words)
    assert result.exit_code == 0, result.output
    assert "2 drafts in changeset" in result.stdout
    with open_app(database) as app, app.app_context():
        drafts = db.session.scalars(sa.select(Revision).where(Revision.state == "draft").order_by(Revision.code)).all()
        assert [(one.code, one.base_version) for one in drafts] == [("QNM-0002", 1), ("QNM-0201", 0)]
        assert all(one.payload["tags"] == ["kiểm kê 2025"] for one in drafts)
        waiting = sa.select(sa.func.count()).select_from(Wish).where(Wish.state != WishState.CANCELLED)
        assert db.session.scalar(waiting) == 0


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--sheet", "Không có"), "There is no such sheet"),
        (("--map", "Cột lạ=name.vi"), "There is no column “Cột lạ”"),
        (("--map", "Ghi chú=nothing"), "There is no field “nothing”"),
        (("--set", "tags"), "with an equals sign"),
        (("--crs", "EPSG:1"), "is not a coordinate system"),
    ],
)
def test_what_cannot_be_is_told_in_a_sentence(
    database: Database, table: Path, words: tuple[str, ...], told: str
) -> None:
    result = ask(database, "import", str(table), "--kind", "site", *WHO, *words)
    assert result.exit_code == 1
    assert told in result.output
