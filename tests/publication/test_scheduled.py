"""Publishing at a set time: what could be published then is public, and what could not is said."""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import begin_write, db, now
from app.core.errors import InvalidInput, NotAllowed, NotFound
from app.jobs.models import Wish, WishState
from app.publication import operations as publication
from app.publication.scheduled import wish_publication
from app.records.models import HistoryEntry
from app.records.operations import find_record
from app.worker.handlers import HANDLERS
from app.worker.running import Runner
from tests.harness import register
from tests.harness.register import SETTINGS, editor, reviewer

SOON = dt.timedelta(hours=1)


@pytest.fixture
def runner(app: Flask) -> Runner:
    @contextlib.contextmanager
    def sessions() -> Iterator[Session]:
        with app.app_context():
            yield db.session()

    with app.app_context():
        begin_write(db.session())
        register.write_vocabulary(db.session())
        register.accept(db.session(), *[("site", register.site(f"QNM-{n}")) for n in range(1, 5)])
        db.session.commit()
    return Runner(sessions, app.config["DISAN"], HANDLERS, {})


def schedule(app: Flask, *codes: str) -> int:
    with app.app_context():
        begin_write(db.session())
        wish = wish_publication(db.session(), codes, at=now() + SOON, actor=reviewer(db.session()))
        db.session.commit()
        return wish.id


def run(app: Flask, runner: Runner, wish: int) -> Any:
    """Let the time come."""
    assert runner.claim() is None
    with app.app_context():
        begin_write(db.session())
        db.session.get_one(Wish, wish).run_at = now()
        db.session.commit()
    job = runner.claim()
    assert job is not None
    runner.run(job)
    with app.app_context():
        found = db.session.get_one(Wish, wish)
        assert found.state == WishState.DONE, found.error
        return found.result


def is_public(app: Flask, code: str) -> bool:
    return app.test_client().get(f"/api/v1/collections/sites/items/{code}").status_code == 200


def test_records_are_published_at_their_time_by_whoever_wished(app: Flask, runner: Runner) -> None:
    wish = schedule(app, "QNM-1", "QNM-2", "QNM-1")
    assert not is_public(app, "QNM-1")
    assert run(app, runner, wish) == {"published": ["QNM-1", "QNM-2"], "left": []}
    assert is_public(app, "QNM-1")
    assert is_public(app, "QNM-2")
    with app.app_context():
        query = sa.select(HistoryEntry).where(HistoryEntry.code == "QNM-1", HistoryEntry.action == "publish")
        assert [entry.actor.name for entry in db.session.scalars(query)] == ["test-reviewer"]


def test_record_that_cannot_be_published_is_said_and_hinders_no_other(app: Flask, runner: Runner) -> None:
    wish = schedule(app, "QNM-1", "QNM-2", "QNM-3")
    with app.app_context():
        begin_write(db.session())
        session = db.session()
        publication.set_deleted(
            session, [find_record(session, "QNM-1")], is_deleted=True, actor=reviewer(session), settings=SETTINGS
        )
        publication.publish(session, [find_record(session, "QNM-2")], actor=reviewer(session), settings=SETTINGS)
        db.session.commit()
    result = run(app, runner, wish)
    assert result["published"] == ["QNM-3"]
    assert [(row["code"], row["message"], row["params"]["code"]) for row in result["left"]] == [
        ("QNM-1", "%(code)s has been deleted; bring it back first.", "QNM-1"),
        ("QNM-2", "%(code)s is public already.", "QNM-2"),
    ]
    assert not is_public(app, "QNM-1")
    assert is_public(app, "QNM-3")


def test_permission_is_asked_again_when_the_time_comes(app: Flask, runner: Runner) -> None:
    wish = schedule(app, "QNM-1")
    with app.app_context():
        begin_write(db.session())
        reviewer(db.session()).is_active = False
        db.session.commit()
    result = run(app, runner, wish)
    assert (result["published"], [row["code"] for row in result["left"]]) == ([], ["QNM-1"])
    assert "may not do this" in result["left"][0]["message"]
    assert not is_public(app, "QNM-1")


def test_publication_cannot_be_wished_for_without_right_time_or_record(app: Flask, runner: Runner) -> None:
    del runner
    with app.app_context():
        begin_write(db.session())
        session = db.session()
        with pytest.raises(NotAllowed):
            wish_publication(session, ["QNM-1"], at=now() + SOON, actor=editor(session))
        viewer = system_actor(session, "viewer", Role.VIEWER)
        with pytest.raises(NotAllowed):
            wish_publication(session, ["QNM-1"], at=now() + SOON, actor=viewer)
        with pytest.raises(InvalidInput, match="still to come"):
            wish_publication(session, ["QNM-1"], at=now() - SOON, actor=reviewer(session))
        with pytest.raises(InvalidInput, match="at least one"):
            wish_publication(session, [], at=now() + SOON, actor=reviewer(session))
        with pytest.raises(NotFound):
            wish_publication(session, ["QNM-9"], at=now() + SOON, actor=reviewer(session))
