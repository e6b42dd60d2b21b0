"""The process that fills templates of papers: sealed off, Jinja bound to facts, lists and a few filters."""

from __future__ import annotations

import io
import json
import re
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import ParseError

import docx
from defusedxml import DefusedXmlException, ElementTree
from docx.shared import Mm
from docxtpl import DocxTemplate, InlineImage
from jinja2 import (
    FunctionLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    UndefinedError,
    meta,
)
from jinja2.exceptions import SecurityError
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from app.core.errors import InvalidInput
from app.core.sealed import answer, seal
from app.exchange.papers.names import FACTS, TEMPLATE

_FILTERS = (
    *("capitalize", "count", "d", "default", "e", "first", "join", "last", "length", "lower", "replace", "round"),
    *("title", "trim", "upper"),
)
_TESTS = (
    "defined",
    "undefined",
    "none",
    "string",
    "number",
    "odd",
    "even",
    "divisibleby",
    "==",
    "eq",
    "in",
    "true",
    "false",
)
_LOOP = frozenset({"index", "index0", "first", "last", "length", "revindex", "revindex0", "previtem", "nextitem"})
_SAVED_BADLY = "This template cannot be filled. Open it in Word or LibreOffice, save it as DOCX, and upload that."
_UNKNOWN = "The template names “%(name)s”, which is no fact of this paper. Take a name from the list, or take it out."
_FORBIDDEN = "The template asks for “%(name)s”, which templates may not. They may name facts, list rows and choose."
_SYNTAX = "The template cannot be read at “%(name)s”: %(reason)s."
_EXTERNAL = "The template draws on a file elsewhere (%(name)s). Put what it needs into the template itself."
_ACTIVE = "The template holds what runs or is embedded (%(name)s). Take it out."
# Parts that hold what runs, or other files.
_PARTS = ("word/embeddings/", "word/activex/", "word/vba", "customui/", "word/afchunk", "word/printersettings")
_FIELDS = re.compile(
    r"\b(DDE(?:AUTO)?|INCLUDE(?:TEXT|PICTURE)|LINK|IMPORT|MACROBUTTON|DATABASE|QUOTE)\b", re.IGNORECASE
)
_WORD = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_RELATION = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_FAULTS = (ValueError, KeyError, TypeError, AttributeError, IndexError, OSError, ArithmeticError, zipfile.BadZipFile)


class _Undefined(StrictUndefined):
    """What a template names and nobody knows; its name is told."""

    @property
    def named(self) -> str:
        """Give the name that nobody knows."""
        return str(self._undefined_name)

    @property
    def _undefined_message(self) -> str:
        return self.named


class _Environment(ImmutableSandboxedEnvironment):
    """Jinja for templates from outside: the items of facts, and nothing that is called.

    Beside the sandbox's own bars there are no globals, few filters, no method and no attribute but a loop's.
    """

    def __init__(self) -> None:
        super().__init__(autoescape=True, undefined=_Undefined, loader=FunctionLoader(lambda _: None))
        self.globals.clear()
        self.filters = {name: self.filters[name] for name in _FILTERS}
        self.tests = {name: self.tests[name] for name in _TESTS}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """Give an item of facts or a loop's place; nothing else has attributes."""
        if isinstance(obj, Mapping):
            return obj[attribute] if attribute in obj else self.undefined(obj=obj, name=attribute)
        if isinstance(obj, LoopContext) and attribute in _LOOP:
            return getattr(obj, attribute)
        if isinstance(obj, _Undefined):
            raise UndefinedError(obj.named)
        raise SecurityError(attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """Give an item of facts or of a list."""
        if isinstance(obj, Mapping) and isinstance(argument, str):
            return self.getattr(obj, argument)
        if isinstance(obj, list) and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, _Undefined):
            raise UndefinedError(obj.named)
        raise SecurityError(str(argument)[:60])

    def call(self, _context: Any, called: Any, /, *_: Any, **__: Any) -> Any:
        """Refuse to call anything."""
        raise SecurityError(getattr(called, "__name__", type(called).__name__))


def main(arguments: Sequence[str]) -> None:
    """Fill the template in the folder that the first argument names; write the answer to standard output.

    The answer is empty and the DOCX follows, or it is `refused` and `params`. With `is_new` the template is looked
    through first for what runs or draws on other files.
    """
    folder, asked = Path(arguments[0]), json.loads(arguments[1])
    seal(asked["bounds"], asked["parent"])
    bodies: list[bytes] = []
    try:
        if asked["is_new"]:
            _inspect(folder / TEMPLATE)
        facts = json.loads((folder / FACTS).read_text(encoding="utf-8"))
        bodies.append(_fill(folder, facts))
        if asked["is_new"]:
            _check_names(folder, facts)
        found: dict[str, Any] = {}
    except InvalidInput as error:
        found = {"refused": error.message, "params": error.params}
    except UndefinedError as error:
        found = {"refused": _UNKNOWN, "params": {"name": str(error.message)[:100]}}
    except SecurityError as error:
        found = {"refused": _FORBIDDEN, "params": {"name": str(error.message)[:100]}}
    except TemplateNotFound as error:
        found = {"refused": _FORBIDDEN, "params": {"name": str(error.name)[:100]}}
    except TemplateSyntaxError as error:
        found = {"refused": _SYNTAX, "params": {"name": _near(error), "reason": str(error.message)[:200]}}
    except (TemplateError, ParseError, DefusedXmlException, RecursionError, *_FAULTS, docx.exceptions.PythonDocxError):
        found = {"refused": _SAVED_BADLY, "params": {}}
    answer(found, bodies)


def _near(error: TemplateSyntaxError) -> str:
    """Give the words of the template where Jinja stumbled."""
    lines = [text.strip() for text in getattr(error, "docx_context", ())]
    found = next((line for line in lines if "{{" in line or "{%" in line), "")
    return found[:100]


def _fill(folder: Path, facts: dict[str, Any]) -> bytes:
    """Fill the template with facts; gives the DOCX."""
    template = DocxTemplate(folder / TEMPLATE)
    template.render(_with_pictures(template, folder, facts), _Environment())
    _forget_author(template)
    out = io.BytesIO()
    template.save(out)
    return _same_each_time(out.getvalue())


def _check_names(folder: Path, facts: dict[str, Any]) -> None:
    """Refuse a template that names what there is not, in what is told under other conditions, too."""
    unknown = DocxTemplate(folder / TEMPLATE).get_undeclared_template_variables(_Environment(), facts)
    if unknown:
        raise InvalidInput(_UNKNOWN, name=", ".join(sorted(unknown))[:100])


def _with_pictures(template: DocxTemplate, folder: Path, value: Any) -> Any:
    """Put pictures in the place of what names them; a sample names none."""
    if isinstance(value, dict) and set(value) == {"picture", "width_mm"}:
        if not value["picture"]:
            return Markup("")
        return InlineImage(template, str(folder / value["picture"]), width=Mm(value["width_mm"]))
    if isinstance(value, dict):
        return {key: _with_pictures(template, folder, inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_with_pictures(template, folder, inner) for inner in value]
    return _clean(value) if isinstance(value, str) else value


def _clean(text: str) -> str:
    """Leave out what no XML holds (XML 1.0, 2.2) and what docxtpl makes pages of; a line becomes a paragraph."""
    lines = re.sub(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff\ufffe\uffff]", "", text.replace("\r", "\n")).split("\n")
    # For docxtpl a bell begins a paragraph like the one before.
    return "\a".join(line.strip() for line in lines if line.strip())


def _forget_author(template: DocxTemplate) -> None:
    """Leave the name of whoever made the template out of what is made with it."""
    properties = template.docx.core_properties
    properties.author = properties.last_modified_by = "Di Sản"
    properties.comments = ""


def _same_each_time(data: bytes) -> bytes:
    """Pack a DOCX anew without the time, so that the same facts give the same file."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.infolist():
            target.writestr(zipfile.ZipInfo(entry.filename), source.read(entry), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _inspect(path: Path) -> None:
    """Refuse a template that holds what runs, or draws on files elsewhere."""
    with zipfile.ZipFile(path) as archive:
        for entry in archive.infolist():
            name = entry.filename.lower()
            if name.startswith(_PARTS):
                raise InvalidInput(_ACTIVE, name=entry.filename[:100])
            if name.endswith(".rels"):
                _inspect_relations(archive.read(entry))
            elif name.startswith("word/") and name.endswith(".xml"):
                _inspect_part(archive.read(entry))


def _inspect_relations(data: bytes) -> None:
    for relation in ElementTree.fromstring(data, forbid_dtd=True).iter(_RELATION):
        kind = relation.get("Type", "").rpartition("/")[2]
        if relation.get("TargetMode", "").lower() == "external" and kind != "hyperlink":
            raise InvalidInput(_EXTERNAL, name=f"{kind}: {relation.get('Target', '')}"[:100])
        if kind.lower() in ("oleobject", "package", "control", "vbaproject", "afchunk", "attachedtemplate"):
            raise InvalidInput(_ACTIVE, name=kind)


def _inspect_part(data: bytes) -> None:
    root = ElementTree.fromstring(data, forbid_dtd=True)
    told = "".join(one.text or "" for one in root.iter(f"{_WORD}instrText"))
    told += " ".join(one.get(f"{_WORD}instr", "") for one in root.iter(f"{_WORD}fldSimple"))
    if found := _FIELDS.search(told):
        raise InvalidInput(_ACTIVE, name=found[1])


def placeholders(path: Path) -> set[str]:
    """Give the first names that a template's body uses, for tests and tools; the file is trusted."""
    template = DocxTemplate(path)
    template.init_docx()
    parsed = _Environment().parse(template.patch_xml(template.get_xml()))
    return meta.find_undeclared_variables(parsed)
