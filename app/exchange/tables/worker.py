"""The process that reads tables: sealed off, then the format by the file's content, then line by line."""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Any

from app.core.errors import InvalidInput
from app.core.sealed import open_answer, seal, write_part
from app.exchange.tables.delimited import read_delimited
from app.exchange.tables.lines import Line
from app.exchange.tables.workbooks import read_workbook, refuse_encrypted, workbook_format

# So many lines make a part of the answer; a part is written before the next is read.
_LINES = 100
_OLD_WORKBOOK = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"


def main(arguments: Sequence[str]) -> None:
    """Read the file that the first argument names, as the second (JSON) tells; write the answer part by part.

    The first part says `format` (`xlsx`, `xlsb`, `ods`, `xls`, `csv`), each `sheet` is told before its `lines`; the
    last part says `end`. A file that is not to be read is answered by `{"refused", "params"}` alone.
    """
    path, asked = Path(arguments[0]), json.loads(arguments[1])
    gc.disable()
    seal(asked["bounds"], asked["parent"])
    out = open_answer()
    try:
        _write(out, path, asked["limits"])
        write_part(out, {"end": True})
    except InvalidInput as error:
        write_part(out, {"refused": True}, json.dumps([error.message, error.params]).encode())
    except (MemoryError, RecursionError):
        sys.exit(1)
    out.close()


def _write(out: IO[bytes], path: Path, limits: dict[str, Any]) -> None:
    format_, sheets = _open(path, limits)
    write_part(out, {"format": format_})
    count = 0
    for position, (name, lines) in enumerate(sheets):
        if position >= limits["sheets"]:
            break
        write_part(out, {"sheet": position, "name": name[:200]})
        batch: list[Any] = []
        for line in lines:
            count += 1
            if count > limits["filled_lines"]:
                raise InvalidInput(
                    "“%(file)s” has more than %(most)s lines that are filled. Split it into several files.",
                    most=limits["filled_lines"],
                )
            batch.append([line.number, line.cells, line.formulas, line.is_heading])
            if len(batch) == _LINES:
                _flush(out, batch)
        _flush(out, batch)


def _flush(out: IO[bytes], batch: list[Any]) -> None:
    if batch:
        write_part(out, {"lines": len(batch)}, json.dumps(batch, ensure_ascii=False, separators=(",", ":")).encode())
        batch.clear()


def _open(path: Path, limits: dict[str, Any]) -> tuple[str, Iterator[tuple[str, Iterator[Line]]]]:
    with path.open("rb") as file:
        head = file.read(8)
    if head.startswith(b"PK"):
        found = workbook_format(path)
        if not found:
            raise InvalidInput("“%(file)s” is a ZIP archive, but no workbook. Take the file out of it and upload that.")
        return found, read_workbook(path, limits)
    if head.startswith(_OLD_WORKBOOK):
        refuse_encrypted(path)
        return "xls", read_workbook(path, limits)
    if b"\x00" in head and not head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise InvalidInput("“%(file)s” is no table. Upload XLSX, CSV, GeoJSON, GeoPackage, Shapefile (ZIP) or KML.")
    return "csv", iter([("", read_delimited(path, limits))])
