"""Secrets that are shown once and kept as hashes: of sessions, tokens and one-time links."""

from __future__ import annotations

import hashlib
import secrets


def make_secret(prefix: str = "") -> str:
    """Make a secret of 256 random bits, with a prefix that tells people and scanners what it is."""
    return prefix + secrets.token_urlsafe(32)


def hash_secret(secret: str) -> str:
    """Give the hash under which a secret is kept; it is random, so that one round suffices."""
    return hashlib.sha256(secret.encode()).hexdigest()
