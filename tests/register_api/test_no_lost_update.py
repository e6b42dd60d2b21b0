"""Eight clients edit one record at once over the real server, and nothing that was answered with success is lost."""

from __future__ import annotations

import contextlib
import http.client
import itertools
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from app.accounts.models import Role
from app.core.db import db
from tests.harness import register
from tests.harness.databases import open_app
from tests.harness.machines import BASE, make_token, make_user
from tests.harness.server import serve

if TYPE_CHECKING:
    from pathlib import Path

    from tests.harness.databases import Databases

CODE = "QNM-9001"
ITEM = f"{BASE}/collections/sites/items/{CODE}"
CLIENTS, USERS = 8, 4
_TRIES = 400
_PASSING = (409, 412, 503)


@dataclass
class Machine:
    """A client of its own connection; two of them share each user, so that they share a draft as well."""

    host: str
    token: str
    done: list[str] = field(default_factory=list)
    refused: int = 0

    def __post_init__(self) -> None:
        self.connection = http.client.HTTPConnection(self.host, timeout=60)

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, dict[str, Any], str]:
        """Send a request; gives status, document and ETag. What others came before with is counted."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        given |= {"Authorization": f"Bearer {self.token}", "Content-Type": "application/json"}
        self.connection.request(method, path, None if body is None else json.dumps(body), given)
        response = self.connection.getresponse()
        text = response.read()
        if response.status in _PASSING:
            self.refused += 1
        else:
            assert response.status in (200, 201), (method, path, response.status, text[:500])
        return response.status, json.loads(text), response.headers.get("ETag", "")

    def edit(self, name: str) -> None:
        """Add a source to what is shown, again and again until nobody comes before."""
        for _ in range(_TRIES):
            _, shown, tag = self.call("GET", ITEM)
            known = shown["properties"]
            if known["review_state"] in ("in_review", "rejected"):
                self.lead("recall" if known["review_state"] == "in_review" else "reopen", known["revision"])
                continue
            sources = [*known["sources"], {"uid": name, "citation": f"Source {name}"}]
            status, _, _ = self.call("PATCH", ITEM, {"properties": {"sources": sources}}, If_Match=tag)
            if status == 200:
                self.done.append(name)
                return
        pytest.fail(f"{name} never came through")

    def lead(self, action: str, revision: int) -> tuple[int, dict[str, Any]]:
        """Lead a revision on."""
        return self.call("POST", f"{ITEM}/transitions", {"action": action, "revision": revision})[:2]

    def hand_in(self) -> None:
        """Submit and accept the draft; one that was overtaken is merged, as the answer to it allows, and sent again."""
        for _ in range(_TRIES):
            _, shown, tag = self.call("GET", ITEM)
            known = shown["properties"]
            if known["review_state"] == "accepted":
                return
            action = {"draft": "submit", "in_review": "accept", "rejected": "reopen"}[known["review_state"]]
            status, said = self.lead(action, known["revision"])
            if status == 409 and "merged" in said and known["review_state"] == "in_review":
                self.lead("recall", known["revision"])
            elif status == 409 and "merged" in said:
                assert said["conflicts"] == []
                # The draft that was merged is the one whose tag was read before; a change since then fails.
                path = f"{ITEM}?onto={said['version']}"
                self.call("PUT", path, {"type": "Feature", "properties": said["merged"]}, If_Match=tag)
        pytest.fail("a draft never came through")


@pytest.fixture
def office(engine_name: str, databases: Databases, tmp_path: Path) -> Iterator[tuple[str, list[str]]]:
    """A server with an accepted site where everybody may accept their own changes; the tokens of its people."""
    database = databases.copy(engine_name, tmp_path / "office")
    try:
        with open_app(database) as app, app.app_context():
            register.write_vocabulary(db.session())
            register.accept(db.session(), ("site", register.site(CODE)))
            tokens = [make_token(make_user(f"u{n}@example.org", Role.REVIEWER)) for n in range(USERS)]
            db.session.commit()
        with serve(database, tmp_path / "server.log", DISAN_ONE_PERSON_OFFICE="true") as url:
            yield urlsplit(url).netloc, tokens
    finally:
        databases.drop(database)


def test_no_update_is_lost_among_eight_clients(
    office: tuple[str, list[str]],
    counts: Callable[[int, int], int],
    figure: Callable[[str, int], None],
) -> None:
    host, tokens = office
    edits = counts(16, 200)
    with contextlib.ExitStack() as stack:
        machines = [Machine(host, tokens[n % USERS]) for n in range(CLIENTS)]
        for machine in machines:
            stack.callback(machine.connection.close)
        _edit_at_once(machines, edits)
        _check_nothing_is_lost(machines)
    figure("interleaved edits of one record over the register API, none lost", edits)
    figure("of these edits' requests refused for another's and sent again", sum(m.refused for m in machines))


def _edit_at_once(machines: list[Machine], edits: int) -> None:
    errors: list[BaseException] = []

    def work(number: int) -> None:
        try:
            for turn, name in enumerate(range(number, edits, CLIENTS)):
                machines[number].edit(f"e{name}")
                if turn % 3 == number % 3:
                    machines[number].hand_in()
        except BaseException as error:  # noqa: BLE001 (told below, in the thread that pytest sees)
            errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(CLIENTS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(name for machine in machines for name in machine.done) == sorted(f"e{name}" for name in range(edits))


def _check_nothing_is_lost(machines: list[Machine]) -> None:
    """What each user sees holds all of theirs; after handing in, the accepted state holds everybody's."""
    for machine in machines:
        # The server ends a connection that was idle while others were at work; the next request opens another.
        machine.connection.close()
        seen = _sources(machine.call("GET", ITEM)[1])
        assert set(machine.done) <= seen
    for machine in machines[:USERS]:
        machine.hand_in()
    final = _sources(machines[0].call("GET", ITEM)[1])
    assert final == {name for machine in machines for name in machine.done}
    revisions = machines[0].call("GET", f"{ITEM}/revisions")[1]["revisions"]
    numbers = sorted(found["revision"] for found in revisions if found["state"] == "accepted")
    accepted = [_sources(machines[0].call("GET", f"{ITEM}/revisions/{number}")[1]) for number in numbers]
    by_version = sorted(zip(numbers, accepted, strict=True), key=lambda pair: _version(revisions, pair[0]))
    for (_, before), (_, after) in itertools.pairwise(by_version):
        assert before <= after


def _version(revisions: list[dict[str, Any]], number: int) -> int:
    return next(int(found["accepted_version"]) for found in revisions if found["revision"] == number)


def _sources(document: dict[str, Any]) -> set[str]:
    return {source["uid"] for source in document["properties"].get("sources", [])}
