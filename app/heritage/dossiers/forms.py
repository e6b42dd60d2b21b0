"""The forms that files come in, by their short names, and which of them a set of files lacks."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from app.media.documents import DOCX, PDF

# Short name → what a form for people calls it; media types of files that the register takes in lead to some of them.
FORMS = {
    "pdf": "PDF",
    "docx": "DOCX",
    "doc": "DOC",
    "xlsx": "XLSX",
    "jpg": "JPEG",
    "png": "PNG",
    "tif": "TIFF",
    "webp": "WebP",
    "avif": "AVIF",
    "heic": "HEIC",
    "dwg": "DWG",
    "dxf": "DXF",
}
_BY_TYPE = {
    PDF: "pdf",
    DOCX: "docx",
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/tiff": "tif",
    "image/webp": "webp",
    "image/avif": "avif",
    "image/heic": "heic",
}


def form_of(media_type: str) -> str:
    """Give the short name of a file's form; for one that has none here, the end of its media type."""
    return _BY_TYPE.get(media_type, media_type.rpartition("/")[2][:12])


def name_forms(forms: Iterable[str]) -> str:
    """Write forms for people: “DOCX/DOC, PDF”."""
    return ", ".join("/".join(FORMS.get(one, one.upper()) for one in form.split("/")) for form in forms)


def lacking_forms(wanted: Collection[str], there: Collection[str]) -> list[str]:
    """Give the forms that are asked for and that no file has; one of several (`docx/doc`) is enough."""
    return [form for form in wanted if not set(form.split("/")) & set(there)]
