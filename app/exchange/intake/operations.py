"""An import from its file to the wish that writes it: begun, mapped, decided line by line, given up; none commits."""

from __future__ import annotations

import contextlib
import hashlib
import secrets
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.config import Settings
from app.core.db import now
from app.core.errors import Conflict, DisanError, InvalidInput, NotFound
from app.core.streams import Readable, keep_pieces, read_pieces, shown_name
from app.exchange import geodata
from app.exchange.intake.lookups import plain_words
from app.exchange.intake.models import Choice, Import, ImportLine, ImportState, SavedMapping, Verdict
from app.exchange.intake.targets import find_target
from app.jobs.models import Wish
from app.jobs.operations import wish
from app.jobs.queries import is_alive
from app.places.coordinates import is_geographic
from app.records.kinds import Kinds

# Says an error in the reader's language.
Say: TypeAlias = Callable[[DisanError], str]
READ, CHECK, WRITE = "read_import", "check_import", "write_import"
_MENDABLE = (ImportState.READ, ImportState.CHECKING, ImportState.CHECKED)
# What nobody has gone on with is given up after so many days, and its file forgotten.
KEPT_DAYS = 30


def begin_import(
    session: Session, stream: Readable, name: str, kind: str, *, actor: User, kinds: Kinds, settings: Settings
) -> Import:
    """Keep a file and wish that it be read; raises `InvalidInput` for an unknown kind, an empty or too large file."""
    require(actor, Permission.EDIT)
    if kind not in kinds:
        raise InvalidInput("Say what the lines of the table are: sites, artefacts, …", field="kind")
    made = Import(actor_id=actor.id, kind=kind, name=shown_name(name)[:200], file=_keep(stream, name, settings).name)
    session.add(made)
    session.flush()
    _wish(session, made, READ, actor)
    return made


def _wish(session: Session, found: Import, kind: str, actor: User) -> None:
    """Wish for the next step of an import, and note by which wish it is to be done."""
    run = secrets.token_hex(8)
    made = wish(session, kind, {"import": found.id, "run": run}, actor=actor)
    found.options = {**found.options, "run": run, "wish": made.id}
    found.updated_at = now()
    session.flush()


def file_of(settings: Settings, found: Import) -> Path:
    """Give where an import's file lies."""
    return _folder(settings) / found.file


def _folder(settings: Settings) -> Path:
    return settings.data.resolve() / "imports"


def _keep(stream: Readable, name: str, settings: Settings) -> Path:
    """Keep a stream in the folder of imports."""
    shown, most = shown_name(name), settings.import_max_mb * 1_000_000
    too_large = geodata.too_large(shown, geodata.Limits(file_bytes=most))
    return keep_pieces(_folder(settings), read_pieces(stream, shown, most, too_large))


def find_import(session: Session, import_id: int, *, actor: User, is_held: bool = False) -> Import:
    """Give one of the actor's own imports, held against others if it is to be changed; raises `NotFound`."""
    query = sa.select(Import).where(Import.id == import_id, Import.actor_id == actor.id)
    if is_held:
        query = query.with_for_update().execution_options(populate_existing=True)
    found = session.scalar(query)
    if found is None or found.state == ImportState.DROPPED:
        raise NotFound("You have no import %(id)s.", id=import_id)
    return found


def fingerprint(columns: Sequence[str]) -> str:
    """Give what tells the headings of one source from another's, marks and capitals aside."""
    return hashlib.sha256("\n".join(plain_words(column) for column in columns).encode()).hexdigest()


def find_mapping(session: Session, kind: str, columns: Sequence[str]) -> SavedMapping | None:
    """Give how a source with these headings was mapped the last time; a returned file has the notes' column more."""
    wanted = [fingerprint(columns), fingerprint(columns[:-1])]
    query = sa.select(SavedMapping).where(SavedMapping.kind == kind, SavedMapping.fingerprint.in_(wanted))
    found = {kept.fingerprint: kept for kept in session.scalars(query)}
    return found.get(wanted[0]) or found.get(wanted[1])


def map_columns(
    session: Session,
    found: Import,
    *,
    sheet: int,
    mapping: Mapping[int, str],
    constants: Mapping[str, str],
    system: str | None,
    actor: User,
    kinds: Kinds,
    settings: Settings,
) -> None:
    """Say what the columns of a sheet are, remember it for this source, and wish that the lines be checked.

    Raises `InvalidInput` for a sheet or field that there is not, a field that two columns say, and a table without the
    one field that names its records; `Conflict` when it is being written or was.
    """
    _require_mendable(found)
    kind, languages = kinds[found.kind], settings.languages
    told = next((each for each in found.sheets if each["position"] == sheet), None)
    if told is None:
        raise InvalidInput("There is no such sheet in this file.", field="sheet")
    paths = [*mapping.values(), *constants]
    for path in paths:
        if find_target(kind, path, languages) is None:
            raise InvalidInput("There is no field “%(name)s” in this record.", name=path[:60], field="mapping")
        if paths.count(path) > 1:
            raise InvalidInput("Two columns cannot both be “%(name)s”. Leave one of them out.", name=path, field=path)
    if system:
        is_geographic(system)
    if not mapping:
        raise InvalidInput("Say of at least one column what it is.", field="mapping")
    found.sheet = sheet
    found.mapping = {str(column): path for column, path in sorted(mapping.items())}
    found.constants = {path: text.strip() for path, text in constants.items() if text.strip()}
    found.options = {"system": system or None}
    _remember(session, found, told["columns"], actor)
    _wish_checking(session, found, actor)


def _remember(session: Session, found: Import, columns: Sequence[str], actor: User) -> None:
    kept = find_mapping(session, found.kind, columns)
    if kept is None or kept.fingerprint != fingerprint(columns):
        kept = SavedMapping(kind=found.kind, fingerprint=fingerprint(columns))
    kept.mapping, kept.constants, kept.options = found.mapping, found.constants, found.options
    kept.user_id, kept.updated_at = actor.id, now()
    session.add(kept)


def _wish_checking(session: Session, found: Import, actor: User) -> None:
    """Forget what was found of the lines, and wish that it be found anew."""
    session.execute(
        sa.update(ImportLine)
        .where(ImportLine.import_id == found.id)
        .values(verdict=None, faults=[], candidates=[], payload=None, beside=None, code=None, base_version=None)
    )
    found.state, found.checked, found.counts, found.error = ImportState.CHECKING, 0, {}, None
    _wish(session, found, CHECK, actor)


def check_again(session: Session, found: Import, *, actor: User) -> None:
    """Wish that the lines be checked anew, for what stands in the register has changed; what was chosen stays."""
    if found.state != ImportState.CHECKED:
        raise Conflict("This import is not at a point where its lines can be checked.")
    _wish_checking(session, found, actor)


def choose(
    session: Session,
    found: Import,
    choice: Choice,
    *,
    actor: User,
    numbers: Sequence[int] = (),
    verdict: Verdict | None = None,
    code: str = "",
) -> int:
    """Decide what becomes of lines: new records, changes of the record that each may be, or left out; gives how many.

    The lines are named by number, or all those of a verdict are meant. Of a line with several candidates `code` says
    which; without it the likeliest is meant. They are checked anew. A line with faults can only be left out.
    """
    if found.state != ImportState.CHECKED:
        raise Conflict("This import is not at a point where its lines can be checked.")
    require(actor, Permission.EDIT)
    query = sa.select(ImportLine).where(ImportLine.import_id == found.id, ImportLine.sheet == found.sheet)
    query = query.where(ImportLine.number.in_(numbers) if verdict is None else ImportLine.verdict == verdict)
    changed = 0
    for line in session.scalars(query.execution_options(yield_per=200)):
        if choice == Choice.LEAVE or (not line.faults and line.candidates):
            line.choice, line.verdict = choice, None
            line.chosen = (code or str(line.candidates[0]["code"])) if choice == Choice.UPDATE else None
            changed += 1
    if changed:
        found.state = ImportState.CHECKING
        _wish(session, found, CHECK, actor)
    return changed


def wish_writing(session: Session, found: Import, *, actor: User, title: str) -> None:
    """Wish that the lines be written as drafts of one changeset.

    Raises `Conflict` while lines are wrong or undecided, when nothing is left to write, and for an import that is not
    checked.
    """
    require(actor, Permission.EDIT)
    if found.state != ImportState.CHECKED:
        raise Conflict("This import is not at a point where its lines can be written.")
    wrong, open_ = found.counts.get(Verdict.ERROR, 0), found.counts.get(Verdict.DUPLICATE, 0)
    if wrong or open_:
        raise Conflict(
            "%(wrong)s lines are wrong and %(open)s may be there already. Mend the file and upload it again, or decide "
            "what becomes of them.",
            wrong=wrong,
            open=open_,
        )
    if not any(found.counts.get(verdict, 0) for verdict in (Verdict.NEW, Verdict.UPDATE)):
        raise Conflict("There is nothing to write: no line says anything new.")
    found.state = ImportState.WRITING
    found.options = {**found.options, "title": title.strip()[:500] or found.name}
    _wish(session, found, WRITE, actor)


def drop_import(session: Session, found: Import, settings: Settings, *, actor: User) -> None:
    """Give an import up: its lines and its file go; raises `Conflict` while it is being written.

    One whose worker failed for good is not being written any more, whatever its state says.
    """
    require(actor, Permission.EDIT)
    if found.state == ImportState.WRITING and is_alive(session.get(Wish, found.options.get("wish", 0))):
        raise Conflict("This import is being written. Wait until it is done; its changeset can then be undone.")
    forget(session, found, settings)


def forget(session: Session, found: Import, settings: Settings) -> None:
    """Forget the lines and the file of an import that came to its end."""
    session.execute(sa.delete(ImportLine).where(ImportLine.import_id == found.id))
    if found.state != ImportState.WRITTEN:
        found.state = ImportState.DROPPED
    found.updated_at = now()
    session.flush()
    with contextlib.suppress(OSError):
        file_of(settings, found).unlink(missing_ok=True)


def _require_mendable(found: Import) -> None:
    if found.state not in _MENDABLE:
        raise Conflict("This import is not at a point where its lines can be checked.")
