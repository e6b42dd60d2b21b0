"""What a WSGI server runs."""

from __future__ import annotations

from app import create_app

app = create_app()
