"""Templates of papers: the shipped ones hold every fact, hostile ones are refused with a sentence that names why."""

from __future__ import annotations

import io
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import docx
import pytest

from app.core.errors import InvalidInput
from app.exchange.papers.filling import fill_template, try_template
from app.exchange.papers.forms import FOLDER, read_forms, sample_of
from app.exchange.papers.gathering import Gathered
from tests.harness import papers, pictures
from tests.harness.register import SETTINGS
from tests.house.reading import ROOT

FORMS = read_forms(SETTINGS)
FORM = FORMS.papers["site-history"]


def shipped(name: str = "site-history") -> bytes:
    return (FOLDER / "templates" / FORMS.papers[name].template).read_bytes()


def saying(*texts: str, header: str = "") -> bytes:
    """Give a template that says texts, a paragraph each."""
    paper = docx.Document()
    for text in texts:
        paper.add_paragraph(text)
    if header:
        paper.sections[0].header.paragraphs[0].text = header
    out = io.BytesIO()
    paper.save(out)
    return out.getvalue()


def with_part(name: str, change: Callable[[bytes], bytes], data: bytes | None = None) -> bytes:
    """Give a template with one part changed, or added."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(data or saying("{{ site.name }}"))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if entry.filename == name else content)
        if name not in old.namelist():
            new.writestr(name, change(b""))
    return out.getvalue()


def fill(template: bytes, **facts: object) -> docx.document.Document:
    told = sample_of(FORM) | {path.replace("__", "."): value for path, value in facts.items()}
    return docx.Document(io.BytesIO(fill_template(template, "a.docx", Gathered(told, (), (), {}))))


def texts(document: docx.document.Document) -> str:
    cells = [cell.text for table in document.tables for row in table.rows for cell in row.cells]
    parts = [section.first_page_footer for section in document.sections]
    return "\n".join(
        [*(one.text for one in document.paragraphs), *cells, *(p.text for one in parts for p in one.paragraphs)]
    )


@pytest.mark.parametrize("name", FORMS.papers)
def test_shipped_template_names_every_fact_of_its_paper_and_nothing_else(name: str) -> None:
    form = FORMS.papers[name]
    try_template(shipped(name), form.template, form, settings=SETTINGS)
    told = texts_of_sample(name)
    # An annex belongs to its decision, and has no head of its own.
    facts = (*form.required, *form.further) if name == "decision-annex" else form.facts
    # A map's scale is told with the map, and the day with what the paper was made from.
    apart = {"paper.day", "zones.map", "zones.map_note", "zones.scale"}
    lacking = {fact.path for fact in facts if f"({fact.label['vi']})".lower() not in told.lower()} - apart
    assert lacking == set()


def texts_of_sample(name: str) -> str:
    filled = fill_template(shipped(name), "a.docx", Gathered(sample_of(FORMS.papers[name]), (), (), {}))
    # A map stands or its note: with both the note is told.
    return texts(docx.Document(io.BytesIO(filled)))


def test_shipped_templates_are_those_that_the_program_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, ROOT / "tools" / "paper_templates.py", tmp_path], check=True)
    made = sorted(path.name for path in tmp_path.iterdir())
    assert made == sorted(path.name for path in (FOLDER / "templates").iterdir())
    for name in made:
        for part in ("word/document.xml", "word/styles.xml", "word/header1.xml"):
            both = []
            for folder in (tmp_path, FOLDER / "templates"):
                with zipfile.ZipFile(folder / name) as archive:
                    both.append(archive.read(part))
            assert both[0] == both[1], (name, part)


def test_papers_are_in_the_type_and_margins_of_the_decree() -> None:
    for form in FORMS.papers.values():
        document = docx.Document(io.BytesIO(shipped(form.name)))
        style = document.styles["Normal"]
        assert style.font.name == "Times New Roman"
        assert 13 <= style.font.size.pt <= 14
        section = document.sections[0]
        across, down = round(section.page_width.mm), round(section.page_height.mm)
        assert (across, down) == {"A4": (210, 297), "A4 ngang": (297, 210), "A3 ngang": (420, 297)}[form.size]
        assert section.left_margin.mm >= 20


def test_facts_are_texts_and_never_markup_or_template() -> None:
    name = "Đình <w:p/> & {{ site.code }} {% for x in y %}\x0b\x00 ]]>"
    document = fill(
        saying("{{ site.name }}", "{{ site.description }}"), site__name=name, site__description="Một\n\nHai"
    )
    told = [one.text for one in document.paragraphs]
    assert told == ["Đình <w:p/> & {{ site.code }} {% for x in y %} ]]>", "Một", "Hai"]


def test_same_facts_give_the_same_file() -> None:
    gathered = Gathered(sample_of(FORM), (), (), {})
    first = fill_template(shipped(), "a.docx", gathered)
    time.sleep(2.1)
    assert fill_template(shipped(), "a.docx", gathered) == first


ESCAPES = {
    "class": "{{ site.name.__class__ }}",
    "subclasses": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "method": "{{ site.name.upper() }}",
    "format": "{{ '{0.__class__}'.format(site) }}",
    "attr": "{{ site|attr('__class__') }}",
    "globals": "{{ cycler.__init__.__globals__ }}",
    "self": "{{ self._TemplateReference__context }}",
    "range": "{% for x in range(100000000) %}x{% endfor %}",
    "loop": "{% for row in site.sources %}{{ loop.__class__ }}{% endfor %}",
    "loop call": "{% for row in site.sources recursive %}{{ loop(row) }}{% endfor %}",
    "safe": "{{ site.name|safe }}",
    "map": "{{ [site]|map(attribute='__class__')|list }}",
    "macro": "{% macro x() %}a{% endmacro %}{{ x() }}",
    "include": "{% include '/etc/passwd' %}",
    "import": "{% import 'os' as os %}{{ os }}",
    "namespace": "{% set x = namespace(a=1) %}{{ x.a }}",
    "items": "{{ site.items }}",
    "pop": "{{ site.sources.pop(0) }}",
}


@pytest.mark.parametrize("escape", ESCAPES)
def test_template_that_would_break_out_is_refused(escape: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        try_template(saying(ESCAPES[escape]), "a.docx", FORM, settings=SETTINGS)
    assert "“" in str(refused.value)


@pytest.mark.parametrize("escape", ["class", "method", "globals"])
def test_template_that_would_break_out_in_a_header_or_a_property_is_refused(escape: str) -> None:
    with pytest.raises(InvalidInput):
        try_template(saying("x", header=ESCAPES[escape]), "a.docx", FORM, settings=SETTINGS)
    paper = docx.Document()
    paper.core_properties.title = ESCAPES[escape]
    out = io.BytesIO()
    paper.save(out)
    with pytest.raises(InvalidInput):
        try_template(out.getvalue(), "a.docx", FORM, settings=SETTINGS)


def test_picture_of_a_fact_has_no_attributes() -> None:
    form = FORMS.papers["zone-minutes"]
    with pytest.raises(InvalidInput):
        try_template(saying("{{ zones.map.tpl.docx }}"), "a.docx", form, settings=SETTINGS)
    facts = sample_of(form) | {"zones.map": {"picture": "map.png", "width_mm": 40}}
    gathered = Gathered(facts, (), (), {"map.png": pictures.encoded(pictures.picture(60, 40), "PNG")})
    for text in ("{{ zones.map.tpl }}", "{{ zones.map.tpl.new_subdoc('/etc/passwd') }}"):
        with pytest.raises(InvalidInput, match="may not"):
            fill_template(saying(text), "a.docx", gathered)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("{{ site.nmae }}", "nmae"),
        ("{{ stie.name }}", "stie"),
        ("{% for row in site.sources %}{{ row.txt }}{% endfor %}", "txt"),
        ("{% if false %}{{ nothing.there }}{% endif %}", "nothing"),
    ],
)
def test_wrong_name_is_told(text: str, name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        try_template(saying(text), "a.docx", FORM, settings=SETTINGS)
    assert f"“{name}”" in str(refused.value)
    assert "no fact of this paper" in str(refused.value)


def test_wrong_syntax_is_told_with_its_words() -> None:
    with pytest.raises(InvalidInput, match=r"cannot be read at “{% for row site"):
        try_template(saying("Đầu", "{% for row site.sources %}", "{% endfor %}"), "a.docx", FORM, settings=SETTINGS)


def test_template_that_takes_too_long_or_too_much_is_ended() -> None:
    began = time.monotonic()
    for text in ("{{ 'a' * 900000000 * 9 }}", "{{ 9 ** (9 ** 9) }}"):
        with pytest.raises(InvalidInput):
            try_template(saying(text), "a.docx", FORM, settings=SETTINGS)
    assert time.monotonic() - began < 60


_RELS = "word/_rels/document.xml.rels"


def _related(kind: str, target: str) -> bytes:
    one = (
        f'<Relationship Id="rId99" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/{kind}" '
        f'Target="{target}" TargetMode="External"/></Relationships>'
    )
    return with_part(_RELS, lambda data: data.replace(b"</Relationships>", one.encode()))


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "no archive": (lambda: b"PK\x03\x04 nothing", "damaged or incomplete"),
    "picture": (lambda: pictures.encoded(pictures.picture(10, 10)), "damaged or incomplete"),
    "pdf": (papers.pdf, "no Word file"),
    "remote template": (
        lambda: _related("attachedTemplate", "https://example.org/a.dotm"),
        "draws on a file elsewhere",
    ),
    "remote picture": (lambda: _related("image", "file:///etc/passwd"), "draws on a file elsewhere"),
    "embedded": (lambda: with_part("word/embeddings/oleObject1.bin", lambda _: b"x"), "runs or is embedded"),
    "control": (lambda: with_part("word/activeX/activeX1.xml", lambda _: b"<a/>"), "runs or is embedded"),
    "field": (
        lambda: with_part(
            "word/document.xml",
            lambda data: data.replace(
                b"<w:body>", b'<w:body><w:p><w:r><w:instrText> DDEAUTO c:\\\\cmd "a" </w:instrText></w:r></w:p>'
            ),
        ),
        "runs or is embedded",
    ),
    **{name: found for name, found in papers.HOSTILE.items() if name.endswith((".docx", ".docm"))},
}


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_file_is_no_template(name: str) -> None:
    make, why = HOSTILE[name]
    with pytest.raises(InvalidInput, match=why):
        try_template(make(), "a.docx", FORM, settings=SETTINGS)


def test_declarations_can_be_a_deployments_own(tmp_path: Path) -> None:
    path = tmp_path / "forms.toml"
    path.write_text((FOLDER / "forms.toml").read_text(encoding="utf-8").replace("Lý lịch di tích", "Lý lịch mới"))
    assert read_forms(replace(SETTINGS, papers=str(path))).papers["site-history"].title["vi"] == "Lý lịch mới"
    path.write_text("[papers]\n")
    with pytest.raises(InvalidInput, match="DISAN_PAPERS"):
        read_forms(replace(SETTINGS, papers=str(path)))
