"""The payload of media."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from marshmallow import ValidationError, fields, validate

from app.core.errors import InvalidInput
from app.core.fields import Edtf, Localized, Sentence, Text
from app.media.captions import LONGEST, tidy_captions
from app.records.schemas import PartSchema, RecordSchema


class Captions(Localized):
    """Captions by language, as WebVTT, written anew by `tidy_captions`."""

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        texts = super()._deserialize(value, attr, data, **kwargs)
        try:
            return {code: tidy_captions(text).strip() for code, text in texts.items()}
        except InvalidInput as error:
            raise ValidationError([Sentence(error)]) from error


class PlacementSchema(PartSchema):
    """A record that a medium shows, by its code; `role` is a concept of the scheme `media_roles`."""

    record = Text(required=True, longest=60)
    role = Text(required=True, longest=40)
    rank = fields.Integer(load_default=0, validate=validate.Range(0, 9999), strict=True)


class MediumSchema(RecordSchema):
    """A photograph, drawing, paper, film and so on; `file` is the SHA-256 of an uploaded file, in hexadecimal.

    `transcript` is what is said in a recording, `captions` (WebVTT) when.
    """

    title = Localized(required=True, needs="vi", longest=500)
    medium_type = Text(required=True, longest=40)
    file = Text(required=True, longest=64)
    caption = Localized(longest=2000)
    alt = Localized(required=True, needs="vi", longest=500)
    transcript = Localized(longest=50_000)
    captions = Captions(longest=LONGEST)
    licence = Text(required=True, longest=60)
    creator = Text(load_default=None, allow_none=True, longest=500)
    dated = Edtf(load_default=None, allow_none=True, longest=100)
    rights_holder = Text(load_default=None, allow_none=True, longest=500)
    placements = fields.List(fields.Nested(PlacementSchema), load_default=list)
    is_place_cleared = fields.Boolean(load_default=False)
    note = Text(load_default=None, allow_none=True, longest=2000)
