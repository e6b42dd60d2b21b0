"""Papers are opened in a sealed process: pages of a PDF are drawn bare, a DOCX is looked into, the rest is refused."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from PIL import Image
from reportlab.lib.pagesizes import A4

from app.config import Settings
from app.core.errors import InvalidInput
from app.media.documents import DOCX, PDF
from app.media.families import DOCUMENT, check_fit, family_of_file, inspect_file, render_file
from tests.harness import papers

SETTINGS = Settings(media_max_pages=30)


def _file(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "file.jpg"
    path.write_bytes(data)
    return path


def test_pages_of_a_pdf_are_drawn_bare(tmp_path: Path) -> None:
    path = _file(tmp_path, papers.pdf(2))
    facts = inspect_file(path, "a", settings=SETTINGS)
    assert (facts.media_type, facts.page_count, facts.width) == (PDF, 2, None)
    one, two = render_file(path, "a", settings=SETTINGS)
    assert [one.number, two.number] == [1, 2]
    assert sorted({file.width for file in one.files}) == [320, 960, 1440]
    assert sorted({file.width for file in two.files}) == [960, 1440]
    assert {file.media_type for file in two.files} == {"image/avif", "image/webp", "image/jpeg"}
    for page, colour in ((one, (204, 26, 26)), (two, (26, 26, 204))):
        for file in page.files:
            with Image.open(io.BytesIO(file.data)) as image:
                assert image.size == (file.width, file.height)
                assert abs(image.height - image.width * A4[1] / A4[0]) <= 2
                seen = image.getpixel((40, 40))
                assert max(abs(a - b) for a, b in zip(seen, colour, strict=True)) < 12
                assert min(image.getpixel((image.width - 20, 20))) > 245
            assert b"ReportLab" not in file.data


def test_pdf_that_would_do_something_is_drawn_and_does_nothing(tmp_path: Path) -> None:
    path = _file(tmp_path, papers.scripted_pdf())
    assert inspect_file(path, "a", settings=SETTINGS).page_count == 1
    assert len(list(render_file(path, "a", settings=SETTINGS))) == 1


def test_pdf_whose_password_is_empty_is_read(tmp_path: Path) -> None:
    path = _file(tmp_path, papers.locked_pdf(password=""))
    assert inspect_file(path, "a", settings=SETTINGS).page_count == 2


@pytest.mark.parametrize(("size", "drawn"), [((14_400, 100), (1440, 10)), ((30, 14_400), (18, 8192))])
def test_page_of_any_shape_is_drawn_within_bounds(
    tmp_path: Path, size: tuple[float, float], drawn: tuple[int, int]
) -> None:
    (page,) = render_file(_file(tmp_path, papers.pdf(1, size=size)), "a", settings=SETTINGS)
    widest = max(page.files, key=lambda file: file.width or 0)
    assert (widest.width, widest.height) == drawn


def test_word_file_is_known_and_nothing_is_made_of_it(tmp_path: Path) -> None:
    path = _file(tmp_path, papers.word())
    facts = inspect_file(path, "a", settings=SETTINGS)
    assert (facts.media_type, facts.page_count) == (DOCX, None)
    assert list(render_file(path, "a", settings=SETTINGS)) == []


@pytest.mark.parametrize("name", papers.HOSTILE)
def test_what_is_no_sound_paper_is_refused_with_a_reason(tmp_path: Path, name: str) -> None:
    make, why = papers.HOSTILE[name]
    path = _file(tmp_path, make())
    assert family_of_file(path) is DOCUMENT
    with pytest.raises(InvalidInput, match=why) as refused:
        inspect_file(path, name, settings=SETTINGS)
    assert f"“{name}”" in str(refused.value)


def test_pdf_that_is_deeply_nested_ends_nothing_but_its_reader(tmp_path: Path) -> None:
    path = _file(tmp_path, papers.deep_pdf())
    try:
        facts = inspect_file(path, "a", settings=SETTINGS)
    except InvalidInput as error:
        assert "“a”" in str(error)  # noqa: PT017 - both outcomes are right: PDFium may pass over what is too deep
    else:
        assert facts.page_count == 1


@pytest.mark.parametrize("medium_type", ["photograph", "panorama", "video"])
def test_record_that_calls_a_paper_a_photograph_is_refused(medium_type: str) -> None:
    check_fit("scan", PDF, "a.pdf")
    with pytest.raises(InvalidInput, match=r"“a\.pdf” is a paper: choose paper"):
        check_fit(medium_type, PDF, "a.pdf")
