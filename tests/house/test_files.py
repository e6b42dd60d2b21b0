"""Rules for what is neither code nor document: the locks and the style sheet."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.house.reading import ROOT, complain, read

LOCKS = ("requirements.txt", "requirements-test.txt", "requirements-iiif.txt", "requirements-moto.txt")
AUDITS = "tools/audits/package-lock.json"
STYLE = "static/css/site.css"
LARGEST_STYLE_BYTES = 12_000
_PINNED = re.compile(r"[a-zA-Z0-9._-]+==[^\s;]+")


def wrong_lock(name: str, text: str) -> list[str]:
    """Complain of addresses in a lock, and of requirements that are not pinned with a hash."""
    complaints = [f"{name}: holds an address: {found}" for found in re.findall(r"\S*://\S*", text)]
    lines = (line.strip() for line in re.sub(r"\\\n\s*", " ", text).splitlines())
    complaints += [
        f"{name}: not pinned with a hash: {line[:80]}"
        for line in lines
        if line and not line.startswith("#") and not (_PINNED.match(line) and "--hash=sha256:" in line)
    ]
    return complaints


def unequal_locks(service: str, tests: str) -> list[str]:
    """Complain where the tests would run with other versions than the service."""
    pinned = [set(re.findall(r"^[a-zA-Z0-9._-]+==[^\\]+", text, re.MULTILINE)) for text in (service, tests)]
    return [f"requirements-test.txt: lacks {line.strip()}" for line in sorted(pinned[0] - pinned[1])]


def wrong_npm_lock(lock: dict[str, Any]) -> list[str]:
    """Complain of packages that the audits' lock has without a hash, or with the address they came from."""
    packages = {name: package for name, package in lock["packages"].items() if name}
    return [
        f"{AUDITS}: {name}" for name, package in packages.items() if "resolved" in package or "integrity" not in package
    ]


def large_style(size: int) -> list[str]:
    """Complain of a style sheet that a phone would wait for."""
    return [f"{STYLE}: {size} bytes, at most {LARGEST_STYLE_BYTES}"] if size > LARGEST_STYLE_BYTES else []


def test_locks_hold_hashes_and_no_address() -> None:
    complain([line for name in LOCKS for line in wrong_lock(name, read(name))])


def test_locks_agree() -> None:
    complain(unequal_locks(*(read(name) for name in LOCKS[:2])))


def test_audits_lock_holds_hashes_and_no_address() -> None:
    complain(wrong_npm_lock(json.loads(read(AUDITS))))


def test_style_sheet_is_small() -> None:
    complain(large_style((ROOT / STYLE).stat().st_size))


def test_a_loose_lock_is_noticed() -> None:
    assert not wrong_lock("r.txt", "flask==3.1.3 ; python_version > '3' \\\n    --hash=sha256:ab\n")
    assert wrong_lock("r.txt", "flask==3.1.3\n")
    assert wrong_lock("r.txt", "flask>=3.1 \\\n    --hash=sha256:ab\n")
    assert wrong_lock("r.txt", "--index" + "-url https://example.org/simple\n")


def test_a_loose_npm_lock_is_noticed() -> None:
    assert not wrong_npm_lock({"packages": {"": {}, "node_modules/a": {"integrity": "sha512-ab"}}})
    assert wrong_npm_lock({"packages": {"node_modules/a": {}}})
    assert wrong_npm_lock({"packages": {"node_modules/a": {"integrity": "sha512-ab", "resolved": "somewhere"}}})


def test_locks_that_disagree_are_noticed() -> None:
    assert not unequal_locks("a==1 \\\n  --hash=sha256:ab\n", "a==1 \\\n  --hash=sha256:ab\nb==1 \\\n")
    assert unequal_locks("a==1 \\\n", "a==2 \\\n")


def test_a_large_style_sheet_is_noticed() -> None:
    assert large_style(12_001)
    assert not large_style(12_000)
