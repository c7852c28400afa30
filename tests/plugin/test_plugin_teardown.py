"""What is checked when a test ends, and that all of it is told together."""

from __future__ import annotations

ASK = """
def ask(url):
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(url)
    refused.value.close()
    return refused.value.code

UNKNOWN = "/axis-cgi/no-such-call.cgi"

def host_and_port(url):
    host, _, port = url.removeprefix("http://").partition(":")
    return host, int(port or 80)

def broker(fleet):
    site = fleet.fleet()["site"]["broker"]
    return site["host"], site["port"]
"""


def test_requests_for_what_is_not_there_warn_or_fail_when_strict(inner):
    inner.ini(filterwarnings="default")
    inner.file(
        ASK
        + """
def test_unknown(axis_io): assert ask(axis_io.url + UNKNOWN) == 404

@pytest.mark.axis(allow_unknown="no-such-call")
def test_allowed(axis_io): assert ask(axis_io.url + UNKNOWN) == 404

@pytest.mark.axis(allow_unknown=["other"])
def test_another_is_allowed(axis_io): assert ask(axis_io.url + UNKNOWN) == 404

@pytest.mark.axis(allow_unknown=True)
def test_all_allowed(axis_io): assert ask(axis_io.url + UNKNOWN) == 404
"""
    )
    told = "the client asked for what the device does not have: io-1: GET /axis-cgi/no-such-call.cgi"
    lenient = inner.run()
    lenient.assert_outcomes(passed=4, warnings=2)
    lenient.stdout.fnmatch_lines(["test_inner.py::test_unknown", f"*PytestWarning: {told}"])
    strict = inner.run("--axis-strict")
    strict.assert_outcomes(passed=4, errors=2)
    strict.stdout.fnmatch_lines(["*ERROR at teardown of test_unknown*", "at the end of the test:", f"  {told}"])


def test_what_the_client_left_open_fails_unless_it_is_expected(inner):
    inner.file(
        ASK
        + """
@pytest.fixture
def left():
    sockets = []
    yield sockets
    for one in sockets: one.close()

@pytest.fixture
def connection(left, axis_io):
    left.append(socket.create_connection(host_and_port(axis_io.url)))

def subscribe(fleet, left):
    client = socket.create_connection(broker(fleet))
    left.append(client)
    client.sendall(bytes.fromhex("100f00044d5154540402003c0003766d73"))
    assert client.recv(4) == bytes.fromhex("20020000")
    client.sendall(bytes.fromhex("8206000100012300"))
    assert client.recv(5)[:1] == bytes([0x90])

def test_connection(connection): pass

@pytest.mark.axis_expect_leak("connections")
def test_expected(connection): pass

@pytest.mark.axis_expect_leak
def test_all_expected(connection, axis_fleet, left): subscribe(axis_fleet, left)

@pytest.mark.axis_expect_leak("connections")
def test_subscription(connection, axis_fleet, left): subscribe(axis_fleet, left)

def test_closed_in_time(axis_io):
    socket.create_connection(host_and_port(axis_io.url)).close()
"""
    )
    inner.ini(filterwarnings="error\n    ignore::pytest.PytestWarning")
    result = inner.run()
    result.assert_outcomes(passed=5, errors=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_connection*",
            "*left connections open (close them, or mark axis_expect_leak('connections')): io-1 http from *",
            "*ERROR at teardown of test_subscription*",
            "*left subscriptions open (close them, or mark axis_expect_leak('subscriptions')): broker, vms from *",
        ]
    )


def test_all_is_told_together_even_of_a_test_that_failed(inner):
    inner.file(
        ASK
        + """
left = []

def test_everything(axis_io, axis_fleet):
    axis_io.expect.online()
    ask(axis_io.url + UNKNOWN)
    with socket.create_connection(broker(axis_fleet)) as client:
        client.sendall(bytes.fromhex("10ffffffff7f"))
        client.recv(1)
    left.append(socket.create_connection(host_and_port(axis_io.url)))
    raise ValueError("the test itself")

def test_next_is_not_touched(axis_io): pass
"""
    )
    result = inner.run("--axis-strict", "-W", "ignore::ResourceWarning")
    result.assert_outcomes(failed=1, errors=1, passed=1)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_everything*",
            "at the end of the test:",
            "  expectation never awaited, *test_inner.py:*: online: *",
            "  the client asked for what the device does not have: io-1: GET /axis-cgi/no-such-call.cgi",
            "  the client broke a rule: site: mqtt *",
            "  the client left connections open *",
            "*= FAILURES =*",
            "E*ValueError: the test itself",
        ]
    )


def test_a_crash_of_the_engine_is_told_first_and_the_next_test_has_a_new_one(inner, monkeypatch):
    monkeypatch.setenv("PYTHONFAULTHANDLER", "1")  # so that the engine has last words
    inner.file("""
import signal

def test_client_times_out(axis_process, axis_io):
    os.kill(axis_process.pid, signal.SIGABRT)
    raise TimeoutError("the device does not answer")

def test_call_fails(axis_process, axis_io):
    os.kill(axis_process.pid, signal.SIGKILL)
    axis_io.input(1).cut()

def test_nobody_noticed(axis_process, axis_io):
    os.kill(axis_process.pid, signal.SIGKILL)

def test_goes_on(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.event("tampering", within=20).wait()
""")
    result = inner.run("--junitxml=junit.xml")
    result.assert_outcomes(failed=2, errors=1, passed=2)
    result.stdout.fnmatch_lines(
        [
            "*ERROR at teardown of test_nobody_noticed*",
            "*the simulator itself failed: the engine ended with code -9*",
            "*___ test_client_times_out ___*",
            "the simulator itself failed: the engine ended with code -6; its last words were:",
            "Fatal Python error: Aborted",
            "E*TimeoutError: the device does not answer",
            "*___ test_call_fails ___*",
            "the simulator itself failed: the engine ended with code -9; its last words were:",
            "E*EngineGone: the engine ended with code -9*",
        ]
    )
    assert (
        'message="the simulator itself failed: the engine ended with code -6'
        in (inner.path / "junit.xml").read_text()
    )
