"""What of the public API will end: one table, of which every answer concerned tells (RFC 9745, RFC 8594)."""

from __future__ import annotations

import datetime as dt
from collections.abc import Container
from dataclasses import dataclass
from fnmatch import fnmatchcase

from flask import Flask, Response, current_app, request
from werkzeug.http import http_date

from app.http.settings import absolute
from app.publication.links import API


@dataclass(frozen=True, slots=True)
class Deprecated:
    """A path of the API, or one of its parameters, that should be used no longer.

    `path` is a pattern below `/api/v1`, such as `/collections/*/items`; `parameter` narrows it to requests with that
    one. `link` is the root-relative address of what to do instead. `sunset` is when it ends, at the earliest.
    """

    path: str
    since: dt.datetime
    link: str
    parameter: str | None = None
    sunset: dt.datetime | None = None

    def concerns(self, path: str, parameters: Container[str]) -> bool:
        """Tell whether a request uses it; `parameters` are the names that were given."""
        is_asked = self.parameter is None or self.parameter in parameters
        return is_asked and fnmatchcase(path, f"{API}{self.path}")


# Nothing at present. What is put here stays for as long as docs/api/README.md promises.
DEPRECATED: tuple[Deprecated, ...] = ()


def init_app(app: Flask) -> None:
    """Set the headers."""
    app.extensions["disan_deprecated"] = DEPRECATED
    app.after_request(_tell)


def _tell(response: Response) -> Response:
    found: tuple[Deprecated, ...] = current_app.extensions["disan_deprecated"]
    concerned = [one for one in found if one.concerns(request.path, request.args)] if found else []
    if not concerned:
        return response
    headers = response.headers
    # A date of structured fields (RFC 9651, 3.3.7).
    headers["Deprecation"] = f"@{min(int(one.since.timestamp()) for one in concerned)}"
    for one in concerned:
        headers.add("Link", f'<{absolute(one.link)}>; rel="deprecation"')
    if ends := [one.sunset for one in concerned if one.sunset]:
        headers["Sunset"] = http_date(min(ends))
    return response
