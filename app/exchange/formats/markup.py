"""Reading XML as it comes: no DTD, no entities, nothing kept that has been read."""

from __future__ import annotations

import io
from collections.abc import Iterator
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from app.core.errors import InvalidInput
from app.exchange.formats.raw import Budget, damaged


def elements(data: bytes, budget: Budget) -> Iterator[tuple[bool, str, Element]]:
    """Give the start (True) and end (False) of each element, its name without namespace, and the element itself.

    Raises `InvalidInput` for a document type declaration, for what is not well-formed, and for what nests too deep.
    """
    depth = 0
    try:
        for event, element in iterparse(io.BytesIO(data), ("start", "end"), forbid_dtd=True):
            is_start = event == "start"
            depth += 1 if is_start else -1
            budget.check_depth(depth)
            yield is_start, local(element), element
    except DefusedXmlException as error:
        raise InvalidInput(
            "“%(file)s” contains a document type declaration (DOCTYPE), which is not read here. Export it without one."
        ) from error
    except (ParseError, LookupError, ValueError) as error:
        raise damaged(str(error)) from error


def local(element: Element) -> str:
    """Give an element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def child_text(element: Element, name: str) -> str:
    """Give the text of the first child with a name."""
    return next((child.text or "" for child in element if local(child) == name), "").strip()
