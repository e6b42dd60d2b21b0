"""Passwords, tries and waits, sessions, tokens, links, and the last admin, on both engines."""

from __future__ import annotations

import datetime as dt
import importlib.util
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import argon2
import pytest
import sqlalchemy as sa
from argon2 import PasswordHasher

from app.accounts import administration, entrance, links, passwords, sessions, tokens
from app.accounts.administration import Grant
from app.accounts.events import EventQuery, Happening, expire_traces, read_events
from app.accounts.models import AccessToken, AccountEvent, AccountLink, LoginThrottle, Role, User, UserSession
from app.accounts.operations import add_user, find_user
from app.accounts.permissions import Permission, is_permitted
from app.config import Settings
from app.core.db import begin_write, db, now
from app.core.errors import Conflict, InvalidInput, NotAllowed, NotAuthenticated, NotFound
from tests.harness.desk import PASSWORD

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

SETTINGS = Settings()
HERE = "192.0.2.7"


@pytest.fixture
def session(app: Flask) -> Iterator[Session]:
    """A session inside the application's context."""
    with app.app_context():
        yield db.session()


def somebody(session: Session, email: str = "a@example.vn", role: Role = Role.EDITOR) -> User:
    return add_user(session, email=email, role=role, password=PASSWORD)


def test_password_of_nobody_is_hashed_all_the_same(session: Session, monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer takes as long for an unknown address as for a known one: one hash is checked for either."""
    checked: list[str] = []

    class Counting(PasswordHasher):
        def verify(self, hash: str | bytes, password: str | bytes) -> bool:  # type: ignore[override]  # noqa: A002
            checked.append(str(hash))
            return super().verify(hash, password)

    somebody(session)
    passwords._nobodys_hash()
    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert entrance.find_by_password(session, email="a@example.vn", password="falsch") is None
    assert entrance.find_by_password(session, email="nobody@example.vn", password="falsch") is None
    assert len(checked) == 2
    assert checked[0].split("$")[2:4] == checked[1].split("$")[2:4]


def test_passwords_are_hashed_as_rfc_9106_advises() -> None:
    """The module is loaded anew, for the tests themselves hash with less work."""
    spec = importlib.util.find_spec("app.accounts.passwords")
    assert spec is not None
    assert spec.loader is not None
    fresh = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(fresh)
    advised = argon2.profiles.RFC_9106_LOW_MEMORY
    told = argon2.extract_parameters(fresh.hash_password(PASSWORD, name="a@example.org"))
    assert (told.type, told.time_cost, told.memory_cost) == (advised.type, advised.time_cost, advised.memory_cost)


def test_hash_is_renewed_when_the_parameters_have_changed(session: Session) -> None:
    user = somebody(session)
    user.password_hash = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
    old = user.password_hash
    entrance.enter(session, user, password=PASSWORD, settings=SETTINGS, agent=None, address=HERE)
    assert user.password_hash != old
    assert passwords.has_password(user, PASSWORD)


@pytest.mark.parametrize("password", ["too short", "a@example.vn", "x" * 1001])
def test_bad_password_is_refused(session: Session, password: str) -> None:
    with pytest.raises(InvalidInput):
        add_user(session, email="a@example.vn", role=Role.EDITOR, password=password)


def test_tries_for_an_account_wait_longer_and_longer(session: Session) -> None:
    begin_write(session)
    waits = []
    for number in range(entrance.FREE_TRIES + 2):
        address = f"192.0.2.{number}"
        assert entrance.count_try(session, email="A@example.vn ", address=address) == 0
        waits.append(entrance.count_try(session, email="a@example.vn", address=address))
        _let_time_pass(session, hours=1)
    # A free try is no wait, so the second one of each round counts too.
    assert waits[:2] == [0, 0]
    assert waits[2] == 30
    assert waits[3:] == sorted(waits[3:])
    assert waits[4] > waits[3]


def _let_time_pass(session: Session, **time: int) -> None:
    """Move what is counted into the past, as if the clock had gone on."""
    for row in session.scalars(sa.select(LoginThrottle)):
        row.failed_at -= dt.timedelta(**time)
        if row.blocked_until:
            row.blocked_until -= dt.timedelta(**time)
    session.flush()


def test_wait_ends_by_time_by_a_day_by_log_in_and_by_an_admin(session: Session) -> None:
    begin_write(session)
    user, admin = somebody(session), somebody(session, "admin@example.vn", Role.ADMIN)

    def exhaust() -> None:
        while not entrance.count_try(session, email=user.name, address=HERE):
            pass

    exhaust()
    assert entrance.blocked_until(session, user)
    _let_time_pass(session, seconds=31)
    assert entrance.count_try(session, email=user.name, address=HERE) == 0
    assert entrance.count_try(session, email=user.name, address=HERE) > 30
    _let_time_pass(session, hours=25)
    assert entrance.count_try(session, email=user.name, address=HERE) == 0
    assert entrance.count_try(session, email=user.name, address=HERE) == 0
    exhaust()
    entrance.lift_wait(session, user, actor=admin)
    assert entrance.blocked_until(session, user) is None
    exhaust()
    entrance.enter(session, user, password=PASSWORD, settings=SETTINGS, agent=None, address=HERE)
    assert entrance.count_try(session, email=user.name, address=HERE) == 0


def test_tries_from_an_address_wait_whatever_the_account(session: Session) -> None:
    begin_write(session)
    for number in range(entrance.FREE_TRIES_OF_ADDRESS):
        assert entrance.count_try(session, email=f"{number}@example.vn", address=HERE) == 0
    assert entrance.count_try(session, email="fresh@example.vn", address=HERE) > 0
    assert entrance.count_try(session, email="fresh@example.vn", address="192.0.2.8") == 0


def test_log_in_does_not_reset_the_count_of_its_address(session: Session) -> None:
    """Who has an account must not guess at others' for ever by logging in between."""
    begin_write(session)
    user = somebody(session)
    for number in range(10):
        entrance.count_try(session, email=f"{number}@example.vn", address=HERE)
    entrance.count_try(session, email=user.name, address=HERE)
    entrance.enter(session, user, password=PASSWORD, settings=SETTINGS, agent=None, address=HERE)
    assert session.get_one(LoginThrottle, entrance._address_key(HERE)).failures == 10


def test_tries_made_at_once_are_counted_one_by_one(app: Flask) -> None:
    def attempt(number: int) -> int:
        with app.app_context():
            begin_write(db.session())
            wait = entrance.count_try(db.session(), email="a@example.vn", address=f"192.0.2.{number}")
            db.session.commit()
            return wait

    with ThreadPoolExecutor(8) as pool:
        waits = list(pool.map(attempt, range(24)))
    assert waits.count(0) == entrance.FREE_TRIES


def test_failure_is_noted_without_what_was_typed(session: Session) -> None:
    begin_write(session)
    user = somebody(session)
    entrance.note_failure(session, email="mật khẩu gõ nhầm ô", address=HERE)
    entrance.note_failure(session, email=user.name, address=HERE)
    events = read_events(session, EventQuery(action=Happening.LOG_IN_FAILED))
    assert [(event.user_id, event.details, event.address) for event in events] == [
        (user.id, {}, HERE),
        (None, {}, HERE),
    ]


def test_session_ends_idle_and_absolutely_and_with_its_user(session: Session) -> None:
    user = somebody(session)
    secret = sessions.open_session(session, user, settings=SETTINGS)
    row = session.scalars(sa.select(UserSession)).one()
    assert secret not in (row.secret_hash, str(row.id))
    assert sessions.find_session(session, secret, SETTINGS) is row
    assert sessions.find_session(session, row.secret_hash, SETTINGS) is None
    row.seen_at = now() - dt.timedelta(minutes=SETTINGS.session_idle_minutes, seconds=1)
    assert sessions.find_session(session, secret, SETTINGS) is None
    row.seen_at = now()
    row.expires_at = now()
    assert sessions.find_session(session, secret, SETTINGS) is None
    row.expires_at = now() + dt.timedelta(hours=1)
    user.is_active = False
    assert sessions.find_session(session, secret, SETTINGS) is None


def test_others_sessions_are_an_admins_to_end(session: Session) -> None:
    user, other = somebody(session), somebody(session, "b@example.vn")
    admin = somebody(session, "admin@example.vn", Role.ADMIN)
    sessions.open_session(session, user, settings=SETTINGS)
    key = session.scalars(sa.select(UserSession.id)).one()
    with pytest.raises(NotAllowed):
        sessions.end_session(session, key, user=user, actor=other)
    with pytest.raises(NotFound):
        sessions.end_session(session, key, user=other, actor=other)
    assert sessions.end_sessions(session, user, actor=admin) == 1


def test_token_opens_until_it_is_revoked_or_expires(session: Session) -> None:
    user = somebody(session)
    token, secret = tokens.add_token(session, user=user, actor=user, name="QGIS")
    assert secret.startswith(token.prefix)
    assert token.secret_hash not in secret
    assert tokens.authenticate_token(session, secret) is user
    assert user.limited_to == {Permission.VIEW, Permission.EDIT}
    token.expires_at = now()
    with pytest.raises(NotAuthenticated):
        tokens.authenticate_token(session, secret)
    token.expires_at = now() + dt.timedelta(days=1)
    user.limited_to = None
    tokens.revoke_token(session, token.id, actor=user)
    for text in (secret, secret[:-1], "", "disan_"):
        with pytest.raises(NotAuthenticated):
            tokens.authenticate_token(session, text)


def test_token_is_given_no_more_than_its_owner_may(session: Session) -> None:
    editor, admin = somebody(session), somebody(session, "admin@example.vn", Role.ADMIN)
    for user, wish in (
        (editor, Permission.PUBLISH),
        (editor, Permission.SEE_SENSITIVE),
        (admin, Permission.MANAGE_USERS),
    ):
        with pytest.raises(InvalidInput) as error:
            tokens.add_token(session, user=user, actor=user, name="x", permissions=[wish])
        assert error.value.params["field"] == "permissions"
    for days in (0, 367):
        with pytest.raises(InvalidInput):
            tokens.add_token(session, user=editor, actor=editor, name="x", days=days)


def test_token_of_a_demoted_reviewer_publishes_no_more(session: Session) -> None:
    admin, user = somebody(session, "admin@example.vn", Role.ADMIN), somebody(session, role=Role.REVIEWER)
    wish = [Permission.VIEW, Permission.PUBLISH]
    _, secret = tokens.add_token(session, user=user, actor=user, name="x", permissions=wish)
    assert is_permitted(tokens.authenticate_token(session, secret), Permission.PUBLISH)
    assert not is_permitted(user, Permission.REVIEW)
    user.limited_to = None
    administration.set_grants(session, user, [Grant(Role.EDITOR)], actor=admin)
    assert not is_permitted(tokens.authenticate_token(session, secret), Permission.PUBLISH)


def test_token_is_its_owners_or_an_admins_to_revoke(session: Session) -> None:
    owner, other = somebody(session), somebody(session, "b@example.vn", Role.REVIEWER)
    token, _ = tokens.add_token(session, user=owner, actor=owner, name="x")
    with pytest.raises(NotAllowed):
        tokens.revoke_token(session, token.id, actor=other)


def test_link_is_good_once_and_for_its_time(session: Session) -> None:
    admin, user = somebody(session, "admin@example.vn", Role.ADMIN), somebody(session)
    sessions.open_session(session, user, settings=SETTINGS)
    first = links.make_link(session, user, actor=admin, settings=SETTINGS)
    second = links.make_link(session, user, actor=admin, settings=SETTINGS)
    with pytest.raises(NotFound):
        links.find_link(session, first)
    with pytest.raises(InvalidInput):
        links.use_link(session, second, password="short")
    links.use_link(session, second, password="một mật khẩu khác hẳn")
    assert passwords.has_password(user, "một mật khẩu khác hẳn")
    assert session.scalars(sa.select(UserSession)).all() == []
    with pytest.raises(NotFound):
        links.use_link(session, second, password="lần thứ hai thì không")
    third = links.make_link(session, user, actor=admin, settings=SETTINGS)
    session.execute(sa.update(AccountLink).values(expires_at=now()))
    session.expire_all()
    with pytest.raises(NotFound):
        links.use_link(session, third, password="quá hạn thì cũng không")


def test_link_is_an_admins_to_make(session: Session) -> None:
    user = somebody(session, role=Role.REVIEWER)
    with pytest.raises(NotAllowed):
        links.make_link(session, user, actor=user, settings=SETTINGS)


def test_last_admin_cannot_be_locked_out(session: Session) -> None:
    begin_write(session)
    admin = somebody(session, "admin@example.vn", Role.ADMIN)
    administration.invite_user(
        session, email="new@example.vn", display_name="", grants=[Grant(Role.ADMIN)], actor=admin
    )
    with pytest.raises(Conflict):
        administration.deactivate(session, admin, actor=admin)
    with pytest.raises(Conflict):
        administration.set_grants(session, admin, [Grant(Role.REVIEWER)], actor=admin)
    session.rollback()


def test_admin_may_go_when_another_can_log_in(session: Session) -> None:
    admin, second = somebody(session, "admin@example.vn", Role.ADMIN), somebody(session, "b@example.vn", Role.ADMIN)
    tokens.add_token(session, user=admin, actor=admin, name="x")
    sessions.open_session(session, admin, settings=SETTINGS)
    administration.deactivate(session, admin, actor=second)
    assert session.scalars(sa.select(UserSession)).all() == []
    assert all(
        token.revoked_at for token in session.scalars(sa.select(AccessToken).execution_options(populate_existing=True))
    )
    with pytest.raises(NotFound):
        find_user(session, "admin@example.vn")


def test_admins_role_takes_no_scope(session: Session) -> None:
    admin = somebody(session, "admin@example.vn", Role.ADMIN)
    with pytest.raises(InvalidInput):
        administration.set_grants(session, admin, [Grant(Role.ADMIN, unit="20410")], actor=admin)


def test_password_change_ends_the_other_sessions(session: Session) -> None:
    user = somebody(session)
    kept = sessions.open_session(session, user, settings=SETTINGS)
    gone = sessions.open_session(session, user, settings=SETTINGS)
    found = sessions.find_session(session, kept, SETTINGS)
    assert found
    with pytest.raises(InvalidInput) as error:
        administration.change_password(session, user, old="không phải", new="một mật khẩu khác hẳn")
    assert error.value.params["field"] == "old_password"
    administration.change_password(session, user, old=PASSWORD, new="một mật khẩu khác hẳn", keep=found.id)
    assert sessions.find_session(session, kept, SETTINGS)
    assert sessions.find_session(session, gone, SETTINGS) is None


def test_addresses_in_the_log_expire(session: Session) -> None:
    entrance.note_failure(session, email="a@example.vn", address=HERE)
    entrance.note_failure(session, email="a@example.vn", address=HERE)
    first = session.scalars(sa.select(AccountEvent).order_by(AccountEvent.id)).first()
    assert first
    first.at = now() - dt.timedelta(days=SETTINGS.address_log_days, seconds=1)
    session.flush()
    expire_traces(session, SETTINGS)
    session.expire_all()
    assert [event.address for event in session.scalars(sa.select(AccountEvent).order_by(AccountEvent.id))] == [
        None,
        HERE,
    ]
