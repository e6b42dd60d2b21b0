"""The checklist of a dossier: of each required paper what is there, what is wrong with it, and who owes it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from app.core.clock import VIETNAM
from app.heritage.dossiers.facts import CONDITIONS, FACTS, About, Condition, Fact, is_before
from app.heritage.dossiers.forms import form_of, lacking_forms
from app.heritage.dossiers.models import OWED, Debtor, Dossier, DossierPaper, RequiredPaper, Verdict
from app.media.models import Medium, StoredFile

# In which order papers stand: what is owed first.
_ORDER = (Verdict.MISSING, Verdict.OUTDATED, Verdict.THERE, Verdict.NOT_APPLICABLE)
_DEBTORS = (Debtor.APPLICANT, Debtor.COMMUNE, Debtor.OTHER, Debtor.OFFICE)


@dataclass(frozen=True, slots=True)
class Held:
    """A medium that stands with the record or with one of its zones, in some role."""

    medium: Medium
    file: StoredFile
    roles: frozenset[str]

    @property
    def form(self) -> str:
        """The form of its file."""
        return form_of(self.file.media_type)


@dataclass(slots=True)
class Item:
    """A required paper of a dossier with all that is known of it.

    `media` are those that are it and hold, `old` those of before the day since when it is valid. `lacking` are the
    forms that no file has. `found` is what the register makes of that by itself, `verdict` what counts. `lost` are
    codes of media that somebody named and that are gone.
    """

    paper: RequiredPaper
    said: DossierPaper | None
    found: Verdict
    media: list[Held] = field(default_factory=list)
    old: list[Held] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    facts: list[tuple[Fact, About]] = field(default_factory=list)
    condition: Condition | None = None
    owed_since: dt.date | None = None

    @property
    def verdict(self) -> Verdict:
        """What is the matter with it: as somebody said, or else as it is found."""
        return Verdict(self.said.verdict) if self.said and self.said.verdict else self.found

    @property
    def is_said(self) -> bool:
        """Whether somebody said so."""
        return bool(self.said and self.said.verdict)

    @property
    def is_owed(self) -> bool:
        """Whether somebody owes it."""
        return self.verdict in OWED

    @property
    def owed_by(self) -> Debtor:
        """Who owes it, or would."""
        return Debtor(self.said.owed_by if self.said and self.said.owed_by else self.paper.owed_by)

    @property
    def is_contradicted(self) -> bool:
        """Whether the register finds it where somebody said that it is owed."""
        return self.is_said and self.is_owed and self.found == Verdict.THERE


def make_checklist(dossier: Dossier, about: About, held: Sequence[Held]) -> list[Item]:
    """Give the papers of a dossier: what is owed first, by who owes it; papers no longer asked for only if dealt with.

    `held` are the media that stand with the record, its zones, or are named by the dossier.
    """
    said = {row.paper_id: row for row in dossier.papers}
    papers = [paper for paper in dossier.regulation.papers if not paper.is_retired or paper.id in said]
    items = [_item(paper, said.get(paper.id), about, held) for paper in papers]
    since = dossier.received_on or dossier.created_at.astimezone(VIETNAM).date()
    for item in items:
        if item.is_owed:
            item.owed_since = (item.said.owed_since if item.said else None) or since
    return sorted(items, key=_rank)


def _rank(item: Item) -> tuple[int, int, int]:
    debtor = _DEBTORS.index(item.owed_by) if item.is_owed else 0
    return 0 if item.is_owed else _ORDER.index(item.verdict), debtor, item.paper.position


def _item(paper: RequiredPaper, said: DossierPaper | None, about: About, held: Sequence[Held]) -> Item:
    named = set(said.media) if said else set()
    all_of_it = [one for one in held if one.medium.code in named or one.roles & set(paper.roles)]
    old = [one for one in all_of_it if is_before(one.medium.dated, paper.valid_since)]
    media = [one for one in all_of_it if one not in old]
    facts = [(FACTS[name], about) for name in paper.facts if name in FACTS and FACTS[name].holds(about)]
    condition = CONDITIONS.get(paper.condition or "")
    lacking = lacking_forms(paper.forms, {one.form for one in media})
    return Item(
        paper=paper,
        said=said,
        found=_find(paper, about, condition, media=media, old=old, has_fact=bool(facts)),
        media=media,
        old=old,
        lacking=lacking if media else [],
        lost=sorted(named - {one.medium.code for one in all_of_it}),
        facts=facts,
        condition=condition,
    )


def _find(
    paper: RequiredPaper,
    about: About,
    condition: Condition | None,
    *,
    media: Collection[Held],
    old: Collection[Held],
    has_fact: bool,
) -> Verdict:
    """Make out what is the matter with a paper; a fact stands in its place only where it need be no file."""
    if condition is not None and condition.is_met(about) is False:
        return Verdict.NOT_APPLICABLE
    if media and not lacking_forms(paper.forms, {one.form for one in media}):
        return Verdict.THERE
    if has_fact and not paper.forms:
        return Verdict.THERE
    return Verdict.OUTDATED if media or old else Verdict.MISSING


@dataclass(frozen=True, slots=True)
class Tally:
    """How many papers of a dossier are asked for, how many of them are there, and how many each debtor owes."""

    asked: int
    there: int
    owed: Mapping[Debtor, int]

    @property
    def all_owed(self) -> int:
        """How many are owed by anybody."""
        return sum(self.owed.values())


def tally(items: Sequence[Item]) -> Tally:
    """Count the papers of a checklist."""
    owed = {debtor: sum(item.is_owed and item.owed_by == debtor for item in items) for debtor in _DEBTORS}
    return Tally(
        asked=sum(item.verdict != Verdict.NOT_APPLICABLE for item in items),
        there=sum(item.verdict == Verdict.THERE for item in items),
        owed={debtor: count for debtor, count in owed.items() if count},
    )
