"""The deployment's own basemap, as a view reaches it: opened once for all requests."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from flask import Flask, current_app

from app.config import Settings
from app.publication.tiles.archive import Archive

_NAME = "disan_own_basemap"


def open_own(app: Flask) -> None:
    """Open the archive that the settings name; raises `InvalidInput` where it cannot be read."""
    settings: Settings = app.config["DISAN"]
    app.extensions[_NAME] = Archive(Path(settings.basemap_pmtiles)) if settings.basemap_pmtiles else None


def own_basemap() -> Archive | None:
    """Give the open archive; None where there is none."""
    return cast("Archive | None", current_app.extensions[_NAME])
