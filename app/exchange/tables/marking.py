"""Writing notes into a workbook that came in: the same file, its faulty cells coloured and what is wrong beside them.

Nothing else of it is touched: of the sheet's XML (ECMA-376 part 1, 18.3) all bytes are copied but those of the marked
cells, and of the styles (18.8) all but the few that are added; so charts, pictures, filters and formats stay.
"""

from __future__ import annotations

import re
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any
from xml.parsers import expat
from xml.sax.saxutils import escape

from app.exchange.formats.raw import damaged
from app.exchange.tables.markup import SheetWalk, column_letters

_STYLES = "xl/styles.xml"
_CHUNK = 1 << 16
_LONGEST_NOTE = 8_000
_NOTE_WIDTH = 70
_FILL = '<{p}fill><{p}patternFill patternType="solid"><{p}fgColor rgb="FFFBD5D5"/></{p}patternFill></{p}fill>'
_FILL_ID = re.compile(rb'\s(?:fillId|applyFill)="[^"]*"')
_STYLE = re.compile(rb'\ss="[^"]*"')
_UNSEEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")


@dataclass(frozen=True, slots=True)
class Marks:
    """What is to be marked on a sheet: columns (from 0) by line, a note by line, and the column of the notes."""

    columns: Mapping[int, frozenset[int]]
    notes: Mapping[int, str]
    note_column: int


def mark_workbook(path: Path, part: str, marks: Marks, most: int, out: IO[bytes]) -> None:
    """Write a workbook anew, with the marks on the sheet whose XML is `part`; raises `InvalidInput` for damaged XML."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        finder = _StyleFinder(marks)
        with source.open(part) as stream:
            finder.walk(stream, most)
        styles = _styled(source, sorted(finder.styles | {0}))
        for info in source.infolist():
            if info.filename == part:
                with made.open(info.filename, "w", force_zip64=True) as target, source.open(info) as stream:
                    _Marker(marks, styles.numbers, target, has_columns=finder.has_columns, widest=finder.widest).walk(
                        stream, most
                    )
            elif info.filename == _STYLES and styles.text is not None:
                made.writestr(info.filename, styles.text)
            else:
                with made.open(info.filename, "w", force_zip64=True) as target, source.open(info) as stream:
                    while chunk := stream.read(_CHUNK):
                        target.write(chunk)


class _StyleFinder(SheetWalk):
    """Finds the formats of the cells that will be marked, and what the sheet says of its columns' widths."""

    def __init__(self, marks: Marks) -> None:
        super().__init__()
        self._marks = marks
        self.styles: set[int] = set()
        self.has_columns = False
        self.widest = 0

    def start_cell(self, attributes: dict[str, str]) -> None:
        """Take down the format of a cell to be marked."""
        if self.column in self._marks.columns.get(self.line, ()):
            self.styles.add(_number(attributes.get("s")))

    def start_other(self, name: str, attributes: dict[str, str]) -> None:
        """Take down how far the list of column widths goes."""
        self.has_columns = self.has_columns or name == "cols"
        if name == "col":
            self.widest = max(self.widest, _number(attributes.get("max")))


def _number(text: str | None) -> int:
    return int(text) if text and text.isdecimal() and len(text) < 7 else 0


class _Marker(SheetWalk):
    """Copies a sheet's XML byte by byte, and changes or adds the cells that are marked."""

    def __init__(
        self, marks: Marks, styles: Mapping[int, int], out: IO[bytes], *, has_columns: bool, widest: int
    ) -> None:
        super().__init__()
        self._marks, self._styles, self._out = marks, styles, out
        self._has_columns, self._widest = has_columns, widest
        self._held = bytearray()
        # How many bytes of the whole have been passed on, and where the last tag began.
        self._passed = 0
        self._last = 0
        self._skipping = False
        self._prefix = ""
        self._owed: list[int] = []

    def feed(self, chunk: bytes) -> None:
        """Take some bytes more; what no later tag can change is passed on."""
        self._held += chunk
        super().feed(chunk)
        if not self._skipping:
            self._pass_to(self._last)

    def walk(self, stream: IO[bytes], most: int) -> None:
        """Copy to the end."""
        super().walk(stream, most)
        self._out.write(bytes(self._held))

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        self._last = self.parser.CurrentByteIndex
        prefix, colon, _ = tag.rpartition(":")
        self._prefix = prefix + colon
        super()._start(tag, attributes)

    def _end(self, tag: str) -> None:
        self._last = self.parser.CurrentByteIndex
        super()._end(tag)

    def start_line(self) -> None:
        """Note which cells the line owes."""
        self._owed = sorted(self._marks.columns.get(self.line, ()))

    def start_cell(self, attributes: dict[str, str]) -> None:
        """Mark a cell that is there; add those before it that are not."""
        while self._owed and self._owed[0] < self.column:
            self._insert(self._cell(self._owed.pop(0)))
        if self.column == self._marks.note_column:
            # An older note; this one takes its place.
            self._pass_to(self._last)
            end = _tag_end(self._held)
            if self._held[end - 2 : end] == b"/>":
                self._drop(end)
            else:
                self._skipping = True
        elif self._owed and self._owed[0] == self.column:
            self._owed.pop(0)
            self._restyle(_number(attributes.get("s")))

    def end_other(self, name: str) -> None:
        """Leave out an older note; add the width of the notes' column to the list of widths."""
        if name == "c" and self._skipping:
            self._skipping = False
            self._drop(self._held.find(b">", self._last - self._passed) + 1)
        elif name == "cols" and self._widest <= self._marks.note_column:
            self._insert(self._width())

    def start_other(self, name: str, attributes: dict[str, str]) -> None:
        """Give the notes room where the sheet says nothing of widths."""
        del attributes
        if name == "sheetData" and not self._has_columns:
            self._insert(f"<{self._prefix}cols>{self._width()}</{self._prefix}cols>")

    def end_line(self) -> None:
        """Add what the line owes, and its note."""
        for column in self._owed:
            self._insert(self._cell(column))
        self._owed = []
        if note := self._marks.notes.get(self.line):
            self._insert(self._note(note))

    def _width(self) -> str:
        place = self._marks.note_column + 1
        return f'<{self._prefix}col min="{place}" max="{place}" width="{_NOTE_WIDTH}" customWidth="1"/>'

    def _cell(self, column: int) -> str:
        style = self._styles.get(0)
        told = "" if style is None else f' s="{style}"'
        return f'<{self._prefix}c r="{column_letters(column)}{self.line}"{told}/>'

    def _note(self, note: str) -> str:
        p, place = self._prefix, f"{column_letters(self._marks.note_column)}{self.line}"
        style = self._styles.get(-1)
        told = "" if style is None else f' s="{style}"'
        text = escape(_UNSEEN.sub("", note)[:_LONGEST_NOTE])
        return f'<{p}c r="{place}"{told} t="inlineStr"><{p}is><{p}t xml:space="preserve">{text}</{p}t></{p}is></{p}c>'

    def _restyle(self, style: int) -> None:
        new = self._styles.get(style)
        if new is None:
            return
        self._pass_to(self._last)
        end = _tag_end(self._held)
        tag = _STYLE.sub(b"", bytes(self._held[:end]))
        name = re.match(rb"<[^\s/>]+", tag)
        cut = name.end() if name else 1
        self._out.write(tag[:cut] + f' s="{new}"'.encode() + tag[cut:])
        self._drop(end)

    def _drop(self, count: int) -> None:
        """Let go of bytes that are not passed on."""
        del self._held[:count]
        self._passed += count

    def _insert(self, text: str) -> None:
        self._pass_to(self._last)
        self._out.write(text.encode())

    def _pass_to(self, position: int) -> None:
        count = position - self._passed
        if count > 0:
            self._out.write(bytes(self._held[:count]))
            del self._held[:count]
            self._passed = position


def _tag_end(text: bytes | bytearray) -> int:
    """Find where the tag ends that a text begins with; a sign within quotes does not end it."""
    quote = 0
    for place, sign in enumerate(text):
        if quote:
            quote = 0 if sign == quote else quote
        elif sign in (34, 39):
            quote = sign
        elif sign == 62:
            return place + 1
    raise damaged("a tag has no end")


@dataclass(slots=True)
class _Styled:
    """The styles with those of marked cells added: the XML, and the number of the marked style for each other one."""

    text: bytes | None
    numbers: dict[int, int] = field(default_factory=dict)


def _styled(source: zipfile.ZipFile, wanted: list[int]) -> _Styled:
    """Add to the styles a coloured twin of each wanted one, and one for notes (-1); none where there are no styles."""
    if _STYLES not in source.namelist():
        return _Styled(None)
    text = source.read(_STYLES)
    found = _Styles(text)
    formats = found.formats
    if not formats or found.fills_end is None or found.formats_end is None:
        return _Styled(None)
    fill = found.fill_count
    made = _Styled(None)
    added: list[bytes] = []
    for style in [*wanted, -1]:
        tag = _FILL_ID.sub(b"", formats[style if 0 <= style < len(formats) else 0])
        name = re.match(rb"<[^\s/>]+", tag)
        cut = name.end() if name else 1
        tag = tag[:cut] + f' fillId="{fill}" applyFill="1"'.encode() + tag[cut:]
        made.numbers[style] = len(formats) + len(added)
        added.append(_wrapping(tag, found.prefix) if style == -1 else tag)
    new_fill = _FILL.format(p=found.prefix).encode()
    pieces = [
        text[: found.fills_end], new_fill, text[found.fills_end : found.formats_end], *added, text[found.formats_end :]
    ]  # fmt: skip
    # A count that is not true is repaired by nobody: leave it out, it is optional.
    counted = re.compile(rb"(<(?:\w+:)?(?:fills|cellXfs)\b[^>]*?)\scount=\"\d+\"")
    made.text = counted.sub(rb"\1", b"".join(pieces))
    return made


def _wrapping(tag: bytes, prefix: str) -> bytes:
    """Give a format whose text goes over several lines."""
    p = prefix.encode()
    name = re.match(rb"<[^\s/>]+", tag)
    cut = name.end() if name else 1
    head = _tag_end(tag)
    opened = re.sub(rb'\sapplyAlignment="[^"]*"', b"", tag[:head]).rstrip(b">").rstrip(b"/")
    opened = opened[:cut] + b' applyAlignment="1"' + opened[cut:]
    return opened + b"><" + p + b'alignment vertical="top" wrapText="1"/></' + p + b"xf>"


class _Styles:
    """Finds in the XML of the styles where fills and formats end, and the text of each format."""

    def __init__(self, text: bytes) -> None:
        self.formats: list[bytes] = []
        self.fill_count = 0
        self.fills_end: int | None = None
        self.formats_end: int | None = None
        self.prefix = ""
        self._text, self._path, self._begun = text, [""], 0
        self._parser = expat.ParserCreate()
        self._parser.StartElementHandler = self._start
        self._parser.EndElementHandler = self._end
        try:
            self._parser.Parse(text, True)  # noqa: FBT003 (expat takes no keyword)
        except expat.ExpatError as error:
            raise damaged(str(error)) from error

    def _start(self, tag: str, attributes: dict[str, Any]) -> None:
        del attributes
        prefix, colon, name = tag.rpartition(":")
        if self._path[-1] == "fills" and name == "fill":
            self.fill_count += 1
        if self._path[-1] == "cellXfs" and name == "xf":
            self.prefix, self._begun = prefix + colon, self._parser.CurrentByteIndex
        self._path.append(name)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        self._path.pop()
        place = self._parser.CurrentByteIndex
        if name == "xf" and self._path[-1] == "cellXfs":
            end = self._begun + _tag_end(self._text[self._begun :])
            if self._text[end - 2 : end] != b"/>":
                end = self._text.find(b">", place) + 1
            self.formats.append(self._text[self._begun : end])
        elif name == "fills":
            self.fills_end = place
        elif name == "cellXfs":
            self.formats_end = place
