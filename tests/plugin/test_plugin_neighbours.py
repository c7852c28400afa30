"""Beside the plugins that break in-process servers: pytest-socket, freezegun, xdist, randomly, timeout."""

from __future__ import annotations

import os
import signal
from pathlib import Path


def test_under_disabled_sockets(inner):
    inner.file("""
import pytest_socket

def see(axis_io):
    with pytest.raises(pytest_socket.SocketBlockedError): socket.socket()
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
    axis_io.expect.mqtt("tampering", within=20).wait()

def test_by_option(axis_io): see(axis_io)

@pytest.mark.enable_socket
def test_by_hand(axis_io):
    pytest_socket.disable_socket()
    see(axis_io)
""")
    inner.run("--disable-socket").assert_outcomes(passed=2)


def test_where_one_host_only_is_allowed(inner, tell):
    inner.file(
        tell
        + """
import pytest_socket

def see(axis_io, axis_speaker):
    pytest_socket.socket_allow_hosts(["127.0.0.1"])
    assert ready(axis_io.url) == ready(axis_speaker.url) == "yes"
    assert axis_io.address == axis_speaker.address == "127.0.0.1"
    assert axis_io.port("http") != axis_speaker.port("http")
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
    with pytest.raises(pytest_socket.SocketConnectBlockedError): socket.create_connection(("127.0.1.7", 80))

def test_by_hand(axis_io, axis_speaker): see(axis_io, axis_speaker)

@pytest.mark.allow_hosts(["127.0.0.1"])
def test_by_marker(axis_io, axis_speaker): see(axis_io, axis_speaker)
"""
    )
    inner.run("--axis-bind=127.0.0.1").assert_outcomes(passed=2)


def test_under_frozen_time(inner):
    inner.file("""
import time
import freezegun

def see(axis_io):
    assert time.time() == 946684800
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
    with pytest.raises(AssertionError, match="differs in"):
        axis_io.expect.mqtt("tampering", state="shorted", within=0.2).wait()

@freezegun.freeze_time("2000-01-01")
def test_decorated(axis_io): see(axis_io)

@pytest.fixture
def frozen():
    with freezegun.freeze_time("2000-01-01"): yield

def test_all_of_it(frozen, axis_process, axis_fleet, axis_io):
    see(axis_io)
    os.kill(axis_process.pid, 9)
    with pytest.raises(Exception, match="the engine ended with code -9"): axis_io.state
    axis_process.revive()
    axis_fleet.caller = axis_process.caller
    axis_fleet.start([])
""")
    inner.run().assert_outcomes(passed=2)


def test_xdist_workers_have_their_own_engine_block_and_seeds_by_node_id(inner, tell):
    inner.file(
        tell
        + """
@pytest.mark.parametrize("number", range(4))
def test_where(number, axis_io, axis_process):
    assert ready(axis_io.url) == "yes"
    tell(f"test{number}", {"pid": axis_process.pid, "address": axis_io.address, "serial": axis_io.serial})

def test_fails(axis_io): raise ValueError
"""
    )
    result = inner.run("-n", "2", "--dist=load", "--junitxml=junit.xml")
    result.assert_outcomes(passed=4, failed=1)
    result.stdout.fnmatch_lines(["*- axis -*", "repeat    pytest test_inner.py::test_fails --axis-seed 1"])
    assert (inner.path / "junit.xml").read_text().count('name="axis_seed"') == 5
    spread = [inner.told(f"test{number}") for number in range(4)]
    assert len({one["pid"] for one in spread}) == 2
    assert len({one["address"].rsplit(".", 2)[0] for one in spread}) == 2, "each worker has a block of its own"
    inner.run("-p", "no:xdist", "-k", "where").assert_outcomes(passed=4, deselected=1)
    alone = [inner.told(f"test{number}") for number in range(4)]
    assert [one["serial"] for one in alone] == [one["serial"] for one in spread]


def test_a_test_cut_short_by_timeout_leaves_the_next_one_alone(inner):
    inner.file("""
@pytest.mark.timeout(1, func_only=True)
def test_waits(axis_io): axis_io.expect.mqtt("input", within=60).wait()

def test_next(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
""")
    result = inner.run()
    result.assert_outcomes(failed=1, passed=1)
    result.stdout.fnmatch_lines(["E*Timeout (>1.0s) from pytest-timeout.", "timeline  *"])


def test_a_killed_run_leaves_no_process(inner, tell):
    inner.file(
        tell
        + """
def test_killed(axis_process, axis_io):
    axis_io.expect.online().wait()
    children = pathlib.Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()
    tell("children", [int(one) for one in children])
    os.kill(os.getpid(), 9)
"""
    )
    assert inner.run().ret == -signal.SIGKILL
    children = inner.told("children")
    assert len(children) == 2, "engine and observers"
    for pid in children:
        _await_end(pid)


def _await_end(pid: int) -> None:
    """Wait until the kernel knows no such process, or only its grave."""
    try:
        handle = os.pidfd_open(pid)
    except ProcessLookupError:
        return
    import select

    ended, _, _ = select.select([handle], [], [], 10)
    os.close(handle)
    assert ended, Path(f"/proc/{pid}/cmdline").read_text()
