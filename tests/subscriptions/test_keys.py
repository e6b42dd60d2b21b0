"""Keys in the register: what is kept of them, and for how long."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from app.cli import main
from app.core.db import db, now
from app.core.errors import NotFound
from app.subscriptions import operations
from app.subscriptions.models import ApiKey
from app.subscriptions.queries import find_key, read_keys

if TYPE_CHECKING:
    from flask import Flask

MADE = {"name": "Đi chơi", "email": "Lan@Example.org", "purpose": "Bản đồ du lịch"}


def test_key_is_kept_as_a_hash_with_a_beginning_to_know_it_by(app: Flask) -> None:
    with app.app_context():
        key, secret = operations.make_key(db.session(), **MADE)
        assert len(secret) > 45
        assert secret.startswith(key.prefix)
        held = {str(value) for name, value in vars(key).items() if not name.startswith("_")}
        assert secret not in held
        assert key.email == "lan@example.org"
        assert find_key(db.session(), secret) is key
        assert find_key(db.session(), secret[:-1]) is None


def test_revoked_key_opens_nothing_and_is_forgotten_after_a_month(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        keys = [operations.make_key(session, **MADE) for _ in range(3)]
        for key, _ in keys[:2]:
            operations.revoke_key(session, key.id)
        assert [find_key(session, secret) is not None for _, secret in keys] == [False, False, True]
        with pytest.raises(NotFound):
            operations.revoke_key(session, keys[0][0].id)
        keys[0][0].revoked_at = now() - dt.timedelta(days=31)
        session.flush()
        assert operations.forget_revoked(session) == 1
        assert [key.id for key in read_keys(session, with_revoked=True)] == [keys[2][0].id, keys[1][0].id]
        assert [key.id for key in read_keys(session)] == [keys[2][0].id]


def test_erased_key_leaves_nothing(app: Flask) -> None:
    with app.app_context():
        key, _ = operations.make_key(db.session(), **MADE)
        operations.erase_key(db.session(), key.id)
        assert db.session.scalars(db.select(ApiKey)).all() == []
        with pytest.raises(NotFound):
            operations.erase_key(db.session(), 7)


def test_operator_lists_and_revokes_keys(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.app_context():
        keys = [operations.make_key(db.session(), **MADE)[0].id for _ in range(2)]
        db.session.commit()
    settings = app.config["DISAN"]
    monkeypatch.setenv("DISAN_DATA", str(settings.data))
    monkeypatch.setenv("DISAN_DATABASE_URL", settings.database_url)

    def run(*words: str) -> str:
        done = CliRunner().invoke(main, ["key", *words])
        assert done.exit_code == 0, done.output
        return done.output

    assert run("list").count("lan@example.org") == 2
    assert "revoked" in run("revoke", str(keys[0]))
    assert run("list").count("Đi chơi") == 1
    assert "revoked" in run("list", "--all")
    assert "erased" in run("revoke", "--erase", str(keys[0]))
    assert run("list", "--all").count("Đi chơi") == 1
    assert CliRunner().invoke(main, ["key", "revoke", str(keys[0])]).exit_code == 1
