"""A picture's whole way where a bucket keeps the files: uploaded at the desk, rendered, and seen in public."""

from __future__ import annotations

import io
from pathlib import Path

import sqlalchemy as sa
from PIL import Image

from app.accounts.models import Role
from app.core.db import db
from app.media.models import Rendition, StoredFile
from app.media.storage import Storage, original_key, rendition_key
from app.records.models import Revision
from tests.harness import pictures, register
from tests.harness.buckets import make_bucket
from tests.harness.databases import Databases, open_app
from tests.harness.officers import FROM_HERE, Officer, Page
from tests.harness.server import free_port
from tests.harness.working import run_jobs


def act(page: Page, name: str) -> Page:
    """Press the button of an act."""
    (button,) = page.document.xpath(f"//main//button[contains(@formaction, '/{name}')]")
    done = page.officer.post(button.get("formaction"), page.form("comment").fields)
    assert done.status == 200, done.said
    return done


def upload(officer: Officer, **given: str) -> Page:
    """Fill the form of the upload and send it with a photograph."""
    form = dict(officer.get("/desk/media/upload").form("file").fields)
    data = {**form, **given, "file": [(io.BytesIO(pictures.photograph()), "a.jpg")]}
    return Page(officer, officer.client.post("/desk/media/upload", data=data, headers=FROM_HERE, follow_redirects=True))


def test_bucket_out_of_reach_is_told_to_officer_and_public(
    databases: Databases, bucket_server: str, tmp_path: Path
) -> None:
    database = databases.copy("sqlite", tmp_path / "data", fill=register.fill)
    place = make_bucket(bucket_server) | {"DISAN_MEDIA_ENDPOINT": f"http://127.0.0.1:{free_port()}"}
    with open_app(database, **place) as app:
        page = upload(Officer(app, "an", Role.EDITOR))
        assert page.status == 422
        assert "The storage of files is out of reach for the moment. Try again later." in page.said
        with app.app_context():
            assert db.session.scalar(sa.select(sa.func.count()).select_from(StoredFile)) == 0
        assert app.test_client().get(f"/media/{'0' * 32}.webp").status_code == 503


def test_picture_goes_its_whole_way_through_a_bucket(
    engine_name: str, databases: Databases, bucket_server: str, tmp_path: Path
) -> None:
    database = databases.copy(engine_name, tmp_path / "data", fill=register.fill)
    with open_app(database, **make_bucket(bucket_server)) as app:
        an, chi, public = Officer(app, "an", Role.EDITOR), Officer(app, "chi", Role.REVIEWER), app.test_client()
        page = upload(an, record="QNM-0001", licence="CC-BY-4.0")
        assert "1 files were taken in" in page.said
        changeset = page.path.removesuffix("/pictures")
        run_jobs(app)
        with app.app_context():
            sha256 = db.session.scalars(sa.select(StoredFile.sha256)).one()
            name = db.session.scalars(sa.select(Rendition.name).where(Rendition.media_type == "image/webp")).first()
            code = db.session.scalars(sa.select(Revision.code).where(Revision.kind == "media")).one()
        assert public.get(f"/media/{name}").status_code == 410

        an.get(f"/desk/records/{code}/edit").form().fill(alt__vi="Cầu ngói").press("save")
        act(an.get(changeset), "submit")
        act(chi.get(changeset), "accept")
        act(chi.get(changeset), "publish")
        shown = public.get(f"/media/{name}")
        assert (shown.status_code, shown.mimetype) == (200, "image/webp")
        with Image.open(io.BytesIO(shown.data)) as image:
            assert image.width in (320, 600)
        assert an.client.get(f"/desk/media/originals/{sha256}").data == pictures.photograph()

        storage = Storage(app.config["DISAN"])
        assert storage.has(original_key(sha256))
        assert storage.has(rendition_key(str(name)))
        # Nothing of it lies on this machine.
        assert not (database.folder / "media").exists()
    databases.drop(database)
