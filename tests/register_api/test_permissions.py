"""Nobody does by the register's API what their role and scope do not allow: every route, each role, own and foreign."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from app.accounts.models import Role
from app.accounts.permissions import Permission
from app.core.db import db
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from tests.harness import register
from tests.harness.machines import BASE, Caller, feature, make_caller

if TYPE_CHECKING:
    from flask import Flask

HERE, THERE = "20410", "20611"
OWN, FOREIGN = "QNM-9001", "QNM-9002"
ITEMS = "/collections/sites/items"
ROLES = ("nobody", "viewer", "editor", "scoped", "reviewer", "admin", "reading", "token")

# Route → what each of ROLES is answered for the record in their unit and for the one elsewhere.
_READ = dict.fromkeys(ROLES, (200, 200)) | {"nobody": (401, 401)}
_WRITE = _READ | {"viewer": (403, 403), "reading": (403, 403), "scoped": (200, 403)}
_MADE = {role: tuple(201 if status == 200 else status for status in found) for role, found in _WRITE.items()}
_LEAD = _READ | dict.fromkeys(("viewer", "editor", "scoped", "reading", "token"), (403, 403))
_GONE = {role: tuple(204 if status == 200 else status for status in found) for role, found in _LEAD.items()}
TABLE: dict[tuple[str, str], dict[str, tuple[int, ...]]] = {
    ("GET", "/"): _READ,
    ("GET", "/conformance"): _READ,
    ("GET", "/openapi.json"): _READ,
    ("GET", "/collections"): _READ,
    ("GET", "/collections/<name>"): _READ,
    ("GET", "/collections/<name>/queryables"): _READ,
    ("GET", "/collections/<name>/schema"): _READ,
    ("GET", "/collections/<name>/items"): _READ,
    ("POST", "/collections/<name>/items"): _MADE,
    ("GET", "/collections/<name>/items/<code>"): _READ,
    ("OPTIONS", "/collections/<name>/items/<code>"): dict.fromkeys(ROLES, (204, 204)) | {"nobody": (401, 401)},
    ("PUT", "/collections/<name>/items/<code>"): _WRITE,
    ("PATCH", "/collections/<name>/items/<code>"): _WRITE,
    ("DELETE", "/collections/<name>/items/<code>"): _GONE,
    ("GET", "/collections/<name>/items/<code>/revisions"): _READ,
    ("GET", "/collections/<name>/items/<code>/revisions/<int:number>"): _READ,
    ("GET", "/collections/<name>/items/<code>/revisions/<int:before>...<int:after>"): _READ,
    ("POST", "/collections/<name>/items/<code>/transitions"): _LEAD,
}


@pytest.fixture
def callers(written_app: Flask) -> dict[str, Caller]:
    """Two accepted sites in two communes; a machine of each role, one bound to a commune, two with smaller tokens."""
    with written_app.app_context():
        session = db.session()
        rows = [{"code": code, "name": {"vi": f"Xã {code}"}, "level": "commune"} for code in (HERE, THERE)]
        schema = UnitSchema()
        write_units(session, [dict(schema.load(row)) for row in rows], actor=register_admin(session))
        for code, unit in ((OWN, HERE), (FOREIGN, THERE)):
            register.accept(session, ("site", register.site(code, current_unit=unit)))
        session.commit()
    found = {role: make_caller(written_app, f"{role}@example.org", Role(role)) for role in ROLES[1:3]}
    found["scoped"] = make_caller(written_app, "scoped@example.org", Role.EDITOR, unit=HERE)
    found["reviewer"] = make_caller(written_app, "reviewer@example.org", Role.REVIEWER)
    found["admin"] = make_caller(written_app, "admin@example.org", Role.ADMIN)
    reading, writing = frozenset({Permission.VIEW}), frozenset({Permission.VIEW, Permission.EDIT})
    found["reading"] = make_caller(written_app, "reading@example.org", Role.ADMIN, permissions=reading)
    found["token"] = make_caller(written_app, "token@example.org", Role.REVIEWER, permissions=writing)
    found["nobody"] = Caller(written_app, "")
    return found


def register_admin(session: Any) -> Any:
    from app.accounts.operations import system_actor

    return system_actor(session, "test-admin", Role.ADMIN)


def ask(callers: dict[str, Caller], role: str, method: str, rule: str, code: str) -> int:
    path = rule.replace("<name>", "sites").replace("<code>", code)
    path = path.replace("<int:number>", "1").replace("<int:before>", "1").replace("<int:after>", "1")
    body: Any = None
    reader = callers["admin" if role == "nobody" else role]
    headers = {"If_Match": reader.get(f"{ITEMS}/{code}").headers["ETag"]} if "<code>" in rule else {}
    if rule.endswith("transitions"):
        body, headers = {"action": "publish"}, {}
    elif method == "POST":
        unit = HERE if code == OWN else THERE
        body = feature(register.site(f"{code}-{role[:4].upper()}", current_unit=unit))
    elif method in ("PUT", "PATCH"):
        body = feature(register.site(code, current_unit=HERE if code == OWN else THERE, tags=[role]))
    if role == "nobody":
        headers["Authorization"] = ""
    return callers[role].call(method, path, body, **headers).status_code


@pytest.mark.parametrize("role", ROLES)
def test_every_route_lets_in_whom_the_table_says_and_nobody_else(callers: dict[str, Caller], role: str) -> None:
    for (method, rule), expected in TABLE.items():
        found = tuple(ask(callers, role, method, rule, code) for code in (OWN, FOREIGN))
        assert found == expected[role], (method, rule, role)
        if method == "DELETE" and 204 in found:
            for code in (OWN, FOREIGN):
                assert callers["admin"].lead("sites", code, "undelete").status_code == 200


def test_table_names_every_route(written_app: Flask) -> None:
    rules = {
        (method, str(rule).removeprefix(BASE))
        for rule in written_app.url_map.iter_rules()
        if rule.endpoint.startswith("register.")
        for method in rule.methods - {"HEAD"}
    }
    automatic = {(method, rule) for method, rule in rules if method == "OPTIONS"} - set(TABLE)
    # What takes no Feature is tried in `test_media`.
    assert rules - automatic - {("POST", "/media")} == set(TABLE)


def test_draft_is_read_by_colleagues_and_led_by_its_author_alone(callers: dict[str, Caller]) -> None:
    editor = callers["editor"]
    assert editor.patch("sites", OWN, {"tags": ["mine"]}).status_code == 200
    for role in ("viewer", "scoped", "reviewer", "admin"):
        caller = callers[role]
        assert caller.read(f"{ITEMS}/{OWN}")["properties"]["tags"] == []
        assert caller.read(f"{ITEMS}/{OWN}/revisions/2")["properties"]["tags"] == ["mine"]
        assert caller.read(f"{ITEMS}/{OWN}/revisions/1...2")["changes"][0]["after"] == ["mine"]
        for action in ("submit", "discard", "recall", "reopen"):
            assert caller.lead("sites", OWN, action, 2).status_code in (403, 409), (role, action)
    assert editor.read(f"{ITEMS}/{OWN}")["properties"]["tags"] == ["mine"]
    assert editor.lead("sites", OWN, "submit", 2).status_code == 200
    for role in ("viewer", "editor", "scoped", "token", "reading"):
        for action in ("accept", "reject"):
            assert callers[role].lead("sites", OWN, action, 2, comment="no").status_code == 403, (role, action)
    assert callers["reviewer"].read(f"{ITEMS}/{OWN}/revisions/2")["properties"]["tags"] == ["mine"]
