"""The engine as a process: however it ends, or its parent does, nothing of it is left."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
import threading
from pathlib import Path

import pytest

from simulator.errors import EngineGone, FleetError
from simulator.fleet.child import Child
from simulator.fleet.session import Session

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
ENGINE = "simulator.fleet.engine"
FLEET = {
    "seed": 7,
    "devices": [{"name": f"io-{number}", "model": "A9210", "mqtt": True} for number in range(1, 21)],
}
PAUSE = threading.Event()


class Traces:
    """What a process can leave behind: itself, sockets, temporary files."""

    def __init__(self) -> None:
        self._temporary = set(os.listdir(tempfile.gettempdir()))

    def files(self) -> set[str]:
        """New entries of the temporary folder that are ours."""
        return {name for name in set(os.listdir(tempfile.gettempdir())) - self._temporary if "axsim" in name}

    @staticmethod
    def abstract_sockets() -> set[str]:
        names = (line.split()[-1] for line in Path("/proc/net/unix").read_text().splitlines())
        return {name for name in names if name.startswith("@axsim-")}

    @staticmethod
    def sockets_of(pid: int) -> set[str]:
        """Inodes of the sockets that a process holds now; none when it has gone meanwhile."""
        found = set()
        with contextlib.suppress(OSError):
            for entry in Path(f"/proc/{pid}/fd").iterdir():
                with contextlib.suppress(OSError):
                    found.add(os.readlink(entry))
        return {name.removeprefix("socket:[").rstrip("]") for name in found if name.startswith("socket:")}

    @staticmethod
    def sockets() -> set[str]:
        """Inodes of all sockets of this machine."""
        found = set()
        for table, column in (("tcp", 9), ("udp", 9), ("unix", 6)):
            lines = Path(f"/proc/net/{table}").read_text().splitlines()[1:]
            found |= {line.split()[column] for line in lines}
        return found


@pytest.fixture
def traces():
    return Traces()


@pytest.fixture
def engine():
    child = Child(ENGINE)
    yield child
    child.stop()


def ended(pid: int, seconds: float = 10) -> bool:
    """Whether a process that may not be our child has ended in time."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return True
    readable, _, _ = select.select([handle], [], [], seconds)
    os.close(handle)
    return bool(readable)


@contextlib.contextmanager
def refusals_while_it_ends():
    """An engine that ends in order may still answer a call, but makes no new fleet."""
    try:
        yield
    except EngineGone:
        raise
    except FleetError as refused:
        assert refused.what in ("the engine is ending", "there is no fleet yet")


def block_of(fleet: dict) -> str:
    return ".".join(fleet["devices"][0]["address"].split(".")[:2]) + "."


def test_stop_in_order_leaves_nothing(traces):
    child = Child(ENGINE)
    socket_name = child.caller.address.replace("\0", "@")
    Session(child.caller).populate(FLEET)
    held = traces.sockets_of(child.pid)
    assert socket_name in traces.abstract_sockets()
    assert len(held & traces.sockets()) >= 40
    child.stop()
    child.stop()
    assert child.last_words() == (0, "")
    assert ended(child.pid)
    assert socket_name not in traces.abstract_sockets()
    assert not held & traces.sockets()
    assert traces.files() == set()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT], ids=lambda one: one.name)
@pytest.mark.parametrize("after", [0, 0.02, 0.1, 0.3])
def test_killed_at_any_moment_of_its_work_it_leaves_nothing(traces, engine, number, after):
    """A thread keeps the engine busy with whole fleets while the signal comes."""
    socket_name = engine.caller.address.replace("\0", "@")
    session = Session(engine.caller)

    def work() -> None:
        with contextlib.suppress(EngineGone):
            while True:
                with refusals_while_it_ends():
                    session.populate(FLEET)
                    session.act({"cut": "io-*/input/1"})
                    engine.caller.call("DELETE", "/v1/fleet")

    worker = threading.Thread(target=work)
    worker.start()
    PAUSE.wait(after)
    held = traces.sockets_of(engine.pid)
    os.kill(engine.pid, number)
    worker.join(20)
    assert not worker.is_alive()
    assert ended(engine.pid)
    code, words = engine.last_words()
    assert code == (-9 if number == signal.SIGKILL else 0)
    assert "Traceback" not in words
    assert socket_name not in traces.abstract_sockets()
    assert not held & traces.sockets()
    assert traces.files() == set()


@pytest.mark.parametrize("after", [0.0, 0.05, 0.2])
def test_killed_while_it_starts_it_leaves_nothing(traces, after):
    name = f"@axsim-test-{os.getpid()}-{after}"
    process = subprocess.Popen([sys.executable, "-m", ENGINE, name], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    with process:
        PAUSE.wait(after)
        process.terminate()
        assert process.wait(10) in (0, -signal.SIGTERM)
    assert name not in traces.abstract_sockets()
    assert traces.files() == set()


PARENT = """
import json, sys
from simulator.fleet.child import Child
from simulator.fleet.session import Session
engine = Child("simulator.fleet.engine")
session = Session(engine.caller)
session.populate(json.loads(sys.argv[1]))
session.observe(("io-1",))
observers = session._observers._child
names = [child.caller.address.replace("\\0", "@") for child in (engine, observers)]
print(json.dumps([engine.pid, observers.pid, names]), flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGHUP], ids=lambda one: one.name)
def test_a_killed_parent_takes_engine_and_observers_with_it(traces, number):
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, json.dumps(FLEET)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    with parent:
        assert parent.stdout is not None
        engine, observers, names = json.loads(parent.stdout.readline())
        assert set(names) <= traces.abstract_sockets()
        held = traces.sockets_of(engine) | traces.sockets_of(observers)
        parent.send_signal(number)
        assert parent.wait(10) == -number
        assert ended(engine)
        assert ended(observers)
    assert not set(names) & traces.abstract_sockets()
    assert not held & traces.sockets()
    assert traces.files() == set()


def test_the_block_of_a_killed_engine_is_free_at_once():
    for _ in range(3):
        child = Child(ENGINE)
        try:
            fleet = Session(child.caller).populate({**FLEET, "block": 58})
            os.kill(child.pid, signal.SIGKILL)
            assert ended(child.pid)
        finally:
            child.stop()
        assert block_of(fleet) == "127.248."


def test_the_last_words_are_told(monkeypatch):
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")
    child = Child(ENGINE)
    try:
        os.kill(child.pid, signal.SIGSEGV)
        with pytest.raises(EngineGone) as gone:
            child.caller.call("GET", "/v1/health")
        assert gone.value.exit_code == -signal.SIGSEGV
        assert "Fatal Python error: Segmentation fault" in gone.value.last_lines
        assert "Fatal Python error" in str(gone.value)
    finally:
        child.stop()


def test_a_child_that_does_not_come_up_says_why():
    with pytest.raises(EngineGone, match="before it was ready") as gone:
        Child("simulator.fleet.no_such_module")
    assert "No module named simulator.fleet.no_such_module" in gone.value.last_lines
    with pytest.raises(EngineGone, match="before it was ready"):
        Child(ENGINE, "--tcp", "192.0.2.1:1")


def test_only_the_last_fifty_lines_are_kept(tmp_path, monkeypatch):
    (tmp_path / "chatty.py").write_text("import sys\nfor n in range(1000): print('line', n, file=sys.stderr)\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    with pytest.raises(EngineGone) as gone:
        Child("chatty")
    assert gone.value.last_lines.splitlines() == [f"line {number}" for number in range(950, 1000)]


def test_a_stray_word_on_standard_output_blocks_nobody(tmp_path, monkeypatch):
    (tmp_path / "loud.py").write_text("import sys\nprint('ready')\nprint('x' * 10_000_000)\nsys.stdin.read()\n")
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    child = Child("loud")
    child.stop()
    assert child.last_words()[0] == 0


def test_fifty_fleets_one_after_another_leave_no_task_and_no_file(engine):
    session = Session(engine.caller)
    speaker = {"name": "speaker-1", "model": "C1410", "mqtt": True}
    engine.caller.call("GET", "/v1/health")
    held = len(os.listdir(f"/proc/{engine.pid}/fd"))
    for round_ in range(52):
        mode = "ephemeral" if round_ % 3 == 2 else "loopback"
        session.populate({"seed": round_, "mode": mode, "devices": [*FLEET["devices"][:2], speaker]})
        session.act({"cut": "io-1/input/1"})
        session.act({"power": {"device": "io-2", "do": "cut"}})
        if round_ % 10 == 0:
            engine.caller.call("POST", "/v1/fleet/reset")
        with pytest.raises(FleetError, match="io-1"):
            session.add("io-1", model="A9210")
        engine.caller.call("DELETE", "/v1/fleet")
        assert engine.caller.call("GET", "/v1/health")["leaks"] == {"tasks": 0, "files": 0}, round_
    assert len(os.listdir(f"/proc/{engine.pid}/fd")) == held


def test_several_threads_may_call_at_once(engine):
    Session(engine.caller).populate(FLEET)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(30):
                assert engine.caller.call("GET", "/v1/clock")["stepped"] is False
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
