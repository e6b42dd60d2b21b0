"""Forms made from schemas: every field of every kind has its words, and what a form shows it gives back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest
from marshmallow import Schema, fields, validate
from werkzeug.datastructures import MultiDict

from app.accounts.models import Role
from app.catalogue import KINDS, references
from app.core.db import db
from app.core.fields import Edtf, Localized
from app.desk.forms import labels, messages, picking, reading
from app.http.i18n import catalogue
from app.records.drafts import open_changeset, write_draft
from app.records.schemas import part_schema
from app.vocabularies.queries import read_vocabulary
from tests.harness.officers import Officer, add_officer
from tests.harness.register import SETTINGS

if TYPE_CHECKING:
    from flask import Flask

KIND_NAMES = list(KINDS)


def _paths(schema: Schema, path: str = "") -> Iterator[tuple[str, fields.Field[Any]]]:
    for name, found in schema.fields.items():
        if name == "uid":
            continue
        yield f"{path}{name}", found
        inner = part_schema(found)
        if inner is not None:
            yield from _paths(inner, f"{path}{name}.")


def _sample(kind: str, schema: Schema, terms: dict[str, list[str]], path: str = "") -> dict[str, Any]:
    """Fill every field of a schema with something of its type, awkward where text allows it."""
    payload: dict[str, Any] = {}
    for name, found in schema.fields.items():
        place = f"{path}{name}"
        inner = part_schema(found)
        if inner is not None:
            payload[name] = [{"uid": f"u{index}", **_sample(kind, inner, terms, f"{place}.")} for index in (1, 2)]
        elif name != "uid":
            payload[name] = _value(kind, found, place, terms)
    return payload


_TEXTS = {"vi": '"Chùa" <Cầu> & \n\n  hai dòng', "en": "  spaced\nlines", "fr": "le pont"}


def _value(kind: str, found: fields.Field[Any], path: str, terms: dict[str, list[str]]) -> Any:
    scheme = references.found_in(references.SCHEMES, kind, path)
    choices = [one.choices for one in found.validators if isinstance(one, validate.OneOf)]
    is_list = isinstance(found, fields.List)
    rules: tuple[tuple[bool, Any], ...] = (
        (
            isinstance(found, Localized),
            {"vi": '"Chùa" <Cầu> & \n\n  hai dòng', "en": "  spaced\nlines", "fr": "le pont"},
        ),
        (is_list and scheme is not None, terms.get(scheme or "", ["a", "b"])[:2]),
        (is_list, ["Một, hai", "ba; bốn"]),
        (path in references.UNITS, "508~2025"),
        (references.found_in(references.RECORDS, kind, path) is not None, "QNM-0001"),
        (scheme is not None, terms.get(scheme or "", ["x"])[0]),
        (bool(choices), next(iter(choices[0])) if choices else None),
        (isinstance(found, fields.Boolean), True),
        (isinstance(found, fields.Integer), -12),
        (isinstance(found, fields.Float), 1234.5),
        (isinstance(found, fields.Date), "1985-03-19"),
        (isinstance(found, Edtf), "1471~"),
        (isinstance(found, fields.Url), "https://example.org/?a=1&b=2"),
        (path == "code", "QNM-9001"),
    )
    return next((value for fits, value in rules if fits), "<b>Text</b> “quoted” & more")


@pytest.mark.parametrize("kind_name", KIND_NAMES)
def test_every_field_has_a_name_and_its_hint_in_vietnamese(kind_name: str) -> None:
    """Of kinds that are added later as well: a field that the tables do not know is told here."""
    kind, vietnamese = KINDS[kind_name], catalogue("vi")
    unnamed, untranslated = [], []
    for path, _ in _paths(kind.schema()):
        if f"{kind.name}.{path}" not in labels.LABELS and path not in labels.LABELS:
            unnamed.append(path)
        label = labels.label_of(kind.name, path)
        untranslated += [text for text in (label.text, label.hint) if text and vietnamese.gettext(text) == text]
    assert unnamed == []
    assert untranslated == []


def test_groups_are_named_in_vietnamese() -> None:
    assert [title for title in labels.GROUPS.values() if catalogue("vi").gettext(title) == title] == []


@pytest.mark.parametrize("kind_name", KIND_NAMES)
def test_every_field_stands_in_a_group_of_its_subject(kind_name: str) -> None:
    """The group for what no table knows is empty."""
    kind = KINDS[kind_name]
    assert [name for name in kind.schema().fields if labels.group_of(kind.name, name) == "other"] == []


@pytest.mark.parametrize("kind_name", KIND_NAMES)
def test_field_that_is_chosen_has_choices(seeded_app: Flask, kind_name: str) -> None:
    kind = KINDS[kind_name]
    with seeded_app.app_context():
        schemes = set(read_vocabulary(db.session()))
    wanted = {references.found_in(references.SCHEMES, kind.name, path) for path, _ in _paths(kind.schema())} - {None}
    assert wanted <= schemes


@pytest.mark.parametrize("kind_name", KIND_NAMES)
def test_what_a_form_shows_it_gives_back(seeded_copy: Flask, kind_name: str) -> None:
    """A payload with every field filled goes into the page and comes back out of it unchanged."""
    kind = KINDS[kind_name]
    with seeded_copy.app_context():
        terms = {scheme: list(concepts) for scheme, concepts in read_vocabulary(db.session()).items()}
        payload = _sample(kind.name, kind.schema(), terms)
        actor = add_officer("binh", Role.EDITOR)
        changeset = open_changeset(db.session(), title="t", actor=actor)
        write_draft(db.session(), KINDS, kind.name, payload, changeset=changeset, actor=actor, settings=SETTINGS)
        db.session.commit()
    page = Officer(seeded_copy, "binh", Role.EDITOR).get("/desk/records/QNM-9001/edit")
    assert page.status == 200
    with seeded_copy.test_request_context("/desk/"):
        read = reading.read(kind, MultiDict(page.form().fields))
        assert picking.resolve(db.session(), kind, read) == {}
    assert read == payload
    assert page.form().press("save").value("saved") == "1"


@pytest.mark.parametrize("kind_name", KIND_NAMES)
def test_empty_form_says_nothing(kind_name: str) -> None:
    kind = KINDS[kind_name]
    empty = MultiDict([(name, "") for name, _ in _paths(kind.schema())])
    assert reading.read(kind, empty) == {}


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("1.234,5", 1234.5),
        ("1234.5", 1234.5),
        ("1 234,5", 1234.5),
        ("0,5", 0.5),
        ("-3", -3.0),
        ("about 12", "about 12"),
        ("nan", "nan"),
        ("1e400", "1e400"),
    ],
)
def test_number_is_read_as_written_here(typed: str, read: object) -> None:
    assert reading.coerce(fields.Float(), typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [("20", 20), ("1.000", 1000), ("1 000", 1000), ("-200", -200), ("−200", -200), ("12,5", "12,5"), ("x", "x")],
)
def test_whole_number_is_read_as_written_here(typed: str, read: object) -> None:
    assert reading.coerce(fields.Integer(), typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [("19/3/1985", "1985-03-19"), ("19-03-1985", "1985-03-19"), ("1985-03-19", "1985-03-19"), ("hôm qua", "hôm qua")],
)
def test_day_is_read_as_written_here(typed: str, read: object) -> None:
    assert reading.coerce(fields.Date(), typed) == read


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("19/3/1985", "1985-03-19"),
        ("3/1985", "1985-03"),
        ("1985", "1985"),
        ("1471~", "1471~"),
        ("1960/1973", "1960/1973"),
    ],
)
def test_day_of_a_dating_is_read_as_written_here(typed: str, read: object) -> None:
    assert reading.coerce(Edtf(), typed) == read


def test_part_left_empty_goes() -> None:
    sent = MultiDict([("sources", "s1"), ("sources", "s2"), ("sources.s2.citation", "Hồ sơ"), ("sources.s1.page", " ")])
    assert reading.read(KINDS["site"], sent) == {"sources": [{"uid": "s2", "citation": "Hồ sơ"}]}


def test_fields_that_no_schema_knows_are_not_read() -> None:
    sent = MultiDict([("visibility", "public"), ("version", "9"), ("name.vi", "A"), ("name.x<y", "B"), ("uid", "u")])
    assert reading.read(KINDS["site"], sent)["name"]["vi"] == "A"
    assert set(reading.read(KINDS["site"], sent)) == {"name"}


def test_buttons_of_a_list_change_it() -> None:
    site = KINDS["site"]
    payload: dict[str, Any] = {"sources": [{"uid": "a"}, {"uid": "b"}, {"uid": "c"}]}

    def uids(act: str) -> list[str]:
        return [row["uid"] for row in reading.apply_act(site, payload, act).get("sources", [])]

    assert uids("up:sources:b") == ["b", "a", "c"]
    assert uids("up:sources:a") == ["a", "b", "c"]
    assert uids("remove:sources:b") == ["a", "c"]
    assert uids("remove:sources:z") == ["a", "b", "c"]
    assert len(set(uids("add:sources"))) == 4
    assert reading.apply_act(site, payload, "add:name") == payload
    assert reading.apply_act(site, payload, "add:nothing") == payload


def test_messages_of_the_schema_are_told_in_vietnamese(app: Flask) -> None:
    """Every sentence that these bad values bring about, by the name of the field that it is told at."""
    payload = {
        "code": "QNM-0001",
        "name": {"en": "Bridge"},
        "year_from": "about 1500",
        "year_to": 1_000_000,
        "dated": "yesterday",
        "location_policy": "secret",
        "licence": "x" * 61,
        "sources": [
            {"uid": "s1", "url": "javascript:alert(1)"},
            {"uid": "s2", "citation": "c", "statement": "nothing"},
        ],
        "doubts": [{"uid": "d1", "tag": "t", "resolved_on": "2026-01-01"}],
    }
    with app.test_request_context("/desk/?lang=vi"):
        from app.http.i18n import set_language

        set_language("vi")
        found = messages.find(KINDS["site"], payload)
        assert set(found) == {
            "name",
            "year_from",
            "year_to",
            "dated",
            "location_policy",
            "licence",
            "sources.s1.citation",
            "sources.s1.url",
            "doubts.d1.resolution",
        }
        english = [text for texts in found.values() for text in texts if not _is_vietnamese(text)]
    assert english == []


def _is_vietnamese(text: str) -> bool:
    return any(
        letter in text.lower() for letter in "ăâđêôơưàáảãạằắẳẵặầấẩẫậèéẻẽẹềếểễệìíỉĩịòóỏõọồốổỗộờớởỡợùúủũụừứửữựỳýỷỹỵ"
    )
