"""Stamps of forms that no account and no cookie vouches for: when a form was made, and a secret of its own, signed."""

from __future__ import annotations

import hmac
import time
from dataclasses import dataclass

from app.accounts.secrets import make_secret
from app.http.limits import current_limits

# No person fills a form in sooner.
_SOONEST_S = 3
_LATEST_S = 24 * 3600


@dataclass(frozen=True, slots=True)
class Stamp:
    """What a stamp tells: the form's own secret, None where the stamp is not ours, and what is suspect about it."""

    nonce: str | None
    suspicion: str


def make_stamp() -> str:
    """Make the stamp of a form; it is not to be given to two."""
    return _signed("stamp", f"{int(time.time())}.{make_secret()}")


def read_stamp(text: str) -> Stamp:
    """Read a stamp that came back: a form may be sent too soon, too late, or with a stamp that nobody made."""
    told, _, signature = text[:200].rpartition(".")
    if not _is_signed("stamp", told, signature):
        return Stamp(None, "unknown form")
    at, _, nonce = told.partition(".")
    age = time.time() - int(at)
    return Stamp(nonce, "too soon" if age < _SOONEST_S else "too late" if age > _LATEST_S else "")


def seal_name(name: str) -> str:
    """Sign a name that a form carries, so that nobody can put another in its place."""
    return _signed("name", name)


def open_name(sealed: str) -> str | None:
    """Give a name that `seal_name` signed; None for anything else."""
    name, _, signature = sealed[:200].rpartition(".")
    return name if _is_signed("name", name, signature) else None


def _signed(use: str, text: str) -> str:
    return f"{text}.{_sign(use, text)}"


def _is_signed(use: str, text: str, signature: str) -> bool:
    return hmac.compare_digest(_sign(use, text).encode(), signature.encode("utf-8", "surrogateescape"))


def _sign(use: str, text: str) -> str:
    """Sign a text for one use, so that what is signed for another does not pass for it."""
    key = f"forms {use} {current_limits().secret}"
    return hmac.new(key.encode(), text.encode("utf-8", "surrogateescape"), "sha256").hexdigest()
