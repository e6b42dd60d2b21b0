"""The desk's door: log-in, cookies, forms that are not ours, and forms kept over the end of a session."""

from __future__ import annotations

import html
import json
import re
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.entrance import FREE_TRIES
from app.accounts.models import Role, UserSession
from app.core.db import begin_write, db, now
from tests.harness.databases import Database, open_app
from tests.harness.desk import PASSWORD, add_person, log_in, post, proof_in

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

EMAIL = "a@example.vn"
SAME = {"Sec-Fetch-Site": "same-origin"}
HIDDEN = re.compile(r'<input type="hidden" name="([^"]*)" value="([^"]*)"')


def hidden(text: str) -> list[tuple[str, str]]:
    """Read a page's hidden fields as a browser would send them."""
    return [(html.unescape(name), html.unescape(value)) for name, value in HIDDEN.findall(text)]


def end_all_sessions(app: Flask) -> None:
    with app.app_context():
        begin_write(db.session())
        db.session.execute(sa.update(UserSession).values(expires_at=now()))
        db.session.commit()


def test_desk_asks_who_comes_and_leads_on_afterwards(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    response = client.get("/desk/audit?code=QNM-0001")
    assert response.status_code == 303
    assert response.headers["Location"] == "/desk/login?next=%2Fdesk%2Faudit%3Fcode%3DQNM-0001"
    response = log_in(client, EMAIL, next="/desk/audit?code=QNM-0001")
    assert (response.status_code, response.headers["Location"]) == (303, "/desk/audit?code=QNM-0001")
    response = client.get("/desk/audit")
    assert response.status_code == 200
    assert response.headers["Cache-Control"] == "no-store"
    assert response.headers["X-Robots-Tag"] == "noindex"


@pytest.mark.parametrize(
    "address",
    [
        "https://evil.example/desk/",
        "//evil.example/desk/",
        "/\\evil.example",
        "/desk/\\evil.example",
        "/desk//evil.example",
        "/desk/../../evil",
        "/vi/",
        "/deskevil",
        "javascript:alert(1)",
        "/desk/\r\nSet-Cookie: a=b",
        "/desk/login?next=/desk/login",
    ],
)
def test_log_in_leads_nowhere_but_to_the_desk(app: Flask, client: FlaskClient, address: str) -> None:
    add_person(app, EMAIL)
    assert log_in(client, EMAIL, next=address).headers["Location"] == "/desk/"


def test_wrong_address_and_wrong_password_are_told_alike(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    wrong, unknown = log_in(client, EMAIL, "falsch"), log_in(client, "b@example.vn", "falsch")
    assert wrong.status_code == unknown.status_code == 422
    assert wrong.text.replace(EMAIL, "") == unknown.text.replace("b@example.vn", "")


def test_account_is_locked_for_a_while_even_for_the_right_password(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    for _ in range(FREE_TRIES):
        assert log_in(client, EMAIL, "falsch").status_code == 422
    response = log_in(client, EMAIL)
    assert response.status_code == 429
    assert 0 < int(response.headers["Retry-After"]) <= 30


def test_log_in_makes_a_new_session_whatever_cookie_came(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    client.set_cookie("disan_session", "chosen-by-somebody-else", path="/")
    log_in(client, EMAIL)
    first = client.get_cookie("disan_session")
    assert first
    assert first.value != "chosen-by-somebody-else"
    assert client.get("/desk/account").status_code == 200
    log_in(client.application.test_client(), EMAIL)
    proof = proof_in(client.get("/desk/account"))
    client.post("/desk/login", data={"email": EMAIL, "password": PASSWORD, "_csrf": proof})
    second = client.get_cookie("disan_session")
    assert second
    assert second.value != first.value
    thief = client.application.test_client()
    thief.set_cookie("disan_session", first.value, path="/")
    assert thief.get("/desk/account").status_code == 303


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_session_cookie_is_out_of_reach_of_scripts_and_other_sites(app: Flask, scheme: str) -> None:
    add_person(app, EMAIL)
    client = app.test_client()
    options = {"base_url": f"{scheme}://localhost"}
    proof = proof_in(client.get("/desk/login", **options))
    data = {"email": EMAIL, "password": PASSWORD, "_csrf": proof}
    response = client.post("/desk/login", data=data, **options)
    (cookie,) = [each for each in response.headers.getlist("Set-Cookie") if "disan_session=" in each]
    parts = {part.strip() for part in cookie.split(";")[1:]}
    assert {"HttpOnly", "SameSite=Lax", "Path=/"} <= parts
    assert ("Secure" in parts) is (scheme == "https")
    assert cookie.startswith("__Host-") is (scheme == "https")
    assert not any(part.startswith(("Domain", "Max-Age", "Expires")) for part in parts)


def test_log_out_ends_the_session_itself(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    log_in(client, EMAIL)
    cookie = client.get_cookie("disan_session")
    assert cookie
    response = post(client, "/desk/logout")
    assert response.headers["Location"] == "/desk/login"
    assert "Đã đăng xuất." in client.get("/desk/login").text
    assert "Đã đăng xuất." not in client.get("/desk/login").text
    client.set_cookie("disan_session", cookie.value, path="/")
    assert client.get("/desk/account").status_code == 303


def addresses(app: Flask, method: str) -> list[str]:
    """Give every address of the desk that answers a method, with keys filled in."""
    return sorted(
        {
            re.sub(r"<(?:any\((\w+)[^>]*|[^>]*)>", lambda found: found[1] or "1", str(rule.rule))
            for rule in app.url_map.iter_rules()
            if str(rule.rule).startswith("/desk") and method in (rule.methods or ())
        }
    )


def test_every_form_of_the_desk_is_refused_without_its_proof(app: Flask) -> None:
    add_person(app, EMAIL, Role.ADMIN)
    client = app.test_client()
    log_in(client, EMAIL)
    stranger = app.test_client()
    theirs = proof_in(stranger.get("/desk/login"))
    paths = addresses(app, "POST")
    assert "/desk/users/1/roles" in paths
    for path in paths:
        for proof in ("", theirs, "f" * 64):
            response = client.post(path, data={"_csrf": proof}, headers={"Sec-Fetch-Site": "cross-site"})
            assert response.status_code == 403, path
            assert 'name="_kept"' not in response.text, path
    assert client.get("/desk/account").status_code == 200


def test_every_page_of_the_desk_but_the_open_ones_asks_who_comes(app: Flask, client: FlaskClient) -> None:
    open_paths = {"/desk/login", "/desk/link"}
    for path in addresses(app, "GET"):
        expected = {200, 404} if path in open_paths else {303}
        assert client.get(path).status_code in expected, path


def test_form_sent_after_the_session_ended_goes_on_after_log_in(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    log_in(client, EMAIL)
    typed = 'Chùa Cầu "Lai Viễn Kiều" <b>&amp;\nhàng thứ hai'
    end_all_sessions(app)
    fields = {"display_name": typed.replace("\n", " "), "language": "vi", "note": typed, "_csrf": "of a dead session"}
    response = client.post("/desk/account/profile?from=here", data=fields, headers=SAME)
    assert response.status_code == 401
    page = dict(hidden(response.text))
    kept = json.loads(page["_kept"])
    assert kept["to"] == "/desk/account/profile?from=here"
    assert ["note", typed] in kept["fields"]
    assert "_csrf" not in dict(kept["fields"])
    wrong = client.post("/desk/login", data={**page, "email": EMAIL, "password": "falsch"})
    page = dict(hidden(wrong.text))
    assert json.loads(page["_kept"]) == kept
    response = client.post("/desk/login", data={**page, "email": EMAIL, "password": PASSWORD})
    assert response.status_code == 200
    assert 'action="/desk/account/profile?from=here"' in response.text
    form = response.text[response.text.index("/desk/account/profile?from=here") :]
    again = hidden(form)
    assert ("note", typed) in again
    response = client.post("/desk/account/profile?from=here", data=dict(again))
    assert (response.status_code, response.headers["Location"]) == (303, "/desk/account")
    assert html.escape(fields["display_name"], quote=False) in client.get("/desk/account").text.replace("&#34;", '"')


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
    ],
)
def test_form_of_another_site_is_not_kept(app: Flask, client: FlaskClient, headers: dict[str, str]) -> None:
    add_person(app, EMAIL)
    response = client.post("/desk/account/profile", data={"display_name": "x"}, headers=headers)
    assert response.status_code == 401
    assert 'name="_kept"' not in response.text


def test_form_is_kept_when_an_old_browser_says_only_its_origin(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    data = {"display_name": "x"}
    response = client.post("/desk/account/profile", data=data, headers={"Origin": "http://localhost"})
    assert 'name="_kept"' in response.text


def test_form_made_before_another_log_in_can_be_sent_on(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    log_in(client, EMAIL)
    data = {"display_name": "Trần Thị Bích", "_csrf": "0" * 64}
    response = client.post("/desk/account/profile", data=data, headers=SAME)
    assert response.status_code == 403
    form = response.text[response.text.index('action="/desk/account/profile"') :]
    response = client.post("/desk/account/profile", data=dict(hidden(form)))
    assert response.status_code == 303
    assert "Trần Thị Bích" in client.get("/desk/account").text


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"to": "https://evil.example", "fields": [], "had_files": false}'])
def test_what_is_no_kept_form_is_left_out(app: Flask, client: FlaskClient, kept: str) -> None:
    add_person(app, EMAIL)
    assert log_in(client, EMAIL, _kept=kept).status_code == 303


def test_script_of_the_desk_is_told_401_in_json(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    response = client.post("/desk/account/profile", headers={"Accept": "application/json", **SAME})
    assert response.status_code == 401
    assert response.mimetype == "application/problem+json"
    assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_text_of_a_megabyte_is_taken_and_more_is_told_in_the_desks_frame(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    log_in(client, EMAIL)
    response = post(client, "/desk/account/profile", {"display_name": "ạ" * 700_000})
    assert response.status_code == 422
    assert "profile-display_name-error" in response.text
    assert "ạ" * 700_000 in response.text
    response = post(client, "/desk/account/profile", {"display_name": "x" * (9 * 1024 * 1024)})
    assert response.status_code == 413
    assert "css/desk.css" in response.text


def test_public_pages_still_take_no_large_bodies(client: FlaskClient) -> None:
    assert client.application.config["MAX_CONTENT_LENGTH"] == 1024 * 1024


def test_language_is_vietnamese_first_and_the_switch_is_remembered(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    english = {"Accept-Language": "en"}
    assert '<html lang="vi">' in client.get("/desk/login", headers=english).text
    assert '<html lang="en">' in client.get("/desk/login?lang=en").text
    assert '<html lang="en">' in client.get("/desk/login").text
    log_in(client, EMAIL)
    post(client, "/desk/account/profile", {"display_name": "", "language": "vi"})
    assert '<html lang="vi">' in client.get("/desk/account").text


def test_language_of_the_profile_comes_with_log_in(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    log_in(client, EMAIL)
    post(client, "/desk/account/profile", {"display_name": "", "language": "en"})
    elsewhere = app.test_client()
    log_in(elsewhere, EMAIL)
    assert '<html lang="en">' in elsewhere.get("/desk/account").text


def test_notice_of_another_is_not_shown(app: Flask, client: FlaskClient) -> None:
    add_person(app, EMAIL)
    log_in(client, EMAIL)
    client.set_cookie("disan_notices", "W1siZG9uZSIsICJmb3JnZWQiXV0=.0000", path="/")
    assert "forged" not in client.get("/desk/account").text


def test_pages_of_the_frame_ask_few_queries(app: Flask, client: FlaskClient, count_queries) -> None:  # noqa: ANN001
    add_person(app, EMAIL, Role.ADMIN)
    log_in(client, EMAIL)
    for path in ("/desk/account", "/desk/users", "/desk/users/1", "/desk/audit"):
        client.get(path)
        with count_queries() as statements:
            assert client.get(path).status_code == 200
        assert len(statements) <= 15, (path, statements)


def test_cookies_are_secure_behind_a_public_address_with_tls(empty_database: Database) -> None:
    from app.core.db import upgrade_schema

    with open_app(empty_database, DISAN_PUBLIC_URL="https://disan.example.vn") as app:
        with app.app_context():
            upgrade_schema(db.engine)
        cookies = app.test_client().get("/desk/login").headers.getlist("Set-Cookie")
        assert cookies
        assert all("; Secure" in cookie for cookie in cookies if "disan_visitor" in cookie)
