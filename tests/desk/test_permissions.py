"""Nobody does at the desk what their role and scope do not allow: every address, each role, own and foreign records."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
import sqlalchemy as sa

from app.accounts.administration import read_user
from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.accounts.sessions import open_session
from app.accounts.tokens import add_token
from app.catalogue import KINDS
from app.core.db import Model, db, now
from app.exchange.archives.wished import EXPORT
from app.exchange.papers.models import PaperTemplate
from app.heritage.dossiers.models import Holiday, HolidayYear
from app.heritage.dossiers.regulations import find_regulation
from app.jobs.models import Wish, WishState
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from app.publication import bulk
from app.publication import operations as publication
from app.publication.scheduled import wish_publication
from app.records import operations as records
from app.records.models import Changeset, Revision
from app.records.views import save_view
from app.visitors.operations import Sent, file_report
from tests.harness import dossiers, register
from tests.harness.counts import IS_FULL
from tests.harness.databases import Databases
from tests.harness.officers import add_officer
from tests.harness.readers import Reader
from tests.harness.register import SETTINGS

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session

HERE, THERE = "20410", "20611"
ROLES = ("viewer", "editor", "scoped editor", "reviewer", "scoped reviewer", "admin")
Fields = dict[str, Any]
# Prepares what is to be acted on, of a commune and for somebody; gives the address and the fields of the form.
Prepare = "Callable[[Session, str, User], tuple[str, Fields]]"


@dataclass(frozen=True)
class Allowed:
    """The roles that may do something to what lies in their commune, and to what lies elsewhere."""

    here: frozenset[str]
    elsewhere: frozenset[str]


EVERYBODY = Allowed(frozenset(ROLES), frozenset(ROLES))
NOBODY = Allowed(frozenset(), frozenset())
EDITORS = Allowed(frozenset(ROLES[1:]), frozenset({"editor", "reviewer", "admin"}))
# What somebody drafted once stays theirs to take back, whatever their scope has become.
AUTHORS = Allowed(frozenset(ROLES[1:]), frozenset(ROLES[1:]))
REVIEWERS = Allowed(frozenset({"reviewer", "scoped reviewer", "admin"}), frozenset({"reviewer", "admin"}))
ADMIN = Allowed(frozenset({"admin"}), frozenset({"admin"}))


class Numbers:
    """Codes that no test has used yet, and those of the accepted sites of each commune."""

    last = 1000
    sites: ClassVar[dict[str, Iterator[str]]] = {}

    @classmethod
    def code(cls) -> str:
        """Give the next one."""
        cls.last += 1
        return f"QNM-{cls.last:04d}"


def payload(unit: str, code: str = "", **fields: Any) -> dict[str, Any]:
    return register.site(code or Numbers.code(), current_unit=unit, **fields)


def site(_session: Session, unit: str) -> str:
    """Give an accepted site of a commune that nothing has been done to yet."""
    return next(Numbers.sites[unit])


def changeset(session: Session, unit: str, author: User | None = None, *, is_submitted: bool = False) -> Changeset:
    """Make a change of an accepted site, of the test's editor or as if of somebody, whatever they may do."""
    found = register.draft(session, ("site", payload(unit, site(session, unit), tags=["mended"])))
    if is_submitted:
        records.submit(session, KINDS, found, actor=register.editor(session), settings=SETTINGS)
    if author is not None:
        session.execute(sa.update(Revision).where(Revision.changeset_id == found.id).values(author_id=author.id))
        session.execute(sa.update(Changeset).where(Changeset.id == found.id).values(author_id=author.id))
    return found


def act(name: str, **fields: Any) -> Prepare:
    """Act on a record that is as the act needs it."""

    def prepare(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
        code, actor = site(session, unit), register.reviewer(session)
        record = records.find_record(session, code)
        if name == "withdraw":
            publication.publish(session, [record], actor=actor, settings=SETTINGS)
        if name == "undelete":
            publication.set_deleted(session, [record], is_deleted=True, actor=actor, settings=SETTINGS)
        user = str(other(session).id) if name == "assign" else ""
        return f"/desk/records/{code}/{name}", {"comment": "why", "user": user, **fields}

    return prepare


def archive(session: Session, _unit: str, _user: User) -> tuple[str, Fields]:
    """Nothing that was asked for before is still being made."""
    session.execute(sa.update(Wish).where(Wish.kind == EXPORT).values(state=WishState.CANCELLED))
    return "/desk/backups", {"do": "export"}


def unschedule(session: Session, unit: str, user: User) -> tuple[str, Fields]:
    code = site(session, unit)
    wish = wish_publication(session, [code], at=now() + dt.timedelta(days=9), actor=register.reviewer(session))
    wish.actor_id = user.id
    return f"/desk/records/{code}/unschedule", {}


def change(name: str, *, is_own: bool = False, **fields: Any) -> Prepare:
    """Act on a changeset that is as the act needs it."""

    def prepare(session: Session, unit: str, user: User) -> tuple[str, Fields]:
        actor = register.reviewer(session)
        if name in ("publish", "undo"):
            found = changeset(session, unit, is_submitted=True)
            publication.accept(session, found, actor=actor, settings=SETTINGS)
        else:
            found = changeset(session, unit, is_submitted=name in ("recall", "reopen", "accept", "reject"))
            if name == "reopen":
                records.reject(session, KINDS, found, actor=actor, comment="no")
            for one in found.revisions if is_own else ():
                one.author_id = user.id
            found.author_id = user.id if is_own else found.author_id
        return f"/desk/changesets/{found.id}/{name}", {"comment": "why", **fields}

    return prepare


def restore(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    code = site(session, unit)
    register.accept(session, ("site", payload(unit, code, tags=["later"])))
    return f"/desk/records/{code}/revisions/1/restore", {}


def edit(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    code = site(session, unit)
    fields = {"do": "save", "name.vi": "Tên mới", "current_unit": unit, "code": code, "base": "1"}
    return f"/desk/records/{code}/edit", fields


def make_new(_session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    return "/desk/records/site/new", {"do": "save", "name.vi": "Mới", "current_unit": unit, "code": Numbers.code()}


def many(name: str, **fields: Any) -> Prepare:
    """Act on several records at once, here on one."""

    def prepare(session: Session, unit: str, user: User) -> tuple[str, Fields]:
        if name in ("submit", "accept"):
            found = changeset(session, unit, user if name == "submit" else None, is_submitted=name == "accept")
            code = session.scalars(sa.select(Revision.code).where(Revision.changeset_id == found.id)).one()
        else:
            code = site(session, unit)
        if name == "assign":
            fields["user"] = str(other(session).id)
        return "/desk/register/bulk", {"code": code, "act": name, "title": "many", "confirmed": "1", **fields}

    return prepare


def undo_many(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    actor = register.reviewer(session)
    done = bulk.publish(session, [site(session, unit)], title="many", actor=actor, settings=SETTINGS)
    return f"/desk/register/bulk/{done.changeset.id}/undo", {}


def view(*, is_own: bool) -> Prepare:
    def prepare(session: Session, _unit: str, user: User) -> tuple[str, Fields]:
        made = save_view(session, Numbers.code(), "q=x", actor=user if is_own else register.editor(session))
        session.flush()
        return f"/desk/register/views/{made.id}/delete", {}

    return prepare


def token(path: str, *, is_own: bool) -> Prepare:
    def prepare(session: Session, _unit: str, user: User) -> tuple[str, Fields]:
        holder = user if is_own else other(session)
        made, _ = add_token(session, user=holder, name="m", actor=holder, permissions=["records:view"])
        session.flush()
        return path.format(user=holder.id, token=made.id), {}

    return prepare


def other(session: Session) -> User:
    """Give somebody new, who is none of the roles and logged in."""
    user = add_officer(f"other-{Numbers.code()}".lower(), Role.EDITOR)
    open_session(session, user, settings=SETTINGS, agent="test")
    return user


def account(path: str, **fields: Any) -> Prepare:
    """Act on somebody's account as administrators do."""
    return lambda session, _unit, _user: (path.format(user=other(session).id), fields)


def answer(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    """Answer a visitor's report about an accepted site."""
    sent = Sent("damage", Numbers.code(), "", "", None, None, site(session, unit), "vi")
    found, _ = file_report(session, sent)
    return f"/desk/reports/{found.id}", {"status": "seen", "version": "1"}


def dossier(name: str, **fields: Any) -> Prepare:
    """Act on a dossier about an accepted site, which has come in."""

    def prepare(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
        record = records.find_record(session, site(session, unit))
        made = dossiers.open_one(session, record, dt.date(2026, 3, 2), actor=register.reviewer(session))
        return f"/desk/dossiers/{made.id}/{name}", {"version": str(made.version), **fields}

    return prepare


def open_dossier(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    return "/desk/dossiers/new", {"record": site(session, unit), "regulation": dossiers.REGULATION}


def regulation(path: str, **fields: Any) -> Prepare:
    """Change what a regulation says, as it stands now."""

    def prepare(session: Session, _unit: str, _user: User) -> tuple[str, Fields]:
        found = find_regulation(session, dossiers.REGULATION)
        given = {"procedure": "rank", "name.vi": Numbers.code(), "limit_unit": "working", "owed_by": "office"}
        version = str(found.version)
        return f"/desk/regulations{path}", {**given, "version": version, "code": Numbers.code().lower(), **fields}

    return prepare


def holiday(path: str, *, is_own: bool = False, **fields: Any) -> Prepare:
    """Act on the days of rest of a year in which one day was entered; each time on another day."""

    def prepare(session: Session, _unit: str, _user: User) -> tuple[str, Fields]:
        day = dt.date(2031, 1, 1) + dt.timedelta(days=int(Numbers.code()[4:]))
        made = Holiday(day=day, name={"vi": "Nghỉ"}, rule="" if is_own else "rule")
        session.add_all([made, HolidayYear(year=int(Numbers.code()[4:]))])
        session.flush()
        year = session.scalars(sa.select(sa.func.max(HolidayYear.year))).one()
        given = {"kind": "holiday", "name_vi": "Lễ", "day": (day + dt.timedelta(days=4000)).isoformat()}
        return f"/desk/holidays{path.format(day=made.id, year=year, fresh=2032 + int(Numbers.code()[4:]) % 18)}", {
            **given,
            "basis": "TB",
            **fields,
        }

    return prepare


def enter_visitors(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    """Enter the visitors of an accepted site in a month."""
    code = site(session, unit)
    fields = {f"{code}.2025-03.seen": "0", f"{code}.2025-03.total": "120", "source": "BC", "basis": "ticketed"}
    return "/desk/visitors", {**fields, "reported_on": "2025-04-05", "place": code, "year": "2025"}


def own(path: str, field: str, **fields: Any) -> Prepare:
    """Send something to an address of one's own, each time with another text in a field."""
    return lambda _session, _unit, _user: (path, {field: Numbers.code(), **fields})


def new_paper(session: Session, unit: str, user: User) -> tuple[str, Fields]:
    path, fields = regulation(f"/{dossiers.REGULATION}/papers")(session, unit, user)
    return path, fields | {"paper": fields["code"]}


def rest_rule(_session: Session, _unit: str, _user: User) -> tuple[str, Fields]:
    says = {"name_vi": Numbers.code(), "calendar": "lunar", "month": "1", "day": "1", "shift": "-1", "days": "5"}
    return "/desk/holidays/rules/tet", says


def make_paper(session: Session, unit: str, _user: User) -> tuple[str, Fields]:
    """Make a paper of a site."""
    return f"/desk/records/{site(session, unit)}/papers/site-sheet", {"on": "2026-01-01"}


def put_back(session: Session, _unit: str, user: User) -> tuple[str, Fields]:
    """Put the shipped template back in the place of one that somebody uploaded."""
    last = session.scalar(sa.select(sa.func.max(PaperTemplate.version))) or 0
    session.add(
        PaperTemplate(
            paper="site-sheet", version=last + 1, name="a.docx", sha256="0" * 64, content=b"x", uploaded_by=user
        )
    )
    session.flush()
    return "/desk/papers/templates/site-sheet/shipped", {}


TOMORROW = {"day": (now() + dt.timedelta(days=2)).date().isoformat(), "time": "08:00"}
ROWS = {"rows": "1", "role-0": "viewer"}
DID: list[tuple[str, Any, Allowed]] = [
    ("/records/<code>/<act>", act("publish"), REVIEWERS),
    ("/records/<code>/<act>", act("withdraw"), REVIEWERS),
    ("/records/<code>/<act>", act("schedule", **TOMORROW), REVIEWERS),
    # A wish of one's own is taken back by whoever may publish at all.
    ("/records/<code>/<act>", unschedule, Allowed(REVIEWERS.here, REVIEWERS.here)),
    ("/records/<code>/<act>", act("delete"), REVIEWERS),
    ("/records/<code>/<act>", act("undelete"), REVIEWERS),
    ("/records/<code>/<act>", act("assign"), EDITORS),
    ("/records/<code>/revisions/<number>/restore", restore, EDITORS),
    ("/records/<code>/edit", edit, EDITORS),
    ("/records/<kind_name>/new", make_new, EDITORS),
    ("/changesets/<changeset_id>/<act>", change("submit", is_own=True), EDITORS),
    ("/changesets/<changeset_id>/<act>", change("submit"), NOBODY),
    ("/changesets/<changeset_id>/<act>", change("recall", is_own=True), AUTHORS),
    ("/changesets/<changeset_id>/<act>", change("recall"), NOBODY),
    ("/changesets/<changeset_id>/<act>", change("reopen", is_own=True), AUTHORS),
    ("/changesets/<changeset_id>/<act>", change("reopen"), NOBODY),
    ("/changesets/<changeset_id>/<act>", change("discard", is_own=True), AUTHORS),
    ("/changesets/<changeset_id>/<act>", change("discard"), NOBODY),
    ("/changesets/<changeset_id>/<act>", change("comment"), EVERYBODY),
    ("/changesets/<changeset_id>/<act>", change("accept"), REVIEWERS),
    ("/changesets/<changeset_id>/<act>", change("accept", is_own=True), NOBODY),
    ("/changesets/<changeset_id>/<act>", change("accept", publish="1"), REVIEWERS),
    ("/changesets/<changeset_id>/<act>", change("reject"), REVIEWERS),
    ("/changesets/<changeset_id>/<act>", change("publish"), REVIEWERS),
    ("/changesets/<changeset_id>/<act>", change("undo"), EDITORS),
    ("/register/bulk", many("tag", tags="new"), EDITORS),
    ("/register/bulk", many("assign"), EDITORS),
    ("/register/bulk", many("submit"), EDITORS),
    ("/register/bulk", many("accept"), REVIEWERS),
    ("/register/bulk", many("publish"), REVIEWERS),
    ("/register/bulk/<changeset_id>/undo", undo_many, REVIEWERS),
    ("/register/views", own("/desk/register/views", "name", q="x"), EVERYBODY),
    ("/register/views/<view_id>/delete", view(is_own=True), EVERYBODY),
    ("/register/views/<view_id>/delete", view(is_own=False), NOBODY),
    ("/account/profile", own("/desk/account/profile", "display_name", language="en"), EVERYBODY),
    ("/account/tokens", own("/desk/account/tokens", "name", days="9", permissions="records:view"), EVERYBODY),
    ("/account/tokens/<token_id>/revoke", token("/desk/account/tokens/{token}/revoke", is_own=True), EVERYBODY),
    ("/account/tokens/<token_id>/revoke", token("/desk/account/tokens/{token}/revoke", is_own=False), ADMIN),
    ("/reports/<report_id>", answer, EDITORS),
    ("/dossiers/new", open_dossier, EDITORS),
    ("/dossiers/<dossier_id>/edit", dossier("edit", regulation=dossiers.REGULATION, note="x"), EDITORS),
    ("/dossiers/<dossier_id>/step", dossier("step", state="in_work", happened_on="2026-03-03"), EDITORS),
    ("/dossiers/<dossier_id>/back", dossier("back", why="wrong"), EDITORS),
    ("/dossiers/<dossier_id>/papers/<paper_code>", dossier("papers/profile", verdict="there"), EDITORS),
    ("/regulations/new", regulation("/new"), ADMIN),
    ("/regulations/<regulation_code>/edit", regulation(f"/{dossiers.REGULATION}/edit"), ADMIN),
    ("/regulations/<regulation_code>/papers", new_paper, ADMIN),
    ("/regulations/<regulation_code>/papers/<paper_code>", regulation(f"/{dossiers.REGULATION}/papers/profile"), ADMIN),
    ("/holidays/<year>/propose", holiday("/{fresh}/propose"), ADMIN),
    ("/holidays/<year>/confirm", holiday("/{year}/confirm"), ADMIN),
    ("/holidays/days", holiday("/days"), ADMIN),
    ("/holidays/days/<day_id>", holiday("/days/{day}"), ADMIN),
    ("/holidays/days/<day_id>/remove", holiday("/days/{day}/remove", is_own=True), ADMIN),
    ("/holidays/rules/<rule_code>", rest_rule, ADMIN),
    ("/records/<code>/papers/<paper>", make_paper, EVERYBODY),
    ("/papers/lists/<paper>", lambda *_: ("/desk/papers/lists/register-book", {"on": "2026-01-01"}), EVERYBODY),
    ("/papers/templates/<paper>/shipped", put_back, ADMIN),
    ("/visitors", enter_visitors, EDITORS),
    # A table holds the whole province: whoever reviews at all may freeze it.
    (
        "/counts/<code>/freeze",
        own("/desk/counts/sites_by_type/freeze", "note"),
        Allowed(REVIEWERS.here, REVIEWERS.here),
    ),
    ("/backups", archive, ADMIN),
    ("/users/new", lambda *_: ("/desk/users/new", {"email": f"{Numbers.code()}@example.org", **ROWS}), ADMIN),
    ("/users/<user_id>/roles", account("/desk/users/{user}/roles", **ROWS), ADMIN),
    ("/users/<user_id>/link", account("/desk/users/{user}/link"), ADMIN),
    ("/users/<user_id>/state", account("/desk/users/{user}/state", wish="deactivate"), ADMIN),
    ("/users/<user_id>/sessions", account("/desk/users/{user}/sessions"), ADMIN),
    ("/users/<user_id>/tokens/<token_id>", token("/desk/users/{user}/tokens/{token}", is_own=False), ADMIN),
]
# What changes nothing in the register, or is no matter of a role, and where it is tried.
ELSEWHERE = {
    "/login": "test_entrance",
    "/logout": "test_entrance",
    "/link": "test_entrance",
    "/account/password": "test_accounts",
    "/account/sessions": "test_accounts",
    "/geometry/preview": "test_geometry",
    "/geometry/upload": "test_geometry",
    "/visitors/import": "test_visitor_counts",
    "/media/upload": "test_media",
    "/media/originals/<sha256>/render": "test_media",
    "/media/incoming": "test_incoming",
    "/media/incoming/<key>/take": "test_incoming",
    "/papers/given/<paper_id>/pdf": "test_papers",
    "/papers/given/<paper_id>/signed": "test_papers",
    "/papers/templates/<paper>": "test_papers",
    "/changesets/<changeset_id>/pictures": "test_describing",
    "/imports": "test_imports",
    "/imports/<import_id>/<act>": "test_imports",
    "/exports": "test_exporting",
}
READ: dict[str, Allowed] = dict.fromkeys(
    (
        *("/", "/register", "/register/<kind>", "/register/bulk/<changeset_id>", "/legal", "/legal/status"),
        *("/legal/counts", "/legal/counts/sites", "/records/<code>", "/records/<code>/revisions"),
        *("/records/<code>/revisions/<number>", "/records/<code>/revisions/<first>...<second>"),
        *(
            "/changesets",
            "/changesets/<changeset_id>",
            "/pick/units",
            "/pick/records",
            "/account",
            "/audit",
            "/visits",
            "/visits.csv",
            "/exports",
            "/counts",
            "/counts/<code>",
            "/counts/<code>/list",
            "/counts/<code>/workbook",
            "/visitors",
            "/visitors/template",
            "/geometry/upload",
            "/dossiers",
            "/dossiers/<dossier_id>",
            "/dossiers/<dossier_id>/owed",
            "/regulations",
            "/regulations/<regulation_code>",
            "/holidays",
            "/records/<code>/papers",
            "/papers",
            "/papers/templates",
        ),
    ),
    EVERYBODY,
) | {
    "/dossiers/new": AUTHORS,
    "/dossiers/<dossier_id>/edit": EDITORS,
    "/dossiers/<dossier_id>/papers/<paper_code>": EDITORS,
    "/regulations/new": ADMIN,
    "/regulations/<regulation_code>/edit": ADMIN,
    "/regulations/<regulation_code>/papers": ADMIN,
    "/regulations/<regulation_code>/papers/<paper_code>": ADMIN,
    "/holidays/days/<day_id>": ADMIN,
    "/holidays/rules/<rule_code>": ADMIN,
    "/records/<code>/edit": AUTHORS,
    "/records/<code>/merge": AUTHORS,
    "/records/<kind_name>/new": AUTHORS,
    "/media/upload": AUTHORS,
    "/reports": AUTHORS,
    "/imports": AUTHORS,
    "/visitors/import": AUTHORS,
    "/records/<code>/<act>": Allowed(REVIEWERS.here, REVIEWERS.here),
    "/backups": ADMIN,
    "/users": ADMIN,
    "/users/new": ADMIN,
    "/users/<user_id>": ADMIN,
}
KEYS = {"act": "publish", "kind": "site", "kind_name": "site", "number": "1", "first": "1", "second": "1"}
KEYS |= {"regulation_code": dossiers.REGULATION, "paper_code": "profile", "rule_code": "tet"}


# Every act of the table takes one at most, and each test begins anew.
SITES = {unit: [f"QNM-{first + number:04d}" for number in range(40)] for unit, first in ((HERE, 1), (THERE, 101))}


def _fill(app: Flask) -> None:
    """Write two communes and accepted sites in each of them."""
    with app.app_context():
        session = db.session()
        dossiers.write_rules(session)
        schema = UnitSchema()
        rows = [{"code": code, "name": {"vi": f"Xã {code}"}, "level": "commune"} for code in SITES]
        actor = system_actor(session, "test-admin", Role.ADMIN)
        write_units(session, [dict(schema.load(row)) for row in rows], actor=actor)
        register.accept(session, *(("site", payload(unit, code)) for unit, codes in SITES.items() for code in codes))
        session.commit()


@pytest.fixture
def app(engine_name: str, databases: Databases) -> Iterator[Flask]:
    """A register with sites that nobody has touched."""
    Numbers.sites = {unit: iter(codes) for unit, codes in SITES.items()}
    with databases.app(engine_name, fill=_fill) as made:
        yield made


@pytest.fixture
def people(app: Flask) -> dict[str, Reader]:
    """Somebody of each role; the scoped ones are bound to the first of two communes."""
    found = {}
    for name in ROLES:
        role = Role(name.removeprefix("scoped "))
        found[name] = Reader(app, name.replace(" ", "-"), role, unit=HERE if "scoped" in name else None)
    return found


def standing(session: Session) -> str:
    """Write down what the register and the accounts hold; that a revision was written anew is told by `saved`."""
    session.expire_all()
    return repr([sorted(map(repr, session.execute(sa.select(*_columns(name))))) for name in STATED])


def _columns(name: str) -> list[Any]:
    """Give the columns of a table, but for long ones and those that only tell when a session was last seen."""
    found = Model.metadata.tables[name].c
    return [one for one in found if not isinstance(one.type, sa.JSON) and one.name not in ("seen_at", "expires_at")]


STATED = ("records", "revisions", "changesets", "history", "wishes", "saved_views", "users", "role_grants")
STATED += ("access_tokens", "account_links", "user_sessions", "visitor_reports", "dossiers", "dossier_steps")
STATED += ("dossier_papers", "regulations", "regulation_papers", "holidays", "holiday_years", "holiday_rules")
STATED += ("access_tokens", "account_links", "user_sessions", "visitor_reports", "given_papers", "paper_templates")
STATED += ("access_tokens", "account_links", "user_sessions", "visitor_reports", "visitor_counts", "frozen_tables")


def rule(path: Any) -> str:
    """Write a rule as the tables above do."""
    return re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"<\1>", str(path).removeprefix("/desk"))


def tried(index: int, allowed: Allowed) -> set[str]:
    """Give the roles that try an act: all of them, or one, in turn, of those that may do it in the same places."""
    alike: dict[tuple[bool, bool], list[str]] = {}
    for role in ROLES:
        alike.setdefault((role in allowed.here, role in allowed.elsewhere), []).append(role)
    return set(ROLES) if IS_FULL else {roles[index % len(roles)] for roles in alike.values()}


@pytest.mark.parametrize("role", ROLES)
def test_what_is_sent_takes_effect_for_whom_the_table_says_and_for_nobody_else(
    app: Flask, people: dict[str, Reader], role: str
) -> None:
    person = people[role]
    for index, (name, prepare, allowed) in enumerate(DID):
        if role not in tried(index, allowed):
            continue
        for unit, permitted in ((HERE, allowed.here), (THERE, allowed.elsewhere)):
            with app.app_context():
                session = db.session()
                path, fields = prepare(session, unit, read_user(session, person.key))
                session.commit()
                before = standing(session)
            response = person.send(path, fields)
            assert response.status_code < 500, (name, path)
            with app.app_context():
                has_changed = standing(db.session()) != before
            told = (index, name, path, fields, role, unit, response.status_code, response.text[-3000:])
            assert has_changed == (role in permitted), told


def test_record_that_lies_elsewhere_is_not_brought_here_and_judged_here(app: Flask, people: dict[str, Reader]) -> None:
    """Who is bound to a commune judges what stands in it, not what a change would move into it."""
    judge = people["scoped reviewer"]
    for name, says in (("accept", {}), ("reject", {"comment": "no"})):
        with app.app_context():
            session = db.session()
            code = site(session, THERE)
            moved = register.draft(session, ("site", payload(HERE, code)))
            records.submit(session, KINDS, moved, actor=register.editor(session), settings=SETTINGS)
            session.commit()
            before = standing(session)
            path = f"/desk/changesets/{moved.id}/{name}"
        assert "other places" in judge.send(path, says).text
        with app.app_context():
            assert standing(db.session()) == before


def test_what_is_said_of_a_site_elsewhere_is_not_written_from_here(app: Flask, people: dict[str, Reader]) -> None:
    with app.app_context():
        session = db.session()
        code = site(session, THERE)
        session.commit()
        before = standing(session)
    fields = {"do": "save", "title.vi": "Đóng cửa", "unit": HERE, "site": code, "code": Numbers.code()}
    fields |= {"notice_kind": "closure", "severity": "warning", "starts_on": "2026-01-01"}
    assert "other places" in people["scoped editor"].send("/desk/records/notice/new", fields).text
    with app.app_context():
        assert standing(db.session()) == before


def test_only_what_was_accepted_is_restored(app: Flask, people: dict[str, Reader]) -> None:
    """A sensitive site that was returned to its author does not become somebody else's draft to read."""
    with app.app_context():
        session = db.session()
        code = Numbers.code()
        found = register.draft(session, ("site", payload(HERE, code, types=["archaeological"])))
        records.submit(session, KINDS, found, actor=register.editor(session), settings=SETTINGS)
        records.reject(session, KINDS, found, actor=register.reviewer(session), comment="no")
        session.commit()
        before = standing(session)
    refused = people["editor"].send(f"/desk/records/{code}/revisions/1/restore", {})
    assert "never accepted" in refused.text
    with app.app_context():
        assert standing(db.session()) == before


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/desk/changesets/99999999999999999999", 404),
        ("/desk/users/99999999999999999999", 404),
        ("/desk/records/QNM-1/revisions/99999999999999999999", 404),
        ("/desk/register/bulk/99999999999999999999", 404),
        ("/desk/geometry/upload/99999999999999999999", 404),
        ("/desk/dossiers/99999999999999999999", 404),
        ("/desk/holidays/days/99999999999999999999", 404),
        ("/desk/holidays?year=99999999999999999999", 200),
        ("/desk/audit?since=0001-01-01&until=9999-12-31&person=99999999999", 200),
    ],
)
def test_number_that_no_row_has_is_no_accident(people: dict[str, Reader], path: str, status: int) -> None:
    assert people["admin"].read(path).status_code == status


def test_key_that_is_no_number_names_nobody(app: Flask, people: dict[str, Reader]) -> None:
    with app.app_context():
        code = site(db.session(), HERE)
        db.session.commit()
    for key in ("²", "99999999999999999999", "x"):
        assert "There is no such person" in people["admin"].send(f"/desk/records/{code}/assign", {"user": key}).text
    ended = people["admin"].send("/desk/account/sessions", {"session": "99999999999999999999"})
    assert ended.status_code == 200


@pytest.mark.parametrize("role", ROLES)
def test_pages_open_for_whom_the_table_says_and_for_nobody_else(
    app: Flask, people: dict[str, Reader], role: str
) -> None:
    person = people[role]
    for unit in (HERE, THERE):
        with app.app_context():
            session = db.session()
            found = changeset(session, unit, read_user(session, person.key))
            code = found.revisions[0].code
            keys = KEYS | {"code": code, "changeset_id": str(found.id), "user_id": str(person.key)}
            made = dossiers.open_one(session, records.find_record(session, code), actor=register.reviewer(session))
            day = Holiday(day=dt.date(2041, 1, 1), name={"vi": "Nghỉ"}, rule=unit)
            session.add(day)
            session.flush()
            keys |= {"dossier_id": str(made.id), "day_id": str(day.id)}
            session.commit()
        for name, allowed in READ.items():
            told = keys | ({"code": "sites_by_type"} if name.startswith("/counts") else {})
            path = re.sub(r"<(\w+)>", "{\\1}", name).format(**told)
            response = person.read(f"/desk{path}")
            permitted = allowed.here if unit == HERE else allowed.elsewhere
            expected = {200, 303} if role in permitted else {403}
            assert response.status_code in expected, (name, role, unit, response.status_code)
            assert app.test_client().get(f"/desk{path}").status_code == 303, name


def test_tables_name_every_address_of_the_desk(app: Flask) -> None:
    rules = [found for found in app.url_map.iter_rules() if str(found).startswith("/desk")]
    sent = {rule(found) for found in rules if "POST" in found.methods}
    read = {rule(found) for found in rules if "GET" in found.methods}
    assert sent == {name for name, _, _ in DID} | set(ELSEWHERE)
    files = {"/media/files/<name>", "/media/originals/<sha256>", "/changesets/<changeset_id>/pictures"}
    files |= {"/papers/given/<paper_id>", "/papers/given/<paper_id>/<ending>", "/papers/templates/<paper>/<version>"}
    # A copy that was frozen is shown to everybody: test_counts.
    kept = {f"/counts/frozen/<key>{page}" for page in ("", "/list", "/compare", "/workbook")}
    files = {*kept, "/media/files/<name>", "/media/originals/<sha256>", "/changesets/<changeset_id>/pictures"}
    # That there is a report is told to those alone who handle it: test_reports.
    files |= {"/reports/<report_id>", "/reports/<report_id>/photo"}
    # Only whoever wished for an export gets it: test_exporting.
    files |= {"/exports/<wish_id>/file"}
    files |= {"/papers/given/<paper_id>", "/papers/given/<paper_id>/<ending>", "/papers/templates/<paper>/<version>"}
    # Only whoever sent the file: test_imports.
    files |= {"/imports/<import_id>", "/imports/<import_id>/workbook"}
    # Nor is an archive told of to others than who asked for it: tests/exchange/archives/test_wished.
    files.add("/backups/<wish_id>.zip")
    assert read - {"/login", "/link", "/geometry/upload/<wish_id>"} - files == set(READ)
