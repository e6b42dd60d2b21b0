"""The deployment's settings, as a view reaches them."""

from __future__ import annotations

from importlib.metadata import version
from typing import cast

from flask import current_app, request

from app.config import Settings

RELEASE = version("disan")


def current_settings() -> Settings:
    """Give the settings of the application that serves the request."""
    return cast("Settings", current_app.config["DISAN"])


def absolute(path: str) -> str:
    """Give the address of a root-relative path under the public host."""
    base = current_settings().public_url or request.host_url
    return base.rstrip("/") + path
