"""Reading a cell as its field wants it: dates, numbers, yes and no, terms, units, records, lists."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from app.core.dates import parse_edtf
from app.core.errors import InvalidInput
from app.core.text import excerpt, fold
from app.exchange.intake.lookups import Names, Terms, Units
from app.exchange.intake.targets import Target
from app.exchange.tables.lines import Cell, text_of
from app.places.coordinates import is_geographic

# The day before 1 March 1900 that Excel's count begins with, as it counts a 29 February 1900 that never was.
_EXCEL_ZERO = dt.date(1899, 12, 30)
# A bare number is a year below the first of these and a day up to the other, in 2099; beyond it is neither.
_FIRST_SERIAL, _LAST_SERIAL = 10_000, 73_050
_ERRORS = re.compile(r"#(?:REF!|N/A|VALUE!|DIV/0!|NAME\?|NULL!|NUM!|SPILL!|CALC!)")
# UTF-8 that was taken for Windows-1252: no Vietnamese text holds these together.
_GARBLED = re.compile(r"á»|áº|Ä‘|Ä\u0090|Æ°|Ã[\u0080-\u00bf¡-¿]|Â[\u0080-\u00bf]|\ufffd")
_APART = re.compile(r"[|;\n]")
_LOOSER = re.compile(r"[|;\n,+]|\s+(?:và|and)\s+")
_YES = {"true", "yes", "y", "co", "x", "1", "dung", "roi", "da co", "✓", "✔"}
_NO = {"false", "no", "n", "khong", "0", "sai", "chua", "chua co"}
_ROMAN = re.compile(r"x{0,2}(?:ix|iv|v?i{0,3})")
_LATEST_CENTURY = 21
_CENTURY = re.compile(
    r"(?:(?:the ky|tk|the ki)(?: thu)?|century)\.?\s*(?P<one>[ivx]{1,6}|\d{1,2})"
    r"(?:\s*[-–]\s*(?:(?:the ky|tk|the ki)\s*)?(?P<two>[ivx]{1,6}|\d{1,2}))?|(?P<en>\d{1,2})(?:st|nd|rd|th) century"
)
_DAY = re.compile(r"(?:ngay\s*)?(\d{1,2})\s*(?:[/.\-]|thang)\s*(\d{1,2})\s*(?:[/.\-]|nam)\s*(\d{4})")
_YEAR_FIRST = re.compile(r"(\d{4})[/.](\d{1,2})[/.](\d{1,2})")
_MONTH = re.compile(r"(?:thang\s*)?(\d{1,2})\s*(?:[/.\-]|nam)\s*(\d{4})")
_YEAR = re.compile(r"(?:nam\s*)?(\d{3,4})")
_ABOUT = re.compile(r"(?:khoang|c\.|ca\.|about|circa)\s*(?:nam\s*)?(\d{3,4})")
_SPAN = re.compile(r"(?:tu\s+)?(?:nam\s*)?(\d{3,4})\s*(?:[-–]|\bden\b)\s*(?:nam\s*)?(\d{3,4})")
# One mark before three digits: of thousands or of decimals.
_TWO_READINGS = re.compile(r"-?[1-9]\d{0,2}[.,]\d{3}")
_THOUSANDS = re.compile(r"-?\d{1,3}(?:\.\d{3}){2,}|-?\d{1,3}(?:,\d{3}){2,}")


@dataclass(frozen=True, slots=True)
class Reader:
    """What cells are read by: the register's words."""

    terms: Terms
    units: Units
    names: Names

    def read(self, target: Target, cell: Cell) -> Any:
        """Read a cell that says something; raises `InvalidInput` saying what is wrong and how to write it."""
        text = text_of(cell)
        if _ERRORS.fullmatch(text):
            raise InvalidInput("The cell holds Excel’s error %(value)s. Write the value itself.", value=text)
        if _GARBLED.search(text):
            raise InvalidInput(
                "“%(value)s” is garbled: the file was saved in one encoding and opened in another. Export it anew as "
                "Unicode (UTF-8), or type the text.",
                value=excerpt(text),
            )
        return _READERS.get(target.sort, _read_text)(self, target, cell)


def _read_text(_: Reader, __: Target, cell: Cell) -> str:
    if isinstance(cell, dict):
        year, month, day = cell["day"].split("-")
        return f"{day}/{month}/{year}"
    return text_of(cell)


def _read_texts(_: Reader, __: Target, cell: Cell) -> list[str]:
    return [part.strip() for part in _APART.split(text_of(cell)) if part.strip()]


def _read_term(reader: Reader, target: Target, cell: Cell) -> str:
    return reader.terms.find(target.scheme or "", text_of(cell))


def _read_terms(reader: Reader, target: Target, cell: Cell) -> list[str]:
    scheme, text = target.scheme or "", text_of(cell)
    if whole := reader.terms.match(scheme, text):
        return [whole]
    found = []
    for part in (each.strip() for each in _APART.split(text)):
        if not part:
            continue
        if one := reader.terms.match(scheme, part):
            found.append(one)
        else:
            found += [reader.terms.find(scheme, each) for each in _LOOSER.split(part) if each and each.strip()]
    return list(dict.fromkeys(found))


def _read_unit(reader: Reader, target: Target, cell: Cell) -> str:
    is_current = target.plain in ("current_unit", "unit")
    return reader.units.find(text_of(cell), is_current=is_current)


def _read_record(reader: Reader, target: Target, cell: Cell) -> str:
    return reader.names.find(target.record_kind or "", text_of(cell))


def _read_boolean(_: Reader, __: Target, cell: Cell) -> bool:
    if isinstance(cell, bool):
        return cell
    said = fold(text_of(cell)).strip(" .")
    if said in _YES:
        return True
    if said in _NO:
        return False
    raise InvalidInput("“%(value)s” is neither yes nor no. Write có or không.", value=excerpt(text_of(cell)))


def _read_integer(_: Reader, __: Target, cell: Cell) -> int:
    if isinstance(cell, int) and not isinstance(cell, bool):
        return cell
    text = text_of(cell).replace("\u2212", "-")
    digits = re.sub(r"[\s.,](?=\d{3}\b)", "", text)
    if re.fullmatch(r"-?\d{1,15}", digits):
        return int(digits)
    raise InvalidInput("“%(value)s” is no whole number. Write it in digits, such as 1990.", value=excerpt(text))


def _read_number(_: Reader, __: Target, cell: Cell) -> float:
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return float(cell)
    text = text_of(cell)
    bare = re.sub(r"\s|m2|m²|m$", "", text.replace("\u2212", "-"))
    if "," in bare and "." in bare:
        # The last mark is that of decimals.
        bare = bare.replace(".", "").replace(",", ".") if bare.rfind(",") > bare.rfind(".") else bare.replace(",", "")
    elif _THOUSANDS.fullmatch(bare):
        bare = bare.replace(".", "").replace(",", "")
    elif _TWO_READINGS.fullmatch(bare):
        raise InvalidInput(
            "“%(value)s” can be read in more than one way. Write a decimal point and no marks between thousands.",
            value=excerpt(text),
        )
    else:
        bare = bare.replace(",", ".")
    if re.fullmatch(r"-?\d{1,15}(\.\d{1,15})?", bare):
        return float(bare)
    raise InvalidInput("“%(value)s” is no number. Write it in digits, such as 1250,5.", value=excerpt(text))


def _read_day(_: Reader, __: Target, cell: Cell) -> str:
    written = _date(cell)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", written):
        return _checked(written, cell)
    raise InvalidInput("“%(value)s” is no day. Write day, month and year, such as 19/3/1985.", value=_shown(cell))


def _read_date(_: Reader, __: Target, cell: Cell) -> str:
    return _checked(_date(cell), cell)


def _checked(written: str, cell: Cell) -> str:
    try:
        return parse_edtf(written).edtf
    except InvalidInput as error:
        raise InvalidInput(
            "“%(value)s” is not a date that can be read here. Write 19/3/1985, 3/1985, 1985, thế kỷ 17, khoảng 1471 or "
            "1960-1973; a day must be in the calendar.",
            value=_shown(cell),
        ) from error


def read_date_text(text: str) -> str:
    """Read a date as people write it, in EDTF; "" for what is none."""
    try:
        return parse_edtf(_date(text)).edtf
    except InvalidInput:
        return ""


def _shown(cell: Cell) -> str:
    return excerpt(text_of(cell))


def _date(cell: Cell) -> str:
    """Write what a cell says of a date in EDTF, as far as it is known how; else as it stands."""
    if isinstance(cell, dict):
        return str(cell["day"])
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        whole = int(cell)
        if 0 <= whole < _FIRST_SERIAL:
            return f"{whole:04d}"
        return (_EXCEL_ZERO + dt.timedelta(days=whole)).isoformat() if 0 < whole <= _LAST_SERIAL else text_of(cell)
    text = text_of(cell)
    said = " ".join(fold(text).split()).strip(" .")
    for pattern, write in _DATES:
        if found := pattern.fullmatch(said):
            return write(found) or text
    return text


def _century(number: str) -> int:
    """Read the number of a century, Arabic or Roman; 0 for none that there was."""
    if number.isdigit():
        return int(number)
    if not _ROMAN.fullmatch(number):
        return 0
    values = {"i": 1, "v": 5, "x": 10}
    digits = [values[letter] for letter in number]
    return sum(-one if one < two else one for one, two in zip(digits, [*digits[1:], 0], strict=True))


def _write_century(found: re.Match[str]) -> str:
    """Write one century or a span of them; "" where one is none."""
    numbers = [_century(number) for number in (found["one"] or found["en"], found["two"]) if number]
    if not all(1 <= number <= _LATEST_CENTURY for number in numbers):
        return ""
    return "/".join(f"{number - 1:02d}XX" for number in numbers)


_DATES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (_DAY, lambda found: f"{found[3]}-{int(found[2]):02d}-{int(found[1]):02d}"),
    (_YEAR_FIRST, lambda found: f"{found[1]}-{int(found[2]):02d}-{int(found[3]):02d}"),
    (_MONTH, lambda found: f"{found[2]}-{int(found[1]):02d}"),
    (_YEAR, lambda found: f"{int(found[1]):04d}"),
    (_ABOUT, lambda found: f"{int(found[1]):04d}~"),
    (_SPAN, lambda found: f"{int(found[1]):04d}/{int(found[2]):04d}"),
    (_CENTURY, _write_century),
)


def _read_system(_: Reader, __: Target, cell: Cell) -> str:
    """Read a coordinate system: an EPSG code, or the names that sheets bear."""
    said = fold(text_of(cell))
    code = re.search(r"\b(\d{4,5})\b", said.replace("vn-2000", "").replace("vn2000", ""))
    if "wgs" in said and not (code and "epsg" in said):
        return "EPSG:4326"
    if code:
        is_geographic(f"EPSG:{code[1]}")
        return f"EPSG:{code[1]}"
    raise InvalidInput(
        "“%(value)s” is not a coordinate system that is read here. Write EPSG:4326 (degrees, WGS 84), EPSG:4756 "
        "(degrees, VN-2000) or the code of a VN-2000 or UTM grid, such as EPSG:5899.",
        value=_shown(cell),
    )


_READERS: dict[str, Callable[[Reader, Target, Cell], Any]] = {
    "texts": _read_texts,
    "terms": _read_terms,
    "term": _read_term,
    "unit": _read_unit,
    "record": _read_record,
    "boolean": _read_boolean,
    "integer": _read_integer,
    "number": _read_number,
    "day": _read_day,
    "date": _read_date,
    "system": _read_system,
}
