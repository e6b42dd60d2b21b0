"""A register of any size, made as a province's would look: names, places, ranks, gaps, revisions, in bulk."""

from __future__ import annotations

import datetime as dt
import random
from collections.abc import Mapping
from typing import Any, TypeAlias, cast

import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Role, User
from app.accounts.operations import system_actor
from app.catalogue import KINDS
from app.core.batches import batches
from app.core.db import Model, db
from app.core.text import document_tokens, fold
from app.exchange.seed import load_seed
from app.heritage.models import Address, Decision, DecisionItem, InventoryEntry, Location, Site, Zone
from app.http.settings import current_settings
from app.places.models import Unit
from app.records.models import Changeset, HistoryEntry, Record, Revision
from app.records.register import RegisterEntry, RegisterFacet

_WHAT = (
    "Đình làng", "Chùa", "Miếu", "Lăng bà", "Nhà thờ tộc", "Hội quán", "Giếng cổ", "Tháp", "Địa đạo", "Văn chỉ",
    "Nhà lưu niệm", "Mộ", "Bia di tích", "Căn cứ", "Địa điểm vụ thảm sát", "Nhà cổ", "Cầu", "Lăng ông Ngư",
)  # fmt: skip
WHOSE = (
    "Trần", "Nguyễn", "Lê", "Phạm", "Huỳnh", "Phan", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Dương", "Lý", "Trương",
)  # fmt: skip
FIRST = (
    "Phước", "Cẩm", "Thanh", "Bình", "An", "Hòa", "Kim", "Long", "Mỹ", "Trà", "Đại", "Điện", "Tam", "Duy", "Quế",
    "Tiên", "Thăng", "Hương", "Xuân", "Vĩnh",
)  # fmt: skip
SECOND = (
    "Kiều", "Hà", "Châu", "Sơn", "Lộc", "Thạnh", "Giang", "Phú", "Nam", "Đông", "Tây", "Trung", "Lãnh", "Ấm", "Hiệp",
    "Nghĩa", "Thắng", "Lâm", "Quang", "Trạch", "Đức", "Ái", "Mân", "Kỳ", "Bửu",
)  # fmt: skip
_TYPES = ("historical", "architectural_artistic", "archaeological", "scenic", "memorial_person")
_DOUBTS = ("rank_unverified", "location_unverified", "date_disputed")
# One word in a hundred thousand, to ask for what is hardly there.
RARE_WORD = "Tây Hồ Di Chỉ"
RARE_TAG = "kiểm tra đột xuất"
_CHUNK = 2000
# A commune: key, public id, and the public ids and names of all units that hold it or held it.
_Place: TypeAlias = tuple[int, str, tuple[str, ...], tuple[str, ...]]
_START = dt.datetime(2020, 1, 1, tzinfo=dt.UTC)


def fill(app: Flask, count: int) -> None:
    """Load the seed, then add `count` records: seven sites, two decisions and one zone of every ten."""
    with app.app_context():
        session = db.session()
        load_seed(session, current_settings())
        writer = system_actor(session, "bench", Role.EDITOR)
        session.commit()
        _Filling(session, writer, count).run()
        session.commit()
        _analyse(session)


def _analyse(session: Session) -> None:
    session.execute(sa.text("ANALYZE"))
    session.commit()
    if session.get_bind().dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))


class _Filling:
    """The rows of one filling, by table, written when there are enough."""

    def __init__(self, session: Session, writer: User, count: int) -> None:
        self.session, self.writer_id, self.count = session, writer.id, count
        self.dice = random.Random(20261124)  # noqa: S311 - the same register every time
        self.rows: dict[type[Model], list[dict[str, Any]]] = {}
        self.keys = dict.fromkeys((Record, Revision, RegisterEntry), 0)
        for model in self.keys:
            column = cast("Any", model).id
            self.keys[model] = (session.scalar(sa.select(sa.func.max(column))) or 0) + 1
        self.changeset_id = self._changeset()
        self.communes = self._communes()
        self.sites: list[tuple[int, str]] = []

    def _changeset(self) -> int:
        changeset = Changeset(title="bench", author_id=self.writer_id)
        self.session.add(changeset)
        self.session.flush()
        return changeset.id

    def _communes(self) -> list[_Place]:
        """Give today's communes: key, public id, public ids and names of all units that hold them or held them."""
        locate = KINDS.locator(self.session)
        query = sa.select(Unit).where(Unit.level == "commune", Unit.valid_to.is_(None)).order_by(Unit.id)
        found = []
        for unit in self.session.scalars(query):
            units = locate((unit.id,), ())
            ids = tuple(other.public_id for other in units)
            found.append((unit.id, unit.public_id, ids, tuple(name for other in units for name in other.names)))
        return found

    def run(self) -> None:
        """Write everything, the sites before what names them."""
        sites = self.count * 7 // 10
        decisions = self.count * 2 // 10
        for number in range(sites):
            self._site(number)
            self._flush_if_many()
        self._flush()
        for number in range(decisions):
            self._decision(number)
            self._flush_if_many()
        self._flush()
        for number in range(self.count - sites - decisions):
            self._zone(number)
            self._flush_if_many()
        self._flush()
        self._settle_sequences()

    def _settle_sequences(self) -> None:
        """Let PostgreSQL's sequences go on behind the keys that were given here."""
        if self.session.get_bind().dialect.name != "postgresql":
            return
        for table in ("records", "revisions", "register_entries"):
            self.session.execute(
                sa.text(f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), (SELECT max(id) FROM {table}))")  # noqa: S608
            )

    def _flush_if_many(self) -> None:
        if len(self.rows.get(Record, ())) >= _CHUNK:
            self._flush()

    def _flush(self) -> None:
        order = (Record, Site, Decision, Zone)
        for model in sorted(self.rows, key=lambda model: order.index(model) if model in order else len(order)):
            rows = self.rows[model]
            if model is RegisterFacet:
                continue
            for chunk in batches(rows, _CHUNK):
                self.session.execute(sa.insert(cast("sa.Table", model.__table__)), chunk)
        for chunk in batches(self.rows.get(RegisterFacet, []), _CHUNK * 5):
            self.session.execute(sa.insert(cast("sa.Table", RegisterFacet.__table__)), chunk)
        self.rows = {}
        self.session.commit()

    def _add(self, model: type[Model], **row: Any) -> None:
        self.rows.setdefault(model, []).append(row)

    def _key(self, model: type[Any]) -> int:
        key = self.keys[model]
        self.keys[model] += 1
        return key

    def _record(
        self, kind: str, payload: Mapping[str, Any], *, label: str, texts: tuple[str, ...],
        facets: set[tuple[str, str]], place: _Place,
    ) -> int:  # fmt: skip
        """Add what every kind has: the record, its revision and history, the entry and its facets; gives the key."""
        key, code = self._key(Record), str(payload["code"])
        at = _START + dt.timedelta(seconds=37 * key)
        is_public = self.dice.random() < 0.8
        tags = [RARE_TAG] if key % 7001 == 0 else ["đợt 1"] if key % 3 == 0 else []
        self._add(
            Record, id=key, kind=kind, code=code, visibility="public" if is_public else "internal", version=1,
            tags=tags, created_at=at, updated_at=at,
        )  # fmt: skip
        revision = self._key(Revision)
        self._add(
            Revision, id=revision, changeset_id=self.changeset_id, record_id=key, kind=kind, code=code, number=1,
            base_version=0, state="accepted", accepted_version=1, payload={**payload, "tags": tags},
            author_id=self.writer_id, created_at=at, saved_at=at,
        )  # fmt: skip
        for action in ("draft", "submit", "accept"):
            self._add(
                HistoryEntry, at=at, actor_id=self.writer_id, action=action, kind=kind, code=code,
                version=1 if action == "accept" else None, revision_id=revision, changeset_id=self.changeset_id,
            )  # fmt: skip
        entry = self._key(RegisterEntry)
        self._add(
            RegisterEntry, id=entry, record_id=key, kind=kind, code=code, label={"vi": label},
            sort_key=fold(label)[:200], updated_at=at, tokens=document_tokens([label], place[3], [code, *texts]),
        )  # fmt: skip
        facets |= {("state", "public" if is_public else "internal")} | {("within", unit) for unit in place[2]}
        facets |= {("tag", tag) for tag in tags}
        for name, value in sorted(facets):
            self._add(RegisterFacet, name=name, value=value, kind=kind, entry_id=entry)
        return key

    def _name(self, number: int) -> str:
        if number % 50_000 == 11:
            return f"Miếu {RARE_WORD}"
        dice = self.dice
        what = dice.choice(_WHAT)
        whose = f"{dice.choice(WHOSE)} " if what in ("Nhà thờ tộc", "Mộ", "Nhà lưu niệm", "Nhà cổ") else ""
        return f"{what} {whose}{dice.choice(FIRST)} {dice.choice(SECOND)}"

    def _site(self, number: int) -> None:
        dice, code, name = self.dice, f"BEN-{number:06}", self._name(number)
        place = dice.choice(self.communes)
        types = dice.sample(_TYPES, k=2 if number % 40 == 0 else 1)
        has_point = dice.random() < 0.7
        doubts = [dice.choice(_DOUBTS)] if number % 100 == 0 else []
        entered = f"{15.2 + dice.random():.6f}, {107.5 + dice.random():.6f}"
        written = f"Thôn {dice.randint(1, 9)}, xã {dice.choice(FIRST)} {dice.choice(SECOND)}, tỉnh Quảng Nam"
        payload = {
            "code": code, "name": {"vi": name}, "types": types, "current_unit": place[1],
            "description": {"vi": f"{name} được dựng vào thế kỷ {dice.randint(15, 19)}. " * 6},
            "addresses": [{"uid": "a1", "role": "as_decided", "text": written}],
            "locations": [
                {"uid": "l1", "role": "main", "entered_text": entered, "entered_crs": "EPSG:4326", "accuracy_m": 20}
            ] if has_point else [],
            "inventory_entries": [{"uid": "i1", "list_name": "Danh mục kiểm kê di tích", "listed_from": "2019"}],
        }  # fmt: skip
        gaps = {"no_zones"} | (set() if has_point else {"no_point"})
        facets = {("type", one) for one in types} | {("gap", gap) for gap in gaps} | {("has", "gap")}
        facets |= {("doubt", one) for one in doubts} | ({("has", "doubt")} if doubts else set())
        facets.add(("rank", ("none", "provincial", "national", "special_national")[self._rank(number)]))
        key = self._record("site", payload, label=name, texts=(written,), facets=facets, place=place)
        self.sites.append((key, code))
        self._add(
            Site, id=key, name={"vi": name}, types=types, types_as_ranked=[], period={}, significance={},
            description=payload["description"], current_unit_id=place[0], is_text_cleared=False,
        )  # fmt: skip
        self._add(Address, site_id=key, uid="a1", position=0, role="as_decided", text=written)
        self._add(
            InventoryEntry, site_id=key, uid="i1", position=0, list_name="Danh mục kiểm kê di tích",
            listed_from="2019", listed_from_on=dt.date(2019, 1, 1),
        )  # fmt: skip
        if has_point:
            self._location(key, entered)

    def _location(self, key: int, entered: str) -> None:
        from shapely.geometry import Point  # noqa: PLC0415 - only where it is made

        lat, lon = (float(part) for part in entered.split(", "))
        self._add(
            Location, site_id=key, uid="l1", position=0, role="main", entered_text=entered, entered_crs="EPSG:4326",
            geom=Point(lon, lat), accuracy_m=20, obtained={},
        )  # fmt: skip

    @staticmethod
    def _rank(number: int) -> int:
        return 3 if number % 400 == 0 else 2 if number % 20 == 0 else 1 if number % 3 == 0 else 0

    def _decision(self, number: int) -> None:
        """Add a decision about the sites of its turn; every third site is ranked, some of them later cancelled."""
        dice = self.dice
        year = 1989 + number % 36
        dated = None if number % 50 == 0 else f"{year}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}"
        code, said = f"BEN-D{number:06}", f"{number + 1}/QĐ-UBND"
        share = -(-len(self.sites) // max(1, self.count * 2 // 10))
        taken = self.sites[number * share : (number + 1) * share]
        items = [
            {"uid": f"i{index}", "article": "1", "site": site, "action": "rank", "level": level, "key": key}
            for index, (key, site) in enumerate(taken)
            if (level := (None, "provincial", "national", "special_national")[self._rank(number * share + index)])
        ]
        if items and number % 97 == 0:
            items.append({**items[0], "uid": "x", "action": "cancel", "level": None})
        payload = {
            "code": code, "number": said, "date": dated, "issuer": "UBND tỉnh Quảng Nam",
            "title": {"vi": "Xếp hạng di tích"},
            "items": [{name: value for name, value in item.items() if name != "key"} for item in items],
        }  # fmt: skip
        facets = {("action", str(item["action"])) for item in items} | (set() if dated else {("gap", "no_date")})
        place = dice.choice(self.communes)
        key = self._record("decision", payload, label=said, texts=("UBND tỉnh Quảng Nam",), facets=facets, place=place)
        day = dt.date.fromisoformat(dated) if dated else None
        self._add(
            Decision, id=key, number=said, date=dated, earliest_on=day, latest_on=day, issuer="UBND tỉnh Quảng Nam",
            title=payload["title"],
        )  # fmt: skip
        for index, item in enumerate(items):
            self._add(
                DecisionItem, decision_id=key, record_id=item["key"], uid=item["uid"], position=index, article="1",
                action=item["action"], level=item["level"],
            )  # fmt: skip

    def _zone(self, number: int) -> None:
        site_key, site = self.sites[number * 7 % len(self.sites)]
        code, boundary = f"{site}-Z{number % 9 + 1}", {"vi": "Theo biên bản khoanh vùng."}
        payload = {"code": code, "site": site, "zone_type": "zone_1", "boundary_text": boundary}
        facets = {("zone_type", "zone_1"), ("gap", "no_boundary"), ("has", "gap")}
        place = self.dice.choice(self.communes)
        key = self._record("zone", payload, label=code, texts=(), facets=facets, place=place)
        self._add(Zone, id=key, site_id=site_key, zone_type="zone_1", boundary_text=boundary)
