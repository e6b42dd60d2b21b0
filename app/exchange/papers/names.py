"""How the files are called that a paper is filled from, in the folder that its sealed process reads."""

from __future__ import annotations

TEMPLATE, FACTS = "template.docx", "facts.json"
