"""Media for tests, taken in and published as officers do it."""

from __future__ import annotations

import io
import json
from typing import TYPE_CHECKING, Any

from app.core.db import db
from app.media.operations import keep_file, receive_file
from app.publication.queries import read_item
from tests.harness import register
from tests.harness.register import editor
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask

    from app.media.models import StoredFile


def keep(app: Flask, data: bytes, name: str = "IMG_1.jpg") -> StoredFile:
    """Take in a picture, and commit."""
    session = db.session()
    received = receive_file(io.BytesIO(data), name, settings=app.config["DISAN"])
    file, _ = keep_file(session, received, actor=editor(session))
    session.commit()
    return file


def medium(
    file: StoredFile, *records: str, code: str = "QNM-P0001", role: str = "detail", **fields: Any
) -> dict[str, Any]:
    """Give a payload of the kind `media` that stands with records in a role."""
    rows = [{"uid": f"p{i}", "record": one, "role": role, "rank": 0} for i, one in enumerate(records)]
    given = {"title": {"vi": "Chùa Cầu", "en": "The bridge"}, "alt": {"vi": "Cầu"}, "medium_type": "photograph"}
    given["licence"] = "CC-BY-4.0"
    return {"code": code, "file": file.sha256, "placements": rows, **given, **fields}


def show(app: Flask, data: bytes, *, site: str = "QNM-9001", **fields: Any) -> dict[str, Any]:
    """Publish a site with a picture, do what is wished for, and give what is told of the picture in English."""
    with app.app_context():
        register.write_vocabulary(db.session())
        file = keep(app, data)
        register.publish(db.session(), ("site", register.site(site)), ("media", medium(file, site, **fields)))
        db.session.commit()
    run_jobs(app)
    return told(app, site)[0]


def told(app: Flask, site: str = "QNM-9001") -> list[dict[str, Any]]:
    """Give what is told in English of the pictures of a site."""
    with app.app_context():
        feature = json.loads(read_item(db.session(), "sites", site, "en").feature)
    return list(feature["properties"]["images"])
