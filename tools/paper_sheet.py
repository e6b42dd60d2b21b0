"""Lays out Word files as Decree 30/2020/NĐ-CP has papers: what `paper_templates.py` makes its templates of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import docx
from docx.enum.section import WD_ORIENT
from docx.enum.table import WD_TABLE_ALIGNMENT
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_BREAK
from docx.oxml import OxmlElement
from docx.oxml.ns import qn
from docx.shared import Mm, Pt

_FONT = "Times New Roman"
CENTRE = WD_ALIGN_PARAGRAPH.CENTER
DOTS = "…" * 24
BY_HAND = "…" * 32
A4, A3 = (210, 297), (297, 420)
# The least and the most that a line may be apart, and where pages begin: Decree 30/2020/NĐ-CP, annex I.
_MARGINS = {"top": 20, "bottom": 20, "left": 30, "right": 15}


class Sheet:
    """A template in the making."""

    def __init__(self, size: tuple[int, int] = A4, *, is_wide: bool = False, points: float = 13.5) -> None:
        self.document: Any = docx.Document()
        self.points = points
        style = self.document.styles["Normal"]
        style.font.name, style.font.size = _FONT, Pt(points)
        fonts = style.element.rPr.rFonts
        for name in ("ascii", "hAnsi", "cs", "eastAsia"):
            fonts.set(qn(f"w:{name}"), _FONT)
        style.paragraph_format.space_after = Pt(4)
        style.paragraph_format.line_spacing = 1.1
        section = self.document.sections[0]
        across, down = size if not is_wide else size[::-1]
        section.page_width, section.page_height = Mm(across), Mm(down)
        section.orientation = WD_ORIENT.LANDSCAPE if is_wide else WD_ORIENT.PORTRAIT
        margins = {"top": 20, "bottom": 15, "left": 20, "right": 15} if is_wide else _MARGINS
        for side, width in margins.items():
            setattr(section, f"{side}_margin", Mm(width))
        section.header_distance, section.footer_distance = Mm(10), Mm(8)
        self.width = across - margins["left"] - margins["right"]
        section.different_first_page_header_footer = True
        _write_field(_first(section.header), "PAGE")
        for footer in (section.footer, section.first_page_footer):
            self.write("{{ paper.made_from }}", to=_first(footer), size=9, italic=True)
        core = self.document.core_properties
        core.author = core.last_modified_by = "Di Sản"
        core.comments = ""
        core.created = core.modified = dt.datetime(2026, 11, 28, tzinfo=dt.UTC)

    def write(
        self,
        text: str = "",
        *,
        to: Any = None,
        bold: bool = False,
        italic: bool = False,
        size: float | None = None,
        align: Any = None,
        after: float | None = None,
        under: bool = False,
        indent: float = 0,
    ) -> Any:
        """Write a paragraph; what stands between two `**` is bold."""
        paragraph = self.document.add_paragraph() if to is None else to
        for number, part in enumerate(text.split("**")):
            if part:
                run = paragraph.add_run(part)
                run.bold, run.italic, run.underline = bold or bool(number % 2), italic, under
                if size:
                    run.font.size = Pt(size)
        if align is not None:
            paragraph.alignment = align
        if after is not None:
            paragraph.paragraph_format.space_after = Pt(after)
        if indent:
            paragraph.paragraph_format.first_line_indent = Mm(indent)
        return paragraph

    def section(self, text: str) -> None:
        """Begin a numbered part."""
        paragraph = self.write(text, bold=True, after=3)
        paragraph.paragraph_format.space_before = Pt(8)
        paragraph.paragraph_format.keep_with_next = True

    def text(self, placeholder: str) -> None:
        """Write a text of the record, its own lines as they are."""
        self.write(f"{{{{ {placeholder} }}}}").alignment = WD_ALIGN_PARAGRAPH.JUSTIFY

    def each(self, rows: str, text: str) -> None:
        """Write a paragraph for every row of a fact."""
        self.write(f"{{%p for row in {rows} %}}")
        self.write(text)
        self.write("{%p endfor %}")

    def table(
        self, rows: str, columns: Sequence[tuple[str, str, float]], *, size: float, numbered: bool = False
    ) -> None:
        """Write a table, a row for each row of a fact; a column is its heading, its text and its share of the width."""
        whole = sum(share for _, _, share in columns)
        widths = [self.width * share / whole for _, _, share in columns]
        table = self.document.add_table(rows=4 + numbered, cols=len(columns), style="Table Grid")
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for number, (heading, text, _) in enumerate(columns):
            table.columns[number].width = Mm(widths[number])
            texts = [heading, *([f"({number + 1})"] if numbered else []), "", text, ""]
            for row, told in zip(table.rows, texts, strict=True):
                cell = row.cells[number]
                cell.width = Mm(widths[number])
                is_head = row is not None and told == heading
                paragraph = cell.paragraphs[0]
                paragraph.paragraph_format.space_after = Pt(1)
                paragraph.paragraph_format.line_spacing = 1.0
                self.write(told, to=paragraph, size=size, bold=is_head)
                if is_head or (numbered and told == f"({number + 1})") or text == "{{ row.number }}":
                    paragraph.alignment = CENTRE
        body = 1 + numbered
        for row, told in ((body, f"{{%tr for row in {rows} %}}"), (body + 2, "{%tr endfor %}")):
            table.rows[row].cells[0].paragraphs[0].add_run(told)
        for row in table.rows[: 1 + numbered]:
            _mark(row, "w:tblHeader")
        _mark(table.rows[body + 1], "w:cantSplit")
        gap = self.write(after=0)
        gap.paragraph_format.line_spacing = Pt(6)

    def head(self) -> None:
        """Write the head: authority and office on the left; state, motto, place and day on the right."""
        left, right = self.columns(0.39, 0.61)
        self.write("{{ office.authority|upper }}", to=left.paragraphs[0], size=13, align=CENTRE, after=0)
        self.write("{{ office.agency|upper }}", to=left.add_paragraph(), size=13, bold=True, align=CENTRE, after=0)
        _rule(left.add_paragraph(), self.width * 0.39 * 0.36)
        self.write("Số: ………/………", to=left.add_paragraph(), size=13, align=CENTRE)
        motto = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"
        self.write(motto, to=right.paragraphs[0], size=12, bold=True, align=CENTRE, after=0)
        motto = "Độc lập - Tự do - Hạnh phúc"
        self.write(motto, to=right.add_paragraph(), size=13, bold=True, align=CENTRE, after=0)
        _rule(right.add_paragraph(), (self.width * 0.61 - 63) / 2 - 2)
        text = "{{ office.place }}, ngày …… tháng …… năm ………"
        self.write(text, to=right.add_paragraph(), size=13, italic=True, align=CENTRE)

    def title(self, text: str = "{{ paper.title|upper }}", *lines: str) -> None:
        """Write the paper's title, and lines under it."""
        paragraph = self.write(text, bold=True, size=15, align=CENTRE, after=2)
        paragraph.paragraph_format.space_before = Pt(10)
        for line in lines:
            self.write(line, bold=True, size=14, align=CENTRE, after=2)
        self.write("({{ paper.basis }})", italic=True, size=11, align=CENTRE, after=6)
        self.withheld()

    def withheld(self) -> None:
        """Say that something was left out, where something was."""
        self.write("{%p if paper.withheld %}")
        self.write("Bản này có thông tin {{ paper.withheld }}", italic=True, size=11, align=CENTRE)
        self.write("{%p endif %}")

    def columns(self, *shares: float) -> Sequence[Any]:
        """Set cells side by side without borders."""
        table = self.document.add_table(rows=1, cols=len(shares))
        table.alignment, table.autofit = WD_TABLE_ALIGNMENT.CENTER, False
        for number, share in enumerate(shares):
            table.columns[number].width = table.rows[0].cells[number].width = Mm(self.width * share)
        _mark(table.rows[0], "w:cantSplit")
        return list(table.rows[0].cells)

    def signatures(self, *titles: str) -> None:
        """Leave room for signatures side by side."""
        self.write(after=0).paragraph_format.keep_with_next = True
        for cell, title in zip(self.columns(*(1 / len(titles) for _ in titles)), titles, strict=True):
            self.write(title, to=cell.paragraphs[0], bold=True, size=13, align=CENTRE, after=0)
            self.write("(Ký, ghi rõ họ tên)", to=cell.add_paragraph(), italic=True, size=12, align=CENTRE)
            for _ in range(3):
                cell.add_paragraph()

    def break_page(self) -> None:
        """Begin a new page."""
        self.document.add_paragraph().add_run().add_break(WD_BREAK.PAGE)

    def save(self, path: Path) -> None:
        """Write the file."""
        self.document.save(str(path))


def _first(part: Any) -> Any:
    return part.paragraphs[0]


def _mark(row: Any, name: str) -> None:
    row._tr.get_or_add_trPr().append(OxmlElement(name))  # noqa: SLF001 (python-docx has no other way)


def _rule(paragraph: Any, aside_mm: float) -> None:
    """Draw a line that leaves so much free on either side, in millimetres."""
    paragraph.paragraph_format.left_indent = paragraph.paragraph_format.right_indent = Mm(max(0, aside_mm))
    paragraph.paragraph_format.space_after = Pt(4)
    paragraph.paragraph_format.line_spacing = Pt(3)
    borders, top = OxmlElement("w:pBdr"), OxmlElement("w:top")
    for name, value in (("val", "single"), ("sz", "6"), ("space", "1"), ("color", "000000")):
        top.set(qn(f"w:{name}"), value)
    borders.append(top)
    paragraph._p.get_or_add_pPr().insert_element_before(borders, "w:spacing", "w:ind", "w:jc", "w:rPr")  # noqa: SLF001


def _write_field(paragraph: Any, name: str) -> None:
    """Write a field, such as the page's number, in the middle of a line."""
    paragraph.alignment = CENTRE
    run = paragraph.add_run()
    run.font.size = Pt(13)
    for kind, text in (("begin", ""), ("", name), ("end", "")):
        if kind:
            element = OxmlElement("w:fldChar")
            element.set(qn("w:fldCharType"), kind)
        else:
            element = OxmlElement("w:instrText")
            element.text = f" {text} "
        run._r.append(element)  # noqa: SLF001 (python-docx knows no fields)
