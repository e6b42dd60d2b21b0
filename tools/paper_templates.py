"""Writes the templates of official papers that come with the service: `python tools/paper_templates.py [FOLDER]`.

They are Word files with Jinja in them, laid out as Decree 30/2020/NĐ-CP has it: Times New Roman, 13 to 14 points, the
state's name and motto, the office, number, place and day. Made by a program so that they can be read and compared; an
office changes the Word files themselves, at the desk.
"""

from __future__ import annotations

import sys
from pathlib import Path

from paper_sheet import A3, BY_HAND, CENTRE, DOTS, Sheet

FOLDER = Path(__file__).resolve().parents[1] / "app" / "exchange" / "papers" / "templates"
_SINCE = "{% if row.since %}, từ {{ row.since }}{% endif %}{% if row.until %} đến {{ row.until }}{% endif %}"


def _custodians(sheet: Sheet) -> None:
    columns = [
        ("Vai trò", "{{ row.role }}", 3),
        ("Tổ chức, cá nhân", "{{ row.name }}", 4),
        ("Từ", "{{ row.since }}", 2),
        ("Căn cứ", "{{ row.basis }}", 3),
    ]
    sheet.table("site.custodians", columns, size=12)


def _decisions(sheet: Sheet) -> None:
    columns = [
        ("Số quyết định", "{{ row.number }}", 3),
        ("Ngày", "{{ row.date }}", 2.4),
        ("Cơ quan ban hành", "{{ row.issuer }}", 3),
        ("Nội dung", "{{ row.action }}", 3.6),
        ("Hiệu lực", "{{ row.state }}", 2),
    ]
    sheet.table("site.decisions", columns, size=12)


def _former(sheet: Sheet) -> None:
    columns = [
        ("Tên gọi cũ", "{{ row.text }}", 5),
        ("Thời gian", "{{ row.until }}", 2.6),
        ("Nguyên nhân thay đổi", "{{ row.reason }}", 3.4),
    ]
    sheet.table("site.former_addresses", columns, size=12)


def _coordinates(sheet: Sheet) -> None:
    columns = [
        ("Điểm", "{{ row.role }}", 3),
        ("X (m)", "{{ row.x }}", 2.4),
        ("Y (m)", "{{ row.y }}", 2.4),
        ("Độ chính xác", "{{ row.accuracy }}", 2),
    ]
    sheet.table("site.coordinates", columns, size=12)


def _photos(sheet: Sheet, fact: str) -> None:
    columns = [
        ("Mã", "{{ row.code }}", 2),
        ("Tên tài liệu", "{{ row.title }}", 5),
        ("Loại", "{{ row.role }}", 2.4),
        ("Ngày lập", "{{ row.date }}", 2.4),
    ]
    sheet.table(fact, columns, size=12)


def make_history() -> Sheet:
    """Lay out lý lịch di tích."""
    sheet = Sheet()
    sheet.head()
    sheet.title("{{ paper.title|upper }}", "{{ site.name|upper }}")
    sheet.section("1. Tên gọi di tích")
    sheet.write("Tên gọi thống nhất: **{{ site.name }}** (mã hồ sơ {{ site.code }})")
    sheet.write("{%p if site.parent %}")
    sheet.write("Thuộc: {{ site.parent }}")
    sheet.write("{%p endif %}")
    sheet.write("Tên gọi khác và nguồn gốc tên gọi:", after=2)
    sheet.each("site.other_names", "- {{ row.text }}{% if row.note %}: {{ row.note }}{% endif %}")
    sheet.section("2. Địa điểm và đường đi đến di tích")
    sheet.write("Địa điểm hiện nay: {{ site.address }}")
    sheet.write("Địa chỉ ghi trong quyết định: {{ site.decided_address }}")
    sheet.write("Tên gọi cũ của địa phương và nguyên nhân đổi tên qua các thời kỳ:", after=2)
    _former(sheet)
    sheet.write("Tọa độ (hệ VN-2000):", after=2)
    _coordinates(sheet)
    sheet.write("Đường đi đến di tích: {{ site.route }}")
    sheet.section("3. Phân loại di tích và cơ sở pháp lý")
    sheet.write("Loại hình theo Luật Di sản văn hóa số 45/2024/QH15: {{ site.types }}")
    sheet.write("Loại hình ghi trong quyết định xếp hạng: {{ site.types_as_ranked }}")
    sheet.write("Cấp xếp hạng (tính đến ngày {{ paper.day }}): {{ site.level }}")
    sheet.write("{%p if site.inscriptions %}")
    sheet.write("Ghi danh: {{ site.inscriptions }}")
    sheet.write("{%p endif %}")
    sheet.write("Các quyết định:", after=2)
    _decisions(sheet)
    sheet.write("Danh mục kiểm kê:", after=2)
    sheet.each("site.listings", "- {{ row.list }}" + _SINCE)
    _describe(sheet)
    _care(sheet)
    sheet.signatures("NGƯỜI LẬP LÝ LỊCH", "THỦ TRƯỞNG CƠ QUAN")
    return sheet


def _describe(sheet: Sheet) -> None:
    """Lay out parts 4 to 8 of lý lịch: what the site is."""
    sheet.section("4. Sự kiện, nhân vật lịch sử, đặc điểm của di tích")
    sheet.write("Niên đại: {{ site.period }}")
    for _ in range(2):
        sheet.write(BY_HAND)
    sheet.section("5. Sinh hoạt văn hóa, tín ngưỡng liên quan đến di tích")
    sheet.each("site.intangible", "- {{ row.name }}{% if row.schedule %} ({{ row.schedule }}){% endif %}")
    sheet.section("6. Khảo tả di tích")
    sheet.text("site.description")
    sheet.write("Các hạng mục, di tích thành phần:", after=2)
    sheet.each("site.components", "- {{ row.name }}{% if row.code %} ({{ row.code }}){% endif %}")
    sheet.section("7. Hiện vật thuộc di tích (sơ đồ phân bố kèm theo)")
    columns = [
        ("STT", "{{ row.number }}", 1),
        ("Tên hiện vật", "{{ row.name }}", 4),
        ("Mã số", "{{ row.code }}", 2.2),
        ("Niên đại", "{{ row.period }}", 2.4),
        ("Chất liệu", "{{ row.materials }}", 2.4),
    ]
    sheet.table("site.artefacts", columns, size=12)
    sheet.section("8. Giá trị lịch sử, văn hóa, khoa học, thẩm mỹ của di tích")
    sheet.text("site.significance")


def _care(sheet: Sheet) -> None:
    """Lay out parts 9 to 13 of lý lịch: how it is kept, and what the dossier rests on."""
    sheet.section("9. Thực trạng bảo vệ và phát huy giá trị di tích")
    sheet.write("Chủ sở hữu, tổ chức, cá nhân quản lý:", after=2)
    _custodians(sheet)
    sheet.write("Tình trạng bảo quản: {{ site.survey }}")
    sheet.write("Khảo sát: {{ site.survey_by }}")
    sheet.write("Yếu tố tác động, nguy cơ: {{ site.threats }}")
    sheet.write("Các khu vực bảo vệ:", after=2)
    sheet.each("site.zone_area", "- {{ row.name }}{% if row.area %}: {{ row.area }}{% endif %}")
    sheet.write("Giấy tờ về đất:", after=2)
    text = "- {{ row.state }}{% if row.number %}, số {{ row.number }}{% endif %}"
    text += "{% if row.date %}, {{ row.date }}{% endif %}"
    sheet.each("site.land", text + "{% if row.area %}, diện tích {{ row.area }}{% endif %}")
    sheet.write("Bia di tích, Bằng xếp hạng:", after=2)
    text = "- {{ row.what }}{% if row.state %}: {{ row.state }}{% endif %}{% if row.note %} ({{ row.note }}){% endif %}"
    sheet.each("site.protection", text)
    sheet.write("Các lần bảo quản, tu bổ, phục hồi:", after=2)
    text = "- {{ row.name }}{% if row.kind %} – {{ row.kind }}{% endif %}{% if row.state %}, {{ row.state }}{% endif %}"
    sheet.each("site.works", text + "{% if row.dates %} ({{ row.dates }}){% endif %}")
    sheet.section("10. Phương hướng bảo vệ và phát huy giá trị di tích")
    sheet.text("site.recommendations")
    sheet.section("11. Kết luận")
    for _ in range(2):
        sheet.write(BY_HAND)
    sheet.section("12. Tài liệu tham khảo")
    sheet.each("site.sources", "- {{ row.text }}")
    sheet.section("13. Ảnh, bản vẽ, tài liệu kèm theo hồ sơ")
    _photos(sheet, "site.photos")


def make_artefacts() -> Sheet:
    """Lay out bản thống kê hiện vật, Mẫu số 2: eleven columns on A3."""
    sheet = Sheet(A3, is_wide=True, points=13)
    sheet.head()
    sheet.title("{{ paper.title|upper }}", "{{ site.name|upper }}")
    sheet.write(
        "Địa điểm: {{ site.address }}. Cấp xếp hạng: {{ site.level }}. Mã hồ sơ: {{ site.code }}.", align=CENTRE
    )
    columns = [
        ("STT", "{{ row.number }}", 1),
        ("Tên hiện vật\n(và tên gọi khác)", "{{ row.name }}", 3.6),
        ("Mã số\nA.B.C", "{{ row.code }}", 2.2),
        ("Nguồn gốc", "{{ row.origin }}", 2),
        ("Thời kỳ,\nniên đại", "{{ row.period }}", 2.6),
        ("Loại (di vật, cổ vật, bảo vật quốc gia)", "{{ row.kind }}", 2),
        ("Chất liệu", "{{ row.materials }}", 2),
        ("Kích thước,\ntrọng lượng", "{{ row.size }}", 3),
        ("Miêu tả", "{{ row.description }}", 6.4),
        ("Tình trạng\nbảo quản", "{{ row.condition }}", 2.6),
        ("Ghi chú", "{{ row.note }}", 2),
    ]
    sheet.table("site.artefacts", columns, size=11.5, numbered=True)
    note = (
        "Mã số A.B.C: A là chữ viết tắt tên di tích, B là nơi đặt hiện vật, C là số vị trí trên sơ đồ phân bố hiện vật."
    )
    sheet.write(note, italic=True, size=11.5)
    sheet.signatures("NGƯỜI LẬP BẢN THỐNG KÊ", "ĐẠI DIỆN ĐƠN VỊ QUẢN LÝ DI TÍCH", "THỦ TRƯỞNG CƠ QUAN")
    return sheet


def make_sheet() -> Sheet:
    """Lay out phiếu kiểm kê di tích."""
    sheet = Sheet()
    sheet.head()
    sheet.title()
    sheet.section("I. Nhận dạng")
    sheet.write("1. Mã hồ sơ: **{{ site.code }}**")
    sheet.write("2. Tên di tích: **{{ site.name }}**")
    sheet.write("3. Tên gọi khác:", after=2)
    sheet.each("site.other_names", "- {{ row.text }}{% if row.note %}: {{ row.note }}{% endif %}")
    sheet.write("{%p if site.parent %}")
    sheet.write("Thuộc: {{ site.parent }}")
    sheet.write("{%p endif %}")
    sheet.write("4. Loại hình: {{ site.types }}")
    sheet.write("5. Địa điểm hiện nay: {{ site.address }}")
    sheet.write("6. Địa chỉ ghi trong quyết định: {{ site.decided_address }}")
    sheet.write("7. Tên gọi cũ của địa phương:", after=2)
    _former(sheet)
    sheet.write("8. Tọa độ (hệ VN-2000):", after=2)
    _coordinates(sheet)
    sheet.write("9. Niên đại: {{ site.period }}")
    sheet.section("II. Pháp lý và quản lý")
    sheet.write("10. Cấp xếp hạng (tính đến ngày {{ paper.day }}): {{ site.level }}")
    _decisions(sheet)
    sheet.write("11. Danh mục kiểm kê:", after=2)
    sheet.each("site.listings", "- {{ row.list }}" + _SINCE)
    sheet.write("12. Chủ sở hữu, người đại diện, đơn vị quản lý:", after=2)
    _custodians(sheet)
    sheet.write("13. Diện tích, khu vực bảo vệ:", after=2)
    sheet.each("site.zone_area", "- {{ row.name }}{% if row.area %}: {{ row.area }}{% endif %}")
    sheet.section("III. Mô tả, giá trị, hiện trạng")
    sheet.write("14. Mô tả:", after=2)
    sheet.text("site.description")
    sheet.write("15. Hiện vật:", after=2)
    sheet.each("site.artefacts", "- {{ row.name }}{% if row.code %}, {{ row.code }}{% endif %}")
    sheet.write("16. Giá trị:", after=2)
    sheet.text("site.significance")
    sheet.write("17. Hiện trạng: {{ site.survey }}")
    sheet.write("Khảo sát: {{ site.survey_by }}")
    sheet.write("18. Nguy cơ: {{ site.threats }}")
    sheet.write("19. Đề xuất: {{ site.recommendations }}")
    sheet.section("IV. Tài liệu")
    sheet.write("20. Ảnh, bản vẽ kèm theo:", after=2)
    _photos(sheet, "site.photos")
    sheet.write("21. Nguồn tài liệu:", after=2)
    sheet.each("site.sources", "- {{ row.text }}")
    sheet.signatures("NGƯỜI KÊ KHAI", "XÁC NHẬN CỦA UBND CẤP XÃ", "CƠ QUAN KIỂM KÊ")
    return sheet


def make_minutes() -> Sheet:
    """Lay out biên bản khoanh vùng, with the tables of markers and corners and the map on a page of its own."""
    sheet = Sheet()
    sheet.head()
    sheet.title("{{ paper.title|upper }}", "{{ site.name|upper }}")
    sheet.write("Hôm nay, ngày …… tháng …… năm ………, tại ………………………,", indent=10)
    sheet.write("chúng tôi gồm:")
    parties = ("cơ quan quản lý văn hóa", "Ủy ban nhân dân cấp xã", "cơ quan quản lý đất đai", "đơn vị quản lý di tích")
    for number, party in enumerate(parties, start=1):
        sheet.write(f"{number}. Đại diện {party}: ông (bà) …………………, chức vụ ……………")
    sheet.write("5. Thành phần khác: ……………………………………………………………")
    text = "đã khảo sát thực địa, thống nhất khoanh vùng các khu vực bảo vệ di tích **{{ site.name }}** "
    text += "(mã hồ sơ {{ site.code }}; {{ site.level }}), địa điểm hiện nay: {{ site.address }}; "
    sheet.write(text + "địa chỉ ghi trong quyết định: {{ site.decided_address }}.")
    sheet.section("I. Các khu vực bảo vệ")
    sheet.write("{%p for row in zones.list %}")
    sheet.write("**{{ row.name }}**{% if row.edition %} ({{ row.edition }}){% endif %}", after=2)
    sheet.write("{%p if row.area or row.boundary or row.papers %}")
    sheet.write(
        "- Diện tích: {{ row.area }}{% if row.measured_area %} (tính theo tọa độ: {{ row.measured_area }}){% endif %}",
        after=2,
    )
    sheet.write("- Ranh giới (Bắc, Nam, Đông, Tây): {{ row.boundary }}", after=2)
    sheet.write("- Bản đồ địa chính: tờ số {{ row.sheet }}, thửa {{ row.plot }}", after=2)
    sheet.write("- Căn cứ: {{ row.papers }}")
    sheet.write("{%p endif %}")
    sheet.write("{%p endfor %}")
    sheet.section("II. Bảng thống kê mốc giới ({{ zones.system }})")
    columns = [
        ("STT", "{{ row.number }}", 1.3),
        ("Số hiệu mốc", "{{ row.name }}", 2),
        ("X (m)", "{{ row.x }}", 2.5),
        ("Y (m)", "{{ row.y }}", 2.3),
        ("Thuộc ranh giới", "{{ row.zone }}", 2.8),
        ("Tình trạng", "{{ row.state }}", 2.2),
        ("Ghi chú", "{{ row.note }}", 2),
    ]
    sheet.table("zones.markers", columns, size=11.5)
    sheet.section("III. Tọa độ các điểm góc ranh giới")
    columns = [
        ("Điểm", "{{ row.number }}", 1),
        ("Khu vực bảo vệ", "{{ row.zone }}", 3.6),
        ("X (m)", "{{ row.x }}", 2.5),
        ("Y (m)", "{{ row.y }}", 2.5),
    ]
    sheet.table("zones.corners", columns, size=11.5)
    sheet.section("IV. Cam kết")
    text = "Các bên thống nhất bảo vệ nguyên trạng khu vực bảo vệ I, quản lý khu vực bảo vệ II theo quy định của Luật "
    text += "Di sản văn hóa. Biên bản lập thành …… bản có giá trị như nhau, kèm bản đồ khoanh vùng."
    sheet.write(text, indent=10).paragraph_format.keep_with_next = True
    sheet.signatures("CƠ QUAN QUẢN LÝ VĂN HÓA", "ỦY BAN NHÂN DÂN CẤP XÃ")
    sheet.signatures("CƠ QUAN QUẢN LÝ ĐẤT ĐAI", "ĐƠN VỊ QUẢN LÝ DI TÍCH")
    sheet.write("{%p if zones.map_note %}")
    sheet.write("Bản đồ khoanh vùng: {{ zones.map_note }}", italic=True)
    sheet.write("{%p else %}")
    page = sheet.write(
        "BẢN ĐỒ KHOANH VÙNG CÁC KHU VỰC BẢO VỆ (tỷ lệ {{ zones.scale }})", bold=True, align=CENTRE, after=2
    )
    page.paragraph_format.page_break_before = True
    sheet.write("{{ zones.map }}", align=CENTRE, after=0)
    sheet.write(
        "(In khổ A4, không thu phóng, để giữ đúng tỷ lệ. Kèm theo biên bản khoanh vùng.)",
        italic=True,
        size=10,
        align=CENTRE,
    )
    sheet.write("{%p endif %}")
    return sheet


def make_intangible() -> Sheet:
    """Lay out phiếu kiểm kê di sản văn hóa phi vật thể."""
    sheet = Sheet()
    sheet.head()
    sheet.title()
    sheet.section("I. Nhận dạng")
    sheet.write("1. Mã hồ sơ: **{{ element.code }}**")
    sheet.write("2. Tên di sản: **{{ element.name }}**")
    sheet.write("3. Tên gọi khác:", after=2)
    sheet.each("element.other_names", "- {{ row.text }}{% if row.note %}: {{ row.note }}{% endif %}")
    sheet.write("4. Loại hình (Luật Di sản văn hóa số 45/2024/QH15): {{ element.domain }}")
    sheet.write("Loại hình ghi trong hồ sơ cũ: {{ element.domains_as_recorded }}")
    sheet.write("5. Địa điểm, không gian văn hóa liên quan:", after=2)
    sheet.each("element.places", "- {{ row.text }}{% if row.unit %} – {{ row.unit }}{% endif %}")
    sheet.write("6. Ghi danh, công nhận (tính đến ngày {{ paper.day }}): {{ element.standing }}")
    sheet.section("II. Chủ thể và thực hành")
    sheet.write("7. Chủ thể di sản văn hóa: {{ element.community }}")
    sheet.write("8. Người thực hành, nghệ nhân:", after=2)
    columns = [
        ("Họ tên, tổ chức", "{{ row.name }}", 4),
        ("Danh hiệu", "{{ row.title }}", 2.6),
        ("Từ", "{{ row.since }}", 2),
        ("Ghi chú", "{{ row.note }}", 3),
    ]
    sheet.table("element.practitioners", columns, size=12)
    sheet.write("9. Thời gian thực hành: {{ element.schedule }}")
    sheet.section("III. Quá trình ra đời, hình thức biểu hiện")
    sheet.text("element.description")
    sheet.section("IV. Giá trị, hiện trạng, bảo vệ")
    sheet.write("10. Giá trị: {{ element.significance }}")
    sheet.write("11. Hiện trạng: {{ element.transmission }}")
    sheet.write("12. Nguy cơ: {{ element.threats }}")
    sheet.write("13. Biện pháp bảo vệ: {{ element.safeguarding }}")
    sheet.write(f"14. Cam kết của cộng đồng: {DOTS}")
    sheet.section("V. Tài liệu")
    _photos(sheet, "element.photos")
    sheet.write("Nguồn tài liệu:", after=2)
    sheet.each("element.sources", "- {{ row.text }}")
    sheet.signatures("NGƯỜI KÊ KHAI", "ĐẠI DIỆN CỘNG ĐỒNG", "CƠ QUAN KIỂM KÊ")
    return sheet


def make_annex() -> Sheet:
    """Lay out the list annexed to a decision."""
    sheet = Sheet(is_wide=True, points=13)
    # An annex has no head of its own: it belongs to the decision (Decree 30/2020/NĐ-CP, annex I, section on annexes).
    sheet.write("DANH MỤC", bold=True, size=15, align=CENTRE, after=2)
    sheet.write("{{ decision.subject }}", bold=True, size=14, align=CENTRE, after=2)
    text = "(Kèm theo Quyết định số {{ decision.number }} ngày {{ decision.date }} của {{ decision.issuer }})"
    sheet.write(text, italic=True, align=CENTRE)
    columns = [
        ("STT", "{{ row.number }}", 1.4),
        ("Tên di tích, di sản, hiện vật", "{{ row.name }}", 5),
        ("Loại hình", "{{ row.type }}", 2.6),
        ("Địa điểm", "{{ row.address }}", 5.4),
        ("Nội dung quyết định", "{{ row.action }}", 3.4),
        ("Khoản, Điều", "{{ row.clause }}", 2),
        ("Mã hồ sơ", "{{ row.code }}", 2.6),
        ("Ghi chú", "{{ row.note }}", 2),
    ]
    sheet.table("decision.items", columns, size=11.5)
    sheet.withheld()
    return sheet


def make_book() -> Sheet:
    """Lay out the register book."""
    sheet = Sheet(is_wide=True, points=13)
    sheet.head()
    sheet.title("{{ paper.title|upper }}", "Tính đến ngày {{ paper.day }}")
    sheet.write("{{ book.scope }}. Tổng số: {{ book.count }} di tích.", align=CENTRE)
    text = "{% for row in book.totals %}{{ row.level }}: {{ row.count }}{% if not loop.last %}; {% endif %}{% endfor %}"
    sheet.write(text, align=CENTRE, italic=True)
    columns = [
        ("STT", "{{ row.number }}", 1.4),
        ("Mã hồ sơ", "{{ row.code }}", 2.5),
        (
            "Tên di tích\n(tên gọi khác)",
            "{{ row.name }}{% if row.other_names %} ({{ row.other_names }}){% endif %}",
            4.4,
        ),
        ("Loại hình", "{{ row.type }}", 2.6),
        ("Địa điểm hiện nay", "{{ row.address }}", 4),
        ("Cấp xếp hạng", "{{ row.level }}", 2.4),
        ("Quyết định", "{{ row.decision }}", 4),
        ("Tổ chức, cá nhân quản lý", "{{ row.custodian }}", 3),
        ("Ghi chú", "{{ row.note }}", 2.4),
    ]
    sheet.table("book.rows", columns, size=11)
    sheet.signatures("NGƯỜI LẬP SỔ", "THỦ TRƯỞNG CƠ QUAN")
    return sheet


TEMPLATES = {
    "site-history.docx": make_history,
    "artefact-list.docx": make_artefacts,
    "site-sheet.docx": make_sheet,
    "zone-minutes.docx": make_minutes,
    "intangible-sheet.docx": make_intangible,
    "decision-annex.docx": make_annex,
    "register-book.docx": make_book,
}


def main() -> None:
    """Write all templates into the folder that the first argument names, else where they belong."""
    folder = Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER
    folder.mkdir(parents=True, exist_ok=True)
    for name, make in TEMPLATES.items():
        make().save(folder / name)


if __name__ == "__main__":
    main()
