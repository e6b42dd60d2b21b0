"""Lists, search, suggestions and facets are the same on both engines, whatever is asked of the seed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.counts import counts

if TYPE_CHECKING:
    from flask import Flask

WORDS = ("mỹ sơn", "hoi an", "Hội quán Phúc Kiến", "chùa cầu", "thanh chiêm", "đình", "điện bàn", "bridge", "thu bon")
LETTERS = "abcdeghiklmnopqrstuvxyđơư "


@st.composite
def typed(draw: st.DrawFn) -> str:
    """Words that occur, as they are or with a letter more, less or other."""
    text = draw(st.sampled_from(WORDS))
    place = draw(st.integers(0, len(text) - 1))
    letter = draw(st.sampled_from(("", *LETTERS)))
    before, after = text[:place], text[place:]
    return draw(st.sampled_from((text, before + letter + after, before + letter + after[1:])))


asked_of_sites = st.fixed_dictionaries(
    {"facets": st.sampled_from(("rank", "type,has", "unit,rank,inscription"))},
    optional={
        "q": typed().filter(lambda text: bool(text.strip())),
        "rank": st.sampled_from(("national", "provincial")),
        "has": st.sampled_from(("description", "location,decisions", "ticket")),
        "within": st.sampled_from(("508", "20611", "48")),
        "bbox": st.just("108.2,15.7,108.4,15.9"),
        "near": st.just("108.326,15.877"),
        "lang": st.sampled_from(("vi", "en")),
        "limit": st.integers(1, 60),
    },
)


def _answers(apps: dict[str, Flask], path: str, **asked: Any) -> dict[str, Any]:
    """Ask both engines the same and check that they agree; gives the answer."""
    bodies = [app.test_client().get(f"{path}?{urlencode(asked)}").get_json(force=True) for app in apps.values()]
    shown = [json.dumps(_timeless(body), ensure_ascii=False, sort_keys=True) for body in bodies]
    assert shown[0] == shown[1]
    found: dict[str, Any] = bodies[0]
    return found


def _timeless(body: dict[str, Any]) -> dict[str, Any]:
    for feature in body.get("features", ()):
        # Each engine was seeded at another time.
        feature["properties"].pop("modified_at")
    return body


@given(asked=asked_of_sites)
@settings(max_examples=counts(25, 600))
def test_list_and_its_facets_are_the_same_on_both_engines(seeded_apps: dict[str, Flask], asked: dict[str, Any]) -> None:
    _answers(seeded_apps, "/api/v1/collections/sites/items", **asked)


@given(asked=asked_of_sites.map(lambda one: {k: v for k, v in one.items() if k not in ("rank", "near")}), q=typed())
@settings(max_examples=counts(15, 400))
def test_search_is_the_same_on_both_engines(seeded_apps: dict[str, Flask], asked: dict[str, Any], q: str) -> None:
    _answers(seeded_apps, "/api/v1/search", **{**asked, "q": q})


@given(q=typed(), lang=st.sampled_from(("vi", "en")))
@settings(max_examples=counts(15, 400))
def test_suggestions_are_the_same_on_both_engines(seeded_apps: dict[str, Flask], q: str, lang: str) -> None:
    _answers(seeded_apps, "/api/v1/suggest", q=q, lang=lang)
