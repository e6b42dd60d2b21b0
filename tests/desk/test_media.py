"""Files at the desk: taken in, described, seen before the public sees them, tried again when that failed."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.jobs.models import Wish
from app.media.models import Rendition, StoredFile
from app.media.storage import original_key
from app.records.models import Revision
from tests.harness import papers, pictures, recordings, signing
from tests.harness.officers import FROM_HERE, Officer, Page
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

Files = list[tuple[str, bytes]]


def send(officer: Officer, files: Files, **fields: str) -> Page:
    """Fill the form of the upload and send it."""
    form = officer.get("/desk/media/upload").form("file")
    given: dict[str, Any] = {name: value for name, value in form.fields if name != "file"} | fields
    given["file"] = [(io.BytesIO(data), name) for name, data in files]
    return Page(
        officer, officer.client.post("/desk/media/upload", data=given, headers=FROM_HERE, follow_redirects=True)
    )


def drafts(app: Flask) -> list[dict[str, Any]]:
    with app.app_context():
        return [
            dict(one.payload)
            for one in db.session.scalars(sa.select(Revision).where(Revision.kind == "media").order_by(Revision.id))
        ]


def test_pictures_become_drafts_of_one_changeset(desk: Flask, an: Officer) -> None:
    files = [
        ("DSC_0001.JPG", pictures.photograph(taken="2026:03:04 10:20:30", lon=108.3, lat=15.8)),
        ("ảnh chụp.heic", pictures.encoded(pictures.picture(), "HEIF")),
    ]
    page = send(an, files, record="QNM-0001", role="cover", creator="Nguyễn Văn A", licence="CC-BY-4.0")
    assert page.status == 200
    assert page.path.startswith("/desk/changesets/")
    assert "2 files were taken in" in page.said
    one, other = drafts(desk)
    assert one["title"] == {"vi": "DSC 0001"}
    assert (one["dated"], one["creator"], one["licence"]) == ("2026-03-04", "Nguyễn Văn A", "CC-BY-4.0")
    assert one["placements"] == [{"uid": "p1", "record": "QNM-0001", "role": "cover", "rank": 0}]
    assert other["title"] == {"vi": "ảnh chụp"}
    assert one["code"] != other["code"]


def test_what_is_refused_is_told_and_the_rest_is_kept(desk: Flask, an: Officer) -> None:
    files = [("a.jpg", pictures.photograph()), ("b.jpg", b"<svg/>"), ("c.png", b"")]
    page = send(an, files, record="QNM-0001", creator="Trần B")
    assert page.status == 422
    assert "“b.jpg” cannot be read here" in page.said
    assert "“c.png” is empty" in page.said
    assert "1 files were taken in" in page.said
    assert dict(page.form("file").fields)["creator"] == "Trần B"
    assert len(drafts(desk)) == 1
    again = send(an, [("b.jpg", pictures.encoded(pictures.picture(seed=2)))], **dict(page.form("file").fields))
    assert again.status == 200
    with desk.app_context():
        assert len(set(db.session.scalars(sa.select(Revision.changeset_id).where(Revision.kind == "media")))) == 1


def test_nothing_chosen_or_a_record_that_is_not_there_is_told(an: Officer) -> None:
    assert "Choose at least one file." in send(an, []).said
    page = send(an, [("a.jpg", pictures.photograph())], record="QNM-4711")
    assert page.status == 422
    assert "There is no record QNM-4711." in page.said


def test_same_file_is_kept_once_and_told(desk: Flask, an: Officer, officer: Callable[..., Officer]) -> None:
    data = pictures.photograph()
    send(an, [("a.jpg", data)], record="QNM-0001")
    (payload,) = drafts(desk)
    page = send(officer("chi", Role.REVIEWER), [("b.jpg", data)], record="QNM-0001")
    assert page.status == 200
    assert f"“b.jpg” is here already, as {payload['code']}." in page.said
    with desk.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 1
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Wish)) == 1


def test_more_files_than_are_taken_at_once_are_named(desk: Flask, an: Officer) -> None:
    files = [(f"{number}.jpg", pictures.encoded(pictures.picture(40, 30, seed=number))) for number in range(12)]
    page = send(an, files)
    assert page.status == 422
    assert "Only 10 files are taken at once; not taken: 10.jpg, 11.jpg." in page.said
    assert len(drafts(desk)) == 10


def test_scope_is_asked_before_anything_is_kept(desk: Flask, officer: Callable[..., Officer]) -> None:
    bound = officer("binh", kinds=("site",))
    page = send(bound, [("a.jpg", pictures.photograph())], record="QNM-0001")
    assert page.status == 422
    with desk.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0
    assert not (desk.config["DISAN"].data / "media").exists()


def test_file_of_a_picture_is_not_changed_by_its_form(desk: Flask, an: Officer) -> None:
    send(an, [("a.jpg", pictures.photograph())])
    (payload,) = drafts(desk)
    form = an.get(f"/desk/records/{payload['code']}/edit").form()
    page = form.fill(file="0" * 64, alt__vi="Cầu ngói").press("save")
    assert page.status == 200
    (after,) = drafts(desk)
    assert (after["file"], after["alt"]) == (payload["file"], {"vi": "Cầu ngói"})


def test_sort_of_file_is_proposed_and_one_that_does_not_fit_is_refused(desk: Flask, an: Officer) -> None:
    send(an, [("a.jpg", pictures.photograph())], record="QNM-0001", licence="CC-BY-4.0")
    (payload,) = drafts(desk)
    assert payload["medium_type"] == "photograph"
    form = an.get(f"/desk/records/{payload['code']}/edit").form()
    page = form.fill(medium_type="audio", alt__vi="Cầu ngói").press("submit")
    [button] = page.document.xpath("//main//button[contains(@formaction, '/submit')]")
    page = an.post(button.get("formaction"), page.form("comment").fields)
    assert "“a.jpg” is a picture: choose photograph, drawing" in page.said


def test_picture_is_seen_at_the_desk_before_it_is_public(desk: Flask, an: Officer) -> None:
    send(an, [("a.jpg", pictures.photograph())], record="QNM-0001")
    (payload,) = drafts(desk)
    page = an.get(f"/desk/records/{payload['code']}")
    assert "The copies for viewing are being made." in page.said
    run_jobs(desk)
    page = an.get(f"/desk/records/{payload['code']}")
    assert "being made" not in page.said
    (address,) = page.document.xpath("//img[@class='seen']/@src")
    seen = an.client.get(address)
    assert (seen.status_code, seen.mimetype) == (200, "image/webp")
    assert seen.headers["Cache-Control"] == "no-store"
    assert desk.test_client().get(address).status_code in (302, 303, 401)
    assert desk.test_client().get(address.replace("/desk/media/files", "/media")).status_code == 410
    original = an.client.get(f"/desk/media/originals/{payload['file']}")
    assert original.data == pictures.photograph()
    assert original.mimetype == "application/octet-stream"
    assert original.headers["Content-Disposition"] == "attachment; filename=a.jpg"


def test_reviewer_sees_the_picture_in_the_changeset(desk: Flask, an: Officer, officer: Callable[..., Officer]) -> None:
    page = send(an, [("a.jpg", pictures.photograph())], record="QNM-0001")
    assert "The copies for viewing are being made." in page.said
    run_jobs(desk)
    reviewer = officer("chi", Role.REVIEWER)
    (address,) = reviewer.get(page.path.removesuffix("/pictures")).document.xpath("//img[@class='thumb']/@src")
    assert reviewer.client.get(address).mimetype == "image/webp"


def test_more_pictures_are_added_to_a_changeset(desk: Flask, an: Officer) -> None:
    page = send(an, [("a.jpg", pictures.photograph())], record="QNM-0001")
    key = page.path.split("/")[3]
    page = an.get(f"/desk/records/media/new?changeset={key}")
    assert dict(page.form("file").fields)["changeset"] == key
    page = send(an, [("b.jpg", pictures.encoded(pictures.picture(seed=2)))], changeset=key)
    assert page.path == f"/desk/changesets/{key}/pictures"
    assert len(drafts(desk)) == 2


def test_rendering_that_failed_is_told_and_tried_again(desk: Flask, an: Officer) -> None:
    send(an, [("a.jpg", pictures.photograph())], record="QNM-0001")
    (payload,) = drafts(desk)
    with desk.app_context():
        original = desk.config["DISAN"].data / "media" / original_key(payload["file"])
    original.rename(original.with_suffix(".away"))
    run_jobs(desk)
    page = an.get(f"/desk/records/{payload['code']}")
    assert "The copies for viewing could not be made: The original of “a.jpg” is missing" in page.said
    original.with_suffix(".away").rename(original)
    page = page.form("code").send()
    assert page.path == f"/desk/records/{payload['code']}"
    assert "It is being tried again." in page.said
    run_jobs(desk)
    assert an.get(f"/desk/records/{payload['code']}").document.xpath("//img[@class='seen']")
    with desk.app_context():
        assert db.session.scalar(sa.select(sa.func.count()).select_from(Wish).where(Wish.kind == "render_file")) == 2


def test_new_picture_begins_with_its_file(an: Officer) -> None:
    assert an.get("/desk/records/media/new").path == "/desk/media/upload"


def test_viewer_uploads_nothing(an: Officer, officer: Callable[..., Officer], desk: Flask) -> None:
    viewer = officer("xem", Role.VIEWER)
    assert viewer.get("/desk/media/upload").status == 403
    data = {"file": [(io.BytesIO(pictures.photograph()), "a.jpg")]}
    assert viewer.client.post("/desk/media/upload", data=data, headers=FROM_HERE).status_code == 403
    send(an, [("a.jpg", pictures.photograph())])
    (payload,) = drafts(desk)
    address = f"/desk/media/originals/{payload['file']}/render"
    assert viewer.client.post(address, headers=FROM_HERE).status_code == 403


@pytest.mark.parametrize(
    ("role", "status"), [(Role.VIEWER, 403), (Role.EDITOR, 403), (Role.REVIEWER, 200), (Role.ADMIN, 200)]
)
def test_files_are_for_their_owner_and_who_may_know_of_sensitive_places(
    desk: Flask, an: Officer, officer: Callable[..., Officer], role: Role, status: int
) -> None:
    send(an, [("a.jpg", pictures.photograph(lon=108.3, lat=15.8))], record="QNM-0001")
    (payload,) = drafts(desk)
    run_jobs(desk)
    with desk.app_context():
        name = db.session.scalar(sa.select(Rendition.name).limit(1))
    other = officer("khac", role)
    assert other.client.get(f"/desk/media/originals/{payload['file']}").status_code == status
    assert other.client.get(f"/desk/media/files/{name}").status_code == status
    page = other.get(f"/desk/records/{payload['code']}")
    assert bool(page.document.xpath("//img[@class='seen']")) == (status == 200)
    assert ("Tester Camera 1" in page.said) == (status == 200)


def test_reviewer_of_another_commune_sees_no_file_of_this_one(
    desk: Flask, an: Officer, officer: Callable[..., Officer]
) -> None:
    send(an, [("a.jpg", pictures.photograph())], record="QNM-0001")
    (payload,) = drafts(desk)
    bound = officer("xa", Role.REVIEWER, unit="99999")
    assert bound.client.get(f"/desk/media/originals/{payload['file']}").status_code == 403


def test_papers_are_taken_in_and_all_pages_are_seen(desk: Flask, an: Officer) -> None:
    page = send(an, [("qd.pdf", papers.pdf(3)), ("ly-lich.docx", papers.word())], record="QNM-0001", role="scan")
    assert "2 files were taken in" in page.said
    paper, word = drafts(desk)
    assert (paper["medium_type"], word["medium_type"]) == ("document", "document")
    run_jobs(desk)
    page = an.get(f"/desk/records/{paper['code']}")
    seen = page.document.xpath("//main//img[@class='seen']/@src")
    assert len(seen) == 3
    assert all(an.client.get(address).mimetype == "image/webp" for address in seen)
    assert "3 pages" in page.said
    assert "Not digitally signed." in page.said
    assert "Nothing of this file is shown in public." in an.get(f"/desk/records/{word['code']}").said
    original = an.client.get(f"/desk/media/originals/{word['file']}")
    assert (original.mimetype, original.data[:2]) == ("application/octet-stream", b"PK")
    assert original.headers["Content-Disposition"] == "attachment; filename=ly-lich.docx"


def test_signatures_are_told_and_checked_again_by_the_list_of_the_day(
    desk: Flask, an: Officer, officer: Callable[..., Officer], tmp_path: Path
) -> None:
    send(an, [("qd.pdf", signing.signed(holder=signing.chairman()))], record="QNM-0001", role="scan")
    (payload,) = drafts(desk)
    run_jobs(desk)
    page = an.get(f"/desk/records/{payload['code']}")
    assert "certificate was not checked against a list" in page.said
    assert "Signed, as the certificate says, by Nguyễn Văn A, UBND tỉnh Quảng Nam" in page.said
    assert payload["file"] in page.said
    root = tmp_path / "root.pem"
    root.write_bytes(signing.authority().pem)
    desk.config["DISAN"] = replace(desk.config["DISAN"], trust_list=str(root))
    form = page.form("code")
    page = form.send()
    assert page.path == f"/desk/records/{payload['code']}"
    assert form.send().status == 409, "once is enough"
    run_jobs(desk)
    page = an.get(page.path)
    assert "the signer is in the list of trusted signers" in page.said
    assert "Signed by Nguyễn Văn A" in page.said
    viewer = officer("xem", Role.VIEWER).get(page.path)
    assert "Nguyễn Văn A" not in viewer.said


@pytest.mark.parametrize(("made", "tag"), [("film", "video"), ("sound", "audio")])
def test_recording_is_played_at_the_desk_before_the_public_hears_of_it(
    desk: Flask, an: Officer, made: str, tag: str
) -> None:
    data = recordings.film() if made == "film" else recordings.sound("m4a")
    send(an, [("Bài chòi.mp4", data)], record="QNM-0001")
    (draft,) = drafts(desk)
    assert (draft["medium_type"], draft["title"]) == (tag, {"vi": "Bài chòi"})
    path = f"/desk/records/{draft['code']}"
    assert "The copies for viewing are being made." in an.get(path).said
    run_jobs(desk)
    page = an.get(path)
    (played,) = page.document.xpath(f"//{tag}[@controls][@preload='none']")
    assert page.document.xpath("//p[@class='meta'][contains(., '0:02')]")
    answer = an.client.get(played.get("src"), headers={"Range": "bytes=0-3"})
    assert (answer.status_code, len(answer.data)) == (206, 4)
    assert bool(played.get("poster")) is (made == "film")
    with desk.app_context():
        (name,) = db.session.scalars(sa.select(Rendition.name).where(Rendition.media_type.like(f"{tag}/%")))
    assert played.get("src") == f"/desk/media/files/{name}"
    assert desk.test_client().get(f"/media/{name}").status_code == 410
