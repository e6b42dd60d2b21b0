"""The worker's second step of an import: every line judged, a chunk at a time, so that it goes on where it was left."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.config import Settings
from app.core.batches import batches
from app.core.db import begin_write, now
from app.core.errors import DisanError, InvalidInput, NotAllowed
from app.exchange.intake.duplicates import Within, find_duplicates, proposal
from app.exchange.intake.lookups import Names, Terms, Units
from app.exchange.intake.mentions import read_mention, unknown_mentions
from app.exchange.intake.models import Choice, Import, ImportLine, ImportState, Verdict
from app.exchange.intake.parts import PartSheets, cell_text
from app.exchange.intake.payloads import Fault, Proposed, Reading, judge, propose, read_line, references, uncounted
from app.exchange.intake.queries import count_verdicts, plan_of
from app.exchange.intake.values import Reader
from app.records import index
from app.records.drafts import require_scope, suggest_code
from app.records.kinds import Kinds
from app.records.models import Record, Revision
from app.records.queries import records_by_code
from app.records.shown import read_accepted
from app.records.withholding import withheld_of

_CHUNK = 200
_NUMBERED = re.compile(r"(?P<stem>.*?)(?P<number>\d+)")


def check_lines(
    session: Session, found: Import, run: str, *, actor: User, kinds: Kinds, settings: Settings
) -> Iterator[int]:
    """Judge the lines that have no verdict yet, a chunk at a time, and count them.

    Yields after each chunk, for the caller to commit: whoever goes on later begins with the next. It ends early when
    another run has begun meanwhile, which goes on instead. Raises nothing for a wrong line.
    """
    checker = _Checker(session, found, actor, kinds, settings)
    import_id, sheet, start = found.id, found.sheet, checker.start
    while True:
        # What is read here may be older than what others write: writing asks again.
        session.expire_all()
        if session.get_one(Import, import_id).options.get("run") != run:
            return
        query = sa.select(ImportLine).where(
            ImportLine.import_id == import_id, ImportLine.sheet == sheet, ImportLine.verdict.is_(None)
        )
        lines = session.scalars(query.order_by(ImportLine.number).limit(_CHUNK)).all()
        if not lines:
            break
        judged = checker.judge([line for line in lines if line.number > start])
        judged += [{"number": line.number, "verdict": Verdict.HEADING} for line in lines if line.number <= start]
        session.rollback()
        begin_write(session)
        held = session.get_one(Import, import_id, with_for_update=True)
        if held.options.get("run") != run:
            session.rollback()
            return
        rows = [{"import_id": import_id, "sheet": sheet, **_EMPTY, **row} for row in judged]
        session.execute(sa.update(ImportLine), rows)
        held.checked, held.updated_at = held.checked + len(rows), now()
        session.flush()
        yield len(rows)
    session.rollback()
    begin_write(session)
    held = session.get_one(Import, import_id, with_for_update=True)
    held.counts, held.state, held.updated_at = count_verdicts(session, held), ImportState.CHECKED, now()
    session.flush()


_EMPTY: dict[str, Any] = {
    "faults": [],
    "candidates": [],
    "payload": None,
    "beside": None,
    "code": None,
    "base_version": None,
}


@dataclass(slots=True)
class _Standing:
    """What the register has under the codes of some lines."""

    records: Mapping[str, Record]
    accepted: Mapping[str, Revision]
    pending: Mapping[str, Revision]


@dataclass(slots=True)
class _Line:
    """A line under judgement."""

    line: ImportLine
    reading: Reading
    code: str
    is_own_code: bool
    proposed: Proposed | None = None
    payload: dict[str, Any] | None = None
    faults: list[Fault] = field(default_factory=list)
    base_version: int = 0
    mention: dict[str, str] | None = None


class _Checker:
    """Judges lines of one import."""

    def __init__(self, session: Session, found: Import, actor: User, kinds: Kinds, settings: Settings) -> None:
        self._session, self._actor, self._kinds, self._settings = session, actor, kinds, settings
        self._kind = kinds[found.kind]
        self._plan = plan_of(found, kinds, settings)
        self._import_id, self._sheet = found.id, found.sheet
        self.start = next((each["heading"] for each in found.sheets if each["position"] == found.sheet), 0)
        self._names = Names(session)
        self._reader = Reader(Terms(session), Units(session), self._names)
        self._code_column = next((column for column, target in self._plan.columns if target.path == "code"), None)
        self._first_of_code: dict[str, int] = {}
        self._numbers: dict[str, int] = {}
        self._within = Within()
        self._parts = PartSheets(session, found, self._plan, self._reader)
        self._learn()

    def _learn(self) -> None:
        """Read once what lines say of each other: their codes, and what those judged already were named and given."""
        column, after = self._code_column, self.start
        columns = (ImportLine.number, ImportLine.cells, ImportLine.code, ImportLine.verdict, ImportLine.payload)
        query = sa.select(*columns, ImportLine.choice, ImportLine.chosen)
        query = query.where(ImportLine.import_id == self._import_id, ImportLine.sheet == self._sheet)
        while True:
            rows = self._session.execute(
                query.where(ImportLine.number > after).order_by(ImportLine.number).limit(1000)
            ).all()
            if not rows:
                break
            after = rows[-1].number
            for row in rows:
                own = cell_text(row.cells, column)
                code = row.chosen if row.choice == Choice.UPDATE else own
                if row.choice == Choice.LEAVE:
                    continue
                if code:
                    self._first_of_code.setdefault(code, row.number)
                elif row.verdict == Verdict.NEW and row.code:
                    self._take_number(row.code)
                if row.verdict in (Verdict.NEW, Verdict.DUPLICATE) and row.payload:
                    self._within.add(proposal(self._kind, row.number, row.payload, self._settings), row.code or "")
        self._names.learn_own(self._first_of_code)
        self._names.learn(references(self._plan, ()))

    def judge(self, lines: Sequence[ImportLine]) -> list[dict[str, Any]]:
        """Judge some lines; gives what is to be written of each."""
        self._names.learn(references(self._plan, (line.cells for line in lines)))
        done = [self._set_aside(line) for line in lines if line.is_heading or line.choice == Choice.LEAVE]
        read = [self._read(line) for line in lines if not (line.is_heading or line.choice == Choice.LEAVE)]
        standing = self._standing([one.code for one in read if one.code])
        for one in read:
            self._propose(one, standing)
        self._hide(read, standing)
        self._forget_known(read, standing)
        fresh = [one for one in read if one.payload is not None and one.code not in standing.records]
        places = [proposal(self._kind, one.line.number, one.payload or {}, self._settings) for one in fresh]
        asked = [place for place, one in zip(places, fresh, strict=True) if not one.is_own_code]
        candidates = find_duplicates(self._session, self._kind, asked) if asked else {}
        for place, one in zip(places, fresh, strict=True):
            if not one.is_own_code:
                own = self._within.find(place)
                candidates.setdefault(place.line, []).extend(own)
                self._within.add(place, one.code)
        told = [self._tell(one, standing, candidates.get(one.line.number, [])) for one in read]
        return done + told

    def _set_aside(self, line: ImportLine) -> dict[str, Any]:
        verdict = Verdict.LEFT_OUT if line.choice == Choice.LEAVE else Verdict.HEADING
        # What was found wrong with it stays to be read.
        return {"number": line.number, "verdict": verdict, "faults": line.faults, "candidates": line.candidates}

    def _read(self, line: ImportLine) -> _Line:
        reading = read_line(self._plan, self._reader, line.cells)
        for problem in line.problems:
            columns = (self._plan.column_of(path) for path in ("locations.1.entered_text", "entered_text"))
            column = next((column for column in columns if column is not None), None)
            reading.faults.append(Fault(column, problem["message"], problem["params"]))
        reading.faults += uncounted(self._plan, line.cells, line.formulas)
        own = cell_text(line.cells, self._code_column)
        code = line.chosen or own if line.choice == Choice.UPDATE else own
        one = _Line(line, reading, code or "", bool(own))
        reading.parts = self._parts.of(own, reading)
        first = self._first_of_code.get(one.code, line.number)
        if first != line.number:
            told = InvalidInput("The code “%(code)s” stands in line %(line)s already.", code=one.code[:60], line=first)
            reading.faults.append(Fault.of(self._code_column, told))
        return one

    def _standing(self, codes: Sequence[str]) -> _Standing:
        records = records_by_code(self._session, codes)
        accepted: dict[str, Revision] = {}
        pending: dict[str, Revision] = {}
        for chunk in batches(codes):
            accepted |= read_accepted(self._session, chunk)
            query = sa.select(Revision).where(Revision.code.in_(chunk), Revision.state.in_(index.OPEN))
            pending |= {revision.code: revision for revision in self._session.scalars(query.order_by(Revision.id))}
        return _Standing(records, accepted, pending)

    def _propose(self, one: _Line, standing: _Standing) -> None:
        """Lay a line over what stands and ask the schema; a new record is given a code."""
        reading = one.reading
        if not reading.values and not reading.faults:
            return
        record, accepted = standing.records.get(one.code), standing.accepted.get(one.code)
        if one.code:
            self._check_code(one, record)
        is_ours = accepted is not None and record is not None and record.kind == self._kind.name
        base: dict[str, Any] = dict(accepted.payload) if accepted is not None and is_ours else {}
        one.base_version = record.version if record is not None else 0
        one.proposed = propose(base, reading)
        numbers = dict(self._numbers)
        is_suggested = not one.code
        if is_suggested:
            one.code = self._suggest(one.proposed.payload)
        one.proposed.payload["code"] = one.code
        one.payload, faults = judge(self._plan, reading, one.proposed)
        one.mention, missing = read_mention(self._plan, reading)
        one.faults = [*reading.faults, *faults, *missing]
        if one.payload is not None and not one.faults:
            self._check_scope(one, record)
        if one.faults and is_suggested:
            # The next line has the number that this one would have had.
            self._numbers, one.code = numbers, ""

    def _check_code(self, one: _Line, record: Record | None) -> None:
        told: DisanError | None = None
        if not re.fullmatch(self._settings.code_pattern, one.code):
            told = InvalidInput(
                "“%(value)s” is not a code of this register (pattern %(pattern)s).",
                value=one.code[:60],
                pattern=self._settings.code_pattern,
            )
        elif record is None and one.line.choice == Choice.UPDATE:
            # It was to be another line's.
            told = InvalidInput("There is no record %(code)s.", code=one.code)
        elif record is not None and record.kind != self._kind.name:
            told = InvalidInput("The code %(code)s belongs to another record already.", code=one.code)
        elif record is not None and record.deleted_at is not None:
            told = InvalidInput("%(code)s has been deleted; bring it back first.", code=one.code)
        if told is not None:
            one.reading.faults.append(Fault.of(self._code_column, told))

    def _suggest(self, payload: Mapping[str, Any]) -> str:
        """Give the next code that neither the register nor this table has."""
        suggested = suggest_code(self._session, self._settings, self._kind, payload)
        found = _NUMBERED.fullmatch(suggested)
        if found is None:
            return ""
        stem, width = found["stem"], len(found["number"])
        number = max(int(found["number"]), self._numbers.get(stem, 0) + 1)
        while (code := f"{stem}{number:0{width}d}") in self._first_of_code:
            number += 1
        self._numbers[stem] = number
        return code

    def _take_number(self, code: str) -> None:
        if found := _NUMBERED.fullmatch(code):
            self._numbers[found["stem"]] = max(self._numbers.get(found["stem"], 0), int(found["number"]))

    def _check_scope(self, one: _Line, record: Record | None) -> None:
        try:
            require_scope(self._session, self._kinds, self._kind, one.payload or {}, record=record, actor=self._actor)
        except NotAllowed as error:
            one.faults.append(Fault.of(None, error))

    def _hide(self, read: Sequence[_Line], standing: _Standing) -> None:
        """Refuse to write over what the actor may not see."""
        changed = [one for one in read if one.payload is not None and one.code in standing.accepted]
        states = [[standing.accepted[one.code].payload] for one in changed]
        hidden = withheld_of(self._session, self._kinds, self._kind, self._actor, states) if changed else []
        for one, names in zip(changed, hidden, strict=True):
            for name in sorted(names):
                if (one.payload or {}).get(name) != standing.accepted[one.code].payload.get(name):
                    told = NotAllowed("You may not see this field of %(code)s; leave the cell empty.", code=one.code)
                    one.faults.append(Fault.of(self._plan.column_of(name), told))

    def _forget_known(self, read: Sequence[_Line], standing: _Standing) -> None:
        """Leave out mentions of decisions that the register knows to rank the site."""
        asked = {one.code: one.mention for one in read if one.mention and one.code in standing.records}
        unknown = unknown_mentions(self._session, asked) if asked else set()
        for one in read:
            if one.code in asked and one.code not in unknown:
                one.mention = None

    def _tell(self, one: _Line, standing: _Standing, candidates: Sequence[Any]) -> dict[str, Any]:
        """Give the verdict of a line, and what is written of it."""
        accepted = standing.accepted.get(one.code)
        is_said = accepted is not None and accepted.payload == one.payload
        return {
            "number": one.line.number,
            "code": one.code or None,
            "faults": [fault.to_json() for fault in one.faults],
            "payload": None if one.faults or is_said else one.payload,
            "beside": None if one.faults else one.mention,
            "base_version": one.base_version,
            "candidates": [candidate.to_json() for candidate in candidates],
            "verdict": self._verdict(one, standing, candidates),
        }

    def _verdict(self, one: _Line, standing: _Standing, candidates: Sequence[Any]) -> Verdict:
        accepted = standing.accepted.get(one.code)
        rules: tuple[tuple[bool, Verdict], ...] = (
            (not one.reading.values and not one.faults, Verdict.HEADING),
            (bool(one.faults), Verdict.ERROR),
            (one.code in standing.pending, Verdict.KEPT),
            (accepted is not None and accepted.payload == one.payload and not one.mention, Verdict.SAME),
            (one.code in standing.records, Verdict.UPDATE),
            (bool(candidates) and one.line.choice != Choice.NEW, Verdict.DUPLICATE),
        )
        return next((verdict for holds, verdict in rules if holds), Verdict.NEW)
