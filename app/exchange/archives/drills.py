"""Drills: a backup is checked to its last file and restored into a database that is thrown away."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pyrage import x25519

from app.config import Settings
from app.core.db import now
from app.core.errors import DisanError, InvalidInput
from app.engine.carrying import new_file_engine
from app.exchange.archives.loading import load, read_plan
from app.exchange.archives.reading import check_files, open_archive
from app.exchange.archives.tables import Tell, tell_nobody
from app.exchange.archives.targets import Backup, note_drill, scratch_folder

_log = logging.getLogger("disan.backups")


def hold_drill(
    backup: Backup,
    settings: Settings,
    *,
    identities: Sequence[x25519.Identity] = (),
    is_strict: bool = True,
    tell: Tell = tell_nobody,
) -> Backup:
    """Try whether a backup can be restored, and keep beside it what was found; nothing of the register is touched.

    Every checksum is looked at, every table loaded into a scratch SQLite and read back. A drill that is not strict
    passes over files that were taken over from an earlier backup and sealed to another witness; it says how many.
    """
    found: dict[str, Any] = {"at": now().isoformat(timespec="seconds"), "is_good": False, "problem": None}
    try:
        found |= _try(backup, settings, identities, is_strict=is_strict, tell=tell)
        found["is_good"] = True
    except DisanError as error:
        _log.warning("the drill of %s failed: %s", backup.folder.name, error)
        found["problem"] = {"message": error.message, "params": _params(error, backup)}
    return note_drill(backup, found)


def _params(error: DisanError, backup: Backup) -> dict[str, str]:
    """Give a problem's values; beside a sealed backup lies nothing that tells of what is in it."""
    return {name: "…" if backup.is_sealed else str(value) for name, value in error.params.items() if name != "further"}


def _try(
    backup: Backup, settings: Settings, identities: Sequence[x25519.Identity], *, is_strict: bool, tell: Tell
) -> dict[str, Any]:
    with (
        scratch_folder(settings) as scratch,
        open_archive(backup.folder, identities=identities, scratch=scratch, is_strict=is_strict) as archive,
    ):
        checked = check_files(archive, tell)
        told: dict[str, Any] = {"files": checked.outside, "opened": checked.opened, "unopened": checked.unopened}
        if not archive.is_open:
            raise InvalidInput(
                "The checksums are right, but nobody has tried what is sealed: hold a drill with the identity."
            )
        plan = read_plan(archive)
        engine = new_file_engine(Path(scratch) / "drill.sqlite3")
        try:
            with engine.begin() as connection:
                load(connection, archive, plan, tell)
        finally:
            engine.dispose()
        faulty = int(backup.info.get("Disan-Faulty-Files") or 0)
        if faulty:
            raise InvalidInput(
                "%(count)s files that the register names were missing or damaged when it was backed up. `disan media "
                "verify` names them.",
                count=faulty,
            )
        return told | {"tables": len(plan.tables), "rows": plan.row_count}
