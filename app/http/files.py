"""The storage of files, as a view reaches it: opened once for all requests."""

from __future__ import annotations

from typing import cast

from flask import current_app

from app.http.settings import current_settings
from app.media.storage import Storage

_NAME = "disan_storage"


def current_storage() -> Storage:
    """Give the storage of the application that serves the request; it may be asked from any thread."""
    if _NAME not in current_app.extensions:
        current_app.extensions[_NAME] = Storage(current_settings())
    return cast("Storage", current_app.extensions[_NAME])
