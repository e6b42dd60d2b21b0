"""Rules for the documents: they name what is there, and all of it."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable
from pathlib import Path
from urllib.parse import unquote

from app.config import SETTINGS
from tests.house.reading import ROOT, Source, complain, read, sources

_ROW = re.compile(r"^\|(.+)\|\s*$", re.MULTILINE)
_LINK = re.compile(r"\]\(\s*<?([^)\s>]+)>?[^)]*\)|^\[[^\]]+\]:\s*(\S+)|(?:src|href)=\"([^\"]+)\"", re.MULTILINE)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:|//|#")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_RELEASE = re.compile(r"^## \[(Unreleased|\d+\.\d+\.\d+)\]", re.MULTILINE)
_SECTIONS = {"At run time": "runtime", "For the tests": "test", "For the tests, apart": "apart"}


def table(text: str) -> list[tuple[str, ...]]:
    r"""Read the rows of Markdown tables, without heads and rules; a bar inside a cell is written `\|`."""
    rows = []
    for line in _ROW.findall(text):
        cells = tuple(cell.strip().replace("\\|", "|") for cell in re.split(r"(?<!\\)\|", line))
        if cells[0].startswith("`"):
            rows.append(cells)
    return rows


def settings_table() -> str:
    """Write the table of settings as docs/settings.md holds it."""
    rows = [(f"`{s.name}`", f"`{s.default}`" if s.default else "", s.meaning) for s in SETTINGS]
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    return "\n".join(lines + ["| " + " | ".join(c.replace("|", "\\|") for c in row) + " |" for row in rows])


def wrong_settings(document: str) -> list[str]:
    """Complain where the table of settings differs from `app.config.SETTINGS` in name, default, meaning or order."""
    wanted = settings_table()
    if table(document) == table(wanted):
        return []
    missing = [row[0] for row in table(wanted) if row not in table(document)]
    extra = [row[0] for row in table(document) if row not in table(wanted)]
    return [
        f"docs/settings.md differs (missing or other there: {missing}, not in the code: {extra}); it should hold:",
        wanted,
    ]


def normal(requirement: str) -> str:
    """Give a requirement's package name in its normal form (PEP 503)."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\s<>=!~\[;@]", requirement, maxsplit=1)[0]).lower()


def wrong_dependencies(document: str, project: str) -> list[str]:
    """Complain where the page of dependencies and pyproject.toml name different packages, or one has no reason."""
    data = tomllib.loads(project)
    groups = data["dependency-groups"]
    apart = [*groups["iiif"], *groups["moto"]]
    declared = {"runtime": data["project"]["dependencies"], "test": groups["test"], "apart": apart}
    complaints = []
    for part in document.split("\n## ")[1:]:
        key = _SECTIONS.get(part.splitlines()[0].strip())
        if key is None:
            continue
        rows = table(part)
        named = {normal(row[0].strip("`")) for row in rows}
        wanted = {normal(requirement) for requirement in declared.pop(key)}
        complaints += [f"docs/dependencies.md, {key}: says nothing of {name}" for name in sorted(wanted - named)]
        complaints += [f"docs/dependencies.md, {key}: {name} is no dependency" for name in sorted(named - wanted)]
        complaints += [f"docs/dependencies.md, {key}: no reason for {row[0]}" for row in rows if not row[-1]]
    return complaints + [f"docs/dependencies.md: no section for {key}" for key in declared]


def unknown_targets(document: Source, makefile: str) -> list[str]:
    """Complain of `make` commands in a document that the Makefile does not know."""
    targets = set(re.findall(r"^([a-z][a-z-]*):(?!=)", makefile, re.MULTILINE))
    named = re.findall(r"(?:`|^\s*\$?\s*)make ([a-z][a-z-]*)", document.text, re.MULTILINE)
    return [f"{document.name}: there is no `make {name}`" for name in sorted(set(named) - targets)]


def broken_links(documents: Iterable[Source], root: Path) -> list[str]:
    """Complain of relative links that lead nowhere."""
    complaints = []
    for document in documents:
        folder = (root / document.name).parent
        for found in _LINK.finditer(_FENCE.sub("", document.text)):
            link = next(group for group in found.groups() if group)
            if _ELSEWHERE.match(link):
                continue
            path = unquote(re.split(r"[#?]", link, maxsplit=1)[0])
            if not (folder / path).exists():
                complaints.append(f"{document.name}: the link {link} leads nowhere")
    return complaints


def wrong_changelog(document: str) -> list[str]:
    """Complain of a changelog without an unreleased part or a version."""
    return [] if _RELEASE.search(document) else ["CHANGELOG.md: has no `## [Unreleased]` and no version"]


def test_settings_page_equals_the_code() -> None:
    complain(wrong_settings(read("docs/settings.md")))


def test_dependencies_page_equals_pyproject() -> None:
    complain(wrong_dependencies(read("docs/dependencies.md"), read("pyproject.toml")))


def test_documents_name_make_targets_that_exist() -> None:
    documents = sources(".", suffixes=(".md",))
    complain([line for document in documents for line in unknown_targets(document, read("Makefile"))])


def test_readme_names_the_two_commands() -> None:
    assert "make demo" in read("README.md")
    assert "make test" in read("README.md")


def test_relative_links_resolve() -> None:
    complain(broken_links(sources(".", suffixes=(".md",)), ROOT))


def test_changelog_has_a_version_or_what_is_unreleased() -> None:
    complain(wrong_changelog(read("CHANGELOG.md")))


def test_a_setting_left_out_changed_or_invented_is_noticed() -> None:
    assert not wrong_settings(f"# Settings\n\n{settings_table()}\n")
    assert wrong_settings(settings_table().replace("`8000`", "`80`"))
    assert wrong_settings("\n".join(settings_table().splitlines()[:-1]))
    assert wrong_settings(settings_table() + "\n| `DISAN_MAGIC` | | does wonders |")


def test_a_dependency_left_out_or_invented_is_noticed() -> None:
    project = '[project]\ndependencies = ["Psycopg[binary]>=3"]\n[dependency-groups]\n'
    project += 'test = ["pytest"]\niiif = ["iiif-validator"]\nmoto = ["moto[s3]"]\n'
    good = "# D\n\n## At run time\n\n| `psycopg` | driver |\n\n## For the tests\n\n| `pytest` | runs |\n"
    good += "\n## For the tests, apart\n\n| `iiif-validator` | judges |\n| `moto` | stands in |\n"
    assert not wrong_dependencies(good, project)
    assert wrong_dependencies(good.replace("psycopg", "mysql"), project)
    assert wrong_dependencies(good.replace("driver", ""), project)
    assert wrong_dependencies(good.split("## For", maxsplit=1)[0], project)


def test_an_unknown_target_is_noticed() -> None:
    makefile = "demo: ## serve\ntest: demo\n"
    assert not unknown_targets(Source("README.md", "Type `make demo` to make sure.\n\n    make test\n"), makefile)
    assert unknown_targets(Source("README.md", "Type `make coffee`."), makefile)


def test_a_broken_link_is_noticed(tmp_path: Path) -> None:
    (tmp_path / "there.md").touch()
    good = "[a](there.md#part) [b](https://example.org) [c](#here)\n```\n[d](code.md)\n```\n"
    assert not broken_links([Source("a.md", good)], tmp_path)
    assert broken_links([Source("a.md", "![a](gone.png)")], tmp_path)
    assert broken_links([Source("a.md", '<img src="gone.png" alt="">')], tmp_path)


def test_a_changelog_without_versions_is_noticed() -> None:
    assert wrong_changelog("# Changelog\n\nNothing.\n")
    assert not wrong_changelog("# Changelog\n\n## [0.1.0] - 2026-12-01\n")
