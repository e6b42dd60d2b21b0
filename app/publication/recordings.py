"""The recordings that stand with a record in public: sound and film as browsers play them, and what is said in them."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa

from app.core.db import Reads
from app.core.localized import LANGUAGE_NAMES, pick
from app.media.families import FILM, SOUND
from app.media.models import Rendition
from app.media.recordings import PLAYED
from app.publication.media import Shown
from app.publication.models import PublishedFile
from app.publication.renditions import address_of, name_in, render_sources, showing
from app.publication.schema import Workshop


def render_recordings(workshop: Workshop, record_id: int, language: str) -> list[dict[str, Any]]:
    """Give a record's sound and films for a language."""
    return [
        _render(workshop, shown, played, language)
        for shown in workshop.media.get(record_id, ())
        if shown.file.media_type in SOUND.media_types | FILM.media_types
        for played in shown.file.renditions
        if played.media_type in PLAYED
    ]


def _render(workshop: Workshop, shown: Shown, played: Rendition, language: str) -> dict[str, Any]:
    medium, file = shown.medium, shown.file
    title = workshop.text(medium.title, language)
    transcript = pick(medium.transcript, language, workshop.settings.languages)
    is_film = file.media_type in FILM.media_types
    return {
        "code": medium.code,
        "kind": FILM.name if is_film else SOUND.name,
        "role": shown.role,
        "role_label": workshop.label("media_roles", shown.role, language),
        "title": title,
        "caption": workshop.text(medium.caption, language),
        "alt": workshop.text(medium.alt, language) or title,
        "creator": medium.creator,
        "rights_holder": medium.rights_holder,
        "licence": medium.licence,
        "licence_label": workshop.label("licences", medium.licence, language),
        "duration_s": file.duration_s,
        "width": played.width,
        "height": played.height,
        "sources": [{"type": played.media_type, "url": address_of(played.name), "byte_count": played.byte_count}],
        "poster": {**render_sources(file.renditions), "placeholder": file.placeholder} if is_film else None,
        "transcript": transcript[0] if transcript else None,
        "transcript_lang": transcript[1] if transcript else None,
        "captions": [_captions(code, text) for code, text in sorted(medium.captions.items())],
    }


def _captions(language: str, text: str) -> dict[str, Any]:
    """Give captions with the address that their content gives them: what is not published is not found by it.

    `text` is taken out before a feature is written (`take_captions`).
    """
    name = f"{hashlib.sha256(text.encode()).hexdigest()[:32]}.vtt"
    label = LANGUAGE_NAMES.get(language, language)
    return {"lang": language, "label": label, "url": address_of(name), "text": text}


def take_captions(properties: Mapping[str, Any]) -> dict[str, str]:
    """Take the captions themselves out of a feature, which keeps their addresses; gives them by name."""
    taken = [
        captions
        for shown in showing(properties)
        for recording in shown.get("recordings", ())
        for captions in recording["captions"]
    ]
    return {name_in(captions["url"]): captions.pop("text") for captions in taken}


def find_captions(reads: Reads, name: str) -> str | None:
    """Give the captions (WebVTT) that a name leads to in anything published."""
    return reads.scalar(sa.select(PublishedFile.text).where(PublishedFile.name == name).limit(1))
