"""Rules for the code: sizes, docstrings, who commits, who makes schema, nothing left to do."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

import pytest

from tests.house.reading import Source, complain, sources

LONGEST_FILE = 400
LONGEST_FUNCTION = 50
AUDIENCES = ("api", "register_api", "desk", "web", "iiif", "worker", "cli")
# Written apart, or this file would break its own rule.
UNFINISHED = re.compile(r"\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")

_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def long_files(files: Iterable[Source]) -> list[str]:
    """Complain of files with more lines than LONGEST_FILE."""
    return [
        f"{file.name}: {len(file.lines)} lines, at most {LONGEST_FILE}: part it by subject"
        for file in files
        if len(file.lines) > LONGEST_FILE
    ]


def length_of(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from `def` to the end, all but the docstring's: those are asked to be long where it helps."""
    length = (function.end_lineno or function.lineno) - function.lineno + 1
    first = function.body[0]
    if ast.get_docstring(function, clean=False) is not None:
        length -= (first.end_lineno or first.lineno) - first.lineno + 1
    return length


def long_functions(files: Iterable[Source]) -> list[str]:
    """Complain of functions with more lines than LONGEST_FUNCTION, their docstrings left out."""
    return [
        f"{file.name}:{node.lineno}: {node.name} has {length_of(node)} lines, at most {LONGEST_FUNCTION}"
        for file in files
        for node in ast.walk(file.tree)
        if isinstance(node, _FUNCTION) and length_of(node) > LONGEST_FUNCTION
    ]


def missing_docstrings(files: Iterable[Source]) -> list[str]:
    """Complain of modules that do not open with one sentence; further paragraphs may follow it."""
    complaints = []
    for file in files:
        opening = " ".join((ast.get_docstring(file.tree) or "").split("\n\n")[0].split())
        if not opening:
            complaints.append(f"{file.name}: opens with no docstring")
        elif not opening.endswith(".") or re.search(r"[.!?] [A-ZĐ`]", opening):
            complaints.append(f"{file.name}: opens with something else than one sentence: {opening}")
    return complaints


def calls(file: Source, *names: str) -> list[ast.Call]:
    """Find the calls of functions or methods with these names."""
    return [
        node
        for node in ast.walk(file.tree)
        if isinstance(node, ast.Call)
        and (node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")) in names
    ]


def early_commits(files: Iterable[Source]) -> list[str]:
    """Complain of commits outside the audiences, whose views commit once, as their last line.

    A function `_on_connect` may: it sets up a driver's fresh connection, before there is any work to commit.
    """
    complaints = []
    for file in files:
        if file.name.split("/")[1].removesuffix(".py") in AUDIENCES:
            continue
        setting_up = [n for n in ast.walk(file.tree) if isinstance(n, _FUNCTION) and n.name == "_on_connect"]
        allowed = {id(call) for function in setting_up for call in ast.walk(function)}
        complaints += [
            f"{file.name}:{call.lineno}: commit() is for the audiences ({', '.join(AUDIENCES)})"
            for call in calls(file, "commit")
            if id(call) not in allowed
        ]
    return complaints


def schema_makers(files: Iterable[Source]) -> list[str]:
    """Complain of schema made anywhere but in the migrations; `create_all` is not even for them."""
    complaints = []
    for file in files:
        names = ["create_all"] if file.name.startswith("migrations/") else ["create_all", "create_table"]
        complaints += [f"{file.name}:{call.lineno}: schema is made by migrations only" for call in calls(file, *names)]
    return complaints


def unfinished(files: Iterable[Source]) -> list[str]:
    """Complain of notes to oneself: they belong in the issues."""
    return [
        f"{file.name}:{number}: {line.strip()}"
        for file in files
        for number, line in enumerate(file.lines, 1)
        if UNFINISHED.search(line)
    ]


def test_files_are_short() -> None:
    complain(long_files(sources("app")))


def test_functions_are_short() -> None:
    complain(long_functions(sources("app")))


def test_modules_open_with_one_sentence() -> None:
    complain(missing_docstrings(sources("app", "migrations", "tests")))


def test_only_audiences_commit() -> None:
    complain(early_commits(sources("app")))


def test_only_migrations_make_schema() -> None:
    complain(schema_makers(sources("app", "migrations", "tests")))


def test_nothing_is_left_to_do() -> None:
    suffixes = (".py", ".html", ".css", ".js", ".sh", ".md", ".toml")
    complain(unfinished(sources(".", suffixes=suffixes)))


def test_a_long_file_is_noticed() -> None:
    assert long_files([Source("app/a.py", "x = 1\n" * 401)])
    assert not long_files([Source("app/a.py", "x = 1\n" * 400)])


def test_a_long_function_is_noticed_and_its_docstring_left_out() -> None:
    body = "    x = 1\n" * 49
    assert not long_functions([Source("app/a.py", f"def f():\n{body}")])
    assert long_functions([Source("app/a.py", f"def f():\n{body}    y = 1\n")])
    docstring = '    """Do.\n\n    More.\n    """\n'
    assert not long_functions([Source("app/a.py", f"def f():\n{docstring}{body}")])
    assert long_functions([Source("app/a.py", f"class A:\n  async def f():\n{body}    y = 1\n")])


@pytest.mark.parametrize("text", ["", "x = 1\n", '"""No full stop"""\n', '"""One. Two."""\n'])
def test_a_module_without_its_sentence_is_noticed(text: str) -> None:
    assert missing_docstrings([Source("app/a.py", text)])


def test_a_module_may_say_more_after_its_sentence() -> None:
    assert not missing_docstrings([Source("app/a.py", '"""What a\nmodule holds.\n\nAnd why. At length."""\n')])


def test_a_commit_below_the_audiences_is_noticed() -> None:
    code = "def f(session):\n    session.commit()\n"
    assert early_commits([Source("app/heritage/operations.py", code)])
    assert not early_commits([Source("app/desk/sites.py", code), Source("app/cli.py", code)])
    assert not early_commits([Source("app/engine/postgis.py", code.replace("def f", "def _on_connect"))])


def test_schema_outside_migrations_is_noticed() -> None:
    assert schema_makers([Source("app/core/db.py", "db.create_all()\n")])
    assert schema_makers([Source("tests/test_a.py", "op.create_table('a')\n")])
    assert schema_makers([Source("migrations/versions/1.py", "metadata.create_all(bind)\n")])
    assert not schema_makers([Source("migrations/versions/1.py", "op.create_table('a')\n")])


def test_a_note_to_oneself_is_noticed() -> None:
    assert unfinished([Source("app/a.py", "x = 1  # TO" + "DO: more\n")])
    assert not unfinished([Source("app/a.py", "TODOS = 1\n")])
