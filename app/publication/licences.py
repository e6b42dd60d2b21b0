"""The address of a licence, by the SPDX id under which records carry it."""

from __future__ import annotations

import re

_CREATIVE_COMMONS = re.compile(r"CC-(BY(?:-NC)?(?:-ND|-SA)?)-(\d\.\d)")
_OTHERS = {
    "CC0-1.0": "http://creativecommons.org/publicdomain/zero/1.0/",
    "CC-PDM-1.0": "http://creativecommons.org/publicdomain/mark/1.0/",
    "LicenseRef-all-rights-reserved": "http://rightsstatements.org/vocab/InC/1.0/",
}


def rights_uri(licence: str | None) -> str | None:
    """Give the URI of a licence or a statement of rights (IIIF Presentation API 3, `rights`); None for any other.

    It is a name, in the words of whoever made it: with `http`, though the page is had by `https`.
    """
    if found := _CREATIVE_COMMONS.fullmatch(licence or ""):
        return f"http://creativecommons.org/licenses/{found[1].lower()}/{found[2]}/"
    return _OTHERS.get(licence or "")
