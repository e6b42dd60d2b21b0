"""A site with a map sheet and a photograph in public, on both engines; made once, and only read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from app.core.db import db
from tests.harness import media, pictures, register
from tests.harness.working import run_jobs

if TYPE_CHECKING:
    from flask import Flask
    from flask.testing import FlaskClient

    from tests.harness.databases import Databases

SHEET = (4200, 1100)


class Shown(NamedTuple):
    """The application, and what is told of the pictures: the sheet's, then the photograph's."""

    app: Flask
    sheet: dict[str, Any]
    photograph: dict[str, Any]


@pytest.fixture(scope="session")
def shown(engine_name: str, databases: Databases) -> Iterator[Shown]:
    """A site at Chùa Cầu that shows the sheet first."""
    with databases.app(engine_name) as app:
        with app.app_context():
            register.write_vocabulary(db.session())
            sheet = media.keep(app, pictures.encoded(pictures.sheet(*SHEET)), "sheet.jpg")
            photograph = media.keep(app, pictures.encoded(pictures.sheet(4800, 1200)), "photograph.jpg")
            title = {"vi": "Tờ bản đồ", "en": "Map sheet"}
            caption = {"vi": "Phố cổ, tỷ lệ 1:500"}
            rows = media.medium(sheet, "QNM-9001", medium_type="map", title=title, caption=caption, creator="Sở VHTT")
            register.publish(
                db.session(),
                ("site", register.site("QNM-9001", description={"vi": "Phố cổ."})),
                ("site", register.site("QNM-9002")),
                ("media", rows),
                ("media", media.medium(photograph, "QNM-9001", code="QNM-P0002", licence="CC0-1.0")),
            )
            db.session.commit()
        run_jobs(app)
        yield Shown(app, *media.told(app))


@pytest.fixture
def reader(shown: Shown) -> FlaskClient:
    """A client of the application that shows them: only read."""
    return shown.app.test_client()
