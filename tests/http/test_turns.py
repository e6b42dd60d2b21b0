"""Reads take turns; what has a body, or waits for a storage, waits for nobody."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from app.http import turns

ASKED = 6


class Busy:
    """A view in which callers meet: it tells how many were in it at once."""

    def __init__(self) -> None:
        self.changing = threading.Lock()
        self.met = threading.Event()
        self.inside = self.most = 0

    def serve(self) -> str:
        """Stay until everybody is here, or for long enough that they could be."""
        with self.changing:
            self.inside += 1
            self.most = max(self.most, self.inside)
            if self.inside == ASKED:
                self.met.set()
        self.met.wait(0.3)
        with self.changing:
            self.inside -= 1
        return "done"


@pytest.fixture
def crowd() -> Callable[[str, str], int]:
    busy = Busy()
    app = Flask(__name__)
    for path in ("/api/v1/x", "/media/x", "/iiif/image/x"):
        app.add_url_rule(path, path, busy.serve, methods=["GET", "POST"])
    turns.init_app(app)

    def ask_at_once(method: str, path: str) -> int:
        with ThreadPoolExecutor(ASKED) as pool:
            answers = list(pool.map(lambda _: app.test_client().open(path, method=method), range(ASKED)))
        assert [answer.get_data(as_text=True) for answer in answers] == ["done"] * ASKED
        return busy.most

    return ask_at_once


def test_few_reads_are_worked_on_at_once(crowd: Callable[[str, str], int]) -> None:
    assert crowd("GET", "/api/v1/x") == 2


@pytest.mark.parametrize(("method", "path"), [("POST", "/api/v1/x"), ("GET", "/media/x"), ("GET", "/iiif/image/x")])
def test_what_waits_for_others_takes_no_turn(crowd: Callable[[str, str], int], method: str, path: str) -> None:
    assert crowd(method, path) == ASKED
