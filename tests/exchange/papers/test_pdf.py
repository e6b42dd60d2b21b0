"""Papers as PDF/A: every page as it is laid out, in one type that has all letters, nothing cut off or written over."""

from __future__ import annotations

import io
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import docx
import pypdfium2
import pytest
import shapely
from PIL import Image

from app.config import Settings
from app.core.errors import InvalidInput
from app.exchange.papers import converting
from app.exchange.papers.converting import convert_to_pdf, find_font, find_libreoffice
from app.exchange.papers.filling import fill_template
from app.exchange.papers.forms import FOLDER, Fact, read_forms
from app.exchange.papers.gathering import Gathered
from app.exchange.papers.maps import Marked, Shape, Sheet, draw_map
from tests.harness.register import SETTINGS
from tests.harness.relics import CORNERS

FORMS = read_forms(SETTINGS)
# Long enough to fill columns and to run over pages.
SENTENCE = "Nhà rường ba gian hai chái, kết cấu gỗ mít, mái lợp ngói âm dương, nền lát gạch Bát Tràng. "


def _value(fact: Fact, length: int) -> object:
    words = f"{fact.label['vi']}: {SENTENCE * length}".strip()
    if fact.is_picture:
        return {"picture": "map.png", "width_mm": 160}
    if fact.columns:
        return [{name: str(number) if name == "number" else words for name in fact.columns} for number in range(1, 13)]
    return "" if fact.path == "zones.map_note" else words


def _paper(name: str, length: int) -> tuple[bytes, bytes]:
    """Give a paper with long facts, as DOCX and as PDF."""
    form = FORMS.papers[name]
    facts = {fact.path: _value(fact, 1 if fact in form.head or fact.columns else length) for fact in form.facts}
    facts |= {
        "office.authority": "ỦY BAN NHÂN DÂN THÀNH PHỐ ĐÀ NẴNG",
        "office.agency": "Sở Văn hóa, Thể thao và Du lịch",
    }
    facts |= {"office.place": "Đà Nẵng", "paper.withheld": "", "paper.title": form.title["vi"]}
    facts |= {"zones.scale": "1:2000"} if "zones.scale" in facts else {}
    shapes = [Shape("Khu vực bảo vệ I", "zone_1", shapely.Polygon(CORNERS))]
    marks = [Marked(f"M{number}", *place) for number, place in enumerate(CORNERS)]
    drawn = draw_map(shapes, marks, title="Chùa Cầu", crs="EPSG:5899", sheet=Sheet(160, 222))
    template = (FOLDER / "templates" / form.template).read_bytes()
    filled = fill_template(template, "a.docx", Gathered(facts, (), (), {"map.png": drawn.png}))
    return filled, convert_to_pdf(filled, "a.docx", settings=SETTINGS)


@pytest.fixture(scope="module", params=FORMS.papers)
def paper(request: pytest.FixtureRequest) -> tuple[str, bytes, bytes]:
    """Each paper with long facts."""
    return request.param, *_paper(request.param, 12)


def test_paper_is_pdf_a_2b_of_its_size_in_one_embedded_type(paper: tuple[str, bytes, bytes]) -> None:
    name, _, data = paper
    assert data.startswith((b"%PDF-1.6", b"%PDF-1.7"))
    assert b"<pdfaid:part>2</pdfaid:part>" in data
    assert b"<pdfaid:conformance>B</pdfaid:conformance>" in data
    fonts = set(re.findall(rb"/FontName/(?:[A-Z]{6}\+)?([A-Za-z-]+)", data))
    assert fonts
    assert {font.split(b"-")[0] for font in fonts} == {(find_font() or "").replace(" ", "").encode()}
    assert len(re.findall(rb"/FontFile2", data)) >= len(fonts)
    sizes = {"A4": (210, 297), "A4 ngang": (297, 210), "A3 ngang": (420, 297)}
    for page in pypdfium2.PdfDocument(data):
        assert [round(points / 72 * 25.4) for points in page.get_size()] == list(sizes[FORMS.papers[name].size])


def test_nothing_is_lost_on_the_way_to_the_pages(paper: tuple[str, bytes, bytes]) -> None:
    _, filled, data = paper
    document = docx.Document(io.BytesIO(filled))
    wanted = [one.text for one in document.paragraphs]
    wanted += [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    told = "".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(data))
    there = re.findall(r"\w+", told)
    for word in {word for text in wanted for word in re.findall(r"\w+", text)}:
        assert word in there, word
    sentence = len(re.findall(r"nền\s+lát\s+gạch\s+Bát", " ".join(wanted)))
    assert len(re.findall(r"nền\s+lát\s+gạch\s+Bát", told.replace("\r\n", " "))) >= sentence


def test_every_letter_and_line_lies_within_the_margins(paper: tuple[str, bytes, bytes]) -> None:
    _, _, data = paper
    for page in pypdfium2.PdfDocument(data):
        width, height = page.get_size()
        text = page.get_textpage()
        for index in range(text.count_chars()):
            left, bottom, right, top = text.get_charbox(index)
            if right > left:
                assert left >= 18 / 25.4 * 72, index
                assert right <= width - 9 / 25.4 * 72, (index, text.get_text_range(max(0, index - 20), 40))
                assert 5 / 25.4 * 72 <= bottom < top <= height - 7 / 25.4 * 72
        # What is drawn at the very edge would be cut off by a printer.
        drawn = page.render(scale=1).to_pil().convert("L")
        edge = Image.new("L", drawn.size, 255)
        edge.paste(drawn)
        edge.paste(255, (14, 14, drawn.width - 14, drawn.height - 14))
        assert edge.getextrema()[0] == 255


def test_no_line_is_written_over_another(paper: tuple[str, bytes, bytes]) -> None:
    """Letters of different lines do not overlap: no cell is too narrow for its words."""
    _, _, data = paper
    for page in pypdfium2.PdfDocument(data):
        text = page.get_textpage()
        boxes = [text.get_charbox(index) for index in range(text.count_chars())]
        middles = [((one[0] + one[2]) / 2, (one[1] + one[3]) / 2) for one in boxes if one[2] > one[0]]
        seen: dict[tuple[int, int], tuple[float, float]] = {}
        for x, y in middles:
            # No two letters stand within a point of each other.
            key = (round(x), round(y))
            assert key not in seen or abs(seen[key][0] - x) + abs(seen[key][1] - y) > 0.3, (x, y)
            seen[key] = (x, y)


def test_map_is_printed_true_to_scale() -> None:
    """On the page the frame of the map is as wide as the drawing has it, to a fifth of a millimetre."""
    _, data = _paper("zone-minutes", 1)
    pages = list(pypdfium2.PdfDocument(data))
    found = [
        one.get_bounds()
        for page in pages
        for one in page.get_objects(max_depth=4)
        if one.type == pypdfium2.raw.FPDF_PAGEOBJ_IMAGE
    ]
    (bounds,) = found
    left, bottom, right, top = bounds
    assert (right - left) / 72 * 25.4 == pytest.approx(160, abs=0.2)
    assert (top - bottom) / 72 * 25.4 == pytest.approx(222, abs=0.2)


def test_where_libreoffice_is_not_installed_that_is_said() -> None:
    settings = replace(SETTINGS, libreoffice="/nowhere/soffice")
    assert find_libreoffice(settings) is None
    with pytest.raises(InvalidInput, match="DOCX alone"):
        convert_to_pdf(b"", "a.docx", settings=settings)


def _stand_in(tmp_path: Path, *commands: str) -> Settings:
    """Give a program that is started as LibreOffice is, and does something else."""
    program = tmp_path / "soffice"
    program.write_text("\n".join(["#!/bin/sh", *commands]))
    program.chmod(0o755)
    return replace(SETTINGS, libreoffice=str(program))


def test_one_libreoffice_runs_at_a_time(tmp_path: Path) -> None:
    busy = tmp_path / "busy"
    settings = _stand_in(
        tmp_path,
        f"mkdir {busy} || exit 1",
        "sleep 0.3",
        f"rmdir {busy}",
        'while [ "$1" != --outdir ]; do shift; done',
        'mkdir -p "$2" && echo made > "$2/paper.pdf" && echo done',
    )
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: convert_to_pdf(b"x", "a.docx", settings=settings), range(4)))
    assert made == [b"made\n"] * 4


def test_libreoffice_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(converting, "_BOUNDS", replace(converting._BOUNDS, wall_s=1.0))
    mark = tmp_path / "pid"
    with pytest.raises(InvalidInput, match="took too long"):
        convert_to_pdf(b"x", "a.docx", settings=_stand_in(tmp_path, f"echo $$ > {mark}", "exec sleep 60"))
    assert not Path(f"/proc/{mark.read_text().strip()}").exists()


def test_libreoffice_knows_no_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A document may not read of the environment what is the service's alone."""
    monkeypatch.setenv("DISAN_QUOTA_SECRET", "geheim")
    told = tmp_path / "told"
    settings = _stand_in(tmp_path, f"env > {told}", "exit 1")
    with pytest.raises(InvalidInput, match="could not make"):
        convert_to_pdf(b"x", "a.docx", settings=settings)
    assert "LC_ALL" in told.read_text()
    assert "geheim" not in told.read_text()


def test_what_libreoffice_cannot_read_is_told() -> None:
    settings = replace(SETTINGS, libreoffice="/bin/false")
    with pytest.raises(InvalidInput, match="could not make a PDF"):
        convert_to_pdf(b"x", "a.docx", settings=settings)
