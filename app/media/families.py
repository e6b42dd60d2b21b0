"""The families of files: a file's first bytes choose the reader, which then decides what the file is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from pathlib import Path
from typing import Any, Protocol

from app.config import Settings
from app.core.errors import InvalidInput
from app.media.documents import DOCX, PDF, begins_document, inspect_document, render_document, verify_document
from app.media.facts import FileFacts, RenderedPage
from app.media.images import inspect_image, render_image
from app.media.recordings import FILM_TYPES, SOUND_TYPES, begins_recording, inspect_recording, render_recording

_HEAD_BYTES = 64
# The concepts of the scheme `media_types` that say what sort of file it is; a deployment's own say nothing of that.
_BOUND = frozenset({"photograph", "drawing", "map", "scan", "panorama", "document", "audio", "video"})


class Inspect(Protocol):
    """Decodes a file whose owner calls it `name`; raises `InvalidInput` with a sentence that says what to do."""

    def __call__(self, path: Path, name: str, *, settings: Settings) -> FileFacts:
        """Tell what a file is."""
        ...


class Render(Protocol):
    """Makes the renditions of a file, page by page; raises what inspecting raises."""

    def __call__(self, path: Path, name: str, *, settings: Settings) -> Iterator[RenderedPage]:
        """Give the pages, none of what is not shown."""
        ...


class Verify(Protocol):
    """Checks the signatures in a file; raises what inspecting raises."""

    def __call__(self, path: Path, name: str, *, settings: Settings) -> list[dict[str, Any]] | None:
        """Give what `app.media.signatures` keeps of each, None where none are looked for."""
        ...


def _unsigned(path: Path, name: str, *, settings: Settings) -> None:
    del path, name, settings


@dataclass(frozen=True, slots=True)
class Family:
    """Files that are read alike.

    `begins` tells by its first bytes, 64 at most, whether a file is to be shown to this reader. `media_types` are those
    that the reader may answer; `medium_types` the concepts of the scheme `media_types` that such a file can be, the
    likeliest first; `choose` the sentence that says so. `most_mb` is how large they may be, in megabytes.
    """

    name: str
    begins: Callable[[bytes], bool]
    media_types: frozenset[str]
    medium_types: tuple[str, ...]
    choose: str
    inspect: Inspect
    render: Render
    verify: Verify = _unsigned
    most_mb: Callable[[Settings], int] = attrgetter("media_max_mb")


PICTURE = Family(
    name="picture",
    # Whatever nobody else knows: its reader says what can be uploaded.
    begins=lambda _: True,
    media_types=frozenset({"image/jpeg", "image/png", "image/tiff", "image/webp", "image/avif", "image/heic"}),
    medium_types=("photograph", "drawing", "map", "scan", "panorama"),
    choose="“%(file)s” is a picture: choose photograph, drawing, map sheet, scan or panorama.",
    inspect=inspect_image,
    render=render_image,
)
DOCUMENT = Family(
    name="document",
    begins=begins_document,
    media_types=frozenset({PDF, DOCX}),
    medium_types=("document", "scan", "drawing", "map"),
    choose="“%(file)s” is a paper: choose paper, scan, drawing or map sheet.",
    inspect=inspect_document,
    render=render_document,
    verify=verify_document,
)
SOUND = Family(
    name="sound",
    # A container tells only by what is in it whether it holds film: one reader answers for both.
    begins=begins_recording,
    media_types=SOUND_TYPES,
    medium_types=("audio",),
    choose="“%(file)s” is a sound recording: choose audio recording.",
    inspect=inspect_recording,
    render=render_recording,
    most_mb=attrgetter("media_max_recording_mb"),
)
FILM = replace(
    SOUND,
    name="film",
    media_types=FILM_TYPES,
    medium_types=("video",),
    choose="“%(file)s” is a film: choose video.",
)
# The first that knows a file's beginning is asked.
FAMILIES = (DOCUMENT, SOUND, FILM, PICTURE)


def family_of_file(path: Path) -> Family:
    """Choose who reads a file, by its first bytes."""
    with path.open("rb") as file:
        head = file.read(_HEAD_BYTES)
    return next(family for family in FAMILIES if family.begins(head))


def family_of(media_type: str) -> Family:
    """Give the family of a file that was decoded."""
    return next(family for family in FAMILIES if media_type in family.media_types)


def inspect_file(path: Path, name: str, *, settings: Settings) -> FileFacts:
    """Decode a file whose owner calls it `name`, and tell what it is.

    Raises `InvalidInput` with a sentence that says what to do for what is not to be taken, or is larger than files of
    its family may be.
    """
    family = family_of_file(path)
    if path.stat().st_size > family.most_mb(settings) * 1_000_000:
        raise too_large(name, family.most_mb(settings))
    return family.inspect(path, name, settings=settings)


def most_mb(settings: Settings) -> int:
    """Give how large a file of any family may be, in megabytes."""
    return max(family.most_mb(settings) for family in FAMILIES)


def too_large(name: str, most: int) -> InvalidInput:
    """Give the complaint about a file of more than so many megabytes."""
    return InvalidInput(
        "“%(file)s” is larger than %(most)s MB. Make it smaller, and upload that.", field="file", file=name, most=most
    )


def render_file(path: Path, name: str, *, settings: Settings) -> Iterator[RenderedPage]:
    """Make the renditions of a file, page by page; raises what `inspect_file` raises."""
    return family_of_file(path).render(path, name, settings=settings)


def verify_file(path: Path, name: str, *, settings: Settings) -> list[dict[str, Any]] | None:
    """Check the signatures in a file, None where none are looked for; raises what `inspect_file` raises."""
    return family_of_file(path).verify(path, name, settings=settings)


def check_fit(medium_type: str, media_type: str, name: str) -> None:
    """Raise `InvalidInput` where a file cannot be what its record calls it, such as a picture an audio recording."""
    family = family_of(media_type)
    if medium_type in _BOUND - set(family.medium_types):
        raise InvalidInput(family.choose, field="medium_type", file=name)
