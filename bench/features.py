"""A publication of any size, as a country's would look: sites clustered about towns, as `store` publishes them."""

from __future__ import annotations

import dataclasses
import itertools
import random
import sys
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

import shapely
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.core.db import db
from app.core.text import document_tokens, slugify
from app.exchange.imports import import_reference
from app.exchange.seed import SEED
from app.exchange.sheets import read_sheet
from app.http.settings import current_settings
from app.publication.collections import COLLECTIONS
from app.publication.links import item_links, page_path
from app.publication.operations import publish_reference
from app.publication.schema import Place, Projection, Rendering, Workshop
from app.publication.site_properties import SITE_PROPERTIES
from app.publication.values import type_values
from app.vocabularies.operations import write_concepts
from app.vocabularies.schemas import ConceptSchema
from bench.generator import FIRST, SECOND, WHOSE
from bench.loading import load

# Name, longitude, latitude, how far its surroundings reach (degrees), its share.
TOWNS = (
    ("Hội An", 108.335, 15.880, 0.05, 8), ("Đà Nẵng", 108.206, 16.060, 0.10, 6), ("Tam Kỳ", 108.474, 15.573, 0.08, 4),
    ("Điện Bàn", 108.240, 15.890, 0.06, 4), ("Huế", 107.585, 16.463, 0.08, 8), ("Hà Nội", 105.852, 21.028, 0.18, 10),
    ("Ninh Bình", 105.975, 20.254, 0.12, 5), ("Nam Định", 106.168, 20.434, 0.12, 4),
    ("Vinh", 105.692, 18.679, 0.15, 4),
    ("Thanh Hóa", 105.776, 19.807, 0.20, 5), ("Hải Phòng", 106.688, 20.845, 0.12, 4),
    ("Quy Nhơn", 109.223, 13.776, 0.12, 3),
    ("Nha Trang", 109.196, 12.239, 0.10, 3), ("Phan Rang", 108.990, 11.565, 0.10, 2),
    ("Đà Lạt", 108.441, 11.940, 0.10, 2),
    ("Sài Gòn", 106.701, 10.776, 0.15, 8), ("Cần Thơ", 105.788, 10.034, 0.20, 4),
    ("Châu Đốc", 105.117, 10.700, 0.12, 2),
    ("Đồng Hới", 106.622, 17.468, 0.12, 2), ("Cao Bằng", 106.258, 22.666, 0.25, 2),
    ("Điện Biên", 103.023, 21.386, 0.25, 1),
    ("Buôn Ma Thuột", 108.038, 12.667, 0.25, 2), ("Bắc Ninh", 106.076, 21.186, 0.10, 5),
    ("Hưng Yên", 106.051, 20.646, 0.10, 3),
)  # fmt: skip
_WHAT = (
    ("Đình làng", "communal house of {}", "architectural_artistic"), ("Chùa", "{} pagoda", "architectural_artistic"),
    ("Miếu", "shrine of {}", "architectural_artistic"), ("Lăng bà", "mausoleum of the Lady of {}",
    "architectural_artistic"),
    ("Nhà thờ tộc", "{} family chapel", "historical"), ("Hội quán", "{} assembly hall", "architectural_artistic"),
    ("Giếng cổ", "old well of {}", "archaeological"), ("Tháp", "{} tower", "architectural_artistic"),
    ("Địa đạo", "{} tunnels", "historical"), ("Văn chỉ", "temple of literature of {}", "historical"),
    ("Nhà lưu niệm", "{} memorial house", "memorial_person"), ("Mộ", "tomb of {}", "memorial_person"),
    ("Căn cứ", "{} base", "historical"), ("Nhà cổ", "old house of {}", "architectural_artistic"),
    ("Cầu", "{} bridge", "architectural_artistic"), ("Bãi biển", "{} beach", "scenic"),
)  # fmt: skip
_RANKS = (("special_national", 0.005, 0), ("national", 0.08, 1), ("provincial", 0.4, 2), ("inventoried", 1.0, 3))
_POLICIES = (("exact", 0.93), ("blurred", 0.98), ("unit_only", 1.0))
_TAGS = ("temple", "clan_chapel", "champa", "war", "craft_village", "old_town", "riverside", "festival")
_DOUBTS = ("rank_unverified", "location_unverified", "date_disputed", "source_not_opened")
_CENTURIES = ("XV", "XVI", "XVII", "XVIII", "XIX")
_COMMUNES = 25
_SEED = 20261127
_SHOWN = [found.name for found in SITE_PROPERTIES if not found.is_filter_only and found.name != "modified_at"]


@dataclasses.dataclass(frozen=True, slots=True)
class Commune:
    """A commune of a town: its public id of today and of before, its names, and where it lies."""

    town: str
    unit: str
    former: str
    name: str
    district: str
    lon: float
    lat: float
    reach: float


def fill(app: Flask, count: int) -> None:
    """Publish the vocabularies, then `count` sites: the same ones in the same order at every size."""
    with app.app_context():
        session = db.session()
        publish_concepts(session)
        load(session, "sites", projections(session, count), _tell)
        _settle(session)


def publish_concepts(session: Session) -> None:
    """Write the terms that the sites use, and publish them; commits."""
    actor = system_actor(session, "bench", Role.ADMIN)
    concepts = list(read_sheet(SEED / "concepts.csv"))
    import_reference(session, ConceptSchema(), "concept", concepts, write_concepts, actor=actor)
    publish_reference(session, settings=current_settings())
    session.commit()


def _tell(done: int) -> None:
    if sys.stderr.isatty():
        print(f"\r{done:,} sites", end="", file=sys.stderr, flush=True)


def _settle(session: Session) -> None:
    """Do what the engines do by themselves in the long run: statistics, and PostgreSQL's map of visible rows."""
    if session.get_bind().dialect.name == "postgresql":
        session.rollback()
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            connection.execute(sa.text("VACUUM ANALYZE"))
    else:
        session.execute(sa.text("ANALYZE"))
        session.commit()
        session.execute(sa.text("PRAGMA wal_checkpoint(TRUNCATE)"))
        session.rollback()


def _communes(dice: random.Random) -> dict[str, list[Commune]]:
    """Make each town's communes; their names come again and again, as they do in life."""
    found: dict[str, list[Commune]] = {}
    for index, (town, lon, lat, reach, _) in enumerate(TOWNS):
        found[town] = [
            Commune(
                town,
                f"{(index + 1) * 1000 + number:05}",
                f"{(index + 1) * 1000 + 500 + number:05}~2025",
                f"{dice.choice(FIRST)} {dice.choice(SECOND)}",
                f"{dice.choice(FIRST)} {dice.choice(SECOND)}",
                dice.gauss(lon, reach),
                dice.gauss(lat, reach),
                reach / 5,
            )
            for number in range(_COMMUNES)
        ]
    return found


def _open_workshop(session: Session) -> Workshop:
    workshop = Workshop(session, current_settings())
    # Read now and taken out of the session, which commits between the sites and would read each term anew.
    if workshop.vocabulary:
        session.expunge_all()
    return workshop


def projections(session: Session, count: int) -> Iterator[tuple[int, Projection]]:
    """Make sites, by their keys; the first are the same however many there are."""
    return _made(_open_workshop(session), count)


def _made(workshop: Workshop, count: int) -> Iterator[tuple[int, Projection]]:
    dice = random.Random(_SEED)  # noqa: S311 - the same features every time
    communes = _communes(dice)
    towns = [town[0] for town in TOWNS]
    shares = list(itertools.accumulate(town[4] for town in TOWNS))
    for key in range(1, count + 1):
        town = dice.choices(towns, cum_weights=shares)[0]
        yield key, _projection(workshop, dice, key, dice.choice(communes[town]))


def _projection(workshop: Workshop, dice: random.Random, key: int, commune: Commune) -> Projection:
    code = f"BEN-{key:07}"
    draw = dice.random()
    rank, _, weight = next(one for one in _RANKS if draw < one[1])
    draw = dice.random()
    policy = next(name for name, share in _POLICIES if draw < share)
    what, english, kind = dice.choice(_WHAT)
    own = f"{dice.choice(WHOSE if dice.random() < 0.4 else FIRST)} {dice.choice(SECOND)}"
    facts = {
        "code": code, "rank": rank, "policy": policy, "type": kind,
        "name": {"vi": f"{what} {own}", "en": english.format(own)[:1].upper() + english.format(own)[1:]},
        "century": dice.choice(_CENTURIES), "tags": dice.sample(_TAGS, k=dice.randint(0, 2)),
        "doubts": [dice.choice(_DOUBTS)] if dice.random() < 0.3 else [],
        "decided": f"{dice.randint(1990, 2024)}-{dice.randint(1, 12):02}-{dice.randint(1, 28):02}",
        "number": f"{dice.randint(1, 4999)}/QĐ-UBND",
        "founder": f"{dice.choice(WHOSE)} {dice.choice(FIRST)} {dice.choice(SECOND)}",
        "founded": dice.randint(1470, 1890), "people": dice.sample(WHOSE, k=3), "beams": dice.randint(3, 9),
        "precision": dice.choice((10, 20, 50, 200, 3000)) if policy == "exact" else 1600,
    }  # fmt: skip
    lon, lat = dice.gauss(commune.lon, commune.reach), dice.gauss(commune.lat, commune.reach)
    place = None
    if policy != "unit_only":
        digits = 2 if policy == "blurred" else 5
        point = shapely.Point(round(lon, digits), round(lat, digits))
        place = Place(point.x, point.y, facts["precision"], point)
    pages = {
        language: page_path("sites", language, f"{slugify(facts['name'][language])}-{code.lower()}")
        for language in ("vi", "en")
    }
    made = Projection(
        code=code,
        weight=weight,
        place=place,
        values=_values(facts, commune),
        renderings={language: _render(workshop, facts, commune, pages, language) for language in ("vi", "en")},
    )
    return dataclasses.replace(made, typed=type_values(workshop, COLLECTIONS["sites"], made))


def _values(facts: dict[str, Any], commune: Commune) -> tuple[tuple[str, str], ...]:
    former_province = f"{commune.former[:2]}~2025"
    found = {("location_policy", facts["policy"]), ("type", facts["type"]), ("unit", commune.unit)}
    found |= {("within", one) for one in (commune.unit, commune.former, commune.unit[:2], former_province)}
    found |= {("tags", tag) for tag in facts["tags"]} | {("doubts", tag) for tag in facts["doubts"]}
    return tuple(sorted(found | {("rank", facts["rank"])}))


_SAID = {
    "vi": (
        "{name} là di tích ở xã {commune}, huyện {district} cũ, gần {town}. Tương truyền do {founder} dựng năm "
        "{founded}, "
        "thế kỷ {century}; các tộc {people} góp công, góp của. Kiến trúc ba gian hai chái, {beams} vì kèo, mái "
        "ngói âm dương, "
        "chạm khắc gỗ của thợ Kim Bồng. Lễ tế xuân thu vẫn được giữ; trong kháng chiến nơi đây là cơ sở nuôi "
        "giấu cán bộ."
    ),
    "en": (
        "{name} stands in {commune} commune, former {district} district, near {town}. It is said to have been "
        "founded by "
        "{founder} in {founded}, in the {century} century; the {people} families gave work and money. Three "
        "bays and two wings, "
        "{beams} trusses, yin-yang tiles, carving by the joiners of Kim Bồng. The spring and autumn rites are "
        "still kept; during "
        "the war cadres were sheltered here."
    ),
}  # fmt: skip


def _render(
    workshop: Workshop, facts: dict[str, Any], commune: Commune, pages: dict[str, str], language: str
) -> Rendering:
    is_vi, name = language == "vi", facts["name"][language]
    said = _SAID[language].format(
        **{**facts, "name": name, "people": ", ".join(facts["people"])},
        commune=commune.name, district=commune.district, town=commune.town,
    )  # fmt: skip
    in_words = ("Xã {}, tỉnh {}" if is_vi else "{} commune, {} province").format(commune.name, commune.town)
    written = (
        f"Xã {commune.name}, huyện {commune.district}, tỉnh {commune.town}"
        if is_vi
        else f"{commune.name} commune, {commune.district} district, {commune.town} province"
    )

    is_open = facts["policy"] == "exact"
    properties: dict[str, Any] = {
        "code": facts["code"], "name": name, "name_lang": language,
        "other_names": [{"text": facts["name"]["en" if is_vi else "vi"], "language": "en" if is_vi else "vi",
        "note": None}],
        "types": [facts["type"]], "type_labels": [workshop.label("site_types", facts["type"], language)],
        "types_as_ranked": [],
        "rank": facts["rank"], "rank_label": workshop.label("levels", facts["rank"], language),
        "is_rank_certain": not facts["doubts"],
        "is_world_heritage": False,
        "decisions": [_decision(workshop, facts, commune, language)] if facts["rank"] != "inventoried" else [],
        "inventory": [
            {"list_name": "Danh mục kiểm kê di tích", "listed_from": "2019", "listed_until": None, "note": None}
        ],
        "parent": None, "components": [], "dated": f"{facts['founded']}", "dated_label": f"{facts['founded']}",
        "year_from": facts["founded"], "year_to": facts["founded"],
        "period": f"Thế kỷ {facts['century']}" if is_vi else f"{facts['century']} century",
        "description": said if is_open else None, "description_lang": language if is_open else None,
        "significance": None,
        "unit": commune.unit, "unit_name": in_words, "address_detail": None,
        "addresses": [
            {
                "role": "historical", "role_label": workshop.label("address_roles", "historical", language),
                "text": written, "unit": commune.former, "valid_to": "2025-06-30",
                "reason": "Sắp xếp đơn vị hành chính từ ngày 01/7/2025",
            }
        ],
        "location_policy": facts["policy"],
        "location_precision_m": facts["precision"] if facts["policy"] != "unit_only" else None,
        "location_source": "đo tại chỗ" if is_vi else "measured on site", "responsible": [],
        "visit": [
            {
                "topic": "hours", "topic_label": workshop.label("visit_topics", "hours", language),
                "value": "Mo-Su 07:00-17:00",
                "verified_on": None, "source": "Ban Quản lý di tích",
            }
        ],
        "doubts": [
            {"tag": tag, "label": workshop.label("doubts", tag, language), "note": None} for tag in facts["doubts"]
        ],
        "tags": facts["tags"],
        "sources": [
            {"citation": f"Báo địa phương: Xếp hạng di tích cấp tỉnh đợt {facts['beams']}", "page": None, "url": None}
        ],
        "images": [], "documents": [], "recordings": [], "licence": "CC-BY-4.0", "attribution": "Di sản Việt Nam",
        "url": pages[language], "languages": ["vi", "en"],
    }  # fmt: skip
    if sorted(properties) != sorted(_SHOWN):
        sys.exit(f"sites have other properties by now: {sorted(set(properties) ^ set(_SHOWN))}")
    names = list(facts["name"].values())
    places = [commune.name, commune.district, commune.town, f"Xã {commune.name}", f"Huyện {commune.district}"]
    labelled = [properties["type_labels"][0] or "", properties["rank_label"] or ""]
    texts = [facts["code"], facts["number"], *labelled, written]
    if is_open:
        # Piece by piece, for most of them come again.
        texts += [_SAID[language], facts["founder"], str(facts["founded"]), facts["century"], *facts["people"]]
    slug = pages[language].rpartition("/")[2]
    links = item_links("sites", facts["code"], pages)
    return Rendering(slug, properties, links, _tokens(names, places, texts))


def _tokens(names: Sequence[str], places: Sequence[str], texts: Sequence[str]) -> list[str]:
    """Make the tokens that `document_tokens` makes of all together, which is the union of what it makes of each."""
    made = [_tokens_of("names", name) for name in names]
    made += [_tokens_of("places", place) for place in places]
    made += [_tokens_of("text", text) for text in texts]
    return sorted(set().union(*made))


@lru_cache(20_000)
def _tokens_of(kind: str, text: str) -> frozenset[str]:
    parts = {"names": (), "places": (), "text": ()} | {kind: (text,)}
    return frozenset(document_tokens(**parts))


def _decision(workshop: Workshop, facts: dict[str, Any], commune: Commune, language: str) -> dict[str, Any]:
    return {
        "code": f"BEN-D{facts['code'][-5:]}", "number": facts["number"], "date": facts["decided"],
        "date_label": facts["decided"], "issuer": f"UBND tỉnh {commune.town}", "action": "rank",
        "action_label": workshop.label("decision_actions", "rank", language), "rank": facts["rank"],
        "rank_label": workshop.label("levels", facts["rank"], language), "inscription": None, "inscription_label": None,
        "recognition": None, "recognition_label": None, "article": "1", "clause": None, "note": None,
        "is_undated": False,
        "is_in_force": True, "images": [], "documents": [], "recordings": [],
    }  # fmt: skip
