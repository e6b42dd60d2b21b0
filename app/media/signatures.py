"""Signed papers: verified in a sealed process and never altered, with what is kept of each signature."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from app.config import Settings
from app.core.db import now
from app.core.errors import Unavailable
from app.core.sealed import Bounds
from app.media.asking import ask_reader

_READER = "app.media.signature_reader"
_BOUNDS = Bounds(memory_bytes=1_500_000_000, cpu_s=60, wall_s=120.0, answer_bytes=1_000_000)
_ENDINGS = {".pem", ".crt", ".cer"}

# The worst first: a paper is worth what the worst of its signatures is worth.
VERDICTS: Final = ("broken", "changed", "untrusted", "unchecked", "expired", "trusted")
UNSIGNED: Final = "unsigned"


def check_signatures(
    path: Path, name: str, *, settings: Settings, moment: dt.datetime | None = None
) -> list[dict[str, Any]]:
    """Check the signatures in a PDF, in the order of their making, as of a moment, now unless one is given.

    Of each: `verdict` – `trusted` (intact, and the certificate leads to one of `trust_list`), `expired` (it did when it
    was signed, as the signer or a trusted time stamp says, and does no more), `untrusted`, `unchecked` (intact, and
    there is no such list), `changed` (after signing) or `broken` –, `signer`, `organisation`, `is_organisation` (as the
    certificate says), `signed_at` and `checked_at` (ISO 8601, UTC), `is_timestamped`.
    Whether a certificate has been revoked is not asked: that would need the network.
    Raises `Unavailable` when the list cannot be read, and `InvalidInput` when the file is too much for the reader.
    """
    roots = [str(root) for root in trusted_roots(settings)]
    head, _ = ask_reader(_READER, path, name, {"roots": roots, "moment": (moment or now()).isoformat()}, _BOUNDS)
    return list(head["signatures"])


def trusted_roots(settings: Settings) -> list[Path]:
    """Give the files of certificates that the setting `trust_list` names; none where it is not set."""
    if not settings.trust_list:
        return []
    named = Path(settings.trust_list).resolve()
    found = sorted(one for one in named.iterdir() if one.suffix in _ENDINGS) if named.is_dir() else [named]
    if not found or not all(one.is_file() for one in found):
        raise Unavailable(
            "The list of trusted signers, %(path)s, cannot be read. Check the setting DISAN_TRUST_LIST.",
            path=str(named),
        )
    return found


def verdict_of(signatures: Sequence[dict[str, Any]] | None) -> str | None:
    """Give what a paper's signatures are worth, together; None where they have not been looked at."""
    if signatures is None:
        return None
    verdicts = {str(one["verdict"]) for one in signatures}
    return next((verdict for verdict in VERDICTS if verdict in verdicts), UNSIGNED)
