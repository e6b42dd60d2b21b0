"""A visitor reports that something is wrong: what is taken, refused, suspected and folded, and who can read it."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import lxml.html
import pytest
from flask import render_template_string
from PIL import Image
from werkzeug.datastructures import FileStorage
from werkzeug.test import stream_encode_multipart

from app.core.db import db
from app.http.files import current_storage
from app.visitors.models import Report
from app.visitors.photos import photo_key
from app.web import stamps
from tests.harness import hostile, register
from tests.harness.databases import Databases, open_app
from tests.harness.pictures import encoded, exif, picture

if TYPE_CHECKING:
    from pathlib import Path

    from flask import Flask
    from flask.testing import FlaskClient
from werkzeug.test import TestResponse

TOLD = {"kind": "damage", "text": "Mái ngói bên trái bị vỡ."}
HOSTILE = [
    "text.jpg",
    "empty",
    "moving.gif",
    "moving.webp",
    "long.png",
    "cut.jpg",
    "webp-bomb.webp",
    "turns-round.tif",
    "archive-behind.jpg",
    "page-in-comment.jpg",
    "exif-turns-round.jpg",
    "script.svg",
    "program.jpg",
    "film.jpg",
    "launches.pdf",
    "macros.docx",
]
LINK = re.compile(r"/(\w+)/reports/([\w-]{43})")


@pytest.fixture
def reports_app(engine_name: str, databases: Databases, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """An application with the public site QNM-0001, which takes reports from whoever types quickly."""
    monkeypatch.setattr(stamps, "_SOONEST_S", 0)
    with databases.app(engine_name, fill=register.fill) as app:
        yield app


@pytest.fixture
def strict_app(
    engine_name: str, databases: Databases, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Flask]:
    """One that takes six reports from an address a day, and photos of 2 MB."""
    monkeypatch.setattr(stamps, "_SOONEST_S", 0)
    database = databases.copy(engine_name, tmp_path / "data")
    with open_app(database, DISAN_REPORTS_PER_DAY="6", DISAN_REPORTS_PHOTO_MB="2") as app:
        yield app
    databases.drop(database)


def fields_of(page: str) -> dict[str, Any]:
    shown = lxml.html.fromstring(page)
    form = next(form for form in shown.forms if form.method == "POST")
    return {name: value for name, value in form.form_values() if name not in ("photo", "photo_chosen")}


def send(client: FlaskClient, address: str = "/en/report?about=QNM-0001", **typed: Any) -> TestResponse:
    """Fill the form in, as a browser without scripts does, and send it."""
    fields = fields_of(client.get(address).text) | {**TOLD, **typed}
    # In memory, whatever its size: what the test client makes of large ones is a file that it leaves open.
    body, _, boundary = stream_encode_multipart(fields, threshold=1 << 30)
    kind = f"multipart/form-data; boundary={boundary}"
    return client.post(address.partition("?")[0], data=body.read(), content_type=kind)


def photo(data: bytes | None = None, name: str = "mai.jpg") -> FileStorage:
    return FileStorage(io.BytesIO(encoded(picture(640, 480)) if data is None else data), name)


def kept(app: Flask) -> list[Report]:
    with app.app_context():
        return list(db.session.scalars(db.select(Report).order_by(Report.id)))


def test_report_about_a_record_is_kept_and_leads_to_its_private_page(reports_app: Flask) -> None:
    client = reports_app.test_client()
    form = client.get("/vi/report?about=qnm-0001&fbclid=x")
    assert "Di tích QNM-0001" in form.text
    assert form.headers["Cache-Control"] == "private, no-cache"
    sent = send(client, "/vi/report?about=QNM-0001", place="cổng trái", contact="lan@example.org")
    assert sent.status_code == 303
    assert LINK.fullmatch(sent.headers["Location"])
    (report,) = kept(reports_app)
    assert (report.code, report.record_kind, report.kind, report.language) == ("QNM-0001", "site", "damage", "vi")
    assert (report.text, report.place, report.contact) == (TOLD["text"], "cổng trái", "lan@example.org")
    assert (report.status, report.suspicion, report.is_placed) == ("received", "", True)
    assert client.get_cookie("disan_visitor") is None
    assert "Set-Cookie" not in sent.headers


def test_private_page_is_for_whoever_has_the_link_and_tells_no_contact(reports_app: Flask) -> None:
    client = reports_app.test_client()
    address = send(client, contact="lan@example.org").headers["Location"]
    page = client.get(address)
    assert page.status_code == 200
    assert TOLD["text"] in page.text
    assert "lan@example.org" not in page.text
    assert page.headers["Cache-Control"] == "private, no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"
    assert page.headers["X-Robots-Tag"] == "noindex"
    assert client.get(address[:-1] + ("a" if address[-1] != "a" else "b")).status_code == 404
    assert client.get("/en/reports/1").status_code == 404


def test_secret_of_the_private_page_is_kept_as_a_hash_and_is_in_no_log(
    reports_app: Flask, capfd: pytest.CaptureFixture[str]
) -> None:
    client = reports_app.test_client()
    address = send(client).headers["Location"]
    client.get(address)
    secret = address.rpartition("/")[2]
    assert secret not in capfd.readouterr().err
    with reports_app.app_context():
        rows = db.session.execute(db.text("SELECT secret_hash FROM visitor_report_links")).scalars()
        assert [len(row) for row in rows] == [64]


def test_general_report_needs_no_record_but_says_where(reports_app: Flask) -> None:
    client = reports_app.test_client()
    refused = send(client, "/en/report")
    assert refused.status_code == 422
    assert "Say where it is" in refused.text
    assert send(client, "/en/report", place="Phố Trần Phú 12").status_code == 303
    assert send(client, "/en/report", kind="other").status_code == 303
    assert [(report.code, report.record_kind) for report in kept(reports_app)] == [(None, ""), (None, "")]


def test_code_that_nothing_is_published_under_is_kept_as_words(reports_app: Flask) -> None:
    client = reports_app.test_client()
    assert "Nothing is published under the code “QNM-9999”" in client.get("/en/report?about=QNM-9999").text
    assert send(client, "/en/report?about=QNM-9999", place="by the river").status_code == 303
    (report,) = kept(reports_app)
    assert (report.code, report.place) == (None, "QNM-9999; by the river")


@pytest.mark.parametrize(
    ("typed", "complaint"),
    [
        ({"kind": ""}, "Choose what is wrong."),
        ({"text": "  "}, "Say in a few words what is wrong."),
        ({"text": "x" * 4001}, "This is too long."),
        ({"place": "a\x00b"}, "Remove the control characters"),
        ({"position": "ở kia"}, "is no position in this area"),
        ({"position": "48.85, 2.35"}, "is no position in this area"),
    ],
)
def test_form_that_is_not_right_says_what_is_wrong_and_keeps_the_rest(
    reports_app: Flask, typed: dict[str, str], complaint: str
) -> None:
    response = send(reports_app.test_client(), **{"contact": "0905 000 000", **typed})
    assert response.status_code == 422
    assert complaint in response.text
    again = fields_of(response.text)
    assert again["contact"] == "0905 000 000"
    assert again["about"] == "QNM-0001"
    assert kept(reports_app) == []


def test_position_is_read_as_people_write_it(reports_app: Flask) -> None:
    send(reports_app.test_client(), position="15°52'37.5\"N 108°19'33.8\"E")
    (report,) = kept(reports_app)
    assert (round(report.lat or 0, 4), round(report.lon or 0, 4)) == (15.8771, 108.3261)


def test_photo_is_kept_without_what_the_camera_wrote(reports_app: Flask) -> None:
    data = encoded(picture(3000, 2000), exif=exif(lon=108.3288, lat=15.8774))
    assert b"Exif" in data
    assert send(reports_app.test_client(), photo=photo(data)).status_code == 303
    (report,) = kept(reports_app)
    with reports_app.app_context():
        shown = current_storage().load(photo_key(str(report.photo)))
    assert b"Exif" not in shown
    with Image.open(io.BytesIO(shown)) as image:
        assert (image.format, image.size, dict(image.getexif())) == ("JPEG", (1600, 1067), {})


def test_photo_stays_while_the_rest_of_the_form_is_mended(reports_app: Flask) -> None:
    client = reports_app.test_client()
    first = send(client, photo=photo(), text="")
    assert "Your photo has arrived and is kept." in first.text
    sent = client.post("/en/report", data=fields_of(first.text) | TOLD)
    assert sent.status_code == 303
    (report,) = kept(reports_app)
    assert report.photo


def test_photo_that_another_names_is_not_taken(reports_app: Flask) -> None:
    client = reports_app.test_client()
    send(client, photo=photo())
    (report,) = kept(reports_app)
    send(client, kept=f"{report.photo}.{'0' * 64}", text="Khác")
    assert kept(reports_app)[1].photo is None


def test_name_of_a_kept_photo_is_no_stamp_and_a_stamp_is_no_name(reports_app: Flask) -> None:
    client = reports_app.test_client()
    fields = fields_of(send(client, photo=photo(), text="").text)
    assert client.post("/en/report", data=fields | TOLD | {"stamp": fields["kept"]}).status_code == 303
    (report,) = kept(reports_app)
    assert report.suspicion == "unknown form"
    with reports_app.app_context():
        assert stamps.open_name(fields["stamp"]) is None


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_photo_is_refused_with_a_sentence_or_kept_as_pixels(reports_app: Flask, name: str) -> None:
    response = send(reports_app.test_client(), photo_chosen=photo(hostile.FILES[name](), name))
    reports = kept(reports_app)
    if response.status_code == 422:
        assert reports == []
        assert "or send the report without" in " ".join(response.text.split())
        return
    assert response.status_code == 303
    with reports_app.app_context():
        shown = current_storage().load(photo_key(str(reports[0].photo)))
    assert shown.startswith(b"\xff\xd8\xff")
    assert hostile.SCRIPT not in shown


def test_body_that_is_far_too_large_is_refused_at_this_address_only(strict_app: Flask) -> None:
    client = strict_app.test_client()
    assert send(client, "/en/report", place="x", photo=photo(bytes(2_100_000))).status_code == 422
    assert send(client, "/en/report", place="x", photo=photo(bytes(4_000_000))).status_code == 413
    assert client.post("/en/developers", data={"name": "x" * 1_100_000}).status_code == 413


def test_form_of_a_program_is_kept_as_suspect(reports_app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    client = reports_app.test_client()
    assert send(client, website="https://example.org", text="1").status_code == 303
    assert send(client, stamp="", text="2").status_code == 303
    assert send(client, stamp=f"1.{'x' * 43}.{'0' * 64}", text="3").status_code == 303
    monkeypatch.setattr(stamps, "_SOONEST_S", 3)
    assert send(client, text="4").status_code == 303
    monkeypatch.setattr(stamps, "_SOONEST_S", 0)
    monkeypatch.setattr(stamps, "_LATEST_S", -1)
    assert send(client, text="5").status_code == 303
    assert [report.suspicion for report in kept(reports_app)] == [
        "hidden field",
        "unknown form",
        "unknown form",
        "too soon",
        "too late",
    ]


def test_network_that_sends_too_much_is_told_and_keeps_what_it_typed(strict_app: Flask) -> None:
    client = strict_app.test_client()
    assert [send(client, "/en/report", place="x", text=str(number)).status_code for number in range(6)] == [303] * 6
    refused = send(client, "/en/report", place="x", text="bảy")
    assert refused.status_code == 429
    assert "send it tomorrow or by another network" in refused.text
    assert ">\nbảy</textarea>" in refused.text
    assert len(kept(strict_app)) == 6
    elsewhere = client.post("/en/report", data=TOLD | {"place": "x"}, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    assert elsewhere.status_code == 303


def test_form_sent_twice_is_one_report_with_one_link(reports_app: Flask) -> None:
    client = reports_app.test_client()
    fields = fields_of(client.get("/en/report?about=QNM-0001").text) | TOLD
    first, again = (client.post("/en/report", data=fields).headers["Location"] for _ in range(2))
    assert first == again
    (report,) = kept(reports_app)
    assert report.repeats == 0


def test_another_report_by_the_same_form_is_another(reports_app: Flask) -> None:
    client = reports_app.test_client()
    fields = fields_of(client.get("/en/report?about=QNM-0001").text) | TOLD
    first = client.post("/en/report", data=fields).headers["Location"]
    second = client.post("/en/report", data=fields | {"text": "Cũng vỡ cửa."}).headers["Location"]
    assert first != second
    assert "Cũng vỡ cửa." in client.get(second).text
    assert len(kept(reports_app)) == 2


def test_repeat_is_folded_into_the_first_and_has_a_link_of_its_own(reports_app: Flask) -> None:
    client = reports_app.test_client()
    first = send(client).headers["Location"]
    second = send(client, text="mái NGÓI bên trái bị vỡ.").headers["Location"]
    assert first != second
    (report,) = kept(reports_app)
    assert report.repeats == 1
    assert TOLD["text"] in client.get(second).text


@pytest.mark.parametrize("more", [{"contact": "lan@example.org"}, {"photo": "photo"}, {"kind": "danger"}])
def test_repeat_that_says_more_is_not_folded(reports_app: Flask, more: dict[str, Any]) -> None:
    client = reports_app.test_client()
    send(client)
    send(client, **{name: photo() if value == "photo" else value for name, value in more.items()})
    assert [report.repeats for report in kept(reports_app)] == [0, 0]


def test_page_without_reports_says_so(engine_name: str, databases: Databases, tmp_path: Path) -> None:
    database = databases.copy(engine_name, tmp_path / "closed")
    with open_app(database, DISAN_REPORTS_PER_DAY="0") as app:
        client = app.test_client()
        assert "Reports are not taken here at present." in client.get("/en/report").text
        assert client.post("/en/report", data=TOLD | {"place": "x"}).status_code == 429
    databases.drop(database)


@pytest.mark.parametrize("language", ["vi", "en", "zh", "ja", "ko", "fr"])
def test_form_speaks_every_language_of_the_pages(seeded_client: FlaskClient, language: str) -> None:
    page = seeded_client.get(f"/{language}/report?about=QNM-0001").text
    assert ("Something wrong here?" in page) is (language == "en")
    assert ("Send the report" in page) is (language == "en")


def test_link_on_a_records_page_leads_to_the_form_about_it(reports_app: Flask) -> None:
    with reports_app.test_request_context("/en/"):
        text = render_template_string(
            "{% from 'web/_report.html' import report_link with context %}{{ report_link('QNM-0001') }}", lang="en"
        )
    shown = lxml.html.fromstring(text)
    assert shown.xpath("string(.//h2)") == "Something wrong here?"
    (href,) = shown.xpath(".//a/@href")
    assert "Site QNM-0001" in reports_app.test_client().get(href).text
