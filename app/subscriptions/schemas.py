"""What a developer says of themselves to get a key."""

from __future__ import annotations

from marshmallow import Schema, validate

from app.core.fields import Text

_NEEDED = {"required": "This must be filled in."}


class KeySchema(Schema):
    """The app's name, an e-mail address and what the app does; the three are all that is asked."""

    name = Text(required=True, longest=100, error_messages=_NEEDED)
    email = Text(
        required=True,
        longest=254,
        error_messages=_NEEDED,
        validate=[validate.Email(error="Write an e-mail address, such as ten@coquan.vn.")],
    )
    purpose = Text(required=True, longest=500, error_messages=_NEEDED)
