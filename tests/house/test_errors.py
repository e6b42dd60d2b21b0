"""Rules for the catalogue of errors: it says what the table of problems says, and all of it."""

from __future__ import annotations

import re
from http import HTTPStatus

from app.core import errors
from app.core.errors import DisanError
from app.http.i18n import catalogue
from app.http.problem_types import PROBLEM_TYPES, ProblemType, problem_type_of
from tests.house.reading import complain, read

_ENTRY = re.compile(r"^### .*?(?=^## |^### |\Z)", re.MULTILINE | re.DOTALL)


def entry(found: ProblemType) -> str:
    """Write what docs/api/errors.md says of a kind of problem."""
    phrase = HTTPStatus(found.status).phrase
    return (
        f"### {found.code}\n\n* **Status:** {found.status} ({phrase}); title “{found.title}”\n"
        f"* **When:** {found.occurs}\n* **What to do:** {found.mend}"
    )


def wrong_entries(document: str) -> list[str]:
    """Complain where the catalogue differs from the table in text or order: first what is public, then the rest."""
    public, rest = (
        [entry(found) for found in PROBLEM_TYPES.values() if found.is_public is which] for which in (True, False)
    )
    wanted = [*public, *rest]
    if [found.strip() for found in _ENTRY.findall(document)] == wanted:
        return []
    return ["docs/api/errors.md differs from the table in app/http/problem_types.py; it should hold:", *wanted]


def test_catalogue_of_errors_equals_the_table() -> None:
    complain(wrong_entries(read("docs/api/errors.md")))


def test_every_class_of_error_is_told_as_a_problem_and_no_two_codes_are_one_address() -> None:
    kinds = [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, DisanError)]
    for kind in set(kinds) - {DisanError}:
        assert problem_type_of(kind).status >= 400
    assert len({code.lower() for code in PROBLEM_TYPES}) == len(PROBLEM_TYPES)


def test_narrower_class_is_told_as_its_own() -> None:
    assert problem_type_of(errors.PreconditionFailed("x")).code == "PreconditionFailed"
    assert problem_type_of(errors.Unprocessable("x")).code == "UnprocessableContent"


def test_every_title_has_its_vietnamese() -> None:
    assert [
        found.title for found in PROBLEM_TYPES.values() if catalogue("vi").gettext(found.title) == found.title
    ] == []


def test_an_entry_left_out_changed_or_invented_is_noticed() -> None:
    good = "# Errors\n\n" + "\n\n".join(
        entry(found) for found in sorted(PROBLEM_TYPES.values(), key=lambda found: not found.is_public)
    )
    assert not wrong_entries(good)
    assert wrong_entries(good.replace("404", "400"))
    assert wrong_entries(good[: good.rindex("###")])
    assert wrong_entries(good + "\n\n### Magic\n\nWonders.\n")
