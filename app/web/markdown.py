"""Our own documents as parts of a page: Markdown without HTML in it, headings with addresses, links among pages."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

_NO_PART_OF_AN_ADDRESS = re.compile(r"[^\w\- ]")
# A region that is scrolled must be reached with the keyboard (WCAG 2.2, 2.1.1).
_SCROLLED = '<div class="scrolled" tabindex="0">'


@dataclass(frozen=True)
class Document:
    """A document as HTML, without its title; `parts` are its chapters, each address within it and title."""

    title: str
    html: str
    parts: tuple[tuple[str, str], ...]


class _Renderer(RendererHTML):
    """What the page's own rules add: tables and code that scroll by themselves."""

    def table_open(self, tokens: Sequence[Token], at: int, options: Any, _env: Any) -> str:
        """Begin a table."""
        return _SCROLLED + self.renderToken(tokens, at, options, _env)

    def table_close(self, tokens: Sequence[Token], at: int, options: Any, _env: Any) -> str:
        """End it."""
        return self.renderToken(tokens, at, options, _env) + "</div>"

    def fence(self, tokens: Sequence[Token], at: int, options: Any, _env: Any) -> str:
        """Write a block of code."""
        return _SCROLLED + super().fence(tokens, at, options, _env) + "</div>"


def render(text: str, resolve: Callable[[str], str]) -> Document:
    """Make HTML of a document; `resolve` gives the address on our pages of each link in it.

    Its first heading is its title. Headings are addressed as code hosts do it, so that links within it hold there too.
    """
    reader = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).enable("table")
    tokens = reader.parse(text)
    title, tokens = tokens[1].content, tokens[3:]
    parts = []
    for opening, inline in itertools.pairwise(tokens):
        if opening.type == "heading_open":
            address = heading_address(inline.content)
            opening.attrSet("id", address)
            if opening.tag == "h2":
                parts.append((address, inline.content.replace("`", "")))
    for link in (child for token in tokens for child in token.children or () if child.type == "link_open"):
        link.attrSet("href", resolve(str(link.attrGet("href"))))
    return Document(title, reader.renderer.render(tokens, reader.options, {}), tuple(parts))


def heading_address(heading: str) -> str:
    """Give the address of a heading within its document, as code hosts make it."""
    return _NO_PART_OF_AN_ADDRESS.sub("", heading).lower().replace(" ", "-")
