"""Wishes: who gets them when, what becomes of them, and who may see and cancel them."""

from __future__ import annotations

import datetime as dt

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import begin_write, db, now
from app.core.errors import Conflict, InvalidInput, NotAllowed, NotFound
from app.jobs import operations as jobs
from app.jobs.handlers import Job
from app.jobs.models import Wish, WishState
from app.jobs.queries import find_wish, wishes
from tests.harness.register import editor, reviewer

MINUTE = dt.timedelta(minutes=1)
VIETNAM = dt.timezone(dt.timedelta(hours=7))


@pytest.fixture
def session(app: Flask):
    with app.app_context():
        begin_write(db.session())
        yield db.session()


def claim(session: Session, owner: str = "me") -> Job | None:
    job = jobs.claim(session, owner=owner, lease=MINUTE)
    session.expire_all()
    return job


def must_claim(session: Session, owner: str = "me") -> Job:
    job = claim(session, owner)
    assert job is not None
    return job


def test_wish_is_claimed_once_and_finished_with_its_result(session: Session) -> None:
    made = jobs.wish(session, "k", {"a": [1, "đ"]}, actor=editor(session))
    job = must_claim(session)
    assert (job.id, job.payload, job.actor_id, job.attempt) == (made.id, {"a": [1, "đ"]}, editor(session).id, 1)
    assert claim(session, "another") is None
    assert jobs.finish(session, job, {"n": 1})
    session.refresh(made)
    assert (made.state, made.result, made.owner, made.error) == (WishState.DONE, {"n": 1}, None, None)
    assert made.finished_at is not None
    assert claim(session) is None


def test_wishes_come_in_the_order_of_their_times(session: Session) -> None:
    times = [now() - MINUTE * m for m in (1, 3, 2)]
    made = [jobs.wish(session, "k", {}, actor=editor(session), run_at=at) for at in times]
    assert [must_claim(session, str(n)).id for n in range(3)] == [made[1].id, made[2].id, made[0].id]


def test_wish_for_later_is_not_claimed_before(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session), run_at=now() + MINUTE)
    assert not jobs.is_any_due(session)
    assert claim(session) is None
    made.run_at = now()
    session.flush()
    assert jobs.is_any_due(session)
    assert must_claim(session).id == made.id


def test_wish_whose_worker_died_goes_to_another_and_the_first_has_lost_it(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    first = must_claim(session, "first")
    made.leased_until = now() - MINUTE
    session.flush()
    second = must_claim(session, "second")
    assert (second.id, second.attempt) == (first.id, 2)
    assert not jobs.hold(session, first, lease=MINUTE)
    assert not jobs.finish(session, first, {"by": "first"})
    assert not jobs.fail(session, first, InvalidInput("no"), is_final=True)
    assert jobs.finish(session, second, {"by": "second"})
    session.refresh(made)
    assert made.result == {"by": "second"}


def test_wish_that_is_held_on_to_stays_with_its_worker(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    job = must_claim(session)
    made.leased_until = now() - MINUTE
    session.flush()
    assert jobs.hold(session, job, lease=MINUTE)
    assert claim(session, "another") is None


def test_failed_try_is_followed_by_pauses_that_double_up_to_an_hour(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    pauses = []
    for _ in range(11):
        job = must_claim(session)
        assert jobs.fail(session, job, InvalidInput("“%(value)s” no", value=dt.date(2026, 1, 2)), is_final=False)
        session.refresh(made)
        pauses.append(round((made.run_at - now()).total_seconds()))
        assert (made.state, str(made.problem)) == (WishState.WAITING, "“2026-01-02” no")
        made.run_at = now()
        session.flush()
    assert pauses == [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600]


def test_wish_that_failed_for_good_is_not_claimed_again(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    assert jobs.fail(session, must_claim(session), InvalidInput("no"), is_final=True)
    session.refresh(made)
    assert (made.state, str(made.problem)) == (WishState.FAILED, "no")
    assert claim(session) is None


def test_released_wish_waits_again_and_the_try_does_not_count(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    assert jobs.release(session, must_claim(session))
    session.refresh(made)
    assert (made.state, made.attempts) == (WishState.WAITING, 0)
    assert must_claim(session).attempt == 1


def test_cancelled_wish_is_never_run(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    jobs.cancel(session, made.id, actor=editor(session))
    assert made.state == WishState.CANCELLED
    assert claim(session) is None
    with pytest.raises(Conflict):
        jobs.cancel(session, made.id, actor=editor(session))


def test_wish_under_way_cannot_be_cancelled(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    must_claim(session)
    with pytest.raises(Conflict):
        jobs.cancel(session, made.id, actor=editor(session))


def test_wish_is_cancelled_by_its_wisher_or_an_administrator_only(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    with pytest.raises(NotAllowed):
        jobs.cancel(session, made.id, actor=reviewer(session))
    with pytest.raises(NotAllowed):
        jobs.cancel(session, made.id + 1, actor=editor(session))
    jobs.cancel(session, made.id, actor=system_actor(session, "boss", Role.ADMIN))
    assert made.state == WishState.CANCELLED


def test_wish_is_found_by_its_wisher_only(session: Session) -> None:
    made = jobs.wish(session, "k", {}, actor=editor(session))
    assert find_wish(session, made.id, actor=editor(session)) is made
    with pytest.raises(NotFound):
        find_wish(session, made.id, actor=reviewer(session))


def test_wishes_are_listed_newest_first_by_state_kind_and_actor_by_few_queries(session: Session, count_queries) -> None:  # noqa: ANN001
    one = jobs.wish(session, "a", {}, actor=editor(session))
    two = jobs.wish(session, "b", {}, actor=reviewer(session))
    jobs.cancel(session, two.id, actor=reviewer(session))
    boss, waiting = editor(session), [WishState.WAITING]
    session.expunge_all()
    with count_queries() as statements:
        found = wishes(session)
        assert [(w.id, w.actor.name) for w in found] == [(two.id, "test-reviewer"), (one.id, "test-editor")]
    assert len(statements) == 2  # wishes with their actors, and the actors' roles
    assert [w.id for w in wishes(session, states=waiting)] == [one.id]
    assert [w.id for w in wishes(session, kind="b")] == [two.id]
    assert [w.id for w in wishes(session, actor=boss)] == [one.id]


def test_daily_work_is_wished_for_once_a_day_at_its_hour(session: Session) -> None:
    made = jobs.plan_day(session, {"a": 3, "b": 23}, VIETNAM)
    today = now().astimezone(VIETNAM).date()
    assert [(w.kind, w.payload, w.actor.name) for w in made] == [
        ("a", {"day": today.isoformat()}, "daily-jobs"),
        ("b", {"day": today.isoformat()}, "daily-jobs"),
    ]
    assert [w.run_at.astimezone(VIETNAM).hour for w in made] == [3, 23]
    assert jobs.plan_day(session, {"a": 3, "b": 23}, VIETNAM) == []
    assert [w.kind for w in jobs.plan_day(session, {"a": 3, "c": 0}, VIETNAM)] == ["c"]


def test_wishes_that_ended_a_month_ago_are_forgotten(session: Session) -> None:
    old, new, waiting = (jobs.wish(session, "k", {}, actor=editor(session)) for _ in range(3))
    for made, days in ((old, 31), (new, 29)):
        made.state = WishState.DONE
        made.finished_at = now() - dt.timedelta(days=days)
    session.flush()
    assert jobs.forget_ended(session) == 1
    assert set(session.scalars(sa.select(Wish.id))) == {new.id, waiting.id}
