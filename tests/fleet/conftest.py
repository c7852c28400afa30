"""An engine of its own, and a client of the control API that is the standard library's."""

from __future__ import annotations

import http.client
import json
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from engine_bench import EngineBench, eventually

from simulator.fleet.child import Child

if TYPE_CHECKING:
    from collections.abc import Iterator


class Answer(NamedTuple):
    """Status and decoded body."""

    status: int
    body: Any


class Control:
    """Calls over TCP, one connection each, by `http.client`."""

    def __init__(self, url: str) -> None:
        self.host, _, port = url.removeprefix("http://").partition(":")
        self.port = int(port)

    def raw(self, method: str, path: str, body: bytes | None = None, **headers: str) -> Answer:
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)
        try:
            connection.request(method, path, body, headers)
            response = connection.getresponse()
            content = response.read()
            kind = response.headers.get_content_type()
            return Answer(response.status, json.loads(content) if kind == "application/json" else content.decode())
        finally:
            connection.close()

    def call(self, method: str, path: str, body: object = None) -> Answer:
        return self.raw(method, path, None if body is None else json.dumps(body).encode())


@pytest.fixture(scope="module")
def engine() -> Iterator[Child]:
    child = Child("simulator.fleet.engine")
    yield child
    child.stop()
    code, words = child.last_words()
    assert (code, words) == (0, ""), "the engine ends in order and has printed no traceback"


@pytest.fixture
def control(engine: Child) -> Iterator[Control]:
    yield (made := Control(engine.caller.call("GET", "/v1/health")["control"]))
    made.call("DELETE", "/v1/fleet")


@pytest.fixture
def bench(engine: Child) -> Iterator[EngineBench]:
    """Hands, clients and a fleet made by the test; nothing of it is left open in the engine."""
    bench = EngineBench(engine)
    yield bench
    bench.close()
    eventually(lambda: not any(bench.call("GET", "/v1/health")["leaks"].values()))
