"""What marshmallow complains of, as sentences that an audience can translate."""

from __future__ import annotations

import re

from app.core.errors import DisanError
from app.core.fields import Sentence

# marshmallow's own sentences, of which some hold numbers or choices.
_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"Missing data for required field\."), "This must be filled in."),
    (re.compile(r"Field may not be null\."), "This must be filled in."),
    (re.compile(r"Not a valid integer\."), "Write a whole number."),
    (re.compile(r"Not a valid number\.|Special numeric values .*|Number too large\."), "Write a number."),
    (re.compile(r"Not a valid date\."), "Write a day such as 19/3/1985."),
    (re.compile(r"Not a valid URL\."), "Write a web address that begins with https:// or http://."),
    (re.compile(r"Not a valid (?:string|boolean|list)\."), "This cannot be read here."),
    (re.compile(r"Longer than maximum length (?P<most>\d+)\."), "Longer than %(most)s characters; shorten it."),
    (re.compile(r"Longer than (?P<most>\d+) characters\."), "Longer than %(most)s characters; shorten it."),
    (re.compile(r"Must be one of: (?P<choices>.*)\."), "Choose one of: %(choices)s."),
    (
        re.compile(r"Must be greater than or equal to (?P<least>\S+) and less than or equal to (?P<most>\S+)\."),
        "Write a number from %(least)s to %(most)s.",
    ),
    (re.compile(r"Must be greater than (?P<least>\S+)\."), "Write a number above %(least)s."),
    (re.compile(r"Must be greater than or equal to (?P<least>\S+)\."), "Write a number from %(least)s up."),
    (re.compile(r"Not a valid email address\."), "Write an e-mail address, such as ten@coquan.vn."),
    (re.compile(r"String does not match expected pattern\."), "This is not written as it is expected here."),
    (re.compile(r"“(?P<code>.*)” is not a language code\."), "“%(code)s” is not the code of a language, such as vi."),
    (re.compile(r"The uid “(?P<uid>.*)” occurs more than once\."), "A part was sent twice; load the page again."),
    (re.compile(r"The text in “(?P<code>\w+)” is missing\."), "The text in “%(code)s” is missing."),
)


def as_error(message: str) -> DisanError:
    """Give a schema's message as an error whose sentence is a msgid; one that is not known stays as it is."""
    if isinstance(message, Sentence):
        return message.error
    for pattern, text in _PATTERNS:
        if found := pattern.fullmatch(message):
            return DisanError(text, **found.groupdict())
    return DisanError(message)
