"""Secrets that are shown once and kept as hashes: of sessions, tokens and one-time links."""

from __future__ import annotations

import hashlib
import secrets


def make_secret() -> str:
    """Make 256 random bits as 43 letters that an address or a header can carry."""
    return secrets.token_urlsafe(32)


def hash_secret(text: str) -> str:
    """Give what is kept of a secret; with 256 random bits there is nothing to guess, so a fast hash will do."""
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
