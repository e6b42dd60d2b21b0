"""Taking turns: only so many reads are worked on at once, for more would only fight over the one interpreter.

The threads of a process are many, because whoever sends a file over a slow line holds one all the while. Reads come
without a body and are over in milliseconds: they are quicker one after the other.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# By measurement (docs/performance.md): one leaves the processor idle while a database answers, four are slower again.
_AT_ONCE = 2
_READS = ("GET", "HEAD")
# What waits for a storage, which may be far away, works on nothing meanwhile.
_OF_STORAGE = ("/media/", "/iiif/image/", "/static/", "/desk/media/")


def init_app(app: Flask) -> None:
    """Let reads take turns; what is streamed after the application has answered is nobody's turn."""
    app.wsgi_app = _take_turns(app.wsgi_app)  # type: ignore[method-assign, assignment] # as WSGI has it


def _take_turns(serve: WSGIApplication) -> WSGIApplication:
    turns = threading.Semaphore(_AT_ONCE)

    def taking_turns(environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        if environ["REQUEST_METHOD"] not in _READS or environ.get("PATH_INFO", "").startswith(_OF_STORAGE):
            return serve(environ, start_response)
        with turns:
            return serve(environ, start_response)

    return taking_turns
