"""The subjects of the tables by name: what can be counted, and by what."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from sqlalchemy.orm import Session

from app.statistics.questions import Question
from app.statistics.source import Source
from app.statistics.subjects.care import surveys, works, zones
from app.statistics.subjects.sites import rankings, sites
from app.statistics.subjects.things import artefacts, documents, elements, titled
from app.statistics.subjects.visitors import visitors

SUBJECTS: Mapping[str, Callable[[Session, Question], Source]] = {
    "sites": sites,
    "rankings": rankings,
    "titles": titled,
    "zones": zones,
    "surveys": surveys,
    "works": works,
    "artefacts": artefacts,
    "elements": elements,
    "documents": documents,
    **{f"visitors_{measure}": visitors(measure) for measure in ("total", "domestic", "international")},
}
# Those that lie in no unit: they are not counted within one.
PLACELESS = frozenset({"artefacts", "elements", "documents", "titles"})
