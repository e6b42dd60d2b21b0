"""Officers at the desk, through Flask's test client: they log in, read pages, fill forms and press buttons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from lxml import html
from werkzeug.datastructures import MultiDict

from app.accounts.models import Role, RoleGrant, User
from app.accounts.sessions import open_session
from app.config import Settings
from app.core.db import db
from app.http.i18n import LANGUAGE_COOKIE

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient
    from werkzeug.test import TestResponse


SESSION_COOKIE = "disan_session"
# What a browser says of a form that a page of this host sent.
FROM_HERE = {"Sec-Fetch-Site": "same-origin"}


def add_officer(name: str, role: Role, *, unit: str | None = None, kinds: tuple[str, ...] = ()) -> User:
    """Give a person with one role, made if new; there must be an application context."""
    email = f"{name}@example.org"
    user = db.session.query(User).filter_by(name=email).one_or_none()
    if user is None:
        user = User(name=email, display_name=name, roles=[RoleGrant(role=role, unit=unit, kinds=list(kinds))])
        db.session.add(user)
        db.session.flush()
    return user


class Officer:
    """Somebody who is logged in, with a browser that runs no scripts."""

    def __init__(
        self,
        app: Flask,
        name: str,
        role: Role,
        *,
        unit: str | None = None,
        kinds: tuple[str, ...] = (),
        language: str = "en",
    ) -> None:
        self.client: FlaskClient = app.test_client()
        with app.app_context():
            user = add_officer(name, role, unit=unit, kinds=kinds)
            self.id = user.id
            user.language = language
            secret = open_session(db.session(), user, settings=Settings(), agent="test")
            db.session.commit()
        self.client.set_cookie(SESSION_COOKIE, secret)
        self.client.set_cookie(LANGUAGE_COOKIE, language, path="/desk")

    def get(self, path: str) -> Page:
        """Open a page, led on where it leads."""
        return Page(self, self.client.get(path, follow_redirects=True))

    def post(self, path: str, fields: list[tuple[str, str]]) -> Page:
        """Send fields as a browser sends a form, and open the page that the answer leads to."""
        return Page(self, self.client.post(path, data=MultiDict(fields), headers=FROM_HERE, follow_redirects=True))


class Page:
    """A page as it was answered."""

    def __init__(self, officer: Officer, response: TestResponse) -> None:
        self.officer = officer
        self.status = response.status_code
        self.path = response.request.path
        self.address = response.request.full_path.rstrip("?")
        self.text = response.get_data(as_text=True)
        self.document: Any = html.fromstring(self.text) if response.mimetype == "text/html" else None

    @property
    def said(self) -> str:
        """What the page's text says, without tags."""
        return " ".join(str(self.document.text_content()).split())

    def form(self, holding: str = "do") -> Form:
        """Give the form of the main part that holds a field or button of that name."""
        for form in self.document.xpath("//main//form"):
            controls = form.xpath(".//input|.//button|.//select|.//textarea") + self.document.xpath(
                f"//*[@form='{form.get('id')}']" if form.get("id") else "//none"
            )
            if any(control.get("name") == holding for control in controls):
                return Form(self, form)
        msg = f"no form holds “{holding}” on {self.path} ({self.status}): {self.said[:2000]}"
        raise AssertionError(msg)

    def has_form(self, holding: str) -> bool:
        """Tell whether a form holds a field or button of that name."""
        try:
            self.form(holding)
        except AssertionError:
            return False
        return True

    def buttons(self) -> set[str]:
        """Give what the buttons of the main part ask for, `name=value`."""
        return {f"{one.get('name')}={one.get('value', '')}" for one in self.document.xpath("//main//button[@name]")}

    def errors(self) -> dict[str, str]:
        """Give what is said beside fields, by the field's name; a field names its error for who cannot see it."""
        found: dict[str, str] = {}
        for control in self.document.xpath("//main//*[@aria-invalid='true']"):
            for key in str(control.get("aria-describedby") or "").split():
                for error in self.document.xpath(f"//*[@id='{key}'][contains(@class, 'error')]"):
                    name = str(control.get("name") or control.get("data-name") or "")
                    found[name] = " ".join(str(error.text_content()).split())
        return found

    def value(self, name: str) -> str:
        """Give what a field holds."""
        return dict(self.form().fields).get(name, "")


@dataclass
class Form:
    """A form of a page with what its fields hold, to be changed and sent."""

    page: Page
    element: Any

    def __post_init__(self) -> None:
        """Read what a browser would send."""
        self.fields: list[tuple[str, str]] = [
            (str(name), str(value).removeprefix("\n")) for name, value in self.element.form_values()
        ]

    def fill(self, **fields: str | list[str]) -> Form:
        """Write into fields; `__` stands for a dot: `name__vi`."""
        return self.set({name.replace("__", "."): value for name, value in fields.items()})

    def set(self, fields: dict[str, str | list[str]]) -> Form:
        """Write into fields by their names; a list for several choices."""
        for name, value in fields.items():
            values = value if isinstance(value, list) else [value]
            known = {str(one.get("name")) for one in self.element.xpath(".//input|.//select|.//textarea")}
            assert name in known, f"the form has no field “{name}”; it has {sorted(known)}"
            self.fields = [pair for pair in self.fields if pair[0] != name] + [(name, one) for one in values]
        return self

    def press(self, value: str, name: str = "do") -> Page:
        """Press a button, which must be there, and open what the answer leads to."""
        buttons = self.element.xpath(f".//button[@name='{name}']") + (
            self.page.document.xpath(f"//button[@form='{self.element.get('id')}'][@name='{name}']")
            if self.element.get("id")
            else []
        )
        found = next((one for one in buttons if one.get("value", "") == value), None)
        assert found is not None, f"no button {name}={value}; there are {[one.get('value') for one in buttons]}"
        path = found.get("formaction") or self.element.get("action") or self.page.address
        return self.page.officer.post(path, [*self.fields, (name, value)])

    def send(self) -> Page:
        """Send a form whose button has no name."""
        return self.page.officer.post(self.element.get("action") or self.page.address, self.fields)
