"""Regulations and the papers they ask for: read, written by the seed, changed by an office."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.permissions import Permission, require
from app.core.errors import Conflict, InvalidInput, NotFound
from app.heritage.dossiers import due
from app.heritage.dossiers.audit import REGULATION, note_act
from app.heritage.dossiers.models import ENDED, Dossier, Regulation, RequiredPaper
from app.vocabularies.checks import check_codes

_HEAD = ("procedure", "name", "basis", "valid_from", "valid_until", "limit_days", "limit_unit", "source", "note")
_PAPER = ("name", "condition", "forms", "roles", "facts", "owed_by", "valid_since", "obsolete", "note")


def read_regulations(session: Session) -> Sequence[Regulation]:
    """Give all regulations with their papers, in order."""
    return session.scalars(sa.select(Regulation).order_by(Regulation.position, Regulation.code)).all()


def find_regulation(session: Session, code: str) -> Regulation:
    """Give a regulation by its code; raises `NotFound`."""
    found = session.scalar(sa.select(Regulation).where(Regulation.code == code))
    if found is None:
        raise NotFound("There is no regulation %(code)s.", code=code)
    return found


def find_paper(regulation: Regulation, code: str) -> RequiredPaper:
    """Give a paper that a regulation asks for, or asked for; raises `NotFound`."""
    for paper in regulation.papers:
        if paper.code == code:
            return paper
    raise NotFound("This regulation has no paper %(code)s.", code=code)


def write_regulations(session: Session, rows: Sequence[dict[str, Any]], *, actor: User) -> list[str]:
    """Write regulations as `RegulationSchema` loaded them; gives a verdict per row.

    What an office changed stays as it is, each paper by itself (kept); a paper that the rows no longer have is retired.
    """
    require(actor, Permission.WRITE_REFERENCE)
    known = {one.code: one for one in session.scalars(sa.select(Regulation))}
    verdicts = []
    for row in rows:
        for paper in row["papers"]:
            check_codes(session, "media_roles", paper["roles"], "roles")
        regulation = known.get(row["code"])
        if regulation is None:
            regulation = known[row["code"]] = Regulation(code=row["code"], papers=[])
            session.add(regulation)
            regulation.is_own = False
            _write_seeded(regulation, row)
            verdicts.append("created")
        else:
            verdicts.append(_write_seeded(regulation, row))
    session.flush()
    due.refresh(session)
    return verdicts


def _write_seeded(regulation: Regulation, row: Mapping[str, Any]) -> str:
    head = {name: row[name] for name in (*_HEAD, "position")}
    outcomes = {_write(regulation, head)}
    standing = {paper.code: paper for paper in regulation.papers}
    for position, data in enumerate(row["papers"], 1):
        paper = standing.pop(data["paper"], None)
        values = {name: data[name] for name in _PAPER} | {"position": position, "is_retired": False}
        if paper is None:
            regulation.papers.append(RequiredPaper(code=data["paper"], is_own=False, **values))
            outcomes.add("updated")
        else:
            outcomes.add(_write(paper, values))
    outcomes |= {_write(paper, {"is_retired": True}) for paper in standing.values() if not paper.is_own}
    return next(verdict for verdict in ("updated", "kept", "unchanged") if verdict in outcomes)


def _write(row: Regulation | RequiredPaper, values: Mapping[str, Any]) -> str:
    if all(getattr(row, name) == value for name, value in values.items()):
        return "unchanged"
    if row.is_own:
        return "kept"
    for name, value in values.items():
        setattr(row, name, value)
    return "updated"


def save_regulation(session: Session, code: str, version: int, data: Mapping[str, Any], *, actor: User) -> Regulation:
    """Write what an office says of a regulation, a new one at version 0; dossiers are due by its limit at once.

    Raises `InvalidInput` for a code that is taken, `Conflict` when somebody else was first.
    """
    require(actor, Permission.WRITE_REFERENCE)
    if version == 0:
        if session.scalar(sa.select(Regulation.id).where(Regulation.code == code)) is not None:
            raise InvalidInput("The code %(code)s is taken.", code=code, field="code")
        regulation = Regulation(code=code, papers=[], version=0)
        session.add(regulation)
        before: dict[str, Any] = {}
    else:
        regulation = _lock(session, code, version)
        before = _told(regulation, _HEAD)
    if data["procedure"] != (regulation.procedure or data["procedure"]) and _has_dossiers(session, regulation):
        raise InvalidInput("Dossiers rest on this regulation; its procedure stays as it is.", field="procedure")
    for name in _HEAD:
        setattr(regulation, name, data[name])
    regulation.is_own = True
    regulation.version += 1
    note_act(session, "change", actor, REGULATION, code, before=before)
    session.flush()
    _refresh(session, regulation)
    return regulation


def save_paper(
    session: Session, code: str, version: int, data: Mapping[str, Any], *, is_retired: bool, actor: User
) -> RequiredPaper:
    """Write what an office says of a paper that a regulation asks for, or a new one.

    A paper that is no longer asked for is retired, not deleted: dossiers that dealt with it still show it. Raises as
    `save_regulation` does.
    """
    require(actor, Permission.WRITE_REFERENCE)
    regulation = _lock(session, code, version)
    check_codes(session, "media_roles", data["roles"], "roles")
    paper = next((one for one in regulation.papers if one.code == data["paper"]), None)
    before = _told(paper, (*_PAPER, "is_retired")) if paper is not None else {}
    if paper is None:
        last = max((one.position for one in regulation.papers), default=0)
        paper = RequiredPaper(code=data["paper"], position=last + 1)
        regulation.papers.append(paper)
    for name in _PAPER:
        setattr(paper, name, data[name])
    paper.is_retired, paper.is_own = is_retired, True
    regulation.version += 1
    note_act(session, "change", actor, REGULATION, code, comment=paper.code, before=before)
    session.flush()
    return paper


def _lock(session: Session, code: str, version: int) -> Regulation:
    session.execute(sa.select(Regulation.id).where(Regulation.code == code).with_for_update())
    regulation = find_regulation(session, code)
    session.refresh(regulation)
    if regulation.version != version:
        raise Conflict("Somebody else has changed this regulation meanwhile. Look at it again, then decide.")
    return regulation


def _has_dossiers(session: Session, regulation: Regulation) -> bool:
    return session.scalar(sa.select(Dossier.id).where(Dossier.regulation_id == regulation.id).limit(1)) is not None


def _refresh(session: Session, regulation: Regulation) -> None:
    open_ones = sa.select(Dossier).where(Dossier.regulation_id == regulation.id, Dossier.state.not_in(ENDED))
    due.refresh(session, session.scalars(open_ones))


def _told(row: Regulation | RequiredPaper, names: Sequence[str]) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in names}
    return {name: value.isoformat() if isinstance(value, dt.date) else value for name, value in values.items()}
