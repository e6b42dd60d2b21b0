"""The pictures of a changeset, described side by side, with what the camera says of each."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.accounts.models import Role
from app.core.db import db
from app.desk import describing
from app.records.models import Revision, RevisionState
from tests.desk.test_media import drafts, send
from tests.harness import pictures, register
from tests.harness.officers import Officer, Page

if TYPE_CHECKING:
    from flask import Flask

# Some 40 m north of where the site of the fixtures lies.
NEAR = {"lon": 108.326, "lat": 15.8774}


@pytest.fixture
def page(desk: Flask, an: Officer) -> Page:
    assert desk
    files = [
        ("a.jpg", pictures.photograph(taken="2026:03:04 10:20:30", **NEAR)),
        ("b.jpg", pictures.encoded(pictures.picture(seed=2), exif=pictures.exif(orientation=6))),
    ]
    return send(an, files, record="QNM-0001", role="detail")


def keys(page: Page) -> list[str]:
    return [
        str(name).removeprefix("saved.") for name in page.document.xpath("//input[starts-with(@name,'saved.')]/@name")
    ]


def test_what_is_said_of_each_picture_is_written_into_its_draft(desk: Flask, page: Page) -> None:
    first, second = keys(page)
    said: dict[str, str | list[str]] = {
        f"title.{first}": "Chùa Cầu nhìn từ phía nam",
        f"alt.{first}": "Cầu gỗ có mái ngói",
        f"dated.{first}": "",
        f"licence.{first}": "CC-BY-4.0",
        f"role.{first}": "cover",
        f"caption.{second}": "Sau trùng tu",
        f"creator.{second}": "Nguyễn Văn A",
    }
    after = (
        page.form(f"saved.{first}").fill(**{name.replace(".", "__"): text for name, text in said.items()}).press("save")
    )
    assert after.path == page.path.removesuffix("/pictures")
    one, other = drafts(desk)
    assert one["title"] == {"vi": "Chùa Cầu nhìn từ phía nam"}
    assert one["alt"] == {"vi": "Cầu gỗ có mái ngói"}
    assert (one["dated"], one["licence"], one["placements"][0]["role"]) == (None, "CC-BY-4.0", "cover")
    assert (other["caption"], other["creator"]) == ({"vi": "Sau trùng tu"}, "Nguyễn Văn A")
    assert other["placements"][0]["role"] == "detail"


def test_other_languages_stay_as_they_are(desk: Flask, an: Officer, page: Page) -> None:
    (code, _) = (one["code"] for one in drafts(desk))
    an.get(f"/desk/records/{code}/edit").form().fill(alt__vi="Cầu", alt__en="A bridge").press("save")
    page = an.get(page.path)
    page.form(f"saved.{keys(page)[0]}").fill(**{f"alt__{keys(page)[0]}": ""}).press("save")
    assert drafts(desk)[0]["alt"] == {"en": "A bridge"}


def test_picture_that_was_saved_elsewhere_keeps_what_is_typed_and_the_others_are_saved(
    desk: Flask, an: Officer, page: Page
) -> None:
    first, second = keys(page)
    (code, _) = (one["code"] for one in drafts(desk))
    an.get(f"/desk/records/{code}/edit").form().fill(alt__vi="Từ thẻ khác").press("save")
    typed = {f"alt__{first}": "Từ thẻ này", f"alt__{second}": "Ảnh hai"}
    after = page.form(f"saved.{first}").fill(**typed).press("save")
    assert after.status == 409
    assert "saved elsewhere" in after.said
    assert "Từ thẻ này" in after.text
    assert [one.get("alt") for one in drafts(desk)] == [{"vi": "Từ thẻ khác"}, {"vi": "Ảnh hai"}]
    assert "Now it says: “Từ thẻ khác”" in after.said
    after.form(f"saved.{first}").press("save")
    assert drafts(desk)[0]["alt"] == {"vi": "Từ thẻ này"}


def test_only_what_was_typed_is_written_over_what_was_saved_elsewhere(desk: Flask, an: Officer, page: Page) -> None:
    first, _ = keys(page)
    (code, _) = (one["code"] for one in drafts(desk))
    an.get(f"/desk/records/{code}/edit").form().fill(alt__vi="Từ thẻ khác").press("save")
    after = page.form(f"saved.{first}").fill(**{f"caption__{first}": "Sau trùng tu"}).press("save")
    assert after.status == 409
    assert "Now it is empty." in after.said
    after.form(f"saved.{first}").press("save")
    assert (drafts(desk)[0]["alt"], drafts(desk)[0]["caption"]) == ({"vi": "Từ thẻ khác"}, {"vi": "Sau trùng tu"})


def test_what_is_typed_stays_when_the_changeset_was_submitted_in_another_tab(desk: Flask, page: Page) -> None:
    first, _ = keys(page)
    form = page.form(f"saved.{first}").fill(**{f"alt__{first}": "Từ thẻ này"})
    with desk.app_context():
        db.session.execute(sa.update(Revision).values(state=RevisionState.IN_REVIEW))
        db.session.commit()
    after = form.press("save")
    assert after.status == 409
    assert "cannot be changed" in after.said
    assert "Từ thẻ này" in after.text
    assert "alt" not in drafts(desk)[0]


def test_files_beyond_a_page_are_on_the_next(
    desk: Flask, an: Officer, page: Page, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(describing, "_SHOWN", 1)
    first, second = keys(page)
    shown = an.get(page.path)
    assert keys(shown) == [first]
    assert "Files 1–1 of 2." in shown.said
    shown = shown.form(f"saved.{first}").fill(**{f"alt__{first}": "Ảnh một"}).press("save")
    assert (keys(shown), "Files 2–2 of 2." in shown.said) == ([second], True)
    shown = shown.form(f"saved.{second}").fill(**{f"alt__{second}": "Ảnh hai"}).press("save")
    assert shown.path == page.path.removesuffix("/pictures")
    assert [one["alt"] for one in drafts(desk)] == [{"vi": "Ảnh một"}, {"vi": "Ảnh hai"}]
    assert keys(an.get(f"{page.path}?page=9")) == [second]


def test_what_no_choice_names_stays_as_it_is(desk: Flask, an: Officer, page: Page) -> None:
    with desk.app_context():
        for revision in db.session.scalars(sa.select(Revision).where(Revision.kind == "media")):
            rows = [{**row, "role": "strange"} for row in revision.payload["placements"]]
            revision.payload = {**revision.payload, "licence": "GFDL-1.3", "placements": rows}
        db.session.commit()
    page = an.get(page.path)
    first = keys(page)[0]
    page.form(f"saved.{first}").fill(**{f"alt__{first}": "Cầu"}).press("save")
    draft = drafts(desk)[0]
    assert (draft["alt"], draft["licence"]) == ({"vi": "Cầu"}, "GFDL-1.3")
    assert draft["placements"][0]["role"] == "strange"


def test_camera_is_heard_and_how_far_it_was(page: Page) -> None:
    assert "The camera's clock: 2026-03-04 10:20:30." in page.said
    assert "The camera: Tester Camera 1." in page.said
    assert page.said.count("The camera was held sideways: the picture is shown turned by 90°.") == 1
    assert "The camera's place: 15.877400, 108.326000 (WGS 84); EPSG:5899: N " in page.said


def test_nobody_describes_what_is_not_theirs_or_no_draft(
    an: Officer, page: Page, officer: Callable[..., Officer]
) -> None:
    assert officer("dung", Role.VIEWER).get(page.path).status == 403
    other = officer("chi", Role.EDITOR)
    first = keys(page)[0]
    form = other.get(page.path)
    assert form.status == 200
    after = form.form(f"saved.{first}").fill(**{f"alt__{first}": "Lạ"}).press("save")
    assert after.status == 409
    assert "Only" in after.said or "author" in after.said
    an.post(page.path.replace("/pictures", "/discard"), [*an.get(page.path).form(f"saved.{first}").fields])
    assert an.get(page.path).status == 409


def test_distance_is_told_to_who_may_know_the_place(desk: Flask, officer: Callable[..., Officer]) -> None:
    place = {"uid": "l1", "role": "main", "entered_text": "15.877083, 108.326050", "entered_crs": "EPSG:4326"}
    with desk.app_context():
        for code, policy in (("QNM-0002", "exact"), ("QNM-0003", "blurred")):
            site = register.site(code, name={"vi": f"Di tích {code}"}, locations=[place], location_policy=policy)
            register.publish(db.session(), ("site", site))
        db.session.commit()
    told = {}
    for name, role in (("binh", Role.EDITOR), ("dung", Role.REVIEWER)):
        an = officer(name, role)
        for number, code in enumerate(("QNM-0002", "QNM-0003")):
            file = pictures.encoded(pictures.picture(seed=number + 7), exif=pictures.exif(**NEAR))
            told[name, code] = send(an, [("a.jpg", file)], record=code).said
    near = "This photo was taken 35 m from Di tích {} ({})."
    assert near.format("QNM-0002", "QNM-0002") in told["binh", "QNM-0002"]
    assert "m from" not in told["binh", "QNM-0003"]
    assert near.format("QNM-0003", "QNM-0003") in told["dung", "QNM-0003"]


def test_camera_far_away_is_asked_about(desk: Flask, an: Officer) -> None:
    place = {"uid": "l1", "role": "main", "entered_text": "15.764, 108.124", "entered_crs": "EPSG:4326"}
    with desk.app_context():
        register.publish(db.session(), ("site", register.site("QNM-0004", locations=[place], location_policy="exact")))
        db.session.commit()
    page = send(an, [("a.jpg", pictures.photograph(**NEAR))], record="QNM-0004")
    assert "This photo was taken 25.0 km from" in page.said
    assert "Is it the right record?" in page.said
