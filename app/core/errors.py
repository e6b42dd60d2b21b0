"""What can go wrong, said without HTTP; `app.http.problem_types` holds the one table that gives each class a status."""

from __future__ import annotations

from typing import Any


class DisanError(Exception):
    """Something that a person is told: an English template with `%(name)s` places, and the values for them.

    An audience translates `message` (a gettext msgid) and fills in `params`, of which one may be such an error itself;
    `str(error)` is the English sentence. `params["further"]`, a dictionary, is for programs only.
    """

    def __init__(self, message: str, **params: Any) -> None:
        super().__init__(message)
        self.message = message
        self.params = params

    def __str__(self) -> str:
        """Give the sentence in English."""
        return self.message % self.params if self.params else self.message


class InvalidInput(DisanError):
    """A value that whoever sent it can mend; `params` name the field and the value where there is one."""


class Unprocessable(InvalidInput):
    """What a program sent is well-formed, but the record's schema or the register refuses it.

    `params["further"]["errors"]` says what: for each a JSON pointer (RFC 6901) into the record and a sentence.
    """


class UnknownType(DisanError):
    """The body is of a media type that is not read here."""


class NotFound(DisanError):
    """Nothing is, and nothing was, at that address."""


class Gone(DisanError):
    """What was published there has been withdrawn; `params["at"]` is when."""


class NotAuthenticated(DisanError):
    """Nobody is known to act: not logged in, logged out by time, or a token that opens nothing."""


class UnknownKey(DisanError):
    """The key to the public API that came with a request opens nothing."""


class QuotaExceeded(DisanError):
    """More was asked within the minute than the quota has (RFC 6585, 4)."""


class NotAcceptable(DisanError):
    """What is asked for is not given in any form that the reader takes."""


class NotAllowed(DisanError):
    """The actor lacks the permission."""


class Conflict(DisanError):
    """The record has moved on (version), or is not in a state that allows the action."""


class PreconditionFailed(Conflict):
    """What is there is no longer what the writer says to have seen."""


class PreconditionRequired(DisanError):
    """A write must say what it has seen (RFC 6585, 3)."""


class Unavailable(DisanError):
    """The database or the storage is out of reach."""
