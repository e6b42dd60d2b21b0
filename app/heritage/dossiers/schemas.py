"""What regulations, papers, rules of days of rest and dossiers must say: the validators of sheets and forms."""

from __future__ import annotations

import datetime as dt
from typing import Any
from urllib.parse import urlsplit

from marshmallow import RAISE, Schema, ValidationError, fields, post_load, validate, validates_schema

from app.core.fields import Localized, Text, refuse_reversed
from app.heritage.dossiers.clock import DayUnit
from app.heritage.dossiers.facts import CONDITIONS, FACTS
from app.heritage.dossiers.forms import FORMS
from app.heritage.dossiers.models import FIRST_DAY, DayKind, Debtor, Procedure

_TOO_LONG = "This is too long. Say it in fewer words."
_NO_DATE = "Write the day as year-month-day: 2010-12-31."
_MOST_DAYS = 1000


def _text(most: int, **options: Any) -> Text:
    return Text(longest=100_000, validate=[validate.Length(max=most, error=_TOO_LONG)], **options)


def _one_of(choices: Any, **options: Any) -> fields.String:
    return fields.String(
        validate=validate.OneOf([str(one) for one in choices], error="Choose one of the list."),
        error_messages={"required": "Choose one of the list."},
        **options,
    )


def _day(**options: Any) -> fields.Date:
    return fields.Date(error_messages={"invalid": _NO_DATE, "required": _NO_DATE, "null": _NO_DATE}, **options)


def _check_form(text: str) -> None:
    if not text or not set(text.split("/")) <= set(FORMS):
        message = "A form is one of the file forms, or several with a stroke between: docx/doc."
        raise ValidationError(message)


class PaperSchema(Schema):
    """A required paper; in a sheet its regulation is named by `code`, so its own code is `paper`."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    paper = _text(60, required=True)
    name = Localized(required=True, needs="vi", longest=500)
    condition = _one_of(CONDITIONS, load_default=None, allow_none=True)
    forms = fields.List(fields.String(validate=_check_form), load_default=list)
    roles = fields.List(fields.String(), load_default=list)
    facts = fields.List(_one_of(FACTS), load_default=list)
    owed_by = _one_of(Debtor, load_default=Debtor.APPLICANT)
    valid_since = _day(load_default=None, allow_none=True)
    obsolete = Localized(longest=2000)
    note = Localized(longest=2000)


class RegulationHeadSchema(Schema):
    """A regulation without its papers, as its form has it."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    procedure = _one_of(Procedure, required=True)
    name = Localized(required=True, needs="vi", longest=500)
    basis = _text(2000, load_default="")
    valid_from = _day(load_default=None, allow_none=True)
    valid_until = _day(load_default=None, allow_none=True)
    limit_days = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, _MOST_DAYS, error="A time limit is 1 to 1,000 days; leave it empty where unknown."),
        error_messages={"invalid": "A time limit is 1 to 1,000 days; leave it empty where unknown."},
    )
    limit_unit = _one_of(DayUnit, load_default=DayUnit.WORKING)
    source = _text(2000, load_default="")
    note = Localized(longest=2000)

    @validates_schema
    def check_span(self, data: dict[str, Any], **_options: Any) -> None:
        """Refuse one that ends before it begins."""
        refuse_reversed(data, "valid_from", "valid_until")


class RegulationSchema(RegulationHeadSchema):
    """A regulation with its papers, as the sheets have it."""

    code = _text(60, required=True)
    position = fields.Integer(load_default=0)
    papers = fields.List(fields.Nested(PaperSchema), load_default=list)


class HolidayRuleSchema(Schema):
    """A rule by which days of rest are proposed."""

    class Meta:
        """Unknown keys are errors."""

        unknown = RAISE

    code = _text(40, required=True)
    name = Localized(required=True, needs="vi", longest=200)
    calendar = _one_of(("solar", "lunar"), required=True)
    month = fields.Integer(required=True, validate=validate.Range(1, 12))
    day = fields.Integer(required=True, validate=validate.Range(1, 31))
    shift = fields.Integer(load_default=0, validate=validate.Range(-30, 30))
    days = fields.Integer(load_default=1, validate=validate.Range(1, 30))
    is_on = fields.Boolean(load_default=True)
    is_moved = fields.Boolean(load_default=True)
    position = fields.Integer(load_default=0)
    source = _text(2000, load_default="")


class HolidaySchema(Schema):
    """A day of rest, or one that is worked, as its form has it."""

    day = _day(required=True, validate=validate.Range(dt.date(2000, 1, 1), dt.date(2049, 12, 31), error=_NO_DATE))
    kind = _one_of(DayKind, required=True)
    name_vi = _text(200, required=True, error_messages={"required": "Say what day it is."})
    name_en = _text(200, load_default="")
    is_on = fields.Boolean(load_default=True)
    source = _text(500, load_default="")

    @post_load
    def join_names(self, data: dict[str, Any], **_options: Any) -> dict[str, Any]:
        """Make one name by language of the two fields."""
        names = {"vi": data.pop("name_vi"), "en": data.pop("name_en")}
        return {**data, "name": {language: text for language, text in names.items() if text}}


def _check_address(text: str) -> None:
    if not text:
        return
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in text
    except ValueError:
        is_good = False
    if not is_good:
        message = "Give the whole address, beginning with https:// or http://."
        raise ValidationError(message)


class DossierSchema(Schema):
    """What a dossier's form says; all fields arrive as text. `responsible` is a user's key."""

    regulation = _text(60, required=True, error_messages={"required": "Choose the regulation."})
    one_stop_code = _text(200, load_default="")
    one_stop_url = Text(longest=2000, validate=[_check_address], load_default="")
    applicant_party = _text(60, load_default="")
    applicant = _text(1000, load_default="")
    applicant_role = _text(40, load_default="")
    responsible = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=validate.Range(1, 2**31 - 1, error="There is no such person."),
        error_messages={"invalid": "There is no such person."},
    )
    note = _text(4000, load_default="")


class StepSchema(Schema):
    """A step: the state that a dossier came into, when, and what is to be said of it."""

    state = fields.String(required=True, error_messages={"required": "Choose one of the list."})
    happened_on = _day(
        required=True, validate=validate.Range(min=FIRST_DAY, error="This day lies too far back. Look at the year.")
    )
    note = _text(4000, load_default="")


class DossierPaperSchema(Schema):
    """What somebody says of a required paper; an empty verdict leaves it to what the register finds."""

    verdict = _text(20, load_default="")
    media = fields.List(_text(60), load_default=list)
    reason = _text(2000, load_default="")
    note = _text(2000, load_default="")
    owed_by = _text(20, load_default="")
    owed_party = _text(60, load_default="")
    owed_since = _day(load_default=None, allow_none=True, validate=validate.Range(min=FIRST_DAY, error=_NO_DATE))
