"""The kinds of heritage: what is typed in comes back, parts keep their uid, and what is missing is named."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import InvalidInput
from app.heritage.models import Artefact, Custodianship, DecisionItem, IntangibleElement, Party, Survey, Work
from app.publication import operations as publication
from app.records.models import Record
from app.records.operations import find_record
from app.records.queries import EntryQuery, read_entries
from app.records.register import RegisterEntry, RegisterFacet
from tests.harness import register
from tests.harness.register import (
    SETTINGS,
    artefact,
    decision,
    documentary,
    intangible,
    party,
    reviewer,
    site,
    survey,
    work,
    zone,
)

if TYPE_CHECKING:
    from flask import Flask


@pytest.fixture(autouse=True)
def _context(app: Flask):  # noqa: ANN202
    with app.app_context():
        register.write_vocabulary(db.session())
        yield


def accept(*pairs: tuple[str, dict[str, Any]]) -> list[Record]:
    return register.accept(db.session(), *pairs)


def facets(code: str, name: str) -> list[str]:
    query = sa.select(RegisterFacet.value).join(RegisterEntry, RegisterEntry.id == RegisterFacet.entry_id)
    return sorted(db.session.scalars(query.where(RegisterEntry.code == code, RegisterFacet.name == name)))


def found(text: str) -> list[str]:
    return sorted(entry.code for entry in read_entries(db.session(), EntryQuery(text=text)).entries)


_WHOLE: dict[str, dict[str, Any]] = {
    "party": party(
        "QNM-P0002",
        party_kind="person",
        role={"vi": "Nghệ nhân"},
        phone="0905123456",
        email="a@example.org",
        successor="QNM-P0001",
        valid_from="1990",
        consents=[{"uid": "c1", "scope": "name", "given_on": "2025-01-02", "document": "Giấy 1"}],
    ),
    "artefact": artefact(
        "QNM-A0001",
        inventory_code="CC.TĐ.01",
        origin="original",
        period_concept="champa",
        style="dong_duong",
        dated="0875/0925",
        condition="good",
        site="QNM-9001",
        kept_place="Hậu tẩm",
        plan_number="3",
        holder_party="QNM-P0001",
        found_at={"vi": "Cạnh suối"},
        provenance={"vi": "Thu hồi năm 1994"},
        measurements=[
            {"uid": "m1", "part": {"vi": "bệ"}, "measure": "height", "value": 12.5, "unit": "cm"},
            {"uid": "m2", "measure": "weight", "text": "khoảng 3 kg"},
        ],
    ),
    "intangible": intangible(
        "QNM-I0001",
        community={"vi": "Cư dân"},
        schedule={"vi": "Rằm tháng Giêng"},
        transmission="at_risk",
        practitioners=[{"uid": "p1", "party": "QNM-P0001", "title": "meritorious_artisan", "since": "1980"}],
        places=[{"uid": "l1", "text": "Hội An", "site": "QNM-9001"}],
        threats=[{"uid": "t1", "threat": "neglect", "note": "ít người trẻ"}],
        safeguarding={"vi": "Mở lớp"},
    ),
    "documentary": documentary(
        "QNM-T0001", extent={"vi": "152 tấm"}, languages=["lzh"], site="QNM-9001", dated="18XX", author={"vi": "?"}
    ),
    "survey": survey(
        "QNM-9001-S1",
        "QNM-9001",
        surveyor_party="QNM-P0001",
        threats=[{"uid": "t1", "threat": "flood"}],
        findings={"vi": "Bong tróc"},
        recommendations={"vi": "Gia cố"},
        next_due_on="2027-05-20",
    ),
    "work": work(
        "QNM-9001-W1",
        "QNM-9001",
        permit_number="12/GP",
        permit_date="2025-02",
        started_on="2025-03",
        finished_on="2025-11",
        cost=20_200_000_000,
        currency="VND",
        fund_source="Ngân sách",
        contractor_party="QNM-P0001",
        state_before={"vi": "Xuống cấp"},
        state_after={"vi": "Đã tu bổ"},
    ),
}


@pytest.mark.parametrize("kind", sorted(_WHOLE))
def test_kind_keeps_everything_that_its_payload_says(kind: str) -> None:
    accept(("site", site("QNM-9001")), ("party", party("QNM-P0001")))
    payload = _WHOLE[kind]
    (record,) = accept((kind, payload))
    db.session.expire_all()
    for name, value in payload.items():
        column = getattr(record, name, None)
        if isinstance(value, str | int | float | dict) and not isinstance(column, Record) and column is not None:
            assert str(column) == str(value), name
        elif isinstance(value, list) and value and isinstance(value[0], dict):
            rows = getattr(record, name)
            assert [row.uid for row in rows] == [row["uid"] for row in value]
        elif isinstance(value, str):
            assert value in str({getattr(getattr(record, one, None), "code", None) for one in _REFERENCES}), name
    assert facets(record.code, "state") == ["internal"]


_REFERENCES = ("site", "holder_party", "subject", "surveyor_party", "contractor_party", "successor", "decision")


@pytest.mark.parametrize("kind", sorted(_WHOLE))
def test_kind_names_itself_in_drafts_and_records(kind: str) -> None:
    payload = _WHOLE[kind]
    assert KINDS[kind].label(payload)
    accept(("site", site("QNM-9001")), ("party", party("QNM-P0001")))
    register.draft(db.session(), (kind, payload))
    assert read_entries(db.session(), EntryQuery(kind=kind, filters=(("state", "draft"),))).entries


def test_parts_keep_their_identity_when_the_record_changes() -> None:
    accept(("site", site("QNM-9001")), ("party", party("QNM-P0001")), ("artefact", _WHOLE["artefact"]))
    record = find_record(db.session(), "QNM-A0001")
    assert isinstance(record, Artefact)
    before = {one.uid: one.id for one in record.measurements}
    kept = {"uid": "m2", "measure": "weight", "value": 3.1, "unit": "kg"}
    accept(("artefact", {**_WHOLE["artefact"], "measurements": [kept]}))
    db.session.expire_all()
    assert [(one.id, one.value) for one in record.measurements] == [(before["m2"], 3.1)]


@pytest.mark.parametrize(
    ("kind", "change", "told"),
    [
        ("party", {"party_kind": "ghost"}, "party_kinds"),
        ("party", {"successor": "QNM-P0002"}, "its own successor"),
        ("party", {"consents": [{"uid": "c1", "scope": "name", "given_on": "2025-01-02"}]}, "document"),
        ("artefact", {"materials": ["cheese"]}, "materials"),
        ("artefact", {"holder": {"vi": "Ông Tê"}}, "holder_kind"),
        ("artefact", {"measurements": [{"uid": "m1", "measure": "height"}]}, "value"),
        ("artefact", {"site": "QNM-9999"}, "no site"),
        ("intangible", {"domain": "language_and_script"}, "intangible_domains_2024"),
        ("intangible", {"domain": None, "is_domain_reviewed": True}, "domain"),
        ("documentary", {"scripts": ["klingon"]}, "scripts"),
        ("survey", {"record": "QNM-P0001"}, "neither a site"),
        ("survey", {"next_due_on": "2020-01-01"}, "lies before"),
        ("work", {"currency": None}, "currency"),
        ("work", {"finished_on": "2024"}, "lies before"),
        ("work", {"state": "dreamt"}, "work_states"),
    ],
)
def test_kind_refuses_what_cannot_be(kind: str, change: dict[str, Any], told: str) -> None:
    accept(("site", site("QNM-9001")), ("party", party("QNM-P0001")))
    with pytest.raises(InvalidInput, match=told):
        accept((kind, {**_WHOLE[kind], **change}))


def test_decision_names_any_record() -> None:
    accept(("artefact", artefact("QNM-A0001")), ("intangible", intangible("QNM-I0001")))
    accept(
        (
            "decision",
            decision(
                "QNM-D9001",
                {"record": "QNM-A0001", "action": "recognise", "level": None, "recognition": "national_treasure"},
                {
                    "record": "QNM-I0001",
                    "action": "inscribe",
                    "level": None,
                    "inscription": "intangible_national",
                },
                date="2024-12-31",
            ),
        )
    )
    assert facets("QNM-A0001", "recognition") == ["national_treasure"]
    assert facets("QNM-I0001", "inscription") == ["intangible_national"]


def test_decision_ranks_nothing_but_sites() -> None:
    accept(("artefact", artefact("QNM-A0001")))
    with pytest.raises(InvalidInput, match="is done to a site") as caught:
        accept(("decision", decision("QNM-D9001", {"record": "QNM-A0001"})))
    assert caught.value.params["field"] == "items.0.record"


@pytest.mark.parametrize("date", [(dt.date.today() + dt.timedelta(days=3)).isoformat(), "2999", "2999-01/2999-03"])  # noqa: DTZ011
def test_decision_of_the_future_is_refused_at_its_date(date: str) -> None:
    with pytest.raises(InvalidInput, match="lies in the future") as caught:
        accept(("decision", decision("QNM-D9001", date=date)))
    assert list(caught.value.params["fields"]) == ["date"]


@pytest.mark.parametrize("date", ["1985", f"{dt.date.today().year}", "1990/..", None])  # noqa: DTZ011
def test_decision_that_may_have_been_taken_is_not_refused(date: str | None) -> None:
    accept(("decision", decision("QNM-D9001", date=date)))


def test_cancellation_names_what_it_cancels() -> None:
    accept(("site", site("QNM-9001")), ("decision", decision("QNM-D9001", {"record": "QNM-9001"}, date="2009")))
    ending = {"record": "QNM-9001", "action": "cancel", "level": None}
    with pytest.raises(InvalidInput, match="Say what is cancelled"):
        accept(("decision", decision("QNM-D9002", ending, date="2021")))
    with pytest.raises(InvalidInput, match="cannot cancel itself"):
        accept(("decision", decision("QNM-D9003", {**ending, "cancels": "QNM-D9003"}, date="2021")))
    accept(("decision", decision("QNM-D9004", {**ending, "cancels": "QNM-D9001"}, date="2021")))
    assert facets("QNM-9001", "rank") == ["none"]


def test_site_says_what_is_missing_and_notices_when_it_comes() -> None:
    accept(
        ("site", site("QNM-9001", at=None)),
        ("zone", zone("QNM-9001-Z1", "QNM-9001")),
        ("decision", decision("QNM-D9001", {"record": "QNM-9001"})),
    )
    assert facets("QNM-9001", "gap") == [
        "no_land_papers", "no_markers", "no_point", "no_responsible", "no_survey", "no_unit", "no_zone_papers",
    ]  # fmt: skip
    accept(("zone", zone("QNM-9001-Z1", "QNM-9001", minutes="Biên bản 12/6/1990", minutes_date="1990-06-12")))
    accept(("party", party("QNM-P0001")), ("survey", survey("QNM-9001-S1", "QNM-9001", next_due_on="2026-05-20")))
    at = {"entered_text": "15.877, 108.326", "entered_crs": "EPSG:4326"}
    custody = {
        "custodianships": [
            {"uid": "c1", "party": "QNM-P0001", "role": "responsible", "since": "2025-07", "basis": "QĐ 1"}
        ],
        "land_papers": [{"uid": "l1", "status": "issued", "number": "BA 1", "dated": "2010", "area_m2": 120.5}],
        "steles": [{"uid": "b1", "status": "placed", "placed_on": "2011"}],
        "boundary_markers": [{"uid": "m1", "number": "M1", "status": "placed", **at}],
        "certificates": [{"uid": "b1", "status": "delivered", "decision": "QNM-D9001", "delivered_on": "1991"}],
    }
    accept(("site", site("QNM-9001", **custody)))
    assert facets("QNM-9001", "gap") == ["no_unit"]
    assert facets("QNM-9001", "due") == ["2026-05-20"]
    assert facets("QNM-9001", "condition") == ["good"]
    record: Any = find_record(db.session(), "QNM-9001")
    assert (record.boundary_markers[0].geom.x, record.boundary_markers[0].geom.y) == (108.326, 15.877)
    assert record.certificates[0].decision.code == "QNM-D9001"


def test_site_whose_custodian_has_left_has_nobody_responsible() -> None:
    left = {"uid": "c1", "party": "QNM-P0001", "role": "manager", "since": "2006", "until": "2025-06-30"}
    accept(("party", party("QNM-P0001")), ("site", site("QNM-9001", custodianships=[left])))
    assert "no_responsible" in facets("QNM-9001", "gap")
    accept(("site", site("QNM-9001", custodianships=[{**left, "until": None}])))
    assert "no_responsible" not in facets("QNM-9001", "gap")


def test_custody_that_ends_by_itself_is_told_on_the_day_after(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody writes anything on that day: the worker's daily job looks."""
    from app.core.clock import today
    from app.jobs.handlers import Job
    from app.worker.handlers import DAILY, HANDLERS

    held = {"uid": "c1", "party": "QNM-P0001", "role": "manager", "until": today().isoformat()}
    accept(("party", party("QNM-P0001")), ("site", site("QNM-9001", custodianships=[held])), ("site", site("QNM-9002")))
    assert "no_responsible" not in facets("QNM-9001", "gap")
    morrow = today() + dt.timedelta(days=1)
    monkeypatch.setattr("app.heritage.kinds.site.today", lambda: morrow)
    job = Job(1, "custody", {"day": morrow.isoformat()}, actor_id=1, attempt=1, owner="test")
    assert job.kind in DAILY
    db.session.commit()
    assert HANDLERS[job.kind].run(db.session(), job, SETTINGS) == {"sites": 1}
    assert "no_responsible" in facets("QNM-9001", "gap")


def test_marker_that_is_no_point_is_refused_at_its_place() -> None:
    line = {"uid": "m1", "number": "M1", "status": "placed", "entered_crs": "EPSG:4326"}
    line["entered_text"] = "LINESTRING(108.32 15.87, 108.33 15.88)"
    with pytest.raises(InvalidInput, match="a boundary marker is a point") as caught:
        accept(("site", site("QNM-9001", boundary_markers=[line])))
    assert caught.value.params["field"] == "boundary_markers.0.entered_text"


def test_latest_survey_says_when_the_next_is_due() -> None:
    accept(
        ("site", site("QNM-9001")),
        ("survey", survey("QNM-9001-S1", "QNM-9001", surveyed_on="2025", next_due_on="2028-01-01")),
        ("survey", survey("QNM-9001-S2", "QNM-9001", surveyed_on="2024-03", next_due_on="2026-03-01")),
    )
    assert facets("QNM-9001", "due") == ["2028-01-01"]
    (record,) = db.session.scalars(sa.select(Survey).where(Survey.code == "QNM-9001-S1")).all()
    publication.set_deleted(db.session(), [record], is_deleted=True, actor=reviewer(db.session()), settings=SETTINGS)
    assert facets("QNM-9001", "due") == ["2026-03-01"]


def test_records_are_found_by_the_name_of_who_answers_for_them_even_a_new_name() -> None:
    held = {"uid": "c1", "party": "QNM-P0001", "role": "manager"}
    accept(
        ("party", party("QNM-P0001", name={"vi": "Ban Quản lý Thu Bồn"})),
        ("site", site("QNM-9001", custodianships=[held])),
        ("artefact", artefact("QNM-A0001", holder_party="QNM-P0001")),
    )
    assert found("ban quan ly thu bon") == ["QNM-9001", "QNM-A0001", "QNM-P0001"]
    accept(("party", party("QNM-P0001", name={"vi": "Trung tâm Bảo tồn"})))
    assert found("ban quan ly thu bon") == []
    assert found("trung tam bao ton") == ["QNM-9001", "QNM-A0001", "QNM-P0001"]


def test_what_lies_at_a_site_follows_its_name() -> None:
    accept(("site", site("QNM-9001")), ("party", party("QNM-P0001")), ("survey", _WHOLE["survey"]))
    accept(("site", site("QNM-9001", name={"vi": "Chùa Cầu mới"})))
    entry = db.session.scalar(sa.select(RegisterEntry).where(RegisterEntry.code == "QNM-9001-S1"))
    assert entry is not None
    assert entry.label == {"vi": "2025-05-20 – Chùa Cầu mới"}


def test_tables_of_the_kinds_hold_what_was_accepted() -> None:
    accept(("site", site("QNM-9001")), ("party", party("QNM-P0001")), *sorted(_WHOLE.items()))
    counted = {model: db.session.scalar(sa.select(sa.func.count()).select_from(model)) for model in _MODELS}
    assert counted == {
        Artefact: 1,
        IntangibleElement: 1,
        Party: 2,
        Survey: 1,
        Work: 1,
        Custodianship: 0,
        DecisionItem: 0,
    }


_MODELS = (Artefact, IntangibleElement, Party, Survey, Work, Custodianship, DecisionItem)
