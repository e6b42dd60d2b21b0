"""marshmallow fields that every schema shares: clean text, localized text, codes and fuzzy dates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from typing import Any, Self

from marshmallow import ValidationError, fields, validate

from app.core.dates import parse_edtf
from app.core.errors import DisanError, InvalidInput

# A lone surrogate is no character; no database takes it.
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def clean_text(value: str) -> str:
    """Compose to NFC and trim; raises `ValidationError` on control characters (NUL among them)."""
    if _CONTROL.search(value):
        msg = "Remove the control characters from this text."
        raise ValidationError(msg)
    return unicodedata.normalize("NFC", value).strip()


class Sentence(str):
    """A message of a schema that an audience can translate: the English text, and the error that it comes of."""

    __slots__ = ("error",)

    def __new__(cls, error: DisanError) -> Self:
        """Take the English text of an error."""
        made = super().__new__(cls, str(error))
        made.error = error
        return made

    error: DisanError


def refuse_reversed(data: Mapping[str, Any], begins: str, ends: str) -> None:
    """Refuse a span that ends before it begins; the fields hold days, years or dates in EDTF, or nothing."""
    start, end = data.get(begins), data.get(ends)
    first = parse_edtf(start).earliest if isinstance(start, str) else start
    last = parse_edtf(end).latest if isinstance(end, str) else end
    if first is not None and last is not None and last < first:
        error = InvalidInput("%(end)s lies before %(start)s.", end=end, start=start)
        raise ValidationError({ends: [Sentence(error)]})


class Text(fields.String):
    """A line or a paragraph: NFC, trimmed, no control characters, at most `longest` long; blank is not a value."""

    def __init__(self, *, longest: int = 500, **kwargs: Any) -> None:
        validators = [validate.Length(max=longest), *kwargs.pop("validate", [])]
        super().__init__(validate=validators, **kwargs)
        self.longest = longest

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = clean_text(super()._deserialize(value, attr, data, **kwargs))
        if not text and self.required:
            raise self.make_error("required")
        return text


class Localized(fields.Field[dict[str, str]]):
    """Text by language, `{"vi": …, "en": …}`; `needs` is the language that must be there."""

    default_error_messages = {
        "invalid": "Give an object of texts by language code.",
        "language": "“{code}” is not a language code.",
        "needs": "The text in “{code}” is missing.",
        "length": "Longer than {max} characters.",
    }

    def __init__(self, *, needs: str | None = None, longest: int = 20_000, **kwargs: Any) -> None:
        if not kwargs.get("required"):
            kwargs.setdefault("load_default", dict)
        super().__init__(**kwargs)
        self.needs = needs
        self.longest = longest

    def _deserialize(
        self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any
    ) -> dict[str, str]:
        del attr, data, kwargs
        if not isinstance(value, Mapping):
            raise self.make_error("invalid")
        texts: dict[str, str] = {}
        for code, text in value.items():
            if not isinstance(code, str) or not _LANGUAGE.fullmatch(code):
                raise self.make_error("language", code=code)
            if text is None:
                continue
            if not isinstance(text, str):
                raise self.make_error("invalid")
            if len(text) > self.longest:
                raise self.make_error("length", max=self.longest)
            if cleaned := clean_text(text):
                texts[code] = cleaned
        if self.needs and self.needs not in texts:
            raise self.make_error("needs", code=self.needs)
        return texts


class Edtf(Text):
    """A date as known, in EDTF (ISO 8601-2:2019 Annex A): `1985`, `1985-03`, `17XX`, `1960/1973`, `1471~`."""

    def _deserialize(self, value: Any, attr: str | None, data: Mapping[str, Any] | None, **kwargs: Any) -> str:
        text = super()._deserialize(value, attr, data, **kwargs)
        try:
            return parse_edtf(text).edtf
        except InvalidInput as error:
            raise ValidationError([Sentence(error)]) from error
