"""A served desk with somebody logged in, for browser tests."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.harness import browser as browsers
from tests.harness import server
from tests.harness.databases import Database, open_app

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

COOKIE = "disan_session"


@dataclass(frozen=True)
class Desk:
    """Where a desk is served, and the secret of an open session."""

    url: str
    secret: str

    @contextlib.contextmanager
    def page(self, browser: Browser, viewport: dict[str, int], **options: Any) -> Iterator[Page]:
        """Give a page of whoever is logged in; a script error fails the test."""
        with browsers.open_page(browser, viewport, self.url, **options) as page:
            page.context.add_cookies([{"name": COOKIE, "value": self.secret, "url": self.url}])
            yield page


def enter(database: Database, *, role: str = "reviewer", email: str = "officer@example.org") -> str:
    """Add somebody and open a session for them; gives its secret."""
    from app.accounts.models import Role
    from app.accounts.operations import add_user
    from app.accounts.sessions import open_session
    from app.config import Settings
    from app.core.db import db

    with open_app(database) as app, app.app_context():
        session = db.session()
        user = add_user(session, email=email, role=Role(role), password="a long pass phrase")
        session.flush()
        secret = open_session(session, user, settings=Settings(), agent="tests")
        session.commit()
    return secret


@contextlib.contextmanager
def serve_desk(database: Database, folder: Path) -> Iterator[Desk]:
    """Serve a database whose desk somebody has entered."""
    secret = enter(database)
    with server.serve(database, folder / "server.log") as url:
        yield Desk(url, secret)
