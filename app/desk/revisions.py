"""The revisions of a record: the list, one of them, and what differs between two, word by word in long texts."""

from __future__ import annotations

import difflib
import re
from collections.abc import Container, Mapping
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from flask import Blueprint, Response
from markupsafe import Markup, escape

from app.accounts.permissions import Permission, is_permitted
from app.catalogue import KINDS
from app.core.db import db
from app.core.errors import NotFound
from app.desk.context import render, shown
from app.desk.labels import act_label, field_label, state_label
from app.desk.present import Names, Node, read_names, show_fields, show_part, show_value
from app.desk.record import subject_of
from app.http.actor import require_actor
from app.records.compare import PRESENT, Change, diff
from app.records.kinds import Kind
from app.records.models import Revision, RevisionState
from app.records.queries import read_entry, read_history, read_revision, read_revisions
from app.records.withholding import withheld_together

_WORDS = re.compile(r"\s+|\w+\s*|[^\w\s]+\s*")
# Longer texts are shown whole: comparing them word by word would take long.
_LONGEST = 20_000
# What a part is named by, the first that it has.
_TELLING = (
    "text",
    "site",
    "target",
    "list_name",
    "citation",
    "tag",
    "topic",
    "value",
    "entered_text",
    "system",
    "role",
)


@dataclass(frozen=True, slots=True)
class Difference:
    """A statement that two states make differently: where it stands, and each side as it is shown."""

    label: str
    before: Node | None
    after: Node | None
    is_withheld: bool = False
    marked: tuple[Markup, Markup] | None = None


def mount(desk: Blueprint) -> None:
    """Mount the pages."""
    desk.add_url_rule("/records/<code>/revisions", "revisions", list_revisions)
    desk.add_url_rule("/records/<code>/revisions/<int:number>", "revision", show_revision)
    desk.add_url_rule("/records/<code>/revisions/<int:first>...<int:second>", "revision_diff", compare_revisions)


def list_revisions(code: str) -> Response:
    """List every revision under a code, the newest first, and what was done and said."""
    session = db.session()
    require_actor()
    revisions = read_revisions(session, code)
    entry = read_entry(session, code)
    if not revisions or entry is None:
        raise NotFound("There is no record %(code)s.", code=code)
    return render(
        "revisions.html",
        code=code,
        title=shown(entry.label) or code,
        revisions=revisions,
        history=read_history(session, code=code, most=500),
        state_label=state_label,
        act_label=act_label,
    )


def show_revision(code: str, number: int) -> Response:
    """Show a revision: what it changed against the state it was begun from, and all that it says."""
    session, actor = db.session(), require_actor()
    revision = read_revision(session, code, number)
    kind = _kind(revision)
    base = session.scalar(
        sa.select(Revision).where(Revision.code == code, Revision.accepted_version == revision.base_version)
    )
    before: Mapping[str, Any] = base.payload if base else {}
    names = read_names(session, [before, revision.payload])
    withheld = withheld_together(session, KINDS, actor, revision)
    subject = subject_of(session, kind, revision.payload, actor)
    return render(
        "revision.html",
        code=code,
        title=_title(kind, revision),
        revision=revision,
        base=base,
        differences=differences(kind, before, revision.payload, names, withheld),
        fields=show_fields(kind, revision.payload, kind.schema().fields, names, withheld),
        history=[entry for entry in read_history(session, code=code) if entry.revision_id == revision.id],
        may_restore=revision.state == RevisionState.ACCEPTED and is_permitted(actor, Permission.EDIT, subject),
        state_label=state_label,
        act_label=act_label,
    )


def compare_revisions(code: str, first: int, second: int) -> Response:
    """Show what differs between two revisions of a record."""
    session, actor = db.session(), require_actor()
    before, after = read_revision(session, code, first), read_revision(session, code, second)
    kind = _kind(after)
    withheld = withheld_together(session, KINDS, actor, before, after)
    names = read_names(session, [before.payload, after.payload])
    return render(
        "revision_diff.html",
        code=code,
        title=_title(kind, after),
        first=before,
        second=after,
        differences=differences(kind, before.payload, after.payload, names, withheld),
        state_label=state_label,
    )


def _kind(revision: Revision) -> Kind:
    if revision.kind not in KINDS:
        raise NotFound("There is no record %(code)s.", code=revision.code)
    return KINDS[revision.kind]


def _title(kind: Kind, revision: Revision) -> str:
    return shown(kind.label(revision.payload)) or revision.code


def differences(
    kind: Kind, before: Mapping[str, Any], after: Mapping[str, Any], names: Names, withheld: Container[str]
) -> list[Difference]:
    """Say readably what differs between two payloads of a kind, in the order of their fields."""
    found: list[Difference] = []
    changes = diff(before, after)
    # A part that came or went is shown whole, not statement by statement.
    whole = {change.path[:2] for change in changes if change.path[-1] == PRESENT}
    for change in changes:
        name = change.path[0]
        if change.path[:2] in whole and change.path[-1] != PRESENT:
            continue
        if name in withheld:
            label = field_label(kind.name, name)
            if label not in [other.label for other in found]:
                found.append(Difference(label, None, None, is_withheld=True))
            continue
        sides = [
            _show(kind, value, change.path, payload, names)
            for value, payload in ((change.before, before), (change.after, after))
        ]
        marked = None
        if isinstance(change.before, str) and isinstance(change.after, str) and _is_prose(change.before, change.after):
            marked = mark_words(change.before, change.after)
        label = _place(kind.name, change, (after, before), names)
        found.append(Difference(label, sides[0], sides[1], marked=marked))
    return found


def _show(kind: Kind, value: Any, path: tuple[str, ...], payload: Mapping[str, Any], names: Names) -> Node | None:
    if value is None:
        return None
    field = kind.schema().fields.get(path[0])
    if len(path) < 3:
        return show_value(kind.name, field, value, path[0], names)
    schema = getattr(getattr(field, "inner", None), "schema", None)
    if path[-1] == PRESENT:
        part = _part(path[0], path[1], payload)
        return Node("parts", items=(show_part(kind.name, schema, part, path[0], names),))
    inner = schema.fields.get(path[2]) if schema is not None else None
    return show_value(kind.name, inner, value, f"{path[0]}.{path[2]}", names)


def _place(kind: str, change: Change, payloads: tuple[Mapping[str, Any], ...], names: Names) -> str:
    """Name a statement's place: field and language, or list, part and field."""
    path = change.path
    label = field_label(kind, path[0])
    if len(path) == 1:
        return label
    if len(path) == 2:
        return f"{label} ({path[1]})"
    part = next((found for payload in payloads if (found := _part(path[0], path[1], payload))), {})
    label = f"{label} – {_part_name(kind, path[0], part, names)}"
    if path[2] == PRESENT:
        return label
    language = f" ({path[3]})" if len(path) > 3 else ""
    return f"{label} – {field_label(kind, f'{path[0]}.{path[2]}')}{language}"


def _part(name: str, uid: str, payload: Mapping[str, Any]) -> Mapping[str, Any]:
    rows = payload.get(name)
    found = (row for row in rows if isinstance(row, Mapping) and str(row.get("uid")) == uid) if rows else iter(())
    return next(found, {})


def _part_name(kind: str, of: str, part: Mapping[str, Any], names: Names) -> str:
    """Name a part by the first of its plain fields that tells it from others."""
    for key in _TELLING:
        value = part.get(key)
        if isinstance(value, str) and value.strip():
            return show_value(kind, None, value, f"{of}.{key}", names).text[:60]
    return str(part.get("uid", ""))


def _is_prose(before: str, after: str) -> bool:
    return max(len(before), len(after)) <= _LONGEST and " " in before.strip() and " " in after.strip()


def mark_words(before: str, after: str) -> tuple[Markup, Markup]:
    """Mark the words that two texts do not share: in the first with `<del>`, in the second with `<ins>`."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    left, right = Markup(), Markup()
    for tag, a, b, c, d in difflib.SequenceMatcher(None, old, new).get_opcodes():
        gone, come = escape("".join(old[a:b])), escape("".join(new[c:d]))
        if tag == "equal":
            left, right = left + gone, right + come
        else:
            left += Markup("<del>{}</del>").format(gone) if gone else Markup()
            right += Markup("<ins>{}</ins>").format(come) if come else Markup()
    return left, right
