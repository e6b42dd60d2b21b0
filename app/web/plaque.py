"""The sheet from which a site's plaque is printed: an A4 page with its names, standing, address and QR code."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import json, redirect, request
from werkzeug.wrappers import Response as BaseResponse

from app.http.i18n import catalogue
from app.http.reading import reading
from app.http.settings import current_settings
from app.publication.queries import read_item
from app.web.context import enter, page_etag, render_page, unchanged
from app.web.features import load_feature, page_paths
from app.web.qr import plaque_address
from app.web.sites import find_site

# A plaque has room for the standing and the address in so many languages; in the others it gives the name.
_TOLD_IN_FULL = 2
_LONG_NAME = 38
# Being on an inventory is no rank, and nothing to put up at the gate.
_NO_RANK = "inventoried"


@dataclass(frozen=True, slots=True)
class Size:
    """A size of plaque that an A4 sheet has room for, and of the QR code on it with its white border, in millimetres.

    `static/css/plaque.css` has the same numbers: the pages have no inline style.
    """

    width_mm: int
    height_mm: int
    code_mm: int


SIZES = {"large": Size(180, 260, 90), "medium": Size(148, 210, 70), "small": Size(105, 148, 50)}
_USUAL = "medium"


@dataclass(frozen=True, slots=True)
class Face:
    """What a plaque says in one language; `standing` gives each rank or inscription with what it rests on."""

    language: str
    name: str
    standing: list[tuple[str, str]]
    address: str

    @property
    def is_long(self) -> bool:
        """Whether the name needs smaller letters."""
        return len(self.name) > _LONG_NAME


def show_sheet(language: str, slug: str) -> BaseResponse:
    """Show the sheet, in the size that `size` names; only the code at the slug's end decides."""
    enter(language)
    item = find_site(slug)
    asked = request.args.get("size", "")
    size = asked if asked in SIZES else _USUAL
    if item.slug != slug:
        return redirect(f"/{language}/sites/{item.slug}/plaque?size={size}", 301)
    etag = page_etag("plaque", item.code, item.version, size)
    if had := unchanged(etag):
        return had
    feature = load_feature(item.feature)
    return render_page(
        "web/plaque.html",
        etag,
        page_paths(feature, "/plaque"),
        site=feature["properties"],
        faces=_faces(item.code),
        invitations=_invitations(),
        size=size,
        sizes=SIZES,
        short_address=plaque_address(item.code).partition("://")[2],
    )


def _faces(code: str) -> list[Face]:
    """Give what the plaque says by language; a language in which the site has no name is left out."""
    faces: list[Face] = []
    for language in current_settings().languages:
        site = json.loads(read_item(reading(), "sites", code, language).feature)["properties"]
        if site["name_lang"] == language:
            faces.append(_face(site, language, in_full=len(faces) < _TOLD_IN_FULL))
    return faces


def _face(site: dict[str, Any], language: str, *, in_full: bool) -> Face:
    if not in_full:
        return Face(language, site["name"], [], "")
    address = ", ".join(part for part in (site["address_detail"], site["unit_name"]) if part)
    return Face(language, site["name"], _standing(site, language), address)


def _invitations() -> dict[str, str]:
    """Invite in the first languages to scan the code, whether or not the site has a name in them."""
    languages = current_settings().languages[:_TOLD_IN_FULL]
    return {code: catalogue(code).gettext("Scan the code to read about this place") for code in languages}


def _standing(site: dict[str, Any], language: str) -> list[tuple[str, str]]:
    """Give inscription and rank in words, each with the decision that gave it; of a part without any, the whole's."""
    say, parent = catalogue(language).gettext, site["parent"]
    in_force = [step for step in site["decisions"] if step["is_in_force"]]
    lines = []
    if inscribed := next((step for step in in_force if step["inscription"]), None):
        lines.append((inscribed["inscription_label"], _basis(inscribed, language)))
    if parent and not site["decisions"] and parent["rank_label"]:
        lines.append((say("Part of: %(rank)s") % {"rank": f"{parent['name']} ({parent['rank_label']})"}, ""))
    elif site["rank_label"] and site["rank"] != _NO_RANK:
        ranked = next((step for step in in_force if step["rank"] == site["rank"]), None)
        lines.append((site["rank_label"], _basis(ranked, language) if ranked else ""))
    return lines


def _basis(step: dict[str, Any], language: str) -> str:
    """Say on which decision something rests; who issued it is told in the language of the papers only."""
    say = catalogue(language).gettext
    number = step["number"]
    if not number:
        text = say("Decision")
    else:
        text = number if step["inscription"] else say("Decision No. %(number)s") % {"number": number}
    if step["date_label"]:
        text = say("%(decision)s of %(date)s") % {"decision": text, "date": step["date_label"]}
    if step["issuer"] and language == current_settings().default_language:
        text = say("%(decision)s by %(issuer)s") % {"decision": text, "issuer": step["issuer"]}
    return text
