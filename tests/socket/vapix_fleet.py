"""A fleet in an engine of its own, and the outside programs that meet it: curl and mosquitto_sub."""

from __future__ import annotations

import os
import queue
import re
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simulator.fleet.child import Child
from simulator.fleet.session import Session

ENGINE = "simulator.fleet.engine"
PATIENCE = 10.0
"""Wire seconds for what is due at once."""
WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
ROOT = "root:pass"
"""The account with which every device of a fleet starts."""
_FIGURES = "%{stderr}\n%{http_code} %{time_total} %{content_type}"


@contextmanager
def fleet(*devices: dict[str, Any], clock: str = "stepped", **more: Any) -> Iterator[Session]:
    """These devices until the end of the block; whatever happened, the simulator itself made no mistake."""
    engine = Child(ENGINE)
    session = Session(engine.caller)
    try:
        session.populate({"seed": 7, "clock": {"mode": clock}, "devices": list(devices), **more})
        yield session
        notes = [record["what"] for record in session.journal(kinds="note")["records"]]
        assert [what for what in notes if "bug" in what] == []
    finally:
        session.close()
        engine.stop()


def until(condition: Callable[[], Any], seconds: float = PATIENCE) -> Any:
    """What the condition gives once it gives something; looked at again and again."""
    deadline = time.monotonic() + seconds
    while not (found := condition()):
        assert time.monotonic() < deadline, "it did not happen"
        time.sleep(0.005)
    return found


# ---- curl


@dataclass
class Answer:
    """What curl got: its exit code, and the last answer of the exchange."""

    code: int
    status: int
    seconds: float
    content_type: str
    body: str


def command(*arguments: str) -> list[str]:
    return ["curl", "-sS", "--path-as-is", "--globoff", "--max-time", str(PATIENCE), "-w", _FIGURES, *arguments]


def curl(*arguments: str, login: str = ROOT) -> Answer:
    """Run curl to its end; with digest, unless the login is empty."""
    digest = ("--digest", "-u", login) if login else ()
    done = subprocess.run(command(*digest, *arguments), capture_output=True, timeout=3 * PATIENCE, check=False)
    return _answer(done.returncode, done.stdout, done.stderr)


def _answer(code: int, out: bytes, err: bytes) -> Answer:
    figures = re.search(r"(\d{3}) ([\d.]+) (.*)\Z", err.decode())
    assert figures is not None, err
    return Answer(code, int(figures[1]), float(figures[2]), figures[3], out.decode("utf-8", "replace"))


class Curl:
    """A curl that runs while the test goes on."""

    def __init__(self, *arguments: str, login: str = ROOT) -> None:
        self._process = subprocess.Popen(
            command("-N", "--digest", "-u", login, *arguments), stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )

    @property
    def running(self) -> bool:
        return self._process.poll() is None

    def read(self, amount: int) -> bytes:
        """Exactly so many bytes of the body, as they come."""
        assert self._process.stdout is not None
        return self._process.stdout.read(amount)

    def answer(self) -> Answer:
        """Wait for its end."""
        out, err = self._process.communicate(timeout=2 * PATIENCE)
        return _answer(self._process.returncode, out, err)

    def kill(self) -> None:
        """The client goes away without a word."""
        self._process.kill()
        self._process.communicate()


@contextmanager
def running_curl(*arguments: str, login: str = ROOT) -> Iterator[Curl]:
    process = Curl(*arguments, login=login)
    try:
        yield process
    finally:
        process.kill()


# ---- mosquitto_sub


@dataclass
class Message:
    """A line of mosquitto_sub."""

    topic: str
    qos: int
    retained: bool
    payload: str


class Subscriber:
    """mosquitto_sub, subscribed."""

    def __init__(self, host: str, port: int, *topics: str) -> None:
        """Returns when the broker has acknowledged the subscription."""
        wanted = [part for topic in topics for part in ("-t", topic)]
        self._process = subprocess.Popen(
            [
                "stdbuf",
                "-oL",
                "mosquitto_sub",
                "-d",
                "-h",
                host,
                "-p",
                str(port),
                "-q",
                "2",
                "-F",
                "=%t %q %r %p",
                *wanted,
            ],
            stdout=subprocess.PIPE,
        )
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        try:
            self._line("Subscribed (mid")
        except AssertionError:
            self.stop()
            raise

    def next(self) -> Message:
        """The next message; it must come soon."""
        topic, qos, retained, payload = self._line("=").split(" ", 3)
        return Message(topic[1:], int(qos), retained == "1", payload)

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            self._lines.put(line.decode().rstrip("\n"))

    def _line(self, beginning: str) -> str:
        seen = []
        while True:
            try:
                line = self._lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(f"no {beginning!r} after {seen}") from None
            if line.startswith(beginning):
                return line
            seen.append(line)

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._reader.join()
        assert self._process.stdout is not None
        self._process.stdout.close()


@contextmanager
def subscribed(host: str, port: int, *topics: str) -> Iterator[Subscriber]:
    subscriber = Subscriber(host, port, *topics)
    try:
        yield subscriber
    finally:
        subscriber.stop()
