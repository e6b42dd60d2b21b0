"""What `make demo` says on a machine whose Python will not do, in any shell and before anything is made."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.house.reading import ROOT

PROGRAMS = ("sh", "cat", "cksum", "grep", "head", "dirname", "flock", "mkdir", "rm")
OLD = '#!/bin/sh\necho "Python 3.9.2"\n'
# Claims to be new, and fails to import anything.
BARE = '#!/bin/sh\ncase "$2" in *version_info*) echo 3.12.3 ;; *) exit 1 ;; esac\n'


@pytest.fixture
def machine(tmp_path: Path) -> Path:
    """A checkout without an environment, beside a PATH on which there is no Python yet."""
    (tmp_path / "bin").mkdir()
    for name in PROGRAMS:
        if path := shutil.which(name):
            (tmp_path / "bin" / name).symlink_to(path)
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools/environment.sh", tmp_path / "tools")
    for name in ("requirements.txt", "requirements-test.txt", "pyproject.toml"):
        (tmp_path / name).touch()
    return tmp_path


def install(machine: Path, name: str, script: str) -> None:
    path = machine / "bin" / name
    path.write_text(script, encoding="utf-8")
    path.chmod(0o755)


def run(machine: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["/bin/sh", str(machine / "tools/environment.sh"), "run"],
        env={"PATH": str(machine / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_environment_names_a_python_that_is_too_old_and_the_mend(machine: Path) -> None:
    install(machine, "python3", OLD)
    done = run(machine)
    assert done.returncode == 1
    assert len(done.stderr.splitlines()) == 1
    assert "3.9.2" in done.stderr
    assert "3.11 or newer" in done.stderr
    assert "sudo apt install python3.11 python3.11-venv" in done.stderr
    assert not (machine / ".venv").exists()


def test_environment_asks_for_a_missing_python(machine: Path) -> None:
    done = run(machine)
    assert done.returncode == 1
    assert "sudo apt install python3 python3-venv" in done.stderr


def test_environment_asks_for_a_missing_venv(machine: Path) -> None:
    install(machine, "python3", BARE)
    done = run(machine)
    assert done.returncode == 1
    assert "sudo apt install python3-venv`" in done.stderr
    assert not (machine / ".venv").exists()


def test_environment_takes_a_newer_python_when_python3_is_old(machine: Path) -> None:
    install(machine, "python3", OLD)
    install(machine, "python3.12", BARE.replace("exit 1", "[ $1 = -c ] || exit 7"))
    done = run(machine)
    assert "Python 3.9.2" in done.stderr
    assert "using python3.12 (3.12.3) instead" in done.stderr
    assert "could not be made" in done.stderr
    assert done.returncode == 1


def test_requires_python_is_the_same_in_pyproject_and_in_the_script() -> None:
    assert 'requires-python = ">=3.11"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert "\noldest=11 " in (ROOT / "tools/environment.sh").read_text(encoding="utf-8")
