"""The command `disan import`: a table taken in as drafts, after every line was judged."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

import click
from rich.progress import Progress
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.operations import find_user
from app.catalogue import KINDS
from app.cli.frame import COLUMNS, application, console, require_schema
from app.config import Settings
from app.core.db import begin_write, db
from app.core.errors import DisanError, InvalidInput
from app.desk.forms.headings import field_names
from app.exchange.intake import operations as imports
from app.exchange.intake.checking import check_lines
from app.exchange.intake.models import Choice, Import, Verdict
from app.exchange.intake.queries import every_line
from app.exchange.intake.reading import read_file
from app.exchange.intake.returning import return_file, say_faults
from app.exchange.intake.writing import write_drafts
from app.http.i18n import catalogue
from app.jobs.operations import cancel

_SHOWN = 20
_BARRING = (Verdict.ERROR, Verdict.DUPLICATE)


@click.command("import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--kind", required=True, type=click.Choice([*KINDS]), help="What each line is.")
@click.option("--as", "email", required=True, help="Who takes it in: the e-mail address of somebody who may edit.")
@click.option("--dry-run", is_flag=True, help="Say what each line comes to, and write nothing.")
@click.option("--sheet", help="Name of the sheet; by default the one whose headings are understood best.")
@click.option(
    "--map",
    "mapped",
    multiple=True,
    metavar="HEADING=FIELD",
    help="What a column is, where its heading does not say so.",
)
@click.option("--set", "constants", multiple=True, metavar="FIELD=VALUE", help="What every line says beside.")
@click.option("--crs", "system", help="Coordinate system, where no column says it, such as EPSG:5899.")
@click.option(
    "--duplicates",
    type=click.Choice([str(choice) for choice in Choice]),
    help="What becomes of lines that may be there already; by default they bar the import.",
)
@click.option("--leave-faults", is_flag=True, help="Leave out the lines with faults; by default they bar the import.")
@click.option(
    "--report", type=click.Path(dir_okay=False, path_type=Path), help="Write the workbook with its faults here."
)
@click.option("--language", default="vi", show_default=True, help="Language of the faults.")
def import_(
    *,
    file: Path,
    kind: str,
    email: str,
    dry_run: bool,
    sheet: str | None,
    mapped: tuple[str, ...],
    constants: tuple[str, ...],
    system: str | None,
    duplicates: str | None,
    leave_faults: bool,
    report: Path | None,
    language: str,
) -> None:
    """Take in a table (XLSX, CSV, GeoJSON, GeoPackage, Shapefile, KML) as the drafts of one changeset.

    Leaves with 1 where lines are wrong or undecided; then nothing was written.
    """
    say = _sayer(language)
    with application() as settings:
        require_schema()
        session = db.session()
        begin_write(session)
        actor = find_user(session, email)
        with file.open("rb") as stream:
            found = imports.begin_import(session, stream, file.name, kind, actor=actor, kinds=KINDS, settings=settings)
        work = _Work(session, settings, found.id, actor.id)
        work.keep()
        try:
            work.read()
            work.map(sheet, _pairs(mapped), _pairs(constants), system)
            work.check()
            if duplicates:
                work.decide(Choice(duplicates), Verdict.DUPLICATE)
            if leave_faults:
                work.decide(Choice.LEAVE, Verdict.ERROR)
            work.tell(say)
            if report is not None:
                shutil.move(return_file(session, work.found, say, settings=settings), report)
                click.echo(f"{report}: the table with what is to be mended")
            is_barred = any(work.found.counts.get(verdict) for verdict in _BARRING)
            if not dry_run and not is_barred:
                work.write()
        finally:
            work.end()
    sys.exit(1 if is_barred else 0)


def _sayer(language: str) -> imports.Say:
    known = catalogue(language)

    def say(error: DisanError) -> str:
        params = {name: say(value) if isinstance(value, DisanError) else value for name, value in error.params.items()}
        text = known.gettext(error.message)
        return text % params if params else text

    return say


def _pairs(given: tuple[str, ...]) -> list[tuple[str, str]]:
    pairs = []
    for text in given:
        name, sign, value = text.partition("=")
        if not sign:
            raise InvalidInput("Write “%(value)s” with an equals sign: NAME=VALUE.", value=text[:60])
        pairs.append((name.strip(), value.strip()))
    return pairs


@dataclass(frozen=True, slots=True)
class _Work:
    """An import on its way; each step commits, and begins with what stands."""

    session: Session
    settings: Settings
    import_id: int
    actor_id: int

    @property
    def found(self) -> Import:
        """The import as it stands."""
        return self.session.get_one(Import, self.import_id)

    @property
    def actor(self) -> User:
        """Who takes it in."""
        return self.session.get_one(User, self.actor_id)

    def _begin(self) -> Import:
        self.session.rollback()
        begin_write(self.session)
        return self.found

    def keep(self) -> None:
        """Commit a step; what the worker was wished to do next is done here."""
        cancel(self.session, self.found.options["wish"], actor=self.actor)
        self.session.commit()

    def read(self) -> None:
        """Read the file into lines."""
        with console.status("Reading the file"):
            read_file(self.session, self.found, KINDS, field_names(self.found.kind), self.settings)
        self.session.commit()

    def map(
        self, sheet: str | None, mapped: list[tuple[str, str]], constants: list[tuple[str, str]], system: str | None
    ) -> None:
        """Take the columns for what their headings say, and for what the command says."""
        found = self._begin()
        position = found.sheet if sheet is None else _position(found, sheet)
        chosen = next((each for each in found.sheets if each["position"] == position), found.sheets[0])
        guess = found.mapping if sheet is None else chosen["guess"]
        mapping = {int(place): path for place, path in guess.items()}
        for heading, path in mapped:
            if heading not in chosen["columns"]:
                known = ", ".join(name for name in chosen["columns"] if name)
                raise InvalidInput(
                    "There is no column “%(name)s”; there are: %(choices)s.", name=heading, choices=known
                )
            mapping[chosen["columns"].index(heading)] = path
        mapping = {place: path for place, path in mapping.items() if path}
        imports.map_columns(
            self.session,
            found,
            sheet=chosen["position"],
            mapping=mapping,
            constants=dict(constants),
            system=system,
            actor=self.actor,
            kinds=KINDS,
            settings=self.settings,
        )
        self.keep()
        for place, path in sorted(mapping.items()):
            click.echo(f"  {chosen['columns'][place]} → {path}")

    def check(self) -> None:
        """Judge the lines."""
        found, actor, settings = self.found, self.actor, self.settings
        total = next(each["count"] for each in found.sheets if each["position"] == found.sheet)
        with Progress(*COLUMNS, console=console) as bars:
            task = bars.add_task("lines", total=total)
            run = found.options["run"]
            for checked in check_lines(self.session, found, run, actor=actor, kinds=KINDS, settings=settings):
                self.session.commit()
                bars.advance(task, checked)
            self.session.commit()

    def decide(self, choice: Choice, verdict: Verdict) -> None:
        """Decide the same of all lines of a verdict."""
        count = imports.choose(self.session, self._begin(), choice, actor=self.actor, verdict=verdict)
        if count:
            self.keep()
            self.check()

    def tell(self, say: imports.Say) -> None:
        """Say what the lines come to, and what bars the import."""
        found = self.found
        counts = ", ".join(f"{count} {verdict}" for verdict, count in sorted(found.counts.items()))
        click.echo(f"{found.kind}: {counts or 'nothing'}")
        lines = ((line, say_faults(found, line, say)) for line in every_line(self.session, found, _BARRING))
        told = [f"  {line.number}: {sentence}" for line, sentences in lines for sentence in sentences]
        for text in told[:_SHOWN]:
            click.echo(text)
        if len(told) > _SHOWN:
            click.echo(f"  … and {len(told) - _SHOWN} more; --report writes all of them beside their cells")

    def write(self) -> None:
        """Write the drafts."""
        found = self._begin()
        imports.wish_writing(self.session, found, actor=self.actor, title=found.name)
        self.keep()
        self._begin()
        with console.status("Writing the drafts"):
            result = write_drafts(self.session, self.import_id, actor=self.actor, kinds=KINDS, settings=self.settings)
        self.session.commit()
        number = self.found.changeset_id
        click.echo(f"{result['drafts']} drafts in changeset {number}; submit it at /desk/changesets/{number}")

    def end(self) -> None:
        """Leave nothing behind but what was written."""
        imports.forget(self.session, self._begin(), self.settings)
        self.session.commit()


def _position(found: Import, sheet: str) -> int:
    position = next((each["position"] for each in found.sheets if each["name"] == sheet), None)
    if position is None:
        raise InvalidInput("There is no such sheet in this file.", field="sheet")
    return int(position)
