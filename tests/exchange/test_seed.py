"""The seed, loaded through the import that officers use: all or nothing, the same twice, nobody's work overwritten."""

from __future__ import annotations

import csv
import json
import os
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import InvalidInput
from app.exchange.seed import SEED, load_seed
from app.publication import operations as publication
from app.publication.conditions import ItemQuery
from app.publication.models import JournalEntry
from app.publication.pages import count_matches, read_page
from app.records.drafts import open_changeset, write_draft
from app.records.models import HistoryEntry, Record, Revision
from app.records.operations import find_record, submit
from tests.harness import register
from tests.harness.databases import Databases, open_app
from tests.harness.register import SETTINGS, editor, reviewer
from tests.harness.server import command, environment

if TYPE_CHECKING:
    from flask import Flask


def test_seed_makes_all_200_sites_public(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        assert count_matches(db.session(), ItemQuery("sites", "vi"), 1000) == 200
        assert count_matches(db.session(), ItemQuery("admin-units", "vi"), 1000) == 339


def test_seed_gives_the_ranks_that_its_sources_give(seeded_app: Flask) -> None:
    ranks = {"special_national": 6, "national": 47, "provincial": 65, "inventoried": 82}
    with seeded_app.app_context():
        found = {
            rank: count_matches(db.session(), ItemQuery("sites", "vi", filters=(("rank", rank),)), 1000)
            for rank in ranks
        }
        world = ItemQuery("sites", "vi", filters=(("inscription", "world_heritage"),))
        assert found == ranks
        assert count_matches(db.session(), world, 1000) == 2


def test_seed_makes_events_places_and_itineraries_public(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        counts = {
            name: count_matches(db.session(), ItemQuery(name, "vi"), 1000)
            for name in ("events", "places", "itineraries")
        }
        assert counts == {"events": 30, "places": 78, "itineraries": 12}
        assert count_matches(db.session(), ItemQuery("events", "vi", filters=(("calendar", "lunar"),)), 1000) == 23


def test_seed_makes_artefacts_and_intangible_elements_public(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        session = db.session()
        treasures = ItemQuery("artefacts", "vi", filters=(("recognition", "national_treasure"),))
        national = ItemQuery("intangible", "vi", filters=(("inscription", "intangible_national"),))
        crafts = ItemQuery("intangible", "vi", filters=(("recognition", "provincial_traditional_craft"),))
        found = [count_matches(session, query, 1000) for query in (treasures, national, crafts)]
        assert found == [17, 19, 7]
        assert count_matches(session, ItemQuery("artefacts", "vi"), 1000) == 22
        assert count_matches(session, ItemQuery("intangible", "vi"), 1000) == 26


def test_seed_makes_one_decision_of_mentions_that_are_surely_the_same(seeded_app: Flask) -> None:
    """Number, full date and issuer known and equal: four treasures of 2012; five elements of 2014 stay apart."""
    rows = _read("decisions.csv")
    items = _read("decisions.items.csv")
    treasures = [row["code"] for row in rows if row["number"] == "1426/QĐ-TTg"]
    assert [len([item for item in items if item["code"] == code]) for code in treasures] == [4]
    assert len([row for row in rows if row["number"] == "2684/QĐ-BVHTTDL"]) == 5
    with seeded_app.app_context():
        decision = find_record(db.session(), treasures[0])
        assert [item.record.code for item in decision.items] == ["ART-003", "ART-004", "ART-005", "ART-015"]  # type: ignore[attr-defined]


def test_seed_names_no_private_collector_in_public(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        page = read_page(db.session(), ItemQuery("artefacts", "vi", limit=100))
        private = [feature for feature in page.features if json.loads(feature)["properties"]["holder_kind"] == "person"]
        assert [json.loads(feature)["id"] for feature in private] == ["ART-013", "ART-014"]
        assert not [
            feature for feature in page.features if "Hoàng Long" in feature.decode() or "Lương" in feature.decode()
        ]
        assert find_record(db.session(), "ART-013").holder == {"vi": "Sưu tập tư nhân Lương Hoàng Long, Hội An"}  # type: ignore[attr-defined]


def test_seed_leaves_open_what_the_old_domains_do_not_decide(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        page = read_page(db.session(), ItemQuery("intangible", "vi", limit=100))
        shown = {feature["id"]: feature["properties"] for feature in map(json.loads, page.features)}
        assert [code for code, one in shown.items() if not one["domain"]] == [
            "ICH-007",
            "ICH-013",
            "ICH-014",
            "ICH-015",
        ]
        assert not any(one["is_domain_reviewed"] for one in shown.values())
        assert all(one["domains_as_recorded"] for one in shown.values())


def test_seed_credits_geonames_and_keeps_no_point_checked_on_google_maps(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        pages = [read_page(db.session(), ItemQuery(name, "vi", limit=1000)) for name in ("events", "places")]
        found = {feature["id"]: feature for page in pages for feature in map(json.loads, page.features)}
        credited = {code for code, feature in found.items() if "GeoNames" in feature["properties"]["attribution"]}
        assert credited == {row["code"] for file in _LOCATIONS for row in _read(file) if row["credit"]}
        assert len(credited) == 10
        for code in ("POI-012", "POI-021"):
            assert found[code]["geometry"] is None
            assert [doubt["tag"] for doubt in found[code]["properties"]["doubts"]] == ["location_unverified"]


_LOCATIONS = ("events.locations.csv", "places.locations.csv")


def test_seed_keeps_the_stops_that_match_nothing_by_their_name(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        page = read_page(db.session(), ItemQuery("itineraries", "vi", limit=100))
        stops = [stop for feature in page.features for stop in json.loads(feature)["properties"]["stops"]]
        assert len(stops) == 50
        assert sorted(stop["name"] for stop in stops if not stop["url"]) == [
            "Dinh Bà Thu Bồn (Trung An, Quế Trung)",
            "Giếng cổ Xóm Cấm",
            "Làng nghề nhà tre, dừa Cẩm Thanh",
            "Phố cổ Hội An",
        ]


def test_seed_loses_no_fact_of_its_sheets(seeded_app: Flask) -> None:
    """What the sheets say beside the public record is in the register: when a source appeared, notes, other rules."""
    with seeded_app.app_context():
        event, place, itinerary = (find_record(db.session(), code) for code in ("FES-003", "POI-004", "ITI-03"))
        assert [source.published for source in event.sources] == ["2018", "2020", "2020-01-09"]
        assert [rule.day for rule in event.rules] == [6, 12]  # type: ignore[attr-defined]
        assert [price.as_of for price in place.prices] == ["2025", "2025"]  # type: ignore[attr-defined]
        assert itinerary.stops[0].note.startswith("Trùng một tên khác")  # type: ignore[attr-defined]
        located = find_record(db.session(), "FES-011")
        assert "Quế Trung" in located.locations[0].note  # type: ignore[attr-defined]


def test_seed_is_the_work_of_named_system_actors(seeded_app: Flask) -> None:
    with seeded_app.app_context():
        entries = db.session.execute(sa.select(HistoryEntry.action, HistoryEntry.actor_id).distinct())
        actors = db.session.scalars(
            sa.select(HistoryEntry).options(sa.orm.joinedload(HistoryEntry.actor)).limit(1)
        ).all()
        assert {row.action for row in entries} == {"draft", "submit", "accept", "publish"}
        assert actors[0].actor.is_system


def test_seed_loaded_again_changes_nothing(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        before = _state()
        reports = load_seed(db.session(), seeded_copy.config["DISAN"])
        db.session.commit()
        assert {row.verdict for report in reports for row in report.rows} == {"unchanged"}
        assert _state() == before


def _state() -> tuple[int | None, ...]:
    tables = (Record, Revision, HistoryEntry, JournalEntry)
    return tuple(db.session.scalar(sa.select(sa.func.count()).select_from(table)) for table in tables)


def test_seed_keeps_what_an_officer_has_changed_since(seeded_copy: Flask, tmp_path: Path) -> None:
    folder = _changed_seed(tmp_path, "sites.csv", lambda row: row | {"name_vi": row["name_vi"] + " (mới)"}, "QNM-0002")
    with seeded_copy.app_context():
        session = db.session()
        _edit(find_record(session, "QNM-0002"), {"vi": "Chùa Cầu (cán bộ sửa)"})
        reports = load_seed(session, seeded_copy.config["DISAN"], folder=folder)
        session.commit()
        kept = [row.code for report in reports for row in report.rows if row.verdict == "kept"]
        assert kept == ["QNM-0002"]
        assert find_record(session, "QNM-0002").name["vi"] == "Chùa Cầu (cán bộ sửa)"  # type: ignore[attr-defined]


def test_seed_updates_what_nobody_has_changed(seeded_copy: Flask, tmp_path: Path) -> None:
    folder = _changed_seed(tmp_path, "sites.csv", lambda row: row | {"name_vi": "Tên mới"}, "QNM-0002")
    with seeded_copy.app_context():
        reports = load_seed(db.session(), seeded_copy.config["DISAN"], folder=folder)
        assert [row.code for report in reports for row in report.rows if row.verdict == "updated"] == ["QNM-0002"]
        assert find_record(db.session(), "QNM-0002").name["vi"] == "Tên mới"  # type: ignore[attr-defined]


def test_seed_does_not_publish_again_what_was_withdrawn(seeded_copy: Flask, tmp_path: Path) -> None:
    folder = _changed_seed(tmp_path, "sites.csv", lambda row: row | {"name_vi": "Tên mới"}, "QNM-0002")
    with seeded_copy.app_context():
        session = db.session()
        record = find_record(session, "QNM-0002")
        publication.withdraw(session, [record], actor=reviewer(session), settings=SETTINGS)
        load_seed(session, seeded_copy.config["DISAN"], folder=folder)
        assert not find_record(session, "QNM-0002").is_public


def test_seed_keeps_a_new_record_that_an_officer_is_about_to_add(app: Flask, small_seed: Path) -> None:
    with app.app_context():
        register.draft(db.session(), ("site", register.site("QNM-0016")))
        reports = load_seed(db.session(), app.config["DISAN"], folder=small_seed)
        kept = [row.code for report in reports for row in report.rows if row.verdict == "kept"]
        assert kept == ["QNM-0016"]


def _edit(record: Record, name: dict[str, str]) -> None:
    session = db.session()
    payload = session.scalar(
        sa.select(Revision.payload).where(Revision.code == record.code).order_by(Revision.number.desc()).limit(1)
    )
    assert payload is not None
    actor = editor(session)
    changeset = open_changeset(session, title="edit", actor=actor)
    write_draft(session, KINDS, "site", payload | {"name": name}, changeset=changeset, actor=actor, settings=SETTINGS)
    session.refresh(changeset)
    submit(session, KINDS, changeset, actor=actor, settings=SETTINGS)
    publication.accept(session, changeset, actor=reviewer(session), settings=SETTINGS)


def _changed_seed(
    tmp_path: Path, file: str, change: Callable[[dict[str, str]], dict[str, str]], code: str, *, seed: Path = SEED
) -> Path:
    """Copy a seed and change the row of one code."""
    folder = tmp_path / "changed-seed"
    shutil.copytree(seed, folder)
    rows = _rows(folder / file)
    _write_rows(folder / file, list(rows[0]), (change(row) if row["code"] == code else row for row in rows))
    return folder


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(newline="", encoding="utf-8") as source:
        return list(csv.DictReader(source))


def _write_rows(path: Path, names: list[str], rows: Iterable[dict[str, str]]) -> None:
    with path.open("w", newline="", encoding="utf-8") as target:
        writer = csv.DictWriter(target, names)
        writer.writeheader()
        writer.writerows(rows)


_UNIT = re.compile(r"\b\d{2,5}\b")
_CODE = re.compile(r"(?:QNM-D?|ART-|ICH-|FES-|POI-|ITI-)\d+")


@pytest.fixture(scope="session")
def small_seed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The seed's concepts, some of its records of every kind, all that those name, and the units of all of it."""
    folder = tmp_path_factory.mktemp("small") / "seed"
    shutil.copytree(SEED, folder)
    units = _rows(folder / "units.csv")
    sheets = {path: _rows(path) for path in folder.glob("*.csv") if path.name not in ("units.csv", "concepts.csv")}
    named: dict[str, set[str]] = {}
    for row in (row for rows in sheets.values() for row in rows):
        named.setdefault(row.get("code", ""), set()).update(_CODE.findall(" ".join(row.values())))
    kept, found = (
        set[str](),
        {"QNM-0016", "QNM-D0001", "ART-001", "ICH-001", "FES-004", "POI-004", "ITI-05"},
    )
    while found - kept:
        kept |= found
        found = {code for one in kept for code in named.get(one, ())} & set(named)
    for path, rows in sheets.items():
        _write_rows(path, list(rows[0]), (row for row in rows if row.get("code") in kept))
    told = {word for path in sheets for row in _rows(path) for cell in row.values() for word in _UNIT.findall(cell)}
    _write_rows(folder / "units.csv", list(units[0]), _with_kin(units, {"508", *told}))
    return folder


def _with_kin(units: list[dict[str, str]], codes: set[str]) -> list[dict[str, str]]:
    """Give the units of these codes, and all that they or their parents lie in or went into."""
    before = set[str]()
    while codes - before:
        before = set(codes)
        kin = (row for row in units if row["code"] in before)
        codes |= {word for row in kin for name in ("parent", "successors") for word in _UNIT.findall(row[name])}
    return [row for row in units if row["code"] in codes]


@pytest.mark.parametrize(
    ("file", "code", "change", "told"),
    [
        (
            "sites.csv",
            "QNM-0016",
            {"year_from": "abc"},
            r"sites.csv, line 2 \(QNM-0016\): year_from: Not a valid integer",
        ),
        ("sites.csv", "QNM-0016", {"dated": "31/12/1999"}, r"QNM-0016.*dated.*31/12/1999.*1985-03-19"),
        ("sites.csv", "QNM-0016", {"types": "historic"}, r"QNM-0016: types: “historic”.*historical"),
        ("sites.csv", "QNM-0016", {"current_unit": "99999"}, r"QNM-0016: current_unit.*“99999”"),
        ("sites.csv", "QNM-0016", {"name_vi": ""}, r"QNM-0016.*name"),
        (
            "concepts.csv",
            "national",
            {"code": "provincial"},
            r"concepts.csv, line \d+ \(provincial\): stands in concepts.csv",
        ),
        ("sites.locations.csv", "QNM-0016", {"entered_text": "48.85, 2.35"}, r"QNM-0016: .*48.85, 2.35"),
        (
            "decisions.items.csv",
            "QNM-D0001",
            {"record": "QNM-9999"},
            r"QNM-D0001: .*no record with the code “QNM-9999”",
        ),
        ("decisions.csv", "QNM-D0001", {"issuer": ""}, r"decisions.csv, line 2 \(QNM-D0001\): issuer"),
        ("units.csv", "508", {"successors": "99999"}, r"508.*99999"),
        ("events.rules.csv", "FES-004", {"month": "13"}, r"events.csv, line 2 \(FES-004\): rules.0.month"),
        ("places.csv", "POI-004", {"opening_hours": "7h-21h"}, r"POI-004\): opening_hours: “7h-21h”"),
        ("itineraries.stops.csv", "ITI-05", {"place": "POI-999"}, r"ITI-05: .*stops.0.place.*POI-999"),
    ],
)
def test_seed_with_a_broken_row_says_which_and_changes_nothing(
    app: Flask, tmp_path: Path, small_seed: Path, file: str, code: str, change: dict[str, str], told: str
) -> None:
    folder = _changed_seed(tmp_path, file, lambda row: row | change, code, seed=small_seed)
    with app.app_context():
        with pytest.raises(InvalidInput, match=told):
            load_seed(db.session(), app.config["DISAN"], folder=folder)
        db.session.rollback()
        assert _state() == (0, 0, 0, 0)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("name,code,\xe9".encode("latin-1"), "is not UTF-8; save it as"),
        (b"", "has no column"),
        (b"naam,vi\n1,2\n", "has no column .code. in its first line; it has: naam, vi"),
        (b"code,name_vi,name_vi\n", "has the column .name_vi. twice"),
        (b"code,name_vi\nQNM-1,a,b\n", "line 2 has more cells"),
        (b'code,name_vi\nQNM-1,"a\n', "is not CSV"),
        (b"code,nam_vi\nQNM-1,a\n", "did you mean"),
    ],
)
def test_seed_with_a_broken_file_says_what_is_wrong(
    app: Flask, tmp_path: Path, small_seed: Path, text: bytes, told: str
) -> None:
    folder = tmp_path / "broken"
    shutil.copytree(small_seed, folder)
    (folder / "sites.csv").write_bytes(text)
    for part in folder.glob("sites.*.csv"):
        part.unlink()
    with app.app_context(), pytest.raises(InvalidInput, match=told):
        load_seed(db.session(), app.config["DISAN"], folder=folder)


@pytest.mark.parametrize("engine", ["sqlite", "postgis"])
@pytest.mark.parametrize("after_s", [0.9, 2.0, 4.0])
def test_seed_killed_midway_leaves_nothing_or_everything(
    databases: Databases, tmp_path: Path, engine: str, after_s: float
) -> None:
    database = databases.copy(engine, tmp_path / "data")
    process = subprocess.Popen(
        command("seed"), env=environment(**database.config), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        start_new_session=True,
    )  # fmt: skip
    try:
        process.wait(after_s)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
    time.sleep(0.2)
    with open_app(database) as app, app.app_context():
        sheets = ("sites", "artefacts", "intangible", "decisions", "events", "places", "itineraries")
        seeded = sum(len(_read(f"{name}.csv")) for name in sheets)
        assert db.session.scalar(sa.select(sa.func.count(Record.id))) in (0, seeded)
        assert count_matches(db.session(), ItemQuery("sites", "vi"), 1000) in (0, 200)
    databases.drop(database)


def test_seed_names_no_concept_that_is_not_there(seeded_app: Flask) -> None:
    """Every code in the waiting sheets of later kinds that names a site or a concept's scheme is really there."""
    codes = {row["code"] for row in _read("sites.csv")}
    assert {row["code"] for row in _read("sites.sources.csv")} <= codes
    codes |= {row["code"] for name in ("artefacts", "intangible") for row in _read(f"{name}.csv")}
    assert {row["record"] for row in _read("decisions.items.csv")} <= codes
    register_sites = {row.get("site") for row in _read("itineraries.stops.csv") if row.get("site")}
    assert register_sites <= codes


def _read(file: str) -> list[dict[str, str]]:
    return _rows(SEED / file)
