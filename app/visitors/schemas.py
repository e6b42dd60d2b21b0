"""What a visitor's report must say: the one validator of its form, whose fields all arrive as text."""

from __future__ import annotations

from typing import Any

from marshmallow import Schema, ValidationError, fields, post_load, validate

from app.config import Settings
from app.core.errors import InvalidInput
from app.core.fields import Sentence, Text
from app.core.text import excerpt
from app.places.coordinates import WGS84, Box, parse_coordinates
from app.visitors.models import ReportKind

LONGEST = {"text": 4000, "place": 500, "contact": 200, "position": 200}


def _text(name: str, **options: Any) -> Text:
    bound = validate.Length(max=LONGEST[name], error="This is too long. Say it in fewer words.")
    return Text(longest=100_000, validate=[bound], **options)


class ReportSchema(Schema):
    """`kind`, `text`, `place`, `contact` and `position`; loaded, the last is `lon` and `lat`, in degrees or None."""

    kind = fields.String(
        required=True,
        validate=validate.OneOf([str(kind) for kind in ReportKind], error="Choose what is wrong."),
        error_messages={"required": "Choose what is wrong."},
    )
    text = _text("text", required=True, error_messages={"required": "Say in a few words what is wrong."})
    place = _text("place", load_default="")
    contact = _text("contact", load_default="")
    position = _text("position", load_default="")

    def __init__(self, settings: Settings) -> None:
        super().__init__()
        self.settings = settings

    @post_load
    def read_position(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Turn the position as it was written into degrees."""
        written = data.pop("position")
        if not written:
            return {**data, "lon": None, "lat": None}
        box = Box(*self.settings.plausible_box)
        try:
            found = parse_coordinates(written, WGS84, plausible=box)
        except InvalidInput as error:
            lon, lat = box.centre
            told = InvalidInput(
                "“%(value)s” is no position in this area. Write latitude and longitude, such as %(example)s, or leave "
                "this empty and say in words where it is.",
                value=excerpt(written),
                example=f"{lat:.5f}, {lon:.5f}",
            )
            raise ValidationError({"position": [Sentence(told)]}) from error
        return {**data, "lon": found.lon, "lat": found.lat}
