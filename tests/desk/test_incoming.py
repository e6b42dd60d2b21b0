"""Files that come in pieces (tus): they go on where the line broke, are their owner's alone, and are taken in once."""

from __future__ import annotations

import base64
import datetime as dt
import errno
import fcntl
import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db, now
from app.desk import taking
from app.media import incoming
from app.media.models import TakenFile
from app.media.operations import forget_taken
from app.media.queries import read_taken
from app.records.models import Revision, RevisionState
from tests.harness import pictures
from tests.harness.officers import FROM_HERE, Officer

if TYPE_CHECKING:
    from flask import Flask
    from werkzeug.test import TestResponse

BASE = "/desk/media/incoming"
TUS = {"Tus-Resumable": "1.0.0"}
PIECE = {"Content-Type": "application/offset+octet-stream"}


class Sender:
    """A tus client of somebody who is logged in, one request at a time."""

    def __init__(self, officer: Officer) -> None:
        self.officer = officer
        page = officer.get("/desk/media/upload")
        (token,) = page.document.xpath("//meta[@name='csrf-token']/@content")
        self.headers = {**FROM_HERE, "X-CSRF-Token": token, "Accept": "application/problem+json"}

    def ask(self, method: str, address: str, headers: dict[str, str] | None = None, **body: Any) -> TestResponse:
        """Send a request in the version that is spoken."""
        return self.officer.client.open(
            address, method=method, headers={**self.headers, **TUS, **(headers or {})}, **body
        )

    def begin(self, size: int, name: str = "a.jpg") -> str:
        """Begin a file, and give its address."""
        told = {"Upload-Length": str(size), "Upload-Metadata": f"filename {base64.b64encode(name.encode()).decode()}"}
        answer = self.ask("POST", BASE, told)
        assert answer.status_code == 201, answer.text
        return str(answer.headers["Location"])

    def send(self, address: str, data: bytes, offset: int = 0) -> TestResponse:
        """Send a piece."""
        return self.ask("PATCH", address, {**PIECE, "Upload-Offset": str(offset)}, data=data)

    def offset(self, address: str) -> int:
        """Ask how much has come."""
        answer = self.ask("HEAD", address)
        assert answer.status_code == 200
        assert answer.headers["Cache-Control"] == "no-store"
        return int(answer.headers["Upload-Offset"])

    def take(self, address: str, **fields: str) -> TestResponse:
        """Take a file in."""
        return self.ask("POST", f"{address}/take", data=fields)

    def whole(self, data: bytes, name: str = "a.jpg") -> str:
        """Send a file at once."""
        address = self.begin(len(data), name)
        assert self.send(address, data).status_code == 204
        return address


@pytest.fixture
def sender(desk: Flask, an: Officer) -> Sender:
    assert desk
    return Sender(an)


def drafts(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        return [dict(one.payload) for one in db.session.scalars(sa.select(Revision).where(Revision.kind == "media"))]


def told(answer: TestResponse, status: int = 409) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.json
    return dict(answer.json)


def test_file_goes_on_where_the_line_broke_and_is_taken_in_once(desk: Flask, sender: Sender) -> None:
    data = pictures.photograph()
    address = sender.begin(len(data), "Chùa Cầu.jpg")
    assert sender.send(address, data[:1000]).headers["Upload-Offset"] == "1000"
    assert sender.offset(address) == 1000
    assert sender.send(address, data[1000:], 1000).headers["Upload-Offset"] == str(len(data))
    taken = sender.take(address, record="QNM-0001", role="cover", licence="CC-BY-4.0")
    assert taken.status_code == 200, taken.text
    (draft,) = drafts(desk)
    assert draft["title"] == {"vi": "Chùa Cầu"}
    assert draft["placements"][0]["role"] == "cover"
    again = sender.take(address, record="QNM-0001")
    assert again.json == taken.json
    assert len(drafts(desk)) == 1
    assert sender.ask("HEAD", address).status_code == 404


def test_next_file_goes_into_the_same_changeset(desk: Flask, sender: Sender) -> None:
    first = sender.take(sender.whole(pictures.photograph())).json
    assert first
    data = pictures.encoded(pictures.picture(seed=2))
    second = sender.take(sender.whole(data), changeset=str(first["changeset"])).json
    assert second
    assert second["changeset"] == first["changeset"]
    assert len(drafts(desk)) == 2


def test_same_file_is_told(desk: Flask, sender: Sender) -> None:
    data = pictures.photograph()
    sender.take(sender.whole(data))
    (known,) = drafts(desk)
    told = sender.take(sender.whole(data, "b.jpg")).json
    assert told
    assert told["told"] == [f"“b.jpg” is here already, as {known['code']}."]
    assert "is here already" not in sender.officer.get("/desk/").said


def test_piece_that_does_not_follow_is_refused_and_changes_nothing(sender: Sender) -> None:
    address = sender.begin(10)
    sender.send(address, b"12345")
    for offset in (0, 4, 6):
        answer = sender.send(address, b"x", offset)
        assert answer.status_code == 409
        assert "5 bytes have come" in answer.json["detail"] if answer.json else False
    assert sender.send(address, b"123456", 5).status_code == 400
    assert sender.offset(address) == 5
    assert sender.take(address).status_code == 409


def test_file_belongs_to_who_sent_it(sender: Sender, officer: Callable[..., Officer]) -> None:
    data = pictures.photograph()
    address = sender.whole(data)
    other = Sender(officer("chi", Role.REVIEWER))
    for method, target in (("HEAD", address), ("PATCH", address), ("DELETE", address), ("POST", f"{address}/take")):
        assert other.ask(method, target, {**PIECE, "Upload-Offset": "0"}).status_code == 404
    assert sender.offset(address) == len(data)


def test_client_is_told_what_is_spoken_here(sender: Sender) -> None:
    answer = sender.ask("OPTIONS", BASE)
    assert answer.status_code == 204
    assert answer.headers["Tus-Version"] == "1.0.0"
    assert answer.headers["Tus-Extension"] == "creation,expiration,termination"
    assert answer.headers["Tus-Max-Size"] == "500000000"
    assert sender.ask("POST", BASE, {"Tus-Resumable": "0.2.2"}).status_code == 412
    begun = sender.begin(10)
    assert sender.ask("PATCH", begun, {"Upload-Offset": "0"}, data=b"x").status_code == 415
    assert "Upload-Expires" in sender.ask("HEAD", begun).headers


@pytest.mark.parametrize(
    ("headers", "status", "said"),
    [
        ({}, 400, "The header Upload-Length must be a number of bytes."),
        ({"Upload-Length": "-1"}, 400, "The header Upload-Length must be a number of bytes."),
        ({"Upload-Length": "0"}, 400, "is empty"),
        ({"Upload-Length": "500000001"}, 413, "larger than 500 MB"),
        ({"Upload-Length": "5", "Upload-Metadata": "filename /"}, 400, "The header Upload-Metadata cannot be read."),
    ],
)
def test_file_that_cannot_be_received_is_refused_at_its_beginning(
    sender: Sender, headers: dict[str, str], status: int, said: str
) -> None:
    answer = sender.ask("POST", BASE, headers)
    assert answer.status_code == status
    assert answer.json
    assert said in answer.json["detail"]


def test_only_officers_who_edit_send_files_and_only_from_our_own_pages(
    sender: Sender, officer: Callable[..., Officer]
) -> None:
    viewer = officer("chi", Role.VIEWER)
    (token,) = viewer.get("/desk/").document.xpath("//meta[@name='csrf-token']/@content")
    headers = {**FROM_HERE, **TUS, "X-CSRF-Token": token, "Upload-Length": "9"}
    assert viewer.client.post(BASE, headers=headers).status_code == 403
    del sender.headers["X-CSRF-Token"]
    assert sender.ask("POST", BASE, {"Upload-Length": "9"}).status_code == 403


def test_refused_file_is_forgotten_and_one_whose_form_is_wrong_is_kept(desk: Flask, sender: Sender) -> None:
    bad = sender.whole(b"<svg/>", "b.jpg")
    answer = sender.take(bad)
    assert answer.status_code == 400
    assert answer.json
    assert answer.json["parameter"] == "file"
    assert "“b.jpg” cannot be read here" in answer.json["detail"]
    assert sender.ask("HEAD", bad).status_code == 404
    good = sender.whole(pictures.photograph())
    answer = sender.take(good, record="QNM-4711")
    assert answer.json
    assert answer.json["parameter"] == "record"
    assert sender.take(good, record="QNM-0001").status_code == 200
    assert len(drafts(desk)) == 1


def test_given_up_or_forgotten_files_leave_nothing(desk: Flask, sender: Sender) -> None:
    folder = desk.config["DISAN"].data / "incoming"
    assert sender.ask("DELETE", sender.begin(10)).status_code == 204
    assert list(folder.iterdir()) == []
    old, fresh = sender.begin(10), sender.begin(10)
    long_ago = time.time() - incoming.KEPT_S - 60
    for path in folder.glob(f"{old.rpartition('/')[2]}.*"):
        os.utime(path, (long_ago, long_ago))
    # One that was killed between its first file and its second.
    (folder / f"{'0' * 32}.part").touch()
    os.utime(folder / f"{'0' * 32}.part", (long_ago, long_ago))
    assert sender.ask("HEAD", old).status_code == 404
    assert incoming.forget_old(desk.config["DISAN"]) == 2
    assert {path.stem for path in folder.iterdir()} == {fresh.rpartition("/")[2]}
    assert sender.offset(fresh) == 0


def test_files_that_expired_keep_nobody_from_sending(
    desk: Flask, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(incoming, "_MOST_OPEN", 1)
    sender.begin(10)
    long_ago = time.time() - incoming.KEPT_S - 60
    for path in (desk.config["DISAN"].data / "incoming").iterdir():
        os.utime(path, (long_ago, long_ago))
    sender.begin(10)


def test_nobody_keeps_more_files_waiting_than_a_day_has_work(sender: Sender, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(incoming, "_MOST_OPEN", 2)
    sender.begin(10), sender.begin(10)
    answer = sender.ask("POST", BASE, {"Upload-Length": "10"})
    assert answer.status_code == 409
    assert answer.json
    assert "2 of your files wait" in answer.json["detail"]


@pytest.mark.parametrize("key", ["..", "%2e%2e", "x" * 32, "0" * 32, "../uploads/a"])
def test_keys_lead_nowhere_else(sender: Sender, key: str) -> None:
    assert sender.ask("HEAD", f"{BASE}/{key}").status_code in (404, 405)


def test_what_is_left_of_a_taken_file_takes_nothing_in_twice(
    desk: Flask, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    address = sender.whole(pictures.photograph())
    with monkeypatch.context() as full:
        full.setattr(incoming, "drop", fail)
        told = [sender.take(address) for _ in range(3)]
    assert [one.status_code for one in told] == [200] * 3
    assert sender.take(address).json == told[0].json
    assert len(drafts(desk)) == 1
    assert list((desk.config["DISAN"].data / "incoming").iterdir()) == []


def test_outcome_that_another_request_wrote_meanwhile_is_given(
    desk: Flask, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    address = sender.whole(pictures.photograph())
    with monkeypatch.context() as blind:
        blind.setattr(incoming, "drop", lambda *_: None)
        first = sender.take(address)
        # At the first look it was not there yet.
        looks = [None]
        blind.setattr(taking, "read_taken", lambda *at, **by: looks.pop() if looks else read_taken(*at, **by))
        second = sender.take(address)
    assert second.json == first.json
    assert len(drafts(desk)) == 1


def test_outcome_is_forgotten_after_a_day(desk: Flask, sender: Sender) -> None:
    address = sender.whole(pictures.photograph())
    sender.take(address)
    with desk.app_context():
        assert forget_taken(db.session()) == 0
        db.session.execute(sa.update(TakenFile).values(taken_at=now() - dt.timedelta(hours=25)))
        assert forget_taken(db.session()) == 1
        db.session.commit()
    assert sender.take(address).status_code == 404


def test_description_that_cannot_be_read_stops_nobody(desk: Flask, sender: Sender) -> None:
    folder = desk.config["DISAN"].data / "incoming"
    address = sender.begin(10)
    for broken in ("", "[]", "{}", '{"actor": 1}'):
        (folder / f"{address.rpartition('/')[2]}.json").write_text(broken)
        assert sender.ask("HEAD", address).status_code == 404
        assert sender.offset(sender.begin(10)) == 0


def test_tidying_goes_on_when_a_file_is_dropped_meanwhile(
    desk: Flask, sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    sender.begin(10)
    folder = desk.config["DISAN"].data / "incoming"
    listed = [folder / f"{'0' * 32}.json", *folder.iterdir()]
    monkeypatch.setattr(Path, "glob", lambda *_: iter(listed))
    assert incoming.forget_old(desk.config["DISAN"]) == 0


def test_bytes_that_were_announced_and_have_not_come_are_counted(
    sender: Sender, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.statvfs
    room = 1000

    def full(path: Path) -> os.statvfs_result:
        told = list(real(path))
        told[1], told[4] = 1, room
        return os.statvfs_result(told)

    monkeypatch.setattr(os, "statvfs", full)
    first = sender.begin(500)
    answer = sender.ask("POST", BASE, {"Upload-Length": "300"})
    assert answer.status_code == 503
    assert answer.json
    assert "no room left" in answer.json["detail"]
    sender.send(first, b"x" * 200)
    sender.begin(300)


def test_errors_say_which_version_is_spoken(sender: Sender) -> None:
    for answer in (
        sender.ask("POST", BASE, {"Tus-Resumable": "0.2.2"}),
        sender.ask("HEAD", f"{BASE}/{'0' * 32}"),
        sender.ask("GET", f"{BASE}/{'0' * 32}"),
    ):
        assert answer.status_code in {404, 405, 412}
        assert answer.headers["Tus-Version"] == answer.headers["Tus-Resumable"] == "1.0.0"


def test_conflict_says_whether_it_passes(desk: Flask, sender: Sender) -> None:
    address = sender.begin(10)
    assert told(sender.send(address, b"x", 4))["passing"] is True
    path = desk.config["DISAN"].data / "incoming" / f"{address.rpartition('/')[2]}.part"
    with path.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert told(sender.send(address, b"x"))["passing"] is True
    assert "passing" not in told(sender.take(address))


def test_changeset_that_was_submitted_or_is_gone_is_named(desk: Flask, sender: Sender) -> None:
    changeset = told(sender.take(sender.whole(pictures.photograph())), 200)["changeset"]
    with desk.app_context():
        db.session.execute(sa.update(Revision).values(state=RevisionState.IN_REVIEW))
        db.session.commit()
    address = sender.whole(pictures.encoded(pictures.picture(seed=2)))
    answer = told(sender.take(address, changeset=str(changeset)))
    assert (answer["parameter"], answer["detail"][:33]) == ("changeset", "This changeset has been submitted")
    assert told(sender.take(address, changeset="4711"), 404)["parameter"] == "changeset"
    assert told(sender.take(address), 200)["changeset"] != changeset


def test_files_that_wait_are_taken_in_or_dropped_without_a_script(desk: Flask, sender: Sender) -> None:
    whole, address = sender.whole(pictures.photograph(), "đủ.jpg"), sender.begin(10, "dở.jpg")
    sender.send(address, b"12345")
    officer = sender.officer
    page = officer.get("/desk/media/upload")
    assert "đủ.jpg 100 % sent Take it in Drop it" in page.said
    assert "dở.jpg 50 % sent Drop it" in page.said
    page = page.form("record").fill(licence="CC-BY-4.0").press(whole.rpartition("/")[2], "take")
    assert page.path.endswith("/pictures")
    assert drafts(desk)[0]["licence"] == "CC-BY-4.0"
    page = officer.get("/desk/media/upload").form("record").press(address.rpartition("/")[2], "drop")
    assert "The file was dropped." in page.said
    assert "Files that wait" not in page.said
    assert sender.ask("HEAD", address).status_code == 404
