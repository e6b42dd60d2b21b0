"""Somebody at the desk who reads and ticks: logged in by a session, sending forms with their proof."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from app.accounts import login
from app.accounts.models import Role, RoleGrant, User
from app.core.db import db
from app.http.actor import COOKIE

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

_CSRF = re.compile(r'name="_csrf" value="([0-9a-f]+)"')


class Reader:
    """A person with one role, within a scope if `unit` or `kinds` says so; `key` is the user's."""

    def __init__(
        self, app: Flask, name: str, role: Role, *, unit: str | None = None, kinds: tuple[str, ...] = ()
    ) -> None:
        self.app = app
        with app.app_context():
            session = db.session()
            user = User(name=f"{name}@example.vn", language="en")
            user.roles = [RoleGrant(role=role, unit=unit, kinds=list(kinds))]
            session.add(user)
            session.flush()
            secret = login.open_session(session, user, agent="test")
            self.key = user.id
            session.commit()
        self.client = app.test_client()
        self.client.set_cookie(COOKIE, secret)

    def get(self, path: str) -> TestResponse:
        """Ask for a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """Ask for a page that must be there; gives its text with blanks folded."""
        response = self.client.get(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return " ".join(response.text.split())

    def post(self, path: str, data: dict[str, Any], *, follow: bool = True) -> TestResponse:
        """Send a form with the proof that a page of this session carries."""
        found = _CSRF.search(self.client.get("/desk/register").text)
        assert found
        return self.client.post(path, data={"_csrf": found[1], **data}, follow_redirects=follow)
