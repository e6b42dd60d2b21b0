"""The papers that stand with a record in public: their pages as pictures, and what their signatures are worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from operator import attrgetter
from typing import Any

from app.core.dates import format_edtf
from app.media.documents import PDF
from app.media.models import Rendition
from app.media.signatures import verdict_of
from app.publication.media import Shown
from app.publication.renditions import render_sources
from app.publication.schema import Workshop

# What a page is called to who cannot see it: number, of how many, title.
_PAGE_ALT = {"vi": "trang {number}/{count}: {title}"}
_PAGE_ALT_ELSEWHERE = "page {number} of {count}: {title}"


def render_documents(workshop: Workshop, record_id: int, language: str) -> list[dict[str, Any]]:
    """Give a record's papers for a language; of one that has no pages to show, such as a DOCX, nothing is public."""
    return [
        _render(workshop, shown, language)
        for shown in workshop.media.get(record_id, ())
        if shown.file.media_type == PDF and shown.file.renditions
    ]


# The verdicts with which a certificate's names are told in public.
_NAMED = ("trusted", "expired", "unchecked")


def _render(workshop: Workshop, shown: Shown, language: str) -> dict[str, Any]:
    medium, file = shown.medium, shown.file
    title = workshop.text(medium.title, language) or medium.code
    return {
        "code": medium.code,
        "role": shown.role,
        "role_label": workshop.label("media_roles", shown.role, language),
        "title": title,
        "caption": workshop.text(medium.caption, language),
        "creator": medium.creator,
        "rights_holder": medium.rights_holder,
        "licence": medium.licence,
        "licence_label": workshop.label("licences", medium.licence, language),
        "date": medium.dated,
        "date_label": format_edtf(medium.dated, language) if medium.dated else None,
        "sha256": file.sha256,
        "signature": verdict_of(file.signatures),
        "signatures": [_signature(one) for one in file.signatures or ()],
        "page_count": file.page_count,
        "pages": _pages(file.renditions, title, file.page_count or 0, language),
    }


def _signature(kept: Mapping[str, Any]) -> dict[str, Any]:
    """Give what the public is told of a signature: an organisation by its name, a person only as one of another.

    Whoever makes a certificate for themselves may call a person an organisation: no name is told that nobody vouches
    for, but where the deployment trusts no list at all.
    """
    is_told = kept["verdict"] in _NAMED
    return {
        "verdict": kept["verdict"],
        "signer_kind": "organisation" if kept["is_organisation"] else "person",
        "signer": kept["signer"] if kept["is_organisation"] and is_told else None,
        "organisation": kept["organisation"] if is_told else None,
        "signed_at": kept["signed_at"],
        "is_timestamped": kept["is_timestamped"],
        "checked_at": kept["checked_at"],
    }


def _pages(renditions: Sequence[Rendition], title: str, count: int, language: str) -> list[dict[str, Any]]:
    alt = _PAGE_ALT.get(language, _PAGE_ALT_ELSEWHERE)
    return [
        {"number": number, **render_sources(page), "alt": alt.format(number=number, count=count, title=title)}
        for number, page in groupby(sorted(renditions, key=attrgetter("page")), key=attrgetter("page"))
    ]
