"""Dossiers: what of the papers is there by the register, who owes the rest, the steps and what they do to the clock."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import pytest
import sqlalchemy as sa

from app.accounts.models import Role, RoleGrant, User
from app.catalogue import KINDS
from app.core.clock import today
from app.core.db import begin_write, db
from app.core.errors import Conflict, InvalidInput, NotAllowed
from app.heritage.dossiers import holidays, regulations
from app.heritage.dossiers.checklist import Item, tally
from app.heritage.dossiers.due import clock_of, read_calendar
from app.heritage.dossiers.models import Debtor, Dossier, Holiday, State, Verdict
from app.heritage.dossiers.operations import change_dossier, set_paper, take_back
from app.heritage.dossiers.queries import DossierQuery, count_dossiers, find_dossier, read_checklists, read_dossiers
from app.heritage.dossiers.schemas import DossierPaperSchema, DossierSchema, HolidaySchema, RegulationHeadSchema
from app.heritage.dossiers.steps import NEXT
from app.records.models import HistoryEntry, Record
from app.records.operations import find_record
from tests.harness import dossiers as harness
from tests.harness import register
from tests.harness.databases import Databases
from tests.harness.dossiers import add_file, open_one, step
from tests.harness.register import editor, reviewer

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

SITE, OTHER, HIDDEN = "QNM-0001", "QNM-0002", "QNM-0003"


def _fill(app: Flask) -> None:
    with app.app_context():
        session = db.session()
        harness.write_rules(session)
        register.accept(
            session,
            ("site", register.site(SITE)),
            ("site", register.site(OTHER)),
            ("site", register.site(HIDDEN, location_policy="hidden")),
            ("party", register.party("QNM-PT001")),
            ("artefact", register.artefact("QNM-A001", site=HIDDEN)),
        )
        session.commit()


@pytest.fixture
def session(engine_name: str, databases: Databases) -> Iterator[Session]:
    """A register with three sites and the regulations, on each engine."""
    with databases.app(engine_name, fill=_fill) as app, app.app_context():
        yield db.session()


def record(session: Session, code: str = SITE) -> Record:
    return find_record(session, code)


def checklist(session: Session, dossier: Dossier, *, actor: User | None = None) -> dict[str, Item]:
    """Give the papers of a dossier by their codes, in the order of its page."""
    found = find_dossier(session, dossier.id)
    items = read_checklists(session, KINDS, [found], actor=actor or reviewer(session))[dossier.id]
    return {item.paper.code: item for item in items}


def say(session: Session, dossier: Dossier, paper: str, *, actor: User | None = None, **fields: Any) -> None:
    """Say what is the matter with a paper."""
    found = find_dossier(session, dossier.id)
    one = regulations.find_paper(found.regulation, paper)
    data = DossierPaperSchema().load(fields)
    set_paper(session, KINDS, dossier.id, found.version, data, paper=one, actor=actor or editor(session))


def scoped(session: Session, **grant: Any) -> User:
    user = User(name="bound@example.org", roles=[RoleGrant(role=Role.EDITOR, **grant)])
    session.add(user)
    session.flush()
    return user


# What is there


def test_new_dossier_owes_all_papers_and_says_who_by_the_regulation(session: Session) -> None:
    items = checklist(session, open_one(session, record(session)))
    assert len(items) == 10
    assert {item.verdict for item in items.values()} == {Verdict.MISSING}
    counts = tally(list(items.values()))
    assert (counts.asked, counts.there, dict(counts.owed)) == (
        10,
        0,
        {Debtor.APPLICANT: 1, Debtor.COMMUNE: 2, Debtor.OFFICE: 7},
    )
    assert list(items)[:3] == ["application", "zone-minutes", "zone-map"]
    assert {item.owed_since for item in items.values()} == {today()}


def test_file_of_the_role_in_all_forms_is_found_by_itself(session: Session) -> None:
    dossier = open_one(session, record(session))
    add_file(session, "QNM-P1", SITE, "profile", "pdf")
    item = checklist(session, dossier)["profile"]
    assert (item.verdict, item.lacking) == (Verdict.OUTDATED, ["docx/doc"])
    add_file(session, "QNM-P2", SITE, "profile", "docx")
    item = checklist(session, dossier)["profile"]
    assert (item.verdict, item.lacking) == (Verdict.THERE, [])
    assert [one.medium.code for one in item.media] == ["QNM-P1", "QNM-P2"]
    assert not item.is_said


def test_file_of_another_role_or_another_record_is_not_it(session: Session) -> None:
    dossier = open_one(session, record(session))
    add_file(session, "QNM-P1", SITE, "detail", "pdf")
    add_file(session, "QNM-P2", OTHER, "application", "pdf")
    assert checklist(session, dossier)["application"].verdict == Verdict.MISSING


def test_file_that_was_deleted_is_not_it(session: Session) -> None:
    dossier = open_one(session, record(session))
    add_file(session, "QNM-P1", SITE, "application", "pdf")
    assert checklist(session, dossier)["application"].verdict == Verdict.THERE
    record(session, "QNM-P1").deleted_at = dt.datetime.now(dt.UTC)
    session.flush()
    assert checklist(session, dossier)["application"].verdict == Verdict.MISSING


def test_minutes_stand_with_a_zone_and_those_of_1988_are_no_longer_valid(session: Session) -> None:
    dossier = open_one(session, record(session))
    register.accept(session, ("zone", register.zone(f"{SITE}-Z1", SITE, minutes="Biên bản", minutes_date="1988")))
    add_file(session, "QNM-P1", f"{SITE}-Z1", "zone_minutes", "pdf", dated="1988")
    item = checklist(session, dossier)["zone-minutes"]
    assert item.verdict == Verdict.OUTDATED
    assert [one.medium.code for one in item.old] == ["QNM-P1"]
    assert "1988" in item.paper.obsolete["vi"]
    assert [fact.says for fact, _ in item.facts] == ["The register names the minutes of every zone: %(count)s."]
    # Confirmed before the reform of 2025, and valid still.
    add_file(session, "QNM-P2", f"{SITE}-Z1", "zone_minutes", "pdf", dated="2009-03-12")
    assert checklist(session, dossier)["zone-minutes"].verdict == Verdict.THERE


def test_fact_stands_in_the_place_of_a_paper_that_need_be_no_file(session: Session) -> None:
    dossier = open_one(session, record(session))
    item = checklist(session, dossier)["location-map"]
    assert (item.verdict, len(item.facts)) == (Verdict.MISSING, 1)
    item.paper.forms = []
    session.flush()
    assert checklist(session, dossier)["location-map"].verdict == Verdict.THERE


def test_paper_that_is_asked_for_with_zone_two_only(session: Session) -> None:
    dossier = open_one(session, record(session))
    checklist(session, dossier)["zone-map"].paper.condition = "zone_two"
    session.flush()
    # No zone is known: nobody can tell.
    assert checklist(session, dossier)["zone-map"].verdict == Verdict.MISSING
    register.accept(session, ("zone", register.zone(f"{SITE}-Z1", SITE)))
    assert checklist(session, dossier)["zone-map"].verdict == Verdict.NOT_APPLICABLE
    register.accept(session, ("zone", register.zone(f"{SITE}-Z2", SITE, zone_type="zone_2")))
    assert checklist(session, dossier)["zone-map"].verdict == Verdict.MISSING


def test_what_stands_at_a_hidden_site_is_not_told_to_whom_its_place_is_not(session: Session) -> None:
    dossier = open_one(session, record(session, HIDDEN))
    assert checklist(session, dossier)["artefact-list"].facts
    assert not checklist(session, dossier, actor=scoped(session))["artefact-list"].facts


def test_thing_that_is_kept_in_secret_is_not_counted(session: Session) -> None:
    dossier = open_one(session, record(session))
    register.accept(session, ("artefact", register.artefact("QNM-A002", site=SITE, location_policy="hidden")))
    assert not checklist(session, dossier)["artefact-list"].facts
    register.accept(session, ("artefact", register.artefact("QNM-A003", site=SITE)))
    ((_, about),) = checklist(session, dossier)["artefact-list"].facts
    assert about.artefacts == 1


# What officers say


def test_officers_word_goes_before_what_is_found(session: Session) -> None:
    dossier = open_one(session, record(session))
    say(session, dossier, "inscriptions", verdict="not_applicable", reason="Không có tư liệu Hán Nôm")
    say(
        session,
        dossier,
        "drawings",
        verdict="missing",
        owed_by="other",
        owed_party="qnm-pt001",
        owed_since="2026-01-05",
    )
    items = checklist(session, dossier)
    assert items["inscriptions"].verdict == Verdict.NOT_APPLICABLE
    drawings = items["drawings"]
    assert (drawings.owed_by, drawings.owed_since) == (Debtor.OTHER, dt.date(2026, 1, 5))
    assert drawings.said
    assert drawings.said.owed_party
    assert drawings.said.owed_party.code == "QNM-PT001"
    assert list(items)[-1] == "inscriptions"
    add_file(session, "QNM-P1", SITE, "plan", "pdf")
    assert checklist(session, dossier)["drawings"].is_contradicted
    say(session, dossier, "drawings")
    assert checklist(session, dossier)["drawings"].verdict == Verdict.THERE


def test_file_that_is_named_counts_wherever_it_stands_and_its_loss_is_told(session: Session) -> None:
    dossier = open_one(session, record(session))
    add_file(session, "QNM-P1", OTHER, "scan", "pdf")
    say(session, dossier, "application", media=["QNM-P1"])
    assert checklist(session, dossier)["application"].verdict == Verdict.THERE
    record(session, "QNM-P1").deleted_at = dt.datetime.now(dt.UTC)
    session.flush()
    item = checklist(session, dossier)["application"]
    assert (item.verdict, item.lost) == (Verdict.MISSING, ["QNM-P1"])


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"verdict": "outdated"}, "reason"),
        ({"verdict": "not_applicable"}, "reason"),
        ({"verdict": "gone"}, "verdict"),
        ({"owed_by": "nobody"}, "owed_by"),
        ({"owed_party": "QNM-PT999"}, "owed_party"),
        ({"media": ["QNM-P9"]}, "media"),
        ({"owed_since": (today() + dt.timedelta(days=1)).isoformat()}, "owed_since"),
    ],
)
def test_what_cannot_be_said_of_a_paper_is_refused_at_its_field(
    session: Session, fields: dict[str, Any], field: str
) -> None:
    dossier = open_one(session, record(session))
    with pytest.raises(InvalidInput) as caught:
        say(session, dossier, "profile", **fields)
    assert caught.value.params["field"] == field


# Steps and the clock


def test_steps_follow_each_other_as_the_table_says_and_no_others(session: Session) -> None:
    dossier = open_one(session, record(session))
    for state in (one for one in State if one not in NEXT[State.PREPARING]):
        with pytest.raises(InvalidInput):
            step(session, dossier, state, "2026-03-02", "vì")
    way = ("received", "supplement", "in_work", "consulted", "submitted", "decided", "returned")
    for number, state in enumerate(way):
        step(session, dossier, state, f"2026-03-{number + 2:02}")
    found = find_dossier(session, dossier.id)
    assert [one.state for one in found.steps] == list(way)
    assert found.is_closed
    assert found.due_on is None


def test_every_state_but_the_last_two_leads_on_and_to_states_that_there_are() -> None:
    assert {state for state, following in NEXT.items() if not following} == {State.RETURNED, State.WITHDRAWN}
    assert set(NEXT) == set(State)


def test_clock_of_a_dossier_stands_still_while_the_applicant_owes_something(session: Session) -> None:
    limited(session, 15)
    dossier = open_one(session, record(session), dt.date(2026, 3, 2))
    assert find_dossier(session, dossier.id).due_on == dt.date(2026, 3, 23)
    step(session, dossier, "supplement", "2026-03-06")
    assert find_dossier(session, dossier.id).due_on is None
    step(session, dossier, "in_work", "2026-03-20")
    found = find_dossier(session, dossier.id)
    clock = clock_of(found, read_calendar(session), dt.date(2026, 3, 24))
    assert clock
    assert (clock.used, clock.stopped, clock.left) == (6, 10, 9)
    assert found.due_on == clock.due_on == dt.date(2026, 4, 6)


def limited(session: Session, days: int | None) -> None:
    """Give the regulation a time limit."""
    regulation = regulations.find_regulation(session, harness.REGULATION)
    data = RegulationHeadSchema().load(
        {"procedure": "rank", "name": dict(regulation.name), "limit_days": days, "limit_unit": "working"}
    )
    admin = User(name=f"admin-{regulation.version}@example.org", roles=[RoleGrant(role=Role.ADMIN)])
    session.add(admin)
    session.flush()
    regulations.save_regulation(session, regulation.code, regulation.version, data, actor=admin)


def test_holidays_and_limits_that_change_move_what_is_due(session: Session) -> None:
    limited(session, 15)
    dossier = open_one(session, record(session), dt.date(2026, 2, 10))
    assert find_dossier(session, dossier.id).due_on == dt.date(2026, 3, 3)
    admin = User(name="boss@example.org", roles=[RoleGrant(role=Role.ADMIN)])
    session.add(admin)
    session.flush()
    holidays.propose(session, 2026, actor=admin)
    assert find_dossier(session, dossier.id).due_on == dt.date(2026, 3, 10)
    data = HolidaySchema().load({"day": "2026-02-14", "kind": "worked", "name_vi": "Làm bù"})
    holidays.set_day(session, None, data, actor=admin)
    assert find_dossier(session, dossier.id).due_on == dt.date(2026, 3, 9)
    limited(session, None)
    assert find_dossier(session, dossier.id).due_on is None


def test_supplement_is_asked_for_only_if_the_applicant_owes_something_or_it_is_said_what(session: Session) -> None:
    dossier = open_one(session, record(session), dt.date(2026, 3, 2))
    add_file(session, "QNM-P1", SITE, "application", "pdf")
    with pytest.raises(InvalidInput, match="owes nothing"):
        step(session, dossier, "supplement", "2026-03-03")
    step(session, dossier, "supplement", "2026-03-03", "Xin bổ sung bản cam kết")
    assert find_dossier(session, dossier.id).state == State.SUPPLEMENT


@pytest.mark.parametrize("day", ["2026-03-01", (today() + dt.timedelta(days=1)).isoformat()])
def test_step_before_the_last_one_or_in_the_future_is_refused(session: Session, day: str) -> None:
    dossier = open_one(session, record(session), dt.date(2026, 3, 2))
    with pytest.raises(InvalidInput) as caught:
        step(session, dossier, "in_work", day)
    assert caught.value.params["field"] == "happened_on"


def test_last_step_is_taken_back_by_a_further_line(session: Session) -> None:
    limited(session, 15)
    dossier = open_one(session, record(session), dt.date(2026, 3, 2))
    step(session, dossier, "supplement", "2026-03-06")
    version = find_dossier(session, dossier.id).version
    with pytest.raises(InvalidInput):
        take_back(session, KINDS, dossier.id, version, "", actor=editor(session))
    take_back(session, KINDS, dossier.id, version, "Ghi nhầm", actor=editor(session))
    found = find_dossier(session, dossier.id)
    assert (found.state, found.due_on, len(found.steps)) == (State.RECEIVED, dt.date(2026, 3, 23), 3)
    take_back(session, KINDS, dossier.id, found.version, "Ghi nhầm", actor=editor(session))
    found = find_dossier(session, dossier.id)
    assert (found.state, found.received_on, found.due_on) == (State.PREPARING, None, None)
    with pytest.raises(Conflict):
        take_back(session, KINDS, dossier.id, found.version, "Nữa", actor=editor(session))


# Who may, who was first, what is written down


def test_only_who_may_edit_the_record_deals_with_its_dossiers(session: Session) -> None:
    bound = scoped(session, kinds=["event"])
    with pytest.raises(NotAllowed):
        open_one(session, record(session), actor=bound)
    dossier = open_one(session, record(session))
    with pytest.raises(NotAllowed):
        step(session, dossier, "received", "2026-03-02", actor=bound)
    with pytest.raises(NotAllowed):
        say(session, dossier, "profile", note="x", actor=bound)
    with pytest.raises(NotAllowed):
        take_back(session, KINDS, dossier.id, dossier.version, "x", actor=bound)
    with pytest.raises(NotAllowed):
        change_dossier(session, KINDS, dossier.id, 1, DossierSchema().load({"regulation": "x"}), actor=bound)


def test_second_of_two_officers_is_told(session: Session) -> None:
    dossier = open_one(session, record(session))
    version = dossier.version
    say(session, dossier, "profile", note="một")
    data = DossierSchema().load({"regulation": harness.REGULATION})
    with pytest.raises(Conflict):
        change_dossier(session, KINDS, dossier.id, version, data, actor=editor(session))


def test_of_writers_at_the_same_moment_one_is_first(engine_name: str, databases: Databases) -> None:
    with databases.app(engine_name, fill=_fill) as app:
        with app.app_context():
            made = open_one(db.session(), record(db.session()))
            key, version = made.id, made.version
            db.session.commit()
        start = threading.Barrier(4)

        def write(number: int) -> bool:
            with app.app_context():
                own = db.session()
                start.wait()
                begin_write(own)
                paper = regulations.find_paper(find_dossier(own, key).regulation, "profile")
                data = DossierPaperSchema().load({"note": str(number)})
                try:
                    set_paper(own, KINDS, key, version, data, paper=paper, actor=editor(own))
                except Conflict:
                    return False
                own.commit()
                return True

        with ThreadPoolExecutor(4) as pool:
            assert sorted(pool.map(write, range(4))) == [False, False, False, True]
        with app.app_context():
            assert find_dossier(db.session(), key).version == version + 1


def test_everything_is_in_the_history_and_nothing_of_the_applicant(session: Session) -> None:
    dossier = open_one(session, record(session), dt.date(2026, 3, 2), applicant="Bà Nguyễn Thị Riêng Tư")
    step(session, dossier, "in_work", "2026-03-03")
    say(session, dossier, "profile", verdict="there")
    found = find_dossier(session, dossier.id)
    data = DossierSchema().load({"regulation": harness.REGULATION, "one_stop_code": "000.00.16.H17-260302-0001"})
    change_dossier(session, KINDS, dossier.id, found.version, data, actor=editor(session))
    rows = session.scalars(sa.select(HistoryEntry).where(HistoryEntry.kind == "dossier").order_by(HistoryEntry.id))
    told = [(row.action, row.code, row.comment, row.details) for row in rows]
    assert [one[0] for one in told] == ["open", "step", "check", "change"]
    assert {one[1] for one in told} == {f"dossier/{dossier.id}"}
    assert told[3][3] == {"fields": ["applicant", "one_stop_code"]}
    assert "Riêng Tư" not in repr(told)
    assert session.get_one(Dossier, dossier.id).applicant == ""


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"regulation": "none"}, "regulation"),
        ({"regulation": "register-artefact"}, "regulation"),
        ({"applicant_party": "QNM-PT404"}, "applicant_party"),
        ({"responsible": 99999}, "responsible"),
    ],
)
def test_dossier_that_names_what_is_not_there_is_refused_at_its_field(
    session: Session, fields: dict[str, Any], field: str
) -> None:
    with pytest.raises(InvalidInput) as caught:
        open_one(session, record(session), **fields)
    assert caught.value.params["field"] == field


def test_artefact_has_dossiers_of_its_own_procedure(session: Session) -> None:
    dossier = open_one(session, record(session, "QNM-A001"), dt.date(2026, 3, 2), regulation="register-artefact")
    assert dossier.due_on == dt.date(2026, 3, 23)
    assert list(checklist(session, dossier)) == ["application"]


# Lists


def test_list_shows_what_is_due_first_and_filters(session: Session) -> None:
    limited(session, 15)
    late = open_one(session, record(session, OTHER), dt.date(2026, 3, 2))
    owner = editor(session)
    fresh = open_one(session, record(session), today())
    waiting = open_one(session, record(session))
    ended = open_one(session, record(session), dt.date(2026, 3, 2))
    step(session, ended, "withdrawn", "2026-03-03", "rút")
    add_file(session, "QNM-P1", OTHER, "application", "pdf")

    def listed(**query: Any) -> list[int]:
        rows, _ = read_dossiers(session, KINDS, DossierQuery(today(), **query), actor=owner)
        return [dossier.id for dossier, _ in rows]

    assert listed() == [late.id, fresh.id, ended.id, waiting.id]
    assert listed(is_overdue=True) == [late.id]
    assert listed(due_until=today() + dt.timedelta(days=60)) == [fresh.id]
    assert listed(is_open=True) == [late.id, fresh.id, waiting.id]
    assert listed(state="withdrawn") == [ended.id]
    assert listed(debtor="applicant") == [fresh.id, waiting.id]
    assert listed(debtor="other") == []
    assert listed(procedure="cancel") == []
    assert listed(record_id=record(session, OTHER).id) == [late.id]
    queries = {"all": DossierQuery(today()), "late": DossierQuery(today(), is_overdue=True)}
    assert count_dossiers(session, queries, 1000) == {"all": 4, "late": 1}


def test_list_is_read_page_by_page_without_gap_or_repetition(session: Session) -> None:
    limited(session, 15)
    for number in range(7):
        open_one(session, record(session), dt.date(2026, 3, 2 + number // 2) if number % 3 else None)
    seen: list[int] = []
    cursor = None
    while True:
        rows, cursor = read_dossiers(
            session, KINDS, DossierQuery(today(), limit=2, cursor=cursor), actor=editor(session)
        )
        seen += [dossier.id for dossier, _ in rows]
        if cursor is None:
            break
    whole, _ = read_dossiers(session, KINDS, DossierQuery(today()), actor=editor(session))
    assert seen == [dossier.id for dossier, _ in whole]
    assert len(set(seen)) == 7


def test_list_costs_the_same_for_many(
    session: Session, count_queries: Callable[[], AbstractContextManager[list[str]]]
) -> None:
    costs = []
    for _ in range(2):
        for code in (SITE, OTHER, HIDDEN):
            say(session, open_one(session, record(session, code), dt.date(2026, 3, 2)), "profile", note="x")
        session.commit()
        session.expire_all()
        actor = editor(session)
        with count_queries() as statements:
            read_dossiers(session, KINDS, DossierQuery(today()), actor=actor)
        costs.append(len(statements))
    assert costs[0] == costs[1] <= 14


# What it is judged by


def test_seed_leaves_alone_what_an_office_changed_and_mends_the_rest(session: Session) -> None:
    admin = User(name="boss@example.org", roles=[RoleGrant(role=Role.ADMIN)])
    session.add(admin)
    session.flush()
    regulation = regulations.find_regulation(session, harness.REGULATION)
    paper = regulations.find_paper(regulation, "profile")
    data = {name: getattr(paper, name) for name in ("condition", "forms", "roles", "facts", "owed_by", "valid_since")}
    data |= {"paper": "profile", "name": {"vi": "Lý lịch"}, "obsolete": {}, "note": {}}
    regulations.save_paper(session, regulation.code, regulation.version, data, is_retired=False, actor=admin)
    regulations.find_paper(regulation, "submission").name = {"vi": "Cũ"}
    gone = regulations.find_paper(regulation, "drawings")
    gone.code = "older-drawings"
    session.flush()
    harness.write_rules(session)
    session.expire_all()
    found = {one.code: one for one in regulations.find_regulation(session, harness.REGULATION).papers}
    assert found["profile"].name == {"vi": "Lý lịch"}
    assert found["submission"].name["vi"] == "Tờ trình"
    assert found["older-drawings"].is_retired
    assert not found["drawings"].is_retired


def test_year_is_proposed_mended_confirmed_and_proposed_again(session: Session) -> None:
    admin = User(name="boss@example.org", roles=[RoleGrant(role=Role.ADMIN)])
    session.add(admin)
    session.flush()
    with pytest.raises(NotAllowed):
        holidays.propose(session, 2026, actor=editor(session))
    holidays.propose(session, 2026, actor=admin)
    _, days = holidays.read_year(session, 2026)
    by_rule = {day.rule: day for day in days}
    assert by_rule["tet-2"].day == dt.date(2026, 2, 17)
    assert not by_rule["culture-day"].is_on
    assert 2026 not in read_calendar(session).confirmed
    moved = HolidaySchema().load({"day": "2026-09-01", "kind": "holiday", "name_vi": "Quốc khánh"})
    holidays.set_day(session, by_rule["national-day-2"].id, moved, actor=admin)
    with pytest.raises(InvalidInput):
        holidays.confirm(session, 2026, "", actor=admin)
    holidays.confirm(session, 2026, "Thông báo của Bộ Nội vụ", actor=admin)
    assert read_calendar(session).confirmed == {2026}
    assert holidays.propose(session, 2026, actor=admin) == 0
    assert read_calendar(session).confirmed == {2026}
    assert read_calendar(session).is_working(dt.date(2026, 9, 3))
    assert not read_calendar(session).is_working(dt.date(2026, 9, 1))
    holidays.set_day(
        session, None, HolidaySchema().load({"day": "2026-08-22", "kind": "worked", "name_vi": "Bù"}), actor=admin
    )
    assert read_calendar(session).confirmed == frozenset()
    (own,) = session.scalars(sa.select(Holiday).where(Holiday.rule == ""))
    assert holidays.remove_day(session, own.id, actor=admin) == 2026
    with pytest.raises(Conflict):
        holidays.remove_day(session, by_rule["tet-1"].id, actor=admin)


def test_worked_day_is_a_weekend_day_and_a_day_stands_once(session: Session) -> None:
    admin = User(name="boss@example.org", roles=[RoleGrant(role=Role.ADMIN)])
    session.add(admin)
    session.flush()
    with pytest.raises(InvalidInput):
        holidays.set_day(
            session, None, HolidaySchema().load({"day": "2026-08-21", "kind": "worked", "name_vi": "x"}), actor=admin
        )
    data = HolidaySchema().load({"day": "2026-08-22", "kind": "worked", "name_vi": "x"})
    holidays.set_day(session, None, data, actor=admin)
    with pytest.raises(InvalidInput):
        holidays.set_day(session, None, data, actor=admin)
