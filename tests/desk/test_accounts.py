"""One's account, users' administration and the activity log, as people use them."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING

import pytest

from app.accounts.models import Role
from app.accounts.permissions import Permission, Subject, is_permitted
from app.accounts.tokens import authenticate_token
from app.core.db import begin_write, db
from tests.harness import register
from tests.harness.desk import PASSWORD, add_person, log_in, post, user_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

ADMIN, EDITOR = "admin@example.vn", "a@example.vn"
SECRET = re.compile(r'<code class="secret">([^<]+)</code>')


@pytest.fixture
def admin(app: Flask) -> FlaskClient:
    """Somebody who manages users, logged in."""
    add_person(app, ADMIN, Role.ADMIN)
    client = app.test_client()
    log_in(client, ADMIN)
    return client


def secret_in(text: str) -> str:
    found = SECRET.search(text)
    assert found, text
    return html.unescape(found[1])


def test_password_is_changed_and_other_sessions_end(app: Flask, client: FlaskClient) -> None:
    add_person(app, EDITOR)
    other = app.test_client()
    log_in(client, EDITOR)
    log_in(other, EDITOR)
    new = {"password": "một mật khẩu khác hẳn", "password_again": "một mật khẩu khác hẳn"}
    assert post(client, "/desk/account/password", {"old_password": "falsch", **new}).status_code == 422
    differing = {"old_password": PASSWORD, **new, "password_again": "khác"}
    assert "password-password_again-error" in post(client, "/desk/account/password", differing).text
    assert post(client, "/desk/account/password", {"old_password": PASSWORD, **new}).status_code == 303
    assert client.get("/desk/account").status_code == 200
    assert other.get("/desk/account").status_code == 303
    assert log_in(other, EDITOR).status_code == 422
    assert log_in(other, EDITOR, new["password"]).status_code == 303


def test_old_password_cannot_be_guessed_at_the_desk(app: Flask, client: FlaskClient) -> None:
    add_person(app, EDITOR)
    log_in(client, EDITOR)
    new = {"password": "một mật khẩu khác hẳn", "password_again": "một mật khẩu khác hẳn"}
    for _ in range(5):
        post(client, "/desk/account/password", {"old_password": "falsch", **new})
    assert post(client, "/desk/account/password", {"old_password": PASSWORD, **new}).status_code == 422
    assert log_in(app.test_client(), EDITOR, new["password"]).status_code == 429


def test_other_sessions_are_listed_and_ended(app: Flask, client: FlaskClient) -> None:
    add_person(app, EDITOR)
    other = app.test_client()
    log_in(client, EDITOR)
    log_in(other, EDITOR)
    assert client.get("/desk/account").text.count('data-label="Trình duyệt"') == 2
    assert post(client, "/desk/account/sessions").status_code == 303
    assert other.get("/desk/account").status_code == 303
    assert client.get("/desk/account").status_code == 200


def test_token_is_shown_once_and_acts_within_its_limits(app: Flask, client: FlaskClient) -> None:
    add_person(app, EDITOR, Role.REVIEWER)
    log_in(client, EDITOR)
    data = {"name": "QGIS", "days": "30", "permissions": ["records:view", "records:edit"]}
    response = post(client, "/desk/account/tokens", data)
    secret = secret_in(response.text)
    assert secret not in client.get("/desk/account").text
    with app.app_context():
        user = authenticate_token(db.session(), secret)
        assert is_permitted(user, Permission.EDIT)
        assert not is_permitted(user, Permission.PUBLISH)
    assert client.get("/desk/account", headers={"Authorization": f"Bearer {secret}"}).status_code == 200
    assert app.test_client().get("/desk/account", headers={"Authorization": f"Bearer {secret}"}).status_code == 303


def test_token_that_asks_too_much_is_refused_by_its_field(app: Flask, client: FlaskClient) -> None:
    add_person(app, EDITOR)
    log_in(client, EDITOR)
    data = {"name": "QGIS ở cơ quan", "days": "30", "permissions": ["records:publish"]}
    response = post(client, "/desk/account/tokens", data)
    assert response.status_code == 422
    assert "token-permissions-error" in response.text
    assert "QGIS ở cơ quan" in response.text


def test_token_of_another_is_not_there_to_revoke(app: Flask, client: FlaskClient, admin: FlaskClient) -> None:
    add_person(app, EDITOR)
    log_in(client, EDITOR)
    data = {"name": "x", "days": "1", "permissions": ["records:view"]}
    secret = secret_in(post(admin, "/desk/account/tokens", data).text)
    assert post(client, "/desk/account/tokens/1/revoke").status_code == 403
    with app.app_context():
        assert authenticate_token(db.session(), secret)


@pytest.mark.parametrize("role", [Role.VIEWER, Role.EDITOR, Role.REVIEWER])
def test_users_are_for_admins_only(app: Flask, client: FlaskClient, role: Role) -> None:
    key = add_person(app, EDITOR, role)
    log_in(client, EDITOR)
    for path in ("/desk/users", "/desk/users/new", f"/desk/users/{key}"):
        assert client.get(path).status_code == 403
    for path in (
        "/desk/users/new",
        *(f"/desk/users/{key}/{what}" for what in ("roles", "link", "state", "sessions", "tokens/1")),
    ):
        assert post(client, path, {"rows": "1", "role-0": "admin", "wish": "deactivate"}).status_code == 403, path
    assert "/desk/users" not in client.get("/desk/account").text


def test_invited_person_sets_a_password_by_a_link_that_works_once(app: Flask, admin: FlaskClient) -> None:
    data = {"email": "Mới@Example.vn", "display_name": "Lê Văn Mới", "rows": "1", "role-0": "editor"}
    link = secret_in(post(admin, "/desk/users/new", data).text)
    path = link.removeprefix("http://localhost")
    guest = app.test_client()
    page = guest.get(path)
    assert "mới@example.vn" in page.text
    assert guest.get(path).status_code == 200
    form = dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page.text))
    short = guest.post("/desk/link", data={**form, "password": "ngắn", "password_again": "ngắn"})
    assert "password-error" in short.text
    both = {"password": PASSWORD, "password_again": PASSWORD}
    assert guest.post("/desk/link", data={**form, **both}).headers["Location"] == "/desk/login"
    assert guest.post("/desk/link", data={**form, **both}).status_code == 404
    assert guest.get(path).status_code == 404
    assert log_in(guest, "mới@example.vn").status_code == 303


def test_invitation_that_is_wrong_keeps_what_was_typed(admin: FlaskClient) -> None:
    data = {"email": "không phải", "display_name": "Lê Văn Mới", "rows": "1", "role-0": "editor", "kinds-0": ["site"]}
    response = post(admin, "/desk/users/new", data)
    assert response.status_code == 422
    assert 'id="email-error"' in response.text
    assert "Lê Văn Mới" in response.text
    assert re.search(r'id="kinds-0-site"[^>]*checked', response.text.replace("\n", " "))
    more = post(admin, "/desk/users/new", {**data, "more": "1"})
    assert more.status_code == 200
    assert 'name="role-1"' in more.text
    assert "không phải" in more.text


def test_role_is_bound_to_a_unit_given_by_name_and_to_kinds(seeded_copy: Flask) -> None:
    app = seeded_copy
    add_person(app, ADMIN, Role.ADMIN)
    key = add_person(app, EDITOR)
    admin = app.test_client()
    log_in(admin, ADMIN)
    row = {"rows": "1", "role-0": "editor", "unit-0": "phuong hoi an", "kinds-0": ["site"]}
    path = f"/desk/users/{key}/roles"
    nowhere = post(admin, path, {**row, "unit-0": "Nơi không có"})
    assert nowhere.status_code == 422
    assert "unit-0-error" in nowhere.text
    assert "Nơi không có" in nowhere.text
    assert "kinds-0-error" in post(admin, path, {**row, "kinds-0": ["nothing"]}).text
    assert post(admin, path, row).status_code == 303, post(admin, path, row).text
    with app.app_context():
        user = user_in(app, EDITOR)
        (grant,) = user.roles
        assert grant.unit
        inside, outside = frozenset({grant.unit, "48"}), frozenset({"48"})
        assert is_permitted(user, Permission.EDIT, Subject("site", (inside,)))
        assert not is_permitted(user, Permission.EDIT, Subject("site", (outside,)))
        assert not is_permitted(user, Permission.EDIT, Subject("zone", (inside,)))


def test_deactivated_person_is_out_at_once_and_may_come_back(
    app: Flask, client: FlaskClient, admin: FlaskClient
) -> None:
    key = add_person(app, EDITOR)
    log_in(client, EDITOR)
    post(admin, f"/desk/users/{key}/state", {"wish": "deactivate"})
    assert client.get("/desk/account").status_code == 303
    assert log_in(client, EDITOR).status_code == 422
    post(admin, f"/desk/users/{key}/state", {"wish": "reactivate"})
    assert log_in(client, EDITOR).status_code == 303


def test_last_admin_is_told_why_not(app: Flask, admin: FlaskClient) -> None:
    with app.app_context():
        key = user_in(app, ADMIN).id
    post(admin, f"/desk/users/{key}/state", {"wish": "deactivate"})
    assert "quản trị viên cuối cùng" in admin.get(f"/desk/users/{key}").text
    response = post(admin, f"/desk/users/{key}/roles", {"rows": "1", "role-0": "editor"})
    assert response.status_code == 422
    assert admin.get("/desk/users").status_code == 200


def test_system_actors_cannot_be_managed(app: Flask, admin: FlaskClient) -> None:
    with app.app_context():
        begin_write(db.session())
        key = register.editor(db.session()).id
        db.session.commit()
    assert admin.get(f"/desk/users/{key}").status_code == 404
    assert post(admin, f"/desk/users/{key}/link").status_code == 404


def test_log_shows_each_role_what_it_may_see(app: Flask, admin: FlaskClient) -> None:
    add_person(app, EDITOR)
    add_person(app, "r@example.vn", Role.REVIEWER)
    with app.app_context():
        begin_write(db.session())
        register.write_vocabulary(db.session())
        register.publish(db.session(), ("site", register.site("QNM-0001")))
        db.session.commit()
    editor, reviewer = app.test_client(), app.test_client()
    log_in(editor, EDITOR)
    log_in(reviewer, "r@example.vn")
    texts = {name: each.get("/desk/audit").text for name, each in (("a", admin), ("r", reviewer), ("e", editor))}
    rows = {name: text[text.index("<tbody>") :] for name, text in texts.items()}
    assert "QNM-0001" in rows["a"]
    assert EDITOR in rows["a"]
    assert "QNM-0001" in rows["r"]
    assert EDITOR not in rows["r"]
    assert "QNM-0001" not in rows["e"]
    assert EDITOR in rows["e"]
    assert ADMIN not in rows["e"]


def test_log_is_filtered_and_read_page_by_page_without_gap(app: Flask, admin: FlaskClient) -> None:
    with app.app_context():
        begin_write(db.session())
        register.write_vocabulary(db.session())
        register.publish(db.session(), *(("site", register.site(f"QNM-{n:04}")) for n in range(1, 31)))
        db.session.commit()
    whole, path = [], "/desk/audit?kind=site"
    while path:
        text = admin.get(path).text
        whole += re.findall(r"(?:Di tích|Site) (QNM-\d{4})", text[text.index("<tbody>") :])
        found = re.search(r'href="([^"]+)" rel="next"', text)
        path = html.unescape(found[1]) if found else ""
    assert len(whole) == 30 * 4
    assert {code: whole.count(code) for code in whole} == {f"QNM-{n:04}": 4 for n in range(1, 31)}
    only = admin.get("/desk/audit?code=QNM-0007&action=accept").text
    assert re.findall(r"QNM-\d{4}(?=</td>)", only) == ["QNM-0007"]
    assert admin.get("/desk/audit?until=2001-01-01").text.count("<tbody>") == 0
    wrong = admin.get("/desk/audit?since=hôm%20qua")
    assert wrong.status_code == 422
    assert "since-error" in wrong.text
    assert admin.get("/desk/audit?cursor=nonsense").status_code == 422


def test_new_password_typed_wrongly_is_no_guess_of_the_old_one(app: Flask, client: FlaskClient) -> None:
    add_person(app, "an@example.org")
    log_in(client, "an@example.org")
    typed = {"old_password": PASSWORD, "password": "một câu mới đủ dài", "password_again": "một câu khác"}
    for wrong in (typed, typed | {"password": "ngắn", "password_again": "ngắn"}) * 4:
        assert post(client, "/desk/account/password", wrong).status_code == 422
    right = typed | {"password_again": typed["password"]}
    assert post(client, "/desk/account/password", right).status_code == 303
