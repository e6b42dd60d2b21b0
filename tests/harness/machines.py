"""Officers' machines for tests: users with tokens, and a caller that speaks to the register's API as one of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from app.accounts.models import Role, RoleGrant, User
from app.accounts.permissions import PERMISSIONS, Permission
from app.accounts.tokens import add_token
from app.core.db import db

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

BASE = "/register/v1"
GEOJSON = "application/geo+json"
MERGE_PATCH = "application/merge-patch+json"


def make_user(name: str, role: Role, *, unit: str | None = None, sees_sensitive: bool = False) -> User:
    """Add a person with a role, in one unit only if need be."""
    user = User(
        name=name,
        roles=[RoleGrant(role=role, unit=unit, sees_sensitive=sees_sensitive)],
    )
    db.session.add(user)
    db.session.flush()
    return user


def make_token(user: User, *, permissions: frozenset[Permission] | None = None) -> str:
    """Make a token with all that the user may do, or with some of it."""
    held = frozenset().union(*(PERMISSIONS[Role(grant.role)] for grant in user.roles))
    wanted = permissions if permissions is not None else held - {Permission.SEE_SENSITIVE, Permission.MANAGE_USERS}
    return add_token(db.session(), user=user, name="test", days=1, actor=user, permissions=wanted)[1]


@dataclass
class Caller:
    """Somebody's machine: requests with their token, JSON in and out."""

    app: Flask
    token: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        """Send a request; a keyword such as `If_Match` is a header."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given.setdefault("Authorization", f"Bearer {self.token}")
        kind = given.pop("Content-Type", MERGE_PATCH if method == "PATCH" else GEOJSON)
        if path.endswith("/transitions"):
            kind = "application/json"
        sent = {} if body is None else {"json": body, "content_type": kind}
        return self.app.test_client().open(f"{BASE}{path}", method=method, headers=given, **sent)

    def get(self, path: str, **headers: str) -> TestResponse:
        """Read."""
        return self.call("GET", path, **headers)

    def read(self, path: str) -> dict[str, Any]:
        """Read, and give the document."""
        response = self.get(path)
        assert response.status_code == 200, response.text
        return dict(response.get_json(force=True))

    def add(self, plural: str, properties: dict[str, Any], query: str = "", **further: Any) -> dict[str, Any]:
        """Add a record, and give it as it is shown."""
        response = self.call("POST", f"/collections/{plural}/items{query}", feature(properties, **further))
        assert response.status_code == 201, response.text
        return dict(response.get_json(force=True))

    def patch(self, plural: str, code: str, properties: dict[str, Any], **further: Any) -> TestResponse:
        """Change a record that was just read."""
        path = f"/collections/{plural}/items/{code}"
        etag = self.get(path).headers["ETag"]
        return self.call("PATCH", path, {"properties": properties, **further}, If_Match=etag)

    def lead(self, plural: str, code: str, action: str, revision: int | None = None, **body: Any) -> TestResponse:
        """Lead a revision or a record on."""
        given = {"action": action, **({"revision": revision} if revision is not None else {}), **body}
        return self.call("POST", f"/collections/{plural}/items/{code}/transitions", given)


def feature(properties: dict[str, Any], geometry: Any = None, **further: Any) -> dict[str, Any]:
    """A Feature as a client sends it."""
    return {"type": "Feature", "geometry": geometry, "properties": properties, **further}


def make_caller(app: Flask, name: str, role: Role, **further: Any) -> Caller:
    """Give the machine of a new person."""
    permissions = further.pop("permissions", None)
    with app.app_context():
        token = make_token(make_user(name, role, **further), permissions=permissions)
        db.session.commit()
    return Caller(app, token)
