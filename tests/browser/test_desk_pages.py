"""Every page of the desk in a real browser: on a phone and on a desk, in both languages, without a barrier."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe

from app.accounts.models import Role, User
from app.accounts.sessions import open_session
from app.accounts.tokens import add_token
from app.catalogue import KINDS
from app.config import Settings
from app.core.clock import today
from app.core.db import db, now
from app.exchange.papers.forms import read_forms
from app.exchange.papers.making import ask_about, keep_paper, make_paper
from app.heritage.dossiers import holidays
from app.http.settings import current_settings
from app.publication import bulk
from app.publication.scheduled import wish_publication
from app.records import operations as records
from app.records.drafts import current_payload, open_changeset, write_draft
from app.records.models import Changeset
from app.records.views import save_view
from app.statistics.freezing import freeze_table
from app.statistics.questions import Question
from app.statistics.tables import read_tables
from app.tourism.visitor_counts.operations import Figure, write_figures
from app.visitors.operations import Sent, file_report
from app.visitors.visits.operations import add_visits
from app.visitors.visits.sources import Source
from app.visitors.visits.tally import Visit
from tests.harness import browser as browsers
from tests.harness import counts as counting
from tests.harness import dossiers, register, server, tables
from tests.harness.databases import Databases, open_app
from tests.harness.officers import SESSION_COOKIE, add_officer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask import Flask
    from playwright.sync_api import Browser, Page
    from sqlalchemy.orm import Session

SIZES = {"390": {"width": 390, "height": 844}, "1280": {"width": 1280, "height": 900}}
# Each width in each language; in a quick run two of them, and each page in one of the two.
VIEWS = [("390", "vi"), ("1280", "en")] + ([("390", "en"), ("1280", "vi")] if counting.IS_FULL else [])
# With this folder named the pictures of all pages are left in it, to be looked at.
PICTURES = os.environ.get("DISAN_TEST_PICTURES", "")
SETTINGS = Settings()

# Every address of the desk that shows a page, and what to open it with; `{}` are keys that the fixture finds out.
PAGES: dict[str, list[str]] = {
    "/login": ["/login", "/login?next=/desk/account"],
    "/link": ["/link?key=nothing"],
    "/": ["/"],
    "/account": ["/account"],
    "/users": ["/users"],
    "/users/new": ["/users/new"],
    "/users/<user_id>": ["/users/{user}"],
    "/audit": ["/audit", "/audit?action=accept&kind=site"],
    "/register": [
        *("/register", "/register?q=chua+cau", "/register?unit=hoi+an", "/register?q=zzzz"),
        "/register?col=kind&col=state&col=unit&col=gap&col=doubt&col=tag&col=assignee&col=rank&col=type&col=updated",
        *(f"/register?at={today()}", "/register?at=2001-01-01&kind=site"),
    ],
    "/register/<kind>": [f"/register/{name}" for name in ("site", "event")],
    "/register/bulk/<changeset_id>": ["/register/bulk/{bulk}"],
    "/legal": ["/legal", "/legal?q=3985"],
    "/legal/status": ["/legal/status?q=QNM-0002&on=2000-01-01", "/legal/status?q=QNM-0002&on=soon"],
    "/legal/counts": ["/legal/counts?on=2000-01-01&components=0"],
    "/legal/counts/sites": ["/legal/counts/sites?level=national"],
    "/dossiers": ["/dossiers", "/dossiers?owes=applicant", "/dossiers?overdue=1&mine=1"],
    "/dossiers/new": ["/dossiers/new", "/dossiers/new?record=QNM-0002"],
    "/dossiers/<dossier_id>": ["/dossiers/{dossier}", "/dossiers/{unlisted}"],
    "/dossiers/<dossier_id>/edit": ["/dossiers/{dossier}/edit"],
    "/dossiers/<dossier_id>/owed": ["/dossiers/{dossier}/owed", "/dossiers/{dossier}/owed?by=commune"],
    "/dossiers/<dossier_id>/papers/<paper_code>": ["/dossiers/{dossier}/papers/zone-minutes"],
    "/regulations": ["/regulations"],
    "/regulations/new": ["/regulations/new"],
    "/regulations/<regulation_code>": ["/regulations/rank-provincial", "/regulations/cancel-provincial"],
    "/regulations/<regulation_code>/edit": ["/regulations/rank-provincial/edit"],
    "/regulations/<regulation_code>/papers": ["/regulations/rank-provincial/papers"],
    "/regulations/<regulation_code>/papers/<paper_code>": ["/regulations/rank-provincial/papers/zone-minutes"],
    "/holidays": ["/holidays?year=2026", "/holidays?year=2030"],
    "/holidays/days/<day_id>": ["/holidays/days/{day}"],
    "/holidays/rules/<rule_code>": ["/holidays/rules/tet"],
    "/counts": ["/counts"],
    "/counts/<code>": [
        *(
            "/counts/sites_by_type?special=1",
            "/counts/sites_by_unit?unit=503~2025",
            "/counts/rankings?year=2023&quarter=4",
        ),
        *("/counts/visitors?year=2025", "/counts/visitors_international?year=2025", "/counts/zones"),
    ],
    "/counts/<code>/list": ["/counts/sites_by_type/list?row=national", "/counts/visitors/list?year=2025"],
    "/counts/frozen/<key>": ["/counts/frozen/{frozen}"],
    "/counts/frozen/<key>/list": ["/counts/frozen/{frozen}/list?row=national"],
    "/counts/frozen/<key>/compare": ["/counts/frozen/{frozen}/compare?on=2025-12-31"],
    "/visitors": ["/visitors", "/visitors?place=POI-003&year=2025", "/visitors?month=2025-03"],
    "/visitors/import": ["/visitors/import"],
    "/reports": ["/reports", "/reports?status=done", "/reports?kind=nothing"],
    "/reports/<report_id>": ["/reports/{report}"],
    "/backups": ["/backups"],
    "/visits": ["/visits", "/visits?period=90&record=QNM-0002", "/visits?period=12m", "/visits?record=QNM-0003"],
    "/exports": ["/exports"],
    "/imports": ["/imports", "/imports?kind=artefact"],
    "/imports/<import_id>": [
        *("/imports/{read}", "/imports/{checked}", "/imports/{checked}?map=1"),
        *("/imports/{checked}?verdict=duplicate", "/imports/{checked}?verdict=new"),
    ],
    "/records/<code>": [
        f"/records/{code}"
        for code in ("QNM-0002", "QNM-0045", "QNM-D0009", "QNM-0003", "{new}", "{artefact}", "{event}", "{itinerary}")
    ]
    + [f"/records/{code}?at={today()}" for code in ("QNM-0002", "QNM-D0009")],
    "/records/<code>/<act>": [
        *(f"/records/QNM-0006/{act}" for act in ("withdraw", "delete", "assign")),
        *(f"/records/QNM-9701/{act}" for act in ("publish", "schedule", "unschedule")),
        "/records/QNM-9702/undelete",
    ],
    "/records/<code>/edit": ["/records/QNM-0002/edit", "/records/QNM-0005/edit?check=1", "/records/QNM-D0009/edit"],
    "/records/<code>/merge": ["/records/QNM-0005/merge"],
    "/records/<kind_name>/new": [f"/records/{name}/new" for name in KINDS if name != "media"],
    "/records/<code>/revisions": ["/records/QNM-0005/revisions"],
    "/records/<code>/revisions/<number>": ["/records/QNM-0005/revisions/2"],
    "/records/<code>/revisions/<first>...<second>": ["/records/QNM-0005/revisions/1...2"],
    "/changesets": ["/changesets"],
    "/changesets/<changeset_id>": ["/changesets/{review}", "/changesets/{rejected}", "/changesets/{done}"],
    "/changesets/<changeset_id>/pictures": ["/changesets/{pictures}/pictures"],
    "/media/upload": ["/media/upload?record=QNM-0002"],
    "/records/<code>/papers": ["/records/QNM-0002/papers", "/records/QNM-D0009/papers?on=2000-01-01"],
    "/papers": ["/papers"],
    "/papers/templates": ["/papers/templates"],
    "/papers/given/<paper_id>": ["/papers/given/{paper}"],
    "/geometry/upload": ["/geometry/upload"],
    "/geometry/upload/<wish_id>": ["/geometry/upload/99999999"],
}
# Lists for the pickers of forms, and files, which are no pages.
NO_PAGES = {
    *("/pick/units", "/pick/records", "/media/files/<name>", "/media/originals/<sha256>", "/visits.csv"),
    *("/reports/<report_id>/photo", "/exports/<wish_id>/file", "/imports/<import_id>/workbook"),
    *("/papers/given/<paper_id>/<ending>", "/papers/templates/<paper>/<version>"),
    *("/counts/<code>/workbook", "/counts/frozen/<key>/workbook", "/visitors/template", "/backups/<wish_id>.zip"),
}


@pytest.fixture(scope="module")
def desk(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str, dict[str, str]]]:
    """A served register with the seed and work under way, an administrator's session, and the keys of that work."""
    folder = tmp_path_factory.mktemp("desk-pages")
    database = databases.copy("sqlite", folder / "data", seeded=True)
    with open_app(database) as app, app.app_context():
        session = db.session()
        admin, an = add_officer("quan-tri", Role.ADMIN), add_officer("an", Role.EDITOR)
        add_token(session, user=an, name="QGIS", actor=an)
        save_view(session, "Chưa có tọa độ", "gap=no_point", actor=admin)
        keys = work(session, admin, an)
        add_visits(
            session, {Visit(today() - dt.timedelta(n), "QNM-0002", "vi", one): 3 for n, one in enumerate(Source)}
        )
        secret = open_session(session, admin, settings=SETTINGS, agent="test")
        keys["frozen"] = count(session, admin)
        session.commit()
        for name in ("read", "checked"):
            found = tables.begin(session, app.config["DISAN"], admin, tables.workbook(tables.SITES))
            keys[name] = str(found.id)
        tables.check(session, app.config["DISAN"], admin, found)
        assert_every_page_is_named(app)
    with server.serve(database, folder / "server.log") as url:
        yield url, secret, keys


def count(session: Session, admin: User) -> str:
    """Enter visitors and correct one figure, and freeze a table; gives its key."""
    for numbers in ((100, 40), (120, 40)):
        figures = [
            Figure("POI-003", dt.date(2025, month, 1), *numbers, None, "ticketed", "Báo cáo", dt.date(2025, 12, 1))
            for month in (1, 2, 3)
        ]
        write_figures(session, KINDS, figures, actor=admin)
    question = Question.as_of(dt.date(2020, 12, 31))
    return str(freeze_table(session, read_tables(SETTINGS)["sites_by_type"], question, actor=admin).id)


def assert_every_page_is_named(app: Flask) -> None:
    found = {
        re.sub(r"<(?:[^:<>]*:)?(\w+)>", r"<\1>", str(rule).removeprefix("/desk"))
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/desk") and "GET" in (rule.methods or ())
    }
    assert found - NO_PAGES == set(PAGES)


def work(session: Session, admin: User, an: User) -> dict[str, str]:
    """Leave work of every sort under way; gives the keys by which the pages above are opened."""

    def draft(user: User, *codes: str, **fields: object) -> int:
        made = open_changeset(session, title="Bổ sung hồ sơ", actor=user)
        for code in codes:
            payload = current_payload(session, records.find_record(session, code)) | fields
            write_draft(session, KINDS, "site", payload, changeset=made, actor=user, settings=SETTINGS)
        session.refresh(made)
        return made.id

    def submit(key: int) -> int:
        records.submit(session, KINDS, session.get_one(Changeset, key), actor=an, settings=SETTINGS)
        return key

    for code in ("QNM-9701", "QNM-9702"):
        register.accept(session, ("site", register.site(code)))
    gone = records.find_record(session, "QNM-9702")
    records.set_deleted(session, KINDS, [gone], is_deleted=True, actor=admin, comment="Trùng hồ sơ")
    wish_publication(session, ["QNM-9701"], at=now() + dt.timedelta(days=9), actor=admin)
    # The administrator's draft is overtaken by what was accepted since, in the same place.
    draft(admin, "QNM-0005", address_detail="Số 7, hẻm 12")
    register.accept(
        session,
        ("site", current_payload(session, records.find_record(session, "QNM-0005")) | {"address_detail": "Số 9"}),
    )
    done = submit(draft(an, "QNM-0007", tags=["đã kiểm tra"]))
    records.accept(session, KINDS, session.get_one(Changeset, done), actor=admin, settings=SETTINGS)
    rejected = submit(draft(an, "QNM-0008", tags=["sai"]))
    records.reject(session, KINDS, session.get_one(Changeset, rejected), actor=admin, comment="Thiếu quyết định")
    review = submit(draft(an, "QNM-0003", "QNM-0004", significance={"vi": "Giá trị kiến trúc."}))
    tagged = bulk.tag(session, ["QNM-0010", "QNM-0011"], ["hội an"], title="Gắn nhãn", actor=admin, settings=SETTINGS)
    fresh = open_changeset(session, title="Hồ sơ mới", actor=an)
    write_draft(session, KINDS, "site", register.site("QNM-9703"), changeset=fresh, actor=an, settings=SETTINGS)
    shown = open_changeset(session, title="Hình ảnh", actor=an)
    medium = {"code": "QNM-P9001", "title": {"vi": "Chùa Cầu"}, "medium_type": "photograph"}
    write_draft(session, KINDS, "media", medium, changeset=shown, actor=an, settings=SETTINGS)
    report, _ = file_report(
        session,
        Sent(
            kind="damage",
            text="Mái ngói bị vỡ.",
            place="cổng bên trái",
            contact="",
            lon=108.3261,
            lat=15.8771,
            code="QNM-0002",
            language="vi",
        ),
    )
    site = records.find_record(session, "QNM-0002")
    asked = ask_about(session, current_settings(), actor=an, day=today(), record=site)
    paper = keep_paper(session, make_paper(read_forms(SETTINGS).find("site-history"), asked), actor=an, with_pdf=False)
    session.flush()
    return {
        **dossier(session, admin),
        "paper": str(paper.id),
        "report": str(report.id),
        "pictures": str(shown.id),
        "user": str(an.id),
        "review": str(review),
        "rejected": str(rejected),
        "done": str(done),
        "bulk": str(tagged.changeset.id),
        "new": "QNM-9703",
        "artefact": "ART-001",
        "event": "FES-001",
        "itinerary": "ITI-01",
    }


def dossier(session: Session, admin: User) -> dict[str, str]:
    """Leave a dossier that stands still, with papers of every sort, one without a list, and a year of days of rest."""
    holidays.propose(session, 2026, actor=admin)
    site = records.find_record(session, "QNM-0002")
    made = dossiers.open_one(session, site, dt.date(2026, 3, 2), actor=admin, responsible=admin.id, applicant="Ban")
    dossiers.step(session, made, "supplement", "2026-03-06", "Công văn số 12", actor=admin)
    dossiers.add_file(session, "QNM-P9101", "QNM-0002", "zone_minutes", "pdf", dated="1988")
    dossiers.add_file(session, "QNM-P9102", "QNM-0002", "profile", "docx")
    dossiers.add_file(session, "QNM-P9103", "QNM-0002", "application", "pdf")
    unlisted = dossiers.open_one(session, site, None, actor=admin, regulation="cancel-provincial")
    _, days = holidays.read_year(session, 2026)
    return {"dossier": str(made.id), "unlisted": str(unlisted.id), "day": str(days[0].id)}


@pytest.fixture
def page(width: str, browser: Browser, desk: tuple[str, str, dict[str, str]]) -> Iterator[Page]:
    """An administrator's page, as wide as a phone or a desk."""
    url, secret, _ = desk
    with browsers.open_page(browser, SIZES[width], url) as opened:
        opened.context.add_cookies([{"name": SESSION_COOKIE, "value": secret, "url": url}])
        yield opened


def look(page: Page, name: str, language: str) -> list[str]:
    """Give what is wrong with a page: by axe, by its width, its names, and what fingers must hit."""
    width = page.viewport_size["width"] if page.viewport_size else 0
    if PICTURES:
        file = re.sub(r"[^\w.-]+", "-", name).strip("-") or "home"
        page.screenshot(path=str(Path(PICTURES) / f"{file}-{width}-{language}.png"), full_page=True)
    found = Axe().run(page)
    wrong = [found.generate_report()] if found.violations_count else []
    asked: dict[str, bool] = {
        "is wider than the screen": not page.evaluate(
            "document.documentElement.scrollWidth <= document.documentElement.clientWidth"
        ),
        "has not one heading": page.locator("h1").count() != 1,
        "is in another language": page.locator("html").get_attribute("lang") != language,
    }
    wrong += [text for text, is_so in asked.items() if is_so]
    for text, script in _FAULTS.items():
        faults = page.evaluate(script, 44 if width < 600 else 24)
        wrong += [f"{text}: {faults}"] if faults else []
    return [f"{name} ({width}, {language}) {text}" for text in wrong]


_FAULTS = {
    "has fields without a name": """() => [...document.querySelectorAll('input:not([type=hidden]), select, textarea')]
        .filter(e => e.checkVisibility() && !e.closest('[aria-hidden=true]')
            && !e.labels?.length && !e.getAttribute('aria-label'))
        .map(e => e.outerHTML.slice(0, 120))""",
    "names an id twice": """() => { const ids = [...document.querySelectorAll('[id]')].map(e => e.id);
        return ids.filter((id, i) => ids.indexOf(id) !== i); }""",
    "points to nothing": """() => [...document.querySelectorAll('[aria-describedby]')].flatMap(e =>
        e.getAttribute('aria-describedby').split(/\\s+/).filter(id => !document.getElementById(id)))""",
    "has what is too small to hit": """least => [...document.querySelectorAll(
        'button, input, select, summary, nav a, .button, .tick label, main label:has([type=checkbox])')]
        .filter(e => e.checkVisibility() && !['hidden', 'checkbox', 'radio'].includes(e.type)
            && !e.classList.contains('unseen') && !e.closest('.leaflet-container')
            && e.getBoundingClientRect().height < least)
        .map(e => e.outerHTML.slice(0, 120))""",
}


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_every_page_has_no_barrier_fits_and_asks_nobody_else(
    page: Page, desk: tuple[str, str, dict[str, str]], width: str, language: str
) -> None:
    asked: list[str] = []
    told: list[str] = []
    wrong: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: told.append(f"{page.url}: {message.text}"))
    paths = [path for paths in PAGES.values() for path in paths]
    for path in paths if counting.IS_FULL else paths[VIEWS.index((width, language)) :: len(VIEWS)]:
        address = path.format(**desk[2])
        page.goto(f"/desk{address}{'&' if '?' in address else '?'}lang={language}")
        wrong += look(page, address, language)
    assert wrong == [], "\n\n".join(wrong)
    assert {urlsplit(url).hostname for url in asked} == {"127.0.0.1"}
    # A browser tells of every answer that is no success; these two pages are one.
    assert [text for text in told if not re.search(r"/(link|upload/99999999)\b.*404", text)] == []


@pytest.mark.parametrize(("width", "language"), VIEWS)
def test_pages_that_answer_what_was_sent_have_no_barrier(page: Page, language: str) -> None:
    wrong: list[str] = []
    page.goto(f"/desk/register/site?sort=code&lang={language}")
    page.locator("input[name=code]").first.check()
    page.locator("button[value=publish]").click()
    page.wait_for_load_state()
    wrong += look(page, "bulk", language)
    page.goto(f"/desk/records/site/new?lang={language}")
    page.locator("[name='name.vi']").fill("Đình làng")
    page.locator("[name='code']").fill("không phải mã số")
    page.locator("button[value=save]:visible:not(.unseen)").first.click()
    page.wait_for_load_state()
    assert page.locator("[aria-invalid=true]").count() > 0
    wrong += look(page, "form with errors", language)
    page.goto(f"/desk/dossiers/new?record=QNM-0002&lang={language}")
    page.locator("[name=one_stop_url]").fill("không phải địa chỉ")
    page.locator("[name=regulation]").select_option("rank-provincial")
    page.locator("button[value=save]").click()
    page.wait_for_load_state()
    assert page.locator("[aria-invalid=true]").count() == 1
    assert page.locator("[name=one_stop_url]").input_value() == "không phải địa chỉ"
    wrong += look(page, "dossier with errors", language)
    page.goto(f"/desk/geometry/upload?lang={language}")
    page.locator("input[type=file]").set_input_files(
        {"name": "a.kml", "mimeType": "application/vnd.google-earth.kml+xml", "buffer": b"no geodata"}
    )
    page.locator("main button").click()
    page.wait_for_load_state()
    wrong += look(page, "upload refused", language)
    assert wrong == [], "\n\n".join(wrong)
