"""Reading `sortby` (OGC API – Features, proposal “Sorting”): the properties in whose order features are put."""

from __future__ import annotations

from app.core.errors import InvalidInput
from app.http.parameters import check_choice
from app.publication.conditions import SortKey
from app.publication.schema import Collection

MOST_KEYS = 3


def read_sort(collection: Collection, language: str, text: str) -> tuple[SortKey, ...]:
    """Read up to three properties, each with `+` or `-` before it; raises `InvalidInput` naming what there is.

    Text in a language is sorted as it is in the reader's, terms of a vocabulary in its order.
    """
    known = {found.name: found for found in collection.sortables}
    keys = []
    for part in text.split(","):
        # In an address a plus sign that nobody has encoded is a space.
        name = part.strip().removeprefix("+").removeprefix("-")
        found = known[check_choice("sortby", name, known)]
        is_text = found.sort == "text" and found.scheme is None
        keys.append(SortKey(found.in_language(language), is_text=is_text, is_down=part.startswith("-")))
    if len(keys) > MOST_KEYS or len({key.name for key in keys}) < len(keys):
        raise InvalidInput(
            "sortby: “%(value)s” names a property twice, or more than %(most)s.",
            field="sortby",
            value=text[:80],
            most=MOST_KEYS,
        )
    return tuple(keys)
