"""The process that writes notes into a workbook: sealed off; the new file goes out through its answer."""

from __future__ import annotations

import io
import json
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, cast

from app.core.errors import InvalidInput
from app.core.sealed import open_answer, seal, write_part
from app.exchange.tables.marking import Marks, mark_workbook
from app.exchange.tables.workbooks import sheet_part

_PIECE = 1 << 16


class _Answer(io.RawIOBase):
    """What is written goes out as parts of the answer; nothing is kept but a piece."""

    def __init__(self, out: IO[bytes]) -> None:
        super().__init__()
        self._out, self._held, self._count = out, bytearray(), 0

    def writable(self) -> bool:
        """Say that it can be written."""
        return True

    def tell(self) -> int:
        """Say how much was written; the ZIP file counts by it."""
        return self._count

    def write(self, data: Any) -> int:
        """Take some bytes more."""
        self._held += data
        self._count += len(data)
        while len(self._held) >= _PIECE:
            write_part(self._out, {}, bytes(self._held[:_PIECE]))
            del self._held[:_PIECE]
        return len(data)

    def finish(self) -> None:
        """Let out the rest."""
        if self._held:
            write_part(self._out, {}, bytes(self._held))
        write_part(self._out, {"end": True})


def main(arguments: Sequence[str]) -> None:
    """Mark the workbook that the first argument names, as the second (JSON) and the file it names tell."""
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    told = json.loads(Path(asked["marks"]).read_text(encoding="utf-8"))
    seal(asked["bounds"], asked["parent"])
    marks = Marks(
        {int(line): frozenset(columns) for line, columns in told["columns"].items()},
        {int(line): note for line, note in told["notes"].items()},
        told["note_column"],
    )
    out = open_answer()
    answer = _Answer(out)
    try:
        with zipfile.ZipFile(path) as archive:
            part = sheet_part(archive, told["sheet"])
        if part is None:
            sys.exit(1)
        mark_workbook(path, part, marks, asked["most_bytes"], cast("IO[bytes]", answer))
        answer.finish()
    except (InvalidInput, zipfile.BadZipFile, MemoryError, RecursionError):
        sys.exit(1)
    out.close()
