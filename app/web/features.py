"""Published features as a page of any language shows them: read, led to the page's own addresses, labelled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from flask import g, json

from app.core.dates import format_edtf
from app.core.localized import pick
from app.core.lunar import format_lunar, parse_lunar
from app.core.recurring import format_rule, rule_of
from app.http.i18n import catalogue, content_language, current_language
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.queries import read_all_concepts


def load_feature(text: str | bytes) -> dict[str, Any]:
    """Read a finished feature; where it is in another language than the page, its links and labels become the page's.

    Addresses of pages within it then lead to pages of the request's language, and what vocabularies call things is
    said in it as far as anybody wrote it down. The texts of the record stay as they are.
    """
    feature: dict[str, Any] = json.loads(text)
    language, content = current_language(), content_language()
    if language != content:
        feature["properties"] = _led(feature["properties"], f"/{content}/", f"/{language}/", _labels(content, language))
    return feature


def word(text: Mapping[str, str]) -> str:
    """Say a name of ours or a vocabulary's in the request's language; untranslated it is that of the records."""
    said = text.get(current_language())
    if said:
        return said
    found = pick(text, content_language(), current_settings().languages)
    return catalogue(current_language()).gettext(found[0]) if found else ""


def page_paths(feature: Mapping[str, Any], ending: str = "") -> dict[str, str]:
    """Give where a feature's page is in each language that pages speak, by language."""
    written = {link["hreflang"]: link["href"] for link in feature["links"] if link["type"] == "text/html"}
    paths = {}
    for language in current_settings().page_languages:
        content = content_language(language)
        if content in written:
            paths[language] = f"/{language}/{written[content].removeprefix(f'/{content}/')}{ending}"
    return paths


def _led(value: Any, there: str, here: str, labels: Mapping[str, str], name: str = "") -> Any:
    if isinstance(value, dict):
        return _worded({key: _led(one, there, here, labels, key) for key, one in value.items()})
    if isinstance(value, list):
        return [_led(one, there, here, labels, name) for one in value]
    if not isinstance(value, str):
        return value
    if name in ("url", "site_url") and value.startswith(there):
        return here + value[len(there) :]
    if name.endswith(("_label", "_labels")) or name == "label":
        return labels.get(value) or catalogue(current_language()).gettext(value) if value else value
    return value


# What is worded beside a date in EDTF.
_DATES = ("date", "dated", "as_of", "last_known")


def _worded(told: dict[str, Any]) -> dict[str, Any]:
    """Word the dates and rules of an object in the request's language; they are published as data, too."""
    language = current_language()
    for name in _DATES:
        if told.get(f"{name}_label"):
            told[f"{name}_label"] = format_edtf(told[name], language)
    if told.get("period_label"):
        # The vocabulary says it in the page's language, the record's own words do not.
        told["period"] = told["period_label"]
    if told.get("lunar_label"):
        told["lunar_label"] = format_lunar(parse_lunar(told["lunar"]), language)
    if "leap_month_policy" in told:
        told["label"] = format_rule(rule_of(told), language)
    if told.get("rule_label") and told.get("rules"):
        followed = next((rule for rule in told["rules"] if rule["is_followed"]), told["rules"][0])
        told["rule_label"] = followed["label"]
    return told


def _labels(content: str, language: str) -> dict[str, str]:
    """Give what the vocabularies call things in a language, by what they call them in the language of the features."""
    if "page_labels" not in g:
        g.page_labels = {
            label[content]: label[language]
            for label in read_all_concepts(reading())
            if label.get(content) and label.get(language)
        }
    labels: dict[str, str] = g.page_labels
    return labels
