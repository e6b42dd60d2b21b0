"""Standard clients at the register's API with a token: GDAL, OWSLib, and requests as QGIS sends them."""

from __future__ import annotations

import json
import os
import re
import subprocess
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from owslib.ogcapi.features import Features

from app.accounts.models import Role
from app.catalogue import KINDS
from app.core.db import db
from tests.harness import pictures
from tests.harness.databases import open_app
from tests.harness.machines import BASE, make_token, make_user
from tests.harness.server import serve
from tests.house.reading import ROOT

if TYPE_CHECKING:
    from tests.harness.databases import Databases

EPSG_GRID = "<http://www.opengis.net/def/crs/EPSG/0/5899>"


@dataclass(frozen=True)
class Office:
    """A served register and an editor's token."""

    url: str
    token: str

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any, Any]:
        """Send a request as QGIS does: Content-Type and Content-Crs, no If-Match."""
        given = self.headers | {name.replace("_", "-"): value for name, value in headers.items()}
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(f"{self.url}{path}", data, given, method=method)  # noqa: S310
        with urllib.request.urlopen(request) as response:  # noqa: S310
            text = response.read()
            return response.status, response.headers, json.loads(text) if text else None


@pytest.fixture(scope="module")
def office(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("register-clients")
    database = databases.copy("sqlite", folder / "data", seeded=True)
    with open_app(database) as app, app.app_context():
        token = make_token(make_user("gis@example.org", Role.EDITOR))
        db.session.commit()
    with serve(database, folder / "server.log") as url:
        yield Office(url + BASE, token)


def run(office: Office, *words: str) -> str:
    environment = os.environ | {"GDAL_HTTP_HEADERS": f"Authorization: Bearer {office.token}"}
    done = subprocess.run(words, capture_output=True, text=True, timeout=120, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    assert "ERROR" not in done.stderr
    return done.stdout


def test_ogrinfo_lists_every_kind_with_its_counts(office: Office) -> None:
    told = run(office, "ogrinfo", "-ro", "-al", "-so", f"OAPIF:{office.url}")
    counts = dict(re.findall(r"Layer name: (\S+)\n(?:.*\n)*?Feature Count: (\d+)", told))
    assert set(counts) == {kind.plural for kind in KINDS.values()}
    assert counts["sites"] == "200"


def test_ogrinfo_reads_types_and_geometry(office: Office) -> None:
    told = run(office, "ogrinfo", "-ro", "-so", f"OAPIF:{office.url}", "sites")
    assert "year_from: Integer" in told
    assert "current_unit: String" in told
    assert "Geometry: " in told


def test_ogrinfo_is_told_that_it_has_no_token(office: Office) -> None:
    done = subprocess.run(
        ["ogrinfo", "-ro", "-so", f"OAPIF:{office.url}"], capture_output=True, text=True, timeout=60, check=False
    )
    assert "401" in done.stderr + done.stdout


def test_ogr2ogr_copies_every_record(office: Office, tmp_path: Path) -> None:
    target = tmp_path / "sites.geojson"
    run(office, "ogr2ogr", str(target), f"OAPIF:{office.url}", "sites", "-oo", "PAGE_SIZE=37")
    found = json.loads(target.read_text(encoding="utf-8"))["features"]
    assert len({feature["properties"]["code"] for feature in found}) == len(found) == 200
    assert any(feature["geometry"] for feature in found)


def test_ogrinfo_asks_the_server_for_a_box(office: Office) -> None:
    box = ("-spat", "108.3", "15.8", "108.4", "15.95")
    count = re.search(
        r"Feature Count: (\d+)", run(office, "ogrinfo", "-ro", "-so", f"OAPIF:{office.url}", "sites", *box)
    )
    assert count
    assert 20 < int(count[1]) < 100


def test_owslib_reads_collections_schemas_and_records(office: Office) -> None:
    features = Features(f"{office.url}/", headers=office.headers)
    assert set(features.feature_collections()) == {kind.plural for kind in KINDS.values()}
    assert features.api()["openapi"].startswith("3.0")
    assert "state" in features.collection_queryables("sites")["properties"]
    assert "locations" in features.collection_schema("sites")["properties"]
    assert features.collection_item("sites", "QNM-0002")["id"] == "QNM-0002"
    assert features.collection_items("sites", bbox=[108.32, 15.87, 108.33, 15.88], limit=100)["features"]


def test_owslib_creates_and_replaces(office: Office) -> None:
    features = Features(f"{office.url}/", headers=office.headers | {"Content-type": "application/geo+json"})
    new = {"type": "Feature", "geometry": None, "properties": {"code": "QNM-9101", "name": {"vi": "Mới"}}}
    assert features.collection_item_create("sites", json.dumps(new))
    shown = features.collection_item("sites", "QNM-9101")
    shown["properties"]["tags"] = ["owslib"]
    assert features.collection_item_update("sites", "QNM-9101", json.dumps(shown))
    assert features.collection_item("sites", "QNM-9101")["properties"]["tags"] == ["owslib"]


def test_qgis_adds_moves_and_renames_by_drafts(office: Office) -> None:
    """What QGIS 3.32 and later does: OPTIONS, then POST and PUT with all the attributes that it read."""
    _, headers, _ = office.send("OPTIONS", "/collections/sites/items")
    assert "POST" in headers["Allow"]
    point = {"type": "Point", "coordinates": [561494.291, 1756063.592]}
    new = {"type": "Feature", "geometry": point, "properties": {"code": "QNM-9102", "name": '{"vi": "Điểm mới"}'}}
    sent = {"Content_Type": "application/geo+json", "Content_Crs": EPSG_GRID}
    status, headers, made = office.send("POST", "/collections/sites/items", new, **sent)
    assert (status, made["properties"]["review_state"]) == (201, "draft")
    path = headers["Location"].removeprefix(BASE)
    _, headers, _ = office.send("OPTIONS", path)
    assert {"PUT", "PATCH"} & set(headers["Allow"].split(", ")) == {"PUT"}
    _, _, shown = office.send("GET", f"{path}?crs={EPSG_GRID.strip('<>')}")
    # Objects and lists are text fields in many a version; attributes that were not touched come back as read.
    attributes = {
        name: json.dumps(value) if isinstance(value, dict | list) else value
        for name, value in shown["properties"].items()
    }
    moved = {"type": "Point", "coordinates": [561500.0, 1756070.0]}
    body = {
        "type": "Feature",
        "id": shown["id"],
        "geometry": moved,
        "properties": {**attributes, "period": '{"vi": "x"}'},
    }
    status, _, put = office.send("PUT", path, body, **sent)
    assert (status, put["properties"]["saved"], put["properties"]["period"]) == (200, 2, {"vi": "x"})
    assert put["properties"]["locations"][0]["entered_text"] == "POINT (561500 1756070)"
    with pytest.raises(urllib.error.HTTPError, match="412"):
        office.send("PUT", path, body, **sent)


def test_commands_of_the_guide_run(office: Office, tmp_path: Path) -> None:
    """Every command of docs/register-api.md in a shell, in the order of the page."""
    text = (ROOT / "docs" / "register-api.md").read_text(encoding="utf-8")
    script = "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    assert script.count("curl") >= 5
    (tmp_path / "photo.jpg").write_bytes(pictures.photograph())
    setting = {"REGISTER": office.url, "TOKEN": office.token}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=tmp_path,
        env=os.environ | setting,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "ERROR" not in done.stderr
    assert (tmp_path / "sites.gpkg").exists()
    assert (
        json.loads((tmp_path / "medium.json").read_text(encoding="utf-8"))["properties"]["medium_type"] == "photograph"
    )
