"""The decision that a list of sites names beside each: one record for all lines that name the same one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.catalogue import KINDS
from app.config import Settings
from app.core.batches import batches
from app.core.errors import InvalidInput
from app.core.text import fold
from app.exchange.intake.payloads import Fault, Plan, Reading
from app.exchange.intake.targets import MENTION
from app.exchange.intake.values import read_date_text
from app.heritage.models import Decision, DecisionItem
from app.records import index
from app.records.drafts import NewDraft, add_drafts, suggest_code
from app.records.models import Changeset, Record, Revision
from app.records.shown import read_accepted

_DECISIONS = cast("sa.Table", Decision.__table__)
# “Quyết định số 318/QĐ-UBND ngày 04/02/2009” in one cell.
_LED = re.compile(r"^(?:quyết định|qđ)?\s*(?:số)?\s*[:.]?\s*", re.IGNORECASE)
_WITH_DAY = re.compile(r"(?P<number>.+?)\s*[,;(]?\s*(?:ngày|ngay)\s*(?P<date>\d{1,2}[/.\-]\d{1,2}[/.\-]\d{4})\)?")
_FULL_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_NO_RANK = "inventoried"
_NUMBER = re.compile(r"(?P<stem>.*?)(?P<number>\d+)")


def read_mention(plan: Plan, reading: Reading) -> tuple[dict[str, str] | None, list[Fault]]:
    """Give the decision that a line names, and what is missing of it; None for a line that names none.

    A level without a number is a decision of which nobody knows more; being inventoried is no ranking.
    """
    said = {
        target.path.removeprefix(MENTION): str(value)
        for target, value in reading.values.items()
        if target.path.startswith(MENTION) and str(value).strip()
    }
    is_named = any(name in said for name in ("number", "date"))
    if not said or (not is_named and said.get("level") in (None, _NO_RANK)):
        return None, []
    if number := said.get("number"):
        said["number"], day = _parted(number)
        if day and "date" not in said:
            said["date"] = day
    told = (
        ("level", InvalidInput("Say at which level the decision ranks the site.")),
        ("issuer", InvalidInput("Say who issued the decision: in a column, or once for every line.")),
    )
    faults = [
        Fault.of(plan.column_of(f"{MENTION}{name}") or plan.column_of(f"{MENTION}number"), error)
        for name, error in told
        if name not in said
    ]
    return (None if faults else said), faults


def _parted(text: str) -> tuple[str, str]:
    """Part a decision's number from the day that stands in the same cell."""
    found = _WITH_DAY.fullmatch(text.strip())
    number = _LED.sub("", found["number"] if found else text).strip() or text.strip()
    return number, read_date_text(found["date"]) if found else ""


def unknown_mentions(session: Session, mentions: Mapping[str, Mapping[str, str]]) -> set[str]:
    """Give the codes of sites that no decision of the number mentioned with them ranks yet."""
    known: set[tuple[str, str]] = set()
    for chunk in batches(sorted(mentions)):
        decided = sa.orm.aliased(Record)
        rows = session.execute(
            sa.select(Record.code, _DECISIONS.c.number)
            .join(DecisionItem, DecisionItem.record_id == Record.id)
            .join(_DECISIONS, _DECISIONS.c.id == DecisionItem.decision_id)
            .join(decided, decided.id == _DECISIONS.c.id)
            .where(Record.code.in_(chunk), decided.deleted_at.is_(None))
        )
        known |= {(code, _plain(number)) for code, number in rows}
    return {code for code, said in mentions.items() if (code, _plain(said.get("number"))) not in known}


def write_mentions(
    session: Session,
    mentions: Sequence[tuple[str, Mapping[str, str]]],
    *,
    changeset: Changeset,
    actor: User,
    settings: Settings,
) -> list[str]:
    """Draft the decisions that lines name, with an item for each site; gives their codes.

    Two mentions are one decision only where number, full day and issuer are known and equal; one that the register has
    gets further items, unless somebody is changing it.
    """
    groups: dict[Any, list[tuple[str, Mapping[str, str]]]] = {}
    for place, (code, said) in enumerate(mentions):
        is_full = said.get("number") and _FULL_DAY.fullmatch(said.get("date", ""))
        key = (_plain(said["number"]), said["date"], fold(said["issuer"])) if is_full else place
        groups.setdefault(key, []).append((code, said))
    standing = _standing(session, [key for key in groups if isinstance(key, tuple)])
    drafts, last = [], ""
    for key, rows in groups.items():
        found = standing.get(key) if isinstance(key, tuple) else None
        if found is not None:
            drafts.append(NewDraft(found[0].code, _with_items(found[1], rows), found[0].version))
            continue
        last = _following(last) if last else suggest_code(session, settings, KINDS["decision"], {})
        said = rows[0][1]
        payload = {"code": last, "issuer": said["issuer"], "number": said.get("number"), "date": said.get("date")}
        drafts.append(NewDraft(last, _loaded(_with_items(payload, rows)), 0))
    for chunk in batches(drafts):
        add_drafts(session, KINDS, "decision", chunk, changeset=changeset, actor=actor, settings=settings)
    return [draft.code for draft in drafts]


def _plain(number: str | None) -> str:
    return re.sub(r"\s", "", fold(number or ""))


def _standing(session: Session, keys: Iterable[tuple[str, str, str]]) -> dict[Any, tuple[Decision, dict[str, Any]]]:
    """Give the decisions of the register that are named in full, with what each says; none that somebody changes."""
    wanted = set(keys)
    found: dict[Any, tuple[Decision, dict[str, Any]]] = {}
    for chunk in batches(sorted({day for _, day, _ in wanted})):
        query = sa.select(Decision).where(Decision.date.in_(chunk), Decision.deleted_at.is_(None))
        rows = {decision.code: decision for decision in session.scalars(query)}
        open_ = set(
            session.scalars(sa.select(Revision.code).where(Revision.code.in_([*rows]), Revision.state.in_(index.OPEN)))
        )
        accepted = read_accepted(session, [*rows])
        for code, decision in rows.items():
            key = (_plain(decision.number), decision.date, fold(decision.issuer))
            if key in wanted and code not in open_ and code in accepted:
                found[key] = decision, dict(accepted[code].payload)
    return found


def _with_items(payload: Mapping[str, Any], rows: Sequence[tuple[str, Mapping[str, str]]]) -> dict[str, Any]:
    items = [dict(item) for item in payload.get("items") or ()]
    ranked = {(item["record"], item.get("level")) for item in items if item.get("action") == "rank"}
    taken = {item["uid"] for item in items}
    for code, said in rows:
        if (code, said["level"]) in ranked:
            continue
        uid = next(each for number in range(1, len(taken) + 2) if (each := f"i{number}") not in taken)
        taken.add(uid)
        items.append({"uid": uid, "record": code, "action": "rank", "level": said["level"]})
    return {**payload, "items": items}


def _loaded(payload: Mapping[str, Any]) -> dict[str, Any]:
    schema = KINDS["decision"].schema()
    return dict(schema.dump(schema.load({name: value for name, value in payload.items() if value is not None})))


def _following(code: str) -> str:
    found = _NUMBER.fullmatch(code)
    return f"{found['stem']}{int(found['number']) + 1:0{len(found['number'])}d}" if found else code
