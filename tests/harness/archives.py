"""A register of everything there can be, for archives of it, and ways to compare two registers."""

from __future__ import annotations

import datetime as dt
import hashlib
import io
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import shapely
import sqlalchemy as sa
from shapely.geometry.base import BaseGeometry

from app.accounts.models import Role
from app.accounts.operations import add_user
from app.accounts.sessions import open_session
from app.accounts.tokens import add_token
from app.config import Settings
from app.core.db import Model, db
from app.engine.types import is_tokens
from app.exchange.seed import load_seed
from app.jobs.operations import wish
from app.publication import operations as publication
from app.records.operations import find_record
from app.subscriptions.operations import make_key
from app.visitors.operations import Sent, file_report
from app.visitors.photos import keep_photo
from app.visitors.visits.operations import add_visits
from app.visitors.visits.sources import Source
from app.visitors.visits.tally import Visit
from tests.harness import media, pictures, register
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

SITE, GONE, DRAFTED = "QNM-9001", "QNM-9002", "QNM-9003"
_LANGUAGES = ("vi", "en")
_PAGES = (
    *("/vi/", "/en/sites", "/vi/events", "/en/itineraries", f"/vi/sites/{SITE}", f"/q/{SITE}", "/en/search?q=hoi an"),
    *("/api/v1/", "/api/v1/collections", "/api/v1/changes", "/api/v1/changes?limit=1000", "/api/v1/events.ics"),
    *("/api/v1/search?q=chùa", "/api/v1/search?q=my son", "/api/v1/search?q=hoi an&lang=en", "/api/v1/openapi.json"),
    *(f"/api/v1/collections/sites/items/{GONE}", f"/api/v1/collections/sites/items/{DRAFTED}"),
    "/api/v1/collections/sites/items?bbox=108.2,15.8,108.4,15.95&limit=100",
    "/api/v1/collections/sites/items?near=108.32605,15.877083&radius=500",
    "/api/v1/collections/sites/items?facets=rank,types&limit=1",
    "/api/v1/collections/sites/tiles/WebMercatorQuad/12/1848/3280",
    "/sitemap.xml",
)


def fill(app: Flask) -> None:
    """Fill a database: the seed, pictures with all that is made of them, and a trace of every way to write."""
    with app.app_context():
        load_seed(db.session(), app.config["DISAN"])
        db.session.commit()
    media.show(app, pictures.encoded(pictures.picture(900, 600)), site=SITE)
    with app.app_context():
        session = db.session()
        file = media.keep(app, pictures.encoded(pictures.sheet(4300, 600)), name="Bản đồ.jpg")
        sheet = media.medium(file, SITE, code="QNM-P0002", medium_type="map")
        register.publish(session, ("media", sheet), ("site", register.site(GONE)))
        register.accept(session, ("site", register.site(SITE, tags=["một", "hai"])))
        record, reviewer = find_record(session, GONE), register.reviewer(session)
        publication.set_deleted(session, [record], is_deleted=True, actor=reviewer, settings=register.SETTINGS)
        register.draft(session, ("site", {"code": DRAFTED, "name": {"vi": "Chưa xong"}}))
        _leave_traces(app)
        session.commit()
    run_jobs(app)


def _leave_traces(app: Flask) -> None:
    """Write what is neither record nor publication: an account, its keys, a report, visits, a developer's key."""
    session = db.session()
    user = add_user(session, email="admin@example.org", role=Role.ADMIN, password="một mật khẩu thật dài")
    open_session(session, user, settings=Settings(), agent="test")
    add_token(session, user=user, actor=user, name="QGIS", days=9, permissions=("records:view",))
    make_key(session, name="App", email="dev@example.org", purpose="Một ứng dụng")
    photo = keep_photo(io.BytesIO(pictures.photograph()), "a.jpg", settings=app.config["DISAN"])
    sent = Sent("damage", "Mái bị dột", "phía sau", "0900000000", 108.32, 15.87, SITE, "vi", photo)
    file_report(session, sent)
    add_visits(session, {Visit(dt.date(2026, 1, 2), SITE, "vi", Source.DIRECT): 3})
    # A JSON null beside an absent value, and letters beyond the plane of most.
    wish(session, "nobody-does-this", {"none": None, "text": "𡨸喃 \u2028 \"'\\"}, actor=user)


def rows_of(app: Flask) -> dict[str, list[str]]:
    """Give all rows of all tables as text, in an order that is theirs: by means of the models, not of the archive."""
    with app.app_context():
        session = db.session()
        found = {}
        for name, table in Model.metadata.tables.items():
            columns = [column for column in table.columns if not is_tokens(column.type)]
            found[name] = sorted(repr([_comparable(v) for v in row]) for row in session.execute(sa.select(*columns)))
        session.rollback()
        return found


def _comparable(value: Any) -> Any:
    if isinstance(value, BaseGeometry):
        return shapely.to_wkt(value, rounding_precision=-1)
    return json.dumps(value) if isinstance(value, dict | list) else value


def kept_files(folder: Path) -> dict[str, bytes]:
    """Give the files in a data folder's storage, by their keys."""
    media_folder = folder / "media"
    paths = [path for path in media_folder.rglob("*") if path.is_file() and "unfinished" not in path.parts]
    return {path.relative_to(media_folder).as_posix(): path.read_bytes() for path in paths}


def addresses(app: Flask, *, every: int = 1) -> list[str]:
    """Give public addresses: pages, searches, and of every collection all lists and every so-manieth item."""
    client, found = app.test_client(), list(_PAGES)
    for collection in client.get("/api/v1/collections").get_json()["collections"]:
        link = f"/api/v1/collections/{collection['id']}/items?limit=200"
        while link:
            found.append(link)
            answer = client.get(link).get_json()
            codes = [feature["id"] for feature in answer["features"]][::every]
            found += [
                f"/api/v1/collections/{collection['id']}/items/{code}?lang={language}"
                for code in codes
                for language in _LANGUAGES
            ]
            link = next((one["href"] for one in answer["links"] if one["rel"] == "next"), "")
            link = link.partition("localhost")[2] or link
    images = client.get(f"/api/v1/collections/sites/items/{SITE}").get_json()["properties"]["images"]
    assert len(images) == 2
    return [*found, *(image["url"].partition("localhost")[2] or image["url"] for image in images)]


def answers(app: Flask, paths: list[str]) -> dict[str, tuple[int, str, str, bytes]]:
    """Ask for addresses, and give status, type, ETag and body of each."""
    client = app.test_client()
    return {path: _answer(client, path) for path in paths}


def _answer(client: FlaskClient, path: str) -> tuple[int, str, str, bytes]:
    answer = client.get(path)
    return answer.status_code, answer.content_type, answer.headers.get("ETag", ""), answer.data


def small(app: Flask) -> None:
    """Fill a database with little: a public site, a picture, an unfinished draft."""
    with app.app_context():
        register.write_vocabulary(db.session())
        db.session.commit()
    media.show(app, pictures.encoded(pictures.picture(500, 400)), site=SITE)
    with app.app_context():
        register.draft(db.session(), ("site", {"code": DRAFTED, "name": {"vi": "Chưa xong"}}))
        db.session.commit()


def rebag(folder: Path) -> None:
    """Write the manifests of a bag anew, as somebody does who means harm."""
    paths = sorted(path for path in (folder / "data").rglob("*") if path.is_file() and not path.is_symlink())
    lines = [f"{_sha256(path)}  {path.relative_to(folder).as_posix()}\n" for path in paths]
    (folder / "manifest-sha256.txt").write_text("".join(lines), encoding="utf-8")
    retag(folder)


def retag(folder: Path) -> None:
    """Write the manifest of the tag files anew."""
    names = ("bagit.txt", "bag-info.txt", "manifest-sha256.txt", "README.txt")
    lines = [f"{_sha256(folder / name)}  {name}\n" for name in names]
    (folder / "tagmanifest-sha256.txt").write_text("".join(lines), encoding="utf-8")


def _sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
