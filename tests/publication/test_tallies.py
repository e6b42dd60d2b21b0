"""What is counted ahead of time is what the publication holds, whatever is published, changed or withdrawn."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import sqlalchemy as sa

from app.core.db import db
from app.publication import operations as publication
from app.publication.collections import COLLECTIONS
from app.publication.models import (
    PublishedCount,
    PublishedItem,
    PublishedTerm,
    PublishedText,
    PublishedValue,
)
from app.publication.tallies import facet_names, terms_of
from app.records.operations import find_record
from tests.harness import register

if TYPE_CHECKING:
    from flask import Flask
    from sqlalchemy.orm import Session


def _held(session: Session) -> tuple[Counter[tuple[str, str, str]], Counter[tuple[str, str, str]]]:
    """Count terms and values over everything that is published."""
    terms: Counter[tuple[str, str, str]] = Counter()
    texts = sa.select(PublishedItem.collection, PublishedText.language, PublishedText.terms).join(
        PublishedItem, PublishedItem.id == PublishedText.item_id
    )
    for collection, language, found in session.execute(texts):
        terms.update((collection, language, term) for term in found.split())
    values = Counter(
        (row.collection, row.name, row.value)
        for row in session.execute(sa.select(PublishedValue.collection, PublishedValue.name, PublishedValue.value))
        if row.name in (*facet_names(COLLECTIONS[row.collection]), "within", "hours")
    )
    return terms, values


def _counted(session: Session) -> tuple[Counter[tuple[str, str, str]], Counter[tuple[str, str, str]]]:
    terms = session.execute(
        sa.select(PublishedTerm.collection, PublishedTerm.language, PublishedTerm.term, PublishedTerm.items)
    )
    values = session.execute(
        sa.select(PublishedCount.collection, PublishedCount.name, PublishedCount.value, PublishedCount.items)
    )
    return Counter({row[:3]: row[3] for row in terms}), Counter({row[:3]: row[3] for row in values})


def test_sums_follow_what_is_published_changed_and_withdrawn(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        session = db.session()
        assert _counted(session) == _held(session)
        told = {"name": {"vi": "Đền Quạquạ Xaxăm", "en": "Temple"}, "types": ["historical"]}
        register.publish(session, ("site", register.site("QNM-9001", **told)))
        session.commit()
        assert _counted(session) == _held(session)
        assert _counted(session)[0]["sites", "vi", "quạquạ"] == 1
        register.accept(session, ("site", register.site("QNM-9001", **{**told, "name": {"vi": "Đền Khác"}})))
        session.commit()
        assert _counted(session) == _held(session)
        assert ("sites", "vi", "quạquạ") not in _counted(session)[0]
        gone = [find_record(session, code) for code in ("QNM-9001", "QNM-0045", "POI-001")]
        publication.withdraw(session, gone, actor=register.reviewer(session), settings=register.SETTINGS)
        session.commit()
        assert _counted(session) == _held(session)
        assert ("places", "hours", "Mo-Su 07:30-21:30") not in _counted(session)[1]


def test_a_rebuild_counts_anew_what_another_release_counted_otherwise(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        session = db.session()
        held = _held(session)
        session.execute(sa.update(PublishedCount).values(items=7))
        session.execute(sa.insert(PublishedCount).values(collection="sites", name="tags", value="x", items=1))
        session.commit()
        for _ in publication.rebuild(session, settings=register.SETTINGS):
            session.commit()
        assert _counted(session)[1] == held[1]


def test_words_of_what_is_internal_or_withheld_are_no_terms(seeded_copy: Flask) -> None:
    with seeded_copy.app_context():
        session = db.session()
        secret = register.site("QNM-9001", name={"vi": "Bimatnoibo"}, current_unit="20611")
        register.accept(session, ("site", secret))
        register.draft(session, ("site", register.site("QNM-9002", name={"vi": "Nhapnhap"})))
        policy = {"location_policy": "hidden", "address_detail": "Thonbimat"}
        hidden = register.site("QNM-9003", name={"vi": "Congkhai"}, **policy)
        register.publish(session, ("site", hidden))
        session.commit()
        folded = set(session.scalars(sa.select(PublishedTerm.folded)))
        assert "congkhai" in folded
        assert not folded & {"bimatnoibo", "nhapnhap", "thonbimat"}
        client = seeded_copy.test_client()
        for typed in ("bimatnoib", "nhapnha", "thonbimatt"):
            for path in ("collections/sites/items", "search", "suggest"):
                body = client.get(f"/api/v1/{path}?q={typed}x").get_json(force=True)
                assert "searched" not in body
                assert not body.get("features", body.get("suggestions"))


def test_terms_are_words_with_their_marks_and_no_codes() -> None:
    tokens = [
        "a_so",
        "ax_số",
        "n_son",
        "nx_sơn",
        "px_quảng",
        "nx_a10",
        "nx_mỹ",
        "e_my_son",
        "px_2025",
        "nx_" + "a" * 31,
    ]
    assert terms_of(tokens) == ["quảng", "sơn"]
