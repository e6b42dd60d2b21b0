"""The XML of a workbook's sheet, walked without keeping any of it: where its cells and lines begin and end.

ECMA-376 part 1, 18.3.1. What a reader of values does not tell is found here: which values a formula gave. And what a
library that writes workbooks anew would lose is left as it stands, byte by byte, by whoever writes notes into it.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import IO
from xml.parsers import expat

from app.exchange.formats.raw import damaged

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")
_CHUNK = 1 << 16


def column_number(letters: str) -> int:
    """Give the place of a column from its letters: A is 0, AA is 26."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - 64
    return number - 1


def column_letters(number: int) -> str:
    """Give the letters of a column from its place: 0 is A, 26 is AA."""
    letters = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


class SheetWalk:
    """Walks the XML of one sheet; subclasses look at what they need.

    `line` is the number of the line, from 1, `column` the place of the cell, from 0, as they are counted where the file
    does not say them. Names are local: the prefix of a namespace is whatever the writer chose.
    """

    def __init__(self) -> None:
        self.line = 0
        self.column = -1
        self.parser = expat.ParserCreate(namespace_separator=None)
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        # No entity but XML's own has a place in a workbook.
        self.parser.EntityDeclHandler = self._refuse
        self.parser.StartDoctypeDeclHandler = self._refuse

    def walk(self, stream: IO[bytes], most: int) -> None:
        """Read a stream to its end; raises `InvalidInput` for what is not XML, or is longer than `most` bytes."""
        read = 0
        try:
            while chunk := stream.read(_CHUNK):
                read += len(chunk)
                if read > most:
                    raise damaged("a sheet is too large once it is unpacked")
                self.feed(chunk)
            self.parser.Parse(b"", True)  # noqa: FBT003 (expat takes no keyword)
        except expat.ExpatError as error:
            raise damaged(str(error)) from error

    def feed(self, chunk: bytes) -> None:
        """Take some bytes more."""
        self.parser.Parse(chunk, False)  # noqa: FBT003 (expat takes no keyword)

    def start_line(self) -> None:
        """Note that a line begins."""

    def end_line(self) -> None:
        """Note that a line ends."""

    def start_cell(self, attributes: dict[str, str]) -> None:
        """Note that a cell begins."""

    def start_other(self, name: str, attributes: dict[str, str]) -> None:
        """Note that anything else begins."""

    def end_other(self, name: str) -> None:
        """Note that anything but a line ends."""

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            given = attributes.get("r", "")
            self.line = int(given) if given.isdecimal() and len(given) < 8 else self.line + 1
            self.column = -1
            self.start_line()
        elif name == "c":
            found = _REFERENCE.fullmatch(attributes.get("r", ""))
            self.column = column_number(found[1]) if found else self.column + 1
            self.start_cell(attributes)
        else:
            self.start_other(name, attributes)

    def _end(self, tag: str) -> None:
        name = tag.rpartition(":")[2]
        if name == "row":
            self.end_line()
        else:
            self.end_other(name)

    def _refuse(self, *_: object) -> None:
        raise damaged("its XML declares a document type")


class FormulaWalk(SheetWalk):
    """Finds the cells whose values formulas give, and refuses a sheet of too many lines or columns before it is read.

    `formulas` tells, by line and column, whether the formula gave text: such a one may be empty and have been counted.
    `errors` holds the errors of Excel (`#REF!`), which the reader of values leaves out.
    """

    def __init__(
        self, lines: int, columns: int, refuse_lines: Callable[[], Exception], refuse_columns: Callable[[], Exception]
    ) -> None:
        super().__init__()
        self.formulas: dict[int, dict[int, bool]] = {}
        self._count = 0
        self.errors: dict[int, dict[int, str]] = {}
        self._is_text = self._is_error = False
        self._lines, self._columns = lines, columns
        self._refuse_lines, self._refuse_columns = refuse_lines, refuse_columns

    def start_line(self) -> None:
        """Count a line, empty or not: ten million of them are no table."""
        self._count += 1
        if self._count > 2 * self._lines:
            raise self._refuse_lines()

    def start_cell(self, attributes: dict[str, str]) -> None:
        """Note whether a formula here gave text."""
        self._is_text, self._is_error = attributes.get("t") == "str", attributes.get("t") == "e"

    def start_other(self, name: str, attributes: dict[str, str]) -> None:
        """Take down a formula; refuse a value that lies too far out."""
        del attributes
        if name == "f":
            self.formulas.setdefault(self.line, {})[self.column] = self._is_text
        elif name in ("v", "is"):
            if self.line > self._lines:
                raise self._refuse_lines()
            if self.column >= self._columns:
                raise self._refuse_columns()
            if self._is_error:
                self.parser.CharacterDataHandler = self._take_error

    def end_other(self, name: str) -> None:
        """Stop listening at the end of a value."""
        if name == "v" and self._is_error:
            self.parser.CharacterDataHandler = None

    def _take_error(self, text: str) -> None:
        errors = self.errors.setdefault(self.line, {})
        errors[self.column] = (errors.get(self.column, "") + text)[:20]
