"""One object for waiting and for awaiting, in every kind of test."""

from __future__ import annotations

from importlib.util import find_spec

import pytest

CUT = """
async def cut_and_see(axis_io):
    axis_io.input(1).cut()
    await axis_io.expect.mqtt("tampering", within=20)
    await axis_io.expect.everywhere("tampering", within=20)
    with pytest.raises(AssertionError, match="differs in: state=cut, not shorted"):
        await axis_io.expect.stream("tampering", state="shorted", within=0.2)
"""


def test_wait_sees_what_came_since_the_deed_and_never_is_its_own_word(inner):
    inner.file("""
import time

def test_after_the_fact(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.everywhere("tampering", within=20).wait()
    time.sleep(0.1)
    axis_io.expect.mqtt("tampering", state="cut", within=20).wait()
    axis_io.expect.stream("tampering", within=20).wait()
    axis_io.expect.event("tampering", count=1, within=1).wait()
    axis_io.expect.state(supervised="cut", within=20).wait()
    axis_io.input(1).restore()
    axis_io.expect.everywhere("normal", within=20).wait()

def test_never(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.never("relay", for_=0.2).wait()
    with pytest.raises(AssertionError) as caught:
        axis_io.expect.never("tampering", for_=0.2).wait()
    assert 'for 0.2 s of "cut io-1/input/1"' in str(caught.value)

def test_what_the_client_did(axis_io):
    expected = axis_io.expect.client("asked", path="/axis-cgi/usergroup.cgi", status=401, within=20)
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(axis_io.url + "/axis-cgi/usergroup.cgi")
    refused.value.close()
    expected.wait()
""")
    inner.run().assert_outcomes(passed=3)


def test_await_in_pytest_asyncio_strict_and_auto(inner):
    inner.file(
        CUT + "@pytest.mark.asyncio\nasync def test_marked(axis_io): await cut_and_see(axis_io)\n", "test_strict"
    )
    inner.file(CUT + "async def test_unmarked(axis_io): await cut_and_see(axis_io)\n", "test_auto")
    inner.run("--asyncio-mode=strict", "test_strict.py").assert_outcomes(passed=1)
    inner.run("--asyncio-mode=auto", "test_auto.py").assert_outcomes(passed=1)


@pytest.mark.parametrize("library", ["asyncio", "trio"])
def test_await_under_anyio(inner, library):
    if find_spec(library) is None:
        pytest.skip(f"{library} is not installed")
    inner.file(
        CUT
        + f"""
@pytest.fixture
def anyio_backend(): return {library!r}

@pytest.mark.anyio
async def test_backend(axis_io): await cut_and_see(axis_io)
"""
    )
    inner.run("-p", "no:asyncio", "-W", "ignore::pytest.PytestConfigWarning").assert_outcomes(passed=1)


def test_several_awaited_at_once_do_not_block_the_loop(inner):
    inner.file("""
import asyncio

@pytest.mark.asyncio
async def test_gather(axis_io, axis_speaker):
    ticks = 0
    async def tick():
        nonlocal ticks
        while True:
            ticks += 1
            await asyncio.sleep(0.01)
    ticking = asyncio.create_task(tick())
    axis_io.input(1).cut()
    await asyncio.gather(
        axis_io.expect.mqtt("tampering", within=20),
        axis_io.expect.stream("tampering", within=20),
        axis_speaker.expect.never("clip", for_=0.5),
    )
    ticking.cancel()
    assert ticks > 2, "the loop stood still"
""")
    inner.run().assert_outcomes(passed=1)


def test_one_that_is_never_awaited_fails_and_names_its_line(inner):
    inner.file("""
def test_forgotten(axis_io):
    axis_io.input(1).cut()
    axis_io.expect.mqtt("tampering", within=2)

@pytest.mark.asyncio
async def test_forgotten_in_a_coroutine(axis_io):
    axis_io.expect.online()

def test_of_a_factory(axis_fleet_factory):
    axis_fleet_factory([{"name": "io-1", "model": "A9210"}])["io-1"].expect.online()
""")
    result = inner.run()
    result.assert_outcomes(passed=3, errors=3)
    result.stdout.fnmatch_lines(
        [
            "*expectation never awaited, *test_inner.py:6: mqtt: event tampering, port 1*",
            "*expectation never awaited, *test_inner.py:10: online: on vapix",
            "at the end of axis_fleet_factory:",
            "*expectation never awaited, *test_inner.py:13: online: on vapix",
        ]
    )


def test_a_mistake_in_an_expectation_is_told_at_its_line(inner):
    inner.file("""
def test_typo(axis_io):
    axis_io.expect.event("tamperin")
""")
    result = inner.run()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ['>*axis_io.expect.event("tamperin")', "E*unknown event*did you mean 'tampering'?"]
    )
