"""The image service and the manifests before their judges: IIIF's validator and the models of the Presentation API."""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest

from tests.harness import media, pictures, server
from tests.harness.databases import open_app

if TYPE_CHECKING:
    from tests.harness.databases import Databases

JUDGES = Path(__file__).resolve().parents[2] / ".venv-iiif" / "bin"
# What the validator asks of level 0 of version 3.0 (its option `--level=0`), all of it.
LEVEL_0 = {"format_jpg", "id_basic", "id_squares", "info_json", "size_nofull"}
# What it asks of level 1 and may be had at level 0 as well; `size_noup` is left out, which wants `!2000,3000` refused,
# though of a smaller picture that is a size to fit in.
BEYOND = {
    "baseurl_redirect",
    "cors",
    "format_error_random",
    "id_error_escapedslash",
    "id_error_random",
    "id_error_unescaped",
    "id_escaped",
    "jsonld",
    "quality_error_random",
    "region_error_random",
    "rot_error_random",
    "size_error_random",
}
_COLOURS = "import json; from iiif_validator.validator import ValidationInfo as V; print(json.dumps(V().colorInfo))"
_READ = "import sys; from iiif_prezi3 import Manifest; print(Manifest.model_validate_json(sys.stdin.read()).id)"


@pytest.fixture(scope="module")
def served(databases: Databases, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, str]]:
    """The address of a server whose site shows the validator's own picture, and the name of that."""
    folder = tmp_path_factory.mktemp("iiif")
    database = databases.copy("sqlite", folder / "data")
    # The last line: importing it prints another.
    colours = [[tuple(one) for one in row] for row in json.loads(_judge("python", "-c", _COLOURS).splitlines()[-1])]
    with open_app(database) as app:
        image = media.show(app, pictures.encoded(pictures.chessboard(colours), "PNG"))
    with server.serve(database, folder / "server.log") as url:
        yield url, image["service"]["id"].rpartition("/")[2]


def _judge(program: str, *words: str, said: str = "") -> str:
    done = subprocess.run(
        [str(JUDGES / "python"), *([str(JUDGES / program)] if program != "python" else []), *words],
        input=said,
        capture_output=True,
        text=True,
        check=False,
    )
    assert not done.stderr or "test" in done.stderr, done.stderr
    return done.stdout + done.stderr


def _validate(url: str, name: str, *words: str) -> dict[str, str]:
    address = ["-s", url.removeprefix("http://"), "-p", "iiif/image", "-i", name, "--version=3.0"]
    said = _judge("iiif-validate.py", *address, *words)
    return dict(re.findall(r"test (\w+) (PASS|FAIL)", said))


def test_validator_passes_what_it_asks_of_level_0(served: tuple[str, str]) -> None:
    assert _validate(*served, "--level=0") == dict.fromkeys(LEVEL_0, "PASS")


def test_validator_passes_what_is_served_beyond_level_0(served: tuple[str, str]) -> None:
    found = _validate(*served, *(f"--test={name}" for name in sorted(BEYOND)))
    assert found == dict.fromkeys(BEYOND, "PASS")


def test_manifest_is_one_to_the_models_of_the_presentation_api(served: tuple[str, str]) -> None:
    url, _ = served
    address = f"{url}/iiif/sites/QNM-9001/manifest"
    with urlopen(address) as answer:  # noqa: S310 - our own server
        manifest = answer.read().decode()
    assert _judge("python", "-c", _READ, said=manifest).strip() == address
    broken = manifest.replace('"type": "Canvas"', '"type": "Canvass"')
    assert broken != manifest
    with pytest.raises(AssertionError, match="Canvas"):
        _judge("python", "-c", _READ, said=broken)
