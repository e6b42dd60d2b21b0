"""The kind `media`: how its payload becomes rows, and what the register's index says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import sqlalchemy as sa
from sqlalchemy.orm import Session

from app.config import Settings
from app.core.batches import keys_where
from app.core.errors import InvalidInput
from app.media.families import check_fit
from app.media.models import Medium, Placement, StoredFile
from app.media.schemas import MediumSchema
from app.records.kinds import Facts, Kind, label_from
from app.records.models import Record
from app.records.parts import apply_common, named_record, sync_parts, write_fields
from app.records.payloads import rows_of, strings, texts_of
from app.vocabularies.checks import check_codes, check_doubts, check_parts

_TEXTS = ("title", "caption", "alt", "transcript", "captions")
_HEARD = ("audio", "video")
# Gives the keys of the units that records, named by their codes, lie in.
Whereabouts: TypeAlias = Callable[[Session, Iterable[str]], set[int]]


def medium_kind(whereabouts: Whereabouts) -> Kind:
    """Give the kind; a medium lies where the records lie that it shows, which the rooms above know."""

    def describe(session: Session, medium: Medium) -> Facts:
        return _describe(session, medium, whereabouts)

    def places(session: Session, payload: Mapping[str, Any]) -> set[int]:
        return whereabouts(session, strings([row.get("record") for row in rows_of(payload, "placements")]))

    return Kind(
        name="media",
        plural="media",
        title="File",
        prefix="P",
        model=Medium,
        schema=MediumSchema,
        apply=apply_medium,
        describe=describe,
        label=label_from("title"),
        places=places,
    )


def apply_medium(session: Session, settings: Settings, medium: Medium, data: dict[str, Any]) -> None:
    """Write a medium's payload into its rows."""
    del settings
    check_codes(session, "media_types", [data["medium_type"]], "medium_type")
    check_codes(session, "licences", [data["licence"]], "licence")
    check_parts(session, data, "placements", role="media_roles")
    check_doubts(session, data)
    apply_common(session, medium, data)
    medium.file = find_file(session, data["file"])
    check_fit(data["medium_type"], medium.file.media_type, medium.file.name)
    write_fields(medium, data, "medium_type", *_TEXTS, "creator", "dated", "rights_holder", "note")
    medium.is_place_cleared = data["is_place_cleared"]
    rows = []
    for index, row in enumerate(data["placements"]):
        target = named_record(session, Record, row["record"], f"placements.{index}.record")
        rows.append({"uid": row["uid"], "role": row["role"], "rank": row["rank"], "target": target})
    sync_parts(medium.placements, rows, Placement)


def find_file(session: Session, sha256: str) -> StoredFile:
    """Give an uploaded file by its checksum; raises `InvalidInput` when there is none."""
    # Held until the caller commits: the worker that renders it just now then sees the medium, or is seen itself.
    wanted = sa.select(StoredFile).where(StoredFile.sha256 == sha256).with_for_update(read=True)
    found = session.scalar(wanted.execution_options(populate_existing=True))
    if found is None:
        raise InvalidInput("file: no file with this checksum has been uploaded.", field="file", value=sha256)
    return found


def _describe(session: Session, medium: Medium, whereabouts: Whereabouts) -> Facts:
    targets = [placement.target.code for placement in medium.placements]
    gaps = [
        gap
        for gap, value in (
            ("no_creator", medium.creator),
            ("no_placement", targets),
            # Who cannot hear is told nothing by a recording without either.
            ("no_transcript", medium.medium_type not in _HEARD or medium.transcript or medium.captions),
        )
        if not value
    ]
    return Facts(
        label=medium.title,
        texts=(
            medium.creator or "",
            medium.rights_holder or "",
            *texts_of(medium.caption, medium.alt, medium.transcript),
        ),
        unit_ids=tuple(sorted(whereabouts(session, targets))),
        gaps=tuple(gaps),
        values=(
            *((("medium_type", medium.medium_type),) if medium.medium_type else ()),
            *(("shows", code) for code in targets),
        ),
    )


def media_of_records(session: Session, record_ids: Iterable[int]) -> set[int]:
    """Give the keys of the media that show records: they lie where these lie."""
    return keys_where(session, Placement.medium_id, Placement.target_id, record_ids)
