"""Fetch the browser libraries that we serve ourselves into `static/vendor`, and write their manifest.

Run it by hand when a version changes: `.venv/bin/python tools/vendor.py`. It needs `npm`, whose own settings say where
packages come from; whatever it brings must have the archive's hash below.
"""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

# Where packages keep what was built, in the archive.
_MADE = re.compile(r"^(dist|build(/openseadragon)?)/")
VENDOR = Path(__file__).resolve().parents[1] / "static" / "vendor"


@dataclass(frozen=True)
class Library:
    """A package: its archive's hash, its licence, and the files that we serve, by their path in the archive."""

    package: str
    version: str
    licence: str
    purpose: str
    archive_sha256: str
    files: tuple[str, ...]
    licence_file: str = "LICENSE"

    @property
    def folder(self) -> str:
        """The folder below `static/vendor`."""
        return self.package.rsplit("/", maxsplit=1)[-1]


LIBRARIES = (
    Library(
        "leaflet",
        "1.9.4",
        "BSD-2-Clause",
        "draws maps",
        "84c65a256e50657896f54c33bd857b6849ebe94c817803be818bf32a3dde0b77",
        (
            "LICENSE",
            "dist/leaflet.js",
            "dist/leaflet.css",
            "dist/images/marker-icon.png",
            "dist/images/marker-icon-2x.png",
            "dist/images/marker-shadow.png",
        ),
    ),
    Library(
        "@geoman-io/leaflet-geoman-free",
        "2.20.2",
        "MIT",
        "draws and edits geometry on a Leaflet map",
        "1688a81159de5610fcb7af59f7d76a5133aa5fe58d1840aa43b5915a0c1699a0",
        ("LICENSE", "dist/leaflet-geoman.min.js", "dist/leaflet-geoman.css"),
    ),
    Library(
        "tus-js-client",
        "4.3.1",
        "MIT",
        "sends files in pieces and goes on after the line has broken",
        "919f46808b2c689be9214df5c0f21879bee4a4599b34e212ada8f14de1db9bc0",
        ("LICENSE", "dist/tus.min.js"),
    ),
    Library(
        "openseadragon",
        # The next one writes a style element, which the content policy forbids.
        "5.0.1",
        "BSD-3-Clause",
        "shows large pictures tile by tile",
        "4762c9432cee1d941644d0df9ce61ebb61d3dcd6f7312e843f24d26912354502",
        ("LICENSE.txt", "build/openseadragon/openseadragon.min.js"),
        "LICENSE.txt",
    ),
    Library(
        "pannellum",
        "2.5.7",
        "MIT",
        "shows panoramas all around",
        "01a05cdc7d201fda3c8946f65426badd4676df45218d6da5d869c9fdb220150e",
        ("COPYING", "build/pannellum.js", "build/pannellum.css"),
        "COPYING",
    ),
    Library(
        "swagger-ui-dist",
        "5.35.0",
        "Apache-2.0",
        "shows the API's description and asks the API what a reader fills in",
        "1b8e891893404ea4c3558b6a87e2a3e494e7eedba41168c2ece5800a391a6ea6",
        ("LICENSE", "NOTICE", "swagger-ui-bundle.js", "swagger-ui-bundle.js.LICENSE.txt", "swagger-ui.css"),
    ),
    Library(
        "@expo-google-fonts/be-vietnam-pro",
        "0.4.1",
        "OFL-1.1",
        "the letters of the pictures that stand with links to records; drawn by the server",
        "574b6af45c7d7ece6f22fd5e6b26652d86681a3d34a8b0e7c488880148e8edaa",
        ("LICENSE_FONT", "400Regular/BeVietnamPro_400Regular.ttf", "700Bold/BeVietnamPro_700Bold.ttf"),
        "LICENSE_FONT",
    ),
)


def fetch(library: Library, folder: Path) -> Path:
    """Fetch a package's archive with npm; raises `SystemExit` when it is not the one that was looked at."""
    spec = f"{library.package}@{library.version}"
    command = ["npm", "pack", "--silent", spec, "--pack-destination", str(folder)]
    name = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()[-1]
    archive = folder / name
    found = hashlib.sha256(archive.read_bytes()).hexdigest()
    if found != library.archive_sha256:
        sys.exit(
            f"{spec}: the archive's sha256 is {found}, not {library.archive_sha256}: look at it before trusting it."
        )
    return archive


def unpack(library: Library, archive: Path) -> dict[str, str]:
    """Copy the files that we serve, without source-map comments; gives their hashes by path."""
    hashes = {}
    with tarfile.open(archive) as opened:
        for name in library.files:
            member = opened.extractfile(f"package/{name}")
            if member is None:
                sys.exit(f"{library.package}: the archive holds no {name}.")
            data = member.read()
            if name.endswith((".js", ".css")):
                # The maps are not served: a browser's tools would ask for them in vain.
                lines = [line for line in data.split(b"\n") if b"sourceMappingURL=" not in line[:60]]
                data = b"\n".join(lines)
            path = f"{library.folder}/{_MADE.sub('', name)}"
            target = VENDOR / path
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            hashes[path] = hashlib.sha256(data).hexdigest()
    return hashes


def main() -> None:
    """Make `static/vendor` anew."""
    shutil.rmtree(VENDOR, ignore_errors=True)
    entries = []
    with tempfile.TemporaryDirectory() as folder:
        for library in LIBRARIES:
            files = unpack(library, fetch(library, Path(folder)))
            entries.append(
                {
                    "name": library.package,
                    "version": library.version,
                    "licence": library.licence,
                    "licence_file": f"{library.folder}/{library.licence_file}",
                    "purpose": library.purpose,
                    "archive_sha256": library.archive_sha256,
                    "files": files,
                }
            )
    text = json.dumps({"libraries": entries}, indent=2, ensure_ascii=False)
    (VENDOR / "manifest.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
