"""Guessing what the columns of a table mean, from their headings in Vietnamese and English, marks left out."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from app.exchange.intake.lookups import plain_words
from app.exchange.intake.targets import find_target, part_names, targets_of
from app.exchange.tables.lines import GEOMETRY, SYSTEM, Cell, Line, is_blank, text_of
from app.records.kinds import Kind

# Headings as officers write them (folded), by kind where only one means that; what comes first is asked first.
_COMMON: dict[str, str] = {
    # In a table of what belongs to sites “Di tích” is the site; in one of sites, its name.
    "site": "thuoc di tich|di tich|noi luu giu|site|ma di tich",
    "record": "di tich|ma di tich|doi tuong|record",
    "code": "ma so|ma|ma ho so|ma di tich|ma hien vat|ma di san|ma dinh danh|record code|so hieu",
    "name.vi": "ten|ten goi|ten day du|ten di tich|ten hien vat|ten di san|ten goi di tich|ten tieng viet|ten le hoi|"
    "ten su kien|ten diem|ten di tich danh thang|di tich|hien vat|name|official name|title",
    "name.en": "ten tieng anh|ten anh|english name|name in english|name en|ten bang tieng anh",
    "title.vi": "tieu de|trich yeu|noi dung|ve viec|title",
    "other_names.1.text": "ten khac|ten goi khac|ten dan gian|ten thuong goi|ten cu|other name|other names|alias",
    "description.vi": "mo ta|khao ta|mieu ta|gioi thieu|description|noi dung mo ta",
    "description.en": "mo ta tieng anh|description in english|english description",
    "significance.vi": "gia tri|y nghia|gia tri tieu bieu|significance",
    "dated": "nien dai|nam xay dung|thoi gian xay dung|nam tao lap|dating|date built|nien dai tuyet doi",
    "period.vi": "thoi ky|nien dai tuong doi|thoi dai|period",
    "year_from": "tu nam|nam bat dau|first year",
    "year_to": "den nam|nam ket thuc|last year",
    "types": "loai hinh|loai|loai di tich|loai hinh di tich|phan loai|type|types",
    "current_unit": "don vi hanh chinh|xa phuong|phuong xa|xa|phuong|don vi hanh chinh hien nay|xa phuong moi|"
    "xa phuong thi tran|commune|ward|administrative unit|dia ban|xa phuong hien nay",
    "unit": "don vi hanh chinh|xa phuong|phuong xa|xa|phuong|commune|ward|dia ban",
    "address_detail": "dia diem|dia chi|so nha duong|thon|khoi pho|thon khoi pho|thon to|address|location",
    "address.vi": "dia chi|dia diem|address",
    "addresses.1.text": "dia chi cu|dia diem cu|dia chi truoc sap nhap|dia chi theo quyet dinh|former address",
    "addresses.1.unit": "xa phuong cu|don vi hanh chinh cu|former unit",
    "locations.1.entered_text": "toa do|toa do gps|coordinates|gps|vi tri toa do",
    "locations.1.x_north": "x|toa do x|x m|x vn 2000|toa do vn 2000 x|north|northing",
    "locations.1.y_east": "y|toa do y|y m|y vn 2000|toa do vn 2000 y|east|easting",
    "locations.1.latitude": "vi do|lat|latitude|toa do vi do|vi do n",
    "locations.1.longitude": "kinh do|lon|lng|long|longitude|toa do kinh do|kinh do e",
    "locations.1.entered_crs": "he toa do|he quy chieu|crs|coordinate system",
    "locations.1.accuracy_m": "do chinh xac|sai so|accuracy|do chinh xac m|accuracy m",
    "custodianships.1.party": "don vi quan ly|co quan quan ly|don vi phu trach|nguoi quan ly|managed by",
    "sources.1.citation": "nguon|tai lieu tham khao|nguon tai lieu|source|sources|can cu|nguon trich dan",
    "sources.1.url": "duong dan|lien ket|url|link",
    "tags": "tu khoa|nhan|tags|keywords",
    "note": "ghi chu|note|notes|remarks",
    "inventory_code": "ma kiem ke|so kiem ke|ma so a b c|so dang ky kiem ke|inventory code|ma so kiem ke",
    "registration_number": "so dang ky|so giay chung nhan|registration number",
    "registered_on": "ngay dang ky|registered on",
    "artefact_kind": "loai hien vat|phan loai hien vat|di vat co vat|loai|kind",
    "origin": "nguon goc|origin",
    "materials": "chat lieu|vat lieu|material|materials",
    "condition": "tinh trang|hien trang|tinh trang bao quan|condition",
    "condition_note": "mo ta tinh trang|ghi chu tinh trang",
    "kept_place": "vi tri trung bay|noi dat|noi de|vi tri|kept at",
    "parent": "thuoc di tich|di tich goc|cum di tich|di tich me|component of",
    "domain": "loai hinh|linh vuc|loai hinh di san|domain",
    "community.vi": "chu the|cong dong|chu the van hoa|community",
    "decision.number": "so quyet dinh|quyet dinh xep hang|so qd|quyet dinh|so quyet dinh xep hang|qd xep hang|"
    "quyet dinh so|so quyet dinh cong nhan|decision number",
    "decision.date": "ngay quyet dinh|ngay xep hang|ngay qd|ngay ban hanh|ngay ky|ngay thang quyet dinh|decision date",
    "decision.issuer": "co quan ban hanh|co quan quyet dinh|noi ban hanh|cap quyet dinh|decided by",
    "decision.level": "cap xep hang|xep hang|cap di tich|cap|hang|muc xep hang|rank|level|cap do xep hang",
    "number": "so quyet dinh|so|so hieu van ban|so ky hieu|number",
    "date": "ngay quyet dinh|ngay ban hanh|ngay ky|ngay|date",
    "issuer": "co quan ban hanh|noi ban hanh|cap ban hanh|co quan ky|issuer",
    "zone_type": "khu vuc|khu vuc bao ve|loai khu vuc|zone",
    "area_m2": "dien tich|dien tich m2|area|dien tich m",
    "cadastral_sheet": "to ban do|to ban do so|so to|to ban do dia chinh|cadastral sheet",
    "cadastral_plot": "thua dat|thua dat so|so thua|thua|thua so|cadastral plot",
    "minutes": "bien ban|bien ban khoanh vung|so bien ban",
    "minutes_date": "ngay bien ban|ngay lap bien ban",
    "category": "loai|loai dich vu|loai hinh|category|nhom",
    "opening_hours": "gio mo cua|gio hoat dong|opening hours",
    "phone": "dien thoai|so dien thoai|sdt|phone|tel",
    "website": "website|trang web|trang mang",
    "email": "email|thu dien tu|e mail",
    "party_kind": "loai|loai chu the|kind",
    "surveyed_on": "ngay khao sat|ngay kiem tra|surveyed on",
    "surveyor": "nguoi khao sat|nguoi kiem tra|surveyor",
    "work_kind": "loai cong viec|loai hinh tu bo|hinh thuc",
    "cost": "kinh phi|tong kinh phi|cost|tong muc dau tu",
    "currency": "don vi tien|don vi tien te|currency",
    "started_on": "ngay khoi cong|bat dau|khoi cong|started on",
    "finished_on": "ngay hoan thanh|ket thuc|hoan thanh|finished on",
    "starts_on": "tu ngay|ngay bat dau|starts on",
    "ends_on": "den ngay|ngay ket thuc|ends on",
}
_NUMBERED = re.compile(r"(?P<heading>.+?)\s*(?P<number>[1-9]\d?)")
_IGNORED = {"stt", "tt", "so tt", "so thu tu", "no", "#", "id", "fid"}
# A heading stands among the first lines, below a sheet's titles.
_LOOKED_AT = 30
_EXACT = re.compile(r"(?P<field>[a-z][a-z0-9_]*)_(?P<language>[a-z]{2,3})")


@dataclass(frozen=True, slots=True)
class Heading:
    """Where a table begins: the line (its place among the lines read) after which it does, and its columns' names."""

    place: int
    columns: tuple[str, ...]
    is_double: bool = False


class Guesser:
    """Knows what headings mean for a kind; `labels` are what forms call the fields, by path without numbers."""

    def __init__(self, kind: Kind, languages: tuple[str, ...], labels: Mapping[str, Iterable[str]]) -> None:
        self._kind, self._languages = kind, languages
        self._targets = targets_of(kind, languages)
        self._known: dict[str, str] = {}
        by_plain: dict[str, str] = {}
        for target in self._targets.values():
            by_plain.setdefault(target.plain, target.path)
        own = {by_plain[plain]: names for plain, names in labels.items() if plain in by_plain and "." not in plain}
        common = {path: names.split("|") for path, names in _COMMON.items() if path in self._targets}
        of_parts = {by_plain[plain]: names for plain, names in labels.items() if plain in by_plain and "." in plain}
        # What comes first is meant: a form's own label, what officers write, then a list's label with its field's.
        for path, names in (*own.items(), *common.items(), *of_parts.items()):
            for name in names:
                self._known.setdefault(plain_words(name), path)

    def guess(self, heading: str) -> str | None:
        """Give the path of what a heading means; None where nobody knows."""
        if heading in (GEOMETRY, SYSTEM):
            return self._geometry(heading)
        key = plain_words(heading)
        # What stands in brackets explains: “Diện tích (m2)”, “Tên di tích (tiếng Việt)”.
        bare = plain_words(heading.split("(", maxsplit=1)[0])
        known = self._known.get(key) or self._known.get(bare) if key and key not in _IGNORED else None
        return self._exact(heading.strip()) or known or self._numbered(key)

    def _numbered(self, key: str) -> str | None:
        """Read the heading of a further part: “Tên khác 2”."""
        numbered = _NUMBERED.fullmatch(key)
        path = self._known.get(numbered["heading"], "") if numbered else ""
        wanted = path.replace(".1.", f".{int(numbered['number'])}.") if numbered and ".1." in path else ""
        return wanted if wanted and find_target(self._kind, wanted, self._languages) else None

    def guess_all(self, columns: Sequence[str]) -> dict[int, str]:
        """Give what columns mean, by their places; a second column of a list's part is the next part's."""
        found: dict[int, str] = {}
        for place, heading in enumerate(columns):
            path = self.guess(heading)
            while path is not None and path in found.values():
                following = re.sub(r"\.(\d+)\.", lambda match: f".{int(match[1]) + 1}.", path)
                path = following if following != path and find_target(self._kind, following, self._languages) else None
            if path is not None:
                found[place] = path
        return found

    def find_heading(self, lines: Sequence[Line]) -> Heading | None:
        """Find the line of headings: among the first ones that of which most cells are understood, then of most cells.

        Two lines make it where the second parts what stands merged in the first (“Toạ độ” over “X” and “Y”).
        """
        best: tuple[tuple[int, int], Heading] | None = None
        for place, line in enumerate(lines[:_LOOKED_AT]):
            filled = [cell for cell in line.cells if not is_blank(cell)]
            if len(filled) < 2 and len(line.cells) > 1:
                continue
            for heading in (_single(place, line), _double(place, lines)):
                if heading is not None:
                    score = len(self.guess_all(heading.columns)), sum(map(bool, heading.columns)) - 2 * place
                    if best is None or score > best[0]:
                        best = score, heading
        return best[1] if best else None

    def guess_part(self, sheet: str) -> str | None:
        """Give the list whose parts a sheet of a name holds (`sites.locations`); None for any other sheet."""
        name = sheet.rpartition(".")[2].strip().lower()
        return name if "." in sheet and name in part_names(self._kind) else None

    def _exact(self, heading: str) -> str | None:
        """Read a heading that names a field as our own files do: `name_vi`, `types`, `locations.1.entered_text`."""
        if find_target(self._kind, heading, self._languages):
            return heading
        found = _EXACT.fullmatch(heading)
        path = f"{found['field']}.{found['language']}" if found else None
        return path if path in self._targets else None

    def _geometry(self, heading: str) -> str | None:
        names = {GEOMETRY: "entered_text", SYSTEM: "entered_crs"}
        paths = (names[heading], f"locations.1.{names[heading]}")
        return next((path for path in paths if path in self._targets), None)


def _single(place: int, line: Line) -> Heading:
    return Heading(place, tuple(_heading_text(cell) for cell in line.cells))


def _double(place: int, lines: Sequence[Line]) -> Heading | None:
    """Put a line and the next together: what stands above goes before what stands below, spread over empty cells."""
    if place + 1 >= len(lines) or lines[place + 1].number != lines[place].number + 1:
        return None
    above, below = lines[place].cells, lines[place + 1].cells
    width = max(len(above), len(below))
    columns, held = [], ""
    for column in range(width):
        upper = _heading_text(above[column]) if column < len(above) else ""
        lower = _heading_text(below[column]) if column < len(below) else ""
        held = upper or (held if lower else "")
        columns.append(f"{held} {lower}".strip() if lower and lower != held else held if upper else "")
    return Heading(place + 1, tuple(columns), is_double=True)


def _heading_text(cell: Cell) -> str:
    return " ".join(text_of(cell).split())[:200]
