"""People at the desk for tests: made with a role, logged in by the real form, sending forms with their proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.accounts.models import Role, RoleGrant, User
from app.accounts.operations import add_user
from app.core.db import begin_write, db

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse

PASSWORD = "một câu khá dài để nhớ"
_CSRF = re.compile(r'name="_csrf" value="([0-9a-f]{64})"')


def add_person(app: Flask, email: str, role: Role = Role.EDITOR, **grant: Any) -> int:
    """Add somebody with one role, bound by `grant` if it is given (unit, kinds, sees_sensitive); gives their key."""
    with app.app_context():
        session = db.session()
        begin_write(session)
        user = add_user(session, email=email, role=role, password=PASSWORD)
        if grant:
            user.roles = [RoleGrant(role=role, **grant)]
        key = user.id
        session.commit()
        return key


def proof_in(response: TestResponse) -> str:
    """Find the proof that a page's forms carry."""
    found = _CSRF.search(response.text)
    assert found, response.text[:2000]
    return found[1]


def log_in(client: FlaskClient, email: str, password: str = PASSWORD, **fields: Any) -> TestResponse:
    """Log in by the form of the log-in page."""
    proof = proof_in(client.get("/desk/login"))
    return client.post("/desk/login", data={"email": email, "password": password, "_csrf": proof, **fields})


def post(client: FlaskClient, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
    """Send a form of the desk with the proof that one's account page gives."""
    proof = proof_in(client.get("/desk/account"))
    return client.post(path, data={"_csrf": proof, **(data or {})}, **options)


def user_in(app: Flask, email: str) -> User:
    """Read somebody afresh; call it inside an application context."""
    del app
    db.session.expire_all()
    return db.session.execute(db.select(User).where(User.name == email)).scalar_one()
