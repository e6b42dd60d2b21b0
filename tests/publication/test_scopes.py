"""Where words are looked for: tokens in their language's name, and queries that ask for these."""

from __future__ import annotations

import pytest

from app.core.text import TokenQuery, document_tokens, query_tiers
from app.publication.scopes import Scope, text_tokens

FOUND_BY = document_tokens(["Chùa Cầu"], ["Hội An"], [])


def _finds(query: TokenQuery, tokens: list[str]) -> bool:
    is_begun = query.prefix is None or any(token.startswith(query.prefix) for token in tokens)
    return {*query.terms, *query.scope} <= set(tokens) and is_begun


@pytest.mark.parametrize("language", ["vi", "zh-Hant"])
@pytest.mark.parametrize("collection", ["sites", "admin-units"])
def test_query_finds_the_texts_of_its_language_and_collection(language: str, collection: str) -> None:
    tokens = text_tokens(FOUND_BY, collection, language)
    assert all(token.replace("_", "").isalnum() for token in tokens)
    whole = query_tiers("chùa cầu")[0]
    assert _finds(Scope((collection,), language).bind(whole), tokens)
    assert _finds(Scope((collection, "events"), language).bind(whole), tokens)
    assert not _finds(Scope(("events",), language).bind(whole), tokens)
    assert not _finds(Scope((collection,), "en").bind(whole), tokens)


def test_query_asks_for_tokens_in_its_language_and_of_its_collection() -> None:
    bound = Scope(("sites",), "vi").bind(query_tiers("chùa cầu")[2])
    assert bound == TokenQuery(("vi_nx_chùa",), "vi_nx_cầu", scope=("vi_k_sites",))
