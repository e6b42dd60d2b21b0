"""The real thing under test: `disan serve` as a process of its own on a free loopback port."""

from __future__ import annotations

import contextlib
import http.client
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from tests.harness.databases import Database

READY_WITHIN_S = 30.0
STOP_WITHIN_S = 15.0


def free_port() -> int:
    """Give a loopback port on which nobody listens just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(*words: str) -> list[str]:
    """Give the command line of `disan` in the environment that runs the tests."""
    script = Path(sys.executable).with_name("disan")
    start = [str(script)] if script.exists() else [sys.executable, "-c", "from app.cli import main; main()"]
    return [*start, *words]


def environment(**settings: str) -> dict[str, str]:
    """Give the environment of a subprocess: ours, without the deployment's settings, with these."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("DISAN_")}
    return kept | settings


@contextlib.contextmanager
def serve(database: Database, log: Path, **settings: str) -> Iterator[str]:
    """Serve a database until the block ends, and give the address, `http://127.0.0.1:PORT`; then stop it gracefully.

    It has no worker unless the settings say so: what that does by day would come between. `DISAN_PORT` names the port
    where a browser is to find the same place again.
    Raises `RuntimeError` with the end of the server's log when it does not become ready, or does not stop in time.
    """
    port = int(settings.get("DISAN_PORT") or free_port())
    given = {"DISAN_HOST": "127.0.0.1", "DISAN_PORT": str(port), "DISAN_WORKER": "false"} | settings
    env = environment(**database.config | given)
    with log.open("wb") as output:
        # A killed run must leave no server behind.
        guard = ["setpriv", "--pdeathsig=TERM"] if shutil.which("setpriv") else []
        process = subprocess.Popen(
            [*guard, *command("serve")],
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        wait_until_ready(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        stop(process, log)


def wait_until_ready(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    """Wait until /readyz answers 200; raises `RuntimeError` with the end of the log when it does not."""
    give_up_at = time.monotonic() + READY_WITHIN_S
    while process.poll() is None and time.monotonic() < give_up_at:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/readyz")
            if connection.getresponse().status == http.client.OK:
                return
        except OSError:
            pass
        finally:
            connection.close()
        time.sleep(0.05)
    msg = f"the server did not become ready:\n{log.read_text(errors='replace')[-3000:]}"
    raise RuntimeError(msg)


def stop(process: subprocess.Popen[bytes], log: Path) -> None:
    """End a server as an operator would, and its whole process group if it does not listen."""
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WITHIN_S)
    except subprocess.TimeoutExpired:
        msg = f"the server did not stop within {STOP_WITHIN_S:g} s:\n{log.read_text(errors='replace')[-3000:]}"
        raise RuntimeError(msg) from None
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
