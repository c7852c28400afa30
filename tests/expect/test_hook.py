"""What the project's own function, or an address of it, says."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from canned_eyes import CannedEyes, find, matches, misses

from simulator.errors import FleetError
from simulator.expect.face.hook import call


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project folder with a module of checks; its name is not used twice, for modules are remembered."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    name = f"checks_{tmp_path.name.replace('-', '_')}"
    (tmp_path / f"{name}.py").write_text(
        "def door(name='x'): return name == 'back'\n"
        "def fails(): raise KeyError('door')\n"
        "def leaves(): raise SystemExit(3)\n"
    )
    return tmp_path / f"{name}.py"


def test_a_function_of_the_project_is_called_with_its_arguments(project: Path) -> None:
    hook = f"python:{project.stem}.door"
    assert call(hook, {"name": "back"}) is True
    assert matches(find(CannedEyes(), "call", {"hook": hook, "arguments": {"name": "back"}})) == [
        f"{hook} returned true"
    ]
    assert misses(find(CannedEyes(), "call", {"hook": hook})) == [("returned false, not true",)]


@pytest.mark.parametrize("name", ["nothing", "fails", "leaves"])
def test_a_function_that_is_missing_or_fails_is_named(project: Path, name: str) -> None:
    with pytest.raises(FleetError) as raised:
        call(f"python:{project.stem}.{name}", {})
    assert f"{project.stem}.{name}" in str(raised.value)


def test_a_module_that_is_missing_is_named() -> None:
    with pytest.raises(FleetError, match="no function no_such_module_of_mine"):
        call("python:no_such_module_of_mine.check", {})


def test_wrong_arguments_are_told(project: Path) -> None:
    with pytest.raises(FleetError, match="TypeError"):
        call(f"python:{project.stem}.door", {"other": "1"})


class Answering(BaseHTTPRequestHandler):
    """Answers with what it was sent, or nonsense on /broken."""

    def do_POST(self) -> None:
        sent = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b"<html>" if self.path == "/broken" else json.dumps(json.loads(sent)["view"]).encode())

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def address() -> Iterator[str]:
    server = HTTPServer(("127.0.0.1", 0), Answering)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


def test_an_http_address_is_asked_with_json(address: str) -> None:
    asked = {"hook": f"{address}/view", "arguments": {"view": "open"}, "returns": "open"}
    assert matches(find(CannedEyes(), "call", asked))


def test_an_address_that_answers_nonsense_or_not_at_all(address: str) -> None:
    with pytest.raises(FleetError, match="it must answer JSON"):
        call(f"{address}/broken", {"view": "x"})
    with pytest.raises(FleetError, match="it must answer JSON"):
        call("http://127.0.0.1:9/", {})
