"""Whatever pages say to visitors is said in every language they speak: nothing lacks, nothing is left in English."""

from __future__ import annotations

import ast
import csv
import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, TypeGuard

import pytest
from babel.messages.pofile import read_po
from jinja2 import Environment

from app.core import errors
from app.http.i18n import UNREVIEWED
from app.http.problem_types import PROBLEM_TYPES
from app.publication.collections import COLLECTIONS
from tests.house.reading import ROOT, Source, complain, sources

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

TRANSLATIONS = ROOT / "app" / "translations"
LANGUAGES = ("vi", "zh", "ja", "ko", "fr")
FOREIGN = ("zh", "ja", "ko", "fr")
# Beside `app/web` and `app/visitors`: the modules whose errors and words reach pages.
MODULES = {
    *(
        "core/dates/reading.py",
        "core/lunar.py",
        "core/paging.py",
        "http/i18n.py",
        "http/limits.py",
        "http/marks.py",
        "http/parameters.py",
        "http/problems.py",
    ),
    *("http/security.py", "publication/codes.py", "publication/conditions.py", "publication/pages.py"),
    *("publication/queries.py", "publication/typos.py", "subscriptions/operations.py", "subscriptions/schemas.py"),
}
# Vocabularies that no page shows: the officers' own.
INTERNAL = {
    *("certificate_statuses", "condition_grades", "consent_scopes", "gaps", "land_paper_statuses", "marker_statuses"),
    *("stele_statuses", "threats", "work_kinds", "work_states"),
}
MARKS = {"_", "gettext", "ngettext", "say", "_say", "translated", "_translated"}
ERRORS = {name for name, found in vars(errors).items() if isinstance(found, type)}
SENTENCE = re.compile(r"[A-ZĐ“%].* .*[.?!]", re.DOTALL)
PLACE = re.compile(r"%\((\w+)\)s")
# Words that are the same in another language; whole names that no language changes stand in NAMES.
SAME = {
    "vi": {"Website"},
    "fr": {
        *(
            "Antiquity",
            "Menu",
            "site",
            "Contact",
            "Date",
            "Importance",
            "Organisation",
            "Dimensions",
            "Film",
            "Inscription",
            "Itineraries",
            "Note",
            "Pages",
            "Photo",
        ),
        *(
            "Provenance",
            "Site",
            "Sites",
            "Sources",
            "Style",
            "Transmission",
            "Type",
            "Danger",
            "Panorama",
            "Restaurant",
        ),
        "p. %(page)s",
        "article %(article)s",
        "%(count)s site",
    },
}
NAMES = re.compile(
    r"CC0 1\.0|CC BY(-NC)?(-SA|-ND)? 4\.0|Quảng Nam|Champa – .*|Nôm|Wi-Fi|GPX|KML|GeoJSON|API|p\. %\(page\)s"
)
# What a translation must hold to be in the language's own script.
SCRIPTS = {"zh": re.compile(r"[一-鿿]"), "ja": re.compile(r"[一-鿿ぁ-ヿ]"), "ko": re.compile(r"[가-힣]")}
# Full-width marks of Chinese and Japanese; kana is Japanese only.
KANA = re.compile(r"[ぁ-ゖァ-ヺ]")
TEXT_ATTRIBUTE = re.compile(r'(?:alt|aria-label|content|placeholder|title)="([^"{}<>]*[a-z]{3}[^"{}<>]*)"')
# Left in English on purpose: the field that only programs fill in, a heading in an English part, and the viewport.
LEFT = {
    *("Website", "Operations", "light dark", "noindex", "noindex, nofollow", "no-referrer"),
    "width=device-width, initial-scale=1",
    # Names of other services, parts of identifiers and kinds of content, and what the style page shows letters by.
    *("Google Maps", "Apple Maps", "OpenStreetMap", "-wrong", "-hint", "image/jpeg", "summary_large_image"),
}
# Shows letters of each language by texts that are in it.
SAMPLES = "app/templates/web/style.html"


class Said(NamedTuple):
    """A sentence and where it is said; `plural` is its form for several, where it has one."""

    place: str
    text: str
    plural: str = ""


class Message(NamedTuple):
    """A sentence's translation as a catalogue has it, one string for each form of number; `text` is its last form."""

    file: str
    text: str
    forms: tuple[str, ...]


@cache
def catalogues(language: str) -> dict[str, list[Message]]:
    """Read all catalogues of a language: the translations of each sentence, from every file that has it."""
    found: dict[str, list[Message]] = {}
    for path in sorted((TRANSLATIONS / language / "LC_MESSAGES").glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=language, abort_invalid=True):
                if message.id and not message.fuzzy:
                    texts = (message.id,) if isinstance(message.id, str) else tuple(message.id)
                    forms = (message.string,) if isinstance(message.string, str) else tuple(message.string)
                    found.setdefault(texts[0], []).append(Message(path.name, texts[-1], forms))
    return found


def in_template(source: Source) -> Iterator[Said]:
    """Give the sentences that a template marks."""
    for line, _, found in Environment(extensions=["jinja2.ext.i18n"], autoescape=True).extract_translations(
        source.text
    ):
        texts = [found] if isinstance(found, str) else [text for text in found if text]
        yield Said(f"{source.name}:{line}", *texts[:2])


def in_module(source: Source) -> Iterator[Said]:
    """Give the sentences of a module: those that are marked, those of errors, and whatever else reads like one."""
    unsaid = {id(node.value) for node in ast.walk(source.tree) if isinstance(node, ast.Expr)}
    unsaid |= {id(arg) for node in ast.walk(source.tree) if is_logging(node) for arg in node.args}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call):
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            texts = [arg.value for arg in node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)]
            if texts and name in MARKS | ERRORS:
                yield Said(f"{source.name}:{node.lineno}", *texts[: 2 if name == "ngettext" else 1])
        elif (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in unsaid
            and SENTENCE.fullmatch(node.value)
        ):
            yield Said(f"{source.name}:{node.lineno}", node.value)


def is_logging(node: ast.AST) -> TypeGuard[ast.Call]:
    """Tell whether this writes to a log, which operators read in English."""
    return isinstance(node, ast.Call) and ast.unparse(node.func).startswith("_log.")


def in_templates() -> list[Said]:
    """Give what visitors' templates say."""
    found = list(sources("app/templates/web", suffixes=(".html",)))
    found += [source for source in sources("app/templates", suffixes=(".html",)) if source.name.count("/") == 2]
    return [said for source in found for said in in_template(source)]


def in_modules() -> list[Said]:
    """Give what the code of pages says."""
    found = list(sources("app/web", *(["app/visitors"] if (ROOT / "app" / "visitors").is_dir() else [])))
    found += [source for source in sources("app") if source.name.removeprefix("app/") in MODULES]
    return [said for source in found for said in in_module(source)]


def in_lists() -> list[Said]:
    """Give the names of collections with pages, and the titles of problems."""
    told = [
        (f"collection {one.name}", text["en"]) for one in COLLECTIONS.values() for text in (one.title, one.description)
    ]
    return [Said(*one) for one in (*told, *((f"problem {code}", one.title) for code, one in PROBLEM_TYPES.items()))]


SAYING = {"templates": in_templates, "modules": in_modules, "lists": in_lists}


def faults(language: str, said: Said) -> Iterator[str]:
    """Complain of a sentence that a language lacks, or whose translation is none."""
    messages = catalogues(language).get(said.text, [])
    if not messages:
        yield f"{said.place}: {language} lacks “{said.text}”"
    for message in messages:
        for fault in wrong_forms(language, said, message.forms):
            yield f"{language}/{message.file}: “{said.text}” {fault}"


def wrong_forms(language: str, said: Said, forms: tuple[str, ...]) -> Iterator[str]:
    """Tell what is wrong with a translation's forms."""
    if said.plural and len(forms) != (2 if language == "fr" else 1):
        yield f"has {len(forms)} forms of number"
    wanted = set(PLACE.findall(said.plural or said.text))
    if set(PLACE.findall(forms[-1])) != wanted:
        yield f"has other places than {sorted(wanted)}"
    for form in forms:
        if not form.strip():
            yield "is empty"
        elif form == said.text and form not in SAME.get(language, ()) and not NAMES.fullmatch(form):
            yield "is left in English"
        elif language in SCRIPTS and not NAMES.fullmatch(form) and not is_in_script(language, PLACE.sub("", form)):
            yield f"is not in the script of {language}: “{form}”"
        elif language == "zh" and KANA.search(form):
            yield f"is Japanese: “{form}”"
        elif language == "ja" and form.endswith("。") and not KANA.search(form):
            yield f"is not Japanese: “{form}”"


def is_in_script(language: str, text: str) -> bool:
    """Tell whether a text has letters of a language's script, or none at all."""
    return bool(SCRIPTS[language].search(text)) or not re.search(r"[^\W\d_]", text)


@pytest.mark.parametrize("where", SAYING)
@pytest.mark.parametrize("language", LANGUAGES)
def test_pages_say_everything_in_every_language(language: str, where: str) -> None:
    told = list(dict.fromkeys(SAYING[where]()))
    assert len(told) > 10
    # Collections bring their Vietnamese names along.
    told = [said for said in told if language != "vi" or not said.place.startswith("collection ")]
    complain([fault for said in told for fault in faults(language, said)])


@pytest.mark.parametrize("language", FOREIGN)
def test_terms_that_pages_show_are_named_in_every_language(language: str) -> None:
    with (ROOT / "seed" / "concepts.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["scheme"] not in INTERNAL]
    told = [
        Said(f"concept {row['scheme']}/{row['code']}", row["label_en"]) for row in rows if not row[f"label_{language}"]
    ]
    complain([fault for said in told for fault in faults(language, said)])


@pytest.mark.parametrize("language", FOREIGN)
def test_a_sentence_is_translated_in_one_way(language: str) -> None:
    """Of two translations one file's would hide the other's."""
    told = catalogues(language).items()
    complain(
        [
            f"{language}: “{text}” in {' and '.join(f'{one.file} “{one.forms[0]}”' for one in messages)}"
            for text, messages in told
            if len({one.forms for one in messages}) > 1
        ]
    )


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_translation_keeps_the_places(language: str) -> None:
    """Also those of sentences that are found nowhere: they would break the page that says them."""
    complain(
        [
            f"{language}/{one.file}: “{one.text}” has other places in “{one.forms[-1]}”"
            for messages in catalogues(language).values()
            for one in messages
            if set(PLACE.findall(one.forms[-1])) != set(PLACE.findall(one.text))
        ]
    )


@pytest.mark.parametrize("language", FOREIGN)
def test_catalogue_says_that_nobody_reviewed_it_or_who_did(language: str) -> None:
    files: list[Path] = sorted((TRANSLATIONS / language / "LC_MESSAGES").glob("*.po"))
    assert files
    complain(
        [
            f"{language}/{path.name}: names nobody who reviewed it, and lacks the line “{UNREVIEWED.strip()}”"
            for path in files
            if UNREVIEWED not in (text := path.read_text(encoding="utf-8")) and '"Last-Translator: Di Sản\\n"' in text
        ]
    )


def bare_words(source: Source) -> list[str]:
    """Find words of a template that stand outside the catalogues: two or more in a text, or in an attribute."""
    text = re.sub(r"\{#.*?#\}", " ", source.text, flags=re.DOTALL)
    attributes = [found.strip() for found in TEXT_ATTRIBUTE.findall(re.sub(r"\{\{.*?\}\}", "", text, flags=re.DOTALL))]
    text = re.sub(r"<(script|style)\b.*?</\1>", " ", text, flags=re.DOTALL)
    text = re.sub(r"\{\{.*?\}\}|\{%.*?%\}", "\n", text, flags=re.DOTALL)
    texts = [found.strip() for found in re.sub(r"<[^>]*>", "\n", text).split("\n")]
    words = [found for found in texts if re.search(r"[A-Za-z]{3}", found) and not re.search(r'[="]|^/|^[a-z]+$', found)]
    return [f"{source.name}: “{found}”" for found in (*words, *attributes) if found not in LEFT]


@pytest.mark.parametrize("source", [*sources("app/templates/web", suffixes=(".html",))], ids=lambda one: one.name)
def test_template_says_nothing_outside_the_catalogues(source: Source) -> None:
    if source.name != SAMPLES:
        complain(bare_words(source))


def test_bare_words_are_found() -> None:
    sample = Source("x.html", '<p>{{ _("Said") }} Left here</p><img alt="A temple"><i aria-label="{{ x }}"></i>')
    assert bare_words(sample) == ["x.html: “Left here”", "x.html: “A temple”"]
