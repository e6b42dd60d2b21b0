"""The public collection `notices`: closures, floods, works; what holds today is the reader's to decide."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import selectinload

from app.core.text import document_tokens
from app.heritage.models import Site
from app.publication.links import item_links
from app.publication.redaction import unit_place
from app.publication.schema import Collection, Projection, Property, Rendering, Workshop
from app.publication.shared import public_keys, record_pages, record_slug, render_description, render_name
from app.publication.tied import (
    PLACE_PROPERTIES,
    RECORD_PROPERTIES,
    SITE_LINK,
    Tie,
    place_names,
    place_properties,
    place_values,
    record_properties,
    site_properties,
)
from app.publication.touched import Touched
from app.tourism.models import Notice


def _affected(touched: Touched) -> set[int]:
    """Find the notices among the records, and those about a site that one of them touches."""
    at_sites = touched.keys(Notice.id, Notice.site_id, touched.sites)
    return touched.keys(Notice.id, Notice.id, touched.ids) | at_sites


def _project(workshop: Workshop, ids: Sequence[int]) -> Iterator[tuple[int, Projection]]:
    query = (
        sa.select(Notice)
        .where(Notice.id.in_(ids))
        .options(
            selectinload(Notice.sources),
            selectinload(Notice.doubts),
            selectinload(Notice.unit),
            selectinload(Notice.site).options(selectinload(Site.locations), selectinload(Site.current_unit)),
        )
    )
    for notice in workshop.session.scalars(query):
        # A notice about a site that the public does not know of would tell of it.
        if notice.is_public and (notice.site is None or notice.site.is_public):
            yield notice.id, _projection(workshop, notice)


def _projection(workshop: Workshop, notice: Notice) -> Projection:
    tie = Tie(notice.site, notice.unit)
    values = [*place_values(workshop, tie), ("notice_kind", notice.notice_kind), ("severity", notice.severity)]
    values += [("tags", tag) for tag in (notice.tags if tie.is_text_open else ())]
    is_unit = notice.site is None and notice.unit is not None
    return Projection(
        code=notice.code,
        weight=0,
        place=unit_place(notice.unit) if is_unit else tie.place,
        values=tuple(sorted(set(values))),
        renderings={language: _render(workshop, notice, tie, language) for language in workshop.settings.languages},
        spans=((notice.starts_on, notice.ends_on),),
    )


def _render(workshop: Workshop, notice: Notice, tie: Tie, language: str) -> Rendering:
    pages = record_pages(workshop, "notices", notice.title, notice.code)
    properties: dict[str, Any] = {
        "code": notice.code,
        **render_name(workshop, notice.title, notice.code, language),
        "notice_kind": notice.notice_kind,
        "notice_kind_label": workshop.label("notice_kinds", notice.notice_kind, language),
        "severity": notice.severity,
        "severity_label": workshop.label("severities", notice.severity, language),
        **render_description(workshop, notice.text, language, is_text_open=tie.is_text_open),
        "from": notice.starts_on.isoformat(),
        "until": notice.ends_on.isoformat() if notice.ends_on else None,
        **site_properties(workshop, tie, language),
        **place_properties(workshop, tie, language),
        **record_properties(workshop, notice, tie, language, credit=workshop.settings.attribution, url=pages[language]),
        "languages": [code for code in workshop.settings.languages if code in notice.title],
    }
    texts = [notice.code, properties["notice_kind_label"] or "", properties["description"] or ""]
    tokens = document_tokens(list(notice.title.values()), place_names(workshop, tie), texts)
    slug = record_slug(workshop, notice.title, notice.code, language)
    return Rendering(slug, properties, item_links("notices", notice.code, pages), tokens)


_PROPERTIES = (
    Property("code", "string", "The notice's code, which is the feature's id.", is_queryable=True),
    Property(
        "name",
        "string",
        "Its title, in the language asked for or the next one there is.",
        is_queryable=True,
        is_localized=True,
    ),
    Property("name_lang", "string", "The language `name` is in."),
    Property("notice_kind", "string", "Closure, flood, works …", scheme="notice_kinds", is_queryable=True),
    Property("notice_kind_label", "string", "The name of `notice_kind`."),
    Property("severity", "string", "How grave it is.", scheme="severities", is_queryable=True),
    Property("severity_label", "string", "The name of `severity`."),
    Property("description", "string", "What visitors must know."),
    Property("description_lang", "string", "The language `description` is in."),
    Property("from", "string", "The first day it holds.", format="date", is_queryable=True),
    Property("until", "string", "The last day it holds; null until further notice.", format="date", is_queryable=True),
    *SITE_LINK,
    *PLACE_PROPERTIES,
    *RECORD_PROPERTIES,
    Property("languages", "array", "Languages the title is given in."),
)

NOTICES = Collection(
    name="notices",
    kind="notice",
    title={"vi": "Thông báo", "en": "Notices"},
    description={
        "vi": "Thông báo cho du khách: tạm đóng cửa, ngập lụt, tu bổ; có hiệu lực từ ngày đến ngày.",
        "en": "What visitors must know for a time: closures, floods, works; each holds from a day until a day.",
    },
    geometry="point",
    properties=_PROPERTIES,
    keys=lambda: public_keys("notice"),
    project=_project,
    affected=_affected,
    page="notices",
    span=("from", "until"),
)
