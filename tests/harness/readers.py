"""Somebody at the desk who reads and ticks: an officer whose pages are read as text."""

from __future__ import annotations

import re
from functools import cached_property
from typing import TYPE_CHECKING, Any

from app.accounts.models import Role
from tests.harness.officers import FROM_HERE, Officer

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

_CSRF = re.compile(r'name="_csrf" value="([0-9a-f]+)"')


class Reader(Officer):
    """A person with one role, within a scope if `unit` or `kinds` says so; `key` is the user's."""

    def __init__(
        self, app: Flask, name: str, role: Role, *, unit: str | None = None, kinds: tuple[str, ...] = ()
    ) -> None:
        super().__init__(app, name, role, unit=unit, kinds=kinds)
        self.key = self.id

    def read(self, path: str) -> TestResponse:
        """Ask for a page."""
        return self.client.get(path)

    def text(self, path: str) -> str:
        """Ask for a page that must be there; gives its text with blanks folded."""
        response = self.read(path)
        assert response.status_code == 200, (path, response.status_code, response.text[:500])
        return " ".join(response.text.split())

    @cached_property
    def _proof(self) -> str:
        found = _CSRF.search(self.client.get("/desk/register").text)
        assert found
        return found[1]

    def send(self, path: str, data: dict[str, Any]) -> TestResponse:
        """Send a form with the proof that a page of this session carries, and follow where it leads."""
        return self.client.post(path, data={"_csrf": self._proof, **data}, headers=FROM_HERE, follow_redirects=True)
