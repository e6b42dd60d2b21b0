"""What every format is told beside the records: for whom it is written, when, and where addresses begin."""

from __future__ import annotations

from dataclasses import dataclass

from app.config import Settings
from app.core.clock import VIETNAM
from app.exchange.exports.gathering import Gathered
from app.exchange.exports.wording import Wording


@dataclass(frozen=True, slots=True)
class Context:
    """The settings, the reader's words and name, and the scheme and host under which the register is reached."""

    settings: Settings
    wording: Wording
    reader: str
    base: str

    def title(self) -> str:
        """Give what the file is called at its head."""
        say = self.wording.say
        found = self.settings.tenant_name
        tenant = found.get(self.wording.language) or next(iter(found.values()), "")
        return say("Register of heritage: %(tenant)s", tenant=tenant)

    def notes(self, gathered: Gathered) -> list[str]:
        """Say what the file holds and what it leaves out."""
        say = self.wording.say
        at = gathered.at.astimezone(VIETNAM)
        said = [
            say(
                "%(count)s records, exported on %(at)s by %(name)s.",
                count=gathered.count,
                at=f"{at:%d/%m/%Y %H:%M}",
                name=self.reader,
            ),
            say("Each record is as it was last accepted; drafts and changes that wait for review are not in it."),
        ]
        if gathered.withheld:
            said.append(
                say(
                    "Of %(count)s records the fields that tell a sensitive place are withheld from the person who "
                    "exported them; the file says which.",
                    count=gathered.withheld,
                )
            )
        if gathered.left_out:
            said.append(
                say(
                    "%(count)s records of the list are left out: they are deleted, or nobody has accepted them yet.",
                    count=gathered.left_out,
                )
            )
        return said
