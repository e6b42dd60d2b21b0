"""A site with all that its papers tell: units old and new, decision, zones, markers, artefacts, survey, custodian."""

from __future__ import annotations

from typing import Any

import shapely
from sqlalchemy.orm import Session

from app.accounts.models import Role
from app.accounts.operations import system_actor
from app.places.operations import write_units
from app.places.schemas import UnitSchema
from tests.harness import register

CODE = "QNM-0801"
GRID = "EPSG:5899"
# Corners of zone I on the grid: east, north, metres.
CORNERS = [(561450.0, 1756000.0), (561530.0, 1756010.0), (561540.0, 1756100.0), (561460.0, 1756110.0)]


def add_dossier(session: Session, **fields: Any) -> str:
    """Accept the site with everything about it; `fields` change the site's payload. Gives its code."""
    _add_units(session)
    register.accept(session, ("party", register.party("QNM-B801", name={"vi": "Trung tâm Quản lý Bảo tồn"})))
    register.accept(session, ("site", site(**fields)))
    item = {"record": CODE, "article": "1", "clause": "5"}
    decided = register.decision("QNM-D801", item, number="318/QĐ-UBND", date="2009-02-04", title={"vi": "Về xếp hạng"})
    register.accept(session, ("decision", decided), *artefacts(), ("survey", survey()))
    register.accept(session, *zones())
    return CODE


def _add_units(session: Session) -> None:
    rows = [
        {"code": "48", "name": {"vi": "Thành phố Đà Nẵng"}, "level": "province"},
        {"code": "20410", "name": {"vi": "Phường Hội An"}, "level": "commune", "parent": "48"},
    ]
    schema = UnitSchema()
    loaded = [dict(schema.load(row)) for row in rows]
    write_units(session, loaded, actor=system_actor(session, "test-admin", Role.ADMIN))


def site(**fields: Any) -> dict[str, Any]:
    """Give the site's payload: everything that a dossier asks for."""
    former = {
        "uid": "a2",
        "role": "historical",
        "text": "phường Minh An, thành phố Hội An, tỉnh Quảng Nam",
        "valid_to": "2025-06-30",
        "reason": "Sắp xếp đơn vị hành chính năm 2025",
    }
    given: dict[str, Any] = {
        "name": {"vi": "Đình làng Minh Hương", "en": "Communal house"},
        "other_names": [{"uid": "o1", "text": "Đình Ông", "language": "vi", "note": "cách gọi của người làng"}],
        "types": ["architectural_artistic"],
        "types_as_ranked": ["Kiến trúc nghệ thuật"],
        "current_unit": "20410",
        "address_detail": "Số 12, đường Trần Phú",
        "addresses": [{"uid": "a1", "role": "as_decided", "text": "xã Minh Hương, huyện Điện Bàn"}, former],
        "period": {"vi": "Thế kỷ XVII"},
        "description": {"vi": "Nhà ba gian hai chái.\nMái lợp ngói & gạch <cổ>."},
        "significance": {"vi": "Nơi sinh hoạt của cộng đồng."},
        "visit_facts": [{"uid": "v1", "topic": "access", "value": "Từ trung tâm đi 30 km"}],
        "custodianships": [{"uid": "c1", "party": "QNM-B801", "role": "manager", "since": "2020"}],
        "boundary_markers": [_marker(number, *place) for number, place in enumerate(CORNERS, start=1)],
        "sources": [{"uid": "s1", "citation": "Hồ sơ khoa học", "page": "tr. 3"}],
    }
    return register.site(CODE, **given | fields)


def _marker(number: int, east: float, north: float) -> dict[str, Any]:
    return {
        "uid": f"m{number}",
        "number": f"M{number}",
        "status": "placed",
        "entered_text": f"X={north} Y={east}",
        "entered_crs": GRID,
    }


def artefacts() -> list[tuple[str, dict[str, Any]]]:
    """Give two artefacts of the site, the second without its inventory code."""
    height = {"uid": "m1", "measure": "height", "value": 34.5, "unit": "cm"}
    one = register.artefact(
        "QNM-A801",
        site=CODE,
        inventory_code="ĐMH.CĐ.01",
        origin="original",
        period={"vi": "Thế kỷ XVIII"},
        description={"vi": "Chuông đồng."},
        condition="good",
        measurements=[height],
    )
    return [("artefact", one), ("artefact", one | {"code": "QNM-A802", "inventory_code": None})]


def survey() -> dict[str, Any]:
    """Give a survey of the site."""
    told = {"findings": {"vi": "Mái dột"}, "recommendations": {"vi": "Tu bổ mái"}}
    threats = [{"uid": "h1", "threat": "flood", "note": "hằng năm"}]
    return register.survey("QNM-S801", CODE, condition="deteriorating", threats=threats, **told)


def zones() -> list[tuple[str, dict[str, Any]]]:
    """Give zone I with its minutes, and zone II around it with coordinates alone."""
    inner = shapely.Polygon(CORNERS)
    outer = shapely.box(561390, 1755940, 561600, 1756170).difference(inner)
    papers = {
        "area_m2": 8100.0,
        "cadastral_sheet": "12",
        "cadastral_plot": "101, 102",
        "decision": "QNM-D801",
        "minutes": "Biên bản khoanh vùng",
        "minutes_date": "2008-11-20",
        "boundary_text": {"vi": "Bắc giáp đường làng; Nam giáp ruộng; Đông giáp vườn; Tây giáp kênh"},
    }
    place = {"entered_text": inner.wkt, "entered_crs": GRID}
    around = {"entered_text": outer.wkt, "entered_crs": GRID, "zone_type": "zone_2", "decision": "QNM-D801"}
    return [
        ("zone", register.zone(f"{CODE}-Z1", CODE, **place, **papers)),
        ("zone", register.zone(f"{CODE}-Z2", CODE, **around)),
    ]
