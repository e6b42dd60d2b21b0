"""PROBLEM_TYPES: the one table of the errors that programs are told (RFC 9457), by OGC's code."""

from __future__ import annotations

from dataclasses import dataclass

from app.core.errors import (
    Conflict,
    DisanError,
    Gone,
    InvalidInput,
    NotAcceptable,
    NotAllowed,
    NotAuthenticated,
    NotFound,
    PreconditionFailed,
    PreconditionRequired,
    QuotaExceeded,
    Unavailable,
    UnknownKey,
    UnknownType,
    Unprocessable,
)
from app.publication.links import API

# Behind it stands the code; the address leads to what the catalogue of errors says of it.
PATH = f"{API}/problems"


@dataclass(frozen=True)
class ProblemType:
    """A kind of problem: its code and status, its title (a msgid), and for programmers when it occurs and what to do.

    `errors` are the classes told so; without any it comes from HTTP itself. `is_public` says whether the public API has
    it, not the register's alone. Sources: RFC 9457; OGC 17-069r4, table 5; OGC 19-072.
    """

    code: str
    status: int
    title: str
    occurs: str
    mend: str
    errors: tuple[type[DisanError], ...] = ()
    is_public: bool = True


def _of_register(  # noqa: PLR0917 — the columns of the table
    code: str, status: int, title: str, occurs: str, mend: str, error: type[DisanError]
) -> ProblemType:
    return ProblemType(code, status, title, occurs, mend, (error,), is_public=False)


PROBLEM_TYPES: dict[str, ProblemType] = {
    found.code: found
    for found in (
        ProblemType(
            "BadRequest",
            400,
            "Bad request",
            "The request cannot be read as HTTP: broken off, or a header or a form that is none.",
            "Mend the program or the proxy that sends it; sent again as it is, it fails again.",
        ),
        ProblemType(
            "InvalidParameterValue",
            400,
            "Bad request",
            "There is no such parameter, it is given twice, or its value cannot be read or is not to be had. "
            "`parameter` and `value` say which, `nearest` what was probably meant; `detail` says what would be right.",
            "Change the parameter that `detail` names. Where a `next` is refused, begin from the first page.",
            (InvalidInput,),
        ),
        ProblemType(
            "UnknownKey",
            401,
            "Key not known",
            "The key in `X-API-Key` is mistyped, was revoked, or was deleted.",
            "Leave the header out, or get another key at `/{lang}/developers`.",
            (UnknownKey,),
        ),
        _of_register(
            "Unauthorized",
            401,
            "Log in first",
            "There is no token, or it has expired, was revoked, or is none.",
            "Make a token at the desk (`/desk/account`) and send it as `Authorization: Bearer …`.",
            NotAuthenticated,
        ),
        _of_register(
            "Forbidden",
            403,
            "Not allowed",
            "The token or its owner lacks the permission, for this kind of record or for this unit.",
            "Ask an administrator for the permission, or give the token more of what its owner may do.",
            NotAllowed,
        ),
        ProblemType(
            "NotFound",
            404,
            "Not found",
            "Nothing is, and nothing was, at this address: a wrong path, a code that was never published, a tile "
            "outside the grid.",
            "Take addresses from links; look a code up with `q` or `/api/v1/suggest`.",
            (NotFound,),
        ),
        ProblemType(
            "MethodNotAllowed",
            405,
            "Method not allowed",
            "The address cannot be used with this method; `Allow` names those that it can be used with.",
            "The public API is read with GET, HEAD and OPTIONS.",
        ),
        ProblemType(
            "NotAcceptable",
            406,
            "Not to be had so",
            "`Accept-Encoding` refuses every coding that there is, the plain one included.",
            "Allow `br`, `gzip` or `identity`.",
            (NotAcceptable,),
        ),
        _of_register(
            "Conflict",
            409,
            "Conflict",
            "The record is not in a state that allows this, or somebody else wrote it at the same moment. Where drafts "
            "disagree, `base`, `current`, `own`, `merged` and `conflicts` say in what.",
            "Read the record again, settle what `conflicts` names, and try once more.",
            Conflict,
        ),
        ProblemType(
            "Gone",
            410,
            "Withdrawn",
            "What was published here has been withdrawn; `detail` has the day. Of a dump or a picture: replaced.",
            "Delete your copy, and do not ask again. `/api/v1/changes` tells it as `deleted`.",
            (Gone,),
        ),
        _of_register(
            "PreconditionFailed",
            412,
            "Changed meanwhile",
            "What is there is no longer what `If-Match` says to have seen; `etag` says what is.",
            "Read again, bring both together, and send the new ETag.",
            PreconditionFailed,
        ),
        ProblemType(
            "RequestEntityTooLarge",
            413,
            "Too large",
            "The request's body is larger than this address takes.",
            "The public API needs no body. To the register send a smaller file, or one in pieces.",
        ),
        _of_register(
            "UnsupportedMediaType",
            415,
            "Not read here",
            "The body's `Content-Type` is none that this address reads; `detail` names those.",
            "Send one of those: `application/geo+json` for a record, `application/merge-patch+json` for a patch.",
            UnknownType,
        ),
        _of_register(
            "UnprocessableContent",
            422,
            "Refused as it stands",
            "The record can be read, but its schema or the register refuses it; `errors` has a JSON pointer and a "
            "sentence for each thing.",
            "Mend what `errors` points at.",
            Unprocessable,
        ),
        _of_register(
            "PreconditionRequired",
            428,
            "Say what you have seen",
            "A write came without `If-Match`.",
            "Read the record, and send its ETag as `If-Match`.",
            PreconditionRequired,
        ),
        ProblemType(
            "TooManyRequests",
            429,
            "Too many requests",
            "The quota of the minute is used up, of your address or of your key. `type` is that of the standard, "
            "`https://iana.org/assignments/http-problem-types#quota-exceeded`.",
            "Wait for the seconds in `Retry-After`. Ask with `If-None-Match` and larger pages, take a key, or a dump.",
            (QuotaExceeded,),
        ),
        ProblemType(
            "InternalServerError",
            500,
            "Something went wrong here",
            "A fault of ours; it has been noted under the number in `detail`, which is that of `X-Request-Id` too.",
            "Tell whoever runs the service the number. Trying once more does no harm.",
        ),
        ProblemType(
            "ServiceUnavailable",
            503,
            "Out of reach for the moment",
            "The database or the storage is out of reach, or busy.",
            "Wait for the seconds in `Retry-After`, then ask again; double the wait each time that it fails.",
            (Unavailable,),
        ),
    )
}
# The narrower class first, as Python itself looks methods up.
_CODES = {error: found.code for found in PROBLEM_TYPES.values() for error in found.errors}


def problem_type_of(error: DisanError | type[DisanError]) -> ProblemType:
    """Give the type of problem that an error, or a class of errors, is told as."""
    kind = error if isinstance(error, type) else type(error)
    return PROBLEM_TYPES[next(_CODES[above] for above in kind.__mro__ if above in _CODES)]
